"""What both versions do alike with persons and organizations (contract 2.13)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Protocol, TypedDict

import msgspec

from dealflow.actions.parties import GivenPoint
from dealflow.core.errors import Forbidden, Invalid
from dealflow.core.fields import SYSTEM, Field
from dealflow.core.party import ORGANIZATION, PERSON, Party
from dealflow.core.search import TEXT_TYPES
from dealflow.core.text import search_key
from dealflow.dialects.pipedrive.v1.expand import point_list
from dealflow.storage import fields, followers, parties, users
from dealflow.storage.parties import NO_DEALS
from dealflow.storage.party_search import Hit, Search, address_text, search
from dealflow.storage.tx import Tx
from dealflow.wire import read_words

READ: Final = "contacts:read contacts:full"
WRITE: Final = "contacts:full"
SEARCH: Final = "contacts:read contacts:full search:read"
Where = dict[str, Mapping[str, Any]]

ADDRESS: Final[Mapping[str, Field]] = {field.key: field for field in SYSTEM[ORGANIZATION] if field.key == "address"}
SYNCED: Final = ("notes", "im", "birthday", "job_title", "postal_address")
NO_CONSENT: Final = "no_consent"

DEAL_COUNTS: Final = ("open_deals_count", "closed_deals_count", "won_deals_count", "lost_deals_count")
PARTICIPANT_COUNTS: Final = ("participant_open_deals_count", "participant_closed_deals_count")
UNCOUNTED: Final = (
    *(f"related_{name}" for name in DEAL_COUNTS),
    "email_messages_count",
    "activities_count",
    "done_activities_count",
    "undone_activities_count",
    "files_count",
    "notes_count",
)

read_document = msgspec.json.Decoder(dict[str, Any]).decode
read_ids_text = msgspec.json.Decoder(list[int]).decode


def listed(tx: Tx, kind: str) -> Where:
    """Conditions of every list: what the caller may see and nobody deleted."""
    return {"kind": {"of_kind": kind}, "not_deleted": {}, **parties.visible_to(users.me(tx))}


def kept_details(party: Party) -> dict[str, Any]:
    """Address, website and the like; absent if unset."""
    return read_document(party.details) if party.details != "{}" else {}


def label_ids(party: Party) -> list[int]:
    """The labels of a party, in order."""
    return read_ids_text(party.label_ids) if party.label_ids != "[]" else []


def require_no_sync(document: Mapping[str, Any]) -> None:
    """Fields of contact sync, which is off, cannot be written. Raises Forbidden."""
    if any(document.get(name) not in (None, msgspec.UNSET, "", []) for name in SYNCED):
        raise Forbidden


class Counts:
    """Numbers about the parties of one answer, in a fixed number of statements; `names` are those wanted."""

    def __init__(self, tx: Tx, kind: str, ids: list[int], names: Iterable[str]) -> None:
        wanted = set(names)
        viewer = users.me(tx)
        self._deals = parties.deal_counts(tx, kind, ids, viewer) if wanted & {*DEAL_COUNTS} else {}
        takes_part = kind == PERSON and wanted & {*PARTICIPANT_COUNTS}
        self._others = parties.deal_counts(tx, "participant", ids, viewer) if takes_part else {}
        self._followers = followers.follower_counts(tx, kind, ids) if "followers_count" in wanted else {}
        self._people = parties.people_counts(tx, ids) if "people_count" in wanted else {}

    def of(self, party_id: int, name: str) -> int:
        """One number of one party; 0 for what is not counted."""
        if name == "followers_count":
            return self._followers.get(party_id, 0)
        if name == "people_count":
            return self._people.get(party_id, 0)
        counts = self._others if name.startswith("participant_") else self._deals
        outcome = name.removeprefix("participant_").removesuffix("_deals_count")
        number: int = getattr(counts.get(party_id, NO_DEALS), outcome, 0)
        return number


# --------------------------------------------------------------------------------------------------------- search

SHORTEST_TERM: Final = 2
Term = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1})]
PERSON_PLACES: Final = frozenset({"custom_fields", "email", "notes", "phone", "name"})
ORGANIZATION_PLACES: Final = frozenset({"address", "custom_fields", "notes", "name"})


class Found(TypedDict):
    """A hit: the record in brief and how well it fits."""

    result_score: float
    item: dict[str, Any]


class FoundItems(TypedDict):
    """The hits, best first."""

    items: list[Found]


class SearchQuery(Protocol):
    """What both versions ask for beside their paging."""

    term: str
    fields: str
    exact_match: bool


def found(
    tx: Tx, kind: str, query: SearchQuery, places: frozenset[str], organization_id: int | None = None
) -> list[Hit]:
    """The hits of a search, best first. Raises Invalid for a term that is too short or an unknown place."""
    term = query.term.strip()
    shortest = 1 if query.exact_match else SHORTEST_TERM
    if len(term) < shortest:
        raise Invalid("term", f"must have at least {shortest} characters")
    wanted = Search(
        term=search_key(term),
        places=frozenset(read_words(query.fields, "fields", places)) or places,
        exact=query.exact_match,
        fields=[field for field in fields.live(tx, kind).values() if field.type in TEXT_TYPES],
    )
    where: Where = parties.visible_to(users.me(tx))
    if organization_id is not None:
        where["organization"] = {"organization_id": organization_id}
    return search(tx, kind, wanted, where)


def search_items(tx: Tx, kind: str, hits: Sequence[Hit], extras: Sequence[str] = ()) -> list[Found]:
    """The elements of `items`; `extras` are shown as null."""
    points = parties.contact_points(tx, [hit.party.id for hit in hits]) if kind == PERSON else {}
    organizations = visible_organizations(tx, [hit.party for hit in hits])
    items: list[Found] = []
    for hit in hits:
        party = hit.party
        item: dict[str, Any] = {"id": party.id, "type": kind, "name": party.name}
        if kind == PERSON:
            own = points.get(party.id, [])
            item["phones"] = [each["value"] for each in point_list(own, emails=False)]
            item["emails"] = [each["value"] for each in point_list(own, emails=True)]
        else:
            item["address"] = address_text(party)
        item["visible_to"] = party.visibility
        item["owner"] = {"id": party.owner_id}
        if kind == PERSON:
            organization = organizations.get(party.organization_id or 0)
            item["organization"] = organization and {
                "id": organization.id,
                "name": organization.name,
                "address": address_text(organization),
            }
        item["custom_fields"] = hit.texts
        item["notes"] = []
        item.update(dict.fromkeys(extras))
        items.append({"result_score": hit.score, "item": item})
    return items


def visible_organizations(tx: Tx, persons: Iterable[Party]) -> dict[int, Party]:
    """The organizations of persons, by id, as far as the caller may see them."""
    ids = sorted({person.organization_id for person in persons if person.organization_id is not None})
    return {each.id: each for each in parties.parties.page_by_ids(tx, ids, parties.visible_to(users.me(tx)))}


# --------------------------------------------------------------------------------------------------- contact points


def read_v1_points(value: Any, field: str) -> list[GivenPoint]:
    """E-mail addresses or numbers from a version 1 body: a text, an object, a list of both, or null. Raises Invalid."""
    items = value if isinstance(value, list) else [] if value is None else [value]
    return [_read_v1_point(item, field) for item in items if item is not None]


def _read_v1_point(item: Any, field: str) -> GivenPoint:
    if isinstance(item, Mapping):
        label = item.get("label")
        is_primary = item.get("primary") in (True, 1, "1", "true")
        return GivenPoint(
            _text(item.get("value", ""), field), None if label is None else _text(label, field), is_primary
        )
    return GivenPoint(_text(item, field))


def _text(value: Any, field: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Invalid(field, "must be a text")
    return str(value)
