"""Pipelines and stages."""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select

from dealflow.core.errors import NotFound
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.storage import schema
from dealflow.storage.records import Records, ids_in, padded, pieces, spread
from dealflow.storage.statement import Statement
from dealflow.storage.tx import Tx

_p, _s = schema.pipeline.c, schema.stage.c

pipelines = Records(
    "pipeline",
    schema.pipeline,
    Pipeline,
    conditions={
        "live": _p.state == "active",
        "not_deleted": _p.state != "deleted",
    },
    orders={
        "id": _p.id,
        "position": _p.position,
        "created_at": _p.created_at,
        "updated_at": func.coalesce(_p.updated_at, 0),
    },
)

stages = Records(
    "stage",
    schema.stage,
    Stage,
    conditions={
        "open": _s.category == "open",
        "listed": (_s.category == "open") & _s.deleted_at.is_(None),
        "not_deleted": _s.deleted_at.is_(None),
        "terminal": _s.category != "open",
        "pipeline": _s.pipeline_id == bindparam("pipeline_id"),
    },
    orders={
        "id": _s.id,
        "position": _s.position,
        "created_at": _s.created_at,
        "updated_at": func.coalesce(_s.updated_at, 0),
    },
)


class Weight(NamedTuple):
    """What weighs the deals of a stage: its likelihood, and whether deals may have a probability of their own."""

    stage_id: int
    likelihood: int
    probability_enabled: bool


_likelihoods = Statement(
    select(_s.id, _s.likelihood).where(
        _s.company_id == bindparam("company_id"), _s.pipeline_id == bindparam("of_pipeline")
    )
)


@cache
def _weights(size: int) -> Statement:
    return Statement(
        select(_s.id, _s.likelihood, _p.probability_enabled)
        .join(schema.pipeline, and_(_p.company_id == _s.company_id, _p.id == _s.pipeline_id))
        .where(_s.company_id == bindparam("company_id"), ids_in(_s.id, "ids", size))
    )


def weights(tx: Tx, stage_ids: Iterable[int]) -> tuple[Weight, ...]:
    """The weights of stages."""
    return tuple(
        Weight._make(row)
        for piece in pieces(sorted(set(stage_ids)))
        for row in tx.rows(_weights(padded(len(piece))), **spread("ids", piece, padded(len(piece))))
    )


def weights_in(tx: Tx, pipeline: Pipeline) -> tuple[Weight, ...]:
    """The weights of all stages of a pipeline."""
    rows = tx.rows(_likelihoods, of_pipeline=pipeline.id)
    return tuple(Weight(stage_id, likelihood, pipeline.probability_enabled) for stage_id, likelihood in rows)


_rotting = Statement(
    select(_s.id, _s.rot_days).where(
        _s.company_id == bindparam("company_id"), _s.rot_enabled, _s.rot_days.is_not(None), _s.category == "open"
    )
)


def rotting_days(tx: Tx) -> dict[int, int]:
    """Days of silence after which an open deal is rotten, for each stage where it can be."""
    return dict(tx.rows(_rotting))


def live_pipelines(tx: Tx) -> list[Pipeline]:
    """Live pipelines by position: the first is the default."""
    return pipelines.all(tx, {"live": {}}, order="position")


def default_pipeline(tx: Tx) -> Pipeline:
    """The live pipeline with the lowest position. Raises NotFound if there is none."""
    found = pipelines.page(tx, {"live": {}}, order="position", limit=1)
    if not found:
        raise NotFound("pipeline")
    return found[0]


def open_stages(tx: Tx, pipeline_id: int) -> list[Stage]:
    """The pipeline's open stages that are not deleted, by position."""
    return stages.all(tx, {"listed": {}, "pipeline": {"pipeline_id": pipeline_id}}, order="position")


def first_stage(tx: Tx, pipeline_id: int) -> Stage | None:
    """The stage a deal enters the pipeline by; None if it has none."""
    found = stages.page(tx, {"listed": {}, "pipeline": {"pipeline_id": pipeline_id}}, order="position", limit=1)
    return found[0] if found else None


def terminal_stages(tx: Tx) -> dict[tuple[int, str], int]:
    """The stages that stand for outcomes, deleted ones too: their ids by pipeline and outcome."""
    return {(stage.pipeline_id, stage.category): stage.id for stage in stages.all(tx, {"terminal": {}})}


def get_stage(tx: Tx, stage_id: int) -> Stage:
    """An open stage, deleted or not. Raises NotFound, for won, lost and unqualified too."""
    stage = stages.get(tx, stage_id)
    if stage.category != "open":
        raise NotFound("stage", stage_id)
    return stage
