"""What the records of each kind can be searched by."""

from typing import Any, Final

from sqlalchemy import Table, case, func

from dealflow.storage import schema
from dealflow.storage.activities import activities
from dealflow.storage.deals import deals
from dealflow.storage.notes import notes
from dealflow.storage.records import Records
from dealflow.storage.search import Attribute, Clause, Search, Subject


def _columns(kind: str, table: Table, *names: str) -> dict[str, Attribute]:
    """Columns as they are."""
    return {name: (_maybe if table.c[name].nullable else Attribute)(kind, table.c[name]) for name in names}


def _maybe(kind: str, value: Clause) -> Attribute:
    """An attribute that is null where there is none."""
    return Attribute(kind, value, value.is_not(None))


def _list(kind: str, column: Clause) -> Attribute:
    return Attribute(kind, column, column != "[]")


def _latest(first: Clause, *others: Clause) -> Clause:
    """The largest of several instants; the first one is never null."""
    latest = first
    for other in others:
        latest = case((other > latest, other), else_=latest)
    return latest


def _about(records: Records[Any]) -> dict[str, Attribute]:
    """What something with four links is about: the rank of its kind (`storage.links.RANKS`), and its id."""
    c = records.table.c
    return {
        "about_rank": Attribute("integer", records.orders["about"], records.orders["no_about"] == 0),
        "about_id": _maybe("integer", func.coalesce(c.deal_id, c.person_id, c.organization_id, c.lead_id)),
    }


_d, _n, _a = schema.deal, schema.note, schema.activity
_changed_at = deals.orders["sell_stage_changed_at"]

DEALS: Final = Search(
    Subject(
        deals,
        {
            **_columns("integer", _d, "id", "creator_id", "owner_id", "organization_id", "pipeline_id", "stage_id"),
            **_columns("integer", _d, "source_id", "loss_reason_id", "unqualified_reason_id", "probability"),
            **_columns("integer", _d, "sell_stage_changed_by_id"),
            **_columns("instant", _d, "started_at", "created_at", "updated_at"),
            **_columns("text", _d, "currency", "outcome"),
            **_columns("amount", _d, "value"),
            **_columns("day", _d, "expected_close"),
            **_columns("flag", _d, "hot"),
            "contact_id": _maybe("integer", func.coalesce(_d.c.person_id, _d.c.organization_id)),
            "label_ids": _list("ids", _d.c.label_ids),
            "last_activity_at": Attribute("instant", _latest(_d.c.created_at, _changed_at, _d.c.last_activity_at)),
            "sell_stage_changed_at": Attribute("instant", _changed_at),
            "shown_stage_id": Attribute("integer", deals.orders["shown_stage_id"]),
            "title": Attribute("folded", _d.c.title_key),
        },
        _d.c.custom_fields,
    )
)
NOTES: Final = Search(
    Subject(
        notes,
        {
            **_columns("integer", _n, "id", "creator_id"),
            **_columns("instant", _n, "created_at", "updated_at"),
            **_columns("text", _n, "kind"),
            **_columns("flag", _n, "is_important"),
            **_about(notes),
            "content": Attribute("folded", _n.c.content_key),
            "tags": _list("names", _n.c.tags),
        },
    )
)
ACTIVITIES: Final = Search(
    Subject(
        activities,
        {
            **_columns("integer", _a, "id", "creator_id", "owner_id"),
            **_columns("instant", _a, "due_at", "remind_at", "done_at", "created_at", "updated_at"),
            **_columns("flag", _a, "done"),
            **_about(activities),
            "subject": Attribute("folded", _a.c.subject_key),
        },
    )
)
