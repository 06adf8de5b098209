"""Leads: add, change, delete, convert to contacts and deals. Everybody may.

Attributes are given by the core's words. Besides the columns of a lead these are known: `status` (the name of a
status, in any case), `label_ids` (a list), `custom` (values as `core.fields` reads them, None to clear), `address` (as
`core.fields` keeps one) and the other names of `DETAILS`.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dealflow.actions.attributes import active_user, customized, detailed, labelled, optional_text
from dealflow.actions.deals import add_deal
from dealflow.actions.labels import labels_named
from dealflow.actions.parties import add_organization, add_person
from dealflow.core.errors import Invalid
from dealflow.core.fields import Field
from dealflow.core.lead import Lead, LeadConversion
from dealflow.core.party import ORGANIZATION, PERSON
from dealflow.core.term import LEAD_SOURCE, LEAD_STATUS, LEAD_UNQUALIFIED_REASON, closest
from dealflow.core.text import sort_key
from dealflow.storage import counters, events, fields, leads, terms, users
from dealflow.storage.tx import Tx

LEADS = leads.leads
FIRST_STATUS: Final = "New"
DETAILS: Final[Mapping[str, type]] = {"address": dict, **dict.fromkeys(leads.DETAILS, str)}
TEXTS: Final = ("first_name", "last_name", "organization_name", "email", "phone", "mobile")
KEYS: Final[Mapping[str, str]] = {
    "first_name": "first_key",
    "last_name": "last_key",
    "organization_name": "organization_key",
    "email": "email_key",
}
OF_ORGANIZATIONS: Final = ("address", "industry", "website")
"""What an organization takes from a lead that becomes a person, too."""

_read_document = msgspec.json.Decoder(dict[str, Any]).decode
_read_ids = msgspec.json.Decoder(list[int]).decode


def add_lead(tx: Tx, given: Mapping[str, Any]) -> Lead:
    """A new lead, by `last_name`, by `organization_name` or by both. Raises Invalid."""
    blank = Lead(
        id=0,
        first_name=None,
        last_name=None,
        organization_name=None,
        status_id=0,
        owner_id=tx.user_id,
        creator_id=tx.user_id,
        source_id=None,
        unqualified_reason_id=None,
        email=None,
        phone=None,
        mobile=None,
        label_ids="[]",
        details="{}",
        custom_fields="{}",
        created_at=tx.now,
        updated_at=tx.now,
        deleted_at=None,
        version=1,
    )
    lead = _changed(tx, blank, {"status": FIRST_STATUS, **given})
    lead = LEADS.add(tx, lead._replace(id=counters.next_id(tx, "lead")))
    events.created(tx, "lead", lead)
    return lead


def update_lead(tx: Tx, lead_id: int, given: Mapping[str, Any]) -> Lead:
    """Change what is given. Raises NotFound, Invalid."""
    before = leads.get_live(tx, lead_id)
    after = _changed(tx, before, given)
    if after == before:
        return before
    after = after._replace(updated_at=tx.now)
    events.changed(tx, "lead", before, after)
    return LEADS.save(tx, before, after)


def delete_lead(tx: Tx, lead_id: int) -> None:
    """Mark a lead as deleted. Raises NotFound."""
    before = leads.get_live(tx, lead_id)
    after = before._replace(deleted_at=tx.now, updated_at=tx.now)
    events.changed(tx, "lead", before, after, "deleted")
    LEADS.save(tx, before, after)


# ------------------------------------------------------------------------------------------------------ attributes


def _changed(tx: Tx, lead: Lead, given: Mapping[str, Any]) -> Lead:
    """The lead with all that is given applied and checked."""
    changes: dict[str, Any] = {}
    for name in TEXTS:
        if name in given:
            changes[name] = optional_text(name, given[name])
            if name in KEYS:
                changes[KEYS[name]] = sort_key(changes[name])
    if given.get("status") is not None:
        changes["status_id"] = _status(tx, given["status"])
    for name, kind in (("source_id", LEAD_SOURCE), ("unqualified_reason_id", LEAD_UNQUALIFIED_REASON)):
        if name in given:
            changes[name] = _term(tx, kind, given[name], name)
    if "owner_id" in given and given["owner_id"] != lead.owner_id:
        changes["owner_id"] = active_user(tx, given["owner_id"])
    if "label_ids" in given:
        changes["label_ids"] = labelled(tx, "lead", lead.label_ids, given["label_ids"])
    changes["details"] = detailed(DETAILS, lead.details, given)
    changes["custom_fields"] = customized(lead.custom_fields, given.get("custom"))
    lead = lead._replace(**changes)
    if lead.last_name is None and lead.organization_name is None:
        raise Invalid("last_name", "must not be empty")
    return lead


def _status(tx: Tx, name: str) -> int:
    """The status of a name; the first one of the company where it has renamed that of new leads."""
    known = terms.of_kind(tx, LEAD_STATUS)
    found = closest(known, name) or (next(iter(known), None) if name == FIRST_STATUS else None)
    if found is None:
        raise Invalid("status", "no such lead status")
    return found.id


def _term(tx: Tx, kind: str, term_id: int | None, field: str) -> int | None:
    if term_id is not None and terms.find(tx, kind, term_id) is None:
        raise Invalid(field, f"no such {kind.replace('_', ' ')}")
    return term_id


# ------------------------------------------------------------------------------------------------------ conversion


def convert_lead(tx: Tx, lead_id: int, owner_id: int | None = None, *, with_deal: bool = True) -> LeadConversion:
    """Make a person of the last name and an organization of its name, the one belonging to the other, and a deal.

    All belong to `owner_id`, else to who owns the lead, else to the acting user. The lead stays and may be converted
    again. Raises Invalid.
    """
    lead = LEADS.find(tx, lead_id)
    if lead is None or lead.deleted_at is not None:
        raise Invalid("lead_id", "no such lead")
    owner = active_user(tx, owner_id) if owner_id is not None else _heir(tx, lead)
    organization = person = None
    if lead.organization_name is not None:
        organization = add_organization(tx, _organization(tx, lead) | {"owner_id": owner})
    if lead.last_name is not None:
        link = {"organization_id": organization.id} if organization is not None else {}
        person = add_person(tx, _person(tx, lead) | {"owner_id": owner, **link})
    contact = person or organization
    assert contact is not None
    deal = None
    if with_deal:
        deal = add_deal(tx, {"title": contact.name, "contact_id": contact.id, "owner_id": owner, "updated_at": tx.now})
    conversion = LeadConversion(
        id=counters.next_id(tx, "lead_conversion"),
        lead_id=lead.id,
        person_id=person.id if person else None,
        organization_id=organization.id if organization else None,
        deal_id=deal.id if deal else None,
        creator_id=tx.user_id,
        created_at=tx.now,
    )
    return leads.conversions.add(tx, conversion)


def _heir(tx: Tx, lead: Lead) -> int:
    owner = users.users.get(tx, lead.owner_id)
    return owner.id if owner.is_active else tx.user_id


def _person(tx: Tx, lead: Lead) -> dict[str, Any]:
    return {"first_name": lead.first_name, "last_name": lead.last_name, **_carried(tx, lead, PERSON)}


def _organization(tx: Tx, lead: Lead) -> dict[str, Any]:
    """An organization that comes with a person takes only what is its own."""
    if lead.last_name is None:
        return {"name": lead.organization_name, **_carried(tx, lead, ORGANIZATION)}
    details = _read_document(lead.details)
    return {"name": lead.organization_name, **{name: details.get(name) for name in OF_ORGANIZATIONS}}


def _carried(tx: Tx, lead: Lead, kind: str) -> dict[str, Any]:
    """All that a contact can take from a lead: what is known of it, its tags, custom fields of the same name."""
    names = fields.label_names(tx, "lead") if lead.label_ids != "[]" else {}
    return {
        **_read_document(lead.details),
        **{name: getattr(lead, name) for name in ("email", "phone", "mobile")},
        "label_ids": labels_named(tx, "contact", [names[each] for each in _read_ids(lead.label_ids) if each in names]),
        "custom": _custom(tx, lead, kind),
    }


def _custom(tx: Tx, lead: Lead, kind: str) -> dict[str, Any]:
    """The custom fields of a lead that contacts have too: by name, of the same type, options by their labels."""
    values = _read_document(lead.custom_fields)
    own = fields.live(tx, "lead") if values else {}
    theirs = {(field.name, field.type): field for field in reversed(fields.live(tx, kind).values())} if own else {}
    carried = {}
    for key, field in own.items():
        other = theirs.get((field.name, field.type))
        if other is not None and key in values:
            carried[other.key] = _translated(values[key], field, other)
    return carried


def _translated(value: Any, field: Field, other: Field) -> Any:
    """A value with the options of one field replaced by those of another that have the same labels."""
    if not field.options:
        return value
    ids = {option.label: option.id for option in other.options}
    same = {option.id: ids[option.label] for option in field.options if option.label in ids}
    if isinstance(value, list):
        return [same[each] for each in value if each in same] or None
    return same.get(value)
