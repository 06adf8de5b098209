"""What is on an order (contract 2.14). Line items are made and removed, never changed."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from dealflow.actions import orders as actions
from dealflow.core.errors import Invalid
from dealflow.core.product import LineItem
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.errors import BadParameter
from dealflow.dialects.sell.form import Form, decimal, integer, link, nothing, text
from dealflow.dialects.sell.lists import ListQuery, Sort, Where, read_page
from dealflow.dialects.sell.values import decimal_text, read_decimal
from dealflow.storage import orders, users
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Int, Reply

FORM: Final = Form(
    {
        "product_id": link(required=True),
        "currency": text(longest=3, required=True),
        "variation": decimal(),
        "value": decimal(),
        "quantity": integer(least=1, nullable=False),
        **dict.fromkeys(("id", "name", "sku", "description", "price", "created_at", "updated_at"), nothing()),
    }
)
SORTS: Final[Mapping[str, Sort]] = {
    name: Sort(name) for name in ("id", "quantity", "value", "created_at", "updated_at")
}


class LineItemOut(msgspec.Struct):
    """Something on an order; `value` is what one of them goes for, `variation` a percentage of `price`."""

    id: int
    name: str
    sku: str
    description: str
    price: str
    currency: str
    variation: str
    value: str
    quantity: int
    created_at: str
    updated_at: str


class LineItemsQuery(ListQuery, kw_only=True):
    """Parameters of the list."""

    quantity: Int | None = None
    value: str | None = None


def line_item_out(found: LineItem) -> LineItemOut:
    """The wire object."""
    return LineItemOut(
        found.id,
        found.name,
        found.sku,
        found.description,
        decimal_text(found.price),
        found.currency,
        decimal_text(found.variation),
        decimal_text(found.value),
        found.quantity,
        iso(found.created_at),
        iso(found.updated_at),
    )


def _value(given: str) -> Any:
    try:
        return read_decimal(given)
    except (TypeError, Invalid):
        raise BadParameter("value", f"must be a number, given: {given[:80]}") from None


@V2.add("GET", "/orders/{order_id}/line_items", section="2.14", cost=0, scopes="read", shows=list[LineItemOut])
def list_line_items(tx: Tx, order_id: Id, query: LineItemsQuery) -> Reply:
    order = orders.get_visible(tx, order_id, users.me(tx))
    where: Where = {"order": {"order_id": order.id}}
    if query.quantity is not None:
        where["quantity"] = {"quantity": query.quantity}
    if query.value is not None:
        where["value"] = {"value": _value(query.value)}
    found = read_page(tx, orders.line_items, query, where, SORTS)
    return listed([item("line_item", line_item_out(each)) for each in found], query.page, query.per_page)


@V2.add("POST", "/orders/{order_id}/line_items", section="2.14", cost=0, scopes="write", shows=LineItemOut)
def add_line_item(tx: Tx, order_id: Id, body: Annotated[Data, FORM]) -> Reply:
    orders.get_visible(tx, order_id, users.me(tx))
    return one("line_item", line_item_out(actions.add_line_item(tx, order_id, FORM.read(body))))


@V2.add("GET", "/orders/{order_id}/line_items/{line_item_id}", section="2.14", cost=0, scopes="read", shows=LineItemOut)
def get_line_item(tx: Tx, order_id: Id, line_item_id: Id) -> Reply:
    order = orders.get_visible(tx, order_id, users.me(tx))
    return one("line_item", line_item_out(orders.get_item(tx, order, line_item_id)))


@V2.add(
    "DELETE",
    "/orders/{order_id}/line_items/{line_item_id}",
    section="2.14",
    cost=0,
    scopes="write",
    status=204,
    shows=None,
)
def delete_line_item(tx: Tx, order_id: Id, line_item_id: Id) -> Reply:
    actions.delete_line_item(tx, order_id, line_item_id)
    return empty()
