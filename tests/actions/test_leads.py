from typing import Any

import pytest

from dealflow.actions import leads as actions
from dealflow.actions.companies import new_user, set_active
from dealflow.actions.fields import add_field
from dealflow.actions.labels import labels_named
from dealflow.actions.terms import add_term, rename_term
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.lead import Lead
from dealflow.core.term import LEAD_SOURCE, LEAD_STATUS, LEAD_UNQUALIFIED_REASON
from dealflow.core.text import NO_KEY
from dealflow.storage import deals, events, fields, leads, parties, terms
from dealflow.storage.tx import Tx


def told(tx: Tx, lead_id: int) -> list[tuple[str, Any, Any]]:
    return [(event.action, event.before, event.after) for event in events.of_record(tx, "lead", lead_id)]


def status(tx: Tx, name: str) -> int:
    return next(term.id for term in terms.of_kind(tx, LEAD_STATUS) if term.name == name)


def brook(tx: Tx, **given: Any) -> Lead:
    return actions.add_lead(tx, {"last_name": "Brook", **given})


# ------------------------------------------------------------------------------------------------------------ leads


def test_a_new_lead_is_kept_and_told(tx: Tx) -> None:
    lead = brook(tx, first_name=" Ada ", email="Ada@Brook.test", title="Owner")
    assert leads.leads.get(tx, lead.id) == lead
    assert (lead.first_name, lead.first_key, lead.organization_key, lead.email_key) == (
        "Ada",
        "ada",
        NO_KEY,
        "ada@brook.test",
    )
    ((action, before, after),) = told(tx, lead.id)
    assert (action, before, after["email"], after["details"]) == ("created", None, lead.email, '{"title":"Owner"}')


def test_a_change_tells_only_what_differs(tx: Tx) -> None:
    lead = brook(tx, phone="1")
    after = actions.update_lead(tx, lead.id, {"last_name": "Brook", "phone": "2"})
    assert (after.version, told(tx, lead.id)[1:]) == (2, [("updated", {"phone": "1"}, {"phone": "2"})])


def test_a_change_to_the_same_is_none(tx: Tx) -> None:
    lead = brook(tx, address={"value": "Leeds"}, status="working")
    assert actions.update_lead(tx, lead.id, {"address": {"value": "Leeds"}, "status": "Working"}) == lead
    assert len(told(tx, lead.id)) == 1


@pytest.mark.parametrize("given", [{}, {"first_name": "Ada"}, {"last_name": " ", "organization_name": None}])
def test_a_lead_needs_a_name(tx: Tx, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"^last_name:"):
        actions.add_lead(tx, given)


def test_a_lead_keeps_a_name(tx: Tx) -> None:
    lead = brook(tx)
    with pytest.raises(Invalid, match=r"^last_name:"):
        actions.update_lead(tx, lead.id, {"last_name": None})


def test_a_new_lead_is_new(tx: Tx) -> None:
    assert brook(tx).status_id == status(tx, "New")


def test_a_company_without_that_status_begins_with_its_oldest(tx: Tx) -> None:
    rename_term(tx, terms.terms.get(tx, status(tx, "New")), "Fresh")
    assert brook(tx).status_id == status(tx, "Fresh")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"status": "Lost"}, "status"),
        ({"source_id": 999}, "source_id"),
        ({"unqualified_reason_id": 999}, "unqualified_reason_id"),
        ({"owner_id": 999}, "owner_id"),
        ({"label_ids": [999]}, "label_ids"),
        ({"last_name": "x" * 256}, "last_name"),
        ({"title": "x" * 256}, "title"),
        ({"description": "x" * 65_537}, "description"),
    ],
)
def test_what_is_unknown_or_too_long_is_refused(tx: Tx, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid, match=f"^{field}:"):
        brook(tx, **given)


def test_a_source_is_one_of_leads_and_a_reason_one_of_theirs(tx: Tx) -> None:
    source, reason = add_term(tx, LEAD_SOURCE, "Fair"), add_term(tx, LEAD_UNQUALIFIED_REASON, "Moved")
    lead = brook(tx, source_id=source.id, unqualified_reason_id=reason.id)
    assert (lead.source_id, lead.unqualified_reason_id) == (source.id, reason.id)
    with pytest.raises(Invalid, match=r"^source_id:"):
        actions.update_lead(tx, lead.id, {"source_id": reason.id})


def test_labels_that_were_removed_may_stay_but_not_be_added(tx: Tx) -> None:
    (gone,) = labels_named(tx, "lead", ["vip"])
    lead = brook(tx, label_ids=[gone])
    fields.label_records.drop(tx, gone)
    (new,) = labels_named(tx, "lead", ["x"])
    assert actions.update_lead(tx, lead.id, {"label_ids": [new, gone]}).label_ids == f"[{new},{gone}]"
    with pytest.raises(Invalid, match=r"^label_ids:"):
        brook(tx, label_ids=[gone])


def test_a_deleted_lead_is_marked_told_and_gone(tx: Tx) -> None:
    lead = brook(tx)
    actions.delete_lead(tx, lead.id)
    assert told(tx, lead.id)[1:] == [("deleted", {"deleted_at": None}, {"deleted_at": tx.now})]
    assert leads.leads.get(tx, lead.id).deleted_at == tx.now
    for gone in (leads.get_live, actions.delete_lead):
        with pytest.raises(NotFound):
            gone(tx, lead.id)
    with pytest.raises(NotFound):
        actions.update_lead(tx, lead.id, {})


# ------------------------------------------------------------------------------------------------------ conversions


def test_a_conversion_makes_all_three(tx: Tx) -> None:
    lead = brook(tx, organization_name="Globex")
    made = actions.convert_lead(tx, lead.id)
    assert leads.conversions.get(tx, made.id) == made
    person, group = (parties.parties.get(tx, each or 0) for each in (made.person_id, made.organization_id))
    deal = deals.deals.get(tx, made.deal_id or 0)
    assert (person.organization_id, deal.person_id, deal.organization_id) == (group.id, person.id, group.id)
    assert (deal.title, deal.created_at, deal.updated_at) == ("Brook", tx.now, tx.now)


def test_the_owner_who_left_leaves_it_to_the_acting_user(tx: Tx) -> None:
    sam = new_user(tx, "Sam Seller", "sam@example.com").user
    lead = brook(tx, owner_id=sam.id)
    set_active(tx, sam.id, active=False)
    made = actions.convert_lead(tx, lead.id)
    assert parties.parties.get(tx, made.person_id or 0).owner_id == tx.user_id


def test_an_unknown_lead_or_owner_is_refused(tx: Tx) -> None:
    lead = brook(tx)
    with pytest.raises(Invalid, match=r"^lead_id:"):
        actions.convert_lead(tx, 99)
    with pytest.raises(Invalid, match=r"^owner_id:"):
        actions.convert_lead(tx, lead.id, 99)


def test_options_are_carried_by_their_labels_and_others_left(tx: Tx) -> None:
    ours = add_field(tx, "lead", "Uses", "set", options=["x", "y", "z"])
    one = add_field(tx, "lead", "Level", "enum", options=["low"])
    theirs = add_field(tx, "person", "Uses", "set", options=["z", "y"])
    add_field(tx, "person", "Level", "enum", options=["high"])
    ids = {option.label: option.id for option in theirs.options}
    lead = brook(tx, custom={ours.key: [option.id for option in ours.options], one.key: one.options[0].id})
    person = parties.parties.get(tx, actions.convert_lead(tx, lead.id).person_id or 0)
    assert person.custom_fields.replace(" ", "") == f'{{"{theirs.key}":[{ids["y"]},{ids["z"]}]}}'
