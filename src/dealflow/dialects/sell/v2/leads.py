"""Leads (contract 2.13)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec

from dealflow.actions import leads as actions
from dealflow.core.lead import Lead
from dealflow.core.term import LEAD_STATUS, closest
from dealflow.core.text import search_key
from dealflow.dialects.sell.custom_filters import custom_query
from dealflow.dialects.sell.custom_values import by_name
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.errors import Problem
from dealflow.dialects.sell.form import Form, link, text
from dealflow.dialects.sell.lists import Sort, Where, read_page
from dealflow.dialects.sell.profile import (
    ATTRIBUTES,
    SORTS,
    Profile,
    ProfilesQuery,
    blank,
    kept_details,
    read_profile,
    shared_conditions,
    shown_profile,
)
from dealflow.dialects.sell.tags import names_by_id
from dealflow.dialects.sell.upsert import upsert
from dealflow.storage import leads, terms
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

RESOURCE: Final = "lead"
NAMES: Final = ("last_name", "organization_name")

FORM: Final = Form(
    {
        **ATTRIBUTES,
        "organization_name": text(),
        "status": text(nullable=False),
        "source_id": link(),
        "unqualified_reason_id": link(),
    }
)
LEAD_SORTS: Final[Mapping[str, Sort]] = {
    **SORTS,
    "organization_name": Sort("organization_name", "no_organization_name", keyed=True),
    "status": Sort("status"),
    "source_id": Sort("source_id", "no_source_id"),
    "unqualified_reason_id": Sort("unqualified_reason_id", "no_unqualified_reason_id"),
}


class LeadOut(Profile):
    """A lead; `status` is one of the names of the company's lead statuses."""

    id: int
    creator_id: int
    owner_id: int
    first_name: str | None
    last_name: str | None
    organization_name: str | None
    status: str
    source_id: int | None
    unqualified_reason_id: int | None


class LeadsQuery(ProfilesQuery, kw_only=True):
    """Parameters of the list."""

    source_id: Id | None = None
    organization_name: str | None = None
    status: str | None = None


class Shown:
    """How the leads of one answer are shown; loads what they share once."""

    def __init__(self, tx: Tx, found: Sequence[Lead]) -> None:
        self._statuses = {term.id: term.name for term in terms.of_kind(tx, LEAD_STATUS)} if found else {}
        self._labels = names_by_id(tx, RESOURCE) if any(lead.label_ids != "[]" for lead in found) else {}
        self._fields = by_name(tx, RESOURCE) if any(lead.custom_fields != "{}" for lead in found) else {}

    def out(self, lead: Lead) -> LeadOut:
        """The wire object."""
        reached_by = {"email": lead.email, "phone": lead.phone, "mobile": lead.mobile}
        return LeadOut(
            lead.id,
            lead.creator_id,
            lead.owner_id,
            lead.first_name,
            lead.last_name,
            lead.organization_name,
            self._statuses[lead.status_id],
            lead.source_id,
            lead.unqualified_reason_id,
            **shown_profile(lead, kept_details(lead), reached_by, self._labels, self._fields),
        )

    def item(self, lead: Lead) -> dict[str, Any]:
        """The lead in its envelope."""
        return item("lead", self.out(lead), lead.version)


def _answer(tx: Tx, lead: Lead) -> Reply:
    return one("lead", Shown(tx, [lead]).out(lead), lead.version)


def find_leads(tx: Tx, query: LeadsQuery) -> list[Lead]:
    """The leads of a page and one more, if there is one. Raises BadParameter."""
    custom = custom_query(tx, (RESOURCE,), query.custom_fields, query.sort_by)
    where: Where = {"not_deleted": {}, **shared_conditions(query), **custom.where}
    if query.source_id is not None:
        where["source"] = {"source_id": query.source_id}
    if query.phone is not None:
        where["phone"] = {"of_phone": query.phone}
    if query.status is not None:
        status = closest(terms.of_kind(tx, LEAD_STATUS), query.status)
        where["status"] = {"status_id": status.id if status is not None else 0}
    for name, bind in (
        ("first_name", "of_first_key"),
        ("last_name", "of_last_key"),
        ("organization_name", "of_organization_key"),
        ("email", "of_email_key"),
    ):
        if getattr(query, name) is not None:
            where[name] = {bind: search_key(getattr(query, name))}
    sorts = {**LEAD_SORTS, **custom.sorts}
    return read_page(tx, leads.leads, query, where, sorts, default="updated_at", bound=custom.bound)


def _name_problems(data: Data, shown: Mapping[str, Any] | None) -> list[Problem]:
    """A lead needs a last name or the name of an organization: one problem, however many are missing."""
    given = [name for name in NAMES if name in data]
    if shown is None and not given:
        return [Problem("missing", NAMES[0], "is required, unless there is an organization_name.")]
    if given and all(blank(data.get(name, (shown or {}).get(name))) for name in NAMES):
        return [Problem("blank", given[0], "must not be blank, unless the other name is given.")]
    return []


def _read(tx: Tx, data: Data, lead: Lead | None = None) -> dict[str, Any]:
    """The attributes of a body in the core's words. Raises Rejected, Invalid."""
    shown = None if lead is None else msgspec.to_builtins(Shown(tx, [lead]).out(lead))
    problems = _name_problems(data, shown)
    return read_profile(tx, FORM, data, shown, tagged=RESOURCE, customized=RESOURCE, before=lead, problems=problems)


def make_lead(tx: Tx, data: Data) -> Lead:
    """A new lead from a body. Raises Rejected, Invalid."""
    return actions.add_lead(tx, _read(tx, data))


def change_lead(tx: Tx, lead: Lead, data: Data) -> Lead:
    """A lead changed by a body. Raises Rejected, Invalid."""
    return actions.update_lead(tx, lead.id, _read(tx, data, lead))


# --------------------------------------------------------------------------------------------------------- routes


@V2.add("GET", "/leads", section="2.13", cost=0, scopes="read", shows=list[LeadOut])
def list_leads(tx: Tx, query: LeadsQuery) -> Reply:
    found = find_leads(tx, query)
    shown = Shown(tx, found)
    return listed([shown.item(lead) for lead in found], query.page, query.per_page)


@V2.add("POST", "/leads", section="2.13", cost=0, scopes="write", shows=LeadOut)
def add_lead(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    return _answer(tx, make_lead(tx, body))


@V2.add("POST", "/leads/upsert", section="2.13", cost=0, scopes="write", shows=LeadOut, pooled=True)
def upsert_lead(tx: Tx, query: LeadsQuery, body: Annotated[Data, FORM]) -> Reply:
    lead = upsert(
        "lead",
        query,
        find=lambda: find_leads(tx, query),
        make=lambda: make_lead(tx, body),
        change=lambda lead: change_lead(tx, lead, body),
    )
    return _answer(tx, lead)


@V2.add("GET", "/leads/{lead_id}", section="2.13", cost=0, scopes="read", shows=LeadOut)
def get_lead(tx: Tx, lead_id: Id) -> Reply:
    return _answer(tx, leads.get_live(tx, lead_id))


@V2.add("PUT", "/leads/{lead_id}", section="2.13", cost=0, scopes="write", shows=LeadOut)
def update_lead(tx: Tx, lead_id: Id, body: Annotated[Data, FORM]) -> Reply:
    return _answer(tx, change_lead(tx, leads.get_live(tx, lead_id), body))


@V2.add("DELETE", "/leads/{lead_id}", section="2.13", cost=0, scopes="write", status=204, shows=None)
def delete_lead(tx: Tx, lead_id: Id) -> Reply:
    actions.delete_lead(tx, lead_id)
    return empty()
