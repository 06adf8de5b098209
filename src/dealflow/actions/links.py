"""Linking one record to another: only what the user may see and what is not deleted.

Attributes are the link columns, each with an id or None, or `about` with the one record (`core.about`) that replaces
all links, or None to cut them.
"""

from collections.abc import Mapping
from typing import Any, Final

from dealflow.core.about import LEAD, About
from dealflow.core.errors import Invalid
from dealflow.storage import links, users
from dealflow.storage.tx import Tx

LINKS: Final = ("deal_id", "person_id", "organization_id", "lead_id")


def found_kind(tx: Tx, about: About, field: str = "about") -> str:
    """Deal, person, organization or lead: what a record is. Raises Invalid if the user sees no such record."""
    kind = links.find_kind(tx, about, users.me(tx))
    if kind is None:
        raise Invalid(field, f"no such {about.kind}")
    return kind


def given_links(tx: Tx, given: Mapping[str, Any]) -> dict[str, int | None]:
    """The links of a note or an activity as far as they are given, checked. Raises Invalid."""
    if "about" in given:
        about: About | None = given["about"]
        cut: dict[str, int | None] = dict.fromkeys(LINKS)
        return cut if about is None else cut | {f"{found_kind(tx, about)}_id": about.id}
    named = {name: given[name] for name in LINKS if name in given}
    for name, record_id in named.items():
        if record_id is not None:
            found_kind(tx, About(name.removesuffix("_id"), record_id), name)
    return named


def party_or_lead(tx: Tx, given: Mapping[str, Any]) -> dict[str, int | None]:
    """The links of a call, a message or a visit, which are about a party or a lead, from `about`. Raises Invalid."""
    if "about" not in given:
        return {}
    about: About | None = given["about"]
    if about is None:
        return {"party_id": None, "lead_id": None}
    is_lead = found_kind(tx, about) == LEAD
    return {"party_id": None if is_lead else about.id, "lead_id": about.id if is_lead else None}
