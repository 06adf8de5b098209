"""Persons, version 1 (contract 2.13)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType

from dealflow.actions import parties as actions
from dealflow.core.party import PERSON, ContactPoint, Party
from dealflow.dialects.pipedrive.dialect import V1, DeletedId, ok
from dealflow.dialects.pipedrive.paging import offset_reply
from dealflow.dialects.pipedrive.parties import (
    PERSON_PLACES,
    READ,
    SEARCH,
    WRITE,
    FoundItems,
    found,
    read_v1_points,
    require_no_sync,
)
from dealflow.dialects.pipedrive.v1.expand import OrganizationRef, PointOut, point_list
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
from dealflow.wire import Int, Reply, read_words, words_of

# Read by `read_v1_points`, which takes more forms than these.
_POINT: Final = {"type": "object", "properties": {"value": {"type": "string"}, "label": {"type": "string"}}}
Points = Annotated[Any, Meta(extra_json_schema={"anyOf": [{"type": "string"}, {"type": "array", "items": _POINT}]})]
SEARCH_EXTRAS: Final = frozenset({"person.picture"})


class PersonOut(PartyOut):
    """A person as version 1 shows it."""

    org_id: OrganizationRef | None
    org_name: str | None
    first_name: str | None
    last_name: str | None
    email: list[PointOut]
    phone: list[PointOut]
    primary_email: str | None


class PersonSearchQuery(OffsetSearchQuery, kw_only=True):
    """Parameters of the search."""

    fields: Annotated[str, words_of(PERSON_PLACES)] = ""
    include_fields: Annotated[str, words_of(SEARCH_EXTRAS)] = ""
    organization_id: Int | None = None


class PersonBody(PartyBody, kw_only=True):
    """The system fields of a body."""

    first_name: str | None | UnsetType = UNSET
    last_name: str | None | UnsetType = UNSET
    org_id: Int | None | UnsetType = UNSET
    email: Points = UNSET
    phone: Points = UNSET


def read_person(tx: Tx, document: Mapping[str, Any], stored: Party | None) -> dict[str, Any]:
    """The attributes a body gives, in the core's words. Raises Invalid, Forbidden."""
    require_no_sync(document)
    read = read_body(tx, PERSON, document, PersonBody, stored)
    for attribute, word in (("emails", "email"), ("phones", "phone")):
        if attribute in read:
            read[attribute] = read_v1_points(read[attribute], word)
    return read


def person_out(person: Party, points: Sequence[ContactPoint], shown: Shown) -> dict[str, Any]:
    """The wire object."""
    emails = point_list(points, emails=True)
    organization = shown.organization(person)
    return {
        **shown.common(person),
        "org_id": organization,
        "org_name": None if organization is None else organization["name"],
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": emails,
        "phone": point_list(points, emails=False),
        "primary_email": next((each["value"] for each in emails if each["primary"]), None),
        "last_incoming_mail_time": None,
        "last_outgoing_mail_time": None,
        **shown.custom_fields(person),
    }


def _out(tx: Tx, persons: Sequence[Party]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The wire objects and what they link to."""
    shown = Shown(tx, PERSON, persons)
    points = parties.contact_points(tx, [person.id for person in persons])
    return [person_out(person, points.get(person.id, ()), shown) for person in persons], shown.related(persons)


def _one(tx: Tx, person: Party, status: int = 200) -> Reply:
    (data,), related = _out(tx, [person])
    return Reply(status, {"success": True, "data": data, "related_objects": related})


@V1.add("GET", "/persons", section="2.13", cost=20, scopes=READ, shows=list[PersonOut] | None)
def list_persons(tx: Tx, query: ListQuery) -> Reply:
    page, block = list_page(tx, PERSON, query)
    data, related = _out(tx, page)
    return offset_reply(data, block, null_when_empty=True, related_objects=related)


@V1.add("GET", "/persons/search", section="2.13", cost=40, scopes=SEARCH, pooled=True, shows=FoundItems)
def search_persons(tx: Tx, query: PersonSearchQuery) -> Reply:
    extras = read_words(query.include_fields, "include_fields", SEARCH_EXTRAS)
    hits = found(tx, PERSON, query, PERSON_PLACES, query.organization_id)
    return search_reply(tx, PERSON, query, hits, ["picture"] if extras else [])


@V1.add("GET", "/persons/{person_id}", section="2.13", cost=2, scopes=READ, shows=PersonOut)
def get_person(tx: Tx, person_id: int) -> Reply:
    reply = _one(tx, parties.get_visible(tx, PERSON, person_id, users.me(tx)))
    reply.content["additional_data"] = {"dropbox_email": reply.content["data"]["cc_email"]}
    return reply


@V1.add("POST", "/persons", section="2.13", cost=10, scopes=WRITE, status=201, shows=PersonOut, form=PersonBody)
def add_person(tx: Tx, body: dict[str, Any]) -> Reply:
    return _one(tx, actions.add_person(tx, read_person(tx, body, None)), 201)


@V1.add("PUT", "/persons/{person_id}", section="2.13", cost=10, scopes=WRITE, shows=PersonOut, form=PersonBody)
def update_person(tx: Tx, person_id: int, body: dict[str, Any]) -> Reply:
    stored = actions.writable_party(tx, PERSON, person_id)
    return _one(tx, actions.update_person(tx, person_id, read_person(tx, body, stored)))


@V1.add("DELETE", "/persons/{person_id}", section="2.13", cost=6, scopes=WRITE, shows=DeletedId, pooled=True)
def delete_person(tx: Tx, person_id: int) -> Reply:
    actions.delete_person(tx, person_id)
    return ok({"id": person_id})
