"""Contract 2.5, 2.6, 3.4, and the deals of a stage (2.4)."""

from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server

V1, V2 = "/v1/stages", "/api/v2/stages"
SEEDED = ["Qualified", "Contact Made", "Demo Scheduled", "Proposal Made", "Negotiations Started"]
NO_DEALS = {"per_stages": {}, "per_currency": {}, "per_currency_full": {}, "total_count": 0}


def pipeline(server: Server) -> int:
    """The id of a new pipeline."""
    made: int = server.admin.post("/api/v2/pipelines", {"name": "Renewals"}).data["id"]
    return made


def staged(server: Server, pipeline_id: int = 1, **body: Any) -> int:
    """The id of a new stage."""
    made: int = server.admin.post(V2, {"name": "Signing", "pipeline_id": pipeline_id, **body}).data["id"]
    return made


def dealt(server: Server, **body: Any) -> int:
    """The id of a new deal of the admin."""
    made: int = server.admin.post("/api/v2/deals", {"title": "Roll-out", **body}).data["id"]
    return made


def order(server: Server, pipeline_id: int = 1) -> list[tuple[int, int]]:
    found = server.admin.get(V2, pipeline_id=pipeline_id, sort_by="order_nr").data
    return [(each["id"], each["order_nr"]) for each in found]


# ------------------------------------------------------------------------------------------------------------ shape


def test_a_new_account_has_five_stages(server: Server) -> None:
    assert [each["name"] for each in server.seller.get(V2).data] == SEEDED


def test_v2_shows_a_stage(server: Server) -> None:
    assert server.seller.get(f"{V2}/1").body == {
        "success": True,
        "data": {
            "id": 1,
            "order_nr": 1,
            "name": "Qualified",
            "is_deleted": False,
            "deal_probability": 100,
            "pipeline_id": 1,
            "is_deal_rot_enabled": False,
            "days_to_rotten": None,
            "add_time": "2026-05-01T12:00:00Z",
            "update_time": None,
        },
    }


def test_v2_answers_an_addition_with_200_and_the_stage(server: Server) -> None:
    body = {
        "name": "Signing",
        "pipeline_id": 1,
        "deal_probability": 20,
        "is_deal_rot_enabled": True,
        "days_to_rotten": 14,
    }
    reply = server.admin.post(V2, body)
    assert (reply.status, reply.data) == (
        200,
        {
            **body,
            "id": reply.data["id"],
            "order_nr": 6,
            "is_deleted": False,
            "add_time": "2026-05-01T12:00:00Z",
            "update_time": "2026-05-01T12:00:00Z",
        },
    )


def test_v1_shows_a_stage_with_its_summary(server: Server) -> None:
    assert server.seller.get(f"{V1}/1").body == {
        "success": True,
        "data": {
            "id": 1,
            "order_nr": 1,
            "name": "Qualified",
            "active_flag": True,
            "deal_probability": 100,
            "pipeline_id": 1,
            "rotten_flag": False,
            "rotten_days": None,
            "add_time": "2026-05-01 12:00:00",
            "update_time": None,
            "deals_summary": NO_DEALS,
        },
    }


def test_v1_lists_name_the_pipeline(server: Server) -> None:
    first = server.seller.get(V1).data[0]
    assert (first["pipeline_name"], first["pipeline_deal_probability"]) == ("Pipeline", False)


def test_v1_additions_answer_200_without_the_pipelines_name(server: Server) -> None:
    reply = server.admin.post(V1, {"name": "Signing", "pipeline_id": 1})
    assert (reply.status, "pipeline_name" in reply.data) == (200, False)


def test_v1_takes_numbers_and_flags_as_text(server: Server) -> None:
    body = {"name": "Signing", "pipeline_id": "1", "deal_probability": "20", "rotten_flag": "1", "rotten_days": "9"}
    data = server.admin.post(V1, body).data
    assert (data["deal_probability"], data["rotten_flag"], data["rotten_days"]) == (20, True, 9)


def test_v1_takes_a_form(server: Server) -> None:
    reply = server.admin.call("POST", V1, form={"name": "Signing", "pipeline_id": "1", "rotten_flag": "true"})
    assert (reply.data["name"], reply.data["rotten_flag"]) == ("Signing", True)


def test_both_versions_show_the_same_stage(server: Server) -> None:
    stage_id = staged(server, deal_probability=35, is_deal_rot_enabled=True, days_to_rotten=3)
    data = server.admin.get(f"{V1}/{stage_id}").data
    assert (data["deal_probability"], data["rotten_flag"], data["rotten_days"]) == (35, True, 3)


@pytest.mark.parametrize("path", [V1, V2])
def test_a_deletion_answers_with_the_id(server: Server, path: str) -> None:
    assert server.admin.delete(f"{path}/3").body == {"success": True, "data": {"id": 3}}


# ------------------------------------------------------------------------------------------------------- validation


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": None}, "name"),
        ({"name": 1}, "name"),
        ({"pipeline_id": None}, "pipeline_id"),
        ({"pipeline_id": 99}, "pipeline_id"),
        ({"pipeline_id": "1"}, "pipeline_id"),
        ({"pipeline_id": 0}, "pipeline_id"),
        ({"deal_probability": -1}, "deal_probability"),
        ({"deal_probability": 101}, "deal_probability"),
        ({"deal_probability": 50.5}, "deal_probability"),
        ({"deal_probability": "50"}, "deal_probability"),
        ({"deal_probability": None}, "deal_probability"),
        ({"is_deal_rot_enabled": 1}, "is_deal_rot_enabled"),
        ({"days_to_rotten": 0}, "days_to_rotten"),
        ({"days_to_rotten": -3}, "days_to_rotten"),
        ({"days_to_rotten": 1.5}, "days_to_rotten"),
    ],
)
def test_v2_names_the_field_it_refuses(server: Server, change: dict[str, Any], field: str) -> None:
    reply = server.admin.post(V2, {"name": "Signing", "pipeline_id": 1, **change})
    assert (reply.status, reply.body["code"], reply.body["error"].split(": ")[:2]) == (
        400,
        "ERR_SCHEMA_VALIDATION_FAILED",
        ["Validation failed", field],
    )


@pytest.mark.parametrize("missing", ["name", "pipeline_id"])
def test_v2_wants_a_name_and_a_pipeline(server: Server, missing: str) -> None:
    other = {"name": "pipeline_id", "pipeline_id": "name"}[missing]
    reply = server.admin.post(V2, {other: {"name": "Signing", "pipeline_id": 1}[other]})
    assert reply.body["error"] == f"Validation failed: {missing}: is required"


@pytest.mark.parametrize(
    "change",
    [
        {"pipeline_id": 99},
        {"pipeline_id": "x"},
        {"pipeline_id": None},
        {"deal_probability": 101},
        {"deal_probability": -1},
        {"deal_probability": "x"},
        {"rotten_days": 0},
        {"rotten_flag": "maybe"},
    ],
    ids=str,
)
def test_v1_refuses_what_v2_refuses(server: Server, change: dict[str, Any]) -> None:
    reply = server.admin.post(V1, {"name": "Signing", "pipeline_id": 1, **change})
    assert (reply.status, reply.body["error"]) == (400, "Bad request")


def test_v1_wants_a_name(server: Server) -> None:
    assert server.admin.post(V1, {"pipeline_id": 1}).body["error"] == "Name must be given."


@pytest.mark.parametrize("path", [V1, V2])
def test_a_change_is_checked_like_an_addition(server: Server, path: str) -> None:
    method = {V1: "PUT", V2: "PATCH"}[path]
    assert server.admin.call(method, f"{path}/1", {"deal_probability": 101}).status == 400


@pytest.mark.parametrize(
    ("method", "path"), [("GET", V1), ("PUT", V1), ("DELETE", V1), ("GET", V2), ("PATCH", V2), ("DELETE", V2)]
)
def test_nobody_knows_no_such_stage(server: Server, method: str, path: str) -> None:
    reply = server.admin.call(method, f"{path}/99", {"name": "x"})
    assert (reply.status, reply.body["error"]) == (404, "Stage not found")


@pytest.mark.parametrize("path", [V1, V2])
def test_the_places_of_outcomes_are_no_stages(server: Server, path: str) -> None:
    assert [server.admin.get(f"{path}/{stage_id}").status for stage_id in (6, 7, 8)] == [404, 404, 404]


@pytest.mark.parametrize(("method", "path"), [("PUT", f"{V1}/1"), ("PATCH", f"{V2}/1")])
def test_an_empty_change_changes_nothing(server: Server, method: str, path: str) -> None:
    reply = server.admin.call(method, path, {})
    assert (reply.status, reply.data["update_time"]) == (200, None)


def test_null_clears_the_days_of_rotting(server: Server) -> None:
    stage_id = staged(server, days_to_rotten=5)
    assert server.admin.patch(f"{V2}/{stage_id}", {"days_to_rotten": None}).data["days_to_rotten"] is None


def test_switching_rotting_off_keeps_the_number(server: Server) -> None:
    stage_id = staged(server, is_deal_rot_enabled=True, days_to_rotten=5)
    assert server.admin.patch(f"{V2}/{stage_id}", {"is_deal_rot_enabled": False}).data["days_to_rotten"] == 5


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", V1),
        ("PUT", f"{V1}/1"),
        ("DELETE", f"{V1}/1"),
        ("DELETE", f"{V1}?ids=1"),
        ("POST", V2),
        ("PATCH", f"{V2}/1"),
        ("DELETE", f"{V2}/1"),
    ],
)
def test_only_admins_write(server: Server, method: str, path: str) -> None:
    assert server.seller.call(method, path, {"name": "Mine", "pipeline_id": 1}).status == 403


# ------------------------------------------------------------------------------------------------------------ lists


def test_v2_lists_the_stages_of_a_pipeline(server: Server) -> None:
    pipeline_id = pipeline(server)
    stage_id = staged(server, pipeline_id)
    assert [each["id"] for each in server.admin.get(V2, pipeline_id=pipeline_id).data] == [stage_id]


@pytest.mark.parametrize(("path", "empty"), [(V1, None), (V2, [])])
def test_an_unknown_pipeline_has_no_stages(server: Server, path: str, empty: Any) -> None:
    reply = server.admin.get(path, pipeline_id=99)
    assert (reply.status, reply.data) == (200, empty)


@pytest.mark.parametrize(("path", "empty"), [(V1, None), (V2, [])])
def test_a_hidden_pipeline_lists_no_stages(server: Server, path: str, empty: Any) -> None:
    pipeline_id = pipeline(server)
    staged(server, pipeline_id)
    server.admin.put(f"/v1/pipelines/{pipeline_id}", {"active": 0})
    assert server.admin.get(path, pipeline_id=pipeline_id).data == empty


@pytest.mark.parametrize("sort_by", ["id", "update_time", "add_time", "order_nr"])
def test_v2_stages_sort_either_way(server: Server, sort_by: str) -> None:
    up = server.admin.get(V2, sort_by=sort_by).data
    assert server.admin.get(V2, sort_by=sort_by, sort_direction="desc").data == up[::-1]


def test_v2_pages_by_order_without_gaps(server: Server) -> None:
    staged(server, pipeline(server))
    first = server.admin.get(V2, sort_by="order_nr", limit=1)
    cursor = first.body["additional_data"]["next_cursor"]
    rest = server.admin.get(V2, sort_by="order_nr", cursor=cursor).data
    assert sorted(each["id"] for each in first.data + rest) == [1, 2, 3, 4, 5, 12]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"sort_by": "name"}, {"pipeline_id": "x"}], ids=str)
def test_v2_refuses_bad_parameters(server: Server, query: dict[str, Any]) -> None:
    assert server.admin.get(V2, **query).status == 400


def test_v1_lists_all_without_paging(server: Server) -> None:
    assert "additional_data" not in server.admin.get(V1, pipeline_id=1).body


@pytest.mark.parametrize("query", [{"start": 1, "limit": 2}, {"pipeline_id": 1, "start": 1, "limit": 2}], ids=str)
def test_v1_pages_when_asked(server: Server, query: dict[str, int]) -> None:
    reply = server.admin.get(V1, **query)
    assert ([each["id"] for each in reply.data], reply.body["additional_data"]) == (
        [2, 3],
        {"pagination": {"start": 1, "limit": 2, "more_items_in_collection": True, "next_start": 3}},
    )


def test_v1_says_so_on_the_last_page(server: Server) -> None:
    assert server.admin.get(V1, start=0).body["additional_data"] == {
        "pagination": {"start": 0, "limit": 100, "more_items_in_collection": False}
    }


@pytest.mark.parametrize(("limit", "count"), [(0, 1), (-3, 1), (1, 1), (501, 5)])
def test_v1_clamps_the_limit(server: Server, limit: int, count: int) -> None:
    assert len(server.admin.get(V1, limit=limit).data) == count


def test_v1_sorts_by_pipeline_and_order(server: Server) -> None:
    other = staged(server, pipeline(server))
    server.admin.put(f"{V1}/5", {"order_nr": 1})
    assert [each["id"] for each in server.admin.get(V1).data] == [5, 1, 2, 3, 4, other]


@pytest.mark.parametrize("path", [V1, V2])
def test_lists_skip_deleted_stages(server: Server, path: str) -> None:
    server.admin.delete(f"{V2}/3")
    assert [each["id"] for each in server.admin.get(path).data] == [1, 2, 4, 5]


# ------------------------------------------------------------------------------------------------------------ order


def test_a_new_stage_goes_last(server: Server) -> None:
    stage_id = staged(server)
    assert order(server)[-1] == (stage_id, 6)


def test_many_stages_are_numbered_without_a_gap(server: Server) -> None:
    staged(server), staged(server), staged(server), staged(server)
    assert [place for _, place in order(server)] == [1, 2, 3, 4, 5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("place", "ids"),
    [(0, [3, 1, 2, 4, 5]), (1, [3, 1, 2, 4, 5]), (3, [1, 2, 3, 4, 5]), (5, [1, 2, 4, 5, 3]), (99, [1, 2, 4, 5, 3])],
)
def test_v1_moves_a_stage_to_its_place(server: Server, place: int, ids: list[int]) -> None:
    server.admin.put(f"{V1}/3", {"order_nr": place})
    assert order(server) == list(zip(ids, [1, 2, 3, 4, 5], strict=True))


def test_v2_does_not_order_stages(server: Server) -> None:
    assert server.admin.patch(f"{V2}/3", {"order_nr": 1}).data["order_nr"] == 3


def test_stages_that_make_way_keep_their_update_time(server: Server) -> None:
    server.admin.put(f"{V1}/3", {"order_nr": 1})
    assert [each["update_time"] for each in server.admin.get(V2).data] == [
        None,
        None,
        "2026-05-01T12:00:00Z",
        None,
        None,
    ]


def test_a_deletion_closes_the_gap(server: Server) -> None:
    server.admin.delete(f"{V2}/2")
    assert order(server) == [(1, 1), (3, 2), (4, 3), (5, 4)]


def test_deals_enter_by_the_stage_that_comes_first(server: Server) -> None:
    server.admin.put(f"{V1}/4", {"order_nr": 1})
    deal_id = dealt(server)
    assert server.admin.get(f"/api/v2/deals/{deal_id}").data["stage_id"] == 4


# --------------------------------------------------------------------------------------------------------- deletion


def test_v2_reads_a_deleted_stage(server: Server) -> None:
    server.admin.delete(f"{V2}/3")
    reply = server.admin.get(f"{V2}/3")
    assert (reply.status, reply.data["is_deleted"]) == (200, True)


def test_v1_does_not_read_a_deleted_stage(server: Server) -> None:
    server.admin.delete(f"{V1}/3")
    reply = server.admin.get(f"{V1}/3")
    assert (reply.status, reply.body["error"]) == (404, "Stage not found")


@pytest.mark.parametrize(("method", "path"), [("PUT", V1), ("DELETE", V1), ("PATCH", V2), ("DELETE", V2)])
def test_a_deleted_stage_takes_no_changes(server: Server, method: str, path: str) -> None:
    server.admin.delete(f"{V2}/3")
    assert server.admin.call(method, f"{path}/3", {"name": "Again"}).status == 404


def test_deals_keep_a_deleted_stage(server: Server) -> None:
    deal_id = dealt(server, stage_id=3)
    server.admin.delete(f"{V2}/3")
    assert server.admin.get(f"/api/v2/deals/{deal_id}").data["stage_id"] == 3


def test_deals_of_a_deleted_stage_are_listed(server: Server) -> None:
    deal_id = dealt(server, stage_id=3)
    server.admin.delete(f"{V2}/3")
    assert [each["id"] for each in server.admin.get(f"{V1}/3/deals").data] == [deal_id]


def test_deals_of_a_deleted_stage_are_summed(server: Server) -> None:
    dealt(server, stage_id=3, value=7)
    server.admin.delete(f"{V2}/3")
    summary = server.admin.get("/api/v2/pipelines/1").data["deals_summary"]
    assert list(summary["per_stages"]) == ["3"]


@pytest.mark.parametrize("stage_id", [3, 6, 99])
def test_no_deal_moves_into_a_stage_that_is_not_there(server: Server, stage_id: int) -> None:
    deal_id = dealt(server)
    server.admin.delete(f"{V2}/3")
    reply = server.admin.patch(f"/api/v2/deals/{deal_id}", {"stage_id": stage_id})
    assert (reply.status, reply.body["error"].split(": ")[:2]) == (400, ["Validation failed", "stage_id"])


def test_v1_deletes_several_at_once(server: Server) -> None:
    reply = server.admin.delete(V1, ids="4,2,4")
    assert (reply.body, order(server)) == ({"success": True, "data": {"id": [4, 2]}}, [(1, 1), (3, 2), (5, 3)])


def test_v1_deletes_all_or_none(server: Server) -> None:
    reply = server.admin.delete(V1, ids="4,99")
    assert (reply.status, len(order(server))) == (404, 5)


@pytest.mark.parametrize("query", [{}, {"ids": ""}, {"ids": ","}], ids=str)
def test_v1_wants_something_to_delete(server: Server, query: dict[str, str]) -> None:
    reply = server.admin.delete(V1, **query)
    assert (reply.status, reply.body["error"]) == (400, "Please provide at least one item to delete")


# ---------------------------------------------------------------------------------------------- to another pipeline


def test_a_stage_goes_last_in_its_new_pipeline(server: Server) -> None:
    target = pipeline(server)
    first = staged(server, target)
    server.admin.patch(f"{V2}/2", {"pipeline_id": target})
    assert order(server, target) == [(first, 1), (2, 2)]


def test_a_stage_that_leaves_closes_the_gap(server: Server) -> None:
    server.admin.patch(f"{V2}/2", {"pipeline_id": pipeline(server)})
    assert order(server) == [(1, 1), (3, 2), (4, 3), (5, 4)]


def test_a_stage_takes_its_deals_along(server: Server) -> None:
    target = pipeline(server)
    deal_id = dealt(server, stage_id=2)
    server.admin.patch(f"{V2}/2", {"pipeline_id": target})
    deal = server.admin.get(f"/api/v2/deals/{deal_id}").data
    assert (deal["pipeline_id"], deal["stage_id"]) == (target, 2)


def test_a_deal_that_went_along_is_dated_anew(server: Server) -> None:
    target = pipeline(server)
    deal_id = dealt(server, stage_id=2)
    server.home.clock.advance(seconds=60)
    server.admin.patch(f"{V2}/2", {"pipeline_id": target})
    deal = server.admin.get(f"/api/v2/deals/{deal_id}").data
    assert deal["update_time"] > deal["add_time"]


def test_closed_and_archived_deals_go_along_too(server: Server) -> None:
    target = pipeline(server)
    won, archived = dealt(server, stage_id=2, status="won"), dealt(server, stage_id=2, is_archived=True)
    server.admin.put(f"{V1}/2", {"pipeline_id": target})
    shown = [server.admin.get(f"/api/v2/deals/{deal_id}").data["pipeline_id"] for deal_id in (won, archived)]
    assert shown == [target, target]


def test_the_summaries_follow_the_stage(server: Server) -> None:
    target = pipeline(server)
    dealt(server, stage_id=2, value=7), dealt(server, stage_id=1, value=100)
    server.admin.patch(f"{V2}/2", {"pipeline_id": target})
    counted = [
        server.admin.get(f"/api/v2/pipelines/{each}").data["deals_summary"]["per_currency_full"]["EUR"]["value"]
        for each in (1, target)
    ]
    assert counted == [100, 7]


def test_a_stage_does_not_move_into_a_deleted_pipeline(server: Server) -> None:
    target = pipeline(server)
    server.admin.delete(f"/api/v2/pipelines/{target}")
    assert server.admin.patch(f"{V2}/2", {"pipeline_id": target}).status == 400


# ------------------------------------------------------------------------------------------------ summary and deals


def test_v1_sums_up_the_callers_own_deals(server: Server) -> None:
    dealt(server, value=7)
    assert server.seller.get(f"{V1}/1").data["deals_summary"] == NO_DEALS


def test_v1_sums_up_everyones_deals_on_request(server: Server) -> None:
    dealt(server, value=7)
    summary = server.seller.get(f"{V1}/1", everyone=1).data["deals_summary"]
    assert summary["per_currency_full"] == {"EUR": {"count": 1, "value": 7}}


def test_v2_stages_have_no_summary(server: Server) -> None:
    assert "deals_summary" not in server.admin.get(f"{V2}/1").data


def test_the_deals_of_a_stage_are_the_callers_open_ones(server: Server) -> None:
    mine = dealt(server)
    dealt(server, status="won"), dealt(server, stage_id=2), dealt(server, owner_id=server.seller.user_id)
    assert [each["id"] for each in server.admin.get(f"{V1}/1/deals").data] == [mine]


def test_a_stage_without_deals_answers_null(server: Server) -> None:
    assert server.admin.get(f"{V1}/1/deals").body == {
        "success": True,
        "data": None,
        "additional_data": {"pagination": {"start": 0, "limit": 100, "more_items_in_collection": False}},
    }


def test_the_deals_of_an_unknown_stage_are_not_found(server: Server) -> None:
    assert server.admin.get(f"{V1}/99/deals").body["error"] == "Stage not found"


# ---------------------------------------------------------------------------------------------------------- rotting


def test_a_deal_rots_after_the_days_of_its_stage(server: Server) -> None:
    stage_id = staged(server, is_deal_rot_enabled=True, days_to_rotten=14)
    deal_id = dealt(server, stage_id=stage_id)
    assert server.admin.get(f"/api/v2/deals/{deal_id}").data["rotten_time"] == "2026-05-15T12:00:00Z"


def test_every_update_of_a_deal_restarts_the_clock(server: Server, clock: Clock) -> None:
    deal_id = dealt(server, stage_id=staged(server, is_deal_rot_enabled=True, days_to_rotten=14))
    clock.advance(days=2)
    assert server.admin.put(f"/v1/deals/{deal_id}", {"value": 1}).data["rotten_time"] == "2026-05-17 12:00:00"


@pytest.mark.parametrize("rot", [{"is_deal_rot_enabled": True}, {"days_to_rotten": 14}], ids=str)
def test_rotting_needs_the_flag_and_the_days(server: Server, rot: dict[str, Any]) -> None:
    deal_id = dealt(server, stage_id=staged(server, **rot))
    assert server.admin.get(f"/api/v2/deals/{deal_id}").data["rotten_time"] is None


def test_closed_deals_do_not_rot(server: Server) -> None:
    stage_id = staged(server, is_deal_rot_enabled=True, days_to_rotten=14)
    deal_id = dealt(server, stage_id=stage_id, status="won")
    assert server.admin.get(f"/api/v2/deals/{deal_id}").data["rotten_time"] is None
