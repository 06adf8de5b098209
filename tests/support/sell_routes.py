"""A request that works for each route of the Sell dialect that takes a body or needs parameters.

`world` is the company of tests.support.world; bodies are the attributes under `data`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from tests.support.server import Json
from tests.support.world import World

Example = Callable[[World], Json]

BODIES: Final[Mapping[str, Example]] = {}

QUERIES: Final[Mapping[str, Callable[[World], dict[str, Any]]]] = {}
