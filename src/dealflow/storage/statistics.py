"""The lives of deals, for statistics: read from the deals and the entries kept of them, not from the log."""

from collections.abc import Iterable
from functools import cache
from typing import Final

from sqlalchemy import BigInteger, and_, bindparam, or_, select

from dealflow.core.company import Viewer
from dealflow.core.deal import PRIVATE
from dealflow.core.statistics import DealLife, Entry, Period
from dealflow.storage import schema
from dealflow.storage.statement import Row, Statement
from dealflow.storage.tx import Tx

_d, _e, _f = schema.deal.c, schema.stage_entry.c, schema.follower.c
_o = schema.deal.alias("owned").c

# What an index holds all of: which of an owner's deals a period can ask about. Something of the deal is not over when
# the period begins, and something of it has begun when the period ends.
_since: Final = bindparam("since", type_=BigInteger)
_until: Final = bindparam("until", type_=BigInteger)
_asked_about = select(_o.id).where(
    _o.company_id == bindparam("company_id"),
    _o.owner_id == bindparam("of_owner"),
    _o.deleted_at.is_(None),
    or_(_o.outcome == "open", _o.outcome_at >= _since, _o.updated_at >= _since, _o.started_at >= _since),
    or_(_o.started_at < _until, _o.created_at < _until, _o.outcome_at < _until),
)
_followed = select(_f.record_id).where(
    _f.company_id == bindparam("company_id"), _f.resource == "deal", _f.user_id == bindparam("viewer_id")
)
_public: Final = or_(_d.visibility != PRIVATE, _d.id.in_(_followed))


@cache
def _lives(*, public: bool) -> Statement:
    """Each entry with its deal, deal by deal, the oldest entry of a deal first."""
    deal = (_d.id, _d.pipeline_id, _d.outcome, _d.outcome_at, _d.started_at, _d.value, _d.currency)
    return Statement(
        select(*deal, _e.at, _e.pipeline_id, _e.stage_id)
        .join_from(schema.deal, schema.stage_entry, and_(_e.company_id == _d.company_id, _e.deal_id == _d.id))
        .where(_d.company_id == bindparam("company_id"), _d.id.in_(_asked_about), *([_public] if public else []))
        .order_by(_e.deal_id, _e.seq)
    )


def lives(tx: Tx, pipeline_id: int, owner_id: int, period: Period, viewer: Viewer) -> list[DealLife]:
    """The lives in a pipeline of the deals a user owns now, by id: archived ones too, deleted ones not.

    Of others' private deals the viewer gets those they follow, unless they are an admin. Deals that statistics of the
    period say nothing about are left out. They are told by their times: a clock is taken to rise.
    """
    asked = {"of_owner": owner_id, "since": min(period.start, tx.now), "until": period.end}
    if viewer.is_admin or viewer.id == owner_id:
        rows = tx.rows(_lives(public=False), **asked)
    else:
        rows = tx.rows(_lives(public=True), viewer_id=viewer.id, **asked)
    return [life for life in _told(rows) if any(entry.pipeline_id == pipeline_id for entry in life.entries)]


def _told(rows: Iterable[Row]) -> list[DealLife]:
    """The lives of rows; a deal came into its first stage when it began, whenever its row was made."""
    found: list[DealLife] = []
    entries: list[Entry] = []
    last_id = None
    for deal_id, pipeline_id, outcome, outcome_at, started_at, value, currency, at, *place in rows:
        if deal_id == last_id:
            entries.append(Entry(at, *place))
            continue
        last_id, entries = deal_id, [Entry(started_at, *place)]
        closed_at = None if outcome == "open" else outcome_at
        found.append(DealLife(deal_id, pipeline_id, outcome, started_at, closed_at, value, currency, entries))
    return found
