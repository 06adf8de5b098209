"""Many rows at once: for histories that come from elsewhere."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
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


def _text(attributes: Mapping[str, Any] | None) -> str | None:
    return None if attributes is None else msgspec.json.encode(attributes).decode()


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


def append_all(tx: Tx, entries: Iterable[Entry], count: int, progress: Progress = _silent) -> None:
    """Append so many events to the log in the order given, and keep where they put deals."""
    if not count:
        return
    numbered = enumerate(entries, counters.next_id(tx, "event", count))
    while piece := list(islice(numbered, PIECE)):
        add_all(tx, schema.event, [_row(tx, seq, entry) for seq, entry in piece], progress)
        places = [{"deal_id": each.record_id, "seq": seq, **each.place._asdict()} for seq, each in piece if each.place]
        add_all(tx, schema.stage_entry, places)


def _row(tx: Tx, seq: int, entry: Entry) -> dict[str, Any]:
    row = entry._asdict()
    del row["place"]
    return {**row, "seq": seq, "surface": tx.surface}
