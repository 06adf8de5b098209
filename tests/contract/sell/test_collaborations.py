"""Collaborations of Sell (contract 2.14); what they are on is in test_links."""

from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.sell_records import Records


@pytest.fixture
def records(server: Server) -> Records:
    return Records(server)


def attributes(sell: SellClient, records: Records, **given: Any) -> dict[str, Any]:
    return {"resource_type": "deal", "resource_id": records.deal, "collaborator_id": sell.user_id, **given}


def added(sell: SellClient, records: Records, **given: Any) -> Any:
    return sell.post("/v2/collaborations", attributes(sell, records, **given)).data


def listed(sell: SellClient, **query: object) -> list[int]:
    return [each["id"] for each in items(sell.get("/v2/collaborations", **query))]


def test_who_owns_a_record_may_collaborate_on_it(sell: SellClient, records: Records) -> None:
    reply = sell.post("/v2/collaborations", attributes(sell, records))
    assert (reply.status, reply.body["meta"]) == (200, {"type": "collaboration"})
    assert reply.data == {
        "id": 1,
        "creator_id": sell.user_id,
        "resource_type": "deal",
        "resource_id": records.deal,
        "collaborator_id": sell.user_id,
        "created_at": "2026-05-01T12:00:00Z",
        "updated_at": "2026-05-01T12:00:00Z",
    }


def test_a_collaboration_is_read_as_it_was_made(people: SellPeople, records: Records) -> None:
    made = added(people.admin, records, collaborator_id=people.seller.user_id)
    reply = people.admin.get(f"/v2/collaborations/{made['id']}")
    assert (reply.status, reply.body) == (200, {"data": made, "meta": {"type": "collaboration"}})


def test_nobody_collaborates_twice(people: SellPeople, records: Records) -> None:
    added(people.admin, records)
    again = people.admin.post("/v2/collaborations", attributes(people.admin, records))
    others = attributes(people.admin, records, collaborator_id=people.seller.user_id)
    assert (again.status, codes(again)) == (422, [("/collaborator_id", "already_exists")])
    assert people.admin.post("/v2/collaborations", others).status == 200


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"collaborator_id": 99}, "incorrect_value"),
        ({"collaborator_id": None}, "blank"),
        ({"collaborator_id": "1"}, "invalid_type"),
        ({"role": "boss"}, "unknown"),
    ],
)
def test_an_attribute_that_cannot_be_is_told(
    sell: SellClient, records: Records, given: dict[str, Any], code: str
) -> None:
    reply = sell.post("/v2/collaborations", attributes(sell, records, **given))
    assert (reply.status, codes(reply)) == (422, [(f"/{next(iter(given))}", code)])


def test_a_collaborator_must_be_named(sell: SellClient, records: Records) -> None:
    reply = sell.post("/v2/collaborations", {"resource_type": "deal", "resource_id": records.deal})
    assert codes(reply) == [("/collaborator_id", "missing")]


def test_a_collaboration_cannot_be_changed(sell: SellClient, records: Records) -> None:
    assert sell.put(f"/v2/collaborations/{added(sell, records)['id']}", {}).status == 405


def test_a_collaboration_that_ended_is_gone_and_may_begin_again(sell: SellClient, records: Records) -> None:
    path = f"/v2/collaborations/{added(sell, records)['id']}"
    deleted = sell.delete(path)
    assert (deleted.status, deleted.raw) == (204, b"")
    assert [sell.get(path).status, sell.delete(path).status, listed(sell)] == [404, 404, []]
    assert sell.post("/v2/collaborations", attributes(sell, records)).status == 200


def test_another_company_has_other_collaborations(other: SellClient, sell: SellClient, records: Records) -> None:
    path = f"/v2/collaborations/{added(sell, records)['id']}"
    assert [other.get(path).status, other.delete(path).status, listed(other)] == [404, 404, []]


@pytest.fixture
def three(people: SellPeople, records: Records, clock: Clock) -> list[int]:
    """Two of the admin, the second on a contact; one that the seller made."""
    made = [added(people.admin, records)["id"]]
    clock.advance(seconds=1)
    made.append(added(people.admin, records, resource_type="contact", resource_id=records.person)["id"])
    clock.advance(seconds=1)
    made.append(added(people.seller, records)["id"])
    return made


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3]),
        ({"sort_by": "id:desc"}, [3, 2, 1]),
        ({"sort_by": "created_at:desc"}, [3, 2, 1]),
        ({"sort_by": "updated_at:desc"}, [3, 2, 1]),
        ({"ids": "3,1"}, [1, 3]),
    ],
)
def test_collaborations_are_listed(
    sell: SellClient, three: list[int], query: dict[str, object], expected: list[int]
) -> None:
    assert listed(sell, **query) == [three[place - 1] for place in expected]


def test_collaborations_are_found_by_their_creator(people: SellPeople, three: list[int]) -> None:
    assert listed(people.admin, creator_id=people.seller.user_id) == [three[2]]


@pytest.mark.parametrize("query", [{"sort_by": "resource_type"}, {"collaborator_id": 1}])
def test_a_parameter_that_cannot_be_is_refused(sell: SellClient, query: dict[str, object]) -> None:
    reply = sell.get("/v2/collaborations", **query)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])
