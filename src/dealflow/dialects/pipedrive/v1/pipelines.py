"""Pipelines, version 1 (contract 2.2, 3.3)."""

import re
from typing import Annotated, NotRequired, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.actions import pipelines as actions
from dealflow.core.pipeline import Pipeline
from dealflow.core.time import spaced
from dealflow.dialects.pipedrive.dialect import V1, DeletedId, ok
from dealflow.dialects.pipedrive.summary import DealsSummary
from dealflow.dialects.pipedrive.totals import pipeline_summary, read_target
from dealflow.storage import pipelines
from dealflow.storage.tx import Tx
from dealflow.wire import Int, NameText, Reply, given, needs

READ = "deals:read deals:full admin"
RENAMED = {"deal_probability": "probability_enabled", "order_nr": "place"}


class PipelineOut(TypedDict):
    """A pipeline as version 1 shows it; `deals_summary` on get-one only."""

    id: int
    name: str
    url_title: str
    order_nr: int
    active: bool
    deal_probability: bool
    add_time: str
    update_time: str | None
    selected: NotRequired[bool]
    deals_summary: NotRequired[DealsSummary]


class GetQuery(msgspec.Struct):
    """Parameters of get-one."""

    totals_convert_currency: str | None = None


class NewPipeline(msgspec.Struct):
    """Body of an addition."""

    name: NameText | None = None
    deal_probability: bool | None = None
    order_nr: Int | None = None
    active: bool | None = None


class PipelineChanges(msgspec.Struct):
    """Body of a change."""

    name: NameText | None | UnsetType = UNSET
    deal_probability: bool | None | UnsetType = UNSET
    order_nr: Int | None | UnsetType = UNSET
    active: bool | None | UnsetType = UNSET


def url_title(pipeline: Pipeline) -> str:
    """The name with runs of white space as `-`; the one seeded with the account is `default` until its first rename."""
    return "default" if pipeline.is_seeded else re.sub(r"\s+", "-", pipeline.name)


def pipeline_out(pipeline: Pipeline, *, selected: bool = True) -> PipelineOut:
    """The wire object; the create answer has no `selected`."""
    shown: PipelineOut = {
        "id": pipeline.id,
        "name": pipeline.name,
        "url_title": url_title(pipeline),
        "order_nr": pipeline.position,
        "active": pipeline.is_live,
        "deal_probability": pipeline.probability_enabled,
        "add_time": spaced(pipeline.created_at),
        "update_time": None if pipeline.updated_at is None else spaced(pipeline.updated_at),
    }
    if selected:
        shown["selected"] = False
    return shown


@V1.add("GET", "/pipelines", section="2.2", cost=10, scopes=READ, shows=list[PipelineOut])
def list_pipelines(tx: Tx) -> Reply:
    return ok([pipeline_out(each) for each in pipelines.live_pipelines(tx)])


@V1.add("GET", "/pipelines/{pipeline_id}", section="2.2", cost=2, scopes=READ, shows=PipelineOut)
def get_pipeline(tx: Tx, pipeline_id: int, query: GetQuery) -> Reply:
    pipeline = pipelines.pipelines.get(tx, pipeline_id)
    summary = pipeline_summary(tx, pipeline, read_target(tx, query.totals_convert_currency))
    return ok({**pipeline_out(pipeline), "deals_summary": summary})


@V1.add(
    "POST",
    "/pipelines",
    section="2.2",
    cost=10,
    scopes="admin",
    admin=True,
    shows=PipelineOut,
    form=Annotated[NewPipeline, needs("name")],
    pooled=True,
)
def add_pipeline(tx: Tx, body: NewPipeline) -> Reply:
    pipeline = actions.add_pipeline(
        tx,
        body.name or "",
        probability_enabled=bool(body.deal_probability),
        place=body.order_nr,
        state="disabled" if body.active is False else "active",
    )
    return ok(pipeline_out(pipeline, selected=False))


@V1.add(
    "PUT",
    "/pipelines/{pipeline_id}",
    section="2.2",
    cost=10,
    scopes="admin",
    admin=True,
    shows=PipelineOut,
    pooled=True,
)
def update_pipeline(tx: Tx, pipeline_id: int, body: PipelineChanges) -> Reply:
    sent = given(body)
    changes = {RENAMED.get(name, name): value for name, value in sent.items() if value is not None}
    if "name" in sent and sent["name"] is None:
        changes["name"] = ""
    if "active" in changes:
        changes["state"] = "active" if changes.pop("active") else "disabled"
    return ok(pipeline_out(actions.update_pipeline(tx, pipeline_id, changes)))


@V1.add(
    "DELETE",
    "/pipelines/{pipeline_id}",
    section="2.2",
    cost=6,
    scopes="admin",
    admin=True,
    shows=DeletedId,
    pooled=True,
)
def delete_pipeline(tx: Tx, pipeline_id: int) -> Reply:
    actions.delete_pipeline(tx, pipeline_id)
    return ok({"id": pipeline_id})
