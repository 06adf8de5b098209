from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core.errors import Invalid
from dealflow.core.money import LARGEST, UNIT, Amount, amount, divide_half_up, exact_amount, number, rounded, text

amounts = st.integers(-LARGEST, LARGEST).map(Amount)


@given(amounts)
def test_an_amount_survives_being_a_number(units: Amount) -> None:
    assert amount(number(units)) == units


@given(amounts)
def test_an_amount_survives_being_text(units: Amount) -> None:
    assert amount(str(number(units))) == units


@given(amounts)
def test_whole_amounts_are_ints(units: Amount) -> None:
    assert isinstance(number(units), int) == (units % UNIT == 0)


@given(st.decimals(min_value=-(10**14), max_value=10**14, allow_nan=False, places=9))
def test_digits_beyond_four_decimals_are_rounded_half_up(value: Decimal) -> None:
    assert amount(value) == int((value * UNIT).to_integral_value(ROUND_HALF_UP))


@pytest.mark.parametrize("value", ["", "x", "1,5", "NaN", "Infinity", "-inf", "1e400", "--1"])
def test_what_is_no_number_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match=r"^value:"):
        amount(value)


@pytest.mark.parametrize("units", [LARGEST, -LARGEST])
def test_the_largest_amount_is_taken(units: int) -> None:
    assert amount(number(Amount(units))) == units


@pytest.mark.parametrize("sign", [1, -1])
def test_no_amount_is_larger_than_the_largest(sign: int) -> None:
    with pytest.raises(Invalid, match="too large"):
        amount(sign * (Decimal(LARGEST) + 1) / UNIT)


def test_the_field_is_named() -> None:
    with pytest.raises(Invalid, match=r"^budget:"):
        amount("x", "budget")


@given(st.integers(), st.integers(min_value=1))
def test_division_is_off_by_half_at_most(numerator: int, denominator: int) -> None:
    assert abs(Fraction(numerator, denominator) - divide_half_up(numerator, denominator)) <= Fraction(1, 2)


@given(st.integers(), st.integers(min_value=1))
def test_division_is_the_same_on_both_sides_of_zero(numerator: int, denominator: int) -> None:
    assert divide_half_up(-numerator, denominator) == -divide_half_up(numerator, denominator)


@pytest.mark.parametrize(("numerator", "quotient"), [(5, 3), (-5, -3), (4, 2), (3, 2), (1, 1), (0, 0)])
def test_halves_go_away_from_zero(numerator: int, quotient: int) -> None:
    assert divide_half_up(numerator, 2) == quotient


@given(amounts, st.integers(0, 4))
def test_a_rounded_amount_has_no_more_decimals_than_its_currency(units: Amount, decimals: int) -> None:
    assert rounded(units, 1, decimals) % 10 ** (4 - decimals) == 0


@given(amounts, st.integers(0, 4))
def test_rounding_twice_is_rounding_once(units: Amount, decimals: int) -> None:
    once = rounded(units, 1, decimals)
    assert rounded(once, 1, decimals) == once


@given(st.lists(amounts, max_size=50))
def test_sums_are_exact(values: list[Amount]) -> None:
    total = sum((Decimal(number(each)) for each in values), Decimal(0))
    assert Decimal(sum(values)) / UNIT == total


@pytest.mark.parametrize(
    ("number", "written"),
    [("900", "900"), ("1200.5", "1200.50"), ("0.0001", "0.0001"), ("-0.5", "-0.50"), ("3.125", "3.125"), ("0", "0")],
)
def test_an_amount_is_written_exactly(number: str, written: str) -> None:
    assert text(exact_amount(Decimal(number))) == written


@pytest.mark.parametrize("number", ["0.00001", "1e-400", "1e400", "NaN", "-Infinity", "9000000000000000"])
def test_what_is_no_exact_amount_is_refused(number: str) -> None:
    with pytest.raises(Invalid):
        exact_amount(Decimal(number))
