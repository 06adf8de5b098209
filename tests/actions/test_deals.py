"""What changes to deals leave behind: totals, events, followers and participants."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealflow.actions import deals as actions
from dealflow.actions import parties as party_actions
from dealflow.actions import pipelines as pipeline_actions
from dealflow.actions.companies import new_user
from dealflow.core import money
from dealflow.core.currencies import decimals
from dealflow.core.deal import PRIVATE, Deal, probability
from dealflow.core.errors import Conflict, DealflowError, Invalid, NotFound
from dealflow.core.money import UNIT, Amount
from dealflow.dialects.pipedrive.totals import pipeline_summary
from dealflow.storage import deals, events, followers, pipelines
from dealflow.storage.tx import Tx
from tests.support.databases import company_ids, found_company
from tests.support.lengths import length

# ----------------------------------------------------------------------------------------------------------- totals

Step = Callable[[Tx], object]


def chosen(ids: Iterable[int], number: int) -> int:
    """One of the ids, or an unknown one if there is none."""
    found = sorted(ids)
    return found[number % len(found)] if found else 999


def all_deals(tx: Tx) -> list[Deal]:
    return deals.deals.all(tx, {})


def a_deal(tx: Tx, number: int) -> int:
    return chosen((deal.id for deal in all_deals(tx)), number)


def a_stage(tx: Tx, number: int) -> int:
    return chosen((stage.id for stage in pipelines.stages.all(tx, {"listed": {}})), number)


def a_pipeline(tx: Tx, number: int) -> int:
    return chosen((pipeline.id for pipeline in pipelines.pipelines.all(tx, {})), number)


def add(number: int, given: dict[str, Any]) -> Step:
    return lambda tx: actions.add_deal(tx, {"title": "Roll-out", "stage_id": a_stage(tx, number), **given})


def update(number: int, given: dict[str, Any]) -> Step:
    return lambda tx: actions.update_deal(tx, a_deal(tx, number), given)


def move(number: int, to: int) -> Step:
    return lambda tx: actions.update_deal(tx, a_deal(tx, number), {"stage_id": a_stage(tx, to)})


def move_pipeline(number: int, to: int) -> Step:
    return lambda tx: actions.update_deal(tx, a_deal(tx, number), {"pipeline_id": a_pipeline(tx, to)})


def delete(number: int) -> Step:
    return lambda tx: actions.delete_deal(tx, a_deal(tx, number))


def duplicate(number: int) -> Step:
    return lambda tx: actions.duplicate_deal(tx, a_deal(tx, number))


def update_stage(number: int, given: dict[str, Any]) -> Step:
    return lambda tx: pipeline_actions.update_stage(tx, a_stage(tx, number), given)


def move_stage(number: int, to: int) -> Step:
    return lambda tx: pipeline_actions.update_stage(tx, a_stage(tx, number), {"pipeline_id": a_pipeline(tx, to)})


def delete_stage(number: int) -> Step:
    return lambda tx: pipeline_actions.delete_stage(tx, a_stage(tx, number))


def update_pipeline(number: int, given: dict[str, Any]) -> Step:
    return lambda tx: pipeline_actions.update_pipeline(tx, a_pipeline(tx, number), given)


def delete_pipeline(number: int) -> Step:
    return lambda tx: pipeline_actions.delete_pipeline(tx, a_pipeline(tx, number))


numbers = st.integers(0, 20)
percents = st.integers(0, 100)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "value": st.integers(-(10**12), 10**12).map(Amount),
        "currency": st.sampled_from(["EUR", "USD", "JPY", "KWD"]),
        "probability": st.none() | percents,
        "visibility": st.sampled_from([1, 3, 7]),
        "outcome": st.sampled_from(["open", "won", "lost", "unqualified"]),
        "owner_id": st.sampled_from([1, 2]),
        "archived": st.booleans(),
    },
)
steps = st.one_of(
    st.builds(add, numbers, attributes),
    st.builds(add, numbers, attributes),
    st.builds(update, numbers, attributes),
    st.builds(move, numbers, numbers),
    st.builds(move_pipeline, numbers, numbers),
    st.builds(delete, numbers),
    st.builds(duplicate, numbers),
    st.builds(update_stage, numbers, st.fixed_dictionaries({"likelihood": percents})),
    st.builds(move_stage, numbers, numbers),
    st.builds(delete_stage, numbers),
    st.builds(update_pipeline, numbers, st.fixed_dictionaries({"probability_enabled": st.booleans()})),
    st.builds(update_pipeline, numbers, st.fixed_dictionaries({"state": st.sampled_from(["active", "disabled"])})),
    st.builds(delete_pipeline, numbers),
)
lives = st.lists(steps, min_size=1, max_size=25)
with_database = settings(
    max_examples=length(10, nightly=500), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def live(tx: Tx, life: list[Step]) -> Tx:
    """A fresh company of two users and two pipelines after the steps of a life; refused ones change nothing."""
    lived = Tx(tx.db, next(company_ids), 0, tx.now)
    found_company(lived)
    new_user(lived, "Sam Seller", "sam@example.com")
    second = pipeline_actions.add_pipeline(lived, "Renewals", probability_enabled=True)
    pipeline_actions.add_stage(lived, second.id, "Signing", likelihood=30)
    for step in life:
        with suppress(DealflowError):
            step(lived)
    return lived


def summaries(tx: Tx) -> dict[int, Any]:
    """What the server says of each pipeline, without the texts."""
    found = {}
    for pipeline in pipelines.pipelines.all(tx, {}):
        summary = pipeline_summary(tx, pipeline)
        found[pipeline.id] = {
            (int(stage_id), currency): (worth["count"], worth["value"], worth["weighted_value"])
            for stage_id, currencies in summary["per_stages"].items()
            for currency, worth in currencies.items()
        }
    return found


def added_up(tx: Tx) -> dict[int, Any]:
    """The same from the deals themselves, as far as the acting user sees them."""
    stages = {stage.id: stage for stage in pipelines.stages.all(tx, {})}
    found: dict[int, Any] = {}
    for pipeline in pipelines.pipelines.all(tx, {}):
        sums: dict[tuple[int, str], list[int]] = {}
        for deal in all_deals(tx):
            is_hidden = tx.user_id != 1 and deal.visibility == PRIVATE and deal.owner_id != tx.user_id
            follows = tx.user_id in followers.follower_ids(tx, "deal", deal.id)
            if deal.pipeline_id != pipeline.id or not deal.counts or (is_hidden and not follows):
                continue
            percent = probability(deal, stages[deal.stage_id], probability_enabled=pipeline.probability_enabled)
            so_far = sums.setdefault((deal.stage_id, deal.currency), [0, 0, 0])
            so_far[0] += 1
            so_far[1] += deal.value
            so_far[2] += deal.value * percent
        found[pipeline.id] = {
            key: (count, money.number(Amount(value)), money.number(money.rounded(weighted, 100, decimals(key[1]))))
            for key, (count, value, weighted) in sums.items()
        }
    return found


@with_database
@given(lives)
def test_the_kept_totals_are_those_of_the_deals(tx: Tx, life: list[Step]) -> None:
    assert deals.wrong_totals(live(tx, life)) == []


@with_database
@given(lives)
def test_a_summary_is_the_sum_of_the_deals(tx: Tx, life: list[Step]) -> None:
    lived = live(tx, life)
    assert summaries(lived) == added_up(lived)


@with_database
@given(lives)
def test_a_summary_leaves_out_what_its_reader_may_not_see(tx: Tx, life: list[Step]) -> None:
    lived = live(tx, life)
    seller = Tx(lived.db, lived.company_id, 2, lived.now)
    assert summaries(seller) == added_up(seller)


@with_database
@given(lives)
def test_a_deal_always_stands_in_the_pipeline_of_its_stage(tx: Tx, life: list[Step]) -> None:
    lived = live(tx, life)
    holders = {stage.id: stage.pipeline_id for stage in pipelines.stages.all(lived, {})}
    assert [deal.pipeline_id for deal in all_deals(lived)] == [holders[deal.stage_id] for deal in all_deals(lived)]


@with_database
@given(lives)
def test_live_pipelines_and_stages_are_numbered_from_one(tx: Tx, life: list[Step]) -> None:
    lived = live(tx, life)
    found = pipelines.live_pipelines(lived)
    places = [[pipeline.position for pipeline in found]]
    places += [[stage.position for stage in pipelines.open_stages(lived, pipeline.id)] for pipeline in found]
    assert places == [list(range(1, len(each) + 1)) for each in places]


@with_database
@given(lives)
def test_there_is_always_a_live_pipeline(tx: Tx, life: list[Step]) -> None:
    assert pipelines.live_pipelines(live(tx, life)) != []


@with_database
@given(lives)
def test_the_events_of_a_deal_lead_to_its_present_state(tx: Tx, life: list[Step]) -> None:
    lived = live(tx, life)
    told: dict[int, dict[str, Any]] = {}
    for deal in all_deals(lived):
        told[deal.id] = {}
        for event in events.of_record(lived, "deal", deal.id):
            told[deal.id] |= event.after or {}
    names = ("stage_id", "outcome", "value", "currency", "archived_at", "deleted_at", "visibility", "probability")
    present = {deal.id: {name: getattr(deal, name) for name in names} for deal in all_deals(lived)}
    assert {each: {name: known.get(name) for name in names} for each, known in told.items()} == present


# ----------------------------------------------------------------------------------------------------------- events


def dealt(tx: Tx, **given: Any) -> Deal:
    return actions.add_deal(tx, {"title": "Roll-out", **given})


def history(tx: Tx, deal: Deal) -> list[tuple[str, Any, Any]]:
    return [(event.action, event.before, event.after) for event in events.of_record(tx, "deal", deal.id)]


def test_an_addition_is_told_with_all_that_is_set(tx: Tx) -> None:
    deal = dealt(tx, value=Amount(5 * UNIT))
    action, before, after = history(tx, deal)[0]
    assert (action, before, after["title"], after["value"], after["stage_id"]) == (
        "created",
        None,
        "Roll-out",
        50_000,
        1,
    )


def test_a_move_is_told_with_both_stages(tx: Tx) -> None:
    deal = dealt(tx)
    actions.update_deal(tx, deal.id, {"stage_id": 2})
    assert history(tx, deal)[-1] == (
        "updated",
        {"stage_id": 1, "stage_changed_at": None, "sell_stage_changed_at": None, "sell_stage_changed_by_id": None},
        {
            "stage_id": 2,
            "stage_changed_at": tx.now,
            "sell_stage_changed_at": tx.now,
            "sell_stage_changed_by_id": tx.user_id,
        },
    )


def test_a_move_to_another_pipeline_is_told_with_both_pipelines(tx: Tx) -> None:
    pipeline = pipeline_actions.add_pipeline(tx, "Renewals")
    pipeline_actions.add_stage(tx, pipeline.id, "Signing")
    deal = dealt(tx)
    actions.update_deal(tx, deal.id, {"pipeline_id": pipeline.id})
    _, before, after = history(tx, deal)[-1]
    assert (before["pipeline_id"], after["pipeline_id"]) == (1, pipeline.id)


def test_what_changes_nothing_is_not_told(tx: Tx) -> None:
    deal = dealt(tx)
    before = history(tx, deal)
    actions.update_deal(tx, deal.id, {"title": "Roll-out", "stage_id": 1, "outcome": "open"})
    assert history(tx, deal) == before


def test_several_changes_at_once_are_told_once(tx: Tx) -> None:
    deal = dealt(tx)
    actions.update_deal(tx, deal.id, {"title": "Other", "stage_id": 2, "outcome": "won"})
    assert [action for action, _, _ in history(tx, deal)] == ["created", "followed", "updated"]


def test_a_deletion_is_told(tx: Tx) -> None:
    deal = dealt(tx)
    actions.delete_deal(tx, deal.id)
    assert history(tx, deal)[-1] == ("deleted", {"deleted_at": None}, {"deleted_at": tx.now})


def test_every_save_raises_the_version(tx: Tx) -> None:
    deal = dealt(tx)
    assert actions.update_deal(tx, deal.id, {"title": "Other"}).version == deal.version + 1


# ------------------------------------------------------------------------------------------------------------ rules


def test_deleting_several_stops_at_the_first_that_is_not_there(tx: Tx) -> None:
    deal = dealt(tx)
    with pytest.raises(NotFound):
        actions.delete_deals(tx, [deal.id, 999])


def test_the_time_of_archiving_needs_the_flag(tx: Tx) -> None:
    deal = dealt(tx)
    with pytest.raises(Invalid, match=r"^archive_time:"):
        actions.update_deal(tx, deal.id, {"archived_at": tx.now})


def test_an_unqualified_deal_that_is_lost_again_stays_unqualified(tx: Tx) -> None:
    deal = dealt(tx, outcome="unqualified")
    assert actions.update_deal(tx, deal.id, {"outcome": "lost"}).outcome == "unqualified"


def test_a_lost_deal_remembers_its_reason_while_it_is_open_again(tx: Tx) -> None:
    deal = dealt(tx, outcome="lost", loss_reason="Price")
    actions.update_deal(tx, deal.id, {"outcome": "open"})
    assert actions.update_deal(tx, deal.id, {"outcome": "lost"}).loss_reason == "Price"


def test_who_follows_already_is_no_new_follower(tx: Tx) -> None:
    deal = dealt(tx)
    _, is_new = actions.add_follower(tx, deal.id, tx.user_id)
    assert not is_new


def test_the_deals_own_person_leaves_only_with_a_change_of_the_deal(tx: Tx) -> None:
    person = party_actions.add_person(tx, {"name": "Ann Lee"})
    deal = dealt(tx, person_id=person.id)
    (participant,) = followers.participants.all(tx, {"deal": {"deal_id": deal.id}})
    with pytest.raises(Conflict):
        actions.remove_participant(tx, deal.id, participant.id)


def test_a_person_who_was_added_stays_when_no_longer_the_deals_own(tx: Tx) -> None:
    person = party_actions.add_person(tx, {"name": "Ann Lee"})
    deal = dealt(tx)
    actions.add_participant(tx, deal.id, person.id)
    actions.update_deal(tx, deal.id, {"person_id": person.id})
    actions.update_deal(tx, deal.id, {"person_id": None})
    found = followers.participants.all(tx, {"deal": {"deal_id": deal.id}})
    assert [each.person_id for each in found] == [person.id]
