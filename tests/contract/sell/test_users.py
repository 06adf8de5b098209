"""Users and the account of Sell (contract 2.6, 2.7)."""

import pytest

from dealflow.actions.companies import token_hash
from dealflow.storage import counters, users
from dealflow.storage.users import Token
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.server import Json, Response

NOON = "2026-05-01T12:00:00Z"
SECRET = "5e11" * 16


def names(reply: Response) -> list[str]:
    return [each["name"] for each in items(reply)]


def granted(server: Server, scopes: str) -> SellClient:
    """A program that may act for the admin within these scopes."""
    secret = f"{SECRET}{server.company.company_id}{scopes.replace(' ', '')}"
    with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
        token = Token(
            id=counters.next_id(tx, "token"),
            user_id=tx.user_id,
            kind="sell",
            hash=token_hash(secret),
            last4=secret[-4:],
            scopes=scopes,
            created_at=tx.now,
            revoked_at=None,
        )
        users.add_token(tx, token)
    return SellClient(server.served, secret)


def test_a_user_has_the_attributes_of_the_contract(sell: SellClient) -> None:
    reply = sell.get("/v2/users/self")
    assert (reply.status, reply.body) == (
        200,
        {
            "data": {
                "id": sell.user_id,
                "name": "Ann Admin",
                "email": "ann@example.com",
                "status": "active",
                "invited": True,
                "confirmed": True,
                "role": "admin",
                "roles": [],
                "team_name": None,
                "group": None,
                "reports_to": None,
                "timezone": "UTC+03:00",
                "phone_number": None,
                "created_at": NOON,
                "updated_at": NOON,
                "deleted_at": None,
                "zendesk_user_id": None,
                "identity_type": "person",
            },
            "meta": {"type": "user"},
        },
    )


def test_the_time_zone_is_as_it_is_now(sell: SellClient, clock: Clock) -> None:
    clock.advance(days=240)
    assert sell.get("/v2/users/self").data["timezone"] == "UTC+02:00"


def test_a_user_is_read_by_id(people: SellPeople) -> None:
    found = people.admin.get(f"/v2/users/{people.seller.user_id}")
    assert (found.status, found.data["name"], found.data["role"]) == (200, "Sam Seller", "user")
    assert found.body == people.seller.get("/v2/users/self").body


def test_a_user_who_is_not_there_is_missing(sell: SellClient) -> None:
    reply = sell.get("/v2/users/987")
    assert (reply.status, codes(reply)) == (404, [(None, "not_found")])
    assert reply.body["errors"][0]["error"]["resource"] == "user"


def test_users_of_another_company_are_not_listed(sell: SellClient, other: SellClient) -> None:
    assert other.get("/v2/users/self").data["name"] == "Ann Admin"
    assert len(items(sell.get("/v2/users"))) == 3


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        (None, ["Ann", "Sam", "Rita"]),
        ("id:desc", ["Rita", "Sam", "Ann"]),
        ("name", ["Ann", "Rita", "Sam"]),
        ("created_at:desc,name:desc", ["Sam", "Rita", "Ann"]),
        ("updated_at:desc", ["Rita", "Ann", "Sam"]),
    ],
)
def test_a_list_is_sorted_as_asked(
    sort_by: str | None, expected: list[str], sell: SellClient, server: Server, clock: Clock
) -> None:
    clock.advance(seconds=60)
    server.admin.put(f"/v1/users/{server.restricted.user_id}", {"active_flag": False})
    asked = {} if sort_by is None else {"sort_by": sort_by}
    assert [name.partition(" ")[0] for name in names(sell.get("/v2/users", **asked))] == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"role": "admin"}, ["Ann Admin"]),
        ({"role": "user"}, ["Sam Seller", "Rita Restricted"]),
        ({"name": "Sam Seller"}, ["Sam Seller"]),
        ({"name": "sam seller"}, []),
        ({"email": "SAM@example.com"}, ["Sam Seller"]),
        ({"email": "sam"}, []),
        ({"status": "active"}, ["Ann Admin", "Sam Seller"]),
        ({"status": "inactive"}, ["Rita Restricted"]),
        ({"confirmed": "True", "role": "admin"}, ["Ann Admin"]),
        ({"confirmed": "false"}, []),
        ({"zendesk_user_ids": "1,2"}, []),
    ],
)
def test_filters_leave_what_they_name(asked: Json, expected: list[str], sell: SellClient, server: Server) -> None:
    server.admin.put(f"/v1/users/{server.restricted.user_id}", {"active_flag": False})
    assert names(sell.get("/v2/users", **asked)) == expected


def test_a_list_may_be_cut_to_ids(people: SellPeople) -> None:
    found = people.admin.get("/v2/users", ids=f"{people.restricted.user_id},{people.admin.user_id},987")
    assert [each["id"] for each in items(found)] == [people.admin.user_id, people.restricted.user_id]


def test_a_list_comes_in_pages(sell: SellClient) -> None:
    reply = sell.get("/v2/users", per_page=2)
    assert (names(reply), "next_page" in reply.body["meta"]["links"]) == (["Ann Admin", "Sam Seller"], True)


@pytest.mark.parametrize(
    "asked",
    [
        {"colour": "red"},
        {"role": "owner"},
        {"status": "asleep"},
        {"confirmed": "maybe"},
        {"zendesk_user_ids": "one"},
        {"sort_by": "email"},
        {"per_page": 101},
    ],
)
def test_what_a_list_does_not_know_is_refused(asked: Json, sell: SellClient) -> None:
    reply = sell.get("/v2/users", **asked)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


def test_who_asks_for_themselves_gives_no_parameters(sell: SellClient) -> None:
    paths = ("/v2/users/self", f"/v2/users/{sell.user_id}", "/v2/accounts/self")
    assert [codes(sell.get(path, unknown="param")) for path in paths] == [[(None, "invalid_param")]] * 3


def test_an_account_has_the_attributes_of_the_contract(sell: SellClient, server: Server) -> None:
    company_id = server.company.company_id
    assert sell.get("/v2/accounts/self").body == {
        "data": {
            "id": company_id,
            "name": f"Acme {company_id}",
            "currency": "EUR",
            "time_format": "24H",
            "timezone": "UTC+03:00",
            "phone": None,
            "subdomain": f"acme-{company_id}",
            "created_at": NOON,
            "updated_at": NOON,
        },
        "meta": {"type": "account"},
    }


@pytest.mark.parametrize("path", ["/v2/users", "/v2/users/self", "/v2/users/1", "/v2/accounts/self"])
def test_users_and_account_need_a_scope_of_their_own(path: str, server: Server) -> None:
    reading, profile = granted(server, "read write sync"), granted(server, "profile")
    refused = reading.get(path)
    assert (refused.status, codes(refused)) == (403, [(None, "insufficient_scope")])
    assert profile.get(path).status == 200


@pytest.mark.parametrize(("path", "status"), [("/v2/users", 405), ("/v2/users/self", 405), ("/v2/accounts", 404)])
def test_users_and_account_are_read_only(path: str, status: int, sell: SellClient) -> None:
    assert sell.post(path, {"name": "New"}).status == status
