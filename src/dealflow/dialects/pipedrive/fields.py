"""What both versions do alike with the fields of deals, persons and organizations (contract 2.12)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from dealflow.core.errors import NotFound
from dealflow.core.fields import ADDRESS_PARTS, SYSTEM, TEXTUAL, Field
from dealflow.storage import fields
from dealflow.storage.tx import Tx


class FieldList(NamedTuple):
    """One of the three lists: its path and who may do what. `change` is for version 2's PATCH and options."""

    resource: str
    path: str
    read: str
    write: str
    change: str


LISTS: Final = (
    FieldList(
        "deal",
        "/dealFields",
        "deals:read deals:full deal-fields:full admin",
        "deal-fields:full admin",
        "deals:full deal-fields:full admin",
    ),
    *(
        FieldList(
            resource,
            f"/{resource}Fields",
            "contacts:read contacts:full contact-fields:full admin",
            "contact-fields:full admin",
            "contacts:full contact-fields:full admin",
        )
        for resource in ("person", "organization")
    ),
)

PIPELINES_SHOWN: Final[Mapping[str, Any]] = {"show_in_all": True, "pipeline_ids": []}

_PARTS_OF_ADDRESS: Final = frozenset(f"address_{part}" for part in ADDRESS_PARTS)
_PART_NAMES: Final = {
    "currency": "Currency of {}",
    "until": "End of {}",
    "timezone_id": "Timezone of {}",
    "timezone_name": "Timezone name of {}",
    "value": "{}",
}


def shown_fields(tx: Tx, resource: str) -> list[Field]:
    """All live fields in order; the parts of an organization's address belong to `address` and are left out."""
    return [each for each in fields.every(tx, resource) if each.is_custom or each.key not in _PARTS_OF_ADDRESS]


def field_by_id(tx: Tx, resource: str, field_id: int) -> Field:
    """Raises NotFound, for deleted fields too."""
    return fields_by_id(tx, resource, [field_id])[0]


def fields_by_id(tx: Tx, resource: str, ids: Sequence[int]) -> list[Field]:
    """The fields with these ids. Raises NotFound if one is missing or deleted."""
    known = {each.id: each for each in shown_fields(tx, resource)}
    for field_id in ids:
        if field_id not in known:
            raise NotFound("field", field_id)
    return [known[field_id] for field_id in ids]


def field_by_code(tx: Tx, resource: str, code: str) -> Field:
    """Raises NotFound, for deleted fields too."""
    for each in shown_fields(tx, resource):
        if each.key == code:
            return each
    raise NotFound("field", code)


def order_nr(field: Field) -> int:
    """The place among all fields: custom ones follow the system's."""
    return len(SYSTEM[field.resource]) + field.position if field.is_custom else field.position


def shown_type(field: Field) -> str:
    """What the type of a field is called here."""
    return "varchar" if field.is_custom and field.type in TEXTUAL else field.type


def part_name(field: Field, part: str) -> str:
    """What people call a part of a field's value."""
    pattern = _PART_NAMES.get(part, f"{part.replace('_', ' ').capitalize()} of {{}}")
    return pattern.replace("{}", field.name)


def part_type(field: Field, part: str) -> str:
    """The field type of a part of a field's value."""
    match part:
        case "value":
            return {"monetary": "double", "daterange": "date", "timerange": "time", "address": "text"}.get(
                field.type, field.type
            )
        case "until":
            return "date" if field.type == "daterange" else "time"
        case "timezone_id":
            return "int"
        case _:
            return "varchar"
