"""Products."""

from sqlalchemy import bindparam

from dealflow.core.errors import NotFound
from dealflow.core.product import Product
from dealflow.storage import schema
from dealflow.storage.records import Records
from dealflow.storage.tx import Tx

_p = schema.product.c

products = Records(
    "product",
    schema.product,
    Product,
    conditions={
        "not_deleted": _p.deleted_at.is_(None),
        "name": _p.name_key == bindparam("name_key"),
        "sku": _p.sku_key == bindparam("sku_key"),
        "active": _p.is_active == bindparam("is_active"),
    },
    orders={
        "id": _p.id,
        "name": _p.name_key,
        "sku": _p.sku_key,
        "created_at": _p.created_at,
        "updated_at": _p.updated_at,
    },
)


def get(tx: Tx, product_id: int) -> Product:
    """A product that is not deleted. Raises NotFound."""
    product = products.get(tx, product_id)
    if product.deleted_at is not None:
        raise NotFound("product", product_id)
    return product
