"""Where deals have been: for each event that puts a deal into a stage or a pipeline, a row beside the log.

Nobody writes here but those who append to the log, in the same breath.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import bindparam, insert, select, tuple_

from dealflow.core.deal import Deal
from dealflow.core.time import Instant
from dealflow.storage import schema
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

PLACE: Final = frozenset({"pipeline_id", "stage_id"})

_e = schema.stage_entry.c


class StageEntry(NamedTuple):
    """A deal came into a stage by the event `seq`. The first of a deal is its creation, as of its `started_at`."""

    deal_id: int
    seq: int
    at: Instant
    pipeline_id: int
    stage_id: int

    @classmethod
    def of(cls, deal: Deal, seq: int, at: Instant) -> Self:
        """The entry into where the deal is now."""
        return cls(deal.id, seq, at, deal.pipeline_id, deal.stage_id)

    @classmethod
    def told(cls, deal_id: int, seq: int, at: Instant, after: Mapping[str, Any], last: "StageEntry | None") -> Self:
        """The entry that an event tells of; what it does not name of the place is as in the `last` one of the deal."""
        if last is None:
            return cls(deal_id, seq, after["started_at"], after["pipeline_id"], after["stage_id"])
        place = {name: after.get(name, getattr(last, name)) for name in PLACE}
        return cls(deal_id, seq, at, **place)


_columns = [_e[name] for name in StageEntry._fields]
_insert = Statement(
    insert(schema.stage_entry).values({c.name: bindparam(c.name, type_=c.type) for c in (_e.company_id, *_columns)})
)
_following = Statement(
    select(*_columns)
    .where(
        _e.company_id == bindparam("company_id"),
        tuple_(_e.deal_id, _e.seq) > tuple_(bindparam("after_deal"), bindparam("after_seq")),
    )
    .order_by(_e.deal_id, _e.seq)
    .limit(bindparam("most"))
)


def names_place(after: Mapping[str, Any] | None) -> bool:
    """Whether what an event says of a deal puts it somewhere."""
    return after is not None and not PLACE.isdisjoint(after)


def add(tx: Tx, entry: StageEntry) -> None:
    """Keep an entry."""
    tx.change(_insert, **entry._asdict())


def following(tx: Tx, deal_id: int, seq: int, most: int) -> list[StageEntry]:
    """The first entries of the company behind one of a deal, by deal and event."""
    return [StageEntry._make(row) for row in tx.rows(_following, after_deal=deal_id, after_seq=seq, most=most)]
