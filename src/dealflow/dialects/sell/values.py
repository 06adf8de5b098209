"""Single values as Sell writes and reads them (contract 1.9, 2)."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from dealflow.core import money
from dealflow.core.errors import Invalid
from dealflow.core.money import Amount
from dealflow.core.time import SECOND, Day, Instant, instant, iso, moment

CENT: Final = 100  # ten-thousandths
MOST_INTEGER_DIGITS: Final = 15


def cents(units: Amount) -> Amount:
    """An amount rounded half up to two decimals: all that this surface shows."""
    return units if units % CENT == 0 else money.rounded(units, 1, 2)


def decimal_text(units: Amount) -> str:
    """`"3599.99"`: always two decimals."""
    rounded = cents(units)
    whole, rest = divmod(abs(rounded), 100 * CENT)
    return f"{'-' if rounded < 0 else ''}{whole}.{rest // CENT:02}"


def value_out(units: Amount) -> int | str:
    """A deal's value: an integer without a fraction, else text with two decimals."""
    if units % money.UNIT == 0:
        return units // money.UNIT
    whole, rest = divmod(cents(units), money.UNIT)
    return decimal_text(units) if rest else whole


def instant_out(at: Instant | None) -> str | None:
    """`2026-03-09T10:00:00Z`."""
    return None if at is None else iso(at)


def read_instant(text: str) -> Instant:
    """ISO 8601 in any zone, cut to whole seconds; without a zone it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    at = instant(moment.astimezone(UTC))
    return Instant(at - at % SECOND)


def read_date(text: str) -> Day:
    """A date; of a whole timestamp its UTC date. Raises ValueError."""
    if len(text) == 10:
        return Day(date.fromisoformat(text).isoformat())
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Day(moment.astimezone(UTC).date().isoformat())


def read_decimal(given: Any) -> Amount:
    """A number or decimal text, rounded half up to two decimals. Raises TypeError if it is neither, Invalid."""
    if isinstance(given, bool) or not isinstance(given, int | str | Decimal):
        raise TypeError("not a number")
    try:
        number = Decimal(given.strip() if isinstance(given, str) else given)
    except ArithmeticError:
        raise TypeError("not a number") from None
    if not number.is_finite():
        raise TypeError("not a number")
    if number.adjusted() >= MOST_INTEGER_DIGITS:
        raise Invalid("value", f"must have at most {MOST_INTEGER_DIGITS} digits before the point")
    return money.amount(number.quantize(Decimal("0.01"), ROUND_HALF_UP))


def utc_offset(timezone: str, at: Instant) -> str:
    """How far a time zone is from UTC at a moment: `UTC+02:00`."""
    offset = moment(at).astimezone(ZoneInfo(timezone)).utcoffset() or timedelta()
    minutes = offset // timedelta(minutes=1)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
