"""Conversion and movement by their definitions (contract 3.1, 3.2)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dealflow.core.money import Amount
from dealflow.core.statistics import DealLife, Entry, Group, Period, Rate, conversion, movement
from dealflow.core.time import Instant, instant
from tests.support.lengths import length

PIPELINE: Final = 1
STAGES: Final = (11, 12, 13)
ELSEWHERE: Final = 2


def march(day: int, hour: int = 9) -> Instant:
    return instant(datetime(2026, 3, day, hour, tzinfo=UTC))


MARCH: Final = Period(march(1, 0), instant(datetime(2026, 4, 1, tzinfo=UTC)))
MAY: Final = instant(datetime(2026, 5, 1, tzinfo=UTC))


def a_life(
    *places: tuple[int, int],
    won: int | None = None,
    lost: int | None = None,
    deal_id: int = 1,
    value: int = 10_000,
    currency: str = "EUR",
) -> DealLife:
    """A deal that came into stages on days of March, at nine; a stage beyond the pipeline's own is another one's."""
    entries = [Entry(march(day), PIPELINE if stage < 20 else ELSEWHERE, stage) for stage, day in places]
    closed = won or lost
    return DealLife(
        deal_id=deal_id,
        pipeline_id=entries[-1].pipeline_id,
        outcome="won" if won else "lost" if lost else "open",
        started_at=entries[0].at,
        closed_at=march(closed) if closed else None,
        value=Amount(value),
        currency=currency,
        entries=entries,
    )


EXAMPLE: Final = [
    a_life((11, 2), (12, 5), (13, 9), won=20, deal_id=1),
    a_life((11, 3), lost=10, deal_id=2),
    a_life((11, 4), (13, 12), deal_id=3),
    a_life((11, 6), (12, 8), lost=25, deal_id=4),
    a_life((11, 7), deal_id=5),
]


def test_the_worked_example_of_conversion() -> None:
    found = conversion(EXAMPLE, PIPELINE, STAGES, MARCH)
    assert found.rates == [Rate(11, 12, 3, 1), Rate(12, 13, 2, 1)]
    assert ([rate.percent for rate in found.rates], found.won_percent, found.lost_percent) == ([75, 67], 33, 67)


def test_the_worked_example_of_movement() -> None:
    found = movement(EXAMPLE, PIPELINE, STAGES, MARCH, MAY)
    assert (found.moves, found.age_days, found.age_days_by_stage) == (4, 26, {11: 25, 12: 0, 13: 28})
    assert (found.new, found.left_open) == (
        Group([1, 2, 3, 4, 5], {"EUR": Amount(50_000)}),
        Group([3, 5], {"EUR": Amount(20_000)}),
    )
    assert (found.won.deal_ids, found.lost.deal_ids) == ([1], [2, 4])


@pytest.mark.parametrize(
    ("life", "rates"),
    [
        (a_life((11, 2), (13, 5)), [(1, 0), (1, 0)]),
        (a_life((12, 2), (13, 5)), [(0, 0), (1, 0)]),
        (a_life((13, 2), won=5), [(0, 0), (0, 0)]),
        (a_life((11, 2), won=5), [(1, 0), (1, 0)]),
        (a_life((12, 2), won=5), [(0, 0), (1, 0)]),
        (a_life((13, 2), (12, 5)), [(0, 0), (0, 0)]),
        (a_life((13, 2), lost=5), [(0, 0), (0, 0)]),
        (a_life((11, 2), (12, 3), (11, 4), lost=5), [(1, 0), (0, 0)]),
        (a_life((11, 2), (12, 3), (11, 4), (12, 5)), [(1, 0), (0, 0)]),
        (a_life((11, 2), (19, 3), (12, 4)), [(1, 0), (0, 0)]),
        (a_life((11, 2), (19, 3), lost=4), [(0, 1), (0, 0)]),
        (a_life((19, 2), lost=4), [(0, 0), (0, 0)]),
        (a_life((11, 2), (21, 3), (12, 4)), [(0, 0), (0, 0)]),
        (a_life((11, 2), (21, 3), lost=4), [(0, 0), (0, 0)]),
        (a_life((11, 2), (21, 3), (19, 4), lost=5), [(0, 0), (0, 0)]),
        (a_life((11, 2), (21, 2), (19, 2), lost=2), [(0, 0), (0, 0)]),
        (a_life((11, 2), (12, 2), lost=2), [(1, 0), (0, 1)]),
        (a_life((11, 2), (19, 3), (11, 4), (12, 5)), [(1, 0), (0, 0)]),
        (a_life((11, 2), (12, 9), won=5), [(1, 0), (1, 0)]),
        (a_life((11, 2), (12, 9), lost=5), [(1, 0), (0, 0)]),
        (a_life((12, 6), (13, 9), lost=5), [(0, 0), (1, 0)]),
        (a_life((12, 6), lost=5), [(0, 0), (0, 1)]),
        (a_life((11, 2), (12, 3), (11, 4), (13, 5), won=6), [(1, 0), (1, 0)]),
    ],
    ids=[
        "a jump passes the stages between",
        "a deal made later has not passed the earlier stages",
        "a win in the last stage passes nothing",
        "a win passes all that remain",
        "a win passes from where it stood",
        "a step back is no passage",
        "a loss in the last stage sticks nowhere",
        "who went on before a loss has gone on",
        "a deal counts once",
        "a deleted stage is passed over",
        "a loss in a deleted stage is one in the stage before",
        "a deal only in deleted stages counts nowhere",
        "a stay elsewhere cuts the chain",
        "a loss elsewhere does not count here",
        "a loss in a deleted stage after a stay elsewhere counts nowhere",
        "what happens at one instant happened in the order told",
        "a loss is where the deal went at the same instant",
        "back from a deleted stage it is where it was",
        "a win was where the deal stood then, later moves go on",
        "who was lost and went on afterwards has gone on",
        "the same in a later stage, before it was made",
        "who was lost before they were made was lost in their first stage",
        "a pair is passed once, however often",
    ],
)
def test_a_deals_fate(life: DealLife, rates: list[tuple[int, int]]) -> None:
    found = conversion([life], PIPELINE, STAGES, MARCH)
    assert [(rate.forward, rate.stuck) for rate in found.rates] == rates


@pytest.mark.parametrize(("day", "counts"), [(1, 1), (31, 1)])
def test_what_happens_within_the_period_counts(day: int, counts: int) -> None:
    life = a_life((11, 1), (12, day))._replace(started_at=march(1, 0))
    assert conversion([life], PIPELINE, STAGES, MARCH).rates[0].forward == counts


def test_the_end_of_the_period_does_not_belong_to_it() -> None:
    entries = [Entry(march(1), PIPELINE, 11), Entry(MARCH.end, PIPELINE, 12)]
    life = a_life((11, 1))._replace(entries=entries, outcome="won", closed_at=MARCH.end)
    found = movement([life], PIPELINE, STAGES, MARCH, MAY)
    assert (found.moves, found.won.deal_ids, found.left_open.deal_ids) == (0, [], [1])
    assert conversion([life], PIPELINE, STAGES, MARCH).won == 0


def test_nothing_gives_zeros() -> None:
    found = conversion([], PIPELINE, STAGES, MARCH)
    assert ([rate.percent for rate in found.rates], found.won_percent, found.lost_percent) == ([0, 0], 0, 0)


@pytest.mark.parametrize("stages", [(), (11,)])
def test_fewer_than_two_stages_have_no_rates(stages: tuple[int, ...]) -> None:
    assert conversion(EXAMPLE, PIPELINE, stages, MARCH).rates == []


def test_currencies_are_kept_apart() -> None:
    lives = [a_life((11, 2), deal_id=1, value=5), a_life((11, 2), deal_id=2, value=7, currency="USD")]
    assert movement(lives, PIPELINE, STAGES, MARCH, MAY).new.values == {"EUR": Amount(5), "USD": Amount(7)}


def test_before_the_period_ends_ages_are_those_of_now() -> None:
    life = a_life((11, 2))
    assert movement([life], PIPELINE, STAGES, MARCH, march(12)).age_days == 10


@pytest.mark.parametrize(
    ("life", "count"),
    [
        (a_life((11, 2), (12, 3), (11, 4), (12, 5)), 3),
        (a_life((11, 2), (19, 3), (12, 4)), 2),
        (a_life((11, 2), (11, 3)), 0),
        (a_life((11, 2), (21, 3), (12, 4)), 0),
        (a_life((11, 2), (12, 3), lost=4), 1),
        (a_life((11, 2), (12, 6), lost=4), 1),
    ],
    ids=[
        "each move, forward or back",
        "deleted stages too",
        "none to where it is",
        "none to another pipeline and back",
        "of a closed deal",
        "even after it was closed",
    ],
)
def test_moves_of_a_deal(life: DealLife, count: int) -> None:
    assert movement([life], PIPELINE, STAGES, MARCH, MAY).moves == count


def test_a_deal_is_left_open_where_it_stood_before_the_period_ended() -> None:
    life = a_life((11, 2))._replace(entries=[Entry(march(2), PIPELINE, 11), Entry(MARCH.end, PIPELINE, 12)])
    assert movement([life], PIPELINE, STAGES, MARCH, MAY).age_days_by_stage == {11: 30, 12: 0, 13: 0}


@pytest.mark.parametrize(("later", "left"), [(-1, [1]), (0, [])], ids=["before the end", "at the end"])
def test_a_deal_that_begins_when_the_period_ends_is_not_left_open(later: int, left: list[int]) -> None:
    """Even if it was moved before it began, as it may seem once its beginning is given anew."""
    begun = Instant(MARCH.end + later)
    entries = [Entry(begun, PIPELINE, 11), Entry(march(5), PIPELINE, 12)]
    life = a_life((11, 2))._replace(started_at=begun, entries=entries)
    assert movement([life], PIPELINE, STAGES, MARCH, MAY).left_open.deal_ids == left


def test_a_deal_that_left_the_pipeline_is_not_left_open_in_it() -> None:
    found = movement([a_life((11, 2), (21, 9))], PIPELINE, STAGES, MARCH, MAY)
    assert (found.left_open.deal_ids, found.new.deal_ids, found.moves) == ([], [], 0)


# ------------------------------------------------------------------------------------------------- word for word

moments = st.integers(MARCH.start - 3, MARCH.start + 12).map(Instant)
periods = st.tuples(moments, moments).map(sorted).map(lambda ends: Period(*ends))


@st.composite
def lives(draw: st.DrawFn) -> DealLife:
    """A deal that was here, in a deleted stage or elsewhere, within an hour that few moments share."""
    places = draw(st.lists(st.sampled_from([11, 12, 13, 14, 11, 12, 13, 14, 19, 21]), min_size=1, max_size=7))
    times = sorted(draw(st.lists(moments, min_size=len(places), max_size=len(places))))
    entries = [
        Entry(at, ELSEWHERE if stage == 21 else PIPELINE, stage) for at, stage in zip(times, places, strict=True)
    ]
    outcome = draw(st.sampled_from(["open", "won", "lost", "unqualified"]))
    return a_life((11, 2))._replace(
        pipeline_id=entries[-1].pipeline_id,
        outcome=outcome,
        started_at=entries[0].at,
        closed_at=None if outcome == "open" else draw(moments),
        entries=entries,
    )


def reduced(entries: Sequence[Entry]) -> list[Entry]:
    """Without visits to deleted stages."""
    return [entry for entry in entries if entry.stage_id != 19]


def counts_as(life: DealLife, one: int, other: int, period: Period) -> str:
    """What the contract says of a deal and two neighbouring stages; stages are in the order of their ids."""
    steps = [
        (before.stage_id, after.stage_id, after.at)
        for before, after in pairwise(reduced(life.entries))
        if ELSEWHERE not in (before.pipeline_id, after.pipeline_id)
    ]
    if any(period.holds(at) and before <= one and after >= other for before, after, at in steps):
        return "forward"
    if not period.holds(life.closed_at):
        return "not at all"
    stood = [entry for entry in life.entries if entry.at <= (life.closed_at or 0)] or [life.entries[0]]
    stood_in = reduced(stood)[-1].stage_id if reduced(stood) else 0
    if life.is_won and 11 <= stood_in <= one:
        return "forward"
    return "stuck" if not life.is_won and stood_in == one else "not at all"


@settings(max_examples=length(500, nightly=50_000))
@given(lives(), periods)
def test_rates_are_what_the_contract_says(life: DealLife, period: Period) -> None:
    found = conversion([life], PIPELINE, [11, 12, 13, 14], period)
    expected = [counts_as(life, *pair, period) for pair in ((11, 12), (12, 13), (13, 14))]
    assert [(rate.forward, rate.stuck) for rate in found.rates] == [
        (each == "forward", each == "stuck") for each in expected
    ]
