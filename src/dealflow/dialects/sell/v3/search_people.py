"""Searching contacts and leads (contract 3.3)."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from dealflow.core.lead import Lead
from dealflow.core.party import ORGANIZATION, PERSON, Party
from dealflow.core.term import LEAD_STATUS
from dealflow.core.text import search_key
from dealflow.dialects.sell.custom_values import ADDRESS
from dealflow.dialects.sell.profile import REACHED_BY, TEXTS
from dealflow.dialects.sell.v2 import contacts, leads
from dealflow.dialects.sell.v3.searched import NEVER, Resource, Show, Word, custom_by_id, same
from dealflow.storage import parties, terms
from dealflow.storage.search import Leaf, Node, Place
from dealflow.storage.search_subjects import LEADS, PARTIES
from dealflow.storage.tx import Tx

PROFILE: Final = {
    **same("id", "creator_id", "owner_id", "first_name", "last_name", *TEXTS, *REACHED_BY),
    **same("created_at", "updated_at"),
    **{f"address.{name}": Word(f"address_{part}") for name, part in ADDRESS.items()},
    "tags": Word("label_ids"),
}
"""What both have alike."""


def _show_contacts(tx: Tx, found: Sequence[Party]) -> Show:
    shown = contacts.Shown(tx, [party._replace(custom_fields="{}") for party in found])
    custom = custom_by_id(tx, [PERSON, ORGANIZATION], [party.custom_fields for party in found])

    def show(party: Party) -> dict[str, Any]:
        data = msgspec.structs.asdict(shown.out(party))
        data["display_name"] = data["name"]
        data["is_organisation"] = data["is_organization"]
        data["custom_fields"] = custom(party.custom_fields)
        return data

    return show


CONTACT_SEARCH: Final = Resource(
    path="contacts",
    type="contact",
    search=PARTIES,
    words={
        **PROFILE,
        **same("is_organization", "name", "customer_status", "prospect_status"),
        "is_organisation": Word("is_organization"),
        "display_name": Word("name"),
        "contact_id": Word("organization_id"),
        "parent_organization_id": Word("parent_id"),
    },
    seen=lambda viewer: {"not_deleted": {}, **parties.visible_to(viewer)},
    show=_show_contacts,
    shown=frozenset({"address", "billing_address", "shipping_address"}),
    fields={"contact": PERSON, "sales_account": ORGANIZATION},
    labels=contacts.LABELLED,
)


def _with_status(tx: Tx, names: Sequence[str]) -> Node:
    keys = {search_key(name) for name in names}
    ids = tuple(term.id for term in terms.of_kind(tx, LEAD_STATUS) if search_key(term.name) in keys)
    return Leaf(Place("status_id"), "among", ids) if ids else NEVER


def _show_leads(tx: Tx, found: Sequence[Lead]) -> Show:
    shown = leads.Shown(tx, [lead._replace(custom_fields="{}") for lead in found])
    custom = custom_by_id(tx, [leads.RESOURCE], [lead.custom_fields for lead in found])

    def show(lead: Lead) -> dict[str, Any]:
        return {**msgspec.structs.asdict(shown.out(lead)), "custom_fields": custom(lead.custom_fields)}

    return show


LEAD_SEARCH: Final = Resource(
    path="leads",
    type="lead",
    search=LEADS,
    words={
        **PROFILE,
        **same("organization_name", "source_id", "unqualified_reason_id"),
        "status": Word("status", equals=_with_status),
    },
    seen=lambda _: {"not_deleted": {}},
    show=_show_leads,
    shown=frozenset({"address"}),
    fields={"": "lead"},
    labels=leads.RESOURCE,
)
