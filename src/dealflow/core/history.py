"""A deal's life as a sequence of stays in stages."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from dealflow.core.errors import Invalid
from dealflow.core.time import Instant


class StageEntered(NamedTuple):
    """The deal came into a stage."""

    stage_id: int
    at: Instant


class StageVisit(NamedTuple):
    """A stay in a stage: the half-open span from `entered_at` to `left_at`."""

    stage_id: int
    entered_at: Instant
    left_at: Instant


def stage_visits(entries: Sequence[StageEntered], until: Instant) -> list[StageVisit]:
    """Cut one deal's life into its stays in stages.

    `entries` are oldest first, the creation included; `until` ends the last stay: when the deal was closed, or now.
    Stays follow each other without a gap. Raises Invalid if time runs backwards.
    """
    times = [*(entry.at for entry in entries), until]
    if any(left < entered for entered, left in pairwise(times)):
        raise Invalid("at", "stage history is not in time order")
    return [
        StageVisit(entry.stage_id, entered, left)
        for entry, (entered, left) in zip(entries, pairwise(times), strict=True)
    ]
