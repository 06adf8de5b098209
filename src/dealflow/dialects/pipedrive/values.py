"""Times as both versions write them (contract 1.5). All results are whole seconds."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from dealflow.core.errors import Invalid
from dealflow.core.time import EARLIEST, LATEST, Instant, instant

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
