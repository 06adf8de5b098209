"""The lives of deals, for statistics: read from the deals and the entries kept of them, not from the log."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from sqlalchemy import BigInteger, and_, bindparam, or_, select

from dealflow.core.company import Viewer
from dealflow.core.deal import PRIVATE
from dealflow.core.statistics import DealLife, Entry, Period
from dealflow.storage import schema
from dealflow.storage.statement import Row, Statement
from dealflow.storage.tx import Tx

_d, _e, _f = schema.deal.c, schema.stage_entry.c, schema.follower.c

# Which deals a period can ask about: something of the deal is not over when the period begins, and something of it has
# begun when the period ends. An index holds all that is asked of a deal here.
_since: Final = bindparam("since", type_=BigInteger)
_until: Final = bindparam("until", type_=BigInteger)
_asked_about: Final = (
    _d.company_id == bindparam("company_id"),
    _d.owner_id == bindparam("of_owner"),
    _d.deleted_at.is_(None),
    or_(_d.outcome == "open", _d.outcome_at >= _since, _d.updated_at >= _since, _d.started_at >= _since),
    or_(_d.started_at < _until, _d.created_at < _until, _d.outcome_at < _until),
)
_followed = select(_f.record_id).where(
    _f.company_id == bindparam("company_id"), _f.resource == "deal", _f.user_id == bindparam("viewer_id")
)
_seen: Final = or_(_d.visibility != PRIVATE, _d.id.in_(_followed))
# Each entry with its deal, deal by deal, the oldest entry of a deal first.
_entries: Final = (
    select(_d.id, _d.pipeline_id, _d.outcome, _d.outcome_at, _d.started_at, _d.value, _d.currency)
    .add_columns(_e.at, _e.pipeline_id, _e.stage_id)
    .join_from(schema.deal, schema.stage_entry, and_(_e.company_id == _d.company_id, _e.deal_id == _d.id))
    .where(*_asked_about)
    .order_by(_e.deal_id, _e.seq)
)
_of_all: Final = Statement(_entries)
_of_seen: Final = Statement(_entries.where(_seen))


def lives(tx: Tx, pipeline_id: int, owner_id: int, period: Period, viewer: Viewer) -> list[DealLife]:
    """The lives in a pipeline of the deals a user owns now, by id: archived ones too, deleted ones not.

    Of others' private deals the viewer gets those they follow, unless they are an admin. Deals that statistics of the
    period say nothing about are left out. They are told by their times: a clock is taken to rise.
    """
    asked = {"of_owner": owner_id, "since": min(period.start, tx.now), "until": period.end}
    if viewer.is_admin or viewer.id == owner_id:
        rows = tx.rows(_of_all, **asked)
    else:
        rows = tx.rows(_of_seen, viewer_id=viewer.id, **asked)
    return [life for life in _told(rows) if any(entry.pipeline_id == pipeline_id for entry in life.entries)]


# `_make` without its look at the length, which the columns settle.
_entry: Final[Callable[[Row], Entry]] = partial(tuple.__new__, Entry)


def _told(rows: Iterable[Row]) -> list[DealLife]:
    """The lives of rows; a deal came into its first stage when it began, whenever its row was made."""
    found: list[DealLife] = []
    entries: list[Entry] = []
    last_id = None
    for row in rows:
        if row[0] == last_id:
            entries.append(_entry(row[7:]))
            continue
        last_id, pipeline_id, outcome, outcome_at, started_at, value, currency = row[:7]
        entries = [Entry(started_at, *row[8:])]
        closed_at = None if outcome == "open" else outcome_at
        found.append(DealLife(last_id, pipeline_id, outcome, started_at, closed_at, value, currency, entries))
    return found
