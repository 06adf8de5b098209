"""Contract 2.7 and 3.5 to 3.7 over version 2, with 1.6 for custom fields, 6.3 and 6.4 for lists, 6.26 to 6.28."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.server import Client, Json

DEALS = "/api/v2/deals"
NOON, LATER = "2026-05-01T12:00:00Z", "2026-05-02T12:00:00Z"
TIMES = (
    "close_time",
    "won_time",
    "lost_time",
    "local_close_date",
    "local_won_date",
    "local_lost_date",
    "lost_reason",
)
Status = dict[str, str | None]


def dealt(client: Client, **body: Any) -> int:
    """The id of a new deal."""
    made: int = client.post(DEALS, {"title": "Roll-out", **body}).data["id"]
    return made


def shown(client: Client, deal_id: int, **query: Any) -> Json:
    return client.get(f"{DEALS}/{deal_id}", **query).data


def listed(client: Client, **query: Any) -> list[int]:
    return [each["id"] for each in client.get(DEALS, **query).data]


def person(server: Server, name: str = "Ann Lee") -> int:
    made: int = server.admin.post("/api/v2/persons", {"name": name}).data["id"]
    return made


def organization(server: Server, name: str = "Acme") -> int:
    made: int = server.admin.post("/api/v2/organizations", {"name": name}).data["id"]
    return made


def field(server: Server, field_type: str, **body: Any) -> str:
    """The code of a new deal field."""
    made = server.admin.post("/api/v2/dealFields", {"field_name": "Extra", "field_type": field_type, **body})
    code: str = made.data["field_code"]
    return code


def label(server: Server, name: str = "Hot") -> int:
    """The id of a new deal label."""
    made: int = server.admin.post("/api/v2/dealFields/label_ids/options", [{"label": name}]).data[0]["id"]
    return made


# ---------------------------------------------------------------------------------------------- addition, defaults


def test_a_title_is_enough(server: Server) -> None:
    reply = server.admin.post(DEALS, {"title": "Roll-out"})
    assert (reply.status, reply.body) == (
        200,
        {
            "success": True,
            "data": {
                "id": 1,
                "title": "Roll-out",
                "creator_user_id": server.admin.user_id,
                "owner_id": server.admin.user_id,
                "value": 0,
                "currency": "EUR",
                "person_id": None,
                "org_id": None,
                "stage_id": 1,
                "pipeline_id": 1,
                "status": "open",
                "probability": None,
                "lost_reason": None,
                "visible_to": 3,
                "add_time": NOON,
                "update_time": NOON,
                "stage_change_time": None,
                "close_time": None,
                "won_time": None,
                "lost_time": None,
                "local_won_date": None,
                "local_lost_date": None,
                "local_close_date": None,
                "expected_close_date": None,
                "label_ids": [],
                "is_archived": False,
                "archive_time": None,
                "is_deleted": False,
                "origin": "API",
                "origin_id": None,
                "channel": None,
                "channel_id": None,
                "acv": None,
                "arr": None,
                "mrr": None,
                "rotten_time": None,
                "custom_fields": {},
            },
        },
    )


def test_get_one_says_what_the_addition_said(server: Server) -> None:
    made = server.admin.post(DEALS, {"title": "Roll-out", "value": 12.5, "expected_close_date": "2026-06-30"})
    assert server.admin.get(f"{DEALS}/{made.data['id']}").body == made.body


@pytest.mark.parametrize(
    "given",
    [
        {"value": 1000},
        {"value": 0.1},
        {"value": 10.25, "currency": "USD"},
        {"value": -5},
        {"probability": 0},
        {"probability": 100},
        {"visible_to": 1},
        {"visible_to": 7},
        {"expected_close_date": "2028-02-29"},
        {"stage_id": 3},
        {"title": "Müük 🚀"},
        {"owner_id": 2},
        {"currency": "JPY"},
        {"is_archived": False},
        {"is_deleted": False},
    ],
    ids=str,
)
def test_what_is_given_is_kept(server: Server, given: dict[str, Any]) -> None:
    data = shown(server.admin, dealt(server.admin, **given))
    assert {name: data[name] for name in given} == given


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({}, (1, 1)),
        ({"pipeline_id": 1}, (1, 1)),
        ({"stage_id": 4}, (1, 4)),
        ({"pipeline_id": 2}, (2, 12)),
        ({"stage_id": 13}, (2, 13)),
        ({"pipeline_id": 1, "stage_id": 13}, (2, 13)),
        ({"pipeline_id": None, "stage_id": None}, (1, 1)),
    ],
    ids=str,
)
def test_a_deal_is_placed(server: Server, given: dict[str, Any], place: tuple[int, int]) -> None:
    server.admin.post("/api/v2/pipelines", {"name": "Renewals"})
    server.admin.post("/api/v2/stages", {"name": "One", "pipeline_id": 2})
    server.admin.post("/api/v2/stages", {"name": "Two", "pipeline_id": 2})
    data = shown(server.admin, dealt(server.admin, **given))
    assert (data["pipeline_id"], data["stage_id"]) == place


def test_a_deal_links_a_person_and_an_organization(server: Server) -> None:
    given = {"person_id": person(server), "org_id": organization(server)}
    data = shown(server.admin, dealt(server.admin, **given))
    assert {name: data[name] for name in given} == given


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("add_time", NOON),
        ("update_time", NOON),
        ("stage_change_time", None),
        ("origin_id", None),
        ("channel", None),
        ("channel_id", None),
        ("nonsense", None),
    ],
)
def test_keys_that_are_not_in_the_body_are_ignored(server: Server, name: str, kept: Any) -> None:
    reply = server.admin.post(DEALS, {"title": "Roll-out", name: "2020-01-01T00:00:00Z"})
    assert (reply.status, reply.data.get(name)) == (200, kept)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"title": ""}, "title"),
        ({"title": "  "}, "title"),
        ({"title": None}, "title"),
        ({"title": 5}, "title"),
        ({"value": "1000"}, "value"),
        ({"value": True}, "value"),
        ({"value": [1]}, "value"),
        ({"currency": "ZZZ"}, "currency"),
        ({"currency": "eur"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"owner_id": 99}, "owner_id"),
        ({"owner_id": "1"}, "owner_id"),
        ({"owner_id": None}, "owner_id"),
        ({"person_id": 99}, "person_id"),
        ({"org_id": 99}, "org_id"),
        ({"pipeline_id": 99}, "pipeline_id"),
        ({"stage_id": 99}, "stage_id"),
        ({"stage_id": 6}, "stage_id"),
        ({"stage_id": 1.0}, "stage_id"),
        ({"status": "closed"}, "status"),
        ({"status": None}, "status"),
        ({"probability": 101}, "probability"),
        ({"probability": -1}, "probability"),
        ({"probability": "50"}, "probability"),
        ({"visible_to": 2}, "visible_to"),
        ({"visible_to": "3"}, "visible_to"),
        ({"expected_close_date": "2026-02-30"}, "expected_close_date"),
        ({"expected_close_date": "2026-02-03T00:00:00Z"}, "expected_close_date"),
        ({"label_ids": [99]}, "label_ids"),
        ({"label_ids": "1"}, "label_ids"),
        ({"status": "won", "won_time": "yesterday"}, "won_time"),
        ({"status": "won", "lost_time": NOON}, "lost_time"),
        ({"status": "lost", "won_time": NOON}, "won_time"),
        ({"won_time": NOON}, "won_time"),
        ({"lost_time": NOON}, "lost_time"),
        ({"close_time": NOON}, "close_time"),
        ({"status": "open", "close_time": NOON}, "close_time"),
        ({"lost_reason": "Price"}, "lost_reason"),
        ({"status": "won", "lost_reason": "Price"}, "lost_reason"),
        ({"is_archived": "true"}, "is_archived"),
        ({"is_archived": 1}, "is_archived"),
        ({"archive_time": NOON}, "archive_time"),
        ({"is_archived": True, "archive_time": "soon"}, "archive_time"),
        ({"is_deleted": True}, "is_deleted"),
        ({"status": "deleted"}, "is_deleted"),
        ({"custom_fields": []}, "custom_fields"),
    ],
    ids=str,
)
def test_the_field_that_is_refused_is_named(server: Server, given: dict[str, Any], word: str) -> None:
    reply = server.admin.post(DEALS, {"title": "Roll-out", **given})
    assert (reply.status, reply.body["code"], reply.body["error"].split(": ")[:2]) == (
        400,
        "ERR_SCHEMA_VALIDATION_FAILED",
        ["Validation failed", word],
    )


def test_both_closing_times_are_refused(server: Server) -> None:
    assert server.admin.post(DEALS, {"title": "x", "status": "won", "won_time": NOON, "lost_time": NOON}).status == 400


def test_a_title_is_wanted(server: Server) -> None:
    assert server.admin.post(DEALS, {}).body["error"] == "Validation failed: title: is required"


def test_a_refused_addition_uses_up_no_id(server: Server) -> None:
    server.admin.post(DEALS, {"title": "Roll-out", "stage_id": 99})
    assert dealt(server.admin) == 1


def test_no_deal_is_linked_to_a_deleted_person(server: Server) -> None:
    person_id = person(server)
    server.admin.delete(f"/api/v2/persons/{person_id}")
    assert server.admin.post(DEALS, {"title": "x", "person_id": person_id}).status == 400


def test_no_deal_is_linked_to_an_organization_as_a_person(server: Server) -> None:
    assert server.admin.post(DEALS, {"title": "x", "person_id": organization(server)}).status == 400


def test_no_deal_is_given_to_a_user_who_left(server: Server) -> None:
    server.admin.put(f"/v1/users/{server.seller.user_id}", {"active_flag": False})
    assert server.admin.post(DEALS, {"title": "x", "owner_id": server.seller.user_id}).status == 400


def test_large_amounts_are_exact(server: Server) -> None:
    reply = server.admin.call("POST", DEALS, raw=b'{"title":"x","value":123456789012345.6789}')
    assert b'"value":123456789012345.6789,' in reply.raw


def test_no_amount_is_beyond_the_largest(server: Server) -> None:
    assert server.admin.post(DEALS, {"title": "x", "value": 1e300}).status == 400


# ---------------------------------------------------------------------------------------------------------- changes


@pytest.mark.parametrize(
    "given",
    [
        {"title": "Other"},
        {"value": 7.5},
        {"currency": "USD"},
        {"probability": 40},
        {"visible_to": 1},
        {"expected_close_date": "2026-12-31"},
        {"owner_id": 2},
        {"stage_id": 5},
    ],
    ids=str,
)
def test_a_change_changes_only_what_is_sent(server: Server, given: dict[str, Any]) -> None:
    made = server.admin.post(DEALS, {"title": "Roll-out", "value": 5}).data
    moved = {"stage_change_time": NOON} if "stage_id" in given else {}
    assert server.admin.patch(f"{DEALS}/{made['id']}", given).data == {**made, **given, **moved}


def test_a_change_sets_the_update_time(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin)
    clock.advance(days=1)
    data = server.admin.patch(f"{DEALS}/{deal_id}", {"value": 1}).data
    assert (data["add_time"], data["update_time"]) == (NOON, LATER)


@pytest.mark.parametrize("given", [{}, {"title": "Roll-out"}, {"value": 0}, {"foo": 1}, {"stage_id": 1}], ids=str)
def test_a_change_to_what_is_so_already_changes_nothing(server: Server, clock: Clock, given: dict[str, Any]) -> None:
    made = server.admin.post(DEALS, {"title": "Roll-out"}).data
    clock.advance(days=1)
    reply = server.admin.patch(f"{DEALS}/{made['id']}", given)
    assert (reply.status, reply.data) == (200, made)


@pytest.mark.parametrize(
    ("before", "name", "cleared"),
    [
        ({"probability": 40}, "probability", None),
        ({"expected_close_date": "2026-12-31"}, "expected_close_date", None),
        ({"value": 40}, "value", 0),
        ({"currency": "USD"}, "currency", "EUR"),
        ({"status": "lost", "lost_reason": "Price"}, "lost_reason", None),
    ],
    ids=str,
)
def test_null_clears(server: Server, before: dict[str, Any], name: str, cleared: Any) -> None:
    deal_id = dealt(server.admin, **before)
    assert server.admin.patch(f"{DEALS}/{deal_id}", {name: None}).data[name] == cleared


def test_null_clears_the_person(server: Server) -> None:
    deal_id = dealt(server.admin, person_id=person(server))
    assert server.admin.patch(f"{DEALS}/{deal_id}", {"person_id": None}).data["person_id"] is None


def test_null_clears_the_labels(server: Server) -> None:
    deal_id = dealt(server.admin, label_ids=[label(server)])
    assert server.admin.patch(f"{DEALS}/{deal_id}", {"label_ids": None}).data["label_ids"] == []


def test_repeated_labels_count_once(server: Server) -> None:
    hot = label(server)
    assert shown(server.admin, dealt(server.admin, label_ids=[hot, hot]))["label_ids"] == [hot]


def test_a_refused_change_changes_nothing(server: Server) -> None:
    deal_id = dealt(server.admin)
    before = shown(server.admin, deal_id)
    server.admin.patch(f"{DEALS}/{deal_id}", {"title": "Other", "value": 9, "stage_id": 99})
    assert shown(server.admin, deal_id) == before


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_nobody_knows_no_such_deal(server: Server, method: str) -> None:
    reply = server.admin.call(method, f"{DEALS}/99", {"title": "x"})
    assert (reply.status, reply.body) == (
        404,
        {
            "success": False,
            "error": "Deal not found",
            "error_info": "Please check developers.pipedrive.com for more information about Pipedrive API.",
            "data": None,
            "additional_data": None,
        },
    )


def test_an_unknown_deal_is_not_found_before_its_links_are_refused(server: Server) -> None:
    assert server.admin.patch(f"{DEALS}/99", {"stage_id": 99}).status == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_another_companys_deals_are_not_there(server: Server, method: str) -> None:
    assert server.other.call(method, f"{DEALS}/{dealt(server.admin)}", {"title": "x"}).status == 404


# ------------------------------------------------------------------------------------------------------------ moves


def test_a_move_is_dated(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin)
    clock.advance(days=1)
    data = server.admin.patch(f"{DEALS}/{deal_id}", {"stage_id": 2}).data
    assert (data["stage_id"], data["stage_change_time"], data["update_time"]) == (2, LATER, LATER)


def test_a_stage_decides_the_pipeline(server: Server) -> None:
    server.admin.post("/api/v2/pipelines", {"name": "Renewals"})
    stage_id = server.admin.post("/api/v2/stages", {"name": "One", "pipeline_id": 2}).data["id"]
    data = server.admin.patch(f"{DEALS}/{dealt(server.admin)}", {"stage_id": stage_id, "pipeline_id": 1}).data
    assert (data["pipeline_id"], data["stage_id"]) == (2, stage_id)


def test_a_pipeline_alone_means_its_first_stage(server: Server) -> None:
    server.admin.post("/api/v2/pipelines", {"name": "Renewals"})
    first = server.admin.post("/api/v2/stages", {"name": "One", "pipeline_id": 2}).data["id"]
    server.admin.post("/api/v2/stages", {"name": "Two", "pipeline_id": 2})
    data = server.admin.patch(f"{DEALS}/{dealt(server.admin, stage_id=4)}", {"pipeline_id": 2}).data
    assert (data["pipeline_id"], data["stage_id"]) == (2, first)


def test_naming_the_pipeline_a_deal_is_in_moves_nothing(server: Server) -> None:
    data = server.admin.patch(f"{DEALS}/{dealt(server.admin, stage_id=4)}", {"pipeline_id": 1}).data
    assert (data["stage_id"], data["stage_change_time"]) == (4, None)


def test_a_closed_deal_can_be_moved(server: Server) -> None:
    data = server.admin.patch(f"{DEALS}/{dealt(server.admin, status='won')}", {"stage_id": 3}).data
    assert (data["stage_id"], data["status"]) == (3, "won")


# ------------------------------------------------------------------------------------------- status and its times


def closing(
    close: str | None = None, won: str | None = None, lost: str | None = None, reason: str | None = None
) -> Status:
    """The seven attributes of a deal's end; dates are in the company's zone, three hours ahead."""
    days = [None if time is None else time[:10] for time in (close, won, lost)]
    return dict(zip(TIMES, [close, won, lost, *days, reason], strict=True))


@pytest.mark.parametrize(
    ("before", "change", "status", "after"),
    [
        ({}, {"status": "won"}, "won", closing(LATER, LATER)),
        ({}, {"status": "lost"}, "lost", closing(LATER, None, LATER)),
        ({}, {"status": "lost", "lost_reason": "Price"}, "lost", closing(LATER, None, LATER, "Price")),
        (
            {},
            {"status": "won", "won_time": "2026-04-03T10:00:00Z"},
            "won",
            closing("2026-04-03T10:00:00Z", "2026-04-03T10:00:00Z"),
        ),
        (
            {},
            {"status": "won", "close_time": "2026-04-03T10:00:00.500Z"},
            "won",
            closing("2026-04-03T10:00:00Z", "2026-04-03T10:00:00Z"),
        ),
        (
            {},
            {"status": "lost", "lost_time": "2026-04-03T12:00:00+02:00"},
            "lost",
            closing("2026-04-03T10:00:00Z", None, "2026-04-03T10:00:00Z"),
        ),
        ({"status": "won"}, {"status": "lost"}, "lost", closing(LATER, None, LATER)),
        ({"status": "lost", "lost_reason": "Price"}, {"status": "won"}, "won", closing(LATER, LATER)),
        ({"status": "won"}, {"status": "won"}, "won", closing(NOON, NOON)),
        ({"status": "won"}, {"title": "Other"}, "won", closing(NOON, NOON)),
        (
            {"status": "won"},
            {"won_time": "2026-04-03T10:00:00Z"},
            "won",
            closing("2026-04-03T10:00:00Z", "2026-04-03T10:00:00Z"),
        ),
        ({"status": "lost"}, {"lost_reason": "Price"}, "lost", closing(NOON, None, NOON, "Price")),
        ({"status": "won"}, {"status": "open"}, "open", closing()),
        ({"status": "lost", "lost_reason": "Price"}, {"status": "open"}, "open", closing()),
        ({"status": "won"}, {"stage_id": 2}, "won", closing(NOON, NOON)),
    ],
    ids=str,
)
def test_a_status_has_its_times(
    server: Server, clock: Clock, before: dict[str, Any], change: dict[str, Any], status: str, after: Status
) -> None:
    deal_id = dealt(server.admin, **before)
    clock.advance(days=1)
    data = server.admin.patch(f"{DEALS}/{deal_id}", change).data
    assert (data["status"], {name: data[name] for name in TIMES}) == (status, after)


def test_a_deal_may_be_added_closed(server: Server) -> None:
    data = shown(
        server.admin, dealt(server.admin, status="lost", lost_reason="Price", lost_time="2026-04-03T10:00:00Z")
    )
    assert {name: data[name] for name in TIMES} == closing(
        "2026-04-03T10:00:00Z", None, "2026-04-03T10:00:00Z", "Price"
    )


def test_the_first_win_is_remembered(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin, status="won")
    clock.advance(days=1)
    server.admin.patch(f"{DEALS}/{deal_id}", {"status": "lost"})
    server.admin.patch(f"{DEALS}/{deal_id}", {"status": "won"})
    assert shown(server.admin, deal_id, include_fields="first_won_time")["first_won_time"] == NOON


def test_a_reason_does_not_outlive_a_win(server: Server) -> None:
    deal_id = dealt(server.admin, status="lost", lost_reason="Price")
    server.admin.patch(f"{DEALS}/{deal_id}", {"status": "won"})
    assert server.admin.patch(f"{DEALS}/{deal_id}", {"status": "lost"}).data["lost_reason"] is None


def test_dates_are_those_of_the_companys_zone(server: Server) -> None:
    data = shown(server.admin, dealt(server.admin, status="won", won_time="2026-04-03T22:30:00Z"))
    assert (data["local_won_date"], data["local_close_date"]) == ("2026-04-04", "2026-04-04")


# -------------------------------------------------------------------------------------------------------- archiving


def test_an_archived_deal_is_dated(server: Server) -> None:
    data = shown(server.admin, dealt(server.admin, is_archived=True))
    assert (data["is_archived"], data["archive_time"]) == (True, NOON)


@pytest.mark.parametrize("text", ["2026-04-03 10:00:00", "2026-04-03T10:00:00Z", "2026-04-03T13:00:00+03:00"])
def test_the_time_of_archiving_may_be_given(server: Server, text: str) -> None:
    data = shown(server.admin, dealt(server.admin, is_archived=True, archive_time=text))
    assert data["archive_time"] == "2026-04-03T10:00:00Z"


@pytest.mark.parametrize("change", [{"title": "x"}, {"status": "won"}, {"stage_id": 2}, {"is_archived": True}], ids=str)
def test_archived_deals_are_read_only(server: Server, change: dict[str, Any]) -> None:
    reply = server.admin.patch(f"{DEALS}/{dealt(server.admin, is_archived=True)}", change)
    assert (reply.status, reply.body["error"]) == (400, "Deal is archived and cannot be changed")


def test_archived_deals_cannot_be_deleted(server: Server) -> None:
    assert server.admin.delete(f"{DEALS}/{dealt(server.admin, is_archived=True)}").status == 400


def test_a_deal_comes_back_from_the_archive(server: Server) -> None:
    data = server.admin.patch(f"{DEALS}/{dealt(server.admin, is_archived=True)}", {"is_archived": False}).data
    assert (data["is_archived"], data["archive_time"]) == (False, None)


def test_archived_deals_have_their_own_list(server: Server) -> None:
    archived, other = dealt(server.admin, is_archived=True), dealt(server.admin)
    assert (listed(server.admin), [each["id"] for each in server.admin.get(f"{DEALS}/archived").data]) == (
        [other],
        [archived],
    )


@pytest.mark.parametrize(
    ("query", "found"), [({"status": "won"}, [2]), ({"stage_id": 3}, [3]), ({"ids": "3,1,9"}, [1, 3])], ids=str
)
def test_the_archived_list_takes_filters(server: Server, query: dict[str, Any], found: list[int]) -> None:
    dealt(server.admin, is_archived=True), dealt(server.admin, is_archived=True, status="won")
    dealt(server.admin, is_archived=True, stage_id=3)
    assert [each["id"] for each in server.admin.get(f"{DEALS}/archived", **query).data] == found


# --------------------------------------------------------------------------------------------------------- deletion


def test_a_deletion_answers_with_the_id(server: Server) -> None:
    deal_id = dealt(server.admin)
    reply = server.admin.delete(f"{DEALS}/{deal_id}")
    assert (reply.status, reply.body) == (200, {"success": True, "data": {"id": deal_id}})


def test_a_deleted_deal_is_read_as_such(server: Server) -> None:
    deal_id = dealt(server.admin, status="won")
    server.admin.delete(f"{DEALS}/{deal_id}")
    data = shown(server.admin, deal_id)
    assert (data["is_deleted"], data["status"], data["won_time"]) == (True, "deleted", NOON)


@pytest.mark.parametrize(("days", "status"), [(29.9, 200), (30.1, 404)])
def test_a_deleted_deal_is_kept_thirty_days(server: Server, clock: Clock, days: float, status: int) -> None:
    deal_id = dealt(server.admin)
    server.admin.delete(f"{DEALS}/{deal_id}")
    clock.advance(days=days)
    assert server.admin.get(f"{DEALS}/{deal_id}").status == status


@pytest.mark.parametrize(("days", "count"), [(29.9, 1), (30.1, 0)])
def test_the_list_of_deleted_deals_reaches_back_thirty_days(
    server: Server, clock: Clock, days: float, count: int
) -> None:
    server.admin.delete(f"{DEALS}/{dealt(server.admin)}")
    clock.advance(days=days)
    assert len(listed(server.admin, status="deleted")) == count


@pytest.mark.parametrize(
    ("method", "body"), [("DELETE", None), ("PATCH", {"title": "x"}), ("PATCH", {"is_deleted": False}), ("PATCH", {})]
)
def test_a_deleted_deal_takes_no_writes(server: Server, method: str, body: Any) -> None:
    deal_id = dealt(server.admin)
    server.admin.delete(f"{DEALS}/{deal_id}")
    assert server.admin.call(method, f"{DEALS}/{deal_id}", body).status == 404


@pytest.mark.parametrize("given", [{"status": "deleted"}, {"is_deleted": True}], ids=str)
def test_a_change_cannot_delete(server: Server, given: dict[str, Any]) -> None:
    assert server.admin.patch(f"{DEALS}/{dealt(server.admin)}", given).status == 400


# ------------------------------------------------------------------------------------------------------------ lists


def test_an_empty_list_is_a_list(server: Server) -> None:
    assert server.admin.get(DEALS).body == {"success": True, "data": [], "additional_data": {"next_cursor": None}}


def test_the_list_shows_deals_as_get_one_does(server: Server) -> None:
    deal_id = dealt(server.admin, value=5, status="lost", lost_reason="Price")
    assert server.admin.get(DEALS).data == [shown(server.admin, deal_id)]


@pytest.fixture
def filled(server: Server) -> Server:
    """Six deals: 1 open, 2 won, 3 lost, 4 deleted, 5 the seller's in stage 3, 6 in another pipeline."""
    dealt(server.admin)
    dealt(server.admin, status="won")
    dealt(server.admin, status="lost")
    server.admin.delete(f"{DEALS}/{dealt(server.admin)}")
    dealt(server.seller, stage_id=3)
    server.admin.post("/api/v2/pipelines", {"name": "Renewals"})
    server.admin.post("/api/v2/stages", {"name": "One", "pipeline_id": 2})
    dealt(server.admin, pipeline_id=2)
    return server


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [1, 2, 3, 5, 6]),
        ({"status": "open"}, [1, 5, 6]),
        ({"status": "won"}, [2]),
        ({"status": "won,lost"}, [2, 3]),
        ({"status": "open,won,lost,deleted"}, [1, 2, 3, 4, 5, 6]),
        ({"status": "deleted"}, [4]),
        ({"owner_id": 2}, [5]),
        ({"owner_id": 2, "status": "won"}, []),
        ({"stage_id": 3}, [5]),
        ({"pipeline_id": 2}, [6]),
        ({"pipeline_id": 1, "stage_id": 12}, []),
        ({"pipeline_id": 1, "status": "open", "owner_id": 1}, [1]),
        ({"ids": "6,1,77"}, [1, 6]),
        ({"ids": "1,2,3", "status": "lost"}, [3]),
        ({"ids": "99"}, []),
        ({"stage_id": 99}, []),
        ({"owner_id": 99}, []),
        ({"pipeline_id": 99}, []),
        ({"person_id": 99}, []),
        ({"org_id": 99}, []),
        ({"filter_id": 99}, []),
        ({"filter_id": 99, "ids": "1"}, []),
        ({"sort_direction": "desc"}, [6, 5, 3, 2, 1]),
    ],
    ids=str,
)
def test_filters_combine_with_and(filled: Server, query: dict[str, Any], found: list[int]) -> None:
    assert listed(filled.admin, **query) == found


def test_deals_are_found_by_their_links(server: Server) -> None:
    both = {"person_id": person(server), "org_id": organization(server)}
    dealt(server.admin), dealt(server.admin, person_id=both["person_id"])
    deal_id = dealt(server.admin, **both)
    assert listed(server.admin, **both) == [deal_id]


@pytest.mark.parametrize(
    "query",
    [
        {"status": "closed"},
        {"status": "open,closed"},
        {"status": "all_not_deleted"},
        {"ids": "1,x"},
        {"ids": ",".join(map(str, range(1, 102)))},
        {"owner_id": "x"},
        {"stage_id": "1.5"},
        {"updated_since": "2026-05-01"},
        {"updated_since": "2026-05-01 12:00:00"},
        {"updated_since": "2026-05-01T12:00:00.000Z"},
        {"updated_until": "2026-05-01T12:00:00"},
        {"updated_until": "never"},
        {"sort_by": "title"},
        {"sort_direction": "down"},
        {"include_fields": "title"},
        {"include_fields": "notes_count,nothing"},
        {"custom_fields": "nothing"},
        {"include_labels": "1x"},
        {"limit": 0},
        {"limit": 501},
        {"limit": "x"},
    ],
    ids=str,
)
def test_bad_parameters_are_refused(server: Server, query: dict[str, Any]) -> None:
    reply = server.admin.get(DEALS, **query)
    assert (reply.status, reply.body["code"]) == (400, "ERR_SCHEMA_VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"updated_since": NOON}, [1, 2]),
        ({"updated_since": "2026-05-01T12:00:01Z"}, [2]),
        ({"updated_since": LATER}, [2]),
        ({"updated_until": LATER}, [1]),
        ({"updated_until": "2026-05-02T12:00:01Z"}, [1, 2]),
        ({"updated_since": "2026-05-01T15:00:00+03:00", "updated_until": LATER}, [1]),
    ],
    ids=str,
)
def test_since_is_included_and_until_is_not(
    server: Server, clock: Clock, query: dict[str, str], found: list[int]
) -> None:
    dealt(server.admin)
    clock.advance(days=1)
    dealt(server.admin)
    assert listed(server.admin, **query) == found


def test_a_sync_by_update_time_sees_a_change(server: Server, clock: Clock) -> None:
    first = dealt(server.admin)
    dealt(server.admin)
    clock.advance(days=1)
    server.admin.patch(f"{DEALS}/{first}", {"value": 1})
    assert listed(server.admin, updated_since=LATER, sort_by="update_time") == [first]


def test_a_sync_by_update_time_sees_a_deletion(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin)
    clock.advance(days=1)
    server.admin.delete(f"{DEALS}/{deal_id}")
    assert listed(server.admin, updated_since=LATER, status="open,won,lost,deleted") == [deal_id]


# ---------------------------------------------------------------------------------------------------------- cursors


def next_cursor(client: Client, **query: Any) -> Any:
    return client.get(DEALS, **query).body["additional_data"]["next_cursor"]


def test_pages_follow_each_other(filled: Server) -> None:
    first = filled.admin.get(DEALS, limit=2)
    cursor = first.body["additional_data"]["next_cursor"]
    second = filled.admin.get(DEALS, limit=2, cursor=cursor)
    cursor = second.body["additional_data"]["next_cursor"]
    third = filled.admin.get(DEALS, limit=2, cursor=cursor)
    assert [[each["id"] for each in page.data] for page in (first, second, third)] == [[1, 2], [3, 5], [6]]


@pytest.mark.parametrize("sort_by", ["add_time", "update_time"])
@pytest.mark.parametrize(("direction", "ids"), [("asc", [1, 2, 3]), ("desc", [3, 2, 1])])
def test_equal_times_are_told_apart_by_id(server: Server, sort_by: str, direction: str, ids: list[int]) -> None:
    dealt(server.admin), dealt(server.admin), dealt(server.admin)
    order = {"sort_by": sort_by, "sort_direction": direction}
    cursor = next_cursor(server.admin, limit=1, **order)
    assert listed(server.admin, cursor=cursor, **order) == ids[1:]


def test_a_page_is_the_same_after_a_deal_before_it_went(server: Server) -> None:
    first, second = dealt(server.admin), dealt(server.admin)
    cursor = next_cursor(server.admin, limit=1)
    server.admin.delete(f"{DEALS}/{first}")
    assert listed(server.admin, cursor=cursor) == [second]


@pytest.mark.parametrize(
    "other", [{"sort_by": "update_time"}, {"sort_by": "add_time"}, {"sort_direction": "desc"}], ids=str
)
def test_a_cursor_holds_for_its_own_order_only(filled: Server, other: dict[str, str]) -> None:
    reply = filled.admin.get(DEALS, cursor=next_cursor(filled.admin, limit=1), **other)
    assert (reply.status, reply.body["error"]) == (400, "Invalid cursor")


def test_filters_are_taken_from_the_request(filled: Server) -> None:
    assert listed(filled.admin, cursor=next_cursor(filled.admin, limit=1), status="lost") == [3]


@pytest.mark.parametrize("cursor", ["x", "%00", "MQ", "eyJpZCI6MX0", "é", "a" * 5000])
def test_a_cursor_nobody_gave_is_refused(server: Server, cursor: str) -> None:
    reply = server.admin.get(DEALS, cursor=cursor)
    assert (reply.status, reply.body["error"]) == (400, "Invalid cursor")


# ---------------------------------------------------------------------------------------------------------- extras


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("next_activity_id", None),
        ("last_activity_id", None),
        ("first_won_time", None),
        ("products_count", 0),
        ("files_count", 0),
        ("notes_count", 0),
        ("followers_count", 1),
        ("email_messages_count", 0),
        ("activities_count", 0),
        ("done_activities_count", 0),
        ("undone_activities_count", 0),
        ("participants_count", 0),
        ("last_incoming_mail_time", None),
        ("last_outgoing_mail_time", None),
        ("source_lead_id", None),
    ],
)
def test_an_extra_comes_when_asked_for(server: Server, name: str, value: Any) -> None:
    dealt(server.admin)
    (data,) = server.admin.get(DEALS, include_fields=name).data
    assert (name in shown(server.admin, data["id"]), data[name]) == (False, value)


def test_several_extras_come_at_once(server: Server) -> None:
    deal_id = dealt(server.admin, person_id=person(server))
    data = shown(server.admin, deal_id, include_fields="participants_count,followers_count")
    assert (data["participants_count"], data["followers_count"]) == (1, 1)


def test_the_address_that_files_mail_comes_when_asked_for(server: Server) -> None:
    data = shown(server.admin, dealt(server.admin), include_fields="smart_bcc_email")
    assert data["smart_bcc_email"].endswith("+deal1@pipedrivemail.com")


def test_labels_come_with_their_names_when_asked_for(server: Server) -> None:
    hot = label(server)
    data = shown(server.admin, dealt(server.admin, label_ids=[hot]), include_labels="true")
    assert (data["label_ids"], data["labels"]) == ([hot], [{"id": hot, "label": "Hot"}])


def test_the_archived_list_has_no_labels(server: Server) -> None:
    dealt(server.admin, is_archived=True)
    assert "labels" not in server.admin.get(f"{DEALS}/archived", include_labels="true").data[0]


# ---------------------------------------------------------------------------------------------------- custom fields


@pytest.mark.parametrize(
    ("field_type", "value"),
    [
        ("varchar", "blue"),
        ("text", "long\nstory"),
        ("phone", "+372 5"),
        ("double", 1.5),
        ("double", 3),
        ("monetary", {"value": 10.5, "currency": "USD"}),
        ("date", "2026-02-01"),
        ("daterange", {"value": "2026-02-01", "until": "2026-02-05"}),
        ("user", 2),
    ],
)
def test_a_custom_value_comes_back(server: Server, field_type: str, value: Any) -> None:
    code = field(server, field_type)
    assert shown(server.admin, dealt(server.admin, custom_fields={code: value}))["custom_fields"] == {code: value}


def test_an_unset_custom_field_is_null(server: Server) -> None:
    code = field(server, "varchar")
    assert shown(server.admin, dealt(server.admin))["custom_fields"] == {code: None}


def test_null_clears_a_custom_field(server: Server) -> None:
    code = field(server, "varchar")
    deal_id = dealt(server.admin, custom_fields={code: "blue"})
    assert server.admin.patch(f"{DEALS}/{deal_id}", {"custom_fields": {code: None}}).data["custom_fields"] == {
        code: None
    }


def test_a_change_leaves_other_custom_fields(server: Server) -> None:
    one, two = field(server, "varchar"), field(server, "varchar")
    deal_id = dealt(server.admin, custom_fields={one: "a", two: "b"})
    changed = server.admin.patch(f"{DEALS}/{deal_id}", {"custom_fields": {two: "c"}})
    assert changed.data["custom_fields"] == {one: "a", two: "c"}


def test_a_change_of_a_custom_field_counts_as_an_update(server: Server, clock: Clock) -> None:
    code = field(server, "varchar")
    deal_id = dealt(server.admin)
    clock.advance(days=1)
    assert server.admin.patch(f"{DEALS}/{deal_id}", {"custom_fields": {code: "a"}}).data["update_time"] == LATER


def test_options_come_with_their_labels_when_asked_for(server: Server) -> None:
    code = field(server, "enum", options=[{"label": "Hot"}, {"label": "Cold"}])
    option = server.admin.get(f"/api/v2/dealFields/{code}").data["options"][1]
    deal_id = dealt(server.admin, custom_fields={code: option["id"]})
    data = shown(server.admin, deal_id, include_option_labels="true")
    assert data["custom_fields"] == {code: {"id": option["id"], "label": "Cold"}}


@pytest.mark.parametrize("value", ["blue", 1, []], ids=str)
def test_an_unknown_custom_field_is_refused_with_its_key(server: Server, value: Any) -> None:
    key = "f" * 40
    reply = server.admin.post(DEALS, {"title": "x", "custom_fields": {key: value}})
    assert (reply.status, reply.body["code"], reply.body["field_code"]) == (400, "ERR_SCHEMA_VALIDATION_FAILED", key)


@pytest.mark.parametrize(("field_type", "value"), [("double", "5"), ("varchar", 5), ("date", "soon"), ("set", [])])
def test_a_custom_value_of_another_type_is_refused_with_its_key(server: Server, field_type: str, value: Any) -> None:
    code = field(server, field_type, **({"options": [{"label": "Hot"}]} if field_type == "set" else {}))
    reply = server.admin.post(DEALS, {"title": "x", "custom_fields": {code: value}})
    assert (reply.status, reply.body["field_code"]) == (400, code)


def test_only_the_custom_fields_asked_for_are_shown(server: Server) -> None:
    one, _ = field(server, "varchar"), field(server, "varchar")
    assert shown(server.admin, dealt(server.admin), custom_fields=one)["custom_fields"] == {one: None}


def test_at_most_fifteen_custom_fields_may_be_asked_for(server: Server) -> None:
    assert server.admin.get(DEALS, custom_fields=",".join(f"{n:040x}" for n in range(16))).status == 400


# -------------------------------------------------------------------------------------------------------- followers


def test_the_owner_follows_a_new_deal(server: Server) -> None:
    reply = server.admin.get(f"{DEALS}/{dealt(server.admin, owner_id=2)}/followers")
    assert reply.body == {
        "success": True,
        "data": [{"user_id": 2, "add_time": NOON}],
        "additional_data": {"next_cursor": None},
    }


def test_a_new_follower_is_answered_with_201(server: Server) -> None:
    reply = server.admin.post(f"{DEALS}/{dealt(server.admin)}/followers", {"user_id": 2})
    assert (reply.status, reply.body) == (201, {"success": True, "data": {"user_id": 2, "add_time": NOON}})


@pytest.mark.parametrize("body", [{"user_id": 1}, {"user_id": 99}, {"user_id": "2"}, {}], ids=str)
def test_who_follows_already_or_does_not_exist_is_refused(server: Server, body: dict[str, Any]) -> None:
    assert server.admin.post(f"{DEALS}/{dealt(server.admin)}/followers", body).status == 400


def test_a_follower_leaves_by_user_id(server: Server) -> None:
    path = f"{DEALS}/{dealt(server.admin, owner_id=3)}/followers"
    reply = server.admin.delete(f"{path}/3")
    assert (reply.body, server.admin.get(path).data) == ({"success": True, "data": {"user_id": 3}}, [])


def test_who_does_not_follow_is_not_found(server: Server) -> None:
    assert server.admin.delete(f"{DEALS}/{dealt(server.admin)}/followers/2").status == 404


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_deal_has_no_followers(server: Server, method: str) -> None:
    assert server.admin.call(method, f"{DEALS}/99/followers", {"user_id": 2}).status == 404


def test_followers_come_in_pages(server: Server) -> None:
    path = f"{DEALS}/{dealt(server.admin)}/followers"
    server.admin.post(path, {"user_id": 3})
    cursor = server.admin.get(path, limit=1).body["additional_data"]["next_cursor"]
    assert [each["user_id"] for each in server.admin.get(path, limit=1, cursor=cursor).data] == [3]


def test_lists_without_an_order_of_their_own_ignore_sorting(server: Server) -> None:
    path = f"{DEALS}/{dealt(server.admin)}/followers"
    assert server.admin.get(path, sort_by="update_time", sort_direction="desc").status == 200


# ------------------------------------------------------------------------------------------------------- duplicates


def test_a_duplicate_is_open_and_new(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin, value=5, stage_id=3, status="won", probability=20, owner_id=2)
    clock.advance(days=1)
    copy = server.seller.post(f"{DEALS}/{deal_id}/duplicate").data["id"]
    original = shown(server.admin, deal_id)
    assert shown(server.admin, copy) == {
        **original,
        "id": copy,
        "creator_user_id": server.seller.user_id,
        "status": "open",
        "add_time": LATER,
        "update_time": LATER,
        **closing(),
    }


def test_a_duplicate_keeps_custom_fields(server: Server) -> None:
    code = field(server, "varchar")
    copy = server.admin.post(f"{DEALS}/{dealt(server.admin, custom_fields={code: 'a'})}/duplicate").data["id"]
    assert shown(server.admin, copy)["custom_fields"] == {code: "a"}


def test_v2_duplicates_are_answered_with_a_flat_v1_deal(server: Server) -> None:
    reply = server.admin.post(f"{DEALS}/{dealt(server.admin)}/duplicate")
    assert (reply.status, reply.data["user_id"], reply.data["active"]) == (200, server.admin.user_id, True)


# ------------------------------------------------------------------------------------------------------- visibility


def test_a_private_deal_is_the_owners(server: Server) -> None:
    deal_id = dealt(server.admin, visible_to=1)
    assert (server.seller.get(f"{DEALS}/{deal_id}").status, listed(server.seller)) == (404, [])


def test_a_follower_sees_a_private_deal(server: Server) -> None:
    deal_id = dealt(server.admin, visible_to=1)
    server.admin.post(f"{DEALS}/{deal_id}/followers", {"user_id": server.seller.user_id})
    assert (server.seller.get(f"{DEALS}/{deal_id}").status, listed(server.seller)) == (200, [deal_id])


def test_who_sees_only_their_own_sees_no_others(server: Server) -> None:
    dealt(server.admin)
    own = dealt(server.restricted)
    assert listed(server.restricted) == [own]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_invisible_deals_are_not_found(server: Server, method: str) -> None:
    assert server.restricted.call(method, f"{DEALS}/{dealt(server.admin)}", {"title": "x"}).status == 404


def test_another_users_deals_are_an_empty_list_to_who_may_not_see_them(server: Server) -> None:
    dealt(server.admin)
    assert listed(server.restricted, owner_id=server.admin.user_id) == []


# ------------------------------------------------------------------------------------------------------ two writers


def test_two_writers_of_one_deal_lose_nothing(server: Server) -> None:
    path = f"{DEALS}/{dealt(server.admin)}"
    keys = [field(server, "double") for _ in range(8)]
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda key: server.admin.patch(path, {"custom_fields": {key: 1}}), keys))
    assert server.admin.get(path).data["custom_fields"] == dict.fromkeys(keys, 1)


def test_many_writers_of_one_stage_leave_its_total_right(server: Server) -> None:
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda value: dealt(server.admin, value=value), range(1, 41)))
    summary = server.admin.get("/api/v2/pipelines/1").data["deals_summary"]
    assert summary["per_currency_full"] == {"EUR": {"count": 40, "value": 820}}


@pytest.mark.parametrize("text", ["0", "00", "abc", "-1", "1.5", "9" * 19, "0" * 22 + "1", "1" * 400])
def test_what_is_no_id_in_a_path_is_refused(server: Server, text: str) -> None:
    assert server.admin.get(f"/api/v2/deals/{text}").status == 400
