"""Money: an `Amount` is whole ten-thousandths of a currency's unit, beside its currency code. Never a float."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final, NewType

from dealflow.core.errors import Invalid

Amount = NewType("Amount", int)

UNIT: Final = 10_000
DECIMALS: Final = 4
ZERO: Final = Amount(0)
LARGEST: Final = Amount(9 * 10**14 * UNIT)
TOO_MANY_DIGITS: Final = 20


def amount(value: int | str | Decimal, field: str = "value") -> Amount:
    """The amount of a number; digits beyond four decimals are rounded half up. Raises Invalid."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise Invalid(field, "not a valid number") from None
    if not number.is_finite():
        raise Invalid(field, "not a valid number")
    if abs(number) * UNIT > LARGEST:
        raise Invalid(field, "too large")
    return Amount(int((number * UNIT).quantize(Decimal(1), ROUND_HALF_UP)))


def exact_amount(number: Decimal, field: str = "value") -> Amount:
    """The amount of a number that has no digits beyond four decimals. Raises Invalid."""
    if not number.is_finite():
        raise Invalid(field, "not a valid number")
    if number.adjusted() > TOO_MANY_DIGITS:
        raise Invalid(field, "too large")
    units = int(number.scaleb(DECIMALS))
    if abs(units) > LARGEST:
        raise Invalid(field, "too large")
    if Decimal(units).scaleb(-DECIMALS) != number:
        raise Invalid(field, "must have at most four decimals")
    return Amount(units)


def text(units: Amount) -> str:
    """The amount as digits: `900` if it is whole, else with two to four decimals, `1200.50`."""
    whole, rest = divmod(abs(units), UNIT)
    sign = "-" if units < 0 else ""
    return f"{sign}{whole}.{f'{rest:04}'.rstrip('0').ljust(2, '0')}" if rest else f"{sign}{whole}"


def number(units: Amount) -> int | Decimal:
    """The amount as a number: an int if it is whole, else a Decimal without trailing zeros."""
    return units // UNIT if units % UNIT == 0 else (Decimal(units) / UNIT).normalize()


def divide_half_up(numerator: int, denominator: int) -> int:
    """Integer division of a positive denominator, halves away from zero."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def rounded(numerator: int, denominator: int, decimals: int) -> Amount:
    """`numerator / denominator` ten-thousandths, rounded half up to a currency's number of decimals."""
    step = 10 ** (4 - min(decimals, 4))
    return Amount(divide_half_up(numerator, denominator * step) * step)
