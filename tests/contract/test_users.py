"""Users as Pipedrive clients see them (contract 2.9)."""

import pytest

from tests.support.databases import Clock
from tests.support.people import Server

USER_KEYS = {
    "id",
    "name",
    "default_currency",
    "locale",
    "lang",
    "email",
    "phone",
    "activated",
    "last_login",
    "created",
    "modified",
    "has_created_company",
    "access",
    "active_flag",
    "timezone_name",
    "timezone_offset",
    "role_id",
    "icon_url",
    "is_you",
    "is_deleted",
}
MY_KEYS = {"company_id", "company_name", "company_domain", "company_country", "company_industry", "language"}


def test_the_list_has_everybody(server: Server) -> None:
    assert [each["id"] for each in server.seller.get("/v1/users").data] == [1, 2, 3]


def test_a_user_has_the_keys_of_the_contract(server: Server) -> None:
    assert {frozenset(each) for each in server.seller.get("/v1/users").data} == {frozenset(USER_KEYS)}


def test_the_caller_is_marked(server: Server) -> None:
    marked = [each["id"] for each in server.seller.get("/v1/users").data if each["is_you"]]
    assert marked == [server.seller.user_id]


def test_me_is_the_user_and_the_company(server: Server) -> None:
    me = server.seller.get("/v1/users/me").data
    user = server.seller.get(f"/v1/users/{server.seller.user_id}").data
    assert (me.keys() - user.keys(), {**me, **user}) == (MY_KEYS, me)


def test_me_names_the_company(server: Server) -> None:
    me = server.seller.get("/v1/users/me").data
    assert (me["company_id"], me["language"]) == (
        server.company.company_id,
        {"language_code": "en", "country_code": "US"},
    )


def test_deal_admins_have_an_admin_entry_for_sales(server: Server) -> None:
    admin, seller, _ = server.seller.get("/v1/users").data
    entries = [[each["admin"] for each in user["access"] if each["app"] == "sales"] for user in (admin, seller)]
    assert entries == [[True], [False]]


@pytest.mark.parametrize(("days", "offset"), [(0, "+03:00"), (250, "+02:00")])
def test_the_offset_is_that_of_today(server: Server, clock: Clock, days: int, offset: str) -> None:
    clock.advance(days=days)
    assert server.seller.get("/v1/users/me").data["timezone_offset"] == offset


@pytest.mark.parametrize("path", ["", "/permissions", "/followers"])
def test_an_unknown_user_is_not_found(server: Server, path: str) -> None:
    reply = server.seller.get(f"/v1/users/99{path}")
    assert (reply.status, reply.body) == (404, {"success": False, "error": "User not found or not accessible."})


def test_a_user_of_another_company_is_not_found(server: Server) -> None:
    user = server.admin.post("/v1/users", {"email": "new@example.com"}).data
    assert server.other.get(f"/v1/users/{user['id']}").status == 404


def test_find_looks_for_part_of_a_name_in_any_case(server: Server) -> None:
    server.admin.post("/v1/users", {"email": "Zoltan.Kovacs@example.com"})
    found = server.seller.get("/v1/users/find", term="KOVACS").data
    assert [each["email"] for each in found] == ["Zoltan.Kovacs@example.com"]


def test_find_looks_in_addresses_when_asked(server: Server) -> None:
    server.admin.post("/v1/users", {"email": "zoltan@elsewhere.example"})
    found = server.seller.get("/v1/users/find", term="ELSEWHERE", search_by_email=1).data
    assert [each["name"] for each in found] == ["zoltan"]


def test_find_without_a_match_is_an_empty_list(server: Server) -> None:
    assert server.seller.get("/v1/users/find", term="nobody at all").data == []


def test_find_needs_a_term(server: Server) -> None:
    assert server.seller.get("/v1/users/find").status == 400


def test_a_user_is_added_by_address(server: Server) -> None:
    user = server.admin.post("/v1/users", {"email": "kim@example.com"}).data
    assert (user["name"], user["email"], user["active_flag"], user["access"][0]["admin"]) == (
        "kim",
        "kim@example.com",
        True,
        False,
    )


def test_an_addition_shows_no_token(server: Server) -> None:
    reply = server.admin.post("/v1/users", {"email": "kim@example.com"})
    assert (reply.status, set(reply.data)) == (200, USER_KEYS)


def test_an_admin_of_sales_is_added_as_admin(server: Server) -> None:
    body = {"email": "kim@example.com", "access": [{"app": "sales", "admin": True}], "active_flag": False}
    user = server.admin.post("/v1/users", body).data
    assert (user["access"][0]["admin"], user["active_flag"]) == (True, False)


@pytest.mark.parametrize("body", [{}, {"email": "kim"}, {"email": "@"}, {"email": f"{'k' * 300}@example.com"}])
def test_an_address_must_be_one(server: Server, body: dict[str, str]) -> None:
    assert server.admin.post("/v1/users", body).status == 400


def test_an_address_is_used_once(server: Server) -> None:
    server.admin.post("/v1/users", {"email": "kim@example.com"})
    assert server.admin.post("/v1/users", {"email": "KIM@example.com"}).status == 400


def test_a_deactivated_user_is_kept_out(server: Server) -> None:
    user = server.admin.put(f"/v1/users/{server.seller.user_id}", {"active_flag": False}).data
    assert (user["active_flag"], server.seller.get("/v1/users/me").status) == (False, 401)


def test_a_user_comes_back_with_the_same_token(server: Server) -> None:
    server.admin.put(f"/v1/users/{server.seller.user_id}", {"active_flag": "0"})
    server.admin.put(f"/v1/users/{server.seller.user_id}", {"active_flag": "1"})
    assert server.seller.get("/v1/users/me").status == 200


def test_the_last_admin_stays(server: Server) -> None:
    assert server.admin.put(f"/v1/users/{server.admin.user_id}", {"active_flag": False}).status == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/v1/users", {"email": "kim@example.com"}), ("PUT", "/v1/users/1", {"active_flag": False})],
)
def test_only_admins_write_users(server: Server, method: str, path: str, body: dict[str, object]) -> None:
    assert server.seller.call(method, path, body).status == 403


def test_permissions_are_booleans(server: Server) -> None:
    permissions = server.seller.get("/v1/users/1/permissions").data
    assert {type(each) for each in permissions.values()} == {bool}


@pytest.mark.parametrize(("who", "sees"), [("admin", True), ("seller", True), ("restricted", False)])
def test_permissions_say_who_sees_the_statistics_of_others(server: Server, who: str, sees: bool) -> None:
    user_id = getattr(server, who).user_id
    permissions = server.admin.get(f"/v1/users/{user_id}/permissions").data
    assert permissions["can_see_other_users_statistics"] is sees


def test_nobody_follows_a_user(server: Server) -> None:
    assert server.seller.get("/v1/users/1/followers").data == []


def test_user_settings_have_the_keys_of_the_contract(server: Server) -> None:
    assert set(server.seller.get("/v1/userSettings").data) == {
        "marketplace_team",
        "list_limit",
        "beta_app",
        "prevent_salesphone_callto_override",
        "file_upload_destination",
        "callto_link_syntax",
        "autofill_deal_expected_close_date",
        "person_duplicate_condition",
    }
