"""Products (contract 2.14)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from dealflow.actions import products as actions
from dealflow.actions.permissions import require_admin
from dealflow.core.errors import Invalid
from dealflow.core.money import Amount
from dealflow.core.product import Product, read_prices
from dealflow.core.text import search_key
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.form import (
    TEXT_LENGTH,
    Attribute,
    Form,
    WrongType,
    decimal,
    flag,
    integer,
    nothing,
    text,
)
from dealflow.dialects.sell.lists import ListQuery, Sort, Where, read_page
from dealflow.dialects.sell.values import decimal_text
from dealflow.storage import products, users
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

MOST_A_PAGE: Final = 500
LARGEST_MARKUP: Final = 1_000_000

_amount = decimal().read


def _prices(given: Any) -> dict[str, Amount]:
    """Amounts by currency, each once."""
    if not isinstance(given, list):
        raise WrongType("a list of prices")
    prices: dict[str, Amount] = {}
    for i, price in enumerate(given):
        if not isinstance(price, dict) or price.keys() != {"amount", "currency"}:
            raise WrongType("a list of objects with 'amount' and 'currency'")
        currency = price["currency"]
        if not isinstance(currency, str):
            raise WrongType("a list of objects whose 'currency' is a string")
        if currency in prices:
            raise Invalid(f"{i}/currency", "has a price already")
        try:
            prices[currency] = _amount(price["amount"])
        except Invalid as error:
            raise Invalid(f"{i}/amount", error.reason) from None
    return prices


PRICE: Final = {
    "type": "object",
    "properties": {"amount": {"type": ["number", "string"]}, "currency": {"type": "string"}},
    "required": ["amount", "currency"],
}
FORM: Final = Form(
    {
        "name": text(required=True),
        "description": text(longest=TEXT_LENGTH),
        "sku": text(),
        "active": flag("is_active"),
        "max_discount": integer(least=0, most=100),
        "max_markup": integer(least=0, most=LARGEST_MARKUP),
        "cost": decimal(),
        "cost_currency": text(longest=3, nullable=False),
        "prices": Attribute(_prices, {"type": "array", "items": PRICE}, nullable=False),
        **dict.fromkeys(("id", "created_at", "updated_at"), nothing()),
    }
)
SORTS: Final[Mapping[str, Sort]] = {name: Sort(name) for name in ("id", "name", "sku", "created_at", "updated_at")}


class PriceOut(msgspec.Struct):
    """What a product costs in one currency."""

    amount: str
    currency: str


class ProductOut(msgspec.Struct):
    """A product. Only administrators see what it costs its seller."""

    id: int
    name: str
    description: str
    sku: str
    active: bool
    max_discount: int | None
    max_markup: int | None
    cost: str | None
    cost_currency: str | None
    prices: list[PriceOut]
    created_at: str
    updated_at: str


class ProductsQuery(ListQuery, kw_only=True):
    """Parameters of the list; `organization_id` and `owner_id` have no effect."""

    per_page: Annotated[int, msgspec.Meta(ge=1, le=MOST_A_PAGE)] = 25
    name: str | None = None
    sku: str | None = None
    active: bool | None = None
    organization_id: Id | None = None
    owner_id: Id | None = None


def product_out(product: Product, *, with_cost: bool) -> ProductOut:
    """The wire object."""
    cost = product.cost if with_cost else None
    return ProductOut(
        product.id,
        product.name,
        product.description,
        product.sku,
        product.is_active,
        product.max_discount,
        product.max_markup,
        None if cost is None else decimal_text(cost),
        product.cost_currency if with_cost else None,
        [PriceOut(decimal_text(amount), currency) for currency, amount in read_prices(product.prices).items()],
        iso(product.created_at),
        iso(product.updated_at),
    )


def _answer(tx: Tx, product: Product) -> Reply:
    return one("product", product_out(product, with_cost=users.me(tx).is_admin))


@V2.add("GET", "/products", section="2.14", cost=0, scopes="read", shows=list[ProductOut])
def list_products(tx: Tx, query: ProductsQuery) -> Reply:
    where: Where = {"not_deleted": {}}
    if query.name is not None:
        where["name"] = {"name_key": search_key(query.name)}
    if query.sku is not None:
        where["sku"] = {"sku_key": search_key(query.sku)}
    if query.active is not None:
        where["active"] = {"is_active": query.active}
    found = read_page(tx, products.products, query, where, SORTS)
    with_cost = users.me(tx).is_admin
    items = [item("product", product_out(each, with_cost=with_cost)) for each in found]
    return listed(items, query.page, query.per_page)


@V2.add("POST", "/products", section="2.14", cost=0, scopes="write", admin=True, shows=ProductOut)
def add_product(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    require_admin(tx)
    return _answer(tx, actions.add_product(tx, FORM.read(body)))


@V2.add("GET", "/products/{product_id}", section="2.14", cost=0, scopes="read", shows=ProductOut)
def get_product(tx: Tx, product_id: Id) -> Reply:
    return _answer(tx, products.get(tx, product_id))


@V2.add("PUT", "/products/{product_id}", section="2.14", cost=0, scopes="write", admin=True, shows=ProductOut)
def update_product(tx: Tx, product_id: Id, body: Annotated[Data, FORM]) -> Reply:
    shown = msgspec.to_builtins(product_out(actions.writable_product(tx, product_id), with_cost=True))
    return _answer(tx, actions.update_product(tx, product_id, FORM.read(body, shown)))


@V2.add("DELETE", "/products/{product_id}", section="2.14", cost=0, scopes="write", admin=True, status=204, shows=None)
def delete_product(tx: Tx, product_id: Id) -> Reply:
    actions.delete_product(tx, product_id)
    return empty()
