"""Organizations, version 1 (contract 2.13)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from dealflow.actions import parties as actions
from dealflow.core.fields import flat_values, read_loose_values
from dealflow.core.party import ORGANIZATION, Party
from dealflow.dialects.pipedrive.dialect import V1, DeletedId, ok
from dealflow.dialects.pipedrive.paging import offset_reply
from dealflow.dialects.pipedrive.parties import (
    ADDRESS,
    ORGANIZATION_PLACES,
    READ,
    SEARCH,
    WRITE,
    FoundItems,
    found,
    kept_details,
)
from dealflow.dialects.pipedrive.v1.parties import (
    ListQuery,
    OffsetSearchQuery,
    PartyBody,
    PartyOut,
    Shown,
    list_page,
    read_body,
    search_reply,
)
from dealflow.storage import parties, users
from dealflow.storage.tx import Tx
from dealflow.wire import Int, Reply


class OrganizationOut(PartyOut):
    """An organization as version 1 shows it."""

    address: str | None
    website: str | None
    linkedin: str | None
    industry: int | None
    annual_revenue: int | None
    employee_count: int | None


class OrganizationBody(PartyBody, kw_only=True):
    """The system fields of a body."""

    address: Annotated[Any, Meta(extra_json_schema={"type": ["string", "null"]})] = UNSET
    website: str | None | UnsetType = UNSET
    linkedin: str | None | UnsetType = UNSET
    industry: Int | None | UnsetType = UNSET
    annual_revenue: Int | None | UnsetType = UNSET
    employee_count: Int | None | UnsetType = UNSET


def read_organization(tx: Tx, document: Mapping[str, Any], stored: Party | None) -> dict[str, Any]:
    """The attributes a body gives, in the core's words; the time of addition is set only once. Raises Invalid."""
    read = read_body(tx, ORGANIZATION, document, OrganizationBody, stored)
    if stored is not None:
        read.pop("created_at", None)
    if "address" in read:
        address = read["address"]
        sent = address.get("value") if isinstance(address, Mapping) else address
        read.update(read_loose_values(ADDRESS, {"address": sent}, "UTC", "", {}))
    return read


def organization_out(organization: Party, shown: Shown) -> dict[str, Any]:
    """The wire object."""
    details = kept_details(organization)
    return {
        **shown.common(organization),
        "country_code": None,
        **flat_values(ADDRESS, details),
        "website": details.get("website"),
        "linkedin": details.get("linkedin"),
        "industry": details.get("industry_id"),
        "annual_revenue": details.get("annual_revenue"),
        "employee_count": details.get("employee_count"),
        **shown.custom_fields(organization),
    }


def _out(tx: Tx, organizations: Sequence[Party]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The wire objects and what they link to."""
    shown = Shown(tx, ORGANIZATION, organizations)
    return [organization_out(each, shown) for each in organizations], shown.related(organizations)


def _one(tx: Tx, organization: Party, status: int = 200) -> Reply:
    (data,), related = _out(tx, [organization])
    return Reply(status, {"success": True, "data": data, "related_objects": related})


@V1.add("GET", "/organizations", section="2.13", cost=20, scopes=READ, shows=list[OrganizationOut] | None)
def list_organizations(tx: Tx, query: ListQuery) -> Reply:
    page, block = list_page(tx, ORGANIZATION, query)
    data, related = _out(tx, page)
    return offset_reply(data, block, null_when_empty=True, related_objects=related)


@V1.add("GET", "/organizations/search", section="2.13", cost=40, scopes=SEARCH, pooled=True, shows=FoundItems)
def search_organizations(tx: Tx, query: OffsetSearchQuery) -> Reply:
    return search_reply(tx, ORGANIZATION, query, found(tx, ORGANIZATION, query, ORGANIZATION_PLACES))


@V1.add("GET", "/organizations/{organization_id}", section="2.13", cost=2, scopes=READ, shows=OrganizationOut)
def get_organization(tx: Tx, organization_id: int) -> Reply:
    reply = _one(tx, parties.get_visible(tx, ORGANIZATION, organization_id, users.me(tx)))
    reply.content["additional_data"] = {"dropbox_email": reply.content["data"]["cc_email"]}
    return reply


@V1.add(
    "POST",
    "/organizations",
    section="2.13",
    cost=10,
    scopes=WRITE,
    status=201,
    shows=OrganizationOut,
    form=OrganizationBody,
)
def add_organization(tx: Tx, body: dict[str, Any]) -> Reply:
    return _one(tx, actions.add_organization(tx, read_organization(tx, body, None)), 201)


@V1.add(
    "PUT",
    "/organizations/{organization_id}",
    section="2.13",
    cost=10,
    scopes=WRITE,
    shows=OrganizationOut,
    form=OrganizationBody,
)
def update_organization(tx: Tx, organization_id: int, body: dict[str, Any]) -> Reply:
    stored = actions.writable_party(tx, ORGANIZATION, organization_id)
    return _one(tx, actions.update_organization(tx, organization_id, read_organization(tx, body, stored)))


@V1.add(
    "DELETE", "/organizations/{organization_id}", section="2.13", cost=6, scopes=WRITE, shows=DeletedId, pooled=True
)
def delete_organization(tx: Tx, organization_id: int) -> Reply:
    actions.delete_organization(tx, organization_id)
    return ok({"id": organization_id})
