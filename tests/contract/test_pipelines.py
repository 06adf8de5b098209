"""Contract 2.1, 2.2, 3.3, 6.9 to 6.17, and what lists and errors have in common (1.3, 1.4)."""

import re
from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server

V1, V2 = "/v1/pipelines", "/api/v2/pipelines"
NOON = "2026-05-01T12:00:00Z"
LATER = "2026-05-02T12:00:00Z"
NO_DEALS = {"per_stages": {}, "per_currency": {}, "per_currency_full": {}, "total_count": 0}


def added(server: Server, **body: Any) -> int:
    """The id of a new pipeline."""
    made: int = server.admin.post(V1, {"name": "Renewals", **body}).data["id"]
    return made


def order(server: Server) -> list[tuple[int, int]]:
    return [(each["id"], each["order_nr"]) for each in server.admin.get(V1).data]


def staged(server: Server, pipeline_id: int, **body: Any) -> int:
    """The id of a new stage."""
    stage = {"name": "Signing", "pipeline_id": pipeline_id, **body}
    made: int = server.admin.post("/api/v2/stages", stage).data["id"]
    return made


def dealt(server: Server, **body: Any) -> int:
    """The id of a new deal of the admin."""
    made: int = server.admin.post("/api/v2/deals", {"title": "Roll-out", **body}).data["id"]
    return made


# ------------------------------------------------------------------------------------------------- version 2, shape


def test_v2_lists_the_pipeline_of_a_new_account(server: Server) -> None:
    assert server.seller.get(V2).body == {
        "success": True,
        "data": [
            {
                "id": 1,
                "name": "Pipeline",
                "order_nr": 1,
                "is_deleted": False,
                "is_deal_probability_enabled": False,
                "add_time": NOON,
                "update_time": None,
            }
        ],
        "additional_data": {"next_cursor": None},
    }


def test_v2_get_one_adds_a_summary_of_the_deals(server: Server) -> None:
    assert server.seller.get(f"{V2}/1").data["deals_summary"] == NO_DEALS


def test_v2_answers_an_addition_with_200_and_the_pipeline(server: Server) -> None:
    reply = server.admin.post(V2, {"name": "Renewals", "is_deal_probability_enabled": True})
    assert (reply.status, reply.body) == (
        200,
        {
            "success": True,
            "data": {
                "id": 2,
                "name": "Renewals",
                "order_nr": 2,
                "is_deleted": False,
                "is_deal_probability_enabled": True,
                "add_time": NOON,
                "update_time": NOON,
            },
        },
    )


def test_v2_answers_a_change_without_a_summary(server: Server) -> None:
    assert "deals_summary" not in server.admin.patch(f"{V2}/1", {"name": "Sales"}).data


def test_v2_lists_carry_no_summary(server: Server) -> None:
    assert "deals_summary" not in server.admin.get(V2).data[0]


def test_v2_changes_only_what_is_sent(server: Server) -> None:
    server.admin.patch(f"{V2}/1", {"is_deal_probability_enabled": True})
    assert server.admin.patch(f"{V2}/1", {"name": "Sales"}).data["is_deal_probability_enabled"] is True


def test_a_change_sets_the_update_time(server: Server, clock: Clock) -> None:
    clock.advance(days=1)
    assert server.admin.patch(f"{V2}/1", {"name": "Sales"}).data["update_time"] == LATER


def test_an_empty_change_changes_nothing(server: Server, clock: Clock) -> None:
    before = server.admin.get(f"{V2}/1").data
    clock.advance(days=1)
    server.admin.patch(f"{V2}/1", {})
    assert server.admin.get(f"{V2}/1").data == before


def test_an_empty_change_is_answered_with_the_pipeline(server: Server) -> None:
    reply = server.admin.patch(f"{V2}/1", {})
    assert (reply.status, reply.data["name"]) == (200, "Pipeline")


def test_a_change_to_what_is_already_so_keeps_the_update_time(server: Server) -> None:
    assert server.admin.patch(f"{V2}/1", {"name": "Pipeline"}).data["update_time"] is None


def test_v2_deletion_answers_with_the_id(server: Server) -> None:
    pipeline_id = added(server)
    reply = server.admin.delete(f"{V2}/{pipeline_id}")
    assert (reply.status, reply.body) == (200, {"success": True, "data": {"id": pipeline_id}})


def test_v2_ignores_an_order_in_the_body(server: Server) -> None:
    assert server.admin.post(V2, {"name": "Renewals", "order_nr": 1}).data["order_nr"] == 2


def test_names_are_trimmed(server: Server) -> None:
    assert server.admin.post(V2, {"name": "  Renewals "}).data["name"] == "Renewals"


@pytest.mark.parametrize("name", ["x" * 255, "Müük 🚀", "<b>&amp;"])
def test_names_are_kept_as_they_are(server: Server, name: str) -> None:
    pipeline_id = added(server, name=name)
    assert server.admin.get(f"{V2}/{pipeline_id}").data["name"] == name


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "   "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": None}, "name"),
        ({"name": 7}, "name"),
        ({"name": ["Renewals"]}, "name"),
        ({"name": "Renewals", "is_deal_probability_enabled": 1}, "is_deal_probability_enabled"),
        ({"name": "Renewals", "is_deal_probability_enabled": "true"}, "is_deal_probability_enabled"),
        ({"name": "Renewals", "is_deal_probability_enabled": None}, "is_deal_probability_enabled"),
    ],
)
def test_v2_names_the_field_it_refuses(server: Server, body: dict[str, Any], field: str) -> None:
    reply = server.admin.post(V2, body)
    assert (reply.status, reply.body["code"], reply.body["error"].split(": ")[:2]) == (
        400,
        "ERR_SCHEMA_VALIDATION_FAILED",
        ["Validation failed", field],
    )


def test_v2_refusals_have_the_adopted_form(server: Server) -> None:
    assert server.admin.get(V2, limit=501).body == {
        "success": False,
        "error": "Validation failed: limit: must be <= 500",
        "code": "ERR_SCHEMA_VALIDATION_FAILED",
        "error_info": "Please check developers.pipedrive.com",
        "data": None,
        "additional_data": None,
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"null", b'{"name":"a","name":"b"}', b'{"name":NaN}'])
def test_v2_refuses_what_is_not_an_object(server: Server, body: bytes) -> None:
    reply = server.admin.call("POST", V2, raw=body, headers={"Content-Type": "application/json"})
    assert (reply.status, reply.body["code"]) == (400, "ERR_SCHEMA_VALIDATION_FAILED")


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_v2_knows_no_such_pipeline(server: Server, method: str) -> None:
    reply = server.admin.call(method, f"{V2}/99", {"name": "x"})
    assert (reply.status, reply.body) == (
        404,
        {
            "success": False,
            "error": "Pipeline not found",
            "error_info": "Please check developers.pipedrive.com for more information about Pipedrive API.",
            "data": None,
            "additional_data": None,
        },
    )


@pytest.mark.parametrize("pipeline_id", ["0", "-1", "x", "1.0", "9" * 30, "%20"])
def test_an_id_is_a_positive_integer(server: Server, pipeline_id: str) -> None:
    assert server.admin.get(f"{V2}/{pipeline_id}").status == 400


# -------------------------------------------------------------------------------------------------- version 2, lists


@pytest.mark.parametrize("limit", ["0", "501", "-1", "x", "1.5", ""])
def test_v2_refuses_a_limit_out_of_range(server: Server, limit: str) -> None:
    reply = server.admin.get(V2, limit=limit)
    assert (reply.status, reply.body["error"].split(": ")[:2]) == (400, ["Validation failed", "limit"])


@pytest.mark.parametrize("limit", [1, 500])
def test_v2_takes_the_limits_of_the_range(server: Server, limit: int) -> None:
    assert server.admin.get(V2, limit=limit).status == 200


def test_a_cursor_leads_to_the_next_page(server: Server) -> None:
    second = added(server)
    cursor = server.admin.get(V2, limit=1).body["additional_data"]["next_cursor"]
    assert [each["id"] for each in server.admin.get(V2, limit=1, cursor=cursor).data] == [second]


def test_the_last_page_has_no_cursor(server: Server) -> None:
    added(server)
    cursor = server.admin.get(V2, limit=1).body["additional_data"]["next_cursor"]
    reply = server.admin.get(V2, limit=1, cursor=cursor)
    assert reply.body["additional_data"] == {"next_cursor": None}


def test_a_full_last_page_has_no_cursor(server: Server) -> None:
    assert server.admin.get(V2, limit=1).body["additional_data"] == {"next_cursor": None}


def test_a_cursor_is_unpadded_base64url(server: Server) -> None:
    added(server)
    cursor = server.admin.get(V2, limit=1).body["additional_data"]["next_cursor"]
    assert re.fullmatch(r"[A-Za-z0-9_-]+", cursor)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%",
        "bnVsbA",
        "e30",
        "W10",
        "eyJmaWVsZCI6ImlkIn0",
        "eyJmaWVsZCI6ImlkIiwiZmllbGRWYWx1ZSI6Im9uZSIsInNvcnREaXJlY3Rpb24iOiJhc2MiLCJpZCI6N30",
    ],
)
def test_a_cursor_nobody_gave_is_refused(server: Server, cursor: str) -> None:
    reply = server.admin.get(V2, cursor=cursor)
    assert (reply.status, reply.body["error"]) == (400, "Invalid cursor")


@pytest.mark.parametrize("other", [{"sort_by": "add_time"}, {"sort_direction": "desc"}])
def test_a_cursor_holds_for_its_own_order_only(server: Server, other: dict[str, str]) -> None:
    added(server)
    cursor = server.admin.get(V2, limit=1).body["additional_data"]["next_cursor"]
    reply = server.admin.get(V2, cursor=cursor, **other)
    assert (reply.status, reply.body["error"]) == (400, "Invalid cursor")


@pytest.mark.parametrize(("direction", "ids"), [("asc", [1, 3, 2]), ("desc", [2, 3, 1])])
def test_an_update_time_of_null_sorts_as_the_smallest(
    server: Server, clock: Clock, direction: str, ids: list[int]
) -> None:
    second, _ = added(server), added(server)
    clock.advance(days=1)
    server.admin.patch(f"{V2}/{second}", {"name": "Newest"})
    reply = server.admin.get(V2, sort_by="update_time", sort_direction=direction)
    assert [each["id"] for each in reply.data] == ids


def test_pages_by_update_time_skip_nothing(server: Server) -> None:
    added(server)
    first = server.admin.get(V2, limit=1, sort_by="update_time")
    cursor = first.body["additional_data"]["next_cursor"]
    second = server.admin.get(V2, limit=1, sort_by="update_time", cursor=cursor)
    assert [each["id"] for each in first.data + second.data] == [1, 2]


def test_pipelines_sort_by_add_time(server: Server, clock: Clock) -> None:
    clock.advance(days=1)
    added(server)
    reply = server.admin.get(V2, sort_by="add_time", sort_direction="desc")
    assert [each["id"] for each in reply.data] == [2, 1]


@pytest.mark.parametrize("query", [{"sort_by": "name"}, {"sort_by": "order_nr"}, {"sort_direction": "up"}])
def test_v2_refuses_an_unknown_order(server: Server, query: dict[str, str]) -> None:
    assert server.admin.get(V2, **query).status == 400


def test_unknown_parameters_are_ignored(server: Server) -> None:
    assert server.admin.get(V2, foo="bar").status == 200


# ------------------------------------------------------------------------------------------------- version 1, shape


def test_v1_lists_without_additional_data(server: Server) -> None:
    assert server.seller.get(V1).body == {
        "success": True,
        "data": [
            {
                "id": 1,
                "name": "Pipeline",
                "url_title": "default",
                "order_nr": 1,
                "active": True,
                "deal_probability": False,
                "add_time": "2026-05-01 12:00:00",
                "update_time": None,
                "selected": False,
            }
        ],
    }


def test_v1_does_not_page_pipelines(server: Server) -> None:
    added(server)
    assert len(server.admin.get(V1, limit=1, start=1).data) == 2


def test_v1_lists_by_order(server: Server) -> None:
    added(server, order_nr=1)
    assert order(server) == [(2, 1), (1, 2)]


def test_v1_answers_an_addition_without_selected(server: Server) -> None:
    reply = server.admin.post(V1, {"name": "Sales EU", "deal_probability": 1})
    assert (reply.status, reply.body) == (
        200,
        {
            "success": True,
            "data": {
                "id": 2,
                "name": "Sales EU",
                "url_title": "Sales-EU",
                "order_nr": 2,
                "active": True,
                "deal_probability": True,
                "add_time": "2026-05-01 12:00:00",
                "update_time": "2026-05-01 12:00:00",
            },
        },
    )


@pytest.mark.parametrize("path", [f"{V1}/1", "/api/v1/pipelines/1"])
def test_v1_get_one_has_selected_and_a_summary(server: Server, path: str) -> None:
    data = server.seller.get(path).data
    assert (data["selected"], data["deals_summary"]) == (False, NO_DEALS)


def test_v1_answers_a_change_with_selected(server: Server) -> None:
    assert server.admin.put(f"{V1}/1", {"name": "Sales"}).data["selected"] is False


def test_the_seeded_pipeline_loses_its_url_title_with_its_first_name(server: Server) -> None:
    assert server.admin.put(f"{V1}/1", {"name": "Sales  EU\tNorth"}).data["url_title"] == "Sales-EU-North"


def test_the_seeded_pipeline_keeps_its_url_title_without_a_rename(server: Server) -> None:
    assert server.admin.put(f"{V1}/1", {"deal_probability": 1}).data["url_title"] == "default"


@pytest.mark.parametrize(("sent", "shown"), [(1, True), ("1", True), (True, True), ("true", True), ("0", False)])
def test_v1_takes_flags_in_every_spelling(server: Server, sent: Any, shown: bool) -> None:
    assert server.admin.post(V1, {"name": "Renewals", "deal_probability": sent}).data["deal_probability"] is shown


def test_v1_takes_a_form(server: Server) -> None:
    reply = server.admin.call("POST", V1, form={"name": "Sales & more", "deal_probability": "1"})
    assert (reply.data["name"], reply.data["deal_probability"]) == ("Sales & more", True)


def test_v1_changes_only_what_is_sent(server: Server) -> None:
    pipeline_id = added(server, deal_probability=1)
    assert server.admin.put(f"{V1}/{pipeline_id}", {"name": "Other"}).data["deal_probability"] is True


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": None}, {"name": " "}])
def test_v1_wants_a_name(server: Server, body: dict[str, Any]) -> None:
    reply = server.admin.post(V1, body)
    assert (reply.status, reply.body["error"]) == (400, "Name must be given.")


def test_v1_deletion_answers_with_the_id(server: Server) -> None:
    pipeline_id = added(server)
    assert server.admin.delete(f"{V1}/{pipeline_id}").body == {"success": True, "data": {"id": pipeline_id}}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_v1_knows_no_such_pipeline(server: Server, method: str) -> None:
    reply = server.admin.call(method, f"{V1}/99", {"name": "x"})
    assert (reply.status, reply.body["error"]) == (404, "Pipeline not found")


def test_both_versions_show_the_same_pipeline(server: Server) -> None:
    pipeline_id = added(server, name="Two words", deal_probability=1)
    old, new = server.admin.get(f"{V1}/{pipeline_id}").data, server.admin.get(f"{V2}/{pipeline_id}").data
    assert (old["deal_probability"], old["order_nr"]) == (new["is_deal_probability_enabled"], new["order_nr"])


# ------------------------------------------------------------------------------------------------------------ order


def test_a_new_pipeline_goes_last(server: Server) -> None:
    added(server)
    assert added(server) == 3 == order(server)[-1][1]


@pytest.mark.parametrize(
    ("place", "ids"),
    [
        (0, [4, 1, 2, 3]),
        (1, [4, 1, 2, 3]),
        (2, [1, 4, 2, 3]),
        (4, [1, 2, 3, 4]),
        (99, [1, 2, 3, 4]),
        (-5, [4, 1, 2, 3]),
    ],
)
def test_a_pipeline_is_added_at_its_place(server: Server, place: int, ids: list[int]) -> None:
    added(server), added(server), added(server, order_nr=place)
    assert order(server) == list(zip(ids, [1, 2, 3, 4], strict=True))


@pytest.mark.parametrize(
    ("moved", "place", "ids"), [(1, 3, [2, 3, 1]), (3, 1, [3, 1, 2]), (2, 2, [1, 2, 3]), (1, 99, [2, 3, 1])]
)
def test_a_pipeline_moves_to_its_place(server: Server, moved: int, place: int, ids: list[int]) -> None:
    added(server), added(server)
    server.admin.put(f"{V1}/{moved}", {"order_nr": place})
    assert order(server) == list(zip(ids, [1, 2, 3], strict=True))


def test_the_answer_to_a_move_has_the_new_place(server: Server) -> None:
    pipeline_id = added(server)
    assert server.admin.put(f"{V1}/{pipeline_id}", {"order_nr": 1}).data["order_nr"] == 1


def test_a_move_counts_as_an_update_of_the_moved(server: Server, clock: Clock) -> None:
    pipeline_id = added(server)
    clock.advance(days=1)
    assert server.admin.put(f"{V1}/{pipeline_id}", {"order_nr": 1}).data["update_time"] == "2026-05-02 12:00:00"


def test_those_that_make_way_keep_their_update_time(server: Server, clock: Clock) -> None:
    added(server)
    clock.advance(days=1)
    server.admin.put(f"{V1}/2", {"order_nr": 1})
    assert server.admin.get(f"{V1}/1").data["update_time"] is None


def test_a_deletion_closes_the_gap(server: Server) -> None:
    added(server), added(server)
    server.admin.delete(f"{V2}/2")
    assert order(server) == [(1, 1), (3, 2)]


def test_a_deleted_pipeline_keeps_its_number(server: Server) -> None:
    pipeline_id = added(server)
    server.admin.delete(f"{V2}/{pipeline_id}")
    assert server.admin.get(f"{V2}/{pipeline_id}").data["order_nr"] == 2


def test_the_first_in_order_is_the_default(server: Server) -> None:
    first = added(server, order_nr=1)
    staged(server, first)
    deal = server.seller.post("/api/v2/deals", {"title": "Roll-out"}).data
    assert deal["pipeline_id"] == first


# --------------------------------------------------------------------------------------------------- hidden, deleted


@pytest.mark.parametrize("path", [V1, V2])
def test_lists_skip_deleted_pipelines(server: Server, path: str) -> None:
    server.admin.delete(f"{V2}/{added(server)}")
    assert [each["id"] for each in server.admin.get(path).data] == [1]


@pytest.mark.parametrize("path", [V1, V2])
def test_lists_skip_hidden_pipelines(server: Server, path: str) -> None:
    added(server, active=0)
    assert [each["id"] for each in server.admin.get(path).data] == [1]


@pytest.mark.parametrize(("path", "flag", "value"), [(V1, "active", False), (V2, "is_deleted", True)])
def test_a_deleted_pipeline_is_read_as_such(server: Server, path: str, flag: str, value: bool) -> None:
    pipeline_id = added(server)
    server.admin.delete(f"{V2}/{pipeline_id}")
    reply = server.admin.get(f"{path}/{pipeline_id}")
    assert (reply.status, reply.data[flag]) == (200, value)


@pytest.mark.parametrize(("path", "flag", "value"), [(V1, "active", False), (V2, "is_deleted", True)])
def test_a_hidden_pipeline_is_read_as_such(server: Server, path: str, flag: str, value: bool) -> None:
    pipeline_id = added(server, active=0)
    assert server.admin.get(f"{path}/{pipeline_id}").data[flag] == value


@pytest.mark.parametrize(("method", "path"), [("PUT", V1), ("DELETE", V1), ("PATCH", V2), ("DELETE", V2)])
def test_a_deleted_pipeline_takes_no_changes(server: Server, method: str, path: str) -> None:
    pipeline_id = added(server)
    server.admin.delete(f"{V2}/{pipeline_id}")
    reply = server.admin.call(method, f"{path}/{pipeline_id}", {"name": "Again"})
    assert (reply.status, reply.body["error"]) == (404, "Pipeline not found")


def test_a_deleted_pipeline_never_comes_back(server: Server) -> None:
    pipeline_id = added(server)
    server.admin.delete(f"{V2}/{pipeline_id}")
    assert server.admin.put(f"{V1}/{pipeline_id}", {"active": 1}).status == 404


@pytest.mark.parametrize(("method", "path"), [("PUT", V1), ("DELETE", V1), ("PATCH", V2), ("DELETE", V2)])
def test_a_hidden_pipeline_takes_changes(server: Server, method: str, path: str) -> None:
    pipeline_id = added(server, active=0)
    assert server.admin.call(method, f"{path}/{pipeline_id}", {"name": "Other"}).status == 200


def test_a_hidden_pipeline_comes_back_last(server: Server) -> None:
    hidden, _ = added(server, active=0), added(server)
    server.admin.put(f"{V1}/{hidden}", {"active": 1})
    assert order(server) == [(1, 1), (3, 2), (2, 3)]


def test_hiding_closes_the_gap(server: Server) -> None:
    added(server), added(server)
    server.admin.put(f"{V1}/2", {"active": 0})
    assert order(server) == [(1, 1), (3, 2)]


@pytest.mark.parametrize(("method", "body"), [("DELETE", None), ("PUT", {"active": 0})])
def test_the_last_live_pipeline_stays(server: Server, method: str, body: Any) -> None:
    added(server, active=0)
    assert server.admin.call(method, f"{V1}/1", body).status == 400


def test_a_refused_deletion_says_why(server: Server) -> None:
    assert server.admin.delete(f"{V2}/1").body["error"] == "Pipeline is the last one and cannot be removed"


def test_stages_are_deleted_with_their_pipeline(server: Server) -> None:
    pipeline_id = added(server)
    stage_id = staged(server, pipeline_id)
    server.admin.delete(f"{V2}/{pipeline_id}")
    assert server.admin.get(f"/api/v2/stages/{stage_id}").data["is_deleted"] is True


def test_deals_outlive_their_pipeline_untouched(server: Server) -> None:
    pipeline_id = added(server)
    staged(server, pipeline_id)
    deal_id = dealt(server, pipeline_id=pipeline_id)
    before = server.admin.get(f"/api/v2/deals/{deal_id}").body
    server.admin.delete(f"{V2}/{pipeline_id}")
    assert server.admin.get(f"/api/v2/deals/{deal_id}").body == before


def test_deals_of_a_deleted_pipeline_are_listed(server: Server) -> None:
    pipeline_id = added(server)
    staged(server, pipeline_id)
    deal_id = dealt(server, pipeline_id=pipeline_id)
    server.admin.delete(f"{V2}/{pipeline_id}")
    assert [each["id"] for each in server.admin.get(f"{V1}/{pipeline_id}/deals").data] == [deal_id]


def test_deals_of_a_deleted_pipeline_can_be_edited(server: Server) -> None:
    pipeline_id = added(server)
    staged(server, pipeline_id)
    deal_id = dealt(server, pipeline_id=pipeline_id)
    server.admin.delete(f"{V2}/{pipeline_id}")
    assert server.admin.patch(f"/api/v2/deals/{deal_id}", {"value": 5}).data["value"] == 5


def test_deals_of_a_deleted_pipeline_can_be_moved_out(server: Server) -> None:
    pipeline_id = added(server)
    staged(server, pipeline_id)
    deal_id = dealt(server, pipeline_id=pipeline_id)
    server.admin.delete(f"{V2}/{pipeline_id}")
    assert server.admin.patch(f"/api/v2/deals/{deal_id}", {"pipeline_id": 1}).data["stage_id"] == 1


def test_no_deal_enters_a_deleted_pipeline(server: Server) -> None:
    pipeline_id = added(server)
    staged(server, pipeline_id)
    server.admin.delete(f"{V2}/{pipeline_id}")
    assert server.admin.post("/api/v2/deals", {"title": "x", "pipeline_id": pipeline_id}).status == 400


def test_no_deal_enters_a_hidden_pipeline(server: Server) -> None:
    pipeline_id = added(server)
    stage_id = staged(server, pipeline_id)
    server.admin.put(f"{V1}/{pipeline_id}", {"active": 0})
    assert server.admin.post("/api/v2/deals", {"title": "x", "stage_id": stage_id}).status == 400


def test_no_stage_is_added_to_a_hidden_pipeline(server: Server) -> None:
    pipeline_id = added(server, active=0)
    assert server.admin.post("/api/v2/stages", {"name": "x", "pipeline_id": pipeline_id}).status == 400


def test_a_pipeline_made_over_the_wire_has_no_stages(server: Server) -> None:
    assert server.admin.get("/api/v2/stages", pipeline_id=added(server)).data == []


def test_a_deal_cannot_enter_a_pipeline_without_stages(server: Server) -> None:
    reply = server.admin.post("/api/v2/deals", {"title": "x", "pipeline_id": added(server)})
    assert (reply.status, reply.body["error"].split(": ")[:2]) == (400, ["Validation failed", "pipeline_id"])


# ------------------------------------------------------------------------------------------------------- permission


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", V1),
        ("PUT", f"{V1}/1"),
        ("DELETE", f"{V1}/1"),
        ("POST", V2),
        ("PATCH", f"{V2}/1"),
        ("DELETE", f"{V2}/1"),
    ],
)
def test_only_admins_write(server: Server, method: str, path: str) -> None:
    reply = server.seller.call(method, path, {"name": "Mine"})
    assert (reply.status, reply.body) == (
        403,
        {
            "success": False,
            "error": "You do not have permissions to do this.",
            "error_info": "Please check developers.pipedrive.com",
            "data": None,
            "additional_data": None,
        },
    )


@pytest.mark.parametrize("path", [V1, V2, f"{V1}/1", f"{V2}/1", "/v1/nothing", "/api/v2/nothing"])
def test_without_a_token_everything_is_401(server: Server, path: str) -> None:
    reply = server.stranger.get(path)
    assert (reply.status, reply.body, reply.headers["x-401-by-gw"]) == (
        401,
        {
            "success": False,
            "error": "unauthorized access",
            "errorCode": 401,
            "error_info": "Please check developers.pipedrive.com",
        },
        "true",
    )


@pytest.mark.parametrize("path", ["/v1/nothing", "/api/v1/nothing", "/api/v2/nothing", "/api/v2/pipelines/1/nothing"])
def test_an_unknown_path_is_not_found(server: Server, path: str) -> None:
    reply = server.admin.get(path)
    assert (reply.status, reply.body["error"]) == (404, "Not found")


@pytest.mark.parametrize(("method", "path"), [("PUT", f"{V2}/1"), ("PATCH", f"{V1}/1"), ("DELETE", V2)])
def test_a_method_of_the_other_version_is_not_allowed(server: Server, method: str, path: str) -> None:
    assert server.admin.call(method, path).status == 405


def test_v2_lives_under_api_only(server: Server) -> None:
    """What has no such prefix is Sell's, which does not know this header."""
    assert server.admin.get("/v2/pipelines").body["errors"][0]["error"]["code"] == "unauthorized"


def test_companies_do_not_see_each_other(server: Server) -> None:
    pipeline_id = added(server)
    assert server.other.get(f"{V2}/{pipeline_id}").status == 404


# --------------------------------------------------------------------------------------------------------- summary


@pytest.mark.parametrize("path", [V1, V2])
def test_the_summary_adds_up_stages_and_currencies(server: Server, path: str) -> None:
    server.admin.patch("/api/v2/stages/1", {"deal_probability": 50})
    dealt(server, value=400, currency="EUR"), dealt(server, value=500, currency="EUR")
    dealt(server, value=10.5, currency="USD", stage_id=2)
    assert server.seller.get(f"{path}/1").data["deals_summary"] == {
        "per_stages": {
            "1": {
                "EUR": {
                    "count": 2,
                    "value": 900,
                    "value_formatted": "€900",
                    "weighted_value": 450,
                    "weighted_value_formatted": "€450",
                }
            },
            "2": {
                "USD": {
                    "count": 1,
                    "value": 10.5,
                    "value_formatted": "US$10.50",
                    "weighted_value": 10.5,
                    "weighted_value_formatted": "US$10.50",
                }
            },
        },
        "per_currency": {"EUR": 2, "USD": 1},
        "per_currency_full": {"EUR": {"count": 2, "value": 900}, "USD": {"count": 1, "value": 10.5}},
        "total_count": 3,
    }


@pytest.mark.parametrize(
    "change", [{"status": "won"}, {"status": "lost"}, {"is_archived": True}, {"pipeline_id": 2}], ids=str
)
def test_a_deal_that_leaves_leaves_the_summary(server: Server, change: dict[str, Any]) -> None:
    staged(server, added(server))
    deal_id = dealt(server, value=400)
    server.admin.patch(f"/api/v2/deals/{deal_id}", change)
    assert server.admin.get(f"{V2}/1").data["deals_summary"] == NO_DEALS


def test_a_deleted_deal_leaves_the_summary(server: Server) -> None:
    server.admin.delete(f"/api/v2/deals/{dealt(server, value=400)}")
    assert server.admin.get(f"{V2}/1").data["deals_summary"] == NO_DEALS


@pytest.mark.parametrize("change", [{"status": "open"}, {"is_archived": False}], ids=str)
def test_a_deal_that_returns_returns_to_the_summary(server: Server, change: dict[str, Any]) -> None:
    left: dict[str, Any] = {"status": "won"} if "status" in change else {"is_archived": True}
    deal_id = dealt(server, value=400, **left)
    server.admin.patch(f"/api/v2/deals/{deal_id}", change)
    assert server.admin.get(f"{V2}/1").data["deals_summary"]["per_currency_full"] == {"EUR": {"count": 1, "value": 400}}


@pytest.mark.parametrize(("enabled", "weighted"), [(True, 100), (False, 400)])
def test_a_deals_own_probability_weighs_where_the_pipeline_says_so(
    server: Server, enabled: bool, weighted: int
) -> None:
    dealt(server, value=400, probability=25)
    server.admin.patch(f"{V2}/1", {"is_deal_probability_enabled": enabled})
    summary = server.admin.get(f"{V2}/1").data["deals_summary"]
    assert summary["per_stages"]["1"]["EUR"]["weighted_value"] == weighted


def test_weighted_values_follow_the_stage(server: Server) -> None:
    dealt(server, value=400)
    server.admin.patch("/api/v2/stages/1", {"deal_probability": 10})
    assert server.admin.get(f"{V2}/1").data["deals_summary"]["per_stages"]["1"]["EUR"]["weighted_value"] == 40


def test_weighted_values_are_rounded_half_up_to_the_currency(server: Server) -> None:
    server.admin.patch("/api/v2/stages/1", {"deal_probability": 50})
    dealt(server, value=1001, currency="JPY")
    assert server.admin.get(f"{V2}/1").data["deals_summary"]["per_stages"]["1"]["JPY"]["weighted_value"] == 501


def test_hidden_deals_of_others_are_not_summed(server: Server) -> None:
    dealt(server, value=400, visible_to=1)
    assert server.seller.get(f"{V2}/1").data["deals_summary"] == NO_DEALS


def test_the_summary_of_one_who_sees_only_their_own_has_only_those(server: Server) -> None:
    dealt(server, value=400)
    server.restricted.post("/api/v2/deals", {"title": "Mine", "value": 7})
    summary = server.restricted.get(f"{V2}/1").data["deals_summary"]
    assert summary["per_currency_full"] == {"EUR": {"count": 1, "value": 7}}


def test_followed_deals_are_summed_for_their_followers(server: Server) -> None:
    deal_id = dealt(server, value=400, visible_to=1)
    server.admin.post(f"/api/v2/deals/{deal_id}/followers", {"user_id": server.restricted.user_id})
    assert server.restricted.get(f"{V2}/1").data["deals_summary"]["total_count"] == 1


def test_v1_converts_to_the_callers_currency(server: Server) -> None:
    dealt(server, value=400)
    summary = server.admin.get(f"{V1}/1", totals_convert_currency="default_currency").data["deals_summary"]
    assert summary["per_stages_converted"] == {
        "1": {
            "count": 1,
            "value": 400,
            "value_formatted": "€400",
            "weighted_value": 400,
            "weighted_value_formatted": "€400",
        }
    }


def test_currencies_without_a_rate_are_left_out_of_converted_totals(server: Server) -> None:
    dealt(server, value=400), dealt(server, value=9, currency="XPF")
    summary = server.admin.get(f"{V1}/1", totals_convert_currency="EUR").data["deals_summary"]
    assert summary["per_stages_converted"]["1"]["count"] == 1


def test_v1_refuses_an_unknown_currency(server: Server) -> None:
    assert server.admin.get(f"{V1}/1", totals_convert_currency="XXY").status == 400


def test_v2_converts_nothing(server: Server) -> None:
    reply = server.admin.get(f"{V2}/1", totals_convert_currency="EUR")
    assert "per_stages_converted" not in reply.data["deals_summary"]
