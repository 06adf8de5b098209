"""What a period brought: how many deals came from stage to stage, how they ended, what moved (contract 3.1, 3.2).

The definition, over the lives of deals one by one: clear before fast. A period is half-open: its end does not belong
to it. Everything here is of one pipeline; `stages` are those that it has now, in order, deleted ones left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from dealflow.core.money import Amount, divide_half_up
from dealflow.core.time import DAY, Instant


class Entry(NamedTuple):
    """A deal came into a stage of a pipeline."""

    at: Instant
    pipeline_id: int
    stage_id: int


class DealLife(NamedTuple):
    """A deal as it is now, and where it has been.

    `entries` are oldest first; the first is the creation, at `started_at`. `closed_at` is None while it is open.
    `outcome`: open, won, lost or unqualified, which counts as lost.
    """

    deal_id: int
    pipeline_id: int
    outcome: str
    started_at: Instant
    closed_at: Instant | None
    value: Amount
    currency: str
    entries: Sequence[Entry]

    @property
    def is_won(self) -> bool:
        return self.outcome == "won"


class Period(NamedTuple):
    """The instants from `start` on and before `end`."""

    start: Instant
    end: Instant

    def holds(self, at: Instant | None) -> bool:
        return at is not None and self.start <= at < self.end


class Rate(NamedTuple):
    """How many deals went on from a stage, of those whose fate there was decided."""

    from_stage_id: int
    to_stage_id: int
    forward: int
    stuck: int

    @property
    def percent(self) -> int:
        """Rounded half up; 0 if nobody counts."""
        return percent(self.forward, self.forward + self.stuck)


class Conversion(NamedTuple):
    """A rate for each two neighbouring stages, and how many deals were won and lost."""

    rates: list[Rate]
    won: int
    lost: int

    @property
    def won_percent(self) -> int:
        """Of those closed, rounded half up; 0 if none was."""
        return percent(self.won, self.won + self.lost)

    @property
    def lost_percent(self) -> int:
        """The rest to 100; 0 if none was closed."""
        return 100 - self.won_percent if self.won + self.lost else 0


class Group(NamedTuple):
    """Some deals by id, ascending, and the sums of their values by currency."""

    deal_ids: list[int]
    values: dict[str, Amount]


class Movement(NamedTuple):
    """What happened to the deals of a period. Ages are whole days, means rounded half up, 0 without a deal."""

    moves: int
    new: Group
    left_open: Group
    won: Group
    lost: Group
    age_days: int
    age_days_by_stage: dict[int, int]


def percent(part: int, whole: int) -> int:
    """`part` of `whole` in percent, rounded half up; 0 of nothing."""
    return divide_half_up(100 * part, whole) if whole else 0


# ------------------------------------------------------------------------------------------------------- conversion


def conversion(lives: Iterable[DealLife], pipeline_id: int, stages: Sequence[int], period: Period) -> Conversion:
    """The rates of a period."""
    rank = {stage_id: place for place, stage_id in enumerate(stages)}
    pairs = range(len(stages) - 1)
    forward, stuck = [0 for _ in pairs], [0 for _ in pairs]
    won = lost = 0
    for life in lives:
        passed, lost_in = fate(life, pipeline_id, rank, period)
        for pair in passed:
            forward[pair] += 1
        if lost_in is not None and lost_in in pairs and lost_in not in passed:
            stuck[lost_in] += 1
        if life.pipeline_id == pipeline_id and period.holds(life.closed_at):
            won, lost = won + life.is_won, lost + (not life.is_won)
    rates = [Rate(*ends, forward[i], stuck[i]) for i, ends in enumerate(pairwise(stages))]
    return Conversion(rates, won, lost)


def fate(life: DealLife, pipeline_id: int, rank: Mapping[int, int], period: Period) -> tuple[set[int], int | None]:
    """Which pairs of neighbouring stages a deal passed in a period, and in which stage it was lost, by rank from 0.

    A pair goes by its first stage. A jump passes the pairs between, a win all that remain.
    """
    passed: set[int] = set()
    stood_in = ranks(life.entries, pipeline_id, rank)
    start, end = period
    for entry, before, after in zip(life.entries[1:], stood_in, stood_in[1:], strict=False):
        if start <= entry.at < end and before is not None and after is not None:
            passed.update(range(before, after))
    if not period.holds(life.closed_at):
        return passed, None
    closed_in = stood_in[entry_when_closed(life)]
    if closed_in is None or not life.is_won:
        return passed, closed_in
    return passed.union(range(closed_in, len(rank) - 1)), None


def ranks(entries: Iterable[Entry], pipeline_id: int, rank: Mapping[int, int]) -> list[int | None]:
    """Where a deal stood from each entry on, as the rank of a stage; None elsewhere.

    In a deleted stage it stands where it stood before: nowhere, if it comes from elsewhere.
    """
    found: list[int | None] = []
    place: int | None = None
    for entry in entries:
        place = rank.get(entry.stage_id, place) if entry.pipeline_id == pipeline_id else None
        found.append(place)
    return found


def entry_when_closed(life: DealLife) -> int:
    """The last entry before a deal was closed. One closed before it was made stood in its first stage."""
    assert life.closed_at is not None
    return max((i for i, entry in enumerate(life.entries) if entry.at <= life.closed_at), default=0)


# --------------------------------------------------------------------------------------------------------- movement


def movement(
    lives: Iterable[DealLife], pipeline_id: int, stages: Sequence[int], period: Period, now: Instant
) -> Movement:
    """What moved in a period. What is left open is so at its end, or now if that is earlier."""
    lives = list(lives)
    here = [life for life in lives if life.pipeline_id == pipeline_id]
    closed = [life for life in here if period.holds(life.closed_at)]
    # What happens now has happened; what happens when the period ends has not.
    until = Instant(min(period.end, now + 1))
    left: list[DealLife] = []
    by_stage: dict[int, list[DealLife]] = {stage_id: [] for stage_id in stages}
    for life in lives:
        place = place_before(life, until) if is_open_before(life, until) else None
        if place is not None and place.pipeline_id == pipeline_id:
            left.append(life)
            if place.stage_id in by_stage:
                by_stage[place.stage_id].append(life)
    seen_at = Instant(min(period.end, now))
    return Movement(
        moves=sum(moves(life.entries, pipeline_id, period) for life in lives),
        new=group(life for life in here if period.holds(life.started_at)),
        left_open=group(left),
        won=group(life for life in closed if life.is_won),
        lost=group(life for life in closed if not life.is_won),
        age_days=mean_age_days(left, seen_at),
        age_days_by_stage={stage_id: mean_age_days(found, seen_at) for stage_id, found in by_stage.items()},
    )


def is_open_before(life: DealLife, until: Instant) -> bool:
    """Whether a deal had begun before an instant and was, by its present outcome, not closed before it."""
    return life.started_at < until and (life.closed_at is None or life.closed_at >= until)


def moves(entries: Sequence[Entry], pipeline_id: int, period: Period) -> int:
    """How often a deal went from one stage of the pipeline to another, forward or back."""
    return sum(
        period.holds(after.at)
        and before.pipeline_id == after.pipeline_id == pipeline_id
        and before.stage_id != after.stage_id
        for before, after in pairwise(entries)
    )


def place_before(life: DealLife, until: Instant) -> Entry | None:
    """Where a deal stood just before an instant; None if it was not there yet."""
    for entry in reversed(life.entries):
        if entry.at < until:
            return entry
    return None


def group(lives: Iterable[DealLife]) -> Group:
    """Deals with the sums of their values; currencies are never added to one another."""
    found = sorted(lives, key=lambda life: life.deal_id)
    values: dict[str, Amount] = {}
    for life in found:
        values[life.currency] = Amount(values.get(life.currency, 0) + life.value)
    return Group([life.deal_id for life in found], values)


def mean_age_days(lives: Sequence[DealLife], at: Instant) -> int:
    """The mean time since the deals began, in days, rounded half up."""
    return divide_half_up(sum(at - life.started_at for life in lives), len(lives) * DAY) if lives else 0
