"""Both tables, filled."""

from typing import Final

from dealflow.dialects.sell.dialect import V2, V3
from dealflow.dialects.sell.v2 import (
    associated_contacts,
    deals,
    dictionaries,
    industries,
    line_items,
    orders,
    pipelines,
    products,
    stages,
)
from dealflow.wire import Routes

FILLED_BY: Final = (
    associated_contacts,
    deals,
    dictionaries,
    industries,
    line_items,
    orders,
    pipelines,
    products,
    stages,
)

TABLES: Final[tuple[Routes, ...]] = (V2, V3)
