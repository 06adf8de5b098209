"""Pipelines, version 2 (contract 2.1)."""

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.actions import pipelines as actions
from dealflow.core.pipeline import Pipeline
from dealflow.core.time import iso
from dealflow.dialects.pipedrive.dialect import V2, DeletedId, ok
from dealflow.dialects.pipedrive.paging import CursorQuery, Direction, cursor_page, cursor_reply
from dealflow.dialects.pipedrive.summary import DealsSummary
from dealflow.dialects.pipedrive.totals import pipeline_summary
from dealflow.storage import pipelines
from dealflow.storage.tx import Tx
from dealflow.wire import NameText, Reply, given

READ = "deals:read deals:full admin"
WORDS = {"id": "id", "update_time": "updated_at", "add_time": "created_at"}


class PipelineOut(msgspec.Struct):
    """A pipeline as version 2 shows it; `deals_summary` on get-one only."""

    id: int
    name: str
    order_nr: int
    is_deleted: bool
    is_deal_probability_enabled: bool
    add_time: str
    update_time: str | None
    deals_summary: DealsSummary | UnsetType = UNSET


class ListQuery(CursorQuery, kw_only=True):
    """Parameters of the list."""

    sort_by: Literal["id", "update_time", "add_time"] = "id"
    sort_direction: Direction = "asc"


class NewPipeline(msgspec.Struct):
    """Body of an addition."""

    name: NameText
    is_deal_probability_enabled: bool = False


class PipelineChanges(msgspec.Struct):
    """Body of a change."""

    name: NameText | UnsetType = UNSET
    is_deal_probability_enabled: bool | UnsetType = UNSET


def pipeline_out(pipeline: Pipeline) -> PipelineOut:
    """The wire object."""
    return PipelineOut(
        pipeline.id,
        pipeline.name,
        pipeline.position,
        not pipeline.is_live,
        pipeline.probability_enabled,
        iso(pipeline.created_at),
        None if pipeline.updated_at is None else iso(pipeline.updated_at),
    )


@V2.add("GET", "/pipelines", section="2.1", cost=5, scopes=READ, shows=list[PipelineOut])
def list_pipelines(tx: Tx, query: ListQuery) -> Reply:
    found, cursor = cursor_page(
        tx,
        pipelines.pipelines,
        {"live": {}},
        query,
        words=WORDS,
        sort_by=query.sort_by,
        direction=query.sort_direction,
    )
    return cursor_reply([pipeline_out(each) for each in found], cursor)


@V2.add("GET", "/pipelines/{pipeline_id}", section="2.1", cost=1, scopes=READ, shows=PipelineOut)
def get_pipeline(tx: Tx, pipeline_id: int) -> Reply:
    pipeline = pipelines.pipelines.get(tx, pipeline_id)
    shown = pipeline_out(pipeline)
    shown.deals_summary = pipeline_summary(tx, pipeline)
    return ok(shown)


@V2.add("POST", "/pipelines", section="2.1", cost=5, scopes="admin", admin=True, shows=PipelineOut, pooled=True)
def add_pipeline(tx: Tx, body: NewPipeline) -> Reply:
    pipeline = actions.add_pipeline(tx, body.name, probability_enabled=body.is_deal_probability_enabled)
    return ok(pipeline_out(pipeline))


@V2.add(
    "PATCH",
    "/pipelines/{pipeline_id}",
    section="2.1",
    cost=5,
    scopes="admin",
    admin=True,
    shows=PipelineOut,
    pooled=True,
)
def update_pipeline(tx: Tx, pipeline_id: int, body: PipelineChanges) -> Reply:
    changes = given(body)
    if "is_deal_probability_enabled" in changes:
        changes["probability_enabled"] = changes.pop("is_deal_probability_enabled")
    return ok(pipeline_out(actions.update_pipeline(tx, pipeline_id, changes)))


@V2.add(
    "DELETE",
    "/pipelines/{pipeline_id}",
    section="2.1",
    cost=3,
    scopes="admin",
    admin=True,
    shows=DeletedId,
    pooled=True,
)
def delete_pipeline(tx: Tx, pipeline_id: int) -> Reply:
    actions.delete_pipeline(tx, pipeline_id)
    return ok({"id": pipeline_id})
