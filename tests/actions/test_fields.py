"""Custom fields and labels: what adding, changing and deleting them leaves behind."""

from collections.abc import Mapping
from typing import Any

import pytest

from dealflow.actions import fields as actions
from dealflow.actions.companies import new_user
from dealflow.core.errors import Conflict, Forbidden, Invalid
from dealflow.core.fields import SYSTEM, Field
from dealflow.storage import events, fields
from dealflow.storage.fields import LABELS_KEY
from dealflow.storage.tx import Tx


def labels_field(tx: Tx, resource: str = "deal") -> Field:
    (found,) = (each for each in fields.every(tx, resource) if each.key == LABELS_KEY)
    return found


def options(field: Field) -> dict[str, int]:
    return {option.label: option.id for option in field.options}


@pytest.fixture
def seller(tx: Tx) -> Tx:
    """A user of the same company who is no admin."""
    return Tx(tx.db, tx.company_id, new_user(tx, "Sam", "sam@example.com").user.id, tx.now)


@pytest.fixture
def size(tx: Tx) -> Field:
    """An enum field of deals."""
    return actions.add_field(tx, "deal", "Size", "enum", options=["Small", "Large"])


def test_a_custom_field_has_an_id_above_1000_and_a_key_of_40_hex_digits(tx: Tx) -> None:
    field = actions.add_field(tx, "deal", " Budget ", "monetary")
    assert (field.id, field.name, len(bytes.fromhex(field.key))) == (1001, "Budget", 20)


def test_live_fields_are_those_of_one_resource_in_order_of_position(tx: Tx) -> None:
    first = actions.add_field(tx, "deal", "First", "varchar")
    actions.add_field(tx, "person", "Elsewhere", "varchar")
    second = actions.add_field(tx, "deal", "Second", "varchar")
    assert list(fields.live(tx, "deal").items()) == [(first.key, first), (second.key, second)]


def test_another_company_does_not_have_the_field(neighbour: Tx, size: Field) -> None:
    assert size.key not in fields.live(neighbour, "deal")


def test_every_begins_with_the_system_fields(tx: Tx, size: Field) -> None:
    assert fields.every(tx, "deal") == [*SYSTEM["deal"], size]


@pytest.mark.parametrize(
    ("type_", "labels", "field"),
    [
        ("colour", [], "field_type"),
        ("enum", [], "options"),
        ("varchar", ["Hot"], "options"),
        ("set", ["Hot", " Hot "], "label"),
        ("set", [" "], "label"),
    ],
)
def test_a_field_that_makes_no_sense_is_refused(tx: Tx, type_: str, labels: list[str], field: str) -> None:
    with pytest.raises(Invalid) as caught:
        actions.add_field(tx, "deal", "Odd", type_, options=labels)
    assert caught.value.field == field


def test_ids_of_options_go_on_over_all_fields(tx: Tx, size: Field) -> None:
    other = actions.add_field(tx, "person", "Mood", "set", options=["Good"])
    assert [*options(size).values(), *options(other).values()] == [1, 2, 3]


def test_a_change_says_who_and_when(tx: Tx, size: Field) -> None:
    actions.update_field(tx, size, {"name": "Bulk"})
    changed = fields.live(tx, "deal")[size.key]
    assert (changed.name, changed.updated_at, changed.updated_by) == ("Bulk", tx.now, tx.user_id)


def test_a_change_to_what_it_is_already_leaves_no_trace(tx: Tx, size: Field) -> None:
    unchanged = actions.update_field(tx, size, {"name": "Size", "options": [(1, "Small"), (2, "Large")]})
    assert (unchanged, len(events.of_record(tx, "field", size.id))) == (size, 1)


def test_settings_are_changed_part_by_part(tx: Tx, size: Field) -> None:
    once = actions.update_field(tx, size, {"settings": {"required_fields": {"enabled": True, "stage_ids": [1]}}})
    twice = actions.update_field(tx, once, {"settings": {"required_fields": {"enabled": False}}})
    assert twice.settings == {"required_fields": {"enabled": False, "stage_ids": [1]}}


def test_replacing_options_keeps_those_named_by_id(tx: Tx, size: Field) -> None:
    actions.update_field(tx, size, {"options": [(None, "Huge"), (2, "Big")]})
    assert options(fields.live(tx, "deal")[size.key]) == {"Huge": 3, "Big": 2}


def test_options_are_added_behind_the_others(tx: Tx, size: Field) -> None:
    actions.add_options(tx, size, ["Huge"])
    assert options(fields.live(tx, "deal")[size.key]) == {"Small": 1, "Large": 2, "Huge": 3}


def test_options_are_renamed_by_id(tx: Tx, size: Field) -> None:
    actions.rename_options(tx, size, {2: "Big"})
    assert options(fields.live(tx, "deal")[size.key]) == {"Small": 1, "Big": 2}


def test_an_id_of_a_removed_option_is_not_used_again(tx: Tx, size: Field) -> None:
    left = actions.remove_options(tx, size, [2])
    assert options(actions.add_options(tx, left, ["Huge"])) == {"Small": 1, "Huge": 3}


def test_the_last_option_stays(tx: Tx, size: Field) -> None:
    with pytest.raises(Invalid, match="last option"):
        actions.remove_options(tx, size, [1, 2])


def test_a_deleted_field_is_not_live(tx: Tx, size: Field) -> None:
    actions.delete_field(tx, size)
    assert fields.live(tx, "deal") == {}


def test_creation_change_and_deletion_are_recorded(tx: Tx, size: Field) -> None:
    actions.delete_field(tx, actions.update_field(tx, size, {"name": "Bulk"}))
    assert [event.action for event in events.of_record(tx, "field", size.id)] == ["created", "updated", "deleted"]


def test_a_system_field_cannot_be_deleted(tx: Tx) -> None:
    with pytest.raises(Conflict):
        actions.delete_field(tx, SYSTEM["deal"][1])


@pytest.mark.parametrize("changes", [{"name": "Heading"}, {"settings": {"important_fields": {"enabled": True}}}])
def test_a_system_field_cannot_be_changed(tx: Tx, changes: Mapping[str, Any]) -> None:
    with pytest.raises(Conflict):
        actions.update_field(tx, SYSTEM["deal"][1], changes)


def test_a_system_field_other_than_the_labels_takes_no_options(tx: Tx) -> None:
    (channel,) = (each for each in SYSTEM["deal"] if each.key == "channel")
    with pytest.raises(Conflict):
        actions.add_options(tx, channel, ["Fair"])


def test_options_of_the_labels_field_are_labels(tx: Tx) -> None:
    actions.add_options(tx, labels_field(tx), ["Hot", "Cold"])
    assert fields.label_names(tx, "deal") == {1: "Hot", 2: "Cold"}


def test_persons_and_organizations_share_their_labels(tx: Tx) -> None:
    actions.add_options(tx, labels_field(tx, "person"), ["Customer"])
    assert (options(labels_field(tx, "organization")), fields.labels(tx, "deal")) == ({"Customer": 1}, [])


def test_labels_may_swap_names(tx: Tx) -> None:
    field = actions.add_options(tx, labels_field(tx), ["Hot", "Cold"])
    actions.rename_options(tx, field, {1: "Cold", 2: "Hot"})
    assert fields.label_names(tx, "deal") == {1: "Cold", 2: "Hot"}


def test_a_renamed_label_remembers_its_creation(tx: Tx) -> None:
    field = actions.add_options(tx, labels_field(tx), ["Hot"])
    (before,) = fields.labels(tx, "deal")
    actions.rename_options(tx, field, {1: "Warm"})
    assert fields.labels(tx, "deal") == [before._replace(name="Warm", version=2)]


def test_a_removed_label_is_gone_and_its_removal_recorded(tx: Tx) -> None:
    field = actions.add_options(tx, labels_field(tx), ["Hot", "Cold"])
    actions.remove_options(tx, field, [1])
    recorded = [event.action for event in events.of_record(tx, "label", 1)]
    assert (fields.label_names(tx, "deal"), recorded) == ({2: "Cold"}, ["created", "deleted"])


def test_only_admins_add_fields(seller: Tx) -> None:
    with pytest.raises(Forbidden):
        actions.add_field(seller, "deal", "Budget", "monetary")


def test_only_admins_add_options(seller: Tx, size: Field) -> None:
    with pytest.raises(Forbidden):
        actions.add_options(seller, size, ["Huge"])
