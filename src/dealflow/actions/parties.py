"""Persons and organizations: add, change, delete.

Attributes are given by the core's words. Besides the columns of a party these are known: `emails` and `phones`
(lists of `GivenPoint`), `email`, `phone`, `mobile` and `fax` (a text in the place of the one that stands for all of its
kind, None to take that one away), `label_ids` (a list), `custom` (values as `core.fields` reads them, None to clear),
`address` (as `core.fields` keeps one) and the other names of `DETAILS`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from dealflow.actions.attributes import LONGEST, active_user, customized, detailed, labelled, optional_text
from dealflow.core.deal import read_visibility
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.party import ORGANIZATION, PERSON, ContactPoint, Party, main_point
from dealflow.core.text import read_name, search_key, sort_key
from dealflow.storage import counters, deals, events, parties, users
from dealflow.storage.followers import participants
from dealflow.storage.tx import Tx

PARTIES = parties.parties
DEFAULT_VISIBILITY: Final = 3
DEFAULT_LABEL: Final = "work"
MOST_POINTS: Final = 100
NUMBER_KINDS: Final = ("phone", "mobile", "fax")
POINT_KINDS: Final = ("email", *NUMBER_KINDS)
DETAILS: Final[Mapping[str, type]] = {
    "address": dict,
    "annual_revenue": int,
    "billing_address": dict,
    "customer_status": str,
    "description": str,
    "employee_count": int,
    "facebook": str,
    "industry": str,
    "industry_id": int,
    "linkedin": str,
    "marketing_status": str,
    "prospect_status": str,
    "shipping_address": dict,
    "skype": str,
    "title": str,
    "twitter": str,
    "website": str,
}


class GivenPoint(NamedTuple):
    """An e-mail address or number as it is given; one labelled mobile or fax is kept as such."""

    value: str
    label: str | None = None
    is_primary: bool = False


def add_person(tx: Tx, given: Mapping[str, Any]) -> Party:
    """A new person, of `name` or of `first_name` and `last_name`. Raises Invalid."""
    return _add(tx, PERSON, given)


def add_organization(tx: Tx, given: Mapping[str, Any]) -> Party:
    """A new organization. Raises Invalid."""
    return _add(tx, ORGANIZATION, given)


def update_person(tx: Tx, person_id: int, given: Mapping[str, Any]) -> Party:
    """Change what is given. Raises NotFound for a deleted person, Invalid."""
    return _update(tx, writable_party(tx, PERSON, person_id), given)


def update_organization(tx: Tx, organization_id: int, given: Mapping[str, Any]) -> Party:
    """Change what is given. Raises NotFound for a deleted organization, Invalid."""
    return _update(tx, writable_party(tx, ORGANIZATION, organization_id), given)


def delete_person(tx: Tx, person_id: int) -> None:
    """Mark a person as deleted; deals lose the link. Raises NotFound."""
    _delete(tx, writable_party(tx, PERSON, person_id))


def delete_organization(tx: Tx, organization_id: int) -> None:
    """Mark an organization as deleted; deals and its persons lose the link. Raises NotFound."""
    _delete(tx, writable_party(tx, ORGANIZATION, organization_id))


def writable_party(tx: Tx, kind: str, party_id: int) -> Party:
    """A party the acting user may see and that is not deleted. Raises NotFound."""
    party = parties.get_visible(tx, kind, party_id, users.me(tx))
    if party.deleted_at is not None:
        raise NotFound(kind, party_id)
    return party


def unlink_party(tx: Tx, party: Party) -> None:
    """Take a party out of every deal, archived ones too, and an organization off its persons and those below it."""
    link = "person_id" if party.kind == PERSON else "organization_id"
    for deal in deals.deals.all(tx, {party.kind: {link: party.id}}):
        changed = deal._replace(**{link: None}, updated_at=tx.now)  # type: ignore[arg-type]
        events.changed(tx, "deal", deal, changed)
        deals.deals.save(tx, deal, changed)
    _leave_deals(tx, party.id)
    if party.kind == ORGANIZATION:
        for upward, kind in (("organization_id", PERSON), ("parent_id", ORGANIZATION)):
            _lose(tx, kind, upward, party.id)


def _leave_deals(tx: Tx, party_id: int) -> None:
    for participant in participants.all(tx, {"person": {"person_id": party_id}}):
        participants.drop(tx, participant.id)
        events.append(tx, "deal", participant.deal_id, "left", {"person_id": party_id}, None)


def _lose(tx: Tx, kind: str, upward: str, organization_id: int) -> None:
    """Clear the link of all parties that point to an organization."""
    for party in PARTIES.all(tx, {upward.removesuffix("_id"): {upward: organization_id}}):
        changed = party._replace(**{upward: None}, updated_at=tx.now)  # type: ignore[arg-type]
        events.changed(tx, kind, party, changed)
        PARTIES.save(tx, party, changed)


def _add(tx: Tx, kind: str, given: Mapping[str, Any]) -> Party:
    created_at = given.get("created_at") or tx.now
    blank = Party(
        id=0,
        kind=kind,
        name="",
        name_key="",
        first_name=None,
        last_name=None,
        organization_id=None,
        owner_id=tx.user_id,
        creator_id=tx.user_id,
        visibility=DEFAULT_VISIBILITY,
        label_ids="[]",
        details="{}",
        custom_fields="{}",
        created_at=created_at,
        updated_at=created_at,
        deleted_at=None,
        version=1,
    )
    if not any(given.get(name) is not None for name in ("name", "first_name", "last_name")):
        raise Invalid("name", "is required")
    party = _changed(tx, blank, given)
    points = _given_points(given, ())
    party = PARTIES.add(tx, party._replace(id=counters.next_id(tx, "party")))
    kept = _keep_points(tx, party.id, points)
    after = {name: value for name, value in _state(party, kept).items() if value is not None}
    events.append(tx, kind, party.id, "created", None, after)
    return party


def _update(tx: Tx, before: Party, given: Mapping[str, Any]) -> Party:
    after = _changed(tx, before, given)
    had = parties.contact_points(tx, [before.id]).get(before.id, [])
    points = _given_points(given, had)
    has = sorted(
        [point for point in had if _attribute(point) not in points] + _placed(before.id, points),
        key=lambda point: (point.kind, point.position),
    )
    if after == before and has == had:
        return before
    _keep_points(tx, before.id, points)
    after = after._replace(updated_at=tx.now)
    old, new = _state(before, had), _state(after, has)
    names = [name for name in new if new[name] != old[name]]
    if names:
        events.append(tx, before.kind, before.id, "updated", {n: old[n] for n in names}, {n: new[n] for n in names})
    return PARTIES.save(tx, before, after)


def _delete(tx: Tx, before: Party) -> None:
    after = before._replace(deleted_at=tx.now, updated_at=tx.now)
    events.changed(tx, before.kind, before, after, "deleted")
    PARTIES.save(tx, before, after)
    unlink_party(tx, before)


def _state(party: Party, points: Sequence[ContactPoint]) -> dict[str, Any]:
    """What the log keeps of a party: its attributes that count, its addresses and its numbers."""
    state = {name: value for name, value in party._asdict().items() if events.is_told(name)}
    for attribute in ("emails", "phones"):
        shown = [
            {"value": point.value, "label": point.label, "primary": point.is_primary}
            for point in sorted(points, key=lambda point: point.position)
            if _attribute(point) == attribute
        ]
        state[attribute] = shown or None
    return state


# ------------------------------------------------------------------------------------------------------ attributes


def _changed(tx: Tx, party: Party, given: Mapping[str, Any]) -> Party:
    """The party with all that is given applied and checked."""
    changes = _names(party, given)
    for name, read in _READERS.items():
        if name in given and given[name] != getattr(party, name):
            changes[name] = read(tx, party, given[name])
    if "label_ids" in given:
        changes["label_ids"] = labelled(tx, "contact", party.label_ids, given["label_ids"])
    changes["details"] = detailed(DETAILS, party.details, given)
    changes["custom_fields"] = customized(party.custom_fields, given.get("custom"))
    return party._replace(**changes)


def _names(party: Party, given: Mapping[str, Any]) -> dict[str, Any]:
    """A name alone is split at its first blank; first and last name alone are joined."""
    if not any(name in given for name in ("name", "first_name", "last_name")):
        return {}
    if party.kind == ORGANIZATION:
        name = read_name(given.get("name") or "")
        return {"name": name, "name_key": search_key(name)}
    first, last = (optional_text(name, given.get(name, getattr(party, name))) for name in ("first_name", "last_name"))
    if "name" in given:
        name = read_name(given["name"] or "")
        start, _, rest = name.partition(" ")
        first = first if "first_name" in given else start
        last = last if "last_name" in given else rest.strip() or None
    else:
        name = read_name(" ".join(part for part in (first, last) if part), longest=2 * LONGEST + 1)
    return {
        "name": name,
        "name_key": search_key(name),
        "first_name": first,
        "first_key": sort_key(first),
        "last_name": last,
        "last_key": sort_key(last),
    }


def _organization(tx: Tx, party: Party, organization_id: int | None) -> int | None:
    if organization_id is None:
        return None
    if party.kind != PERSON:
        raise Invalid("organization_id", "is for persons only")
    return _other_organization(tx, organization_id, "organization_id").id


def _parent(tx: Tx, party: Party, organization_id: int | None) -> int | None:
    """An organization above another, and not below it."""
    if organization_id is None:
        return None
    if party.kind != ORGANIZATION:
        raise Invalid("parent_id", "is for organizations only")
    parent: Party | None = _other_organization(tx, organization_id, "parent_id")
    while parent is not None:
        if parent.id == party.id:
            raise Invalid("parent_id", "would make a circle")
        parent = PARTIES.get(tx, parent.parent_id) if parent.parent_id is not None else None
    return organization_id


def _other_organization(tx: Tx, organization_id: int, field: str) -> Party:
    try:
        return writable_party(tx, ORGANIZATION, organization_id)
    except NotFound:
        raise Invalid(field, "no such organization") from None


_READERS: Final[Mapping[str, Any]] = {
    "owner_id": lambda tx, _, user_id: active_user(tx, user_id),
    "visibility": lambda _, __, circle: read_visibility(circle),
    "organization_id": _organization,
    "parent_id": _parent,
    "created_at": lambda _, __, at: at,
}


# -------------------------------------------------------------------------------------------------- contact points


def _attribute(point: ContactPoint) -> str:
    return "emails" if point.kind == "email" else "phones"


def _given_points(given: Mapping[str, Any], had: Sequence[ContactPoint]) -> dict[str, list[GivenPoint]]:
    """The addresses and numbers given, blank ones left out. Raises Invalid."""
    points: dict[str, list[GivenPoint]] = {}
    for attribute, lists in (("emails", POINT_KINDS[:1]), ("phones", NUMBER_KINDS)):
        if attribute in given:
            wanted = given[attribute] or []
        elif any(kind in given for kind in lists):
            wanted = _with_singles(lists, given, [point for point in had if _attribute(point) == attribute])
        else:
            continue
        points[attribute] = [point for point in wanted if point.value.strip()]
        if len(points[attribute]) > MOST_POINTS:
            raise Invalid(attribute, f"must have at most {MOST_POINTS} entries")
    return points


def _with_singles(kinds: Sequence[str], given: Mapping[str, Any], had: Sequence[ContactPoint]) -> list[GivenPoint]:
    """What a party has with the one that stands for all of its kind replaced, added or, where it is blank, gone."""
    points = {
        point: GivenPoint(point.value, point.label, point.is_primary)
        for point in sorted(had, key=lambda point: point.position)
    }
    added = []
    for kind in kinds:
        if kind in given:
            value, main = given[kind] or "", main_point(had, kind)
            if main is None:
                added.append(GivenPoint(value, kind if kind in ("mobile", "fax") else None))
            else:
                points[main] = points[main]._replace(value=value)
    return [*points.values(), *added]


def _placed(party_id: int, given: Mapping[str, Sequence[GivenPoint]]) -> list[ContactPoint]:
    """The rows of what is given: in that order, one of each attribute primary."""
    placed = []
    for attribute, points in given.items():
        primary = next((i for i, point in enumerate(points) if point.is_primary), 0)
        for position, point in enumerate(points):
            value = read_name(point.value, attribute, LONGEST)
            label = optional_text(attribute, point.label) or DEFAULT_LABEL
            kind = label.lower() if attribute == "phones" and label.lower() in NUMBER_KINDS else attribute[:-1]
            placed.append(ContactPoint(party_id, kind, position, label, value, search_key(value), position == primary))
    return placed


def _keep_points(tx: Tx, party_id: int, given: Mapping[str, Sequence[GivenPoint]]) -> list[ContactPoint]:
    """Put what is given in the place of what was there."""
    placed = _placed(party_id, given)
    for attribute in given:
        for kind in ("email",) if attribute == "emails" else NUMBER_KINDS:
            parties.replace_contact_points(tx, party_id, kind, [point for point in placed if point.kind == kind])
    return placed
