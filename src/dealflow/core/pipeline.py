"""Pipelines and their stages.

A pipeline's open stages are where deals stand. Won, lost and unqualified are rows of their own beside them, with ids
from the same sequence, for surfaces that show an outcome as a stage.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from dealflow.core.errors import Invalid
from dealflow.core.time import Instant


class Pipeline(NamedTuple):
    """`state`: active, disabled (hidden, may come back) or deleted (marked for good). Position 1 is the default.

    `is_seeded`: made with the company and never renamed.
    """

    id: int
    name: str
    position: int
    state: str
    probability_enabled: bool
    is_seeded: bool
    created_at: Instant
    updated_at: Instant | None
    version: int

    @property
    def is_live(self) -> bool:
        return self.state == "active"


class Stage(NamedTuple):
    """`category`: open, won, lost or unqualified. `likelihood` is a percentage, 0 to 100."""

    id: int
    pipeline_id: int
    name: str
    category: str
    position: int
    likelihood: int
    rot_enabled: bool
    rot_days: int | None
    created_at: Instant
    updated_at: Instant | None
    deleted_at: Instant | None
    version: int

    @property
    def rots_after_days(self) -> int | None:
        """Days of silence after which an open deal here is rotten; None if it never is."""
        return self.rot_days if self.rot_enabled else None


TERMINAL: Final = (("Won", "won", 100), ("Lost", "lost", 0), ("Unqualified", "unqualified", 0))
FIRST_TERMINAL_POSITION: Final = 8


class SeededStage(NamedTuple):
    """An open stage that a company begins with."""

    name: str
    likelihood: int
    position: int


class SeededPipeline(NamedTuple):
    """A pipeline that a company begins with."""

    name: str
    stages: Sequence[SeededStage]


TEMPLATES: Final[Mapping[str, SeededPipeline]] = {
    "pipedrive": SeededPipeline(
        "Pipeline",
        [
            SeededStage("Qualified", 100, 1),
            SeededStage("Contact Made", 100, 2),
            SeededStage("Demo Scheduled", 100, 3),
            SeededStage("Proposal Made", 100, 4),
            SeededStage("Negotiations Started", 100, 5),
        ],
    ),
    "sell": SeededPipeline(
        "Sales Pipeline",
        [
            SeededStage("Prospecting", 5, 1),
            SeededStage("Qualified", 10, 2),
            SeededStage("Quote", 20, 3),
            SeededStage("Closure", 50, 7),
        ],
    ),
}
"""What new accounts of either vendor have."""


def read_likelihood(percent: int) -> int:
    """A percentage, 0 to 100. Raises Invalid."""
    if not 0 <= percent <= 100:
        raise Invalid("likelihood", "must be from 0 to 100")
    return percent


def read_rot_days(days: int | None) -> int | None:
    """Days, at least one; None switches the clock off. Raises Invalid."""
    if days is not None and not 1 <= days <= 36_500:
        raise Invalid("rot_days", "must be at least 1")
    return days


def placed(order: Sequence[int], moved: int, place: int) -> list[int]:
    """The ids in their new order once `moved` stands at 1-based `place`; 0 means first, beyond the end means last."""
    rest = [each for each in order if each != moved]
    rest.insert(max(0, place - 1), moved)
    return rest
