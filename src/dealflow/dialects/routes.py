"""The tables of all dialects."""

from typing import Final

from dealflow.dialects.pipedrive.routes import TABLES as PIPEDRIVE
from dealflow.dialects.sell.routes import TABLES as SELL
from dealflow.wire import Routes

TABLES: Final[tuple[Routes, ...]] = (*PIPEDRIVE, *SELL)
