from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core.deal import (
    OUTCOMES,
    Deal,
    close,
    move,
    probability,
    read_probability,
    read_visibility,
    require_writable,
    rotten_at,
    weighted,
)
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.money import LARGEST, UNIT, Amount
from dealflow.core.pipeline import Stage
from dealflow.core.time import DAY, Instant

NOW, LATER = Instant(1_000 * DAY), Instant(1_001 * DAY)


def a_stage(**given: Any) -> Stage:
    stage = Stage(1, 1, "Qualified", "open", 1, 40, False, None, NOW, None, None, 1)
    return stage._replace(**given)


def a_deal(**given: Any) -> Deal:
    deal = Deal(
        id=1,
        title="Roll-out",
        title_key="roll-out",
        value=Amount(100 * UNIT),
        currency="EUR",
        owner_id=1,
        creator_id=1,
        person_id=None,
        organization_id=None,
        pipeline_id=1,
        stage_id=1,
        outcome="open",
        outcome_at=None,
        first_won_at=None,
        loss_reason=None,
        probability=None,
        expected_close=None,
        visibility=3,
        label_ids="[]",
        custom_fields="{}",
        origin="API",
        origin_id=None,
        channel=None,
        channel_id=None,
        started_at=NOW,
        created_at=NOW,
        updated_at=NOW,
        stage_changed_at=None,
        archived_at=None,
        deleted_at=None,
        version=1,
    )
    return deal._replace(**given)


outcomes = st.sampled_from(OUTCOMES)
lives = st.lists(st.tuples(outcomes, st.integers(1, 10)), max_size=8)


def lived(life: list[tuple[str, int]]) -> Deal:
    """A deal after the outcomes of a life, each so many days after the one before."""
    deal, at = a_deal(), NOW
    for outcome, days in life:
        at = Instant(at + days * DAY)
        deal = close(deal, outcome, at)
    return deal


def test_a_move_goes_to_the_stage_and_its_pipeline() -> None:
    moved = move(a_deal(), a_stage(id=7, pipeline_id=3), LATER)
    assert (moved.stage_id, moved.pipeline_id, moved.stage_changed_at) == (7, 3, LATER)


def test_a_move_to_where_the_deal_stands_is_none() -> None:
    deal = a_deal()
    assert move(deal, a_stage(), LATER) is deal


@given(outcomes)
def test_a_move_leaves_the_outcome(outcome: str) -> None:
    closed = close(a_deal(), outcome, NOW)
    moved = move(closed, a_stage(id=7), LATER)
    assert (moved.outcome, moved.closed_at) == (closed.outcome, closed.closed_at)


@given(lives)
def test_only_open_deals_have_no_closing_time(life: list[tuple[str, int]]) -> None:
    deal = lived(life)
    assert (deal.closed_at is None) == deal.is_open


@given(lives)
def test_the_first_win_is_never_forgotten(life: list[tuple[str, int]]) -> None:
    wins = [day for day, (outcome, _) in enumerate(life) if outcome == "won"]
    assert (lived(life).first_won_at is None) == (not wins)


@given(lives, st.integers(1, 9))
def test_a_later_win_does_not_move_the_first(life: list[tuple[str, int]], days: int) -> None:
    once = lived([("won", 1), *life])
    assert close(once, "won", Instant(NOW + 100 * days * DAY)).first_won_at == NOW + DAY


@given(lives, outcomes)
def test_closing_twice_is_closing_once(life: list[tuple[str, int]], outcome: str) -> None:
    once = close(lived(life), outcome, LATER)
    assert close(once, outcome, Instant(LATER + DAY)) is once


@pytest.mark.parametrize("outcome", ["won", "open", "unqualified"])
def test_a_change_of_outcome_keeps_the_reason_of_loss(outcome: str) -> None:
    lost = close(a_deal(loss_reason="Price"), "lost", NOW)
    assert close(lost, outcome, LATER).loss_reason == "Price"


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ({}, True),
        ({"outcome": "won"}, False),
        ({"outcome": "lost"}, False),
        ({"outcome": "unqualified"}, False),
        ({"archived_at": NOW}, False),
        ({"deleted_at": NOW}, False),
    ],
    ids=str,
)
def test_open_deals_count_unless_archived_or_deleted(state: dict[str, Any], counts: bool) -> None:
    assert a_deal(**state).counts is counts


@pytest.mark.parametrize(
    ("own", "enabled", "percent"), [(25, True, 25), (25, False, 40), (None, True, 40), (0, True, 0)]
)
def test_a_deals_own_probability_counts_where_it_is_enabled(own: int | None, enabled: bool, percent: int) -> None:
    assert probability(a_deal(probability=own), a_stage(), probability_enabled=enabled) == percent


@given(st.integers(-LARGEST, LARGEST), st.integers(0, 100), st.integers(0, 3))
def test_weighted_values_are_rounded_half_away_from_zero(units: int, percent: int, decimals: int) -> None:
    exact = Decimal(units) * percent / 100 / UNIT
    wanted = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    assert Decimal(weighted(Amount(units), percent, decimals)) / UNIT == wanted


@pytest.mark.parametrize("percent", [None, 0, 1, 100])
def test_a_probability_is_a_percentage_or_none(percent: int | None) -> None:
    assert read_probability(percent) == percent


@pytest.mark.parametrize("percent", [-1, 101])
def test_a_probability_outside_is_refused(percent: int) -> None:
    with pytest.raises(Invalid, match=r"^probability:"):
        read_probability(percent)


@pytest.mark.parametrize("visibility", [0, 2, 4, 8, -1])
def test_an_unknown_visibility_is_refused(visibility: int) -> None:
    with pytest.raises(Invalid, match=r"^visibility:"):
        read_visibility(visibility)


def test_archived_deals_are_read_only() -> None:
    with pytest.raises(Conflict):
        require_writable(a_deal(archived_at=NOW))


def test_a_deal_rots_so_many_days_after_its_last_update() -> None:
    assert rotten_at(a_deal(updated_at=LATER), 3) == LATER + 3 * DAY


def test_a_deal_in_a_stage_without_rotting_never_rots() -> None:
    assert rotten_at(a_deal(), None) is None


def test_a_closed_deal_never_rots() -> None:
    assert rotten_at(a_deal(outcome="won"), 3) is None


@pytest.mark.parametrize(
    ("stage", "days"),
    [
        ({"rot_enabled": False, "rot_days": 3}, None),
        ({"rot_enabled": True, "rot_days": None}, None),
        ({"rot_enabled": True, "rot_days": 3}, 3),
    ],
    ids=str,
)
def test_rotting_takes_both_the_switch_and_the_days(stage: dict[str, Any], days: int | None) -> None:
    assert a_stage(**stage).rots_after_days == days
