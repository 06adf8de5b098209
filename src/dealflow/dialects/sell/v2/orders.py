"""Orders of deals (contract 2.14)."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from dealflow.actions import orders as actions
from dealflow.core.product import Order
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V2, Data
from dealflow.dialects.sell.envelope import empty, item, listed, one
from dealflow.dialects.sell.form import Form, integer, link, nothing
from dealflow.dialects.sell.lists import ListQuery, Sort, read_page
from dealflow.storage import orders, users
from dealflow.storage.tx import Tx
from dealflow.wire import Id, Reply

MOST_A_PAGE: Final = 500

FORM: Final = Form(
    {
        "deal_id": link(required=True, writing="once"),
        "discount": integer(least=0, most=100, nullable=False),
        **dict.fromkeys(("id", "created_at", "updated_at"), nothing()),
    }
)
SORTS: Final[Mapping[str, Sort]] = {name: Sort(name) for name in ("id", "deal_id", "created_at", "updated_at")}


class OrderOut(msgspec.Struct):
    """An order; `discount` is a percentage of the whole."""

    id: int
    deal_id: int
    discount: int
    created_at: str
    updated_at: str


class OrdersQuery(ListQuery, kw_only=True):
    """Parameters of the list."""

    per_page: Annotated[int, msgspec.Meta(ge=1, le=MOST_A_PAGE)] = 25
    deal_id: Id | None = None


def order_out(order: Order) -> OrderOut:
    """The wire object."""
    return OrderOut(order.id, order.deal_id, order.discount, iso(order.created_at), iso(order.updated_at))


@V2.add("GET", "/orders", section="2.14", cost=0, scopes="read", shows=list[OrderOut])
def list_orders(tx: Tx, query: OrdersQuery) -> Reply:
    where = orders.visible_to(users.me(tx))
    if query.deal_id is not None:
        where["deal"] = {"deal_id": query.deal_id}
    found = read_page(tx, orders.orders, query, where, SORTS)
    return listed([item("order", order_out(each)) for each in found], query.page, query.per_page)


@V2.add("POST", "/orders", section="2.14", cost=0, scopes="write", shows=OrderOut)
def add_order(tx: Tx, body: Annotated[Data, FORM]) -> Reply:
    return one("order", order_out(actions.add_order(tx, **FORM.read(body))))


@V2.add("GET", "/orders/{order_id}", section="2.14", cost=0, scopes="read", shows=OrderOut)
def get_order(tx: Tx, order_id: Id) -> Reply:
    return one("order", order_out(orders.get_visible(tx, order_id, users.me(tx))))


@V2.add("PUT", "/orders/{order_id}", section="2.14", cost=0, scopes="write", shows=OrderOut)
def update_order(tx: Tx, order_id: Id, body: Annotated[Data, FORM]) -> Reply:
    before = orders.get_visible(tx, order_id, users.me(tx))
    given = FORM.read(body, msgspec.to_builtins(order_out(before)))
    after = actions.update_order(tx, order_id, given.get("discount", before.discount))
    return one("order", order_out(after))


@V2.add("DELETE", "/orders/{order_id}", section="2.14", cost=0, scopes="write", status=204, shows=None, pooled=True)
def delete_order(tx: Tx, order_id: Id) -> Reply:
    actions.delete_order(tx, order_id)
    return empty()
