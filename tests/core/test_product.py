from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core.errors import Invalid
from dealflow.core.money import LARGEST, UNIT, Amount, amount
from dealflow.core.product import (
    WHOLE,
    Product,
    check_variation,
    prices_text,
    read_prices,
    variation_of,
    varied,
)
from dealflow.core.time import Instant

CENT = UNIT // 100
prices = st.integers(-(10**12), 10**12).map(lambda cents: Amount(cents * CENT))
variations = st.integers(-WHOLE, 10 * WHOLE).map(Amount)


def product(max_discount: int | None = None, max_markup: int | None = None) -> Product:
    at = Instant(0)
    return Product(1, "Mill", "mill", "", "", "", True, max_discount, max_markup, None, "EUR", "{}", 1, at, at, None, 1)


@pytest.mark.parametrize(("percent", "value"), [("2", "3671.99"), ("-2", "3527.99"), ("0", "3599.99")])
def test_a_variation_changes_the_price_as_the_vendor_counts(percent: str, value: str) -> None:
    assert varied(amount("3599.99"), amount(percent)) == amount(value)


@given(prices, variations)
def test_a_value_is_the_varied_price_in_whole_cents_half_up(price: Amount, variation: Amount) -> None:
    exact = Decimal(price) / UNIT * (1 + Decimal(variation) / UNIT / 100)
    assert Decimal(varied(price, variation)) / UNIT == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


@given(prices)
def test_a_price_without_variation_stays(price: Amount) -> None:
    assert varied(price, Amount(0)) == price


@given(st.integers(1, 10**6), st.integers(0, 10**7))
def test_the_variation_of_a_value_gives_the_value_again(price_cents: int, value_cents: int) -> None:
    price, value = Amount(price_cents * CENT), Amount(value_cents * CENT)
    assert varied(price, variation_of(price, value)) == value


def test_the_variation_of_a_negative_price_has_the_same_sense() -> None:
    assert variation_of(amount(-50), amount(-100)) == WHOLE


def test_what_costs_nothing_has_no_variation_but_none() -> None:
    assert variation_of(Amount(0), Amount(0)) == 0
    with pytest.raises(Invalid):
        variation_of(Amount(0), amount("0.01"))


@pytest.mark.parametrize(("price", "value"), [(amount("0.0001"), LARGEST), (amount("-0.0001"), LARGEST)])
def test_a_variation_that_does_not_fit_is_refused(price: Amount, value: Amount) -> None:
    with pytest.raises(Invalid):
        variation_of(price, value)


def test_a_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Invalid):
        varied(LARGEST, Amount(UNIT))


@given(st.integers(0, 100), st.integers(0, 100), variations)
def test_variations_stay_within_the_bounds_of_the_product(discount: int, markup: int, variation: Amount) -> None:
    try:
        check_variation(product(discount, markup), variation, "variation")
    except Invalid:
        assert not -discount * UNIT <= variation <= markup * UNIT
    else:
        assert -discount * UNIT <= variation <= markup * UNIT


@given(variations)
def test_a_product_without_bounds_allows_any_variation(variation: Amount) -> None:
    check_variation(product(), variation, "variation")


@given(st.dictionaries(st.sampled_from(["PLN", "USD", "EUR", "JPY"]), prices))
def test_prices_are_kept_in_the_order_of_their_currencies(given_prices: dict[str, Amount]) -> None:
    assert list(read_prices(prices_text(given_prices)).items()) == sorted(given_prices.items())
