"""Tasks of Sell (contract 2.12); what they are about is in test_links."""

from typing import Any

import pytest

from dealflow.actions.activities import add_activity
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.sell_records import Records


@pytest.fixture
def records(server: Server) -> Records:
    return Records(server)


def added(sell: SellClient, **given: Any) -> Any:
    return sell.post("/v2/tasks", {"content": "Make tea", **given}).data


def listed(sell: SellClient, **query: object) -> list[int]:
    return [each["id"] for each in items(sell.get("/v2/tasks", **query))]


# ---------------------------------------------------------------------------------------------------------- writing


def test_a_task_has_the_attributes_of_the_contract(sell: SellClient) -> None:
    reply = sell.post("/v2/tasks", {"content": "Make tea"})
    assert (reply.status, reply.body["meta"]) == (200, {"type": "task"})
    assert reply.data == {
        "id": 1,
        "creator_id": sell.user_id,
        "owner_id": sell.user_id,
        "content": "Make tea",
        "due_date": None,
        "remind_at": None,
        "completed": False,
        "completed_at": None,
        "overdue": False,
        "resource_type": None,
        "resource_id": None,
        "created_at": "2026-05-01T12:00:00Z",
        "updated_at": "2026-05-01T12:00:00Z",
    }


def test_a_task_may_be_somebody_elses_and_have_its_times(people: SellPeople) -> None:
    given = {
        "owner_id": people.seller.user_id,
        "due_date": "2026-06-01T10:00:00.000Z",
        "remind_at": "2026-05-31T12:00:00+0200",
    }
    expected = {**given, "due_date": "2026-06-01T10:00:00Z", "remind_at": "2026-05-31T10:00:00Z"}
    made = added(people.admin, **given)
    assert {name: made[name] for name in given} == expected


def test_a_task_is_read_as_it_was_made(sell: SellClient) -> None:
    made = added(sell)
    reply = sell.get(f"/v2/tasks/{made['id']}")
    assert (reply.status, reply.body) == (200, {"data": made, "meta": {"type": "task"}})


def test_an_activity_of_any_type_is_a_task(sell: SellClient, records: Records) -> None:
    made = records.run(lambda tx: add_activity(tx, {"subject": "Lunch", "type": "lunch"}))
    assert sell.get(f"/v2/tasks/{made.id}").data["content"] == "Lunch"


def test_a_task_needs_content(sell: SellClient) -> None:
    assert codes(sell.post("/v2/tasks", {})) == [("/content", "missing")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"content": None}, "blank"),
        ({"content": " "}, "blank"),
        ({"content": 7}, "invalid_type"),
        ({"content": "x" * 65_537}, "incorrect_value"),
        ({"owner_id": 99}, "incorrect_value"),
        ({"owner_id": None}, "invalid_type"),
        ({"due_date": "soon"}, "incorrect_value"),
        ({"due_date": 1}, "invalid_type"),
        ({"remind_at": "soon"}, "incorrect_value"),
        ({"completed": "yes"}, "invalid_type"),
        ({"type": "lunch"}, "unknown"),
    ],
)
def test_an_attribute_that_cannot_be_is_told(sell: SellClient, given: dict[str, Any], code: str) -> None:
    reply = sell.post("/v2/tasks", {"content": "Make tea", **given})
    assert (reply.status, codes(reply)) == (422, [(f"/{next(iter(given))}", code)])


def test_a_task_cannot_be_given_to_who_has_left(people: SellPeople, server: Server) -> None:
    server.admin.put(f"/v1/users/{people.seller.user_id}", {"active_flag": False})
    reply = people.admin.post("/v2/tasks", {"content": "Make tea", "owner_id": people.seller.user_id})
    assert codes(reply) == [("/owner_id", "incorrect_value")]


def test_a_task_of_who_has_left_may_still_be_changed(people: SellPeople, server: Server) -> None:
    made = added(people.admin, owner_id=people.seller.user_id)
    server.admin.put(f"/v1/users/{people.seller.user_id}", {"active_flag": False})
    reply = people.admin.put(f"/v2/tasks/{made['id']}", {**made, "completed": True})
    assert (reply.status, reply.data["completed"]) == (200, True)


def test_a_completed_task_knows_when_and_is_overdue_no_more(sell: SellClient, clock: Clock) -> None:
    made = added(sell, due_date="2026-05-01T11:59:59Z")
    clock.advance(seconds=5)
    done = sell.put(f"/v2/tasks/{made['id']}", {"completed": True}).data
    clock.advance(seconds=5)
    again = sell.put(f"/v2/tasks/{made['id']}", {"completed": True, "content": "Make coffee"}).data
    opened = sell.put(f"/v2/tasks/{made['id']}", {"completed": False}).data
    seen = [(each["completed"], each["completed_at"], each["overdue"]) for each in (made, done, again, opened)]
    assert seen == [
        (False, None, True),
        (True, "2026-05-01T12:00:05Z", False),
        (True, "2026-05-01T12:00:05Z", False),
        (False, None, True),
    ]


def test_a_task_is_due_until_the_moment_has_passed(sell: SellClient) -> None:
    assert added(sell, due_date="2026-05-01T12:00:00Z")["overdue"] is False


def test_only_what_is_given_changes(sell: SellClient, clock: Clock) -> None:
    made = added(sell, due_date="2026-06-01T10:00:00Z", remind_at="2026-06-01T09:00:00Z")
    clock.advance(seconds=5)
    reply = sell.put(f"/v2/tasks/{made['id']}", {"content": "Make coffee", "remind_at": None, "overdue": True})
    changes = {"content": "Make coffee", "remind_at": None, "updated_at": "2026-05-01T12:00:05Z"}
    assert (reply.status, reply.data) == (200, {**made, **changes})


def test_a_task_sent_back_as_it_is_stays_as_it_is(sell: SellClient, clock: Clock) -> None:
    made = added(sell, due_date="2026-06-01T10:00:00Z")
    clock.advance(seconds=5)
    assert sell.put(f"/v2/tasks/{made['id']}", {**made, "due_date": "2026-06-01T10:00:00.000Z"}).data == made


def test_a_deleted_task_is_gone(sell: SellClient) -> None:
    path = f"/v2/tasks/{added(sell)['id']}"
    deleted = sell.delete(path)
    assert (deleted.status, deleted.raw) == (204, b"")
    assert [sell.get(path).status, sell.put(path, {}).status, sell.delete(path).status] == [404, 404, 404]
    assert listed(sell) == []


def test_a_missing_task_is_told_before_what_is_wrong_with_it(sell: SellClient) -> None:
    reply = sell.put("/v2/tasks/9", {"colour": "red"})
    assert (reply.status, codes(reply)) == (404, [(None, "not_found")])


def test_another_company_has_other_tasks(other: SellClient, sell: SellClient) -> None:
    path = f"/v2/tasks/{added(sell)['id']}"
    assert [other.get(path).status, other.put(path, {}).status, other.delete(path).status] == [404, 404, 404]


def test_a_task_is_activity_of_its_deal(sell: SellClient, records: Records, clock: Clock) -> None:
    clock.advance(seconds=5)
    made = added(sell, resource_type="deal", resource_id=records.deal)
    deal = sell.get(f"/v2/deals/{records.deal}").data
    assert (deal["last_activity_at"], deal["updated_at"]) == ("2026-05-01T12:00:05Z",) * 2
    clock.advance(seconds=5)
    sell.put(f"/v2/tasks/{made['id']}", {"completed": True})
    assert sell.get(f"/v2/deals/{records.deal}").data["last_activity_at"] == "2026-05-01T12:00:10Z"


# ------------------------------------------------------------------------------------------------------------ lists


@pytest.fixture
def four(people: SellPeople, records: Records, clock: Clock) -> list[int]:
    """Made a second apart: about a lead, a deal, a contact, nothing; the first two are done, the second first.

    The first and third were due, the fourth will be; the second and fourth remind.
    """
    given: list[dict[str, Any]] = [
        {"content": "100% Tea", "resource_type": "lead", "resource_id": records.lead, "due_date": "2026-04-03"},
        {"resource_type": "deal", "resource_id": records.deal, "remind_at": "2026-05-05T00:00:00Z"},
        {"content": "teas", "resource_type": "contact", "resource_id": records.person, "due_date": "2026-04-02"},
        {"content": "Cake", "due_date": "2026-06-01", "remind_at": "2026-05-05T00:00:00Z"},
    ]
    writers = [people.admin, people.seller, people.admin, people.admin]
    made = []
    for writer, each in zip(writers, given, strict=True):
        made.append(added(writer, **{"content": "Coffee", **each})["id"])
        clock.advance(seconds=1)
    for task_id in (made[1], made[0]):
        people.admin.put(f"/v2/tasks/{task_id}", {"completed": True})
        clock.advance(seconds=1)
    people.admin.put(f"/v2/tasks/{made[3]}", {"owner_id": people.seller.user_id})
    return made


@pytest.mark.parametrize(
    ("sort_by", "order"),
    [
        (None, [3, 2, 1, 4]),
        ("updated_at:desc", [4, 1, 2, 3]),
        ("created_at:desc", [4, 3, 2, 1]),
        ("due_date", [3, 1, 4, 2]),
        ("due_date:desc", [4, 1, 3, 2]),
        ("completed_at", [2, 1, 3, 4]),
        ("completed_at:desc", [1, 2, 3, 4]),
        ("resource_type", [3, 2, 1, 4]),
        ("resource_type:desc", [1, 2, 3, 4]),
        ("id:desc", [4, 3, 2, 1]),
    ],
)
def test_tasks_are_sorted(sell: SellClient, four: list[int], sort_by: str | None, order: list[int]) -> None:
    query = {} if sort_by is None else {"sort_by": sort_by}
    assert listed(sell, **query) == [four[place - 1] for place in order]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "TEA"}, [1, 3]),
        ({"q": "0% t"}, [1]),
        ({"type": "floating"}, [4]),
        ({"type": "related"}, [1, 2, 3]),
        ({"completed": "True"}, [1, 2]),
        ({"completed": "false"}, [3, 4]),
        ({"overdue": "true"}, [3]),
        ({"overdue": "false"}, [1, 2, 4]),
        ({"remind": "true"}, [2, 4]),
        ({"remind": "false"}, [1, 3]),
        ({"remind": "true", "completed": "true"}, [2]),
        ({"ids": "[4, 1]"}, [1, 4]),
    ],
)
def test_tasks_are_found(sell: SellClient, four: list[int], query: dict[str, object], expected: list[int]) -> None:
    assert listed(sell, sort_by="id", **query) == expected


def test_tasks_are_found_by_their_creator_and_owner(people: SellPeople, four: list[int]) -> None:
    seller = people.seller.user_id
    found = [listed(people.admin, sort_by="id", creator_id=seller), listed(people.admin, sort_by="id", owner_id=seller)]
    assert found == [[2], [2, 4]]


def test_a_page_of_tasks_tells_of_the_next(sell: SellClient, four: list[int]) -> None:
    reply = sell.get("/v2/tasks", per_page=3)
    assert (reply.body["meta"]["count"], "page=2" in reply.body["meta"]["links"]["next_page"]) == (3, True)


@pytest.mark.parametrize(
    "query", [{"sort_by": "content"}, {"type": "lunch"}, {"completed": "maybe"}, {"name": "x"}, {"owner_id": "0"}]
)
def test_a_parameter_that_cannot_be_is_refused(sell: SellClient, query: dict[str, object]) -> None:
    reply = sell.get("/v2/tasks", **query)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])
