"""Pipelines and stages: add, change, order, delete."""

from collections.abc import Mapping
from typing import Any

from dealflow.actions.permissions import require_admin
from dealflow.core.deal import with_shown_change
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.pipeline import (
    FIRST_TERMINAL_POSITION,
    TERMINAL,
    Pipeline,
    Stage,
    placed,
    read_likelihood,
    read_rot_days,
)
from dealflow.core.text import read_name
from dealflow.storage import counters, deals, events, pipelines
from dealflow.storage.tx import Tx

PIPELINES, STAGES = pipelines.pipelines, pipelines.stages


def add_pipeline(
    tx: Tx, name: str, *, probability_enabled: bool = False, place: int | None = None, state: str = "active"
) -> Pipeline:
    """A new pipeline without open stages, last in order unless `place` (1-based) says otherwise. Raises Invalid."""
    require_admin(tx)
    return new_pipeline(tx, name, probability_enabled=probability_enabled, place=place, state=state)


def new_pipeline(
    tx: Tx,
    name: str,
    *,
    probability_enabled: bool = False,
    place: int | None = None,
    state: str = "active",
    is_seeded: bool = False,
) -> Pipeline:
    """The same without asking who acts, for setting up a company."""
    live = pipelines.live_pipelines(tx)
    pipeline = Pipeline(
        id=counters.next_id(tx, "pipeline"),
        name=read_name(name),
        position=len(live) + 1,
        state=state,
        probability_enabled=probability_enabled,
        is_seeded=is_seeded,
        created_at=tx.now,
        updated_at=None if is_seeded else tx.now,
        version=1,
    )
    PIPELINES.add(tx, pipeline)
    events.created(tx, "pipeline", pipeline)
    if place is not None and state == "active":
        pipeline = _place_pipeline(tx, pipeline, place)
    if not is_seeded:
        add_terminal_stages(tx, pipeline)
    return pipeline


def add_terminal_stages(tx: Tx, pipeline: Pipeline) -> None:
    """Won, lost and unqualified, behind the open stages."""
    last = max((stage.position for stage in pipelines.open_stages(tx, pipeline.id)), default=0)
    first = max(FIRST_TERMINAL_POSITION, last + 1)
    for offset, (name, category, likelihood) in enumerate(TERMINAL):
        _add_stage(tx, pipeline, name, category, first + offset, likelihood, rot_enabled=False, rot_days=None)


def update_pipeline(tx: Tx, pipeline_id: int, changes: Mapping[str, Any]) -> Pipeline:
    """Change `name`, `probability_enabled`, `state` (active or disabled) or `place` (1-based).

    A disabled pipeline that becomes active again goes last. Raises NotFound for a deleted one, Invalid.
    """
    require_admin(tx)
    before = PIPELINES.get(tx, pipeline_id, lock=True)
    if before.state == "deleted":
        raise NotFound("pipeline", pipeline_id)
    changes = dict(changes)
    place = changes.pop("place", None)
    if "name" in changes:
        changes["name"] = read_name(changes["name"])
        if changes["name"] != before.name:
            changes["is_seeded"] = False
    state = changes.get("state", before.state)
    if state != before.state:
        live = pipelines.live_pipelines(tx)
        if state == "disabled":
            _require_another_live(live, pipeline_id)
        else:
            changes["position"] = len(live) + 1
    after = before._replace(**changes)
    if after != before:
        after = after._replace(updated_at=tx.now)
        events.changed(tx, "pipeline", before, after)
        after = PIPELINES.save(tx, before, after)
    if state != before.state and state == "disabled":
        _renumber(tx, [each for each in pipelines.live_pipelines(tx) if each.id != pipeline_id])
    if place is not None and after.is_live:
        after = _place_pipeline(tx, after, place)
    return after


def delete_pipeline(tx: Tx, pipeline_id: int) -> None:
    """Mark a pipeline and its stages as deleted; its deals stay as they are.

    Raises NotFound for one that is deleted already, Conflict for the last live one.
    """
    require_admin(tx)
    before = PIPELINES.get(tx, pipeline_id, lock=True)
    if before.state == "deleted":
        raise NotFound("pipeline", pipeline_id)
    if before.is_live:
        _require_another_live(pipelines.live_pipelines(tx), pipeline_id)
    retire_pipeline(tx, before, "deleted")


def retire_pipeline(tx: Tx, before: Pipeline, state: str) -> None:
    """Take a pipeline out of use, be it the last one: disabled, or deleted with its stages."""
    after = before._replace(state=state, updated_at=tx.now)
    events.changed(tx, "pipeline", before, after, "deleted" if state == "deleted" else "updated")
    PIPELINES.save(tx, before, after)
    if state == "deleted":
        for stage in STAGES.all(tx, {"pipeline": {"pipeline_id": before.id}}):
            if stage.deleted_at is None:
                _mark_stage(tx, stage)
    _renumber(tx, pipelines.live_pipelines(tx))


def _require_another_live(live: list[Pipeline], pipeline_id: int) -> None:
    if [each.id for each in live] == [pipeline_id]:
        raise Conflict("pipeline", "is the last one and cannot be removed")


def _place_pipeline(tx: Tx, pipeline: Pipeline, place: int) -> Pipeline:
    live = {each.id: each for each in pipelines.live_pipelines(tx)}
    _renumber(tx, [live[each] for each in placed(list(live), pipeline.id, place)], moved_id=pipeline.id)
    return PIPELINES.get(tx, pipeline.id)


def _renumber(tx: Tx, order: list[Pipeline], moved_id: int | None = None) -> None:
    """Number the pipelines 1, 2, 3 … again; only the one that was moved counts as updated."""
    for position, pipeline in enumerate(order, 1):
        if pipeline.position != position:
            updated_at = tx.now if pipeline.id == moved_id else pipeline.updated_at
            moved = pipeline._replace(position=position, updated_at=updated_at)
            events.changed(tx, "pipeline", pipeline, moved)
            PIPELINES.save(tx, pipeline, moved)


# ---------------------------------------------------------------------------------------------------------- stages


def live_pipeline(tx: Tx, pipeline_id: int) -> Pipeline:
    """The pipeline as a place to put something. Raises Invalid if it is unknown, disabled or deleted."""
    pipeline = PIPELINES.find(tx, pipeline_id)
    if pipeline is None or not pipeline.is_live:
        raise Invalid("pipeline_id", "no such pipeline")
    return pipeline


def add_stage(
    tx: Tx,
    pipeline_id: int,
    name: str,
    *,
    likelihood: int = 100,
    rot_enabled: bool = False,
    rot_days: int | None = None,
) -> Stage:
    """A new open stage, last in its pipeline. Raises Invalid."""
    require_admin(tx)
    pipeline = live_pipeline(tx, pipeline_id)
    return new_stage(tx, pipeline, name, likelihood=likelihood, rot_enabled=rot_enabled, rot_days=rot_days)


def new_stage(
    tx: Tx,
    pipeline: Pipeline,
    name: str,
    *,
    likelihood: int = 100,
    rot_enabled: bool = False,
    rot_days: int | None = None,
    position: int | None = None,
    is_seeded: bool = False,
) -> Stage:
    """The same without asking who acts, for setting up a company; last unless it gets a `position`."""
    if position is None:
        position = max((each.position for each in pipelines.open_stages(tx, pipeline.id)), default=0) + 1
    stage = _add_stage(
        tx,
        pipeline,
        read_name(name),
        "open",
        position,
        read_likelihood(likelihood),
        rot_enabled=rot_enabled,
        rot_days=read_rot_days(rot_days),
        is_seeded=is_seeded,
    )
    _push_terminal_stages(tx, pipeline.id)
    return stage


def _add_stage(
    tx: Tx,
    pipeline: Pipeline,
    name: str,
    category: str,
    position: int,
    likelihood: int,
    *,
    rot_enabled: bool,
    rot_days: int | None,
    is_seeded: bool = False,
) -> Stage:
    stage = Stage(
        id=counters.next_id(tx, "stage"),
        pipeline_id=pipeline.id,
        name=name,
        category=category,
        position=position,
        likelihood=likelihood,
        rot_enabled=rot_enabled,
        rot_days=rot_days,
        created_at=tx.now,
        updated_at=None if is_seeded else tx.now,
        deleted_at=None,
        version=1,
    )
    STAGES.add(tx, stage)
    events.created(tx, "stage", stage)
    return stage


def _push_terminal_stages(tx: Tx, pipeline_id: int) -> None:
    found = STAGES.all(tx, {"pipeline": {"pipeline_id": pipeline_id}}, order="position")
    last_open = max((each.position for each in found if each.category == "open"), default=0)
    terminal = [each for each in found if each.category != "open"]
    if terminal and terminal[0].position <= last_open:
        for position, stage in enumerate(terminal, last_open + 1):
            _save_stage(tx, stage, stage._replace(position=position))


def _save_stage(tx: Tx, before: Stage, after: Stage) -> Stage:
    if after == before:
        return before
    events.changed(tx, "stage", before, after)
    return STAGES.save(tx, before, after)


def update_stage(tx: Tx, stage_id: int, changes: Mapping[str, Any]) -> Stage:
    """Change `name`, `likelihood`, `rot_enabled`, `rot_days`, `pipeline_id` or `place` (1-based, among open stages).

    A stage that moves to another pipeline goes last there and takes its deals along. Raises NotFound, Invalid.
    """
    require_admin(tx)
    before = listed_stage(tx, stage_id)
    changes = dict(changes)
    place = changes.pop("place", None)
    if "name" in changes:
        changes["name"] = read_name(changes["name"])
    if "likelihood" in changes:
        read_likelihood(changes["likelihood"])
    if "rot_days" in changes:
        read_rot_days(changes["rot_days"])
    target = changes.get("pipeline_id", before.pipeline_id)
    if target != before.pipeline_id:
        pipeline = live_pipeline(tx, target)
        changes["position"] = max((each.position for each in pipelines.open_stages(tx, pipeline.id)), default=0) + 1
    after = before._replace(**changes)
    if after != before:
        after = _save_stage(tx, before, after._replace(updated_at=tx.now))
    if target != before.pipeline_id:
        _take_deals_along(tx, stage_id, target)
        _close_ranks(tx, before.pipeline_id)
        _push_terminal_stages(tx, target)
    if place is not None:
        after = _place_stage(tx, after, place)
    return after


def _take_deals_along(tx: Tx, stage_id: int, pipeline_id: int) -> None:
    """The deals of a stage, closed and deleted ones too, come into its new pipeline; each one's history says so."""
    for before in deals.deals.all(tx, {"stage": {"stage_id": stage_id}}):
        after = before._replace(pipeline_id=pipeline_id, updated_at=tx.now)
        after = with_shown_change(before, after, tx.now, tx.user_id)
        events.changed(tx, "deal", before, after)
        deals.recount(tx, before, after)
        deals.deals.save(tx, before, after)


def _place_stage(tx: Tx, stage: Stage, place: int) -> Stage:
    by_id = {each.id: each for each in pipelines.open_stages(tx, stage.pipeline_id)}
    positions = [each.position for each in by_id.values()]
    for position, each in zip(positions, placed(list(by_id), stage.id, place), strict=True):
        before = by_id[each]
        if before.position != position:
            updated_at = tx.now if each == stage.id else before.updated_at
            _save_stage(tx, before, before._replace(position=position, updated_at=updated_at))
    return STAGES.get(tx, stage.id)


def _close_ranks(tx: Tx, pipeline_id: int) -> None:
    """Number the open stages 1, 2, 3 … again."""
    for position, stage in enumerate(pipelines.open_stages(tx, pipeline_id), 1):
        _save_stage(tx, stage, stage._replace(position=position))


def listed_stage(tx: Tx, stage_id: int) -> Stage:
    """An open stage that is not deleted. Raises NotFound."""
    stage = pipelines.get_stage(tx, stage_id)
    if stage.deleted_at is not None:
        raise NotFound("stage", stage_id)
    return stage


def delete_stage(tx: Tx, stage_id: int) -> None:
    """Mark a stage as deleted; its deals keep it. Raises NotFound."""
    require_admin(tx)
    stage = listed_stage(tx, stage_id)
    _mark_stage(tx, stage)
    _close_ranks(tx, stage.pipeline_id)


def delete_stages(tx: Tx, stage_ids: list[int]) -> list[int]:
    """Mark several stages as deleted, all or none; the ids as given, repeats left out. Raises NotFound."""
    unique = list(dict.fromkeys(stage_ids))
    for stage_id in unique:
        delete_stage(tx, stage_id)
    return unique


def _mark_stage(tx: Tx, stage: Stage) -> None:
    after = stage._replace(deleted_at=tx.now, updated_at=tx.now)
    events.changed(tx, "stage", stage, after, "deleted")
    STAGES.save(tx, stage, after)
