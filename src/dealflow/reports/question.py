"""What is asked: whose deals, of which pipeline, in which period, seen from when; and the deals it comes down to."""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from dealflow.core.statistics import Period
from dealflow.core.time import Instant
from dealflow.reports.columns import LOST, OPEN, WON, Array, Columns, Flags, Ints, standing


class Passages(NamedTuple):
    """Entries of a period by which the ranks of deals changed; `begins` are those of deals that were made then."""

    deal: Array
    before: Array
    after: Array
    begins: Flags


def _small(most: int) -> type[np.signedinteger[Any]]:
    """The type of numbers below `most`; short ones are sorted in no time."""
    return np.int16 if most <= np.iinfo(np.int16).max else np.int64


def grouped(keys: Array, values: Array, count: int) -> list[Array]:
    """The values by their keys, which are numbers from 0 to below `count`; equal keys keep their order."""
    keys = keys.astype(_small(count), copy=False)
    order = np.argsort(keys, kind="stable")
    bounds = np.searchsorted(keys[order], np.arange(count + 1)).tolist()
    values = values[order]
    return [values[start:end] for start, end in pairwise(bounds)]


class Question:
    """Deals are places in `columns`, arrays of them ascending; ranks are places in `stages`.

    `asked` says which deals are meant: those the viewer may see, of the owners in question. `now` is the moment the
    columns are of; the `reference` is the end of the period, or now if that is earlier.
    """

    def __init__(
        self, columns: Columns, asked: Flags, pipeline_id: int, stages: Sequence[int], period: Period, now: Instant
    ) -> None:
        self.columns = columns
        self.asked = asked & columns.is_there
        self.pipeline_id = pipeline_id
        self.stages = tuple(stages)
        self.period = period
        self.now = now
        # What happens now has happened; what happens when the period ends has not.
        self.until = Instant(min(period.end, now + 1))
        self.reference = Instant(min(period.end, now))
        self._passed: dict[int, Flags] = {}

    # ------------------------------------------------------------------------------------------------------- deals

    def is_within(self, at: Ints) -> Flags:
        """Which instants the period holds."""
        return (at >= self.period.start) & (at < self.period.end)

    @cached_property
    def here(self) -> Flags:
        """Deals that are in the pipeline now."""
        return self.asked & (self.columns.pipeline_id == self.pipeline_id)

    @cached_property
    def begun(self) -> Ints:
        """Deals of the pipeline that began in the period."""
        return np.flatnonzero(self.here & self.is_within(self.columns.started_at))

    @cached_property
    def closed(self) -> Ints:
        """Deals that were closed in the period, wherever they are now."""
        return np.flatnonzero(self.asked & self.is_within(self.columns.closed_at))

    def closed_as(self, outcome: int) -> Ints:
        """Deals of the pipeline that were closed so in the period."""
        closed = self.closed
        return closed[self.here[closed] & (self.columns.outcome[closed] == outcome)]

    @cached_property
    def won(self) -> Ints:
        return self.closed_as(WON)

    @cached_property
    def lost(self) -> Ints:
        """Unqualified ones too."""
        return self.closed_as(LOST)

    @cached_property
    def open_now(self) -> Ints:
        """Deals of the pipeline that are open now and not archived."""
        return np.flatnonzero(self.here & (self.columns.outcome == OPEN) & ~self.columns.is_archived)

    @cached_property
    def left_open(self) -> Ints:
        """Deals that stood in the pipeline just before the reference and were open, by their present outcome."""
        return self._left[0]

    @cached_property
    def left_in(self) -> Array:
        """The stage each of them stood in, by id."""
        return self.columns.entry_stage[self._left[1]]

    @cached_property
    def _left(self) -> tuple[Ints, Ints]:
        columns = self.columns
        deals = np.flatnonzero(self.asked & (columns.started_at < self.until) & (columns.closed_at >= self.until))
        entries = standing(columns, deals, np.full(len(deals), self.until - 1))
        stood = (entries >= 0) & (columns.entry_pipeline[entries] == self.pipeline_id)
        return deals[stood], entries[stood]

    # ------------------------------------------------------------------------------------------------------ entries

    @cached_property
    def ranks(self) -> tuple[Array, Array]:
        """The rank before and after each entry."""
        return self.columns.ranks(self.pipeline_id, self.stages)

    @cached_property
    def entries(self) -> Ints:
        """Entries of the deals asked about in the period, as places among all entries."""
        found = self.columns.within(self.period.start, self.period.end)
        return found[self.asked[self.columns.entry_deal[found]]]

    @cached_property
    def passages(self) -> Passages:
        """What moved in the period, and what began."""
        before, after = (ranks[self.entries] for ranks in self.ranks)
        changed = np.flatnonzero(before != after)
        entries = self.entries[changed]
        deal = self.columns.entry_deal[entries]
        return Passages(deal, before[changed], after[changed], entries == self.columns.first[deal])

    @cached_property
    def came_into(self) -> list[Array]:
        """The deals that came into each stage in the period, by rank, as often as they did."""
        found = self.passages
        into = np.flatnonzero(found.after >= 0)
        return grouped(found.after[into], found.deal[into], len(self.stages))

    @cached_property
    def _forward(self) -> dict[tuple[int, int], Array]:
        """The deals that went from one stage of the pipeline to a later one, by the ranks of the two."""
        found, count = self.passages, len(self.stages)
        onward = np.flatnonzero((found.before >= 0) & (found.after > found.before))
        pairs = found.before[onward].astype(_small(count * count)) * count + found.after[onward]
        groups = grouped(pairs, found.deal[onward], count * count)
        return {divmod(pair, count): deals for pair, deals in enumerate(groups) if len(deals)}

    @cached_property
    def closed_in(self) -> Array:
        """The rank at which each deal that was closed in the period stood then; negative elsewhere."""
        columns, closed = self.columns, self.closed
        entries = standing(columns, closed, columns.closed_at[closed])
        return self.ranks[1][np.where(entries < 0, columns.first[closed], entries)]

    def flags(self, *groups: Array) -> Flags:
        """Deals that are in one of some groups."""
        found = np.zeros(len(self.asked), np.bool_)
        for group in groups:
            found[group] = True
        return found

    def passed(self, pair: int) -> Flags:
        """Deals that went on from a stage, given by rank: forward, or won while in it or before."""
        if pair not in self._passed:
            closed_in = self.closed_in
            won = (self.columns.outcome[self.closed] == WON) & (closed_in >= 0) & (closed_in <= pair)
            moved = [deals for (before, after), deals in self._forward.items() if before <= pair < after]
            self._passed[pair] = self.flags(*moved, self.closed[won])
        return self._passed[pair]

    def lost_in(self, rank: int) -> Ints:
        """Deals that were lost in a stage, given by rank."""
        return self.closed[(self.columns.outcome[self.closed] == LOST) & (self.closed_in == rank)]
