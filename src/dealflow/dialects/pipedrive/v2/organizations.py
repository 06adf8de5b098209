"""Organizations, version 2 (contract 2.13)."""

from collections.abc import Sequence
from typing import Any, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.actions import parties as actions
from dealflow.core.fields import read_values
from dealflow.core.party import ORGANIZATION, Party
from dealflow.core.time import iso
from dealflow.dialects.pipedrive.deals import VisibleTo
from dealflow.dialects.pipedrive.dialect import V2, DeletedId, ok
from dealflow.dialects.pipedrive.paging import cursor_reply
from dealflow.dialects.pipedrive.parties import (
    ADDRESS,
    ORGANIZATION_PLACES,
    READ,
    SEARCH,
    WRITE,
    FoundItems,
    found,
    kept_details,
    label_ids,
)
from dealflow.dialects.pipedrive.v2.parties import (
    ORGANIZATION_EXTRAS,
    CursorSearchQuery,
    ListQuery,
    Shown,
    ShowQuery,
    in_core_words,
    list_page,
    search_reply,
)
from dealflow.storage import parties, users
from dealflow.storage.tx import Tx
from dealflow.wire import Id, InstantText, Int, NameText, Reply, given


class OrganizationOut(TypedDict):
    """An organization as version 2 shows it; beside it what `include_fields` asks for."""

    id: int
    name: str
    owner_id: int
    add_time: str
    update_time: str
    address: dict[str, Any] | None
    is_deleted: bool
    visible_to: int
    label_ids: list[int]
    website: str | None
    linkedin: str | None
    industry: int | None
    annual_revenue: int | None
    employee_count: int | None
    custom_fields: dict[str, Any]


class OrganizationBody(msgspec.Struct, kw_only=True):
    """Body of a change."""

    name: NameText | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET
    visible_to: VisibleTo | UnsetType = UNSET
    label_ids: list[Id] | None | UnsetType = UNSET
    address: dict[str, Any] | None | UnsetType = UNSET
    website: str | None | UnsetType = UNSET
    linkedin: str | None | UnsetType = UNSET
    industry: Int | None | UnsetType = UNSET
    annual_revenue: Int | None | UnsetType = UNSET
    employee_count: Int | None | UnsetType = UNSET
    custom_fields: dict[str, Any] | None | UnsetType = UNSET


class NewOrganization(OrganizationBody, kw_only=True):
    """Body of an addition."""

    add_time: InstantText | None | UnsetType = UNSET


def read_organization(tx: Tx, body: OrganizationBody) -> dict[str, Any]:
    """The attributes a body gives, in the core's words. Raises Invalid."""
    sent = given(body)
    if sent.get("address") is not None:
        sent.update(read_values(ADDRESS, {"address": sent["address"]}, "UTC", ""))
    return in_core_words(tx, ORGANIZATION, sent)


def organizations_out(tx: Tx, organizations: Sequence[Party], query: ShowQuery | ListQuery) -> list[dict[str, Any]]:
    """The wire objects."""
    shown = Shown(tx, ORGANIZATION, organizations, query, ORGANIZATION_EXTRAS)
    return [_organization_out(organization, shown) for organization in organizations]


def _organization_out(organization: Party, shown: Shown) -> dict[str, Any]:
    details = kept_details(organization)
    return {
        "id": organization.id,
        "name": organization.name,
        "owner_id": organization.owner_id,
        "add_time": iso(organization.created_at),
        "update_time": iso(organization.updated_at),
        "address": details.get("address"),
        "is_deleted": organization.deleted_at is not None,
        "visible_to": organization.visibility,
        "label_ids": label_ids(organization),
        "website": details.get("website"),
        "linkedin": details.get("linkedin"),
        "industry": details.get("industry_id"),
        "annual_revenue": details.get("annual_revenue"),
        "employee_count": details.get("employee_count"),
        "custom_fields": shown.custom_fields(organization),
        **shown.extras(organization),
    }


def _one(tx: Tx, organization: Party, query: ShowQuery | None = None) -> Reply:
    return ok(organizations_out(tx, [organization], query or ShowQuery())[0])


@V2.add("GET", "/organizations", section="2.13", cost=10, scopes=READ, shows=list[OrganizationOut])
def list_organizations(tx: Tx, query: ListQuery) -> Reply:
    page, cursor = list_page(tx, ORGANIZATION, query, {})
    return cursor_reply(organizations_out(tx, page, query), cursor)


@V2.add("GET", "/organizations/search", section="2.13", cost=20, scopes=SEARCH, pooled=True, shows=FoundItems)
def search_organizations(tx: Tx, query: CursorSearchQuery) -> Reply:
    return search_reply(tx, ORGANIZATION, query, found(tx, ORGANIZATION, query, ORGANIZATION_PLACES))


@V2.add("GET", "/organizations/{organization_id}", section="2.13", cost=1, scopes=READ, shows=OrganizationOut)
def get_organization(tx: Tx, organization_id: int, query: ShowQuery) -> Reply:
    return _one(tx, parties.get_visible(tx, ORGANIZATION, organization_id, users.me(tx)), query)


@V2.add("POST", "/organizations", section="2.13", cost=5, scopes=WRITE, shows=OrganizationOut)
def add_organization(tx: Tx, body: NewOrganization) -> Reply:
    return _one(tx, actions.add_organization(tx, read_organization(tx, body)))


@V2.add("PATCH", "/organizations/{organization_id}", section="2.13", cost=5, scopes=WRITE, shows=OrganizationOut)
def update_organization(tx: Tx, organization_id: int, body: OrganizationBody) -> Reply:
    return _one(tx, actions.update_organization(tx, organization_id, read_organization(tx, body)))


@V2.add(
    "DELETE", "/organizations/{organization_id}", section="2.13", cost=3, scopes=WRITE, shows=DeletedId, pooled=True
)
def delete_organization(tx: Tx, organization_id: int) -> Reply:
    actions.delete_organization(tx, organization_id)
    return ok({"id": organization_id})
