"""Both tables, filled."""

from typing import Final

from dealflow.dialects.sell.dialect import V2, V3
from dealflow.dialects.sell.oauth import OAUTH
from dealflow.dialects.sell.v2 import (
    accounts,
    associated_contacts,
    calls,
    collaborations,
    contacts,
    custom_fields,
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
    users,
    visits,
)
from dealflow.dialects.sell.v3 import custom_fields as custom_fields_v3
from dealflow.dialects.sell.v3 import search, streams
from dealflow.wire import Routes

FILLED_BY: Final = (
    accounts,
    associated_contacts,
    calls,
    collaborations,
    contacts,
    custom_fields,
    custom_fields_v3,
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
    streams,
    sync,
    tags,
    tasks,
    text_messages,
    users,
    visits,
)

TABLES: Final[tuple[Routes, ...]] = (V2, V3, OAUTH)
