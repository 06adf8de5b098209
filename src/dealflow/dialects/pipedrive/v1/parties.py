"""What persons and organizations share in version 1 (contract 1.5, 2.13)."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypedDict, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from dealflow.core.deal import VISIBILITIES
from dealflow.core.errors import Forbidden, Invalid
from dealflow.core.fields import flat_values, read_loose_values, split_key
from dealflow.core.party import ORGANIZATION, PERSON, Party
from dealflow.core.text import search_key
from dealflow.core.time import spaced
from dealflow.dialects.pipedrive.deals import VisibleTo
from dealflow.dialects.pipedrive.errors import Spelled
from dealflow.dialects.pipedrive.paging import OffsetQuery, offset_page, pagination, read_sort, sorted_by
from dealflow.dialects.pipedrive.parties import (
    DEAL_COUNTS,
    ORGANIZATION_PLACES,
    PARTICIPANT_COUNTS,
    UNCOUNTED,
    Counts,
    Term,
    label_ids,
    listed,
    read_document,
    search_items,
    visible_organizations,
)
from dealflow.dialects.pipedrive.v1.expand import OrganizationRef, UserRef, cc_email, organization_ref, user_ref
from dealflow.dialects.pipedrive.values import LabelsIn, read_v1_labels, read_v1_time
from dealflow.storage import fields, parties, users
from dealflow.storage.party_search import Hit
from dealflow.storage.tx import Tx
from dealflow.wire import InstantText, Int, NameText, Reply, convert, given, words_of

SORTS: Final[Mapping[str, str]] = {
    "id": "id",
    "name": "name",
    "add_time": "created_at",
    "update_time": "updated_at",
    "owner_id": "owner_id",
    "org_id": "organization_id",
}
COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    PERSON: (*DEAL_COUNTS, *PARTICIPANT_COUNTS, "followers_count"),
    ORGANIZATION: (*DEAL_COUNTS, "followers_count", "people_count"),
}
UNKNOWN: Final = (
    "picture_id",
    "next_activity_date",
    "next_activity_time",
    "next_activity_id",
    "last_activity_id",
    "last_activity_date",
)
RENAMED: Final[Mapping[str, str]] = {
    "add_time": "created_at",
    "email": "emails",
    "industry": "industry_id",
    "label": "label_ids",
    "org_id": "organization_id",
    "phone": "phones",
    "visible_to": "visibility",
}
KEPT_BY_NULL: Final = frozenset({"owner_id", "visible_to", "add_time"})
NO_ID: Final = "Inserting ID with POST request is not allowed. Please remove the id from the payload."


class PartyOut(TypedDict):
    """What both objects always have; counts and custom fields stand beside it."""

    id: int
    company_id: int
    owner_id: UserRef
    name: str
    active_flag: bool
    first_char: str
    add_time: str
    update_time: str
    delete_time: str | None
    visible_to: str
    label: int | None
    label_ids: list[int]
    owner_name: str
    cc_email: str


class ListQuery(OffsetQuery, kw_only=True):
    """Parameters of both lists."""

    filter_id: Int | None = None
    user_id: Int | None = None
    first_char: str | None = None
    sort: Annotated[str, sorted_by(SORTS)] | None = None


class OffsetSearchQuery(OffsetQuery, kw_only=True):
    """Parameters of both searches."""

    term: Term
    fields: Annotated[str, words_of(ORGANIZATION_PLACES)] = ""
    exact_match: bool = False
    include_fields: str = ""


class PartyBody(msgspec.Struct, kw_only=True):
    """What both bodies have; custom fields stand beside it by their keys."""

    name: NameText | None | UnsetType = UNSET
    owner_id: Int | None | UnsetType = UNSET
    label: LabelsIn = UNSET
    label_ids: LabelsIn = UNSET
    visible_to: VisibleTo | None | UnsetType = UNSET
    add_time: InstantText | None | UnsetType = UNSET


B = TypeVar("B", bound=PartyBody)


def list_page(tx: Tx, kind: str, query: ListQuery) -> tuple[list[Party], dict[str, Any]]:
    """One page of a list and its `pagination`. A filter goes before a user; unknown filters hold nothing."""
    sort = read_sort(query.sort, SORTS)
    if query.filter_id is not None:
        return [], pagination(*query.page, more=False)
    where = listed(tx, kind)
    if query.user_id is not None:
        where["owner"] = {"owner_id": query.user_id}
    if query.first_char is not None:
        where["name_matches"] = {"pattern": parties.beginning(search_key(query.first_char[0]))}
    return offset_page(tx, parties.parties, where, query, sort)


def read_body(tx: Tx, kind: str, document: Mapping[str, Any], body: type[B], stored: Party | None) -> dict[str, Any]:
    """The attributes a body gives, in the core's words; `stored` is the party it is to change.

    Keys that mean nothing are passed over. Raises Invalid, Forbidden for a `visible_to` nobody may set.
    """
    if stored is None and "id" in document:
        raise Spelled(NO_ID)
    known = body.__struct_encode_fields__
    system = {key: _lenient(key, document[key]) for key in known if key in document}
    sent = given(convert(system, body, strict=False))
    read: dict[str, Any] = {}
    for name, value in sent.items():
        if value is not None or name not in KEPT_BY_NULL:
            read[RENAMED.get(name, name)] = _read(name, value)
    live = fields.live(tx, kind)
    custom = {key: value for key, value in document.items() if key not in known and split_key(live, key)}
    if custom:
        me = users.me(tx)
        before = read_document(stored.custom_fields) if stored else {}
        read["custom"] = read_loose_values(live, custom, me.timezone, me.currency, before)
    return read


def _lenient(name: str, value: Any) -> Any:
    """Empty text is null; a linked record may come back as the object it was shown as."""
    if name in ("owner_id", "org_id") and isinstance(value, dict):
        return value.get("value", value.get("id"))
    return None if value == "" else value


def _read(name: str, value: Any) -> Any:
    if name in ("label", "label_ids"):
        return read_v1_labels(value, name)
    if name == "add_time":
        return read_v1_time(value, name)
    if name == "visible_to" and value not in VISIBILITIES:
        raise Forbidden
    if name == "name" and value is None:
        raise Invalid("name", "must not be empty")
    return value


class Shown:
    """How the parties of one answer are shown; loads what they link to in a fixed number of statements."""

    def __init__(self, tx: Tx, kind: str, found: Sequence[Party]) -> None:
        self.kind = kind
        self.company = users.company(tx)
        self.mail = cc_email(self.company.domain)
        self._fields = fields.live(tx, kind)
        self._counts = Counts(tx, kind, [party.id for party in found], COUNTS[kind])
        self._organizations = visible_organizations(tx, found) if kind == PERSON else {}
        self._people = parties.people_counts(tx, list(self._organizations))
        owners = (party.owner_id for party in (*found, *self._organizations.values()))
        self._users = users.users.by_id(tx, owners)

    def common(self, party: Party) -> dict[str, Any]:
        """What both objects have, custom fields apart."""
        labels = label_ids(party)
        return {
            "id": party.id,
            "company_id": self.company.company_id,
            "owner_id": user_ref(self._users[party.owner_id]),
            "name": party.name,
            **{name: self._counts.of(party.id, name) for name in COUNTS[self.kind]},
            **dict.fromkeys(UNCOUNTED, 0),
            **dict.fromkeys(UNKNOWN),
            "active_flag": party.deleted_at is None,
            "first_char": party.name[0].lower(),
            "add_time": spaced(party.created_at),
            "update_time": spaced(party.updated_at),
            "delete_time": None if party.deleted_at is None else spaced(party.deleted_at),
            "visible_to": str(party.visibility),
            "label": labels[0] if labels else None,
            "label_ids": labels,
            "owner_name": self._users[party.owner_id].name,
            "cc_email": self.mail,
        }

    def custom_fields(self, party: Party) -> dict[str, Any]:
        """All custom fields by their keys."""
        stored = read_document(party.custom_fields) if party.custom_fields != "{}" else {}
        return flat_values(self._fields, stored)

    def organization(self, person: Party) -> OrganizationRef | None:
        """The organization of a person; None if it has none the caller may see."""
        found = self._organizations.get(person.organization_id or 0)
        if found is None:
            return None
        return organization_ref(found, self._people.get(found.id, 0), self._users[found.owner_id].name, self.mail)

    def related(self, found: Sequence[Party]) -> dict[str, Any]:
        """`related_objects`: owners, and organizations of persons, each by its id as text."""
        owners = sorted({party.owner_id for party in found})
        shown: dict[str, Any] = {"user": {str(each): _without_value(user_ref(self._users[each])) for each in owners}}
        if self.kind == PERSON:
            refs = [ref for ref in map(self.organization, found) if ref is not None]
            shown["organization"] = {str(ref["value"]): {"id": ref["value"], **_without_value(ref)} for ref in refs}
        return shown


def _without_value(ref: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in ref.items() if name != "value"}


def search_reply(tx: Tx, kind: str, query: OffsetSearchQuery, hits: Sequence[Hit], extras: Sequence[str] = ()) -> Reply:
    """A page of hits."""
    start, limit = query.page
    items = search_items(tx, kind, hits[start : start + limit], extras)
    block = pagination(start, limit, more=len(hits) > start + limit)
    return Reply(200, {"success": True, "data": {"items": items}, "additional_data": {"pagination": block}})
