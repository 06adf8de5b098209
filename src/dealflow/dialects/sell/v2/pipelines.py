"""Pipelines: a list, and nothing else (contract 2.1)."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

import msgspec

from dealflow.core.pipeline import Pipeline
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2
from dealflow.dialects.sell.envelope import listed
from dealflow.dialects.sell.lists import ListQuery, page_of
from dealflow.storage import pipelines
from dealflow.storage.tx import Tx
from dealflow.wire import Reply

META: Final = {"type": "pipeline"}
SORTS: Final[Mapping[str, Callable[[Pipeline], Any]]] = {
    "id": attrgetter("id"),
    "name": attrgetter("name"),
}


class PipelineOut(msgspec.Struct):
    """A pipeline; `disabled` means that no deal can be added to it."""

    id: int
    name: str
    created_at: str
    updated_at: str
    disabled: bool


class PipelinesQuery(ListQuery, kw_only=True):
    """Parameters of the list."""

    name: str | None = None
    disabled: bool | None = None


def pipeline_out(pipeline: Pipeline) -> PipelineOut:
    """The wire object."""
    return PipelineOut(
        pipeline.id,
        pipeline.name,
        iso(pipeline.created_at),
        iso(pipeline.updated_at or pipeline.created_at),
        pipeline.state == "disabled",
    )


@V2.add("GET", "/pipelines", section="2.1", cost=0, scopes="read", shows=list[PipelineOut])
def list_pipelines(tx: Tx, query: PipelinesQuery) -> Reply:
    found = pipelines.pipelines.all(tx, {"not_deleted": {}})
    if query.name is not None:
        found = [each for each in found if each.name == query.name]
    if query.disabled is not None:
        found = [each for each in found if (each.state == "disabled") is query.disabled]
    items = [{"data": pipeline_out(each), "meta": META} for each in page_of(found, query, SORTS)]
    return listed(items, query.page, query.per_page)
