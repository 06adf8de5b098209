"""What notes, tasks, calls, messages, visits and collaborations are about (contract 6.4 h and k)."""

from typing import Any, Final, NamedTuple

import pytest

from dealflow.actions import activities, notes
from dealflow.actions.calls import add_text_message, add_visit
from dealflow.core.about import LEAD, PARTY, About
from dealflow.storage.tx import Tx
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.sell_records import Records

CONTACTS: Final = (("contact", "person"), ("contact", "organization"))
ALL: Final = (*CONTACTS, ("deal", "deal"), ("lead", "lead"))


class Kind(NamedTuple):
    """A resource that is about others: where it lives, what it needs besides, what it may be about."""

    path: str
    needs: dict[str, Any]
    types: tuple[tuple[str, str], ...]


NOTES: Final = Kind("/v2/notes", {"content": "Likes tea"}, ALL)
TASKS: Final = Kind("/v2/tasks", {"content": "Make tea"}, ALL)
CALLS: Final = Kind("/v2/calls", {"phone_number": "+44"}, (*CONTACTS, ("lead", "lead")))
COLLABORATIONS: Final = Kind("/v2/collaborations", {"collaborator_id": 1}, (*ALL, ("sales_account", "organization")))
KINDS: Final = (NOTES, TASKS, CALLS, COLLABORATIONS)

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.path[4:])
each_changed_kind = pytest.mark.parametrize("kind", [NOTES, TASKS, CALLS], ids=lambda kind: kind.path[4:])
LINKS: Final = [pytest.param(kind, *link, id="-".join((kind.path[4:], *link))) for kind in KINDS for link in kind.types]
each_link = pytest.mark.parametrize(("kind", "word", "record"), LINKS)
each_private_link = pytest.mark.parametrize(
    ("kind", "word", "record"), [each for each in LINKS if each.values[1] != "lead"]
)


@pytest.fixture
def records(server: Server) -> Records:
    return Records(server)


def added(sell: SellClient, kind: Kind, word: str, record_id: int) -> Any:
    reply = sell.post(kind.path, {**kind.needs, "resource_type": word, "resource_id": record_id})
    assert reply.status == 200, reply.body
    return reply.data


def found(sell: SellClient, path: str, **query: object) -> list[int]:
    return [each["id"] for each in items(sell.get(path, **query))]


def shown(data: Any) -> tuple[str | None, int | None]:
    return data["resource_type"], data["resource_id"]


# ---------------------------------------------------------------------------------------------------------- writing


@each_link
def test_what_it_is_about_is_shown_as_it_was_written(
    sell: SellClient, records: Records, kind: Kind, word: str, record: str
) -> None:
    made = added(sell, kind, word, records.id_of(record))
    again = sell.get(f"{kind.path}/{made['id']}").data
    assert (again, shown(made)) == (made, (word, records.id_of(record)))


@pytest.mark.parametrize(("given", "field"), [("resource_type", "/resource_id"), ("resource_id", "/resource_type")])
@each_kind
def test_type_and_id_come_together(sell: SellClient, records: Records, kind: Kind, given: str, field: str) -> None:
    value = {"resource_type": "contact", "resource_id": records.person}[given]
    reply = sell.post(kind.path, {**kind.needs, given: value})
    assert (reply.status, codes(reply)) == (422, [(field, "missing")])


@pytest.mark.parametrize("kind", [NOTES, COLLABORATIONS], ids=lambda kind: kind.path[4:])
def test_some_are_always_about_something(sell: SellClient, kind: Kind) -> None:
    assert codes(sell.post(kind.path, kind.needs)) == [("/resource_type", "missing"), ("/resource_id", "missing")]


@pytest.mark.parametrize(
    ("kind", "word"), [(NOTES, "sales_account"), (TASKS, "none"), (CALLS, "deal"), (COLLABORATIONS, "user")]
)
def test_a_type_that_is_not_offered_is_refused(sell: SellClient, records: Records, kind: Kind, word: str) -> None:
    reply = sell.post(kind.path, {**kind.needs, "resource_type": word, "resource_id": records.deal})
    assert (reply.status, codes(reply)) == (422, [("/resource_type", "incorrect_value")])


@pytest.mark.parametrize("word", ["contact", "lead"])
@each_kind
def test_it_cannot_be_about_what_is_not_there(sell: SellClient, records: Records, kind: Kind, word: str) -> None:
    reply = sell.post(kind.path, {**kind.needs, "resource_type": word, "resource_id": 99})
    assert (reply.status, codes(reply)) == (422, [("/resource_id", "incorrect_value")])


def test_a_person_is_no_sales_account(sell: SellClient, records: Records) -> None:
    given = {"resource_type": "sales_account", "resource_id": records.person}
    assert codes(sell.post("/v2/collaborations", {**COLLABORATIONS.needs, **given})) == [
        ("/resource_id", "incorrect_value")
    ]


@each_link
def test_it_cannot_be_about_what_is_deleted(
    sell: SellClient, records: Records, kind: Kind, word: str, record: str
) -> None:
    records.delete(record)
    reply = sell.post(kind.path, {**kind.needs, "resource_type": word, "resource_id": records.id_of(record)})
    assert (reply.status, codes(reply)) == (422, [("/resource_id", "incorrect_value")])


@pytest.mark.parametrize(("word", "record"), [*CONTACTS, ("deal", "deal")])
def test_it_cannot_be_about_what_the_user_may_not_see(
    people: SellPeople, records: Records, word: str, record: str
) -> None:
    records.hide(record)
    given = {**NOTES.needs, "resource_type": word, "resource_id": records.id_of(record)}
    assert codes(people.seller.post("/v2/notes", given)) == [("/resource_id", "incorrect_value")]


@each_changed_kind
def test_a_write_moves_it_to_another_record(sell: SellClient, records: Records, kind: Kind) -> None:
    made = added(sell, kind, "contact", records.person)
    given = {"resource_type": "lead", "resource_id": records.lead}
    assert shown(sell.put(f"{kind.path}/{made['id']}", given).data) == ("lead", records.lead)


@each_changed_kind
def test_an_id_alone_keeps_the_type(sell: SellClient, records: Records, kind: Kind) -> None:
    made = added(sell, kind, "contact", records.person)
    reply = sell.put(f"{kind.path}/{made['id']}", {"resource_id": records.organization})
    assert shown(reply.data) == ("contact", records.organization)


@pytest.mark.parametrize("kind", [TASKS, CALLS], ids=lambda kind: kind.path[4:])
def test_both_as_null_cut_the_link(sell: SellClient, records: Records, kind: Kind) -> None:
    made = added(sell, kind, "contact", records.person)
    reply = sell.put(f"{kind.path}/{made['id']}", {"resource_type": None, "resource_id": None})
    assert shown(reply.data) == (None, None)


@pytest.mark.parametrize("kind", [TASKS, CALLS], ids=lambda kind: kind.path[4:])
def test_one_as_null_is_refused(sell: SellClient, records: Records, kind: Kind) -> None:
    made = added(sell, kind, "contact", records.person)
    reply = sell.put(f"{kind.path}/{made['id']}", {"resource_type": None})
    assert (reply.status, codes(reply)) == (422, [("/resource_type", "missing")])


# ------------------------------------------------------------------------------------- several links (case k)


@pytest.fixture
def linked(records: Records) -> Records:
    """A note and a task with all four links, another of each without the deal, both number 1 and 2."""

    def add(tx: Tx) -> None:
        links = {
            "person_id": records.person,
            "organization_id": records.organization,
            "lead_id": records.lead,
        }
        for each in ({**links, "deal_id": records.deal}, links):
            notes.add_note(tx, {"content": "Likes tea", **each})
            activities.add_activity(tx, {"subject": "Make tea", **each})

    records.run(add)
    return records


@pytest.mark.parametrize("path", ["/v2/notes", "/v2/tasks"])
def test_of_several_links_the_first_is_shown(sell: SellClient, linked: Records, path: str) -> None:
    found = [shown(each) for each in items(sell.get(path, sort_by="id"))]
    assert found == [("deal", linked.deal), ("contact", linked.person)]


@pytest.mark.parametrize("path", ["/v2/notes", "/v2/tasks"])
def test_lists_go_by_the_link_that_is_shown(sell: SellClient, linked: Records, path: str) -> None:
    assert [
        found(sell, path, resource_type="deal", resource_id=linked.deal),
        found(sell, path, resource_type="contact", resource_id=linked.person),
        found(sell, path, resource_type="contact", resource_id=linked.organization),
        found(sell, path, resource_type="lead"),
    ] == [[1], [2], [], []]


@pytest.mark.parametrize("path", ["/v2/notes", "/v2/tasks"])
def test_a_write_of_one_link_replaces_all(sell: SellClient, linked: Records, path: str) -> None:
    sell.put(f"{path}/1", {"resource_type": "lead", "resource_id": linked.lead})
    linked.delete("deal")
    assert shown(sell.get(f"{path}/1").data) == ("lead", linked.lead)


@pytest.mark.parametrize("path", ["/v2/notes", "/v2/tasks"])
def test_the_link_sent_back_as_shown_replaces_none(sell: SellClient, linked: Records, path: str) -> None:
    before = linked.run(lambda tx: (notes.readable_note(tx, 1), activities.readable_activity(tx, 1)))
    sell.put(f"{path}/1", sell.get(f"{path}/1").data)
    assert linked.run(lambda tx: (notes.readable_note(tx, 1), activities.readable_activity(tx, 1))) == before


@pytest.mark.parametrize("path", ["/v2/notes", "/v2/tasks"])
def test_only_the_link_that_is_shown_hides(sell: SellClient, linked: Records, path: str) -> None:
    linked.delete("organization")
    assert found(sell, path, sort_by="id") == [1, 2]


# ------------------------------------------------------------------------------------------------------------ lists


@each_link
def test_a_list_is_narrowed_to_one_record(
    sell: SellClient, records: Records, kind: Kind, word: str, record: str
) -> None:
    made = [added(sell, kind, other, records.id_of(it)) for other, it in kind.types]
    expected = [each["id"] for each in made if shown(each) == (word, records.id_of(record))]
    assert found(sell, kind.path, resource_type=word, resource_id=records.id_of(record)) == expected


@each_link
def test_a_list_is_narrowed_to_a_type(sell: SellClient, records: Records, kind: Kind, word: str, record: str) -> None:
    made = [added(sell, kind, other, records.id_of(it)) for other, it in kind.types]
    expected = [each["id"] for each in made if each["resource_type"] == word]
    assert sorted(found(sell, kind.path, resource_type=word)) == expected


@each_kind
def test_a_list_is_narrowed_to_an_id_of_whatever_type(sell: SellClient, records: Records, kind: Kind) -> None:
    made = [added(sell, kind, other, records.id_of(it)) for other, it in kind.types]
    expected = [each["id"] for each in made if each["resource_id"] == records.person]
    assert sorted(found(sell, kind.path, resource_id=records.person)) == expected


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/v2/notes", "sales_account"),
        ("/v2/tasks", "none"),
        ("/v2/calls", "deal"),
        ("/v2/text_messages", "deal"),
        ("/v2/visits", "deal"),
        ("/v2/collaborations", "user"),
    ],
)
def test_a_list_by_a_type_that_is_not_offered_is_refused(sell: SellClient, path: str, word: str) -> None:
    reply = sell.get(path, resource_type=word)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


# -------------------------------------------------------------------------------------------- what hides (case h)


@each_link
def test_it_leaves_with_the_record_it_is_about(
    sell: SellClient, records: Records, kind: Kind, word: str, record: str
) -> None:
    made = added(sell, kind, word, records.id_of(record))
    records.delete(record)
    path = f"{kind.path}/{made['id']}"
    statuses = [sell.get(path).status, sell.put(path, {"content": "x"}).status, sell.delete(path).status]
    assert (found(sell, kind.path), statuses) == ([], [404, 405 if kind is COLLABORATIONS else 404, 404])


@each_private_link
def test_it_is_hidden_with_the_record_it_is_about(
    people: SellPeople, records: Records, kind: Kind, word: str, record: str
) -> None:
    made = added(people.admin, kind, word, records.id_of(record))
    records.hide(record)
    path = f"{kind.path}/{made['id']}"
    seen = [(found(each, kind.path), each.get(path).status) for each in (people.admin, people.seller)]
    assert seen == [([made["id"]], 200), ([], 404)]


@pytest.mark.parametrize("kind", [NOTES, TASKS, COLLABORATIONS], ids=lambda kind: kind.path[4:])
def test_who_sees_only_their_own_deals_sees_only_what_is_about_them(
    people: SellPeople, records: Records, kind: Kind
) -> None:
    hidden = added(people.admin, kind, "deal", records.deal)
    open_to_all = added(people.admin, kind, "contact", records.person)
    records.server.admin.post(f"/v1/deals/{records.deal}/followers", {"user_id": people.restricted.user_id})
    following = found(people.restricted, kind.path)
    follower = records.server.admin.get(f"/v1/deals/{records.deal}/followers").data[-1]["id"]
    records.server.admin.delete(f"/v1/deals/{records.deal}/followers/{follower}")
    assert (sorted(following), found(people.restricted, kind.path)) == (
        [hidden["id"], open_to_all["id"]],
        [open_to_all["id"]],
    )


@pytest.mark.parametrize(("path", "kept"), [("/v2/text_messages", 1), ("/v2/visits", 0)])
@pytest.mark.parametrize("record", ["person", "lead"])
def test_messages_and_visits_leave_with_their_contact_or_lead(
    sell: SellClient, records: Records, path: str, kept: int, record: str
) -> None:
    about = About(LEAD if record == "lead" else PARTY, records.id_of(record))

    def add(tx: Tx) -> None:
        add_text_message(tx, {"content": "Hi"})
        add_text_message(tx, {"content": "Hi", "about": about})
        add_visit(tx, {"about": about})

    records.run(add)
    before = len(found(sell, path))
    records.delete(record)
    assert (before, len(found(sell, path))) == (kept + 1, kept)
