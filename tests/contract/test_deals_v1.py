"""Contract 2.4, 2.8, 3.5, 3.6, 3.9 and 6.25 to 6.31 over version 1."""

from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.server import Client, Json

DEALS = "/v1/deals"
NOON, LATER = "2026-05-01 12:00:00", "2026-05-02 12:00:00"
PAGINATION = {"start": 0, "limit": 100, "more_items_in_collection": False}
LONG_INFO = "Please check developers.pipedrive.com for more information about Pipedrive API."
FLAT_KEYS = {
    *("id", "title", "value", "currency", "status", "active", "deleted", "is_archived", "archive_time"),
    *("creator_user_id", "user_id", "person_id", "org_id", "stage_id", "pipeline_id", "stage_order_nr"),
    *("add_time", "update_time", "stage_change_time", "close_time", "won_time", "first_won_time", "lost_time"),
    *("local_won_date", "local_lost_date", "local_close_date", "expected_close_date", "rotten_time"),
    *("probability", "weighted_value", "formatted_value", "formatted_weighted_value", "weighted_value_currency"),
    *("acv", "arr", "mrr", "acv_currency", "arr_currency", "mrr_currency"),
    *("products_count", "files_count", "notes_count", "followers_count", "email_messages_count", "activities_count"),
    *("done_activities_count", "undone_activities_count", "participants_count"),
    *("next_activity_date", "next_activity_time", "next_activity_id", "next_activity_subject"),
    *("next_activity_type", "next_activity_duration", "next_activity_note", "last_activity_id", "last_activity_date"),
    *("last_incoming_mail_time", "last_outgoing_mail_time", "person_name", "org_name", "owner_name", "cc_email"),
    *("org_hidden", "person_hidden", "lost_reason", "visible_to", "label", "origin", "origin_id", "channel"),
    *("channel_id", "source_lead_id", "score", "sequence_enrollment"),
}
DETAILS = {
    *("average_time_to_won", "average_stage_progress", "age", "stay_in_pipeline_stages"),
    *("last_activity", "next_activity"),
}


def dealt(client: Client, **body: Any) -> int:
    """The id of a new deal."""
    made: int = client.post(DEALS, {"title": "Roll-out", **body}).data["id"]
    return made


def shown(client: Client, deal_id: int) -> Json:
    return client.get(f"{DEALS}/{deal_id}").data


def ids(client: Client, path: str = DEALS, **query: Any) -> list[int]:
    return [each["id"] for each in client.get(path, **query).data or ()]


def person(client: Client, **body: Any) -> int:
    made: int = client.post("/api/v2/persons", {"name": "Ann Lee", **body}).data["id"]
    return made


def organization(client: Client, **body: Any) -> int:
    made: int = client.post("/api/v2/organizations", {"name": "Acme", **body}).data["id"]
    return made


def field(server: Server, field_type: str) -> str:
    """The key of a new deal field."""
    made = server.admin.post("/v1/dealFields", {"name": "Extra", "field_type": field_type})
    key: str = made.data["key"]
    return key


# ------------------------------------------------------------------------------------------------------------ shape


def test_a_deal_has_the_keys_of_the_contract(server: Server) -> None:
    assert set(shown(server.admin, dealt(server.admin))) == FLAT_KEYS | DETAILS


def test_a_listed_deal_has_no_details(server: Server) -> None:
    dealt(server.admin)
    assert set(server.admin.get(DEALS).data[0]) == FLAT_KEYS


def test_an_addition_answers_201(server: Server) -> None:
    reply = server.admin.post(DEALS, {"title": "Roll-out"})
    assert (reply.status, reply.body["success"], reply.data["title"]) == (201, True, "Roll-out")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("value", 0),
        ("currency", "EUR"),
        ("status", "open"),
        ("active", True),
        ("deleted", False),
        ("is_archived", False),
        ("stage_id", 1),
        ("pipeline_id", 1),
        ("stage_order_nr", 1),
        ("add_time", NOON),
        ("update_time", NOON),
        ("stage_change_time", None),
        ("probability", None),
        ("visible_to", "3"),
        ("label", None),
        ("origin", "API"),
        ("followers_count", 1),
        ("participants_count", 0),
        ("person_id", None),
        ("org_id", None),
        ("person_name", None),
        ("owner_name", "Ann Admin"),
        ("formatted_value", "€0"),
        ("weighted_value", 0),
        ("weighted_value_currency", "EUR"),
        ("org_hidden", False),
    ],
)
def test_a_title_is_enough(server: Server, name: str, value: Any) -> None:
    assert server.admin.post(DEALS, {"title": "Roll-out"}).data[name] == value


@pytest.mark.parametrize("name", ["user_id", "creator_user_id"])
def test_users_are_spelled_out(server: Server, name: str) -> None:
    assert shown(server.admin, dealt(server.admin))[name] == {
        "id": server.admin.user_id,
        "name": "Ann Admin",
        "email": "ann@example.com",
        "has_pic": 0,
        "pic_hash": None,
        "active_flag": True,
        "value": server.admin.user_id,
    }


def test_a_person_is_spelled_out(server: Server) -> None:
    person_id = person(server.admin, emails=[{"value": "ann@lee.ee"}])
    data = shown(server.admin, dealt(server.admin, person_id=person_id))
    assert (data["person_name"], data["person_id"]) == (
        "Ann Lee",
        {
            "active_flag": True,
            "name": "Ann Lee",
            "email": [{"label": "work", "value": "ann@lee.ee", "primary": True}],
            "phone": [],
            "owner_id": server.admin.user_id,
            "value": person_id,
        },
    )


def test_an_organization_is_spelled_out(server: Server) -> None:
    org_id = organization(server.admin)
    data = shown(server.admin, dealt(server.admin, org_id=org_id))
    assert (data["org_name"], data["org_id"]) == (
        "Acme",
        {
            "name": "Acme",
            "people_count": 0,
            "owner_id": server.admin.user_id,
            "address": None,
            "active_flag": True,
            "cc_email": data["cc_email"].replace("+deal1", ""),
            "owner_name": "Ann Admin",
            "label_ids": [],
            "value": org_id,
        },
    )


@pytest.mark.parametrize(("made", "flag"), [(person, "person_hidden"), (organization, "org_hidden")])
def test_what_is_hidden_from_the_caller_is_not_told(server: Server, made: Any, flag: str) -> None:
    kind = flag.removesuffix("_hidden")
    deal_id = dealt(server.admin, **{f"{kind}_id": made(server.admin, visible_to=1)})
    data = shown(server.seller, deal_id)
    assert (data[flag], data[f"{kind}_id"], data[f"{kind}_name"]) == (True, None, None)


def test_get_one_says_where_mail_is_filed(server: Server) -> None:
    reply = server.admin.get(f"{DEALS}/{dealt(server.admin)}")
    assert reply.body["additional_data"] == {"dropbox_email": reply.data["cc_email"]}


def test_get_one_brings_what_is_related(server: Server) -> None:
    links = {"person_id": person(server.admin), "org_id": organization(server.admin)}
    reply = server.admin.get(f"{DEALS}/{dealt(server.admin, **links)}")
    related = {kind: list(found) for kind, found in reply.body["related_objects"].items()}
    assert related == {
        "user": [str(server.admin.user_id)],
        "organization": [str(links["org_id"])],
        "person": [str(links["person_id"])],
        "stage": ["1"],
        "pipeline": ["1"],
    }


def test_the_related_pipeline_has_no_selected(server: Server) -> None:
    reply = server.admin.get(f"{DEALS}/{dealt(server.admin)}")
    assert "selected" not in reply.body["related_objects"]["pipeline"]["1"]


def test_the_related_stage_names_company_and_pipeline(server: Server) -> None:
    stage = server.admin.get(f"{DEALS}/{dealt(server.admin)}").body["related_objects"]["stage"]["1"]
    assert (stage["company_id"], stage["pipeline_name"], stage["pipeline_deal_probability"]) == (
        server.company.company_id,
        "Pipeline",
        False,
    )


def test_a_list_brings_what_is_related(server: Server) -> None:
    dealt(server.admin)
    assert set(server.admin.get(DEALS).body["related_objects"]) == {"user", "organization", "person"}


def test_a_deal_knows_its_age(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin)
    clock.advance(days=33, seconds=3_723)
    assert shown(server.admin, deal_id)["age"] == {
        "y": 0,
        "m": 1,
        "d": 2,
        "h": 1,
        "i": 2,
        "s": 3,
        "total_seconds": 33 * 86_400 + 3_723,
    }


def test_the_age_of_a_closed_deal_stands_still(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin)
    clock.advance(days=1)
    server.admin.put(f"{DEALS}/{deal_id}", {"status": "won"})
    clock.advance(days=5)
    assert shown(server.admin, deal_id)["age"]["total_seconds"] == 86_400


def test_a_deal_knows_its_stays_in_stages(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin)
    clock.advance(seconds=100)
    server.admin.put(f"{DEALS}/{deal_id}", {"stage_id": 3})
    clock.advance(seconds=50)
    assert shown(server.admin, deal_id)["stay_in_pipeline_stages"] == {
        "times_in_stages": {"1": 100, "3": 50},
        "order_of_stages": [1, 2, 3, 4, 5],
    }


# -------------------------------------------------------------------------------------------------- reading a body


@pytest.mark.parametrize(
    ("given", "name", "kept"),
    [
        ({"value": "1000.50"}, "value", 1000.5),
        ({"value": 1000}, "value", 1000),
        ({"value": ""}, "value", 0),
        ({"currency": "USD"}, "currency", "USD"),
        ({"currency": ""}, "currency", "EUR"),
        ({"probability": "40"}, "probability", 40),
        ({"stage_id": "3"}, "stage_id", 3),
        ({"visible_to": "1"}, "visible_to", "1"),
        ({"visible_to": 7}, "visible_to", "7"),
        ({"status": "won"}, "status", "won"),
        ({"add_time": "2025-12-31 23:00:00"}, "add_time", "2025-12-31 23:00:00"),
        ({"add_time": "2025-12-31 23:00:00"}, "update_time", "2025-12-31 23:00:00"),
        ({"expected_close_date": "2026-06-30"}, "expected_close_date", "2026-06-30"),
        ({"expected_close_date": ""}, "expected_close_date", None),
        ({"is_archived": "1"}, "is_archived", True),
        ({"is_archived": 0}, "is_archived", False),
        ({"is_archived": True, "archive_time": "2026-04-03 10:00:00"}, "archive_time", "2026-04-03 10:00:00"),
        ({"origin_id": "ad-7"}, "origin_id", "ad-7"),
        ({"channel": "4"}, "channel", 4),
        ({"channel_id": "spring"}, "channel_id", "spring"),
        ({"status": "lost", "lost_reason": "Price"}, "lost_reason", "Price"),
        ({"status": "lost", "lost_time": "2026-04-03 10:00:00"}, "close_time", "2026-04-03 10:00:00"),
        ({"user_id": "2"}, "owner_name", "Sam Seller"),
    ],
    ids=str,
)
def test_types_are_read_leniently(server: Server, given: dict[str, Any], name: str, kept: Any) -> None:
    assert server.admin.post(DEALS, {"title": "Roll-out", **given}).data[name] == kept


def test_a_form_is_read_like_json(server: Server) -> None:
    reply = server.admin.call("POST", DEALS, form={"title": "A & B", "value": "10.5", "stage_id": "2"})
    assert (reply.status, reply.data["title"], reply.data["value"], reply.data["stage_id"]) == (201, "A & B", 10.5, 2)


def test_labels_come_back_as_text(server: Server) -> None:
    added = server.admin.post("/api/v2/dealFields/label_ids/options", [{"label": "Hot"}, {"label": "Cold"}]).data
    hot, cold = (each["id"] for each in added)
    assert shown(server.admin, dealt(server.admin, label=[cold, str(hot)]))["label"] == f"{cold},{hot}"


@pytest.mark.parametrize("body", [{}, {"title": ""}, {"title": None}, {"title": "  "}], ids=str)
def test_a_title_must_be_given(server: Server, body: dict[str, Any]) -> None:
    reply = server.admin.post(DEALS, body)
    assert (reply.status, reply.body) == (
        400,
        {
            "success": False,
            "error": "Deal title must be given.",
            "error_info": LONG_INFO,
            "data": None,
            "additional_data": None,
        },
    )


def test_unknown_keys_are_refused_on_addition(server: Server) -> None:
    reply = server.admin.post(DEALS, {"title": "x", "foo": 1, "bar": 2})
    assert (reply.status, reply.body["error"]) == (400, "Invalid field(s) in the payload: foo, bar")


def test_unknown_keys_are_ignored_on_change(server: Server) -> None:
    reply = server.admin.put(f"{DEALS}/{dealt(server.admin)}", {"foo": 1, "value": 5})
    assert (reply.status, reply.data["value"]) == (200, 5)


def test_an_id_is_refused_on_addition(server: Server) -> None:
    reply = server.admin.post(DEALS, {"title": "x", "id": 7})
    text = "Inserting ID with POST request is not allowed."
    assert (reply.status, reply.body["error"].startswith(text)) == (400, True)


@pytest.mark.parametrize(
    "given",
    [
        {"value": "much"},
        {"currency": "ZZZ"},
        {"user_id": 99},
        {"person_id": 99},
        {"org_id": 99},
        {"pipeline_id": 99},
        {"stage_id": 99},
        {"status": "closed"},
        {"probability": 101},
        {"expected_close_date": "soon"},
        {"add_time": "2026-13-01 00:00:00"},
        {"won_time": NOON},
        {"status": "won", "lost_time": NOON},
        {"lost_reason": "Price"},
        {"label": [99]},
        {"label": "hot"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(server: Server, given: dict[str, Any]) -> None:
    reply = server.admin.post(DEALS, {"title": "x", **given})
    assert (reply.status, reply.body["success"], reply.body["error"]) == (400, False, "Bad request")


def test_a_visibility_nobody_may_set_is_forbidden(server: Server) -> None:
    assert server.admin.post(DEALS, {"title": "x", "visible_to": "9"}).status == 403


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff"])
def test_what_is_not_an_object_is_a_bad_request(server: Server, body: bytes) -> None:
    reply = server.admin.call("POST", DEALS, raw=body, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.body["error"]) == (400, "Bad request")


# ---------------------------------------------------------------------------------------------------------- changes


def test_a_change_changes_only_what_is_sent(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin, value=5, probability=40)
    clock.advance(days=1)
    data = server.admin.put(f"{DEALS}/{deal_id}", {"title": "Other"}).data
    assert (data["title"], data["value"], data["probability"], data["update_time"]) == ("Other", 5, 40, LATER)


@pytest.mark.parametrize("given", [{}, {"title": "Roll-out"}, {"add_time": "2020-01-01 00:00:00"}], ids=str)
def test_a_change_without_effect_keeps_the_update_time(server: Server, clock: Clock, given: dict[str, Any]) -> None:
    deal_id = dealt(server.admin)
    clock.advance(days=1)
    data = server.admin.put(f"{DEALS}/{deal_id}", given).data
    assert (data["add_time"], data["update_time"]) == (NOON, NOON)


def test_a_title_cannot_be_emptied(server: Server) -> None:
    assert (
        server.admin.put(f"{DEALS}/{dealt(server.admin)}", {"title": ""}).body["error"] == "Deal title must be given."
    )


@pytest.mark.parametrize(
    ("before", "name", "cleared"),
    [
        ({"probability": 40}, "probability", None),
        ({"expected_close_date": "2026-06-30"}, "expected_close_date", None),
        ({"value": 5}, "value", 0),
    ],
)
@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_text_clear(
    server: Server, before: dict[str, Any], name: str, cleared: Any, nothing: Any
) -> None:
    deal_id = dealt(server.admin, **before)
    assert server.admin.put(f"{DEALS}/{deal_id}", {name: nothing}).data[name] == cleared


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_empty_text_unlink_a_person(server: Server, nothing: Any) -> None:
    deal_id = dealt(server.admin, person_id=person(server.admin))
    assert server.admin.put(f"{DEALS}/{deal_id}", {"person_id": nothing}).data["person_id"] is None


@pytest.mark.parametrize("name", ["user_id", "stage_id", "pipeline_id", "status", "visible_to"])
def test_null_leaves_what_every_deal_has(server: Server, name: str) -> None:
    deal_id = dealt(server.admin)
    before = shown(server.admin, deal_id)[name]
    assert server.admin.put(f"{DEALS}/{deal_id}", {name: None}).data[name] == before


@pytest.mark.parametrize(
    ("status", "active", "times"),
    [
        ("open", True, (None, None, None)),
        ("won", False, (LATER, LATER, None)),
        ("lost", False, (LATER, None, LATER)),
    ],
)
@pytest.mark.parametrize("before", [{"status": "won"}, {"status": "lost"}], ids=str)
def test_a_status_has_its_times(
    server: Server, clock: Clock, before: dict[str, str], status: str, active: bool, times: tuple[str | None, ...]
) -> None:
    deal_id = dealt(server.admin, **before)
    server.admin.put(f"{DEALS}/{deal_id}", {"status": "open"})
    clock.advance(days=1)
    data = server.admin.put(f"{DEALS}/{deal_id}", {"status": status}).data
    assert (data["active"], (data["close_time"], data["won_time"], data["lost_time"])) == (active, times)


def test_a_reopened_deal_remembers_its_first_win(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin, status="won")
    clock.advance(days=1)
    data = server.admin.put(f"{DEALS}/{deal_id}", {"status": "open"}).data
    assert (data["active"], data["won_time"], data["first_won_time"]) == (True, None, NOON)


def test_a_move_is_dated(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin)
    clock.advance(days=1)
    data = server.admin.put(f"{DEALS}/{deal_id}", {"stage_id": 2}).data
    assert (data["stage_id"], data["stage_order_nr"], data["stage_change_time"]) == (2, 2, LATER)


@pytest.mark.parametrize(
    ("enabled", "weighted", "text"), [(1, 250.25, "€250.25"), (0, 1001, "€1,001")], ids=["own", "stage"]
)
def test_a_deal_weighs_by_the_probability_that_counts(server: Server, enabled: int, weighted: float, text: str) -> None:
    server.admin.put("/v1/pipelines/1", {"deal_probability": enabled})
    data = shown(server.admin, dealt(server.admin, value=1001, probability=25))
    assert (data["weighted_value"], data["formatted_weighted_value"]) == (weighted, text)


def test_amounts_are_formatted(server: Server) -> None:
    assert shown(server.admin, dealt(server.admin, value=11.1, currency="USD"))["formatted_value"] == "US$11.10"


# ------------------------------------------------------------------------------------------------- delete, archive


def test_a_deletion_answers_with_the_id(server: Server) -> None:
    deal_id = dealt(server.admin)
    reply = server.admin.delete(f"{DEALS}/{deal_id}")
    assert (reply.status, reply.body) == (200, {"success": True, "data": {"id": deal_id}})


@pytest.mark.parametrize("by_status", [True, False])
def test_a_deleted_deal_is_read_as_such(server: Server, by_status: bool) -> None:
    path = f"{DEALS}/{dealt(server.admin)}"
    server.admin.call(*(("PUT", path, {"status": "deleted"}) if by_status else ("DELETE", path)))
    data = server.admin.get(path).data
    assert (data["deleted"], data["active"], data["status"]) == (True, False, "deleted")


@pytest.mark.parametrize(
    ("method", "body"), [("DELETE", None), ("PUT", {"title": "x"}), ("PUT", {"status": "open"}), ("PUT", {})], ids=str
)
def test_a_deleted_deal_takes_no_writes(server: Server, method: str, body: Any) -> None:
    path = f"{DEALS}/{dealt(server.admin)}"
    server.admin.delete(path)
    assert server.admin.call(method, path, body).status == 404


def test_a_deleted_deal_is_gone_after_thirty_days(server: Server, clock: Clock) -> None:
    path = f"{DEALS}/{dealt(server.admin)}"
    server.admin.delete(path)
    clock.advance(days=31)
    assert server.admin.get(path).status == 404


def test_several_are_deleted_at_once(server: Server) -> None:
    one, two, rest = dealt(server.admin), dealt(server.admin), dealt(server.admin)
    reply = server.admin.delete(DEALS, ids=f"{two},{one}")
    assert (reply.body, ids(server.admin)) == ({"success": True, "data": {"id": [two, one]}}, [rest])


def test_a_deletion_without_ids_is_refused(server: Server) -> None:
    reply = server.admin.delete(DEALS)
    assert (reply.status, reply.body["error"]) == (400, "Please provide at least one item to delete")


@pytest.mark.parametrize("change", [{"title": "x"}, {"status": "won"}, {"status": "deleted"}], ids=str)
def test_archived_deals_are_read_only(server: Server, change: dict[str, Any]) -> None:
    assert server.admin.put(f"{DEALS}/{dealt(server.admin, is_archived=1)}", change).status == 400


def test_a_deal_comes_back_from_the_archive(server: Server) -> None:
    data = server.admin.put(f"{DEALS}/{dealt(server.admin, is_archived=1)}", {"is_archived": 0}).data
    assert (data["is_archived"], data["archive_time"]) == (False, None)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_nobody_knows_no_such_deal(server: Server, method: str) -> None:
    reply = server.admin.call(method, f"{DEALS}/99", {"title": "x"})
    assert (reply.status, reply.raw) == (
        404,
        b'{"success":false,"error":"Deal not found","error_info":"' + LONG_INFO.encode() + b'","data":null,'
        b'"additional_data":null}',
    )


# ------------------------------------------------------------------------------------------------------------ lists


@pytest.mark.parametrize("path", [DEALS, f"{DEALS}/archived"])
def test_an_empty_list_is_null(server: Server, path: str) -> None:
    reply = server.admin.get(path)
    assert (reply.data, reply.body["additional_data"]) == (None, {"pagination": PAGINATION})


def test_a_page_says_where_the_next_begins(server: Server) -> None:
    dealt(server.admin), dealt(server.admin), dealt(server.admin)
    reply = server.admin.get(DEALS, start=1, limit=1)
    assert ([each["id"] for each in reply.data], reply.body["additional_data"]) == (
        [2],
        {"pagination": {"start": 1, "limit": 1, "more_items_in_collection": True, "next_start": 2}},
    )


def test_the_last_page_says_nothing_of_a_next(server: Server) -> None:
    dealt(server.admin), dealt(server.admin)
    reply = server.admin.get(DEALS, start=1, limit=1)
    assert reply.body["additional_data"]["pagination"] == {"start": 1, "limit": 1, "more_items_in_collection": False}


@pytest.mark.parametrize(
    ("sent", "used"),
    [
        ({"limit": 0}, (0, 1)),
        ({"limit": -7}, (0, 1)),
        ({"limit": 501}, (0, 500)),
        ({"limit": 10_000}, (0, 500)),
        ({"start": -1}, (0, 100)),
        ({"limit": ""}, (0, 100)),
    ],
    ids=str,
)
def test_paging_is_clamped(server: Server, sent: dict[str, Any], used: tuple[int, int]) -> None:
    block = server.admin.get(DEALS, **sent).body["additional_data"]["pagination"]
    assert (block["start"], block["limit"]) == used


@pytest.mark.parametrize(
    "query", [{"limit": "x"}, {"status": "closed"}, {"user_id": "me"}, {"sort": "mood"}, {"sort": "id, mood"}], ids=str
)
def test_bad_parameters_are_refused(server: Server, query: dict[str, str]) -> None:
    reply = server.admin.get(DEALS, **query)
    assert (reply.status, reply.body["error"]) == (400, "Bad request")


@pytest.fixture
def filled(server: Server) -> Server:
    """Five deals: 1 open, 2 won, 3 lost, 4 deleted, 5 the seller's in stage 3."""
    dealt(server.admin, title="b", value=2)
    dealt(server.admin, title="C", value=3, status="won")
    dealt(server.admin, title="a", value=1, status="lost")
    server.admin.delete(f"{DEALS}/{dealt(server.admin)}")
    dealt(server.seller, title="d", value=2, stage_id=3)
    return server


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [1, 2, 3, 5]),
        ({"status": "all_not_deleted"}, [1, 2, 3, 5]),
        ({"status": "open"}, [1, 5]),
        ({"status": "won"}, [2]),
        ({"status": "lost"}, [3]),
        ({"status": "deleted"}, [4]),
        ({"user_id": 2}, [5]),
        ({"stage_id": 3}, [5]),
        ({"stage_id": 3, "status": "won"}, []),
        ({"owned_by_you": 1}, [1, 2, 3]),
        ({"owned_by_you": 0}, [1, 2, 3, 5]),
        ({"owned_by_you": 1, "user_id": 2}, [1, 2, 3]),
        ({"filter_id": 9, "owned_by_you": 1}, []),
        ({"filter_id": 9, "user_id": 1}, []),
        ({"user_id": 99}, []),
        ({"stage_id": 99}, []),
        ({"sort": "title"}, [3, 1, 2, 5]),
        ({"sort": "title DESC"}, [5, 2, 1, 3]),
        ({"sort": "value ASC"}, [3, 1, 5, 2]),
        ({"sort": "id desc"}, [5, 3, 2, 1]),
        ({"sort": "status ASC, id DESC"}, [3, 5, 1, 2]),
        ({"sort": "status DESC, id"}, [2, 1, 5, 3]),
    ],
    ids=str,
)
def test_the_list_takes_filters_and_an_order(filled: Server, query: dict[str, Any], found: list[int]) -> None:
    assert ids(filled.admin, **query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [1, 2, 3]),
        ({"status": "won"}, [2]),
        ({"user_id": 2}, [3]),
        ({"stage_id": 3}, [3]),
        ({"pipeline_id": 1}, [1, 2, 3]),
        ({"pipeline_id": 99}, []),
        ({"person_id": 99}, []),
        ({"org_id": 99}, []),
        ({"filter_id": 9, "pipeline_id": 1}, []),
    ],
    ids=str,
)
def test_the_archived_list_takes_filters(server: Server, query: dict[str, Any], found: list[int]) -> None:
    dealt(server.admin, is_archived=1), dealt(server.admin, is_archived=1, status="won")
    dealt(server.seller, is_archived=1, stage_id=3), dealt(server.admin)
    assert ids(server.admin, f"{DEALS}/archived", **query) == found


@pytest.mark.parametrize("path", [DEALS, "/v1/pipelines/1/deals", "/v1/stages/1/deals"])
def test_ordinary_lists_skip_archived_deals(server: Server, path: str) -> None:
    dealt(server.admin, is_archived=1)
    assert ids(server.admin, path) == []


@pytest.mark.parametrize("selected", ["(id,title)", "(title, id)", "(id,title,nothing)"])
def test_fields_can_be_selected(server: Server, selected: str) -> None:
    dealt(server.admin)
    path = f"{DEALS}:{selected}".replace(" ", "%20")
    assert server.admin.get(path).data == [{"id": 1, "title": "Roll-out"}]


def test_fields_of_one_can_be_selected(server: Server) -> None:
    deal_id = dealt(server.admin, value=5)
    assert server.admin.get(f"{DEALS}/{deal_id}:(value,currency)").data == {"value": 5, "currency": "EUR"}


def test_who_sees_only_their_own_gets_no_others(server: Server) -> None:
    dealt(server.admin)
    assert ids(server.restricted, user_id=server.admin.user_id) == []


# ----------------------------------------------------------------------------------------------- of a pipeline


PIPELINE = "/v1/pipelines/1/deals"


@pytest.fixture
def shared(server: Server) -> Server:
    """Deals 1 and 2 the admin's, 2 in stage 3; 3 the seller's; 4 the admin's, won; 5 private to the seller."""
    dealt(server.admin, value=10), dealt(server.admin, stage_id=3, value=20, currency="USD")
    dealt(server.seller, value=30), dealt(server.admin, status="won", value=40)
    dealt(server.seller, visible_to=1, value=50)
    return server


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [1, 2]),
        ({"everyone": 1}, [1, 2, 3, 5]),
        ({"everyone": 0}, [1, 2]),
        ({"user_id": 2}, [3, 5]),
        ({"everyone": 1, "user_id": 1}, [1, 2, 3, 5]),
        ({"everyone": 0, "user_id": 2}, [3, 5]),
        ({"user_id": 2, "filter_id": 9}, [3, 5]),
        ({"everyone": 1, "filter_id": 9}, [1, 2, 3, 5]),
        ({"stage_id": 3}, [2]),
        ({"stage_id": 3, "everyone": 1}, [2]),
        ({"stage_id": 3, "user_id": 2}, []),
        ({"everyone": 1, "start": 1, "limit": 2}, [2, 3]),
    ],
    ids=str,
)
def test_everyone_beats_a_user_beats_a_filter(shared: Server, query: dict[str, Any], found: list[int]) -> None:
    assert ids(shared.admin, PIPELINE, **query) == found


def test_an_unknown_filter_of_a_pipelines_deals_is_told(shared: Server) -> None:
    answer = shared.admin.get(PIPELINE, filter_id=9)
    assert (answer.status, answer.body["error"]) == (404, "Filter not found")


def test_everyone_means_what_the_caller_may_see(shared: Server) -> None:
    shared.admin.patch("/api/v2/deals/1", {"visible_to": 1})
    assert ids(shared.seller, PIPELINE, everyone=1) == [2, 3, 5]


def test_deals_of_a_pipeline_are_flat(server: Server) -> None:
    links = {"person_id": person(server.admin), "org_id": organization(server.admin)}
    dealt(server.admin, **links)
    (data,) = server.admin.get(PIPELINE).data
    assert (set(data), data["user_id"], data["creator_user_id"], data["person_id"], data["org_id"]) == (
        FLAT_KEYS,
        server.admin.user_id,
        server.admin.user_id,
        links["person_id"],
        links["org_id"],
    )


def test_without_deals_a_pipeline_answers_null(server: Server) -> None:
    assert server.admin.get(PIPELINE).body == {
        "success": True,
        "data": None,
        "additional_data": {"pagination": PAGINATION},
    }


def test_the_deals_of_an_unknown_pipeline_are_not_found(server: Server) -> None:
    assert server.admin.get("/v1/pipelines/99/deals").body["error"] == "Pipeline not found"


def test_there_is_no_summary_unless_asked_for(shared: Server) -> None:
    assert "deals_summary" not in shared.admin.get(PIPELINE).body["additional_data"]


def test_a_summary_covers_all_pages(shared: Server) -> None:
    reply = shared.admin.get(PIPELINE, everyone=1, get_summary=1, limit=1)
    assert reply.body["additional_data"]["deals_summary"]["per_currency_full"] == {
        "EUR": {"count": 3, "value": 90},
        "USD": {"count": 1, "value": 20},
    }


def test_a_summary_covers_what_the_call_matches(shared: Server) -> None:
    reply = shared.admin.get(PIPELINE, user_id=2, get_summary=1)
    assert reply.body["additional_data"]["deals_summary"]["total_count"] == 2


def test_a_summary_converts_on_request(shared: Server) -> None:
    reply = shared.admin.get(PIPELINE, get_summary=1, totals_convert_currency="eur")
    assert "per_stages_converted" in reply.body["additional_data"]["deals_summary"]


# ------------------------------------------------------------------------------------------------------- duplicates


def test_a_duplicate_is_answered_with_200_and_flat(server: Server) -> None:
    reply = server.admin.post(f"{DEALS}/{dealt(server.admin, value=5)}/duplicate")
    assert (reply.status, set(reply.data), reply.data["user_id"], reply.data["value"]) == (
        200,
        FLAT_KEYS,
        server.admin.user_id,
        5,
    )


def test_a_duplicate_starts_anew(server: Server, clock: Clock) -> None:
    deal_id = dealt(server.admin, status="won")
    server.admin.put(f"{DEALS}/{deal_id}", {"stage_id": 3})
    clock.advance(days=1)
    data = server.admin.post(f"{DEALS}/{deal_id}/duplicate").data
    assert (data["status"], data["add_time"], data["stage_id"], data["stage_change_time"], data["first_won_time"]) == (
        "open",
        LATER,
        3,
        None,
        None,
    )


@pytest.mark.parametrize("deleted", [True, False])
def test_what_is_not_there_cannot_be_duplicated(server: Server, deleted: bool) -> None:
    deal_id = dealt(server.admin)
    server.admin.delete(f"{DEALS}/{deal_id}")
    assert server.admin.post(f"{DEALS}/{deal_id if deleted else 99}/duplicate").status == 404


# -------------------------------------------------------------------------------------------------------- followers


def test_the_owner_follows_a_new_deal(server: Server) -> None:
    deal_id = dealt(server.admin)
    (follower,) = server.admin.get(f"{DEALS}/{deal_id}/followers").data
    assert follower == {
        "id": follower["id"],
        "user_id": server.admin.user_id,
        "deal_id": deal_id,
        "add_time": NOON,
    }


def test_a_new_follower_is_answered_with_200(server: Server) -> None:
    reply = server.admin.post(f"{DEALS}/{dealt(server.admin)}/followers", {"user_id": 2})
    assert (reply.status, reply.data["user_id"]) == (200, 2)


def test_who_follows_already_is_answered_with_the_same(server: Server) -> None:
    path = f"{DEALS}/{dealt(server.admin)}/followers"
    (before,) = server.admin.get(path).data
    reply = server.admin.post(path, {"user_id": server.admin.user_id})
    assert (reply.status, reply.data) == (200, before)


def test_a_follower_leaves_by_the_id_of_the_relation(server: Server) -> None:
    path = f"{DEALS}/{dealt(server.admin)}/followers"
    relation = server.admin.post(path, {"user_id": 3}).data["id"]
    reply = server.admin.delete(f"{path}/{relation}")
    assert (reply.body, len(server.admin.get(path).data)) == ({"success": True, "data": {"id": relation}}, 1)


def test_a_deal_without_followers_answers_null(server: Server) -> None:
    path = f"{DEALS}/{dealt(server.admin)}/followers"
    server.admin.delete(f"{path}/{server.admin.get(path).data[0]['id']}")
    assert server.admin.get(path).body == {"success": True, "data": None}


@pytest.mark.parametrize("body", [{"user_id": 99}, {}, {"user_id": "x"}], ids=str)
def test_an_unknown_user_cannot_follow(server: Server, body: dict[str, Any]) -> None:
    assert server.admin.post(f"{DEALS}/{dealt(server.admin)}/followers", body).status == 400


def test_an_unknown_relation_is_not_found(server: Server) -> None:
    assert server.admin.delete(f"{DEALS}/{dealt(server.admin)}/followers/99").status == 404


# ----------------------------------------------------------------------------------------------------- participants


def test_a_deals_own_person_takes_part(server: Server) -> None:
    person_id = person(server.admin)
    deal_id = dealt(server.admin, person_id=person_id)
    (item,) = server.admin.get(f"{DEALS}/{deal_id}/participants").data
    assert (item["person_id"]["value"], item["related_item_data"]) == (
        person_id,
        {"deal_id": deal_id, "title": "Roll-out"},
    )


def test_a_participant_has_the_keys_of_the_contract(server: Server) -> None:
    deal_id = dealt(server.admin, person_id=person(server.admin))
    (item,) = server.admin.get(f"{DEALS}/{deal_id}/participants").data
    assert (set(item), set(item["person_id"])) == (
        {"id", "person_id", "add_time", "active_flag", "related_item_data", "person", "added_by_user_id"},
        {"active_flag", "name", "email", "phone", "owner_id", "company_id", "value"},
    )


def test_a_participants_person_is_the_person_of_version_1(server: Server) -> None:
    person_id = person(server.admin)
    deal_id = dealt(server.admin, person_id=person_id)
    (item,) = server.admin.get(f"{DEALS}/{deal_id}/participants").data
    assert item["person"] == server.admin.get(f"/v1/persons/{person_id}").data


def test_a_participant_is_added_with_200(server: Server) -> None:
    deal_id, person_id = dealt(server.admin), person(server.admin)
    reply = server.admin.post(f"{DEALS}/{deal_id}/participants", {"person_id": person_id})
    assert (reply.status, reply.data["person_id"]["value"], reply.data["added_by_user_id"]["value"]) == (
        200,
        person_id,
        server.admin.user_id,
    )


def test_the_deals_own_person_comes_first(server: Server) -> None:
    other, own = person(server.admin), person(server.admin)
    path = f"{DEALS}/{dealt(server.admin)}/participants"
    server.admin.post(path, {"person_id": other})
    server.admin.put(f"{DEALS}/1", {"person_id": own})
    assert [each["person_id"]["value"] for each in server.admin.get(path).data] == [own, other]


def test_the_former_person_no_longer_takes_part(server: Server) -> None:
    before, after = person(server.admin), person(server.admin)
    deal_id = dealt(server.admin, person_id=before)
    server.admin.put(f"{DEALS}/{deal_id}", {"person_id": after})
    found = server.admin.get(f"{DEALS}/{deal_id}/participants").data
    assert [each["person_id"]["value"] for each in found] == [after]


def test_a_deal_without_participants_answers_null(server: Server) -> None:
    reply = server.admin.get(f"{DEALS}/{dealt(server.admin)}/participants")
    assert (reply.data, reply.body["additional_data"]) == (None, {"pagination": PAGINATION})


def test_participants_are_paged(server: Server) -> None:
    path = f"{DEALS}/{dealt(server.admin, person_id=person(server.admin))}/participants"
    server.admin.post(path, {"person_id": person(server.admin)})
    block = server.admin.get(path, limit=1).body["additional_data"]["pagination"]
    assert block == {"start": 0, "limit": 1, "more_items_in_collection": True, "next_start": 1}


def test_a_participant_leaves(server: Server) -> None:
    path = f"{DEALS}/{dealt(server.admin)}/participants"
    participant = server.admin.post(path, {"person_id": person(server.admin)}).data["id"]
    reply = server.admin.delete(f"{path}/{participant}")
    assert (reply.body, server.admin.get(path).data) == ({"success": True, "data": {"id": participant}}, None)


@pytest.mark.parametrize("body", [{"person_id": 99}, {}, {"person_id": "x"}], ids=str)
def test_an_unknown_person_cannot_take_part(server: Server, body: dict[str, Any]) -> None:
    assert server.admin.post(f"{DEALS}/{dealt(server.admin)}/participants", body).status == 400


def test_participants_are_counted(server: Server) -> None:
    deal_id = dealt(server.admin, person_id=person(server.admin))
    server.admin.post(f"{DEALS}/{deal_id}/participants", {"person_id": person(server.admin)})
    assert shown(server.admin, deal_id)["participants_count"] == 2


def test_participants_hidden_from_the_caller_are_left_out(server: Server) -> None:
    deal_id = dealt(server.admin, person_id=person(server.admin, visible_to=1))
    assert server.seller.get(f"{DEALS}/{deal_id}/participants").data is None


# ---------------------------------------------------------------------------------------------------- custom fields


def test_custom_fields_stand_beside_the_others(server: Server) -> None:
    key = field(server, "varchar")
    assert dealt(server.admin, **{key: "blue"}) == 1
    assert shown(server.admin, 1)[key] == "blue"


def test_money_has_its_currency_beside_it(server: Server) -> None:
    key = field(server, "monetary")
    data = shown(server.admin, dealt(server.admin, **{key: "10.5", f"{key}_currency": "USD"}))
    assert (data[key], data[f"{key}_currency"]) == (10.5, "USD")


@pytest.mark.parametrize("nothing", [None, ""])
def test_custom_fields_are_cleared(server: Server, nothing: Any) -> None:
    key = field(server, "varchar")
    deal_id = dealt(server.admin, **{key: "blue"})
    assert server.admin.put(f"{DEALS}/{deal_id}", {key: nothing}).data[key] is None


def test_both_versions_see_one_custom_value(server: Server) -> None:
    key = field(server, "double")
    deal_id = dealt(server.admin, **{key: "1.5"})
    assert server.admin.get(f"/api/v2/deals/{deal_id}").data["custom_fields"] == {key: 1.5}


# ---------------------------------------------------------------------------------------------------- both versions


@pytest.mark.parametrize("base", ["/v1", "/api/v1"])
def test_v1_has_two_bases(server: Server, base: str) -> None:
    dealt(server.admin)
    assert [each["id"] for each in server.admin.get(f"{base}/deals").data] == [1]


@pytest.mark.parametrize("status", ["open", "won", "lost"])
def test_both_versions_tell_the_same_times(server: Server, status: str) -> None:
    deal_id = dealt(server.admin, status=status)
    old, new = shown(server.admin, deal_id), server.admin.get(f"/api/v2/deals/{deal_id}").data
    names = ["add_time", "update_time", "close_time", "won_time", "lost_time"]
    assert [old[name] and old[name].replace(" ", "T") + "Z" for name in names] == [new[name] for name in names]
