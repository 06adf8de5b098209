"""Activities."""

from sqlalchemy import and_, bindparam, func, or_

from dealflow.core.activity import Activity
from dealflow.storage import schema
from dealflow.storage.details import absent
from dealflow.storage.links import four_links, link_conditions, link_orders
from dealflow.storage.records import Records

_a = schema.activity.c
_ways = four_links(schema.activity)

activities = Records(
    "activity",
    schema.activity,
    Activity,
    conditions={
        **link_conditions(_ways, _a.deleted_at.is_(None)),
        "creator": _a.creator_id == bindparam("creator_id"),
        "owner": _a.owner_id == bindparam("owner_id"),
        "subject_matches": _a.subject_key.like(bindparam("pattern"), escape="\\"),
        "done": _a.done == bindparam("is_done"),
        "overdue": and_(_a.done.is_(False), _a.due_at < bindparam("due_before")),
        "not_overdue": or_(_a.done.is_(True), _a.due_at.is_(None), _a.due_at >= bindparam("due_before")),
        "reminding": _a.remind_at.is_not(None),
        "not_reminding": _a.remind_at.is_(None),
    },
    orders={
        **link_orders(_ways),
        "id": _a.id,
        "created_at": _a.created_at,
        "updated_at": _a.updated_at,
        "due_at": func.coalesce(_a.due_at, 0),
        "no_due_at": absent(_a.due_at),
        "done_at": func.coalesce(_a.done_at, 0),
        "no_done_at": absent(_a.done_at),
    },
)
