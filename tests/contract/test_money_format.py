"""Contract 3.8."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core.currencies import CURRENCIES
from dealflow.core.money import LARGEST, UNIT, Amount, amount, rounded
from dealflow.dialects.pipedrive.money import format_amount


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("5000", "EUR", "€5,000"),
        ("10", "USD", "US$10"),
        ("11.1", "USD", "US$11.10"),
        ("11.05", "USD", "US$11.05"),
        ("0", "AUD", "A$0"),
        ("25200", "SAR", "SAR 25,200"),
        ("1234567.891", "KWD", "KWD 1,234,567.891"),
        ("1.0001", "KWD", "KWD 1"),
        ("99.5", "JPY", "¥100"),
        ("5000", "XAF", "XAF 5,000"),
        ("5000", "XOF", "XOF 5,000"),
        ("5000", "XCG", "XCG 5,000"),
        ("1500.5", "POINTS", "POINTS 1,500.50"),
    ],
)
def test_an_amount_is_its_sign_and_its_digits(value: str, currency: str, text: str) -> None:
    assert format_amount(amount(value), currency, viewer_currency="EUR") == text


def test_dollars_are_plain_to_those_who_count_in_them() -> None:
    assert format_amount(amount(1_000_000), "USD", viewer_currency="USD") == "$1,000,000"


def test_other_dollars_keep_their_country_for_those_who_count_in_us_dollars() -> None:
    assert format_amount(amount(3), "CAD", viewer_currency="USD") == "CA$3"


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [("-5", "EUR", "-€5"), ("-5.5", "EUR", "-€5.50"), ("-5", "SAR", "-SAR 5"), ("-1234.565", "EUR", "-€1,234.57")],
)
def test_below_zero_the_minus_comes_first(value: str, currency: str, text: str) -> None:
    assert format_amount(amount(value), currency, viewer_currency="EUR") == text


@pytest.mark.parametrize("value", ["0.004", "-0.004"])
def test_what_rounds_to_nothing_is_zero_without_a_minus(value: str) -> None:
    assert format_amount(amount(value), "EUR", viewer_currency="EUR") == "€0"


@given(st.integers(-LARGEST, LARGEST).map(Amount), st.sampled_from(sorted(CURRENCIES)))
def test_the_digits_say_the_rounded_amount(units: Amount, currency: str) -> None:
    text = format_amount(units, currency, viewer_currency="EUR")
    digits = "".join(character for character in text if character in "-0123456789.")
    assert Decimal(digits) == Decimal(rounded(units, 1, CURRENCIES[currency].decimals)) / UNIT
