"""The company's ordered log: who, when, what, before and after. Appended to, never changed.

`seq` counts from 1 without gaps. `before` and `after` are JSON objects of the attributes that changed; a creation has
no `before`, its `after` is the whole record.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import bindparam, insert, literal, select, tuple_

from dealflow.core.deal import Deal
from dealflow.core.time import Instant
from dealflow.storage import counters, schema, stage_entries
from dealflow.storage.records import Record, differences, ids_in, padded, pieces, spread
from dealflow.storage.stage_entries import StageEntry
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

SILENT = frozenset({"version", "updated_at"})
"""Attributes whose changes nobody needs to know; so are those of search and sort keys."""

RELATIONS: Final = ("followed", "unfollowed", "joined", "left")
"""Actions that leave the record itself as it is: they are about what is beside it."""

MOST_RESOURCES: Final = 2
EVENTS_AT_ONCE: Final = 2_000

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
) -> int:
    """Add one event, as of now or `at`; its number. What puts a deal somewhere comes by `created` or `changed`."""
    seq = counters.next_id(tx, "event")
    tx.change(
        _insert,
        seq=seq,
        at=tx.now if at is None else at,
        actor_id=tx.user_id or None,
        surface=tx.surface,
        resource=resource,
        record_id=record_id,
        action=action,
        before=None if before is None else msgspec.json.encode(before).decode(),
        after=None if after is None else msgspec.json.encode(after).decode(),
    )
    return seq


def created(tx: Tx, resource: str, record: Record) -> None:
    """Record a creation."""
    after = {name: value for name, value in record._asdict().items() if is_told(name) and value is not None}
    seq = append(tx, resource, record.id, "created", None, after)
    if isinstance(record, Deal):
        stage_entries.add(tx, StageEntry.of(record, seq, record.started_at))


def changed(tx: Tx, resource: str, before: Record, after: Record, action: str = "updated") -> bool:
    """Record what differs between two states of a record; says whether anything that counts did."""
    changes = {name: pair for name, pair in differences(before, after).items() if is_told(name)}
    if not changes:
        return False
    old = {name: value for name, (value, _) in changes.items()}
    new = {name: value for name, (_, value) in changes.items()}
    seq = append(tx, resource, after.id, action, old, new)
    if isinstance(after, Deal) and stage_entries.names_place(new):
        stage_entries.add(tx, StageEntry.of(after, seq, tx.now))
    return True


class Entry(NamedTuple):
    """An event with the record it is of."""

    resource: str
    record_id: int
    event: Event


_entry_columns = (_event.c.resource, _event.c.record_id, *[_event.c[name] for name in Event._fields])
_of_resources = (
    _event.c.company_id == bindparam("company_id"),
    ids_in(_event.c.resource, "resources", MOST_RESOURCES),
    _event.c.action.not_in([literal(action) for action in RELATIONS]),
    _event.c.seq <= bindparam("until_seq"),
)
_within = Statement(
    select(*_entry_columns)
    .where(*_of_resources, _event.c.seq > bindparam("after_seq"))
    .order_by(_event.c.seq)
    .limit(bindparam("most"))
)
_at = Statement(
    select(_event.c.at).where(_event.c.company_id == bindparam("company_id"), _event.c.seq == bindparam("this_seq"))
)


@cache
def _of_records(size: int) -> Statement:
    return Statement(
        select(*_entry_columns).where(*_of_resources, ids_in(_event.c.record_id, "ids", size)).order_by(_event.c.seq)
    )


_by_record = Statement(
    select(*_entry_columns)
    .where(
        _event.c.company_id == bindparam("company_id"),
        _event.c.resource == bindparam("of_resource"),
        tuple_(_event.c.record_id, _event.c.seq) > tuple_(bindparam("after_record"), bindparam("after_seq")),
    )
    .order_by(_event.c.record_id, _event.c.seq)
    .limit(bindparam("most"))
)


def by_record(tx: Tx, resource: str, until: int) -> Iterator[tuple[int, list[Event]]]:
    """Each record of a kind with its events up to one, by id, those of relations left out; read in short pages."""
    record_id, found = 0, list[Event]()
    page = tx.rows(_by_record, of_resource=resource, after_record=0, after_seq=0, most=EVENTS_AT_ONCE)
    while page:
        for row in page:
            if row[1] != record_id and found:
                yield record_id, found
                found = []
            record_id = row[1]
            if row[2] <= until and row[5] not in RELATIONS:
                found.append(_event_of(row[2:]))
        last = page[-1]
        page = tx.rows(_by_record, of_resource=resource, after_record=last[1], after_seq=last[2], most=EVENTS_AT_ONCE)
    if found:
        yield record_id, found


def within(tx: Tx, resources: Sequence[str], after: int, until: int, most: int) -> list[Entry]:
    """The first events of one or two resources after the one and up to the other, those of relations left out."""
    named = spread("resources", resources, MOST_RESOURCES)
    return [_entry(row) for row in tx.rows(_within, after_seq=after, until_seq=until, most=most, **named)]


def of_records(tx: Tx, resources: Sequence[str], record_ids: Sequence[int], until: int) -> list[Entry]:
    """All such events of some records up to one, oldest first for each record."""
    named = spread("resources", resources, MOST_RESOURCES)
    found: list[Entry] = []
    for piece in pieces(record_ids):
        size = padded(len(piece))
        rows = tx.rows(_of_records(size), until_seq=until, **named, **spread("ids", piece, size))
        found += [_entry(row) for row in rows]
    return found


def first_since(tx: Tx, moment: Instant, last: int) -> int:
    """The number of the first event that is not older than the moment; `last` is that of the last one of all.

    Times are taken to rise, as they do but for histories that were brought along from elsewhere.
    """
    return bisect_left(range(last), moment, key=lambda before: at(tx, before + 1)) + 1


def at(tx: Tx, seq: int) -> Instant:
    """When an event happened."""
    found = tx.row(_at, this_seq=seq)
    return Instant(found[0] if found else 0)


def _entry(row: tuple[Any, ...]) -> Entry:
    return Entry(row[0], row[1], _event_of(row[2:]))


def _event_of(row: tuple[Any, ...]) -> Event:
    *rest, before, after = row
    return Event._make((*rest, _read(before), _read(after)))


def of_record(tx: Tx, resource: str, record_id: int) -> list[Event]:
    """The events of one record, oldest first."""
    return [_event_of(row) for row in tx.rows(_of_record, of_resource=resource, of_record=record_id)]


def _read(text: str | None) -> Mapping[str, Any] | None:
    return None if text is None else msgspec.json.decode(text)
