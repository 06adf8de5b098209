"""Orders of deals and what is on them: add, change, delete."""

from collections.abc import Mapping
from typing import Any

from dealflow.actions.deals import writable_deal
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.core.money import Amount
from dealflow.core.product import LineItem, Order, Product, check_variation, read_prices, variation_of, varied
from dealflow.storage import counters, events, orders, products, users
from dealflow.storage.tx import Tx

ORDERS, LINE_ITEMS = orders.orders, orders.line_items


def add_order(tx: Tx, deal_id: int, discount: int = 0) -> Order:
    """The order of a deal, `discount` in percent. Raises Invalid, Conflict if the deal has one."""
    try:
        writable_deal(tx, deal_id)
    except NotFound:
        raise Invalid("deal_id", "no such deal") from None
    if ORDERS.page(tx, {"deal": {"deal_id": deal_id}}, limit=1):
        raise Conflict("deal_id", "already has an order")
    order = Order(
        id=counters.next_id(tx, "sales_order"),
        deal_id=deal_id,
        discount=discount,
        creator_id=tx.user_id,
        created_at=tx.now,
        updated_at=tx.now,
        version=1,
    )
    events.created(tx, "sales_order", order)
    return ORDERS.add(tx, order)


def update_order(tx: Tx, order_id: int, discount: int) -> Order:
    """Change the discount, in percent. Raises NotFound."""
    before = orders.get_visible(tx, order_id, users.me(tx))
    if discount == before.discount:
        return before
    after = before._replace(discount=discount, updated_at=tx.now)
    events.changed(tx, "sales_order", before, after)
    return ORDERS.save(tx, before, after)


def delete_order(tx: Tx, order_id: int) -> None:
    """Remove an order and what is on it, for good. Raises NotFound."""
    order = orders.get_visible(tx, order_id, users.me(tx))
    for item in LINE_ITEMS.all(tx, {"order": {"order_id": order.id}}):
        _drop_item(tx, item)
    events.append(tx, "sales_order", order.id, "deleted", order._asdict(), None)
    ORDERS.drop(tx, order.id)


def add_line_item(tx: Tx, order_id: int, given: Mapping[str, Any]) -> LineItem:
    """Put a product on an order: `product_id`, `currency`, `quantity`, and `variation` or `value`.

    A value alone defines the variation; beside a variation it is passed over. Raises NotFound, Invalid.
    """
    order = orders.get_visible(tx, order_id, users.me(tx))
    product = _sold(tx, given["product_id"])
    price = read_prices(product.prices).get(given["currency"])
    if price is None:
        raise Invalid("currency", "is none of the product's prices")
    variation, value = _priced(product, price, given.get("variation"), given.get("value"))
    item = LineItem(
        id=counters.next_id(tx, "line_item"),
        order_id=order.id,
        product_id=product.id,
        name=product.name,
        sku=product.sku,
        description=product.description,
        price=price,
        currency=given["currency"],
        variation=variation,
        value=value,
        quantity=given.get("quantity", 1),
        created_at=tx.now,
        updated_at=tx.now,
    )
    events.created(tx, "line_item", item)
    return LINE_ITEMS.add(tx, item)


def delete_line_item(tx: Tx, order_id: int, item_id: int) -> None:
    """Take something off an order. Raises NotFound, for what is on another order too."""
    order = orders.get_visible(tx, order_id, users.me(tx))
    _drop_item(tx, orders.get_item(tx, order, item_id))


def _drop_item(tx: Tx, item: LineItem) -> None:
    events.append(tx, "line_item", item.id, "deleted", item._asdict(), None)
    LINE_ITEMS.drop(tx, item.id)


def _sold(tx: Tx, product_id: int) -> Product:
    product = products.products.find(tx, product_id)
    if product is None or product.deleted_at is not None:
        raise Invalid("product_id", "no such product")
    if not product.is_active:
        raise Invalid("product_id", "is not active")
    return product


def _priced(product: Product, price: Amount, variation: Amount | None, value: Amount | None) -> tuple[Amount, Amount]:
    """Variation and value. Raises Invalid."""
    if variation is None and value is not None:
        variation = variation_of(price, value)
        check_variation(product, variation, "value")
        return variation, value
    variation = Amount(variation or 0)
    check_variation(product, variation, "variation")
    return variation, varied(price, variation)
