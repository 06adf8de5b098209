"""Times, label ids and field keys as the two versions write them (contract 1.5). Times are read as whole seconds."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Final

from msgspec import Meta

from dealflow.core.errors import Invalid
from dealflow.core.fields import Field, FieldInvalid
from dealflow.core.time import EARLIEST, LATEST, Instant, instant

MOST_FIELD_KEYS: Final = 15

# Read by `read_v1_labels`, which takes more forms than these.
LabelsIn = Annotated[
    Any, Meta(extra_json_schema={"type": ["array", "null"], "items": {"type": "integer", "minimum": 1}})
]

_RFC_3339: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]+)?(?:[Zz]|([-+ ])([0-9]{2}):([0-9]{2}))"
)
_SPACED: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def read_timestamp(text: str, field: str) -> Instant:
    """RFC 3339 from a version 2 query: fractions are refused. Raises Invalid."""
    return _rfc_3339(text, field, fractions=False)


def read_body_time(text: str, field: str) -> Instant:
    """RFC 3339 from a version 2 body: fractions are cut. Raises Invalid."""
    return _rfc_3339(text, field, fractions=True)


def read_v1_time(text: str, field: str) -> Instant:
    """`YYYY-MM-DD HH:MM:SS` in UTC, or RFC 3339; fractions are cut. Raises Invalid."""
    if _SPACED.fullmatch(text):
        return _instant(text, timedelta(), field)
    return _rfc_3339(text, field, fractions=True)


def _rfc_3339(text: str, field: str, *, fractions: bool) -> Instant:
    """An unencoded `+` of a query arrives as a space, so a space means a plus."""
    found = _RFC_3339.fullmatch(text)
    if found is None or (found[3] and not fractions):
        raise _refusal(field)
    offset = timedelta()
    if found[4]:
        offset = timedelta(hours=int(found[5]), minutes=int(found[6]))
        if int(found[6]) > 59 or offset >= timedelta(days=1):
            raise _refusal(field)
    return _instant(f"{found[1]} {found[2]}", -offset if found[4] == "-" else offset, field)


def _instant(clock: str, offset: timedelta, field: str) -> Instant:
    try:
        moment = datetime.fromisoformat(clock).replace(tzinfo=timezone(offset) if offset else UTC)
    except ValueError:
        raise _refusal(field) from None
    at = instant(moment)
    if not EARLIEST <= at <= LATEST:
        raise _refusal(field)
    return at


def _refusal(field: str) -> Invalid:
    return Invalid(field, "not a valid datetime")


def read_field_keys(text: str | None, live: Mapping[str, Field]) -> Iterable[str]:
    """The custom fields a version 2 query asks for; all if it says nothing. Raises Invalid, FieldInvalid."""
    if text is None:
        return live
    keys = list(dict.fromkeys(key.strip() for key in text.split(",") if key.strip()))
    if len(keys) > MOST_FIELD_KEYS:
        raise Invalid("custom_fields", f"must have at most {MOST_FIELD_KEYS} keys")
    for key in keys:
        if key not in live:
            raise FieldInvalid(key, "unknown field")
    return keys


def read_v1_labels(value: Any, field: str) -> list[int]:
    """Label ids from a version 1 body: `"2,3"`, `2`, `[2, "3"]` or null. Raises Invalid."""
    parts = value if isinstance(value, list) else str(value).split(",") if value is not None else []
    texts = [str(part).strip() for part in parts]
    if not all(text.isascii() and text.isdigit() and len(text) < 19 for text in texts):
        raise Invalid(field, "must be ids of labels")
    return [int(text) for text in texts]
