"""Calls, text messages and visits of Sell (contract 2.14); what they are about is in test_links."""

from typing import Any

import pytest

from dealflow.actions.calls import add_text_message, add_visit
from dealflow.core.about import LEAD, PARTY, About
from dealflow.core.term import CALL_OUTCOME, VISIT_OUTCOME
from dealflow.core.time import SECOND, Instant
from dealflow.storage import terms
from dealflow.storage.tx import Tx
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.sell_records import Records


@pytest.fixture
def records(server: Server) -> Records:
    return Records(server)


def added(sell: SellClient, **given: Any) -> Any:
    reply = sell.post("/v2/calls", {"phone_number": "+44-208-1234567", **given})
    assert reply.status == 200, reply.body
    return reply.data


def listed(sell: SellClient, path: str = "/v2/calls", **query: object) -> list[int]:
    return [each["id"] for each in items(sell.get(path, **query))]


def outcome_ids(records: Records, kind: str) -> list[int]:
    return [each.id for each in records.run(lambda tx: terms.of_kind(tx, kind))]


# ---------------------------------------------------------------------------------------------------- writing calls


def test_a_call_has_the_attributes_of_the_contract(sell: SellClient) -> None:
    reply = sell.post("/v2/calls", {"phone_number": "+44-208-1234567"})
    assert (reply.status, reply.body["meta"]) == (200, {"type": "call"})
    assert reply.data == {
        "id": 1,
        "user_id": sell.user_id,
        "phone_number": "+44-208-1234567",
        "incoming": False,
        "missed": False,
        "summary": None,
        "recording_url": None,
        "external_id": None,
        "duration": None,
        "outcome_id": None,
        "resource_type": None,
        "resource_id": None,
        "associated_deal_ids": [],
        "made_at": "2026-05-01T12:00:00Z",
        "created_at": "2026-05-01T12:00:00Z",
        "updated_at": "2026-05-01T12:00:00Z",
    }


def test_a_call_keeps_all_that_is_said_of_it(people: SellPeople, records: Records) -> None:
    given = {
        "user_id": people.seller.user_id,
        "incoming": True,
        "missed": True,
        "summary": "Nobody there.",
        "recording_url": "https://calls.test/1",
        "external_id": "f00",
        "duration": 44,
        "outcome_id": outcome_ids(records, CALL_OUTCOME)[1],
        "resource_type": "contact",
        "resource_id": records.person,
        "associated_deal_ids": [records.deal],
        "made_at": "2014-09-27T16:32:56+00:00",
    }
    made = added(people.admin, **given)
    reply = people.admin.get(f"/v2/calls/{made['id']}")
    assert (reply.status, reply.body) == (200, {"data": made, "meta": {"type": "call"}})
    assert {name: made[name] for name in given} == {**given, "made_at": "2014-09-27T16:32:56Z"}


def test_ids_of_deals_may_come_as_text(sell: SellClient, records: Records) -> None:
    assert added(sell, associated_deal_ids=[str(records.deal)])["associated_deal_ids"] == [records.deal]


def test_a_call_needs_a_number(sell: SellClient) -> None:
    assert codes(sell.post("/v2/calls", {})) == [("/phone_number", "missing")]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"phone_number": None}, "blank"),
        ({"phone_number": " "}, "blank"),
        ({"phone_number": 44}, "invalid_type"),
        ({"phone_number": "4" * 256}, "incorrect_value"),
        ({"user_id": 99}, "incorrect_value"),
        ({"user_id": None}, "invalid_type"),
        ({"made_at": "then"}, "incorrect_value"),
        ({"made_at": None}, "invalid_type"),
        ({"incoming": None}, "invalid_type"),
        ({"missed": 1}, "invalid_type"),
        ({"summary": 1}, "invalid_type"),
        ({"duration": -1}, "incorrect_value"),
        ({"duration": "44"}, "invalid_type"),
        ({"outcome_id": 999}, "incorrect_value"),
        ({"associated_deal_ids": [999]}, "incorrect_value"),
        ({"associated_deal_ids": "1"}, "invalid_type"),
        ({"associated_deal_ids": ["x"]}, "invalid_type"),
        ({"associated_deal_ids": list(range(1, 502))}, "incorrect_value"),
        ({"creator_id": 1}, "unknown"),
    ],
)
def test_an_attribute_that_cannot_be_is_told(sell: SellClient, given: dict[str, Any], code: str) -> None:
    reply = sell.post("/v2/calls", {"phone_number": "+44", **given})
    assert (reply.status, codes(reply)) == (422, [(f"/{next(iter(given))}", code)])


def test_the_outcome_of_a_visit_is_none_of_a_call(sell: SellClient, records: Records) -> None:
    given = {"phone_number": "+44", "outcome_id": outcome_ids(records, VISIT_OUTCOME)[0]}
    assert codes(sell.post("/v2/calls", given)) == [("/outcome_id", "incorrect_value")]


def test_a_call_cannot_belong_to_a_deal_the_user_may_not_see(people: SellPeople, records: Records) -> None:
    records.hide("deal")
    reply = people.seller.post("/v2/calls", {"phone_number": "+44", "associated_deal_ids": [records.deal]})
    assert codes(reply) == [("/associated_deal_ids", "incorrect_value")]


def test_only_what_is_given_changes(sell: SellClient, records: Records, clock: Clock) -> None:
    made = added(sell, summary="Good", duration=5)
    clock.advance(seconds=5)
    given = {"summary": None, "missed": True, "associated_deal_ids": [records.deal]}
    reply = sell.put(f"/v2/calls/{made['id']}", {**given, "id": 9})
    assert (reply.status, reply.data) == (200, {**made, **given, "updated_at": "2026-05-01T12:00:05Z"})


def test_a_call_sent_back_as_it_is_stays_as_it_is(sell: SellClient, records: Records, clock: Clock) -> None:
    made = added(sell, resource_type="lead", resource_id=records.lead, associated_deal_ids=[records.deal])
    clock.advance(seconds=5)
    assert sell.put(f"/v2/calls/{made['id']}", made).data == made


def test_a_deleted_call_is_gone(sell: SellClient) -> None:
    path = f"/v2/calls/{added(sell)['id']}"
    deleted = sell.delete(path)
    assert (deleted.status, deleted.raw) == (204, b"")
    assert [sell.get(path).status, sell.put(path, {}).status, sell.delete(path).status] == [404, 404, 404]
    assert listed(sell) == []


def test_a_missing_call_is_told_before_what_is_wrong_with_it(sell: SellClient) -> None:
    reply = sell.put("/v2/calls/9", {"colour": "red"})
    assert (reply.status, codes(reply)) == (404, [(None, "not_found")])


def test_another_company_has_other_calls(other: SellClient, sell: SellClient) -> None:
    path = f"/v2/calls/{added(sell)['id']}"
    assert [other.get(path).status, other.put(path, {}).status, other.delete(path).status] == [404, 404, 404]


def test_a_call_is_activity_of_its_deals(sell: SellClient, records: Records, clock: Clock) -> None:
    clock.advance(seconds=5)
    made = added(sell, associated_deal_ids=[records.deal])
    deal = sell.get(f"/v2/deals/{records.deal}").data
    assert (deal["last_activity_at"], deal["updated_at"]) == ("2026-05-01T12:00:05Z",) * 2
    clock.advance(seconds=5)
    sell.put(f"/v2/calls/{made['id']}", {"missed": True})
    assert sell.get(f"/v2/deals/{records.deal}").data["last_activity_at"] == "2026-05-01T12:00:10Z"


def test_a_deal_that_is_deleted_leaves_its_calls(sell: SellClient, records: Records) -> None:
    made = added(sell, associated_deal_ids=[records.deal])
    records.delete("deal")
    shown = sell.get(f"/v2/calls/{made['id']}").data["associated_deal_ids"]
    assert (shown, listed(sell), listed(sell, associated_deal_id=records.deal)) == ([], [made["id"]], [])


def test_a_hidden_deal_is_not_shown_on_calls(people: SellPeople, records: Records) -> None:
    made = added(people.admin, associated_deal_ids=[records.deal])
    records.hide("deal")
    shown = [items(each.get("/v2/calls"))[0]["associated_deal_ids"] for each in (people.admin, people.seller)]
    found = listed(people.seller, associated_deal_id=records.deal)
    assert (shown, found, made["id"]) == ([[records.deal], []], [], 1)


# ---------------------------------------------------------------------------------------------------- lists of calls


def test_calls_are_listed_newest_first(sell: SellClient) -> None:
    made = [added(sell, made_at=f"2026-04-0{day}T00:00:00Z")["id"] for day in (2, 3, 1, 2)]
    assert listed(sell) == [made[1], made[0], made[3], made[2]]


def test_calls_cannot_be_sorted(sell: SellClient) -> None:
    reply = sell.get("/v2/calls", sort_by="made_at")
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


def test_calls_are_found_by_a_deal_they_belong_to(sell: SellClient, records: Records, server: Server) -> None:
    more = [server.admin.post("/api/v2/deals", {"title": "More"}).data["id"] for _ in range(11)]
    added(sell, associated_deal_ids=[more[-1], records.deal])
    added(sell, associated_deal_ids=[records.deal, more[0]])
    added(sell, associated_deal_ids=[more[-2]])
    added(sell)
    wanted = (records.deal, more[0], more[-2], more[-1], more[3])
    assert [listed(sell, associated_deal_id=each) for each in wanted] == [[1, 2], [2], [3], [1], []]


def test_calls_are_found_by_their_ids(sell: SellClient) -> None:
    made = [added(sell)["id"] for _ in range(3)]
    assert listed(sell, **{"ids[0]": made[2], "ids[1]": made[0], "ids[2]": 99}) == [made[0], made[2]]


def test_a_page_of_calls_tells_of_the_next(sell: SellClient) -> None:
    made = [added(sell)["id"] for _ in range(3)]
    first, second = sell.get("/v2/calls", per_page=2), sell.get("/v2/calls", per_page=2, page=2)
    assert "page=2" in first.body["meta"]["links"]["next_page"]
    assert [each["id"] for page in (first, second) for each in items(page)] == made


# ----------------------------------------------------------------------------------------------------- text messages


def messages(tx: Tx, records: Records) -> None:
    """One of nobody, one of the person, one of the lead, sent in the opposite order."""
    about = (None, About(PARTY, records.person), About(LEAD, records.lead))
    for place, each in enumerate(about):
        add_text_message(
            tx,
            {
                "content": "Hi",
                "about": each,
                "user_phone_number": "+1",
                "resource_phone_number": "+2",
                "deal_ids": [records.deal] if each is None else [],
                "incoming": each is None,
                "sent_at": Instant(tx.now - place * SECOND),
            },
        )


@pytest.fixture
def with_messages(records: Records) -> Records:
    records.run(lambda tx: messages(tx, records))
    return records


def test_a_text_message_has_the_attributes_of_the_contract(sell: SellClient, with_messages: Records) -> None:
    reply = sell.get("/v2/text_messages/1")
    assert (reply.status, reply.body["meta"]) == (200, {"type": "text_message"})
    assert reply.data == {
        "id": 1,
        "user_id": sell.user_id,
        "user_phone_number": "+1",
        "content": "Hi",
        "incoming": True,
        "resource_type": "none",
        "resource_id": None,
        "resource_phone_number": "+2",
        "associated_deal_ids": [with_messages.deal],
        "sent_at": "2026-05-01T12:00:00Z",
        "created_at": "2026-05-01T12:00:00Z",
        "updated_at": "2026-05-01T12:00:00Z",
    }


def test_a_text_message_shows_whom_it_is_about(sell: SellClient, with_messages: Records) -> None:
    found = items(sell.get("/v2/text_messages", sort_by="id"))
    assert [(each["resource_type"], each["resource_id"]) for each in found] == [
        ("none", None),
        ("contact", with_messages.person),
        ("lead", with_messages.lead),
    ]


def test_a_text_message_that_is_not_there_is_told(sell: SellClient) -> None:
    reply = sell.get("/v2/text_messages/1")
    assert (reply.status, codes(reply)) == (404, [(None, "not_found")])
    assert "'text_message'" in reply.body["errors"][0]["error"]["details"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [3, 2, 1]),
        ({"sort_by": "id"}, [1, 2, 3]),
        ({"sort_by": "sent_at"}, [3, 2, 1]),
        ({"sort_by": "sent_at:desc"}, [1, 2, 3]),
        ({"sort_by": "created_at"}, [1, 2, 3]),
        ({"sort_by": "updated_at:desc"}, [1, 2, 3]),
        ({"ids": "[1, 3]"}, [3, 1]),
        ({"resource_type": "none"}, [1]),
        ({"resource_type": "contact"}, [2]),
        ({"resource_type": "lead"}, [3]),
    ],
)
def test_text_messages_are_listed(
    sell: SellClient, with_messages: Records, query: dict[str, object], expected: list[int]
) -> None:
    assert listed(sell, "/v2/text_messages", **query) == expected


def test_text_messages_are_found_by_their_lead(sell: SellClient, with_messages: Records) -> None:
    query = {"resource_type": "lead", "resource_id": with_messages.lead}
    assert [
        listed(sell, "/v2/text_messages", **query),
        listed(sell, "/v2/text_messages", **{**query, "resource_id": 99}),
        listed(sell, "/v2/text_messages", **{**query, "resource_type": "none"}),
    ] == [[3], [], []]


def test_text_messages_are_not_written_here(sell: SellClient) -> None:
    assert sell.post("/v2/text_messages", {"content": "Hi"}).status == 405


# ------------------------------------------------------------------------------------------------------------ visits


@pytest.fixture
def with_visits(records: Records, people: SellPeople) -> Records:
    """One to the lead, one to the person, which was before."""

    def add(tx: Tx) -> None:
        outcome = terms.of_kind(tx, VISIT_OUTCOME)[0].id
        add_visit(tx, {"about": About(LEAD, records.lead), "creator_id": people.seller.user_id})
        add_visit(
            tx,
            {
                "about": About(PARTY, records.person),
                "outcome_id": outcome,
                "address": "1 Mill Lane",
                "summary": "Had tea",
                "verification": "verified",
                "visited_at": Instant(tx.now - SECOND),
            },
        )

    records.run(add)
    return records


def test_a_visit_has_the_attributes_of_the_contract(sell: SellClient, with_visits: Records) -> None:
    (visit,) = sell.get("/v2/visits", resource_type="contact").body["items"]
    assert visit == {
        "data": {
            "id": 2,
            "creator_id": sell.user_id,
            "outcome_id": outcome_ids(with_visits, VISIT_OUTCOME)[0],
            "resource_type": "contact",
            "resource_id": with_visits.person,
            "resource_address": "1 Mill Lane",
            "visited_at": "2026-05-01T11:59:59Z",
            "summary": "Had tea",
            "rep_location_verification_status": "verified",
            "created_at": "2026-05-01T12:00:00Z",
            "updated_at": "2026-05-01T12:00:00Z",
        },
        "meta": {"type": "visit"},
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2]),
        ({"sort_by": "id:desc"}, [2, 1]),
        ({"sort_by": "visited_at"}, [2, 1]),
        ({"ids": "[2, 7]"}, [2]),
        ({"resource_type": "lead"}, [1]),
        ({"rep_location_verification_status": "verified"}, [2]),
        ({"rep_location_verification_status": "location_unknown"}, [1]),
        ({"page": 100}, []),
    ],
)
def test_visits_are_listed(
    sell: SellClient, with_visits: Records, query: dict[str, object], expected: list[int]
) -> None:
    assert listed(sell, "/v2/visits", **query) == expected


def test_visits_are_found_by_outcome_creator_and_whom_they_were_to(people: SellPeople, with_visits: Records) -> None:
    queries = (
        {"outcome_id": outcome_ids(with_visits, VISIT_OUTCOME)[0]},
        {"creator_id": people.seller.user_id},
        {"resource_type": "contact", "resource_id": with_visits.person},
        {"resource_type": "contact", "resource_id": with_visits.organization},
    )
    assert [listed(people.admin, "/v2/visits", **query) for query in queries] == [[2], [1], [2], []]


@pytest.mark.parametrize(
    "query",
    [
        {"resource_id": 1},
        {"page": 101},
        {"per_page": 101},
        {"sort_by": "created_at"},
        {"rep_location_verification_status": "lost"},
    ],
)
def test_a_parameter_that_cannot_be_is_refused(sell: SellClient, query: dict[str, object]) -> None:
    reply = sell.get("/v2/visits", **query)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


def test_visits_are_not_written_here_and_have_no_address_of_their_own(sell: SellClient) -> None:
    assert [sell.post("/v2/visits", {}).status, sell.get("/v2/visits/1").status] == [405, 404]
