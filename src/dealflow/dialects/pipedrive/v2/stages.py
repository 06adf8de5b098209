"""Stages, version 2 (contract 2.5)."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.actions import pipelines as actions
from dealflow.core.pipeline import Stage
from dealflow.core.time import iso
from dealflow.dialects.pipedrive.dialect import V2, DeletedId, ok
from dealflow.dialects.pipedrive.paging import CursorQuery, Direction, cursor_page, cursor_reply
from dealflow.storage import pipelines
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Int, NameText, Reply, given

READ = "deals:read deals:full admin"
WORDS = {"id": "id", "update_time": "updated_at", "add_time": "created_at", "order_nr": "position"}
RENAMED = {"deal_probability": "likelihood", "is_deal_rot_enabled": "rot_enabled", "days_to_rotten": "rot_days"}

Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Days = Annotated[int, msgspec.Meta(ge=1, le=36_500)]


class StageOut(msgspec.Struct):
    """A stage as version 2 shows it."""

    id: int
    order_nr: int
    name: str
    is_deleted: bool
    deal_probability: int
    pipeline_id: int
    is_deal_rot_enabled: bool
    days_to_rotten: int | None
    add_time: str
    update_time: str | None


class ListQuery(CursorQuery, kw_only=True):
    """Parameters of the list."""

    pipeline_id: Int | None = None
    sort_by: Literal["id", "update_time", "add_time", "order_nr"] = "id"
    sort_direction: Direction = "asc"


class NewStage(msgspec.Struct):
    """Body of an addition."""

    name: NameText
    pipeline_id: Id
    deal_probability: Percent = 100
    is_deal_rot_enabled: bool = False
    days_to_rotten: Days | None = None


class StageChanges(msgspec.Struct):
    """Body of a change."""

    name: NameText | UnsetType = UNSET
    pipeline_id: Id | UnsetType = UNSET
    deal_probability: Percent | UnsetType = UNSET
    is_deal_rot_enabled: bool | UnsetType = UNSET
    days_to_rotten: Days | None | UnsetType = UNSET


def stage_out(stage: Stage) -> StageOut:
    """The wire object."""
    return StageOut(
        stage.id,
        stage.position,
        stage.name,
        stage.deleted_at is not None,
        stage.likelihood,
        stage.pipeline_id,
        stage.rot_enabled,
        stage.rot_days,
        iso(stage.created_at),
        None if stage.updated_at is None else iso(stage.updated_at),
    )


@V2.add("GET", "/stages", section="2.5", cost=5, scopes=READ, shows=list[StageOut])
def list_stages(tx: Tx, query: ListQuery) -> Reply:
    where: dict[str, dict[str, int]] = {"listed": {}}
    if query.pipeline_id is not None:
        pipeline = pipelines.pipelines.find(tx, query.pipeline_id)
        if pipeline is None or not pipeline.is_live:
            return cursor_reply([], None)
        where["pipeline"] = {"pipeline_id": query.pipeline_id}
    found, cursor = cursor_page(
        tx, pipelines.stages, where, query, words=WORDS, sort_by=query.sort_by, direction=query.sort_direction
    )
    return cursor_reply([stage_out(each) for each in found], cursor)


@V2.add("GET", "/stages/{stage_id}", section="2.5", cost=1, scopes=READ, shows=StageOut)
def get_stage(tx: Tx, stage_id: int) -> Reply:
    return ok(stage_out(pipelines.get_stage(tx, stage_id)))


@V2.add("POST", "/stages", section="2.5", cost=5, scopes="admin", admin=True, shows=StageOut, pooled=True)
def add_stage(tx: Tx, body: NewStage) -> Reply:
    stage = actions.add_stage(
        tx,
        body.pipeline_id,
        body.name,
        likelihood=body.deal_probability,
        rot_enabled=body.is_deal_rot_enabled,
        rot_days=body.days_to_rotten,
    )
    return ok(stage_out(stage))


@V2.add("PATCH", "/stages/{stage_id}", section="2.5", cost=5, scopes="admin", admin=True, shows=StageOut, pooled=True)
def update_stage(tx: Tx, stage_id: int, body: StageChanges) -> Reply:
    changes = {RENAMED.get(name, name): value for name, value in given(body).items()}
    return ok(stage_out(actions.update_stage(tx, stage_id, changes)))


@V2.add("DELETE", "/stages/{stage_id}", section="2.5", cost=3, scopes="admin", admin=True, shows=DeletedId, pooled=True)
def delete_stage(tx: Tx, stage_id: int) -> Reply:
    actions.delete_stage(tx, stage_id)
    return ok({"id": stage_id})
