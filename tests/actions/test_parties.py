from typing import Any

import msgspec
import pytest

from dealflow.actions import deals as deal_actions
from dealflow.actions import parties as actions
from dealflow.actions.companies import new_user, set_active
from dealflow.actions.parties import GivenPoint
from dealflow.core.company import Viewer
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.party import Party
from dealflow.storage import deals, events, followers, parties, users
from dealflow.storage.followers import participants
from dealflow.storage.parties import DealCounts
from dealflow.storage.tx import Tx


def points(tx: Tx, party: Party) -> list[tuple[str, str, str, bool]]:
    found = sorted(parties.contact_points(tx, [party.id]).get(party.id, []), key=lambda point: point.position)
    return [(point.kind, point.value, point.label, point.is_primary) for point in found]


def seller(tx: Tx) -> Tx:
    """A second user of the company, who sees all that is not private."""
    other = new_user(tx, "Sam Seller", "sam@example.com").user
    return Tx(tx.db, tx.company_id, other.id, tx.now)


# ------------------------------------------------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": " Ada King Lovelace "}, ("Ada King Lovelace", "Ada", "King Lovelace")),
        ({"name": "Ada"}, ("Ada", "Ada", None)),
        ({"first_name": "Ada", "last_name": "Lovelace"}, ("Ada Lovelace", "Ada", "Lovelace")),
        ({"last_name": "Lovelace"}, ("Lovelace", None, "Lovelace")),
        ({"name": "Ada Lovelace", "first_name": "Augusta"}, ("Ada Lovelace", "Augusta", "Lovelace")),
    ],
)
def test_a_persons_name_and_its_parts_follow_each_other(
    tx: Tx, given: dict[str, Any], expected: tuple[str, ...]
) -> None:
    person = actions.add_person(tx, given)
    assert (person.name, person.first_name, person.last_name) == expected


def test_a_new_last_name_changes_the_name(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada Byron"})
    assert actions.update_person(tx, person.id, {"last_name": "Lovelace"}).name == "Ada Lovelace"


@pytest.mark.parametrize("given", [{}, {"name": None}, {"name": "  "}, {"first_name": "", "last_name": None}])
def test_a_person_needs_a_name(tx: Tx, given: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"^name:"):
        actions.add_person(tx, given)


def test_a_name_cannot_be_taken_away(tx: Tx) -> None:
    organization = actions.add_organization(tx, {"name": "Acme"})
    with pytest.raises(Invalid, match=r"^name:"):
        actions.update_organization(tx, organization.id, {"name": ""})


# --------------------------------------------------------------------------------------------------- contact points


def test_the_first_address_is_primary_and_for_work_unless_said_otherwise(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada", "emails": [GivenPoint("a@b.c"), GivenPoint("d@e.f", "home")]})
    assert points(tx, person) == [("email", "a@b.c", "work", True), ("email", "d@e.f", "home", False)]


def test_only_one_address_is_primary(tx: Tx) -> None:
    emails = [GivenPoint("a@b.c"), GivenPoint("d@e.f", None, True), GivenPoint("g@h.i", None, True)]
    person = actions.add_person(tx, {"name": "Ada", "emails": emails})
    assert [is_primary for *_, is_primary in points(tx, person)] == [False, True, False]


def test_numbers_keep_their_order_and_know_mobile_and_fax(tx: Tx) -> None:
    phones = [GivenPoint("1", "Fax"), GivenPoint("2", "home"), GivenPoint("3", "mobile")]
    person = actions.add_person(tx, {"name": "Ada", "phones": phones})
    assert [(kind, value) for kind, value, *_ in points(tx, person)] == [("fax", "1"), ("phone", "2"), ("mobile", "3")]


def test_new_numbers_replace_all_old_ones_and_leave_the_addresses(tx: Tx) -> None:
    given = {"name": "Ada", "emails": [GivenPoint("a@b.c")], "phones": [GivenPoint("1", "mobile"), GivenPoint("2")]}
    person = actions.add_person(tx, given)
    actions.update_person(tx, person.id, {"phones": [GivenPoint("3")]})
    assert [value for _, value, *_ in points(tx, person)] == ["a@b.c", "3"]


def test_blank_addresses_are_left_out(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada", "emails": [GivenPoint(" "), GivenPoint("a@b.c")]})
    assert [value for _, value, *_ in points(tx, person)] == ["a@b.c"]


def test_a_hundred_addresses_are_enough(tx: Tx) -> None:
    with pytest.raises(Invalid, match=r"^emails:"):
        actions.add_person(tx, {"name": "Ada", "emails": [GivenPoint(f"a{i}@b.c") for i in range(101)]})


# ------------------------------------------------------------------------------------------------------ attributes


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"owner_id": 999}, "owner_id"),
        ({"organization_id": 999}, "organization_id"),
        ({"visibility": 2}, "visibility"),
        ({"label_ids": [999]}, "label_ids"),
        ({"emails": [GivenPoint("x" * 256)]}, "emails"),
    ],
)
def test_what_is_unknown_or_out_of_range_is_refused(tx: Tx, given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid, match=f"^{field}:"):
        actions.add_person(tx, {"name": "Ada", **given})


def test_a_person_does_not_belong_to_a_person(tx: Tx) -> None:
    friend = actions.add_person(tx, {"name": "Babbage"})
    with pytest.raises(Invalid, match=r"^organization_id:"):
        actions.add_person(tx, {"name": "Ada", "organization_id": friend.id})


def test_a_party_was_last_changed_when_it_was_added(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada", "created_at": 1_000_000})
    assert (person.created_at, person.updated_at) == (1_000_000, 1_000_000)


def test_nothing_new_is_no_change(tx: Tx) -> None:
    given = {"name": "Ada Lovelace", "emails": [GivenPoint("a@b.c")], "label_ids": []}
    person = actions.add_person(tx, given)
    assert actions.update_person(tx, person.id, given) == person
    assert [event.action for event in events.of_record(tx, "person", person.id)] == ["created"]


def test_nobody_follows_a_new_person(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada"})
    assert followers.follower_ids(tx, "person", person.id) == set()


def test_the_log_tells_which_addresses_changed(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada", "emails": [GivenPoint("a@b.c")]})
    actions.update_person(tx, person.id, {"emails": []})
    *_, last = events.of_record(tx, "person", person.id)
    assert (last.before, last.after) == (
        {"emails": [{"value": "a@b.c", "label": "work", "primary": True}]},
        {"emails": None},
    )


# --------------------------------------------------------------------------------------------- deletion, visibility


def test_deleting_a_person_unlinks_it_from_deals_archived_ones_too(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada"})
    deal = deal_actions.add_deal(tx, {"title": "Engine", "person_id": person.id})
    archived = deal_actions.add_deal(tx, {"title": "Old engine", "person_id": person.id})
    deal_actions.update_deal(tx, archived.id, {"archived": True})
    actions.delete_person(tx, person.id)
    assert [deals.deals.get(tx, each.id).person_id for each in (deal, archived)] == [None, None]
    assert participants.all(tx, {"person": {"person_id": person.id}}) == []


def test_a_deal_that_lost_its_person_says_so_in_the_log(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada"})
    deal = deal_actions.add_deal(tx, {"title": "Engine", "person_id": person.id})
    actions.delete_person(tx, person.id)
    assert {"person_id": None} in [event.after for event in events.of_record(tx, "deal", deal.id)]


def test_deleting_an_organization_frees_its_persons_and_deals(tx: Tx) -> None:
    organization = actions.add_organization(tx, {"name": "Acme"})
    person = actions.add_person(tx, {"name": "Ada", "organization_id": organization.id})
    deal = deal_actions.add_deal(tx, {"title": "Engine", "organization_id": organization.id, "person_id": person.id})
    actions.delete_organization(tx, organization.id)
    assert parties.parties.get(tx, person.id).organization_id is None
    kept = deals.deals.get(tx, deal.id)
    assert (kept.organization_id, kept.person_id) == (None, person.id)


def test_a_deleted_person_takes_no_changes(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada"})
    actions.delete_person(tx, person.id)
    with pytest.raises(NotFound):
        actions.update_person(tx, person.id, {"name": "Augusta"})
    with pytest.raises(NotFound):
        actions.delete_person(tx, person.id)


def test_others_can_neither_change_nor_link_what_is_private(tx: Tx) -> None:
    organization = actions.add_organization(tx, {"name": "Acme", "visibility": 1})
    other = seller(tx)
    with pytest.raises(NotFound):
        actions.update_organization(other, organization.id, {"name": "Mine"})
    with pytest.raises(Invalid, match=r"^organization_id:"):
        actions.add_person(other, {"name": "Ada", "organization_id": organization.id})


def test_a_neighbour_finds_nothing(tx: Tx, neighbour: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada"})
    with pytest.raises(NotFound):
        actions.update_person(neighbour, person.id, {"name": "Augusta"})


# ----------------------------------------------------------------------------------------------------------- counts


def counted(tx: Tx, link: str, party: Party, viewer: Viewer | None = None) -> DealCounts | None:
    return parties.deal_counts(tx, link, [party.id], viewer or users.me(tx)).get(party.id)


def test_deals_are_counted_by_outcome(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada"})
    for outcome in ("open", "open", "won", "lost"):
        deal_actions.add_deal(tx, {"title": "Engine", "person_id": person.id, "outcome": outcome})
    assert counted(tx, "person", person) == DealCounts(2, 1, 1)


def test_archived_and_deleted_deals_do_not_count(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada"})
    archived, deleted = (deal_actions.add_deal(tx, {"title": "Engine", "person_id": person.id}) for _ in range(2))
    deal_actions.update_deal(tx, archived.id, {"archived": True})
    deal_actions.delete_deal(tx, deleted.id)
    assert counted(tx, "person", person) is None


def test_deals_one_may_not_see_do_not_count(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada"})
    deal_actions.add_deal(tx, {"title": "Engine", "person_id": person.id, "visibility": 1})
    assert counted(tx, "person", person, users.me(seller(tx))) is None


def test_taking_part_counts_apart_from_ones_own_deals(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada"})
    deal_actions.add_deal(tx, {"title": "Own", "person_id": person.id})
    other = deal_actions.add_deal(tx, {"title": "Of another"})
    deal_actions.add_participant(tx, other.id, person.id)
    assert counted(tx, "participant", person) == DealCounts(1, 0, 0)


def test_details_are_kept_and_cleared_one_by_one(tx: Tx) -> None:
    organization = actions.add_organization(tx, {"name": "Acme", "website": "acme.test", "employee_count": 7})
    changed = actions.update_organization(tx, organization.id, {"website": None})
    assert msgspec.json.decode(changed.details) == {"employee_count": 7}


def test_an_inactive_user_takes_nothing_over(tx: Tx) -> None:
    other = seller(tx)
    set_active(tx, other.user_id, active=False)
    with pytest.raises(Invalid, match=r"^owner_id:"):
        actions.add_person(tx, {"name": "Ada", "owner_id": other.user_id})


# ----------------------------------------------------------------------------------- single addresses and numbers


def test_one_address_or_number_is_put_in_the_place_of_the_one_that_stands_for_its_kind(tx: Tx) -> None:
    given = {"emails": [GivenPoint("a@b.c"), GivenPoint("d@e.f", "home", True)], "phones": [GivenPoint("1", "Mobile")]}
    person = actions.add_person(tx, {"name": "Ada", **given})
    actions.update_person(tx, person.id, {"email": "x@y.z", "phone": "2", "mobile": "3"})
    assert points(tx, person) == [
        ("email", "a@b.c", "work", False),
        ("mobile", "3", "Mobile", True),
        ("email", "x@y.z", "home", True),
        ("phone", "2", "work", False),
    ]


def test_taking_the_primary_address_away_makes_another_primary(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada", "emails": [GivenPoint("a@b.c"), GivenPoint("d@e.f")]})
    actions.update_person(tx, person.id, {"email": None})
    assert points(tx, person) == [("email", "d@e.f", "work", True)]


def test_the_same_single_address_is_no_change(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada", "email": "a@b.c", "fax": "1"})
    assert actions.update_person(tx, person.id, {"email": "a@b.c", "fax": "1", "mobile": None}) == person


def test_an_organization_has_addresses_and_numbers(tx: Tx) -> None:
    organization = actions.add_organization(tx, {"name": "Acme", "email": "a@b.c", "fax": "1"})
    assert points(tx, organization) == [("email", "a@b.c", "work", True), ("fax", "1", "fax", True)]


# ------------------------------------------------------------------------------------ organizations above another


def test_a_circle_of_organizations_is_refused(tx: Tx) -> None:
    above = actions.add_organization(tx, {"name": "A"})
    below = actions.add_organization(tx, {"name": "B", "parent_id": above.id})
    with pytest.raises(Invalid, match=r"^parent_id: would make a circle"):
        actions.update_organization(tx, above.id, {"parent_id": below.id})


@pytest.mark.parametrize(("kind", "field"), [("person", "parent_id"), ("organization", "organization_id")])
def test_only_persons_belong_and_only_organizations_have_a_parent(tx: Tx, kind: str, field: str) -> None:
    other = actions.add_organization(tx, {"name": "A"})
    add = actions.add_person if kind == "person" else actions.add_organization
    with pytest.raises(Invalid, match=f"^{field}:"):
        add(tx, {"name": "B", field: other.id})
    assert add(tx, {"name": "B", field: None}).kind == kind


def test_an_organization_below_a_deleted_one_stands_alone(tx: Tx) -> None:
    above = actions.add_organization(tx, {"name": "A"})
    below = actions.add_organization(tx, {"name": "B", "parent_id": above.id})
    actions.delete_organization(tx, above.id)
    assert parties.parties.get(tx, below.id).parent_id is None
    last = events.of_record(tx, "organization", below.id)[-1]
    assert (last.action, last.before, last.after) == ("updated", {"parent_id": above.id}, {"parent_id": None})


# ------------------------------------------------------------------------------------------------------- details


def test_a_description_is_kept_as_it_is_written(tx: Tx) -> None:
    person = actions.add_person(tx, {"name": "Ada", "description": " a\n", "title": " b ", "skype": " "})
    assert msgspec.json.decode(person.details) == {"description": " a\n", "title": "b"}


def test_an_empty_address_is_none_and_zero_is_a_number(tx: Tx) -> None:
    organization = actions.add_organization(tx, {"name": "A", "address": {}, "employee_count": 0})
    assert msgspec.json.decode(organization.details) == {"employee_count": 0}
