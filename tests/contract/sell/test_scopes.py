"""A token opens what it was granted for, and nothing else (contract 1.2)."""

from collections.abc import Mapping
from typing import Final

import pytest

from dealflow.wire import Route
from tests.support.databases import Home
from tests.support.oauth import granted
from tests.support.people import Server
from tests.support.sell import SellClient, codes
from tests.support.sell_routes import DEVICE, ROUTES, name_of
from tests.support.server import Response

SCOPES: Final = ("read", "write", "profile", "sync")


@pytest.fixture(scope="session")
def met() -> dict[str, Mapping[str, SellClient]]:
    return {}


@pytest.fixture
def by_scope(database: Home, met: dict[str, Mapping[str, SellClient]]) -> Mapping[str, SellClient]:
    """One client for each scope, the same in all tests of a database."""
    if database.name not in met:
        server = Server(database)
        met[database.name] = {scope: granted(server, scope) for scope in SCOPES}
    return met[database.name]


def knock(route: Route, client: SellClient) -> Response:
    """A call that does nothing even where the scope is there: its query is wrong."""
    path = route.dialect.prefixes[0] + "/".join("1" if part[:1] == "{" else part for part in route.path.split("/"))
    return client.call(route.method, path, query={"zebra": "1"}, headers=DEVICE)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_route_opens_to_its_scopes_alone(route: Route, scope: str, by_scope: Mapping[str, SellClient]) -> None:
    answer = knock(route, by_scope[scope])
    expected = (400, "invalid_param") if scope in route.scopes else (403, "insufficient_scope")
    assert (answer.status, codes(answer)[0][1]) == expected


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_every_route_has_a_scope(route: Route) -> None:
    assert set(route.scopes) & set(SCOPES)
    assert set(route.scopes) <= set(SCOPES)


@pytest.mark.parametrize(
    ("method", "path", "attributes", "scope"),
    [
        ("GET", "/v2/pipelines", None, "read"),
        ("GET", "/v2/deals", None, "read"),
        ("GET", "/v2/deals/1", None, "read"),
        ("POST", "/v2/loss_reasons", {"name": "Too late"}, "write"),
        ("PUT", "/v2/loss_reasons/1", {"name": "Too late"}, "write"),
        ("DELETE", "/v2/loss_reasons/1", None, "write"),
        ("GET", "/v2/users", None, "profile"),
        ("GET", "/v2/users/self", None, "profile"),
        ("GET", "/v2/accounts/self", None, "profile"),
        ("POST", "/v2/sync/start", None, "sync"),
        ("GET", "/v3/deals/stream", None, "read"),
        ("POST", "/v3/deals/search", None, "read"),
    ],
)
def test_each_class_of_route_turns_the_other_scopes_away(
    by_scope: Mapping[str, SellClient], method: str, path: str, attributes: dict[str, str] | None, scope: str
) -> None:
    statuses = {each: client.call(method, path, attributes, headers=DEVICE).status for each, client in by_scope.items()}
    assert [each for each, status in statuses.items() if status != 403] == [scope]


def test_a_missing_scope_is_told_in_the_envelope(by_scope: Mapping[str, SellClient]) -> None:
    (error,) = by_scope["sync"].get("/v2/deals").body["errors"]
    assert error["error"] == {
        "code": "insufficient_scope",
        "message": "request scope is insufficient",
        "details": "The access token was not granted the scope that this request needs.",
    }


def test_several_scopes_open_several_doors(server: Server) -> None:
    client = granted(server, "read", "profile")
    statuses = [client.get(path).status for path in ("/v2/deals", "/v2/users/self")]
    assert (statuses, client.post("/v2/loss_reasons", {"name": "Late"}).status) == ([200, 200], 403)


def test_a_personal_token_opens_everything(sell: SellClient) -> None:
    paths = ("/v2/deals", "/v2/users/self", "/v2/accounts/self")
    assert [sell.get(path).status for path in paths] == [200, 200, 200]
    assert sell.post("/v2/loss_reasons", {"name": "Late"}).status == 200
    assert sell.call("POST", "/v2/sync/start", headers=DEVICE).status == 201


def test_what_was_granted_for_sell_opens_nothing_of_the_other_dialect(by_scope: Mapping[str, SellClient]) -> None:
    statuses = [client.get(path).status for client in by_scope.values() for path in ("/v1/deals", "/api/v2/deals")]
    assert statuses == [403] * 8
