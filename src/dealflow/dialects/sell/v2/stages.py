"""Stages: a list, the closed ones among them (contract 2.2, 4.1, 6.4)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from dealflow.core.pipeline import Stage
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2
from dealflow.dialects.sell.envelope import item, listed
from dealflow.dialects.sell.lists import ListQuery, matching, page_of
from dealflow.storage import pipelines
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

INCOMING: Final = "incoming"
IN_PROGRESS: Final = "in_progress"


class Shown(NamedTuple):
    """A stage with its category, which for open ones follows from their place."""

    stage: Stage
    category: str


SORTS: Final[Mapping[str, Callable[[Shown], Any]]] = {
    "id": lambda shown: shown.stage.id,
    "pipeline_id": lambda shown: shown.stage.pipeline_id,
    "name": lambda shown: shown.stage.name,
    "category": lambda shown: shown.category,
    "position": lambda shown: shown.stage.position,
    "likelihood": lambda shown: shown.stage.likelihood,
}


class StageOut(msgspec.Struct):
    """A stage; `active` is whether deals in it are open. `likelihood` is a percentage."""

    id: int
    name: str
    category: str
    active: bool
    position: int
    likelihood: int
    pipeline_id: int
    created_at: str
    updated_at: str


class StagesQuery(ListQuery, kw_only=True):
    """Parameters of the list."""

    pipeline_id: Id | None = None
    name: str | None = None
    active: bool | None = None


def with_categories(stages: Sequence[Stage]) -> list[Shown]:
    """Stages with their categories; all the listed open stages of their pipelines must be among them."""
    first: dict[int, Stage] = {}
    for stage in stages:
        before = first.get(stage.pipeline_id)
        if stage.category == "open" and (before is None or stage.position < before.position):
            first[stage.pipeline_id] = stage
    return [Shown(stage, _category(stage, first)) for stage in stages]


def _category(stage: Stage, first: Mapping[int, Stage]) -> str:
    if stage.category != "open":
        return stage.category
    return INCOMING if first[stage.pipeline_id].id == stage.id else IN_PROGRESS


def stage_out(shown: Shown) -> StageOut:
    """The wire object."""
    stage = shown.stage
    return StageOut(
        stage.id,
        stage.name,
        shown.category,
        stage.category == "open",
        stage.position,
        stage.likelihood,
        stage.pipeline_id,
        iso(stage.created_at),
        iso(stage.updated_at or stage.created_at),
    )


@V2.add("GET", "/stages", section="2.2", cost=0, scopes="read", shows=list[StageOut])
def list_stages(tx: Tx, query: StagesQuery) -> Reply:
    within: dict[str, Mapping[str, Any]] = {}
    if query.pipeline_id is not None:
        within["pipeline"] = {"pipeline_id": query.pipeline_id}
    rows: Sequence[Shown] = with_categories(pipelines.stages.all(tx, {"not_deleted": {}, **within}))
    rows = matching(rows, query.name, lambda shown: shown.stage.name)
    rows = matching(rows, query.active, lambda shown: shown.stage.category == "open")
    page = page_of(rows, query, SORTS)
    return listed([item("stage", stage_out(each)) for each in page], query.page, query.per_page)
