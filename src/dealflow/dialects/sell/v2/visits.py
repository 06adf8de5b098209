"""Visits: listed here, written by telephones (contract 2.14)."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from dealflow.core.call import Visit
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2
from dealflow.dialects.sell.envelope import item, listed
from dealflow.dialects.sell.errors import BadParameter
from dealflow.dialects.sell.links import link_filter, show_link
from dealflow.dialects.sell.lists import ListQuery, Sort, Where, read_page
from dealflow.storage import calls, users
from dealflow.storage.links import reachable_by
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

SORTS: Final[Mapping[str, Sort]] = {name: Sort(name) for name in ("id", "visited_at")}


class VisitOut(msgspec.Struct):
    """A visit; `rep_location_verification_status` tells whether the visitor was seen to be there."""

    id: int
    creator_id: int
    outcome_id: int | None
    resource_type: str | None
    resource_id: int | None
    resource_address: str | None
    visited_at: str
    summary: str | None
    rep_location_verification_status: str
    created_at: str
    updated_at: str


class VisitsQuery(ListQuery, kw_only=True):
    """Parameters of the list, which ends with page 100."""

    page: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1
    outcome_id: Id | None = None
    creator_id: Id | None = None
    resource_type: Literal["contact", "lead"] | None = None
    resource_id: Id | None = None
    rep_location_verification_status: (
        Literal["verified", "resource_location_too_far", "location_unknown", "location_services_disabled"] | None
    ) = None


def visit_out(visit: Visit) -> VisitOut:
    """The wire object."""
    return VisitOut(
        visit.id,
        visit.creator_id,
        visit.outcome_id,
        *show_link(visit.about),
        visit.address,
        iso(visit.visited_at),
        visit.summary,
        visit.verification,
        iso(visit.created_at),
        iso(visit.updated_at),
    )


@V2.add("GET", "/visits", section="2.14", cost=0, scopes="read", shows=list[VisitOut])
def list_visits(tx: Tx, query: VisitsQuery) -> Reply:
    if query.resource_id is not None and query.resource_type is None:
        raise BadParameter("resource_id", "only with resource_type")
    where: Where = {**reachable_by(users.me(tx)), **link_filter(query.resource_type, query.resource_id)}
    if query.outcome_id is not None:
        where["outcome"] = {"outcome_id": query.outcome_id}
    if query.creator_id is not None:
        where["creator"] = {"creator_id": query.creator_id}
    if query.rep_location_verification_status is not None:
        where["verification"] = {"of_verification": query.rep_location_verification_status}
    found = read_page(tx, calls.visits, query, where, SORTS)
    return listed([item("visit", visit_out(each)) for each in found], query.page, query.per_page)
