"""Both tables, filled."""

from typing import Final

from dealflow.dialects.sell.dialect import V2, V3
from dealflow.dialects.sell.oauth import OAUTH
from dealflow.dialects.sell.v2 import (
    associated_contacts,
    calls,
    collaborations,
    contacts,
    deals,
    dictionaries,
    industries,
    lead_conversions,
    leads,
    line_items,
    notes,
    orders,
    pipelines,
    products,
    stages,
    sync,
    tags,
    tasks,
    text_messages,
    visits,
)
from dealflow.dialects.sell.v3 import search
from dealflow.wire import Routes

FILLED_BY: Final = (
    associated_contacts,
    calls,
    collaborations,
    contacts,
    deals,
    dictionaries,
    industries,
    lead_conversions,
    leads,
    line_items,
    notes,
    orders,
    pipelines,
    products,
    search,
    stages,
    sync,
    tags,
    tasks,
    text_messages,
    visits,
)

TABLES: Final[tuple[Routes, ...]] = (V2, V3, OAUTH)
