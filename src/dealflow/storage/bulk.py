"""Many rows at once: for histories that come from elsewhere."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Table, bindparam, insert

from dealflow.core.time import Instant
from dealflow.storage import counters, schema, stage_entries
from dealflow.storage.stage_entries import StageEntry
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

AT_ONCE: Final = 20

Progress = Callable[[int], None]


class Entry(NamedTuple):
    """An event to be written, with its own time; `actor_id` None if nobody is known to have done it."""

    at: Instant
    actor_id: int | None
    resource: str
    record_id: int
    action: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


def _silent(_: int) -> None:
    pass


@cache
def _insert(table: Table, rows: int) -> Statement:
    """An INSERT of so many rows; the values of the second are called `name_1`, and so on."""
    company = bindparam("company_id", type_=table.c.company_id.type)
    return Statement(
        insert(table).values(
            [
                {
                    c.name: company if c.name == "company_id" else bindparam(f"{c.name}_{i}", type_=c.type)
                    for c in table.columns
                }
                for i in range(rows)
            ]
        )
    )


def add_all(tx: Tx, table: Table, rows: Sequence[Mapping[str, Any]], progress: Progress = _silent) -> None:
    """Insert rows of the company; `progress` is told how many, every so often."""
    for start in range(0, len(rows), AT_ONCE):
        piece = rows[start : start + AT_ONCE]
        if len(piece) == AT_ONCE:
            values = {f"{name}_{i}": value for i, row in enumerate(piece) for name, value in row.items()}
            tx.change(_insert(table, AT_ONCE), **values)
        else:
            one = _insert(table, 1)
            tx.change_each(one, [{f"{name}_0": value for name, value in row.items()} for row in piece])
        progress(len(piece))


def append_all(tx: Tx, entries: Sequence[Entry], progress: Progress = _silent) -> None:
    """Append events to the log in the order given. Deals that they put somewhere are made by them, too."""
    if not entries:
        return
    first = counters.next_id(tx, "event", len(entries))
    rows = [_row(tx, seq, entry) for seq, entry in enumerate(entries, first)]
    add_all(tx, schema.event, rows, progress)
    add_all(tx, schema.stage_entry, [entry._asdict() for entry in _places(first, entries)])


def _places(first: int, entries: Sequence[Entry]) -> Iterator[StageEntry]:
    last: dict[int, StageEntry] = {}
    for seq, entry in enumerate(entries, first):
        if entry.resource == "deal" and entry.after is not None and stage_entries.names_place(entry.after):
            deal_id = entry.record_id
            last[deal_id] = StageEntry.told(deal_id, seq, entry.at, entry.after, last.get(deal_id))
            yield last[deal_id]


def _row(tx: Tx, seq: int, entry: Entry) -> dict[str, Any]:
    return {
        **entry._asdict(),
        "seq": seq,
        "surface": tx.surface,
        "before": None if entry.before is None else msgspec.json.encode(entry.before).decode(),
        "after": None if entry.after is None else msgspec.json.encode(entry.after).decode(),
    }
