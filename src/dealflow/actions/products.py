"""Products: add, change, delete. The business of administrators."""

from collections.abc import Mapping
from typing import Any

from dealflow.actions.companies import read_currency
from dealflow.actions.permissions import require_admin
from dealflow.core.product import Product, prices_text
from dealflow.core.text import read_name, search_key
from dealflow.storage import counters, events, products, users
from dealflow.storage.tx import Tx

PRODUCTS = products.products


def writable_product(tx: Tx, product_id: int) -> Product:
    """A product that the acting user may change. Raises Forbidden, NotFound."""
    require_admin(tx)
    return products.get(tx, product_id)


def add_product(tx: Tx, given: Mapping[str, Any]) -> Product:
    """A new product; `given` is by the fields of `Product`, `prices` amounts by currency. Raises Forbidden, Invalid."""
    require_admin(tx)
    product = Product(
        id=counters.next_id(tx, "product"),
        name="",
        name_key="",
        description="",
        sku="",
        sku_key="",
        is_active=True,
        max_discount=None,
        max_markup=None,
        cost=None,
        cost_currency=users.company(tx).currency,
        prices="{}",
        creator_id=tx.user_id,
        created_at=tx.now,
        updated_at=tx.now,
        deleted_at=None,
        version=1,
    )
    product = _changed(product, given)
    events.created(tx, "product", product)
    return PRODUCTS.add(tx, product)


def update_product(tx: Tx, product_id: int, given: Mapping[str, Any]) -> Product:
    """Change what is given. Raises Forbidden, NotFound, Invalid."""
    before = writable_product(tx, product_id)
    return _save(tx, before, _changed(before, given))


def delete_product(tx: Tx, product_id: int) -> None:
    """Mark a product as deleted; what was ordered of it stays. Raises Forbidden, NotFound."""
    before = writable_product(tx, product_id)
    _save(tx, before, before._replace(deleted_at=tx.now), "deleted")


def _save(tx: Tx, before: Product, after: Product, action: str = "updated") -> Product:
    if after == before:
        return before
    after = after._replace(updated_at=tx.now)
    events.changed(tx, "product", before, after, action)
    return PRODUCTS.save(tx, before, after)


def _changed(product: Product, given: Mapping[str, Any]) -> Product:
    changes = dict(given)
    changes.update((name, changes[name] or "") for name in ("description", "sku") if name in changes)
    if "cost_currency" in changes:
        read_currency(changes["cost_currency"], "cost_currency")
    if "prices" in changes:
        for currency in changes["prices"]:
            read_currency(currency, "prices")
        changes["prices"] = prices_text(changes["prices"])
    after = product._replace(**changes)
    after = after._replace(name=read_name(after.name))
    return after._replace(name_key=search_key(after.name), sku_key=search_key(after.sku))
