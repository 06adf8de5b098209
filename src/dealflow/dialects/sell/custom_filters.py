"""Filters and sorts by custom fields of deals, contacts and leads (contract 1.7).

`custom_fields[Region]=North` and `sort_by=custom_fields:Region:desc`, where Region is a line of text, a number or a
choice. Texts and options are compared exactly as they are written, several choices by whether they hold the one.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

import msgspec

from dealflow.core.fields import Field
from dealflow.core.text import search_key
from dealflow.dialects.sell.custom_values import by_name
from dealflow.dialects.sell.errors import BadParameter
from dealflow.dialects.sell.lists import Sort, Where
from dealflow.storage.json_text import MOST_FILTERS, MOST_SORTS, path_to, sort_values
from dealflow.storage.tx import Tx

PREFIX: Final = "custom_fields:"
MOST_FIELDS: Final = 2


class _Kind(NamedTuple):
    """How fields of a type are compared and sorted, and where below their key the value stands."""

    compared: str
    sorted: str
    below: tuple[str, ...] = ()


_NUMBER: Final = _Kind("number", "number")
_KINDS: Final[Mapping[str, _Kind]] = {
    "double": _NUMBER,
    "enum": _Kind("text", "choice"),
    "monetary": _Kind("number", "number", ("value",)),
    "org": _NUMBER,
    "people": _NUMBER,
    "set": _Kind("member", "choice"),
    "time": _Kind("text", "text", ("value",)),
    "user": _NUMBER,
    "varchar": _Kind("text", "text"),
    "varchar_auto": _Kind("text", "text"),
    "visible_to": _NUMBER,
}


class CustomQuery(NamedTuple):
    """What a list adds to its own conditions and sort keys, and what `read_page` takes as `bound`."""

    where: Where
    sorts: dict[str, Sort]
    bound: dict[str, Any]


def custom_query(
    tx: Tx, resources: Sequence[str], given: Mapping[str, str] | None, sort_by: str | None = None
) -> CustomQuery:
    """The filters `given` by names of fields, and the custom fields in `sort_by`.

    `resources`: deal, lead, or both person and organization; the records need `custom_conditions` and `custom_orders`.
    Raises BadParameter.
    """
    made = CustomQuery({}, {}, {})
    words = _custom_words(sort_by)
    if not given and not words:
        return made
    defined = [by_name(tx, resource) for resource in resources[:MOST_FIELDS]]
    for slot, (name, value) in enumerate((given or {}).items()):
        parameter = f"custom_fields[{name[:80]}]"
        if slot >= MOST_FILTERS:
            raise BadParameter(parameter, f"at most {MOST_FILTERS} custom fields can be filtered by")
        condition, values = _filter(slot, _named(defined, name, parameter), value, parameter)
        made.where[condition] = values
    for slot, word in enumerate(words):
        if slot >= MOST_SORTS:
            raise BadParameter("sort_by", f"at most {MOST_SORTS} custom fields can be sorted by")
        order, taken = _sort(slot, _named(defined, word.removeprefix(PREFIX), "sort_by"))
        made.sorts[word] = Sort(order, f"no_{order}")
        made.bound.update(taken)
    return made


def _custom_words(sort_by: str | None) -> list[str]:
    if not sort_by or PREFIX not in sort_by:
        return []
    words = (part.strip().removesuffix(":asc").removesuffix(":desc").strip() for part in sort_by.split(","))
    return [word for word in dict.fromkeys(words) if word.startswith(PREFIX)]


def _named(defined: Sequence[Mapping[str, Field]], name: str, parameter: str) -> list[Field]:
    """The fields of a name. Raises BadParameter if there is none, or one of another type."""
    found = [fields[name] for fields in defined if name in fields]
    if not found:
        raise BadParameter(parameter, f"there is no custom field {name[:80]!r}")
    if any(field.type not in _KINDS for field in found):
        raise BadParameter(parameter, f"the custom field {name[:80]!r} is of a type that cannot be used here")
    return found


def _filter(slot: int, fields: Sequence[Field], given: str, parameter: str) -> tuple[str, dict[str, Any]]:
    condition, values = f"custom_{slot}", dict[str, Any]()
    for side, field in zip("ab", fields, strict=False):
        kind = _KINDS[field.type]
        condition += f"_{kind.compared}"
        values[f"custom_{slot}_{side}_path"] = path_to(field.key, *kind.below)
        values[f"custom_{slot}_{side}_value"] = _compared(field, kind, given, parameter)
    return condition, values


def _compared(field: Field, kind: _Kind, given: str, parameter: str) -> str | float | None:
    """What the stored value is compared with; None, which equals nothing, for an option that does not exist."""
    if kind.sorted == "choice":
        option = next((option.id for option in field.options if option.label == given), None)
        if option is None:
            return None
        return f"%,{option},%" if kind.compared == "member" else str(option)
    if kind.compared == "text":
        return given
    try:
        number = float(Decimal(given.strip()))
    except (InvalidOperation, OverflowError):
        number = float("nan")
    if number - number != 0:
        raise BadParameter(parameter, f"must be a number, given: {given[:80]}")
    return number


def _sort(slot: int, fields: Sequence[Field]) -> tuple[str, Mapping[str, Any]]:
    """The order of a slot and what it takes; several choices sort by the first of them."""
    kinds = {_KINDS[field.type].sorted for field in fields}
    if len(kinds) > 1:
        raise BadParameter("sort_by", f"{fields[0].name[:80]!r} is of different types for persons and organizations")
    paths = [path_to(field.key, *_KINDS[field.type].below, *((0,) if field.type == "set" else ())) for field in fields]
    names = {str(option.id): search_key(option.label) for field in fields for option in field.options}
    return f"custom_{slot}_{kinds.pop()}", sort_values(slot, paths, msgspec.json.encode(names).decode())
