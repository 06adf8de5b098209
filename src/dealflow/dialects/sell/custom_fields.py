"""Definitions of custom fields, as both versions list them (contract 2.10)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dealflow.core.fields import CHOICES, Field
from dealflow.core.party import ORGANIZATION, PERSON
from dealflow.core.time import iso
from dealflow.dialects.sell.custom_values import TYPES
from dealflow.dialects.sell.envelope import item, listed
from dealflow.dialects.sell.lists import ListQuery, page_of
from dealflow.storage import fields
from dealflow.storage.tx import Tx
from dealflow.wire import Reply

MOST: Final = 1_000
RESOURCES: Final[Mapping[str, Sequence[str]]] = {
    "contact": (PERSON, ORGANIZATION),
    "deal": ("deal",),
    "lead": ("lead",),
    "prospect_and_customer": (),
}
"""What fields of a type belong to in the core. None is kept for prospects and customers alone."""

SORTS: Final[Mapping[str, Callable[[Field], Any]]] = {
    "id": lambda field: field.id,
    "name": lambda field: field.name,
    "created_at": lambda field: field.created_at,
    "updated_at": lambda field: field.updated_at or field.created_at,
}


class FieldOut(msgspec.Struct):
    """A custom field. Those of contacts say whether persons or organizations have it; the last two are of version 3."""

    id: int
    name: str
    type: str
    choices: list[dict[str, Any]] | None
    created_at: str
    updated_at: str
    for_contact: bool | UnsetType = UNSET
    for_organisation: bool | UnsetType = UNSET
    for_company: bool | UnsetType = UNSET
    resource_type: str | UnsetType = UNSET
    search_api_id: str | UnsetType = UNSET


class FieldsQuery(ListQuery, kw_only=True):
    """Parameters of a list, which is whole unless pages are asked for."""

    per_page: Annotated[int, Meta(ge=1, le=MOST)] = MOST


def field_out(field: Field) -> FieldOut:
    """The wire object."""
    choices = [{"id": option.id, "name": option.label} for option in field.options]
    shown = FieldOut(
        field.id,
        field.name,
        TYPES.get(field.type, "string"),
        choices if field.type in CHOICES else None,
        iso(field.created_at),
        iso(field.updated_at or field.created_at),
    )
    if field.resource in RESOURCES["contact"]:
        shown.for_contact = field.resource == PERSON
        shown.for_organisation = shown.for_company = field.resource == ORGANIZATION
    return shown


def list_of_fields(tx: Tx, type_: str, query: FieldsQuery, out: Callable[[Field], FieldOut]) -> Reply:
    """The answer to a list. Raises BadParameter."""
    found = [field for resource in RESOURCES[type_] for field in fields.live(tx, resource).values()]
    page = page_of(sorted(found, key=SORTS["id"]), query, SORTS)
    return listed([item("custom_field", out(field)) for field in page], query.page, query.per_page)
