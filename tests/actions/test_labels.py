"""Labels by name: what renaming and deleting them leaves behind."""

from typing import Any

import pytest

from dealflow.actions import labels as actions
from dealflow.actions.deals import add_deal, delete_deal
from dealflow.actions.parties import add_organization, add_person
from dealflow.core.errors import Conflict
from dealflow.storage import deals, events, fields, parties
from dealflow.storage.checks import late_counters
from dealflow.storage.tx import Tx


def told(tx: Tx, resource: str, record_id: int) -> list[tuple[str, Any, Any]]:
    return [(each.action, each.before, each.after) for each in events.of_record(tx, resource, record_id)]


def test_missing_labels_are_made_and_known_ones_found(tx: Tx) -> None:
    hot = actions.add_label(tx, "deal", "hot")
    found = actions.labels_named(tx, "deal", ["new", "hot", "new"])
    assert found == [hot.id + 1, hot.id]
    assert fields.label_names(tx, "deal") == {hot.id: "hot", hot.id + 1: "new"}


def test_a_label_is_told(tx: Tx) -> None:
    label = actions.add_label(tx, "deal", "hot")
    label = actions.rename_label(tx, label, "warm")
    actions.delete_label(tx, label)
    created, *others = told(tx, "label", label.id)
    assert created[0] == "created"
    assert others == [("updated", {"name": "hot"}, {"name": "warm"}), ("deleted", label._asdict(), None)]


def test_each_write_raises_the_version(tx: Tx) -> None:
    label = actions.rename_label(tx, actions.add_label(tx, "deal", "hot"), "warm")
    assert (label.version, fields.labels(tx, "deal")) == (2, [label])


def test_a_name_is_taken_once_for_deals(tx: Tx) -> None:
    actions.add_label(tx, "deal", "hot")
    actions.add_label(tx, "contact", "hot")
    with pytest.raises(Conflict):
        actions.add_label(tx, "deal", "hot")


def test_deals_lose_a_deleted_label_and_say_so(tx: Tx) -> None:
    first, second, third = actions.labels_named(tx, "deal", ["a", "b", "c"])
    deal = add_deal(tx, {"title": "Big", "label_ids": [third, second, first]})
    actions.delete_label(tx, fields.label_records.get(tx, second))
    assert deals.deals.get(tx, deal.id).label_ids == f"[{third},{first}]"
    change = ({"label_ids": f"[{third},{second},{first}]"}, {"label_ids": f"[{third},{first}]"})
    assert told(tx, "deal", deal.id)[-1] == ("updated", *change)


def test_persons_and_organizations_lose_it_each_with_an_event_of_its_own(tx: Tx) -> None:
    (label_id,) = actions.labels_named(tx, "contact", ["vip"])
    person = add_person(tx, {"name": "Ann", "label_ids": [label_id]})
    organization = add_organization(tx, {"name": "Acme", "label_ids": [label_id]})
    actions.delete_label(tx, fields.label_records.get(tx, label_id))
    change = ("updated", {"label_ids": f"[{label_id}]"}, {"label_ids": "[]"})
    assert [parties.parties.get(tx, each.id).label_ids for each in (person, organization)] == ["[]", "[]"]
    assert told(tx, "person", person.id)[-1] == told(tx, "organization", organization.id)[-1] == change


def test_deleted_deals_lose_it_too(tx: Tx) -> None:
    (label_id,) = actions.labels_named(tx, "deal", ["hot"])
    deal = add_deal(tx, {"title": "Big", "label_ids": [label_id]})
    delete_deal(tx, deal.id)
    actions.delete_label(tx, fields.label_records.get(tx, label_id))
    assert deals.deals.get(tx, deal.id).label_ids == "[]"


def test_a_label_whose_number_begins_alike_stays(tx: Tx) -> None:
    ids = actions.labels_named(tx, "deal", [f"label {n}" for n in range(12)])
    deal = add_deal(tx, {"title": "Big", "label_ids": [ids[10], ids[11]]})
    actions.delete_label(tx, fields.label_records.get(tx, ids[0]))
    assert (ids[0], ids[10], deals.deals.get(tx, deal.id)) == (1, 11, deal)


def test_labels_share_the_ids_of_options(tx: Tx) -> None:
    actions.add_label(tx, "deal", "hot")
    assert list(late_counters(tx)) == []
