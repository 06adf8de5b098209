"""What must hold of a company's data whatever happens; each function tells what does not."""

import heapq
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, cast

import msgspec
from sqlalchemy import bindparam, func, select, tuple_

from dealflow.core.time import Instant
from dealflow.storage import deals, schema, stage_entries
from dealflow.storage.stage_entries import StageEntry
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

ROWS_AT_ONCE: Final = 2_000
COUNTED_AS: Final = {"label": "option"}
CHAINED: Final = ("stage_id", "outcome", "owner_id", "value", "currency")

_d, _e, _s, _n = schema.deal.c, schema.event.c, schema.stage.c, schema.counter.c
_counters = Statement(select(_n.kind, _n.last).where(_n.company_id == bindparam("company_id")))
_log = Statement(
    select(*[func.count(), func.min(_e.seq), func.max(_e.seq)]).where(_e.company_id == bindparam("company_id"))
)
_largest: Final = {
    str(table.name): Statement(select(func.max(table.c.id)).where(table.c.company_id == bindparam("company_id")))
    for table in schema.metadata.sorted_tables
    if table.info["kind"] == "tenant" and "id" in table.c
}
_astray = Statement(
    select(_d.id, _d.stage_id, _d.pipeline_id)
    .join_from(schema.deal, schema.stage, (_s.company_id == _d.company_id) & (_s.id == _d.stage_id))
    .where(_d.company_id == bindparam("company_id"), _s.pipeline_id != _d.pipeline_id)
    .order_by(_d.id)
)
_events = Statement(
    select(_e.record_id, _e.seq, _e.at, _e.action, _e.before, _e.after)
    .where(
        _e.company_id == bindparam("company_id"),
        _e.resource == "deal",
        tuple_(_e.record_id, _e.seq) > tuple_(bindparam("after_record"), bindparam("after_seq")),
    )
    .order_by(_e.record_id, _e.seq)
    .limit(bindparam("limit"))
)
_states = Statement(
    select(_d.id, *[_d[name] for name in CHAINED])
    .where(_d.company_id == bindparam("company_id"), _d.id > bindparam("after_id"))
    .order_by(_d.id)
    .limit(bindparam("limit"))
)


def log_gaps(tx: Tx) -> Iterator[str]:
    """The log counts from 1 without gaps."""
    count, first, last = tx.rows(_log)[0]
    if count and (first, last) != (1, count):
        yield f"{count} events are numbered {first} to {last}"


def late_counters(tx: Tx) -> Iterator[str]:
    """No counter is behind what it has given out."""
    counted: dict[str, int] = dict(cast("list[tuple[str, int]]", tx.rows(_counters)))
    largest = {name: tx.rows(statement)[0][0] for name, statement in _largest.items()}
    largest["event"] = tx.rows(_log)[0][2]
    for table, used in largest.items():
        kind = COUNTED_AS.get(table, table)
        if used is not None and used > counted.get(kind, 0):
            yield f"counter {kind} is at {counted.get(kind, 0)}, but {used} is in use"


def wrong_totals(tx: Tx) -> Iterator[str]:
    """The kept totals are those of the deals."""
    yield from deals.wrong_totals(tx)


def astray(tx: Tx) -> Iterator[str]:
    """Every deal's stage belongs to the deal's pipeline."""
    for deal_id, stage_id, pipeline_id in tx.rows(_astray):
        yield f"deal {deal_id} is in pipeline {pipeline_id}, but its stage {stage_id} is not"


def broken_chains(tx: Tx) -> Iterator[str]:
    """Each deal's events chain: what was before a change is what was after the one before, up to what is now."""
    now = _deals(tx)
    for deal_id, events in _by_deal(tx):
        told: dict[str, Any] = {}
        for seq, _, action, before, after in events:
            if action == "created":
                told = {name: after.get(name) for name in CHAINED}
            for name in CHAINED:
                if before and name in before and before[name] != told.get(name):
                    yield f"deal {deal_id}, event {seq}: {name} was {told.get(name)!r}, not {before[name]!r}"
                if after and name in after:
                    told[name] = after[name]
        state = now.pop(deal_id, None)
        if state is None:
            yield f"deal {deal_id} has events but is not there"
        elif told and told != state:
            wrong = ", ".join(f"{name} {state[name]!r}" for name in CHAINED if told.get(name) != state[name])
            yield f"deal {deal_id} has {wrong}, which its events do not tell"
    for deal_id in now:
        yield f"deal {deal_id} has no events"


def _deals(tx: Tx) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    page = tx.rows(_states, after_id=0, limit=ROWS_AT_ONCE)
    while page:
        found.update({row[0]: dict(zip(CHAINED, row[1:], strict=True)) for row in page})
        page = tx.rows(_states, after_id=page[-1][0], limit=ROWS_AT_ONCE)
    return found


Told = tuple[int, Instant, str, dict[str, Any] | None, dict[str, Any]]


def _by_deal(tx: Tx) -> Iterator[tuple[int, list[Told]]]:
    """Each deal's events, oldest first."""
    deal_id, events = 0, list[Told]()
    page = tx.rows(_events, after_record=0, after_seq=0, limit=ROWS_AT_ONCE)
    while page:
        for record_id, seq, at, action, before, after in page:
            if record_id != deal_id and events:
                yield deal_id, events
                events = []
            deal_id = record_id
            events.append((seq, at, action, _read(before), _read(after) or {}))
        page = tx.rows(_events, after_record=page[-1][0], after_seq=page[-1][1], limit=ROWS_AT_ONCE)
    if events:
        yield deal_id, events


def wrong_entries(tx: Tx) -> Iterator[str]:
    """The kept entries into stages are those that the log tells of."""
    both = heapq.merge(_told_entries(tx), _kept_entries(tx))
    for (deal_id, seq), found in groupby(both, key=itemgetter(0, 1)):
        told, *kept = found
        if kept != [told]:
            yield f"deal {deal_id}, event {seq}: the log and the kept entry say differently where the deal came"


def _told_entries(tx: Tx) -> Iterator[StageEntry]:
    for deal_id, events in _by_deal(tx):
        last: StageEntry | None = None
        for seq, at, action, _, after in events:
            if stage_entries.names_place(after) and (last is not None or action == "created"):
                last = StageEntry.told(deal_id, seq, at, after, last)
                yield last


def _kept_entries(tx: Tx) -> Iterator[StageEntry]:
    page = stage_entries.following(tx, 0, 0, ROWS_AT_ONCE)
    while page:
        yield from page
        page = stage_entries.following(tx, page[-1].deal_id, page[-1].seq, ROWS_AT_ONCE)


def _read(text: str | None) -> dict[str, Any] | None:
    return None if text is None else msgspec.json.decode(text, type=dict[str, Any])


CHECKS: Final = {
    "event log without gaps": log_gaps,
    "counters ahead of ids": late_counters,
    "kept totals": wrong_totals,
    "deals in their pipelines": astray,
    "chains of events": broken_chains,
    "entries into stages": wrong_entries,
}
