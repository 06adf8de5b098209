"""The table, filled."""

from typing import Final

from dealflow.board import statistics
from dealflow.board.dialect import BOARD
from dealflow.wire import Routes

FILLED_BY: Final = (statistics,)

TABLES: Final[tuple[Routes, ...]] = (BOARD,)
