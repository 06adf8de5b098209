"""Companies as they were: deals, pipelines and stages folded from the log up to a moment.

What happened to a deal since is told by the log, so only deals that changed since are folded; the rest is as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, TypeVar

from dealflow.core.deal import PRIVATE
from dealflow.core.errors import NotFound
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.core.time import Instant
from dealflow.reports import kept
from dealflow.reports.columns import Columns, Lived
from dealflow.storage import events, lived, pipelines
from dealflow.storage.stage_entries import PLACE
from dealflow.storage.tx import Tx

AT_ONCE: Final = 1_000


def columns_at(tx: Tx, moment: Instant) -> Columns:
    """What there was to count at a moment; times of entries are those of the log."""
    changed = lived.changed_after(tx, moment)
    if not changed:
        return kept.columns(tx)
    with kept.SHELF.packed(tx) as now:
        packed = now.copy()
    packed.replace(changed, list(_lives_at(tx, changed, moment)))
    return packed.columns()


def _lives_at(tx: Tx, deal_ids: Sequence[int], moment: Instant) -> Iterator[Lived]:
    newest = lived.last_seq(tx)
    for start in range(0, len(deal_ids), AT_ONCE):
        some = deal_ids[start : start + AT_ONCE]
        told = sorted(events.of_records(tx, ["deal"], some, newest), key=attrgetter("record_id"))
        for deal_id, found in groupby(told, key=attrgetter("record_id")):
            all_told = [each.event for each in found]
            life = _life_at(deal_id, [event for event in all_told if event.at <= moment], _visibility(all_told))
            if life is not None:
                yield life


def _visibility(told: Sequence[events.Event]) -> int | None:
    """Who may see a deal now: what was open to all once is not shown for that to those who may not see it today."""
    found: int | None = None
    for event in told:
        found = (event.after or {}).get("visibility", found)
    return found


def _life_at(deal_id: int, told: Sequence[events.Event], visibility: int | None) -> Lived | None:
    """The life that events tell of; None for a deal that was not there."""
    state: dict[str, Any] = {}
    came: list[tuple[Instant, int, int]] = []
    for event in told:
        after = event.after or {}
        state |= after
        if not PLACE.isdisjoint(after):
            came.append((event.at, state["pipeline_id"], state["stage_id"]))
    if not came or state.get("deleted_at") is not None:
        return None
    came[0] = (state["started_at"], *came[0][1:])
    return Lived(
        deal_id=deal_id,
        owner_id=state["owner_id"],
        pipeline_id=state["pipeline_id"],
        outcome=state["outcome"],
        outcome_at=state.get("outcome_at"),
        started_at=state["started_at"],
        value=state["value"],
        currency=state["currency"],
        is_private=visibility == PRIVATE,
        is_archived=state.get("archived_at") is not None,
        expected_close=state.get("expected_close"),
        probability=state.get("probability"),
        entries=came,
    )


def pipeline_at(tx: Tx, pipeline_id: int, moment: Instant) -> tuple[Pipeline, list[Stage]]:
    """A pipeline and its open stages in order, as they were. Raises NotFound if it was not there yet."""
    pipeline = pipelines.pipelines.get(tx, pipeline_id)
    told = _told(tx, "pipeline", [pipeline_id], moment).get(pipeline_id)
    if told is None:
        raise NotFound("pipeline", pipeline_id)
    stages = pipelines.stages.all(tx, {"open": {}})
    known = _told(tx, "stage", [stage.id for stage in stages], moment)
    then = [_as_told(stage, known[stage.id]) for stage in stages if stage.id in known]
    found = [stage for stage in then if stage.pipeline_id == pipeline_id and stage.deleted_at is None]
    return _as_told(pipeline, told), sorted(found, key=attrgetter("position"))


def _told(tx: Tx, resource: str, ids: Sequence[int], moment: Instant) -> dict[int, dict[str, Any]]:
    """What the log tells of some records up to a moment; nothing of those that were not there."""
    found: dict[int, dict[str, Any]] = {}
    for each in events.of_records(tx, [resource], ids, lived.last_seq(tx)):
        if each.event.at <= moment:
            found.setdefault(each.record_id, {}).update(each.event.after or {})
    return found


R = TypeVar("R", Pipeline, Stage)


def _as_told(record: R, told: Mapping[str, Any]) -> R:
    """The record with what was told of it; the rest of what the log keeps was not set yet."""
    state: dict[str, Any] = record._asdict()
    state |= {name: told.get(name) for name in state if events.is_told(name)}
    return type(record)(**state)
