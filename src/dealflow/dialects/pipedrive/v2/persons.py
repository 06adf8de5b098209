"""Persons, version 2 (contract 2.13)."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, TypedDict

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.actions import parties as actions
from dealflow.actions.parties import GivenPoint
from dealflow.core.party import PERSON, Party
from dealflow.core.time import iso
from dealflow.dialects.pipedrive.deals import VisibleTo
from dealflow.dialects.pipedrive.dialect import V2, DeletedId, ok
from dealflow.dialects.pipedrive.paging import cursor_reply
from dealflow.dialects.pipedrive.parties import (
    PERSON_PLACES,
    READ,
    SEARCH,
    WRITE,
    FoundItems,
    Where,
    found,
    label_ids,
    require_no_sync,
)
from dealflow.dialects.pipedrive.v1.expand import PointOut, point_list
from dealflow.dialects.pipedrive.v2.parties import (
    PERSON_EXTRAS,
    CursorSearchQuery,
    ListQuery,
    Shown,
    ShowQuery,
    in_core_words,
    list_page,
    search_reply,
)
from dealflow.storage import deals, parties, users
from dealflow.storage.tx import Tx
from dealflow.wire import Id, InstantText, Int, NameText, Reply, given, read_words, words_of

SEARCH_EXTRAS: Final = frozenset({"person.picture"})


class PersonOut(TypedDict):
    """A person as version 2 shows it; beside it what `include_fields` asks for."""

    id: int
    name: str
    first_name: str | None
    last_name: str | None
    owner_id: int
    org_id: int | None
    add_time: str
    update_time: str
    emails: list[PointOut]
    phones: list[PointOut]
    is_deleted: bool
    visible_to: int
    label_ids: list[int]
    picture_id: None
    custom_fields: dict[str, Any]


class PersonsQuery(ListQuery, kw_only=True):
    """Parameters of the list."""

    org_id: Int | None = None
    deal_id: Int | None = None


class PersonSearchQuery(CursorSearchQuery, kw_only=True):
    """Parameters of the search."""

    fields: Annotated[str, words_of(PERSON_PLACES)] = ""
    include_fields: Annotated[str, words_of(SEARCH_EXTRAS)] = ""
    organization_id: Int | None = None


class PointBody(msgspec.Struct):
    """An e-mail address or number."""

    value: str | None
    primary: bool | None = None
    label: str | None = None


class PersonBody(msgspec.Struct, kw_only=True):
    """Body of a change."""

    name: NameText | UnsetType = UNSET
    first_name: str | None | UnsetType = UNSET
    last_name: str | None | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET
    org_id: Id | None | UnsetType = UNSET
    emails: list[PointBody] | None | UnsetType = UNSET
    phones: list[PointBody] | None | UnsetType = UNSET
    visible_to: VisibleTo | UnsetType = UNSET
    label_ids: list[Id] | None | UnsetType = UNSET
    marketing_status: Literal["no_consent", "unsubscribed", "subscribed", "archived"] | None | UnsetType = UNSET
    custom_fields: dict[str, Any] | None | UnsetType = UNSET
    notes: Any = UNSET
    im: Any = UNSET
    birthday: Any = UNSET
    job_title: Any = UNSET
    postal_address: Any = UNSET


class NewPerson(PersonBody, kw_only=True):
    """Body of an addition."""

    add_time: InstantText | None | UnsetType = UNSET


def read_person(tx: Tx, body: PersonBody) -> dict[str, Any]:
    """The attributes a body gives, in the core's words. Raises Invalid, Forbidden."""
    sent = given(body)
    require_no_sync(sent)
    for name in ("emails", "phones"):
        if sent.get(name):
            sent[name] = [GivenPoint(each.value or "", each.label, bool(each.primary)) for each in sent[name]]
    return in_core_words(tx, PERSON, sent)


def people_out(tx: Tx, persons: Sequence[Party], query: ShowQuery | ListQuery) -> list[dict[str, Any]]:
    """The wire objects."""
    shown = Shown(tx, PERSON, persons, query, PERSON_EXTRAS)
    points = parties.contact_points(tx, [person.id for person in persons])
    return [
        {
            "id": person.id,
            "name": person.name,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "owner_id": person.owner_id,
            "org_id": person.organization_id,
            "add_time": iso(person.created_at),
            "update_time": iso(person.updated_at),
            "emails": point_list(points.get(person.id, ()), emails=True),
            "phones": point_list(points.get(person.id, ()), emails=False),
            "is_deleted": person.deleted_at is not None,
            "visible_to": person.visibility,
            "label_ids": label_ids(person),
            "picture_id": None,
            "custom_fields": shown.custom_fields(person),
            **shown.extras(person),
        }
        for person in persons
    ]


def _one(tx: Tx, person: Party, query: ShowQuery | None = None) -> Reply:
    return ok(people_out(tx, [person], query or ShowQuery())[0])


@V2.add("GET", "/persons", section="2.13", cost=10, scopes=READ, shows=list[PersonOut])
def list_persons(tx: Tx, query: PersonsQuery) -> Reply:
    where: Where = {}
    if query.org_id is not None:
        where["organization"] = {"organization_id": query.org_id}
    if query.deal_id is not None:
        seen = deals.deals.page_by_ids(tx, [query.deal_id], deals.visible_to(users.me(tx)))
        where["in_deal"] = {"of_deal": query.deal_id if seen else 0}
    page, cursor = list_page(tx, PERSON, query, where)
    return cursor_reply(people_out(tx, page, query), cursor)


@V2.add("GET", "/persons/search", section="2.13", cost=20, scopes=SEARCH, pooled=True, shows=FoundItems)
def search_persons(tx: Tx, query: PersonSearchQuery) -> Reply:
    extras = read_words(query.include_fields, "include_fields", SEARCH_EXTRAS)
    hits = found(tx, PERSON, query, PERSON_PLACES, query.organization_id)
    return search_reply(tx, PERSON, query, hits, ["picture"] if extras else [])


@V2.add("GET", "/persons/{person_id}", section="2.13", cost=1, scopes=READ, shows=PersonOut)
def get_person(tx: Tx, person_id: int, query: ShowQuery) -> Reply:
    return _one(tx, parties.get_visible(tx, PERSON, person_id, users.me(tx)), query)


@V2.add("POST", "/persons", section="2.13", cost=5, scopes=WRITE, shows=PersonOut)
def add_person(tx: Tx, body: NewPerson) -> Reply:
    return _one(tx, actions.add_person(tx, read_person(tx, body)))


@V2.add("PATCH", "/persons/{person_id}", section="2.13", cost=5, scopes=WRITE, shows=PersonOut)
def update_person(tx: Tx, person_id: int, body: PersonBody) -> Reply:
    return _one(tx, actions.update_person(tx, person_id, read_person(tx, body)))


@V2.add("DELETE", "/persons/{person_id}", section="2.13", cost=3, scopes=WRITE, shows=DeletedId, pooled=True)
def delete_person(tx: Tx, person_id: int) -> Reply:
    actions.delete_person(tx, person_id)
    return ok({"id": person_id})
