"""Notes of Sell (contract 2.11); what they are about is in test_links."""

from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.sell_records import Records


@pytest.fixture
def records(server: Server) -> Records:
    return Records(server)


def attributes(records: Records, **given: Any) -> dict[str, Any]:
    return {"content": "Likes tea", "resource_type": "deal", "resource_id": records.deal, **given}


def added(sell: SellClient, records: Records, **given: Any) -> Any:
    return sell.post("/v2/notes", attributes(records, **given)).data


def listed(sell: SellClient, **query: object) -> list[int]:
    return [each["id"] for each in items(sell.get("/v2/notes", **query))]


# ---------------------------------------------------------------------------------------------------------- writing


def test_a_note_has_the_attributes_of_the_contract(sell: SellClient, records: Records) -> None:
    reply = sell.post("/v2/notes", attributes(records, content=" Likes tea "))
    assert (reply.status, reply.body["meta"]) == (200, {"type": "note"})
    assert reply.data == {
        "id": 1,
        "creator_id": sell.user_id,
        "content": " Likes tea ",
        "resource_type": "deal",
        "resource_id": records.deal,
        "type": "regular",
        "is_important": False,
        "tags": [],
        "created_at": "2026-05-01T12:00:00Z",
        "updated_at": "2026-05-01T12:00:00Z",
    }


def test_a_note_may_be_restricted_important_and_tagged(sell: SellClient, records: Records) -> None:
    given = {"type": "restricted", "is_important": True, "tags": ["tea", "cup", "tea"]}
    made = added(sell, records, **given)
    assert {name: made[name] for name in given} == {**given, "tags": ["tea", "cup"]}


def test_a_note_is_read_as_it_was_made(sell: SellClient, records: Records) -> None:
    made = added(sell, records)
    reply = sell.get(f"/v2/notes/{made['id']}")
    assert (reply.status, reply.body) == (200, {"data": made, "meta": {"type": "note"}})


def test_a_note_needs_content(sell: SellClient, records: Records) -> None:
    given = {"resource_type": "deal", "resource_id": records.deal}
    assert codes(sell.post("/v2/notes", given)) == [("/content", "missing")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"content": None}, "blank"),
        ({"content": " "}, "blank"),
        ({"content": 7}, "invalid_type"),
        ({"content": "x" * 65_537}, "incorrect_value"),
        ({"type": "secret"}, "incorrect_value"),
        ({"type": None}, "invalid_type"),
        ({"is_important": "yes"}, "invalid_type"),
        ({"tags": "tea"}, "invalid_type"),
        ({"resource_id": "1"}, "invalid_type"),
        ({"colour": "red"}, "unknown"),
    ],
)
def test_an_attribute_that_cannot_be_is_told(
    sell: SellClient, records: Records, given: dict[str, Any], code: str
) -> None:
    reply = sell.post("/v2/notes", attributes(records, **given))
    assert (reply.status, codes(reply)) == (422, [(f"/{next(iter(given))}", code)])


def test_a_note_takes_64_kib_of_text(sell: SellClient, records: Records) -> None:
    assert len(added(sell, records, content="x" * 65_536)["content"]) == 65_536


def test_only_what_is_given_changes(sell: SellClient, records: Records, clock: Clock) -> None:
    made = added(sell, records, tags=["tea"])
    clock.advance(seconds=5)
    reply = sell.put(f"/v2/notes/{made['id']}", {"content": "Likes coffee", "is_important": True, "id": 9})
    changes = {"content": "Likes coffee", "is_important": True, "updated_at": "2026-05-01T12:00:05Z"}
    assert (reply.status, reply.data) == (200, {**made, **changes})


def test_a_note_sent_back_as_it_is_stays_as_it_is(sell: SellClient, records: Records, clock: Clock) -> None:
    made = added(sell, records)
    clock.advance(seconds=5)
    assert sell.put(f"/v2/notes/{made['id']}", made).data == made


def test_a_refused_change_changes_nothing(sell: SellClient, records: Records) -> None:
    made = added(sell, records)
    path = f"/v2/notes/{made['id']}"
    reply = sell.put(path, {"content": "", "resource_type": "lead", "resource_id": records.lead})
    assert (codes(reply), sell.get(path).data) == ([("/content", "blank")], made)


def test_a_deleted_note_is_gone(sell: SellClient, records: Records) -> None:
    path = f"/v2/notes/{added(sell, records)['id']}"
    deleted = sell.delete(path)
    assert (deleted.status, deleted.raw) == (204, b"")
    assert [sell.get(path).status, sell.put(path, {}).status, sell.delete(path).status] == [404, 404, 404]
    assert listed(sell) == []


def test_a_missing_note_is_told_before_what_is_wrong_with_it(sell: SellClient) -> None:
    reply = sell.put("/v2/notes/9", {"colour": "red"})
    assert (reply.status, codes(reply)) == (404, [(None, "not_found")])


def test_another_company_has_other_notes(other: SellClient, sell: SellClient, records: Records) -> None:
    path = f"/v2/notes/{added(sell, records)['id']}"
    assert [other.get(path).status, other.put(path, {}).status, other.delete(path).status] == [404, 404, 404]


def test_a_note_is_activity_of_its_deal(sell: SellClient, records: Records, clock: Clock) -> None:
    clock.advance(seconds=5)
    made = added(sell, records)
    deal = sell.get(f"/v2/deals/{records.deal}").data
    assert (deal["last_activity_at"], deal["updated_at"]) == ("2026-05-01T12:00:05Z",) * 2
    clock.advance(seconds=5)
    sell.put(f"/v2/notes/{made['id']}", {"content": "Likes coffee"})
    assert sell.get(f"/v2/deals/{records.deal}").data["last_activity_at"] == "2026-05-01T12:00:10Z"


# ------------------------------------------------------------------------------------------------------------ lists


@pytest.fixture
def three(people: SellPeople, records: Records, clock: Clock) -> list[int]:
    """Notes about a lead, a deal and a contact, a second apart; the first is the last to change."""
    links = [("lead", records.lead), ("deal", records.deal), ("contact", records.person)]
    writers = [people.admin, people.seller, people.admin]
    made = []
    for writer, (type_, record_id), content in zip(writers, links, ["100% Tea", "COFFEE", "teas"], strict=True):
        made.append(added(writer, records, content=content, resource_type=type_, resource_id=record_id)["id"])
        clock.advance(seconds=1)
    people.admin.put(f"/v2/notes/{made[0]}", {"is_important": True})
    return made


@pytest.mark.parametrize(
    ("sort_by", "order"),
    [
        (None, [2, 3, 1]),
        ("updated_at", [2, 3, 1]),
        ("updated_at:desc", [1, 3, 2]),
        ("created_at:desc", [3, 2, 1]),
        ("resource_type", [3, 2, 1]),
        ("resource_type:desc", [1, 2, 3]),
        ("id:desc", [3, 2, 1]),
    ],
)
def test_notes_are_sorted(sell: SellClient, three: list[int], sort_by: str | None, order: list[int]) -> None:
    query = {} if sort_by is None else {"sort_by": sort_by}
    assert listed(sell, **query) == [three[place - 1] for place in order]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "tea"}, [1, 3]),
        ({"q": "TEAS"}, [3]),
        ({"q": "0% t"}, [1]),
        ({"q": "t_a"}, []),
        ({"q": "coffee", "resource_type": "lead"}, []),
        ({"ids": "3,1,99"}, [1, 3]),
        ({"includes": "deal"}, [1, 2, 3]),
    ],
)
def test_notes_are_found(sell: SellClient, three: list[int], query: dict[str, object], expected: list[int]) -> None:
    assert listed(sell, sort_by="id", **query) == expected


def test_notes_are_found_by_their_creator(people: SellPeople, three: list[int]) -> None:
    assert listed(people.admin, creator_id=people.seller.user_id) == [three[1]]


def test_a_page_of_notes_tells_of_the_next(sell: SellClient, three: list[int]) -> None:
    reply = sell.get("/v2/notes", per_page=2)
    assert (reply.body["meta"]["count"], "page=2" in reply.body["meta"]["links"]["next_page"]) == (2, True)


@pytest.mark.parametrize("query", [{"sort_by": "content"}, {"type": "regular"}, {"creator_id": "x"}, {"q": ""}])
def test_a_parameter_that_cannot_be_is_refused(sell: SellClient, query: dict[str, object]) -> None:
    reply = sell.get("/v2/notes", **query)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])
