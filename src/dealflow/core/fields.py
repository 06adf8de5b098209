"""Fields of deals, persons, organizations and leads: those every company has, and those it adds for itself.

The values of custom fields are kept per record as one plain JSON object, key to value, exactly as Pipedrive's second
version shows them (contract 1.6), so that reading a record is a dict merge. Unset fields are absent from it.

| type | kept as |
|---|---|
| varchar, text, varchar_auto, phone, email, url | string, never empty |
| boolean | `"true"` or `"false"` |
| datetime | `"2026-02-01T10:30:00Z"` |
| double | number |
| monetary | `{"value": number, "currency": code}` |
| enum, set | option id; list of option ids, never empty |
| user, org, people, visible_to | int |
| date, daterange | `"2026-02-01"`; `{"value": date, "until": date or null}` |
| time | `{"value": "10:30:00", "timezone_id": int, "timezone_name": name}` |
| timerange | as time, with `until` (a time or null) after `value` |
| address | `{"value": string, ...}` with all of `ADDRESS_PARTS`, each a string or null |

Numbers are JSON numbers of up to 15 significant digits below 10^15: those survive JSON text, a binary float and a
PostgreSQL `jsonb` unchanged. Further digits are rounded, half to even. Whole numbers are ints.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Context, Decimal
from functools import cache
from typing import Final, NamedTuple
from zlib import crc32
from zoneinfo import available_timezones

from dealflow.core.errors import Invalid
from dealflow.core.time import Instant, instant, iso, read_day


class Option(NamedTuple):
    """A choice of an enum or set field. Ids are never used again within a company."""

    id: int
    label: str
    colour: str | None


class Field(NamedTuple):
    """`resource` is deal, person, organization or lead; `key` is 40 hex digits for a custom field, else a plain word.

    `options` and `position` are in the order people see; system and custom fields are each counted from 1. `settings`
    is plain JSON: `ui_visibility`, `important_fields`, `required_fields`. System fields were created at instant 0, by
    nobody.
    """

    resource: str
    id: int
    key: str
    name: str
    type: str
    options: tuple[Option, ...]
    description: str | None
    position: int
    is_custom: bool
    settings: Mapping[str, object]
    created_at: Instant
    updated_at: Instant | None
    created_by: int | None
    updated_by: int | None


class FieldInvalid(Invalid):
    """A value that the custom field `key` does not take, or a key that is no field."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason)
        self.key = key


ADDRESS_PARTS: Final = (
    "street_number",
    "route",
    "subpremise",
    "locality",
    "sublocality",
    "admin_area_level_1",
    "admin_area_level_2",
    "country",
    "postal_code",
    "formatted_address",
)

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "monetary": ("currency",),
    "daterange": ("until",),
    "time": ("timezone_id", "timezone_name"),
    "timerange": ("until", "timezone_id", "timezone_name"),
    "address": ADDRESS_PARTS,
}
"""What the value of a type holds beside `value`, in order; types that are not named hold a bare value."""

COMPANIONS: Final[Mapping[str, tuple[str, ...]]] = {
    type_: tuple(part for part in parts if part != "timezone_name") for type_, parts in PARTS.items()
}
"""The parts that have a key of their own, `<key>_<part>`, where values are flat (v1)."""

CHOICES: Final = frozenset({"enum", "set"})
"""The types whose options people edit."""

VISIBILITIES: Final = (1, 3, 5, 7)
VARCHAR_LENGTH: Final = 255
TEXT_LENGTH: Final = 65_535

_DIGITS: Final = 15
_ROUNDING: Final = Context(prec=_DIGITS)
_LARGEST_ID: Final = 2**53 - 1
_CUSTOM_KEY_LENGTH: Final = 40
_CURRENCY: Final = re.compile(r"[A-Z][A-Z0-9]{1,9}")
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_INTEGER: Final = re.compile(r"-?[0-9]{1,18}")
_UNKEEPABLE: Final = re.compile("[\0\ud800-\udfff]")  # PostgreSQL refuses these in a JSON document


# System fields

_SYSTEM_KEYS: Final = {
    "deal": """
        id:int title:varchar value:monetary currency:varchar weighted_value:monetary weighted_value_currency:varchar
        probability:int status:status stage_id:stage pipeline_id:pipeline owner_id:user creator_user_id:user
        person_id:people org_id:org label_ids:set visible_to:visible_to
        add_time:date update_time:date stage_change_time:date close_time:date won_time:date first_won_time:date
        lost_time:date local_won_date:date local_lost_date:date local_close_date:date expected_close_date:date
        lost_reason:varchar_options rotten_time:date next_activity_date:date last_activity_date:date
        last_incoming_mail_time:date last_outgoing_mail_time:date
        activities_count:int done_activities_count:int undone_activities_count:int email_messages_count:int
        products_count:int participants_count:int followers_count:int notes_count:int files_count:int
        origin:varchar origin_id:varchar channel_id:varchar channel:enum
        acv:monetary arr:monetary mrr:monetary is_archived:boolean archive_time:date
    """,
    "person": """
        id:int name:varchar first_name:varchar last_name:varchar owner_id:user org_id:org emails:varchar phones:phone
        label_ids:set visible_to:visible_to add_time:date update_time:date picture_id:picture
        open_deals_count:int closed_deals_count:int won_deals_count:int lost_deals_count:int
        related_open_deals_count:int related_closed_deals_count:int related_won_deals_count:int
        related_lost_deals_count:int participant_open_deals_count:int participant_closed_deals_count:int
        activities_count:int done_activities_count:int undone_activities_count:int email_messages_count:int
        followers_count:int notes_count:int files_count:int next_activity_date:date last_activity_date:date
        last_incoming_mail_time:date last_outgoing_mail_time:date marketing_status:enum doi_status:enum
        notes:text im:varchar birthday:date job_title:varchar postal_address:address
    """,
    "organization": """
        id:int name:varchar owner_id:user label_ids:set visible_to:visible_to add_time:date update_time:date
        address:address address_street_number:varchar address_route:varchar address_subpremise:varchar
        address_locality:varchar address_sublocality:varchar address_admin_area_level_1:varchar
        address_admin_area_level_2:varchar address_country:varchar address_postal_code:varchar
        address_formatted_address:varchar website:varchar linkedin:varchar industry:enum annual_revenue:int
        employee_count:int picture_id:picture people_count:int
        open_deals_count:int closed_deals_count:int won_deals_count:int lost_deals_count:int
        related_open_deals_count:int related_closed_deals_count:int related_won_deals_count:int
        related_lost_deals_count:int
        activities_count:int done_activities_count:int undone_activities_count:int email_messages_count:int
        followers_count:int notes_count:int files_count:int next_activity_date:date last_activity_date:date
    """,
}
_FIRST_ID: Final = {"deal": 1, "person": 101, "organization": 201}
_NAMES: Final = {
    "id": "ID",
    "stage_id": "Stage",
    "pipeline_id": "Pipeline",
    "owner_id": "Owner",
    "creator_user_id": "Creator",
    "person_id": "Contact person",
    "org_id": "Organization",
    "label_ids": "Labels",
    "weighted_value_currency": "Currency of weighted value",
    "stage_change_time": "Last stage change",
    "local_won_date": "Won date",
    "local_lost_date": "Lost date",
    "local_close_date": "Close date",
    "last_incoming_mail_time": "Last email received",
    "last_outgoing_mail_time": "Last email sent",
    "origin_id": "Origin ID",
    "channel_id": "Channel ID",
    "acv": "ACV",
    "arr": "ARR",
    "mrr": "MRR",
    "is_archived": "Archived",
    "picture_id": "Picture",
    "doi_status": "Double opt-in status",
    "im": "Instant messenger",
    "linkedin": "LinkedIn",
    "employee_count": "Number of employees",
}
_SYSTEM_OPTIONS: Final = {
    "status": tuple(Option(id_, label, None) for id_, label in enumerate(("Open", "Lost", "Won", "Deleted"), 1)),
    "visible_to": (
        Option(1, "Owner only", None),
        Option(3, "Owner's visibility group", None),
        Option(5, "Owner's visibility group and sub-groups", None),
        Option(7, "Entire company", None),
    ),
}


def _name(key: str) -> str:
    if key in _NAMES:
        return _NAMES[key]
    words = key.removesuffix("_count").replace("_", " ")
    return f"Number of {words}" if key.endswith("_count") else words.capitalize()


def _system_fields(resource: str) -> tuple[Field, ...]:
    return tuple(
        Field(
            resource=resource,
            id=_FIRST_ID[resource] + place,
            key=key,
            name=_name(key),
            type=type_,
            options=_SYSTEM_OPTIONS.get(type_, ()),
            description=None,
            position=place + 1,
            is_custom=False,
            settings={},
            created_at=Instant(0),
            updated_at=None,
            created_by=None,
            updated_by=None,
        )
        for place, (key, _, type_) in enumerate(word.partition(":") for word in _SYSTEM_KEYS[resource].split())
    )


SYSTEM: Final[Mapping[str, tuple[Field, ...]]] = {resource: _system_fields(resource) for resource in _SYSTEM_KEYS}
"""The fields every company has, by resource. New ones are appended: ids and keys stay, saved filters name them."""


# Time zones

_NOT_ZONES: Final = frozenset({"localtime", "Factory"})  # whatever the machine is set to, and "not set"


@cache
def _zones() -> Mapping[int, str]:
    return {timezone_id(name): name for name in available_timezones() - _NOT_ZONES}


def timezone_id(name: str) -> int:
    """A number for a time zone: a check-sum of its name, so that it is the same on every machine for ever.

    The vendor's numbers are not published. Places in a sorted list would shift with each release of the time zone
    data, and would quietly read a foreign number as a wrong zone; a number that is not ours is refused.
    """
    return crc32(name.encode()) & 0x7FFF_FFFF


# Strict reading


class _Caller(NamedTuple):
    zone: str
    currency: str


_Reader = Callable[[Field, object, _Caller], object]


def _text(field: Field, given: object, limit: int) -> str:
    if not isinstance(given, str):
        raise FieldInvalid(field.key, "must be a string")
    if len(given) > limit:
        raise FieldInvalid(field.key, f"must not be longer than {limit} characters")
    if _UNKEEPABLE.search(given):
        raise FieldInvalid(field.key, "holds a character that cannot be kept")
    return given


def _read_varchar(field: Field, given: object, _: _Caller) -> str | None:
    return _text(field, given, VARCHAR_LENGTH) or None


def _read_text(field: Field, given: object, _: _Caller) -> str | None:
    return _text(field, given, TEXT_LENGTH) or None


def _integer(field: Field, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise FieldInvalid(field.key, "must be an integer")
    return given


def _read_number(field: Field, given: object, _: _Caller) -> int | float:
    if isinstance(given, bool) or not isinstance(given, int | float | Decimal):
        raise FieldInvalid(field.key, "must be a number")
    number = Decimal(repr(given)) if isinstance(given, float) else Decimal(given)
    if not number.is_finite():
        raise FieldInvalid(field.key, "must be a number")
    if number.adjusted() >= _DIGITS or (rounded := _ROUNDING.plus(number)).adjusted() >= _DIGITS:
        raise FieldInvalid(field.key, "too large")
    nearest = float(rounded)
    return int(nearest) if nearest.is_integer() else nearest


def _read_id(field: Field, given: object, _: _Caller) -> int:
    number = _integer(field, given)
    if not 1 <= number <= _LARGEST_ID:
        raise FieldInvalid(field.key, "must be the id of a record")
    return number


def _read_visibility(field: Field, given: object, _: _Caller) -> int:
    number = _integer(field, given)
    if number not in VISIBILITIES:
        raise FieldInvalid(field.key, "must be 1, 3, 5 or 7")
    return number


def _read_option(field: Field, given: object, _: _Caller) -> int:
    number = _integer(field, given)
    if all(option.id != number for option in field.options):
        raise FieldInvalid(field.key, f"has no option {number}")
    return number


def _read_options(field: Field, given: object, caller: _Caller) -> list[int]:
    if not isinstance(given, list | tuple):
        raise FieldInvalid(field.key, "must be a list of option ids")
    if not given:
        raise FieldInvalid(field.key, "must not be an empty list")
    return list(dict.fromkeys(_read_option(field, item, caller) for item in given))


def _read_date(field: Field, given: object, _: _Caller) -> str:
    text = given if isinstance(given, str) else ""
    try:
        day = read_day(text, field.key)
    except Invalid:
        day = None
    if day != text:
        raise FieldInvalid(field.key, "must be a date such as 2026-02-01")
    return text


def _time(field: Field, given: object) -> str:
    if not isinstance(given, str) or not _TIME.fullmatch(given):
        raise FieldInvalid(field.key, "must be a time such as 10:30:00")
    return given if given.count(":") > 1 else f"{given}:00"


def _parts(field: Field, given: object) -> Mapping[str, object]:
    if not isinstance(given, Mapping):
        raise FieldInvalid(field.key, "must be an object")
    for part in given:
        if part != "value" and part not in PARTS[field.type]:
            raise FieldInvalid(field.key, f"has no part {part!s:.40}")
    if given.get("value") is None:
        raise FieldInvalid(field.key, "needs a value")
    return given


def _zone(field: Field, parts: Mapping[str, object], caller: _Caller) -> dict[str, object]:
    """The name wins over the number; the caller's zone if neither was given."""
    name, number = parts.get("timezone_name"), parts.get("timezone_id")
    if name is None:
        name = caller.zone if number is None else _zones().get(_integer(field, number))
        if name is None:
            raise FieldInvalid(field.key, "unknown timezone_id")
    elif not isinstance(name, str) or _zones().get(timezone_id(_text(field, name, VARCHAR_LENGTH))) != name:
        raise FieldInvalid(field.key, "unknown timezone_name")
    return {"timezone_id": timezone_id(name), "timezone_name": name}


def _read_money(field: Field, given: object, caller: _Caller) -> dict[str, object]:
    parts = _parts(field, given)
    code = parts.get("currency")
    if code is None:
        code = caller.currency
    if not isinstance(code, str) or not _CURRENCY.fullmatch(code):
        raise FieldInvalid(field.key, "must have a currency code such as EUR")
    return {"value": _read_number(field, parts["value"], caller), "currency": code}


def _read_dates(field: Field, given: object, caller: _Caller) -> dict[str, object]:
    parts = _parts(field, given)
    until = parts.get("until")
    return {
        "value": _read_date(field, parts["value"], caller),
        "until": None if until is None else _read_date(field, until, caller),
    }


def _read_time(field: Field, given: object, caller: _Caller) -> dict[str, object]:
    """Plain text, as the first form of v2 had it, is a time in the caller's zone."""
    parts = _parts(field, {"value": given} if isinstance(given, str) else given)
    return {"value": _time(field, parts["value"]), **_zone(field, parts, caller)}


def _read_times(field: Field, given: object, caller: _Caller) -> dict[str, object]:
    parts = _parts(field, given)
    until = parts.get("until")
    return {
        "value": _time(field, parts["value"]),
        "until": None if until is None else _time(field, until),
        **_zone(field, parts, caller),
    }


def _read_address(field: Field, given: object, _: _Caller) -> dict[str, object] | None:
    parts = _parts(field, given)
    texts = {
        part: None if (text := parts.get(part)) is None else _text(field, text, TEXT_LENGTH) or None
        for part in ("value", *ADDRESS_PARTS)
    }
    return None if texts["value"] is None else {**texts}


def _read_flag(field: Field, given: object, _: _Caller) -> str | None:
    word = ("true" if given else "false") if isinstance(given, bool) else given
    if not isinstance(word, str):
        raise FieldInvalid(field.key, "must be a boolean")
    if word not in ("", "true", "false"):
        raise FieldInvalid(field.key, "must be true or false")
    return word or None


def _read_instant(field: Field, given: object, _: _Caller) -> str | None:
    """In any zone; without one it is UTC."""
    text = _text(field, given, VARCHAR_LENGTH)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return iso(instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC)))
    except (ValueError, OverflowError):
        raise FieldInvalid(field.key, "must be a timestamp such as 2026-02-01T10:30:00Z") from None


_READERS: Final[Mapping[str, _Reader]] = {
    "address": _read_address,
    "boolean": _read_flag,
    "date": _read_date,
    "daterange": _read_dates,
    "datetime": _read_instant,
    "double": _read_number,
    "email": _read_varchar,
    "enum": _read_option,
    "monetary": _read_money,
    "org": _read_id,
    "people": _read_id,
    "phone": _read_varchar,
    "set": _read_options,
    "text": _read_text,
    "time": _read_time,
    "timerange": _read_times,
    "url": _read_text,
    "user": _read_id,
    "varchar": _read_varchar,
    "varchar_auto": _read_varchar,
    "visible_to": _read_visibility,
}

ALL_TYPES: Final = tuple(_READERS)
"""The types a custom field may have, in alphabetical order."""

TEXTUAL: Final = frozenset({"boolean", "datetime", "email", "url"})
"""Texts that keep a form. Surfaces without a word for them show a `varchar`, and do not offer them."""

TYPES: Final = tuple(type_ for type_ in ALL_TYPES if type_ not in TEXTUAL)
"""The types that every surface has a word for. Pipedrive's v2 does not offer `visible_to`."""


def read_values(
    fields: Mapping[str, Field], given: Mapping[str, object], zone: str, currency: str
) -> dict[str, object]:
    """Changes, for `merged_values`, from strictly typed JSON (contract 1.6); None and empty text clear a field.

    `fields` are the live custom fields by key. `zone` and `currency` are the caller's, for times and money that come
    without. The ids of users, persons and organizations are not looked up. Raises FieldInvalid.
    """
    caller = _Caller(zone, currency)
    changes: dict[str, object] = {}
    for key, value in given.items():
        field = fields.get(key)
        if field is None:
            raise FieldInvalid(key, "unknown field")
        changes[key] = None if value is None else _READERS[field.type](field, value, caller)
    return changes


# Lenient reading


def _is_blank(given: object) -> bool:
    return given is None or given in ("", [])


def _loose_text(_: Field, given: object) -> object:
    return str(given) if isinstance(given, int | float | Decimal) and not isinstance(given, bool) else given


def _loose_number(_: Field, given: object) -> object:
    return Decimal(text) if isinstance(given, str) and _NUMBER.fullmatch(text := given.strip()) else given


def _loose_integer(_: Field, given: object) -> object:
    if isinstance(given, Mapping):
        given = given.get("value")
    return int(text) if isinstance(given, str) and _INTEGER.fullmatch(text := given.strip()) else given


def _loose_option(field: Field, given: object) -> object:
    """An id, as number or text, else the label."""
    number = _loose_integer(field, given)
    if not isinstance(given, str) or any(option.id == number for option in field.options):
        return number
    label = given.strip()
    for option in field.options:
        if option.label == label:
            return option.id
    raise FieldInvalid(field.key, f"has no option {label:.40}")


def _loose_options(field: Field, given: object) -> object:
    items = given.split(",") if isinstance(given, str) else given if isinstance(given, list | tuple) else [given]
    return [_loose_option(field, item) for item in items if item != ""]


_LOOSE: Final[Mapping[str, Callable[[Field, object], object]]] = {
    "address": _loose_text,
    "double": _loose_number,
    "email": _loose_text,
    "enum": _loose_option,
    "monetary": _loose_number,
    "org": _loose_integer,
    "people": _loose_integer,
    "phone": _loose_text,
    "set": _loose_options,
    "text": _loose_text,
    "url": _loose_text,
    "user": _loose_integer,
    "varchar": _loose_text,
    "varchar_auto": _loose_text,
    "visible_to": _loose_integer,
}


def _loose_part(field: Field, part: str, given: object) -> object:
    if _is_blank(given):
        return None
    if part == "timezone_id":
        return _loose_integer(field, given)
    if part == "currency":
        return given.strip().upper() if isinstance(given, str) else given
    return _LOOSE[field.type](field, given) if field.type in _LOOSE else given


def split_key(fields: Mapping[str, Field], flat_key: str) -> tuple[str, str] | None:
    """The field and the part that a flat key means: `(key, "value")`, `(key, "currency")`; None if it means none."""
    if flat_key in fields:
        return flat_key, "value"
    key, part = flat_key[:_CUSTOM_KEY_LENGTH], flat_key[_CUSTOM_KEY_LENGTH + 1 :]
    if key in fields and flat_key == f"{key}_{part}" and part in COMPANIONS.get(fields[key].type, ()):
        return key, part
    return None


def _folded(field: Field, sent: Mapping[str, object], stored: object) -> object:
    """The strict form of what was sent flat for one field, with what is stored filling in what was not sent."""
    parts = {part: _loose_part(field, part, given) for part, given in sent.items()}
    if field.type not in COMPANIONS:
        return parts["value"]
    kept = dict(stored) if isinstance(stored, Mapping) else {}
    if "value" in parts:
        if parts["value"] is None:
            return None
        if field.type == "address":
            kept = {}
    elif not kept:
        told = [part for part, value in parts.items() if value is not None and part not in {"currency", "timezone_id"}]
        if told:
            raise FieldInvalid(field.key, "needs a value")
        return None
    for qualifier in ("currency", "timezone_id"):
        if qualifier in parts and parts[qualifier] is None:
            del parts[qualifier]
    if "timezone_id" in parts:
        kept.pop("timezone_name", None)
    return {**kept, **parts}


def read_loose_values(
    fields: Mapping[str, Field], given: Mapping[str, object], zone: str, currency: str, stored: Mapping[str, object]
) -> dict[str, object]:
    """Changes, as from `read_values`, from v1's flat and lenient form; `split_key` tells which keys belong here.

    Numbers may be text, empty text and an empty list clear, a set is `"2,3"` or a list, and an option is named by id or
    by its exact label. Companions (`<key>_currency`, ...) are folded in; what is not sent stays as `stored` has it, but
    a new address text drops the old parts. A currency or time zone without a value means nothing; any other companion
    without one is refused. Raises FieldInvalid.
    """
    sent: dict[str, dict[str, object]] = {}
    for flat_key, value in given.items():
        place = split_key(fields, flat_key)
        if place is None:
            raise FieldInvalid(flat_key, "unknown field")
        key, part = place
        sent.setdefault(key, {})[part] = value
    strict = {key: _folded(fields[key], parts, stored.get(key)) for key, parts in sent.items()}
    return read_values(fields, strict, zone, currency)


def merged_values(stored: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """The values to keep after changes."""
    return {key: value for key, value in {**stored, **changes}.items() if value is not None}


# Showing


def blank_values(keys: Iterable[str]) -> Mapping[str, None]:
    """The fields to show, all unset: prepare it once for a page of records."""
    return dict.fromkeys(keys)


def show_values(blank: Mapping[str, None], stored: Mapping[str, object]) -> dict[str, object]:
    """The values of the fields in `blank`, in its order, None where unset; what is stored of others is left out.

    The values are those of `stored`, not copies.
    """
    shown: dict[str, object] = {**blank, **stored}
    if len(shown) == len(blank):
        return shown
    return {key: shown[key] for key in blank}


def option_labels(fields: Mapping[str, Field]) -> Mapping[str, Mapping[object, object]]:
    """`{"id": 4, "label": "Hot"}` of every option, by field key and option id: prepare it once for a page."""
    return {
        key: {option.id: {"id": option.id, "label": option.label} for option in field.options}
        for key, field in fields.items()
        if field.type in CHOICES
    }


def with_labels(
    blank: Mapping[str, None], labels: Mapping[str, Mapping[object, object]], stored: Mapping[str, object]
) -> dict[str, object]:
    """As `show_values`, but options as `option_labels` has them. Options since removed are left out."""
    shown = show_values(blank, stored)
    for key in labels.keys() & shown.keys():
        value, known = shown[key], labels[key]
        if isinstance(value, list):
            shown[key] = [known[option] for option in value if option in known] or None
        elif value is not None:
            shown[key] = known.get(value)
    return shown


def flat_values(fields: Mapping[str, Field], stored: Mapping[str, object]) -> dict[str, object]:
    """The values as v1 shows them: an option is `"4"`, a set `"2,3"`, and companions stand beside their field."""
    flat: dict[str, object] = {}
    for key, field in fields.items():
        value = stored.get(key)
        if field.type in COMPANIONS:
            parts: Mapping[str, object] = value if isinstance(value, Mapping) else {}
            flat[key] = parts.get("value")
            flat.update((f"{key}_{part}", parts.get(part)) for part in COMPANIONS[field.type])
        elif field.type == "enum":
            flat[key] = None if value is None else str(value)
        elif isinstance(value, list):
            flat[key] = ",".join(map(str, value))
        else:
            flat[key] = value
    return flat


# Editing options


def _with_options(field: Field, options: Sequence[Option]) -> Field:
    if field.type not in CHOICES:
        raise Invalid("options", f"a field of type {field.type} has no options")
    if not options:
        raise Invalid("options", "the last option cannot be removed")
    tidy = tuple(option._replace(label=option.label.strip()) for option in options)
    for option in tidy:
        if not option.label:
            raise Invalid("label", "must not be empty")
        if len(option.label) > VARCHAR_LENGTH:
            raise Invalid("label", f"must not be longer than {VARCHAR_LENGTH} characters")
    if len({option.label for option in tidy}) < len(tidy):
        raise Invalid("label", "must not be given twice")
    return field._replace(options=tidy)


def _check_options(field: Field, ids: Collection[int]) -> None:
    unknown = sorted(set(ids) - {option.id for option in field.options})
    if unknown:
        raise Invalid("id", f"there is no option {unknown[0]}")
    if len(set(ids)) < len(ids):
        raise Invalid("id", "must not be given twice")


def add_options(field: Field, labels: Sequence[str], next_id: int) -> Field:
    """The field with options appended; they take the ids from `next_id` on. Raises Invalid, as all of these."""
    added = (Option(id_, label, None) for id_, label in enumerate(labels, next_id))
    return _with_options(field, [*field.options, *added])


def rename_options(field: Field, labels: Mapping[int, str]) -> Field:
    """The field with new labels for some options, by id."""
    _check_options(field, labels)
    return _with_options(
        field, [option._replace(label=labels.get(option.id, option.label)) for option in field.options]
    )


def remove_options(field: Field, ids: Sequence[int]) -> Field:
    """The field without some options. Records that chose them are not touched here; see `forget_options`."""
    _check_options(field, ids)
    return _with_options(field, [option for option in field.options if option.id not in ids])


def replace_options(field: Field, wanted: Sequence[tuple[int | None, str]], next_id: int) -> Field:
    """The field with exactly these options, in this order (v1's PUT): those without an id are new, the rest go."""
    _check_options(field, [id_ for id_, _ in wanted if id_ is not None])
    colours = {option.id: option.colour for option in field.options}
    fresh = iter(range(next_id, next_id + len(wanted)))
    ids = [next(fresh) if id_ is None else id_ for id_, _ in wanted]
    return _with_options(
        field, [Option(id_, label, colours.get(id_)) for id_, (_, label) in zip(ids, wanted, strict=True)]
    )


def forget_options(value: object, ids: Collection[int]) -> object:
    """A stored enum or set value without options that were removed; None if nothing is left of it."""
    if isinstance(value, list):
        return [option for option in value if option not in ids] or None
    return None if value in ids else value
