"""Pipelines and stages: places, names, who may, what is recorded (contract 3.3 and 3.4)."""

from typing import Any

import pytest

from dealflow.actions import pipelines as actions
from dealflow.actions.companies import new_user
from dealflow.actions.deals import add_deal
from dealflow.core.errors import Conflict, Forbidden, Invalid, NotFound
from dealflow.core.pipeline import TEMPLATES
from dealflow.storage import events, pipelines
from dealflow.storage.tx import Tx


@pytest.fixture
def as_seller(tx: Tx) -> Tx:
    """Another user of the company of `tx`, who is no admin."""
    seller = new_user(tx, "Sam Seller", "sam@example.com").user
    return Tx(tx.db, tx.company_id, seller.id, tx.now)


def names(tx: Tx) -> list[tuple[str, int]]:
    return [(each.name, each.position) for each in pipelines.live_pipelines(tx)]


def stage_names(tx: Tx, pipeline_id: int = 1) -> list[tuple[str, int]]:
    return [(each.name, each.position) for each in pipelines.open_stages(tx, pipeline_id)]


def terminal(tx: Tx, pipeline_id: int) -> list[tuple[str, int]]:
    found = pipelines.stages.all(tx, {"pipeline": {"pipeline_id": pipeline_id}}, order="position")
    return [(each.category, each.position) for each in found if each.category != "open"]


def actions_of(tx: Tx, resource: str, record_id: int) -> list[str]:
    return [event.action for event in events.of_record(tx, resource, record_id)]


def test_a_new_company_has_one_pipeline_with_five_stages(tx: Tx) -> None:
    assert names(tx) == [("Pipeline", 1)]
    assert stage_names(tx) == [(stage.name, stage.position) for stage in TEMPLATES["pipedrive"].stages]


def test_every_pipeline_ends_in_won_lost_and_unqualified(tx: Tx) -> None:
    added = actions.add_pipeline(tx, "Renewals")
    assert [category for category, _ in terminal(tx, 1)] == ["won", "lost", "unqualified"]
    assert [category for category, _ in terminal(tx, added.id)] == ["won", "lost", "unqualified"]


def test_the_end_stays_behind_the_open_stages(tx: Tx) -> None:
    for number in range(5):
        actions.add_stage(tx, 1, f"More {number}")
    assert [position for _, position in stage_names(tx)] == list(range(1, 11))
    assert [position for _, position in terminal(tx, 1)] == [11, 12, 13]


def test_a_new_pipeline_goes_last_and_has_no_open_stages(tx: Tx) -> None:
    added = actions.add_pipeline(tx, "Renewals")
    assert names(tx) == [("Pipeline", 1), ("Renewals", 2)]
    assert stage_names(tx, added.id) == []


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (1, ["C", "Pipeline", "B"]),
        (2, ["Pipeline", "C", "B"]),
        (3, ["Pipeline", "B", "C"]),
        (99, ["Pipeline", "B", "C"]),
    ],
)
def test_a_pipeline_may_be_put_in_a_place(tx: Tx, place: int, expected: list[str]) -> None:
    actions.add_pipeline(tx, "B")
    added = actions.add_pipeline(tx, "C", place=place)
    assert names(tx) == [(name, position) for position, name in enumerate(expected, 1)]
    assert added.position == expected.index("C") + 1


def test_a_hidden_pipeline_leaves_no_gap_and_comes_back_last(tx: Tx) -> None:
    actions.add_pipeline(tx, "B")
    actions.add_pipeline(tx, "C")
    actions.update_pipeline(tx, 1, {"state": "disabled"})
    assert names(tx) == [("B", 1), ("C", 2)]
    actions.update_pipeline(tx, 1, {"state": "active"})
    assert names(tx) == [("B", 1), ("C", 2), ("Pipeline", 3)]


@pytest.mark.parametrize(
    "remove", [actions.delete_pipeline, lambda tx, id_: actions.update_pipeline(tx, id_, {"state": "disabled"})]
)
def test_the_last_pipeline_stays(tx: Tx, remove: Any) -> None:
    with pytest.raises(Conflict):
        remove(tx, 1)


def test_a_deleted_pipeline_takes_its_stages_along_and_stays_readable(tx: Tx) -> None:
    added = actions.add_pipeline(tx, "Renewals")
    stage = actions.add_stage(tx, added.id, "Signing")
    actions.delete_pipeline(tx, added.id)
    assert pipelines.pipelines.get(tx, added.id).state == "deleted"
    assert pipelines.stages.get(tx, stage.id).deleted_at == tx.now
    assert names(tx) == [("Pipeline", 1)]


def test_a_deleted_pipeline_is_not_found_again(tx: Tx) -> None:
    added = actions.add_pipeline(tx, "Renewals")
    actions.delete_pipeline(tx, added.id)
    with pytest.raises(NotFound):
        actions.delete_pipeline(tx, added.id)
    with pytest.raises(NotFound):
        actions.update_pipeline(tx, added.id, {"name": "New"})
    with pytest.raises(Invalid):
        actions.add_stage(tx, added.id, "Signing")


@pytest.mark.parametrize("name", ["", "   ", "x" * 256])
def test_names_have_1_to_255_characters(tx: Tx, name: str) -> None:
    with pytest.raises(Invalid):
        actions.add_pipeline(tx, name)
    with pytest.raises(Invalid):
        actions.add_stage(tx, 1, name)


def test_names_are_trimmed(tx: Tx) -> None:
    assert actions.add_pipeline(tx, "  Renewals ").name == "Renewals"


def test_a_new_stage_goes_last(tx: Tx) -> None:
    assert actions.add_stage(tx, 1, "Signing").position == 6


def test_a_stage_may_be_moved_to_a_place(tx: Tx) -> None:
    moved = actions.update_stage(tx, 5, {"place": 2})
    assert moved.position == 2
    expected = ["Qualified", "Negotiations Started", "Contact Made", "Demo Scheduled", "Proposal Made"]
    assert stage_names(tx) == [(name, place) for place, name in enumerate(expected, 1)]


def test_a_stage_may_move_to_another_pipeline(tx: Tx) -> None:
    added = actions.add_pipeline(tx, "Renewals")
    actions.add_stage(tx, added.id, "Signing")
    actions.update_stage(tx, 1, {"pipeline_id": added.id})
    assert stage_names(tx, added.id) == [("Signing", 1), ("Qualified", 2)]
    assert [position for _, position in stage_names(tx)] == [1, 2, 3, 4]


def test_a_stage_that_moves_is_in_the_history_of_its_deals(tx: Tx) -> None:
    added = actions.add_pipeline(tx, "Renewals")
    deal = add_deal(tx, {"title": "Along", "stage_id": 1})
    actions.update_stage(tx, 1, {"pipeline_id": added.id})
    last = events.of_record(tx, "deal", deal.id)[-1]
    assert (last.before, last.after) == ({"pipeline_id": 1}, {"pipeline_id": added.id})


def test_a_deleted_stage_leaves_no_gap(tx: Tx) -> None:
    actions.delete_stage(tx, 2)
    assert [position for _, position in stage_names(tx)] == [1, 2, 3, 4]
    with pytest.raises(NotFound):
        actions.delete_stage(tx, 2)


def test_several_stages_are_deleted_once_each(tx: Tx) -> None:
    assert actions.delete_stages(tx, [2, 4, 2]) == [2, 4]
    assert [name for name, _ in stage_names(tx)] == ["Qualified", "Demo Scheduled", "Negotiations Started"]


def test_the_end_of_a_pipeline_is_no_stage_to_anyone(tx: Tx) -> None:
    won = next(each for each in pipelines.stages.all(tx, {}) if each.category == "won")
    with pytest.raises(NotFound):
        actions.update_stage(tx, won.id, {"name": "Victory"})
    with pytest.raises(NotFound):
        actions.delete_stage(tx, won.id)


@pytest.mark.parametrize("given", [{"likelihood": 101}, {"likelihood": -1}, {"rot_days": 0}])
def test_numbers_of_a_stage_have_bounds(tx: Tx, given: dict[str, int]) -> None:
    with pytest.raises(Invalid):
        actions.update_stage(tx, 1, given)


def test_changes_are_recorded_with_what_was_before(tx: Tx) -> None:
    added = actions.add_pipeline(tx, "Renewals")
    actions.update_pipeline(tx, added.id, {"name": "Upsells"})
    changed = events.of_record(tx, "pipeline", added.id)[-1]
    assert (changed.action, changed.actor_id, changed.before, changed.after) == (
        "updated",
        tx.user_id,
        {"name": "Renewals"},
        {"name": "Upsells"},
    )


def test_what_changes_nothing_is_not_recorded(tx: Tx) -> None:
    actions.update_pipeline(tx, 1, {"name": "Pipeline"})
    actions.update_stage(tx, 1, {"name": "Qualified", "place": 1})
    assert (actions_of(tx, "pipeline", 1), actions_of(tx, "stage", 1)) == (["created"], ["created"])


def test_deletions_are_recorded(tx: Tx) -> None:
    actions.delete_stage(tx, 5)
    assert actions_of(tx, "stage", 5) == ["created", "deleted"]


@pytest.mark.parametrize(
    "act",
    [
        lambda tx: actions.add_pipeline(tx, "New"),
        lambda tx: actions.update_pipeline(tx, 1, {"name": "New"}),
        lambda tx: actions.delete_pipeline(tx, 1),
        lambda tx: actions.add_stage(tx, 1, "New"),
        lambda tx: actions.update_stage(tx, 1, {"name": "New"}),
        lambda tx: actions.delete_stage(tx, 1),
        lambda tx: actions.delete_stages(tx, [1]),
    ],
)
def test_only_admins_may(as_seller: Tx, act: Any) -> None:
    with pytest.raises(Forbidden):
        act(as_seller)
