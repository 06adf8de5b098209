"""Both tables, filled."""

from typing import Final

from dealflow.dialects.pipedrive.dialect import V1, V2
from dealflow.dialects.pipedrive.v2 import pipelines, stages
from dealflow.wire import Routes

__all__ = ["TABLES", "pipelines", "stages"]

TABLES: Final[tuple[Routes, ...]] = (V1, V2)
