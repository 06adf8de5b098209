"""Notes, activities, calls and what they are about, as the actions see them."""

from collections.abc import Callable
from typing import Any

import pytest

from dealflow.actions import activities, calls, collaborations, notes
from dealflow.actions.companies import new_user, set_active
from dealflow.actions.deals import add_deal, delete_deal, update_deal
from dealflow.actions.parties import add_organization, add_person, delete_person
from dealflow.core.about import DEAL, LEAD, PARTY, About
from dealflow.core.errors import Conflict, Invalid, NotFound
from dealflow.storage import deals, events
from dealflow.storage.tx import Tx
from tests.support.sell_records import add_lead


@pytest.fixture
def links(tx: Tx) -> dict[str, int]:
    """A deal, a person, an organization and a lead, as a note is linked to them."""
    return {
        "deal_id": add_deal(tx, {"title": "Big"}).id,
        "person_id": add_person(tx, {"name": "Hank Scorpio"}).id,
        "organization_id": add_organization(tx, {"name": "Globex"}).id,
        "lead_id": add_lead(tx),
    }


def later(tx: Tx) -> Tx:
    """The same user an hour later."""
    return Tx(tx.db, tx.company_id, tx.user_id, type(tx.now)(tx.now + 3_600_000_000))


def told(tx: Tx, resource: str, record_id: int) -> list[tuple[str, Any]]:
    """Action and what is new of each event of a record."""
    return [(each.action, each.after) for each in events.of_record(tx, resource, record_id)]


# ------------------------------------------------------------------------------------------------------------- links


def test_a_note_may_have_several_links(tx: Tx, links: dict[str, int]) -> None:
    note = notes.add_note(tx, {"content": "Likes tea", **links})
    assert ({name: getattr(note, name) for name in links}, note.about) == (links, About(DEAL, links["deal_id"]))


@pytest.mark.parametrize(
    ("cut", "about"),
    [
        ((), (DEAL, "deal_id")),
        (("deal_id",), (PARTY, "person_id")),
        (("deal_id", "person_id"), (PARTY, "organization_id")),
        (("deal_id", "person_id", "organization_id"), (LEAD, "lead_id")),
    ],
)
def test_the_first_link_is_what_it_is_about(
    tx: Tx, links: dict[str, int], cut: tuple[str, ...], about: tuple[str, str]
) -> None:
    note = notes.add_note(tx, {"content": "Likes tea", **links})
    changed = notes.update_note(tx, note.id, dict.fromkeys(cut))
    assert changed.about == About(about[0], links[about[1]])


@pytest.mark.parametrize("name", ["deal_id", "person_id", "organization_id", "lead_id"])
def test_a_link_leads_to_a_record_of_its_kind(tx: Tx, links: dict[str, int], name: str) -> None:
    with pytest.raises(Invalid, match=rf"^{name}: no such"):
        activities.add_activity(tx, {"subject": "Make tea", name: 99})


def test_an_organization_is_no_person(tx: Tx, links: dict[str, int]) -> None:
    with pytest.raises(Invalid, match=r"^person_id: no such person"):
        notes.add_note(tx, {"content": "Likes tea", "person_id": links["organization_id"]})


def test_one_record_replaces_all_links(tx: Tx, links: dict[str, int]) -> None:
    activity = activities.add_activity(tx, {"subject": "Make tea", **links})
    changed = activities.update_activity(tx, activity.id, {"about": About(PARTY, links["organization_id"])})
    assert [getattr(changed, name) for name in links] == [None, None, links["organization_id"], None]


def test_a_note_is_always_about_something(tx: Tx, links: dict[str, int]) -> None:
    with pytest.raises(Invalid, match=r"^about: is required"):
        notes.add_note(tx, {"content": "Likes tea"})
    note = notes.add_note(tx, {"content": "Likes tea", "lead_id": links["lead_id"]})
    with pytest.raises(Invalid, match=r"^about: is required"):
        notes.update_note(tx, note.id, {"lead_id": None})


def test_an_activity_may_be_about_nothing(tx: Tx, links: dict[str, int]) -> None:
    activity = activities.add_activity(tx, {"subject": "Make tea", **links})
    assert activities.update_activity(tx, activity.id, {"about": None}).about is None


def test_what_is_about_a_deleted_record_is_not_found(tx: Tx, links: dict[str, int]) -> None:
    note = notes.add_note(tx, {"content": "Likes tea", "deal_id": links["deal_id"]})
    call = calls.add_call(tx, {"phone_number": "+44", "about": About(PARTY, links["person_id"])})
    delete_deal(tx, links["deal_id"])
    delete_person(tx, links["person_id"])
    with pytest.raises(NotFound):
        notes.readable_note(tx, note.id)
    with pytest.raises(NotFound):
        calls.readable_call(tx, call.id)


# ------------------------------------------------------------------------------------------------------------ events


def test_the_log_tells_the_life_of_a_note(tx: Tx, links: dict[str, int]) -> None:
    note = notes.add_note(tx, {"content": "Likes tea", "deal_id": links["deal_id"]})
    notes.update_note(tx, note.id, {"content": "Likes coffee", "tags": ["cup"]})
    notes.update_note(tx, note.id, {"content": "Likes coffee"})
    notes.delete_note(tx, note.id)
    (made, first), *rest = told(tx, "note", note.id)
    assert (made, first["content"], "content_key" in first) == ("created", "Likes tea", False)
    assert rest == [
        ("updated", {"content": "Likes coffee", "tags": '["cup"]'}),
        ("deleted", {"deleted_at": tx.now}),
    ]


def test_the_log_tells_when_an_activity_was_done(tx: Tx) -> None:
    activity = activities.add_activity(tx, {"subject": "Make tea"})
    activities.update_activity(tx, activity.id, {"done": True})
    activities.update_activity(tx, activity.id, {"done": True})
    activities.delete_activity(tx, activity.id)
    assert told(tx, "activity", activity.id)[1:] == [
        ("updated", {"done": True, "done_at": tx.now}),
        ("deleted", {"deleted_at": tx.now}),
    ]


def test_the_log_keeps_a_call_that_is_removed(tx: Tx) -> None:
    call = calls.add_call(tx, {"phone_number": "+44"})
    calls.delete_call(tx, call.id)
    created, deleted = events.of_record(tx, "call", call.id)
    assert (created.action, deleted.action, deleted.before, deleted.after) == (
        "created",
        "deleted",
        call._asdict(),
        None,
    )


def test_the_log_keeps_a_collaboration_that_ended(tx: Tx, links: dict[str, int]) -> None:
    made = collaborations.add_collaboration(tx, About(DEAL, links["deal_id"]), tx.user_id)
    collaborations.delete_collaboration(tx, made.id)
    created, deleted = events.of_record(tx, "collab", made.id)
    assert (created.action, deleted.action, deleted.before) == ("created", "deleted", made._asdict())


def test_the_log_tells_of_messages_and_visits(tx: Tx, links: dict[str, int]) -> None:
    message = calls.add_text_message(tx, {"content": "Hi"})
    visit = calls.add_visit(tx, {"about": About(LEAD, links["lead_id"])})
    assert [told(tx, "text_message", message.id)[0][0], told(tx, "visit", visit.id)[0][0]] == ["created", "created"]


# ------------------------------------------------------------------------------------------------------- the deal


@pytest.mark.parametrize("what", ["note", "activity", "call"])
def test_what_is_written_about_a_deal_is_its_last_activity(tx: Tx, links: dict[str, int], what: str) -> None:
    deal_id, then = links["deal_id"], later(tx)
    add: dict[str, Callable[[], object]] = {
        "note": lambda: notes.add_note(then, {"content": "Likes tea", **links}),
        "activity": lambda: activities.add_activity(then, {"subject": "Make tea", **links}),
        "call": lambda: calls.add_call(then, {"phone_number": "+44", "deal_ids": [deal_id]}),
    }
    add[what]()
    deal = deals.deals.get(tx, deal_id)
    assert (deal.last_activity_at, deal.updated_at) == (then.now, then.now)
    assert told(tx, "deal", deal_id)[-1] == ("updated", {"last_activity_at": then.now})


def test_the_deal_a_note_moves_to_has_seen_activity(tx: Tx, links: dict[str, int]) -> None:
    note = notes.add_note(tx, {"content": "Likes tea", "person_id": links["person_id"]})
    then = later(tx)
    notes.update_note(then, note.id, {"about": About(DEAL, links["deal_id"])})
    assert deals.deals.get(tx, links["deal_id"]).last_activity_at == then.now


def test_an_archived_deal_stays_archived_when_a_note_is_written(tx: Tx, links: dict[str, int]) -> None:
    update_deal(tx, links["deal_id"], {"archived": True})
    notes.add_note(tx, {"content": "Likes tea", "deal_id": links["deal_id"]})
    deal = deals.deals.get(tx, links["deal_id"])
    assert (deal.archived_at, deal.last_activity_at) == (tx.now, tx.now)


def test_totals_stay_right_when_a_note_is_written(tx: Tx, links: dict[str, int]) -> None:
    notes.add_note(tx, {"content": "Likes tea", "deal_id": links["deal_id"]})
    assert deals.wrong_totals(tx) == []


# ------------------------------------------------------------------------------------------------------------ rules


@pytest.mark.parametrize("content", ["", "  ", None])
def test_a_note_has_content(tx: Tx, links: dict[str, int], content: str | None) -> None:
    with pytest.raises(Invalid, match=r"^content: must not be empty"):
        notes.add_note(tx, {"content": content, **links})


@pytest.mark.parametrize(("add", "field"), [(notes.add_note, "content"), (activities.add_activity, "subject")])
def test_text_must_be_given(tx: Tx, add: Any, field: str) -> None:
    with pytest.raises(Invalid, match=rf"^{field}: is required"):
        add(tx, {})


def test_a_note_is_of_a_known_kind(tx: Tx, links: dict[str, int]) -> None:
    with pytest.raises(Invalid, match=r"^kind:"):
        notes.add_note(tx, {"content": "Likes tea", "kind": "secret", **links})


def test_a_call_is_not_negative(tx: Tx) -> None:
    with pytest.raises(Invalid, match=r"^duration_s:"):
        calls.add_call(tx, {"phone_number": "+44", "duration_s": -1})


def test_who_has_left_may_have_called_but_not_collaborate(tx: Tx, links: dict[str, int]) -> None:
    gone = set_active(tx, new_user(tx, "Sam Seller", "sam@example.com").user.id, active=False).id
    assert calls.add_call(tx, {"phone_number": "+44", "user_id": gone}).user_id == gone
    with pytest.raises(Invalid, match=r"^collaborator_id: no such user"):
        collaborations.add_collaboration(tx, About(DEAL, links["deal_id"]), gone)


def test_nobody_collaborates_twice(tx: Tx, links: dict[str, int]) -> None:
    about = About(PARTY, links["person_id"])
    collaborations.add_collaboration(tx, about, tx.user_id)
    with pytest.raises(Conflict, match=r"^collaborator_id: already exists"):
        collaborations.add_collaboration(tx, about, tx.user_id)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"verification": "lost"}, "verification"),
        ({"outcome_id": 999}, "outcome_id"),
        ({"creator_id": 9}, "creator_id"),
    ],
)
def test_a_visit_that_cannot_be_is_refused(tx: Tx, links: dict[str, int], given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid, match=rf"^{field}:"):
        calls.add_visit(tx, {"about": About(LEAD, links["lead_id"]), **given})


def test_another_companys_records_are_not_there(tx: Tx, neighbour: Tx, links: dict[str, int]) -> None:
    note = notes.add_note(tx, {"content": "Likes tea", **links})
    with pytest.raises(NotFound):
        notes.readable_note(neighbour, note.id)
    with pytest.raises(Invalid, match=r"^deal_id: no such deal"):
        notes.add_note(neighbour, {"content": "Likes tea", "deal_id": links["deal_id"]})
