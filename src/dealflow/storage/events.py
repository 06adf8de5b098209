"""The company's ordered log: who, when, what, before and after. Appended to, never changed.

`seq` counts from 1 without gaps. `before` and `after` are JSON objects of the attributes that changed; a creation has
no `before`, its `after` is the whole record.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, insert, select

from dealflow.core.time import Instant
from dealflow.storage import counters, schema
from dealflow.storage.records import Record, differences
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

SILENT = frozenset({"version", "updated_at"})
"""Attributes whose changes nobody needs to know; so are those of search and sort keys."""

_event = schema.event
_insert = Statement(insert(_event).values({c.name: bindparam(c.name, type_=c.type) for c in _event.columns}))
_of_record = Statement(
    select(_event.c.seq, _event.c.at, _event.c.actor_id, _event.c.action, _event.c.before, _event.c.after)
    .where(
        _event.c.company_id == bindparam("company_id"),
        _event.c.resource == bindparam("of_resource"),
        _event.c.record_id == bindparam("of_record"),
    )
    .order_by(_event.c.seq)
)


def is_told(attribute: str) -> bool:
    """Whether the log keeps an attribute of a record."""
    return attribute not in SILENT and not attribute.endswith("_key")


class Event(NamedTuple):
    """One entry of the log; `before` and `after` hold the changed attributes by name."""

    seq: int
    at: Instant
    actor_id: int | None
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def append(
    tx: Tx,
    resource: str,
    record_id: int,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    at: Instant | None = None,
) -> None:
    """Add one event, as of now or `at`."""
    tx.change(
        _insert,
        seq=counters.next_id(tx, "event"),
        at=tx.now if at is None else at,
        actor_id=tx.user_id or None,
        surface=tx.surface,
        resource=resource,
        record_id=record_id,
        action=action,
        before=None if before is None else msgspec.json.encode(before).decode(),
        after=None if after is None else msgspec.json.encode(after).decode(),
    )


def created(tx: Tx, resource: str, record: Record) -> None:
    """Record a creation."""
    after = {name: value for name, value in record._asdict().items() if is_told(name) and value is not None}
    append(tx, resource, record.id, "created", None, after)


def changed(tx: Tx, resource: str, before: Record, after: Record, action: str = "updated") -> bool:
    """Record what differs between two states of a record; says whether anything that counts did."""
    changes = {name: pair for name, pair in differences(before, after).items() if is_told(name)}
    if not changes:
        return False
    old = {name: value for name, (value, _) in changes.items()}
    new = {name: value for name, (_, value) in changes.items()}
    append(tx, resource, after.id, action, old, new)
    return True


def of_record(tx: Tx, resource: str, record_id: int) -> list[Event]:
    """The events of one record, oldest first."""
    rows = tx.rows(_of_record, of_resource=resource, of_record=record_id)
    return [
        Event(seq, at, actor, action, _read(before), _read(after)) for seq, at, actor, action, before, after in rows
    ]


def _read(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else msgspec.json.decode(text)
