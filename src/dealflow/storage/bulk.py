"""Many rows at once: for histories that come from elsewhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from typing import Any, Final, NamedTuple, Self

import msgspec
from sqlalchemy import Table, bindparam, insert

from dealflow.core.time import Instant
from dealflow.storage import counters, schema
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

AT_ONCE: Final = 20
PIECE: Final = 1_000

Progress = Callable[[int], None]

_encode: Final = msgspec.json.Encoder().encode


class Place(NamedTuple):
    """Where an event puts a deal, as of `at`: when it happened, or for a creation when the deal began."""

    at: Instant
    pipeline_id: int
    stage_id: int


class Entry(NamedTuple):
    """An event to be written, with its own time; `actor_id` None if nobody is known to have done it.

    `before` and `after` are JSON text. `place` if the event puts a deal somewhere.
    """

    at: Instant
    actor_id: int | None
    resource: str
    record_id: int
    action: str
    before: str | None
    after: str | None
    place: Place | None

    @classmethod
    def of(
        cls,
        at: Instant,
        actor_id: int | None,
        about: tuple[str, int],
        action: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        place: Place | None = None,
    ) -> Self:
        """The event of attributes by name; `about` is the kind and the id of the record."""
        return cls(at, actor_id, *about, action, _text(before), _text(after), place)


EVENT: Final = ("seq", "surface", *Entry._fields[:-1])
STAGE_ENTRY: Final = ("seq", "deal_id", *Place._fields)


def _text(attributes: Mapping[str, Any] | None) -> str | None:
    return None if attributes is None else _encode(attributes).decode()


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


@cache
def _names(columns: tuple[str, ...], rows: int) -> list[str]:
    """What the values of so many rows are called."""
    return [f"{name}_{i}" for i in range(rows) for name in columns]


def add_all(
    tx: Tx, table: Table, columns: tuple[str, ...], rows: Sequence[Sequence[Any]], progress: Progress = _silent
) -> None:
    """Insert rows of the company, whose values are those of `columns`; `progress` is told how many."""
    for start in range(0, len(rows), AT_ONCE):
        piece = rows[start : start + AT_ONCE]
        if len(piece) == AT_ONCE:
            values = zip(_names(columns, AT_ONCE), chain.from_iterable(piece), strict=True)
            tx.change(_insert(table, AT_ONCE), **dict(values))
        else:
            names = _names(columns, 1)
            tx.change_each(_insert(table, 1), [dict(zip(names, row, strict=True)) for row in piece])
    progress(len(rows))


def append_all(tx: Tx, entries: Iterable[Entry], count: int, progress: Progress = _silent) -> None:
    """Append so many events to the log in the order given, and keep where they put deals."""
    if not count:
        return
    numbered = enumerate(entries, counters.next_id(tx, "event", count))
    while piece := list(islice(numbered, PIECE)):
        add_all(tx, schema.event, EVENT, [(seq, tx.surface, *entry[:-1]) for seq, entry in piece], progress)
        places = [(seq, each.record_id, *each.place) for seq, each in piece if each.place is not None]
        add_all(tx, schema.stage_entry, STAGE_ENTRY, places)
