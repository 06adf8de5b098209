"""Orders and what is on them. An order goes where its deal goes: who does not see the deal does not see the order."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, select

from dealflow.core.company import Viewer
from dealflow.core.errors import NotFound
from dealflow.core.product import LineItem, Order
from dealflow.storage import deals, schema
from dealflow.storage.records import Records
from dealflow.storage.tx import Tx

_o, _i, _d = schema.sales_order.c, schema.line_item.c, schema.deal.c


def _of_deal(*seen: str) -> ColumnElement[bool]:
    """Orders of deals that are not deleted and meet conditions of their own."""
    found = select(_d.id).where(
        _d.company_id == bindparam("company_id"),
        _d.id == _o.deal_id,
        *(deals.deals.conditions[name] for name in ("not_deleted", *seen)),
    )
    return found.exists()


SEEN: Final = {(): "of_deal", ("not_private",): "of_public_deal", ("own_or_followed",): "of_own_deal"}

orders = Records(
    "sales_order",
    schema.sales_order,
    Order,
    conditions={
        "deal": _o.deal_id == bindparam("deal_id"),
        **{name: _of_deal(*seen) for seen, name in SEEN.items()},
    },
    orders={"id": _o.id, "deal_id": _o.deal_id, "created_at": _o.created_at, "updated_at": _o.updated_at},
)

line_items = Records(
    "line_item",
    schema.line_item,
    LineItem,
    conditions={
        "order": _i.order_id == bindparam("order_id"),
        "quantity": _i.quantity == bindparam("quantity"),
        "value": _i.value == bindparam("value"),
    },
    orders={
        "id": _i.id,
        "quantity": _i.quantity,
        "value": _i.value,
        "created_at": _i.created_at,
        "updated_at": _i.updated_at,
    },
)


def visible_to(viewer: Viewer) -> dict[str, Mapping[str, Any]]:
    """The condition that leaves the orders a user may see: those of deals that they may see."""
    seen = deals.visible_to(viewer)
    return {SEEN[tuple(seen)]: {name: value for given in seen.values() for name, value in given.items()}}


def get_visible(tx: Tx, order_id: int, viewer: Viewer) -> Order:
    """An order the user may see. Raises NotFound."""
    found = orders.page_by_ids(tx, [order_id], visible_to(viewer))
    if not found:
        raise NotFound("sales_order", order_id)
    return found[0]


def get_item(tx: Tx, order: Order, item_id: int) -> LineItem:
    """What is on an order. Raises NotFound, for items of other orders too."""
    item = line_items.find(tx, item_id)
    if item is None or item.order_id != order.id:
        raise NotFound("line_item", item_id)
    return item
