"""Notes."""

from sqlalchemy import bindparam

from dealflow.core.note import Note
from dealflow.storage import schema
from dealflow.storage.links import four_links, link_conditions, link_orders
from dealflow.storage.records import Records

_n = schema.note.c
_ways = four_links(schema.note)

notes = Records(
    "note",
    schema.note,
    Note,
    conditions={
        **link_conditions(_ways, _n.deleted_at.is_(None)),
        "creator": _n.creator_id == bindparam("creator_id"),
        "content_matches": _n.content_key.like(bindparam("pattern"), escape="\\"),
    },
    orders={**link_orders(_ways), "id": _n.id, "created_at": _n.created_at, "updated_at": _n.updated_at},
)
