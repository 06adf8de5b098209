from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core.errors import Invalid
from dealflow.core.history import StageEntered, StageVisit, stage_visits
from dealflow.core.time import Instant


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[StageEntered], Instant]:
    """A deal's entries, oldest first, and the end of its last stay."""
    steps = draw(st.lists(st.integers(0, 10**12), min_size=2, max_size=12))
    times = [Instant(each) for each in accumulate(steps)]
    stages = draw(st.lists(st.integers(1, 5), min_size=len(times) - 1, max_size=len(times) - 1))
    return [StageEntered(stage, at) for stage, at in zip(stages, times, strict=False)], times[-1]


@given(lives())
def test_stays_fill_a_deals_life(life: tuple[list[StageEntered], Instant]) -> None:
    entries, until = life
    stays = [visit.left_at - visit.entered_at for visit in stage_visits(entries, until)]
    assert sum(stays) == until - entries[0].at


@given(lives())
def test_stays_follow_each_other_without_a_gap(life: tuple[list[StageEntered], Instant]) -> None:
    assert all(before.left_at == after.entered_at for before, after in pairwise(stage_visits(*life)))


@given(lives())
def test_every_entry_is_a_stay(life: tuple[list[StageEntered], Instant]) -> None:
    entries, _ = life
    assert [(visit.stage_id, visit.entered_at) for visit in stage_visits(*life)] == entries


def test_a_deal_without_entries_stayed_nowhere() -> None:
    assert stage_visits([], Instant(5)) == []


def test_the_last_stay_ends_with_the_life() -> None:
    entries = [StageEntered(1, Instant(10)), StageEntered(2, Instant(30))]
    assert stage_visits(entries, Instant(70)) == [
        StageVisit(1, Instant(10), Instant(30)),
        StageVisit(2, Instant(30), Instant(70)),
    ]


@pytest.mark.parametrize(("first", "second", "until"), [(20, 10, 30), (10, 20, 15)])
def test_time_does_not_run_backwards(first: int, second: int, until: int) -> None:
    entries = [StageEntered(1, Instant(first)), StageEntered(2, Instant(second))]
    with pytest.raises(Invalid):
        stage_visits(entries, Instant(until))
