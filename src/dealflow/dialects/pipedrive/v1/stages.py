"""Stages, version 1 (contract 2.6, 3.4)."""

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.actions import pipelines as actions
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.core.time import spaced
from dealflow.dialects.pipedrive.deals import visible
from dealflow.dialects.pipedrive.dialect import V1, DeletedId, DeletedIds, ok
from dealflow.dialects.pipedrive.errors import Spelled
from dealflow.dialects.pipedrive.paging import DEFAULT, OffsetQuery, offset_reply, slice_page
from dealflow.dialects.pipedrive.summary import DealsSummary
from dealflow.dialects.pipedrive.totals import summary_of
from dealflow.storage import deals, pipelines
from dealflow.storage.tx import Tx
from dealflow.wire import IdsText, Int, NameText, Reply, given, needs, read_ids

READ = "deals:read deals:full admin"
RENAMED = {
    "deal_probability": "likelihood",
    "rotten_flag": "rot_enabled",
    "rotten_days": "rot_days",
    "order_nr": "place",
}


class StageOut(TypedDict):
    """A stage as version 1 shows it."""

    id: int
    order_nr: int
    name: str
    active_flag: bool
    deal_probability: int
    pipeline_id: int
    rotten_flag: bool
    rotten_days: int | None
    add_time: str
    update_time: str | None


class ListedStage(StageOut):
    """A stage of a list."""

    pipeline_name: str
    pipeline_deal_probability: bool


class StageWithSummary(StageOut):
    """A stage by itself."""

    deals_summary: DealsSummary


class ListQuery(msgspec.Struct):
    """Parameters of the list; without `start` and `limit` it is whole."""

    pipeline_id: Int | None = None
    start: Int | None = None
    limit: Int | None = None


class GetQuery(msgspec.Struct):
    """Parameters of get-one."""

    everyone: bool = False


class IdsQuery(msgspec.Struct):
    """The ids of a bulk deletion."""

    ids: IdsText = ""


class StageBody(msgspec.Struct):
    """Body of an addition and of a change; `order_nr` counts on a change only."""

    name: NameText | None | UnsetType = UNSET
    pipeline_id: Int | None | UnsetType = UNSET
    deal_probability: Int | None | UnsetType = UNSET
    rotten_flag: bool | None | UnsetType = UNSET
    rotten_days: Int | None | UnsetType = UNSET
    order_nr: Int | None | UnsetType = UNSET


def stage_out(stage: Stage) -> StageOut:
    """The wire object."""
    return {
        "id": stage.id,
        "order_nr": stage.position,
        "name": stage.name,
        "active_flag": stage.deleted_at is None,
        "deal_probability": stage.likelihood,
        "pipeline_id": stage.pipeline_id,
        "rotten_flag": stage.rot_enabled,
        "rotten_days": stage.rot_days,
        "add_time": spaced(stage.created_at),
        "update_time": None if stage.updated_at is None else spaced(stage.updated_at),
    }


def stage_with_pipeline(stage: Stage, holders: Mapping[int, Pipeline]) -> ListedStage:
    """The wire object of the list, which names the pipeline."""
    holder = holders[stage.pipeline_id]
    return {
        **stage_out(stage),
        "pipeline_name": holder.name,
        "pipeline_deal_probability": holder.probability_enabled,
    }


def _changes(body: StageBody) -> dict[str, Any]:
    """What a body gives, in the core's words; only the days of rotting may be cleared."""
    sent = given(body)
    changes = {RENAMED.get(n, n): v for n, v in sent.items() if v is not None or n == "rotten_days"}
    if "name" in sent and sent["name"] is None:
        changes["name"] = ""
    return changes


def _listed(tx: Tx, pipeline_id: int | None) -> list[Stage]:
    """The open stages of all pipelines, or of a live one."""
    if pipeline_id is None:
        return pipelines.stages.all(tx, {"listed": {}})
    pipeline = pipelines.pipelines.find(tx, pipeline_id)
    return pipelines.open_stages(tx, pipeline_id) if pipeline is not None and pipeline.is_live else []


@V1.add("GET", "/stages", section="2.6", cost=10, scopes=READ, shows=list[ListedStage] | None)
def list_stages(tx: Tx, query: ListQuery) -> Reply:
    found = _listed(tx, query.pipeline_id)
    holders = pipelines.pipelines.by_id(tx, (stage.pipeline_id for stage in found))
    found.sort(key=lambda stage: (stage.pipeline_id, stage.position))
    shown = [stage_with_pipeline(stage, holders) for stage in found]
    if query.start is None and query.limit is None:
        return ok(shown or None)
    limit = DEFAULT if query.limit is None else query.limit
    page, block = slice_page(shown, OffsetQuery(start=query.start or 0, limit=limit))
    return offset_reply(page, block, null_when_empty=True)


@V1.add("GET", "/stages/{stage_id}", section="2.6", cost=2, scopes=READ, shows=StageWithSummary)
def get_stage(tx: Tx, stage_id: int, query: GetQuery) -> Reply:
    stage = actions.listed_stage(tx, stage_id)
    where = {**visible(tx, archived=False), "stage": {"stage_id": stage_id}, "open": {}}
    if not query.everyone:
        where["owner"] = {"owner_id": tx.user_id}
    return ok({**stage_out(stage), "deals_summary": summary_of(tx, deals.deals.all(tx, where))})


@V1.add(
    "POST",
    "/stages",
    section="2.6",
    cost=10,
    scopes="admin",
    admin=True,
    shows=StageOut,
    form=Annotated[StageBody, needs("name", "pipeline_id")],
    pooled=True,
)
def add_stage(tx: Tx, body: StageBody) -> Reply:
    changes = _changes(body)
    changes.pop("place", None)
    stage = actions.add_stage(
        tx,
        changes.get("pipeline_id", 0),
        changes.get("name", ""),
        likelihood=changes.get("likelihood", 100),
        rot_enabled=changes.get("rot_enabled", False),
        rot_days=changes.get("rot_days"),
    )
    return ok(stage_out(stage))


@V1.add("PUT", "/stages/{stage_id}", section="2.6", cost=10, scopes="admin", admin=True, shows=StageOut, pooled=True)
def update_stage(tx: Tx, stage_id: int, body: StageBody) -> Reply:
    return ok(stage_out(actions.update_stage(tx, stage_id, _changes(body))))


@V1.add("DELETE", "/stages/{stage_id}", section="2.6", cost=6, scopes="admin", admin=True, shows=DeletedId, pooled=True)
def delete_stage(tx: Tx, stage_id: int) -> Reply:
    actions.delete_stage(tx, stage_id)
    return ok({"id": stage_id})


@V1.add("DELETE", "/stages", section="2.6", cost=10, scopes="admin", admin=True, shows=DeletedIds, pooled=True)
def delete_stages(tx: Tx, query: IdsQuery) -> Reply:
    ids = read_ids(query.ids, "ids", 500)
    if not ids:
        raise Spelled("Please provide at least one item to delete")
    return ok({"id": actions.delete_stages(tx, ids)})
