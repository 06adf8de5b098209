"""Contacts: persons and organizations in one list (contract 2.5)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

import msgspec

from dealflow.actions import parties as actions
from dealflow.core.fields import Field
from dealflow.core.party import ORGANIZATION, PERSON, ContactPoint, Party, main_point
from dealflow.core.text import search_key
from dealflow.dialects.sell.custom_filters import custom_query
from dealflow.dialects.sell.custom_values import by_name, show_address
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.errors import Problem
from dealflow.dialects.sell.form import Form, choice, flag, link, mapping, text
from dealflow.dialects.sell.lists import Sort, read_page
from dealflow.dialects.sell.profile import (
    ATTRIBUTES,
    REACHED_BY,
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
from dealflow.storage import parties, users
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

NONE: Final = "none"
CUSTOMER: Final = (NONE, "current", "past")
PROSPECT: Final = (NONE, "current", "lost")
LABELLED: Final = "contact"

FORM: Final = Form(
    {
        **ATTRIBUTES,
        "is_organization": flag(writing="once"),
        "contact_id": link("organization_id"),
        "parent_organization_id": link("parent_id"),
        "name": text(),
        "customer_status": choice(CUSTOMER, nullable=False),
        "prospect_status": choice(PROSPECT, nullable=False),
        "billing_address": mapping(),
        "shipping_address": mapping(),
    }
)
CONTACT_SORTS: Final[Mapping[str, Sort]] = {
    **SORTS,
    "is_organization": Sort("is_organization"),
    "contact_id": Sort("organization_id", "no_organization_id"),
    "parent_organization_id": Sort("parent_id", "no_parent_id"),
    "name": Sort("name"),
    "customer_status": Sort("customer_status"),
    "prospect_status": Sort("prospect_status"),
}


class ContactOut(Profile):
    """A contact. `contact_id` is the organization a person belongs to."""

    id: int
    creator_id: int
    owner_id: int
    is_organization: bool
    contact_id: int | None
    parent_organization_id: int | None
    name: str
    first_name: str | None
    last_name: str | None
    customer_status: str
    prospect_status: str
    billing_address: dict[str, Any]
    shipping_address: dict[str, Any]


class ShowQuery(msgspec.Struct, kw_only=True):
    """`includes` is taken and changes nothing."""

    includes: str | None = None


class ContactsQuery(ProfilesQuery, kw_only=True):
    """Parameters of the list."""

    is_organization: bool | None = None
    contact_id: Id | None = None
    name: str | None = None
    mobile: str | None = None
    customer_status: Literal["none", "current", "past"] | None = None
    prospect_status: Literal["none", "current", "lost"] | None = None
    includes: str | None = None


class Shown:
    """How the contacts of one answer are shown; loads what they share once."""

    def __init__(self, tx: Tx, found: Sequence[Party]) -> None:
        self._labels = names_by_id(tx, LABELLED) if any(party.label_ids != "[]" for party in found) else {}
        customized = {party.kind for party in found if party.custom_fields != "{}"}
        self._fields: dict[str, Mapping[str, Field]] = {kind: by_name(tx, kind) for kind in customized}
        self._points = parties.contact_points(tx, [party.id for party in found]) if found else {}

    def out(self, party: Party, points: Sequence[ContactPoint] | None = None) -> ContactOut:
        """The wire object; `points` are its addresses and numbers where those of now are not meant."""
        details = kept_details(party)
        points = self._points.get(party.id, ()) if points is None else points
        main = {kind: main_point(points, kind) for kind in REACHED_BY}
        reached_by = {kind: point.value if point else None for kind, point in main.items()}
        return ContactOut(
            party.id,
            party.creator_id,
            party.owner_id,
            party.kind == ORGANIZATION,
            party.organization_id,
            party.parent_id,
            " ".join(part for part in (party.first_name, party.last_name) if part) or party.name,
            party.first_name,
            party.last_name,
            details.get("customer_status", NONE),
            details.get("prospect_status", NONE),
            show_address(details.get("billing_address")),
            show_address(details.get("shipping_address")),
            **shown_profile(party, details, reached_by, self._labels, self._fields.get(party.kind, {})),
        )

    def item(self, party: Party) -> dict[str, Any]:
        """The contact in its envelope."""
        return item("contact", self.out(party), party.version)


def _answer(tx: Tx, party: Party) -> Reply:
    return one("contact", Shown(tx, [party]).out(party), party.version)


# -------------------------------------------------------------------------------------------------------- reading


def find_contacts(tx: Tx, query: ContactsQuery) -> list[Party]:
    """The contacts of a page and one more, if there is one. Raises BadParameter."""
    custom = custom_query(tx, (PERSON, ORGANIZATION), query.custom_fields, query.sort_by)
    where = {"not_deleted": {}, **parties.visible_to(users.me(tx)), **shared_conditions(query), **custom.where}
    if query.is_organization is not None:
        where["kind"] = {"of_kind": ORGANIZATION if query.is_organization else PERSON}
    if query.contact_id is not None:
        where["organization"] = {"organization_id": query.contact_id}
    for name in ("customer_status", "prospect_status"):
        if getattr(query, name) is not None:
            where[name] = {f"of_{name}": getattr(query, name)}
    if query.name is not None:
        where["named"] = {"of_name_key": search_key(query.name)}
    for name, bind in (
        ("first_name", "of_first_key"),
        ("last_name", "of_last_key"),
        ("email", "of_email_key"),
        ("phone", "of_phone_key"),
        ("mobile", "of_mobile_key"),
    ):
        if getattr(query, name) is not None:
            where[name] = {bind: search_key(getattr(query, name))}
    sorts = {**CONTACT_SORTS, **custom.sorts}
    return read_page(tx, parties.parties, query, where, sorts, default="last_name", bound=custom.bound)


def _name_problems(data: Data, shown: Mapping[str, Any] | None, *, is_organization: bool) -> list[Problem]:
    """An organization needs its name, a person the last one; one that has none may stay so."""
    name = "name" if is_organization else "last_name"
    if name not in data:
        return [Problem("missing", name, "is required.")] if shown is None else []
    if not blank(data[name]) or (shown is not None and data[name] is None and shown[name] is None):
        return []
    return [Problem("blank", name, "must not be blank.")]


def _read(tx: Tx, data: Data, party: Party | None = None) -> dict[str, Any]:
    """The attributes of a body in the core's words. Raises Rejected, Invalid."""
    is_organization = data.get("is_organization") is True if party is None else party.kind == ORGANIZATION
    shown = None if party is None else msgspec.to_builtins(Shown(tx, [party]).out(party))
    given = read_profile(
        tx,
        FORM,
        data,
        shown,
        tagged=LABELLED,
        customized=ORGANIZATION if is_organization else PERSON,
        before=party,
        problems=_name_problems(data, shown, is_organization=is_organization),
    )
    for name in ("first_name", "last_name") if is_organization else ("name",):
        given.pop(name, None)
    for name in ("customer_status", "prospect_status"):
        if given.get(name) == NONE:
            given[name] = None
    return given


def make_contact(tx: Tx, data: Data) -> Party:
    """A new contact from a body. Raises Rejected, Invalid."""
    given = _read(tx, data)
    add = actions.add_organization if given.pop("is_organization", False) else actions.add_person
    return add(tx, given)


def change_contact(tx: Tx, party: Party, data: Data) -> Party:
    """A contact changed by a body. Raises Rejected, Invalid."""
    update = actions.update_organization if party.kind == ORGANIZATION else actions.update_person
    return update(tx, party.id, _read(tx, data, party))


# --------------------------------------------------------------------------------------------------------- routes


@V2.add("GET", "/contacts", section="2.5", cost=0, scopes="read", shows=list[ContactOut])
def list_contacts(tx: Tx, query: ContactsQuery) -> Reply:
    found = find_contacts(tx, query)
    shown = Shown(tx, found)
    return listed([shown.item(party) for party in found], query.page, query.per_page)


@V2.add("POST", "/contacts", section="2.5", cost=0, scopes="write", shows=ContactOut)
def add_contact(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    return _answer(tx, make_contact(tx, body))


@V2.add("POST", "/contacts/upsert", section="2.5", cost=0, scopes="write", shows=ContactOut, pooled=True)
def upsert_contact(tx: Tx, query: ContactsQuery, body: Annotated[Data, FORM]) -> Reply:
    return _answer(
        tx,
        upsert(
            "contact",
            query,
            find=lambda: find_contacts(tx, query),
            make=lambda: make_contact(tx, body),
            change=lambda party: change_contact(tx, party, body),
        ),
    )


@V2.add("GET", "/contacts/{contact_id}", section="2.5", cost=0, scopes="read", shows=ContactOut)
def get_contact(tx: Tx, contact_id: Id, query: ShowQuery) -> Reply:
    return _answer(tx, parties.get_live(tx, contact_id, users.me(tx)))


@V2.add("PUT", "/contacts/{contact_id}", section="2.5", cost=0, scopes="write", shows=ContactOut)
def update_contact(tx: Tx, contact_id: Id, body: Annotated[Data, FORM]) -> Reply:
    return _answer(tx, change_contact(tx, parties.get_live(tx, contact_id, users.me(tx)), body))


@V2.add("DELETE", "/contacts/{contact_id}", section="2.5", cost=0, scopes="write", status=204, shows=None, pooled=True)
def delete_contact(tx: Tx, contact_id: Id) -> Reply:
    party = parties.get_live(tx, contact_id, users.me(tx))
    delete = actions.delete_organization if party.kind == ORGANIZATION else actions.delete_person
    delete(tx, party.id)
    return empty()
