"""What is sold: products with their prices, and the orders that put them on deals.

Percentages of variations are whole ten-thousandths of a percent, as amounts are of a unit: 2 % is 20,000.
"""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from dealflow.core import money
from dealflow.core.errors import Invalid
from dealflow.core.money import LARGEST, UNIT, Amount
from dealflow.core.time import Instant

WHOLE: Final = 100 * UNIT
"""A hundred percent."""
CENTS: Final = 2


class Product(NamedTuple):
    """`prices` is JSON text, amounts by currency. `max_discount` and `max_markup` are percents, None for no limit."""

    id: int
    name: str
    name_key: str
    description: str
    sku: str
    sku_key: str
    is_active: bool
    max_discount: int | None
    max_markup: int | None
    cost: Amount | None
    cost_currency: str
    prices: str
    creator_id: int
    created_at: Instant
    updated_at: Instant
    deleted_at: Instant | None
    version: int


class Order(NamedTuple):
    """What a deal sells; a deal has one at most. `discount` is a percentage of the whole."""

    id: int
    deal_id: int
    discount: int
    creator_id: int
    created_at: Instant
    updated_at: Instant
    version: int


class LineItem(NamedTuple):
    """A product as it was when it was ordered. `value` is what one goes for: `price` less or plus `variation`."""

    id: int
    order_id: int
    product_id: int
    name: str
    sku: str
    description: str
    price: Amount
    currency: str
    variation: Amount
    value: Amount
    quantity: int
    created_at: Instant
    updated_at: Instant


def prices_text(prices: Mapping[str, Amount]) -> str:
    """How prices are kept: in the order of their currencies."""
    return json.dumps(prices, sort_keys=True, separators=(",", ":"))


def read_prices(text: str) -> dict[str, Amount]:
    """Kept prices by currency, in their order."""
    prices: dict[str, Amount] = json.loads(text)
    return prices


def varied(price: Amount, variation: Amount) -> Amount:
    """`price * (1 + variation / 100)` in whole cents, half up. Raises Invalid if it is too large."""
    value = money.rounded(price * (WHOLE + variation), WHOLE, CENTS)
    if abs(value) > LARGEST:
        raise Invalid("variation", "too large")
    return value


def variation_of(price: Amount, value: Amount) -> Amount:
    """The variation that makes a price this value, half up. Raises Invalid if there is none, or none that fits."""
    if price == 0:
        if value != 0:
            raise Invalid("value", "must be 0 for a product that costs nothing")
        return money.ZERO
    if price < 0:
        price, value = Amount(-price), Amount(-value)
    variation = Amount(money.divide_half_up((value - price) * WHOLE, price))
    if abs(variation) > LARGEST:
        raise Invalid("value", "too large")
    return variation


def check_variation(product: Product, variation: Amount, field: str) -> None:
    """Discounts and markups have their bounds. Raises Invalid."""
    if product.max_discount is not None and variation < -product.max_discount * UNIT:
        raise Invalid(field, f"allows a discount of at most {product.max_discount} %")
    if product.max_markup is not None and variation > product.max_markup * UNIT:
        raise Invalid(field, f"allows a markup of at most {product.max_markup} %")
