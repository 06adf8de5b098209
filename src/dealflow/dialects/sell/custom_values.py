"""Custom fields as Sell shows and takes them: by name, options by their names (contract 2.10)."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from dealflow.core.errors import Invalid
from dealflow.core.fields import PARTS, Field, FieldInvalid, read_values
from dealflow.dialects.sell.errors import Problem, Rejected
from dealflow.dialects.sell.form import TEXT_LENGTH
from dealflow.dialects.sell.values import read_date
from dealflow.storage import fields, users
from dealflow.storage.tx import Tx

TYPES: Final[Mapping[str, str]] = {
    "address": "address",
    "boolean": "bool",
    "date": "date",
    "datetime": "datetime",
    "double": "number",
    "email": "email",
    "enum": "list",
    "monetary": "number",
    "org": "number",
    "people": "number",
    "phone": "phone",
    "set": "multi_select_list",
    "text": "text",
    "url": "url",
    "user": "number",
    "visible_to": "number",
}
"""What a type of field is called here; those not named are a `string`."""

ADDRESS: Final[Mapping[str, str]] = {
    "line1": "route",
    "city": "locality",
    "postal_code": "postal_code",
    "state": "admin_area_level_1",
    "country": "country",
}
"""The parts of an address and what the core calls them."""

QUALIFIERS: Final = ("currency", "timezone_id", "timezone_name")
"""Parts of a value that are not shown here; a new value keeps those of the one before."""

LONGEST_INTEGER: Final = 30

read_stored = msgspec.json.Decoder(dict[str, Any]).decode


def by_name(tx: Tx, resource: str) -> dict[str, Field]:
    """The custom fields of deals, persons, organizations or leads by name; the oldest of equal names."""
    found: dict[str, Field] = {}
    for field in sorted(fields.live(tx, resource).values(), key=lambda field: field.id):
        found.setdefault(field.name, field)
    return found


def show_custom(defined: Mapping[str, Field], stored: str) -> dict[str, Any]:
    """The values that are set, by the names of their fields."""
    if not defined or stored == "{}":
        return {}
    values = read_stored(stored)
    shown = {name: show_value(field, values[field.key]) for name, field in defined.items() if field.key in values}
    return {name: value for name, value in shown.items() if value is not None}


def show_value(field: Field, value: Any) -> Any:
    """One stored value as it goes out; None if nothing of it can be shown."""
    if value is None:
        return None
    if field.type == "enum":
        return next((option.label for option in field.options if option.id == value), None)
    if field.type == "set":
        names = {option.id: option.label for option in field.options}
        return [names[each] for each in value if each in names] or None
    if field.type == "address":
        return show_address(value)
    if field.type == "monetary":
        return _number_text(value["value"])
    if field.type in ("daterange", "timerange"):
        return "/".join(each for each in (value["value"], value["until"]) if each)
    if field.type == "time":
        return value["value"]
    if field.type == "boolean":
        return value == "true"
    return _number_text(value) if TYPES.get(field.type) == "number" else value


def _number_text(number: Any) -> str:
    return format(Decimal(repr(number)) if isinstance(number, float) else Decimal(number), "f")


def show_address(stored: Mapping[str, Any] | None) -> dict[str, Any]:
    """An address of the core; `{}` without one. One that is a single text is all `line1`."""
    if not stored:
        return {}
    shown = {name: stored.get(part) for name, part in ADDRESS.items()}
    street = " ".join(part for part in (stored.get("street_number"), stored.get("route")) if part)
    if not any(shown.values()):
        shown["line1"] = stored.get("value")
    elif street:
        shown["line1"] = street
    return shown


def read_address(given: Mapping[str, Any], pointer: str, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The core's address of what is given; parts that are not given stay as in `before`. Raises Rejected."""
    shown = show_address(before)
    problems = []
    for name, value in given.items():
        if name not in ADDRESS:
            problems.append(Problem("unknown", f"{pointer}/{name[:80]}", ""))
        elif value is not None and not isinstance(value, str):
            problems.append(Problem("invalid_type", f"{pointer}/{name}", "must be a string."))
        elif value is not None and len(value) > TEXT_LENGTH:
            details = f"must have at most {TEXT_LENGTH} characters."
            problems.append(Problem("incorrect_value", f"{pointer}/{name}", details))
        else:
            shown[name] = value or None
    if problems:
        raise Rejected(problems)
    if not any(shown.values()):
        return {}
    whole = ", ".join(shown[name] for name in ADDRESS if shown.get(name))
    return {"value": whole, **{part: shown.get(name) for name, part in ADDRESS.items()}}


def read_custom(tx: Tx, resource: str, given: Mapping[str, Any], stored: str = "{}") -> dict[str, Any]:
    """Values by name as changes by key, for `core.fields.merged_values`; null clears. Raises Rejected.

    `stored` is what the record has now: a value that comes back as it was shown changes nothing.
    """
    if not given:
        return {}
    defined = by_name(tx, resource)
    kept = read_stored(stored)
    me = users.me(tx)
    changes: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in given.items():
        field = defined.get(name)
        pointer = f"custom_fields/{name[:120]}"
        if field is None:
            problems.append(Problem("unknown", pointer, ""))
            continue
        before = kept.get(field.key)
        shown = show_value(field, before)
        if shown == value and type(shown) is type(value):
            continue
        try:
            core = None if value is None or value in ("", []) else _core_value(field, value, before)
            changes.update(read_values({field.key: field}, {field.key: core}, me.timezone, me.currency))
        except Rejected as error:
            problems += error.problems
        except Invalid as error:
            problems.append(Problem(_code(error.reason), pointer, error.reason))
    if problems:
        raise Rejected(problems)
    return changes


def _code(reason: str) -> str:
    """What kind of mistake a reason tells of."""
    is_of_type = reason.startswith(("must be a ", "must be an ")) and "such as" not in reason
    return "invalid_type" if is_of_type else "incorrect_value"


def _core_value(field: Field, value: Any, before: Any) -> Any:
    """What the core reads: ids of options, numbers, objects."""
    read: Callable[[Field, Any], Any] | None = _READERS.get(field.type)
    core = value if read is None else read(field, value)
    if field.type in PARTS and isinstance(core, dict) and isinstance(before, Mapping):
        core = {**{part: before[part] for part in QUALIFIERS if before.get(part) is not None}, **core}
    return core


def _option(field: Field, name: Any) -> int:
    if not isinstance(name, str):
        raise FieldInvalid(field.key, "must be a string")
    for option in field.options:
        if option.label == name:
            return option.id
    raise Invalid(field.key, "value is not included in the list")


def _options(field: Field, value: Any) -> list[int]:
    if not isinstance(value, list):
        raise FieldInvalid(field.key, "must be a list of names")
    return [_option(field, name) for name in value]


def _number(field: Field, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        number = Decimal("" if "_" in value else value.strip())
    except InvalidOperation:
        raise FieldInvalid(field.key, "must be a number") from None
    is_whole = number.is_finite() and number.adjusted() < LONGEST_INTEGER and number == number.to_integral_value()
    return int(number) if is_whole else number


def _flag(field: Field, value: Any) -> Any:
    if not isinstance(value, bool):
        raise FieldInvalid(field.key, "must be a boolean")
    return value


def _money(field: Field, value: Any) -> dict[str, Any]:
    return {"value": _number(field, value)}


def _date(field: Field, value: Any) -> Any:
    if not isinstance(value, str):
        raise FieldInvalid(field.key, "must be a date")
    try:
        return read_date(value)
    except (ValueError, OverflowError):
        raise Invalid(field.key, "must be a date such as 2026-03-09") from None


def _address(field: Field, value: Any) -> Any:
    if not isinstance(value, dict):
        raise FieldInvalid(field.key, "must be an object")
    return read_address(value, f"custom_fields/{field.name}") or None


def _time(field: Field, value: Any) -> dict[str, Any]:
    if not isinstance(value, str):
        raise FieldInvalid(field.key, "must be a string")
    return {"value": value}


def _span(field: Field, value: Any) -> Any:
    if not isinstance(value, str):
        raise FieldInvalid(field.key, "must be a string")
    begin, _, until = value.partition("/")
    return {"value": begin, "until": until or None}


_READERS: Final[Mapping[str, Callable[[Field, Any], Any]]] = {
    "address": _address,
    "boolean": _flag,
    "date": _date,
    "daterange": _span,
    "double": _number,
    "enum": _option,
    "monetary": _money,
    "org": _number,
    "people": _number,
    "set": _options,
    "time": _time,
    "timerange": _span,
    "user": _number,
    "visible_to": _number,
}
