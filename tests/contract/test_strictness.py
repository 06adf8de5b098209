"""What is not known: tokens, paths, methods, parameters, attributes (contract 1.4, 6.27; reliability.md 4.1, API3)."""

from dataclasses import replace
from typing import Final

import pytest

from dealflow.wire import Route
from tests.support.databases import Home
from tests.support.people import Server
from tests.support.routes import ROUTES, example, name_of, version_of
from tests.support.server import Client, Json
from tests.support.world import Neighbours

UNAUTHORIZED: Final = {
    "success": False,
    "error": "unauthorized access",
    "errorCode": 401,
    "error_info": "Please check developers.pipedrive.com",
}
LONG_INFO: Final = "Please check developers.pipedrive.com for more information about Pipedrive API."
# What refuses these comes before the database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"})
PREFIXES: Final = ("/v1", "/api/v1", "/api/v2")

each_route = pytest.mark.parametrize("route", ROUTES, ids=name_of)
each_read = pytest.mark.parametrize("route", [route for route in ROUTES if not route.writes], ids=name_of)
each_prefix = pytest.mark.parametrize("prefix", PREFIXES)


def general(error: str) -> dict[str, Json]:
    return {"success": False, "error": error, "error_info": LONG_INFO, "data": None, "additional_data": None}


# ---------------------------------------------------------------------------------------------------- before routing


@each_route
@pytest.mark.parametrize("token", [None, "0" * 40], ids=["no token", "a wrong token"])
def test_nobody_is_answered_without_a_token(route: Route, token: str | None, neighbours: Neighbours) -> None:
    server = neighbours.mine.server
    answer = example(route, neighbours.mine).by(Client(server.served, token))
    assert (answer.status, answer.body, answer.headers["x-401-by-gw"]) == (401, UNAUTHORIZED, "true")
    assert answer.headers["x-correlation-id"]


@each_prefix
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/nowhere", "/pipelines", "/pipelines/x/y/z", "/", ""])
def test_the_token_is_asked_for_before_the_path(prefix: str, method: str, path: str, server: Server) -> None:
    answer = server.stranger.call(method, prefix + path)
    assert (answer.status, answer.body) == (401, UNAUTHORIZED)


@each_prefix
@pytest.mark.parametrize("path", ["/nowhere", "/pipelines/1/nowhere", "/pipelines/1/deals/1/x", "/", "/pipelines//1"])
def test_unknown_paths_are_not_found(prefix: str, path: str, server: Server) -> None:
    answer = server.admin.get(prefix + path)
    assert (answer.status, answer.body) == (404, general("Not found"))


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/v1/pipelines", "GET, POST"),
        ("PATCH", "/api/v1/pipelines/1", "DELETE, GET, PUT"),
        ("PUT", "/api/v2/pipelines/1", "DELETE, GET, PATCH"),
        ("DELETE", "/api/v2/pipelines", "GET, POST"),
    ],
)
def test_wrong_methods_are_told_the_right_ones(method: str, path: str, allowed: str, server: Server) -> None:
    answer = server.admin.call(method, path)
    assert (answer.status, answer.body, answer.headers["allow"]) == (405, general("Method not allowed"), allowed)


@pytest.mark.parametrize("path", sorted({(version_of(each), each.path) for each in ROUTES}), ids=" ".join)
def test_no_path_takes_a_method_that_is_not_its_own(path: tuple[str, str], neighbours: Neighbours) -> None:
    routes = {route.method: route for route in ROUTES if (version_of(route), route.path) == path}
    ask = example(next(iter(routes.values())), neighbours.mine)
    others = [replace(ask, route=replace(ask.route, method=each)) for each in sorted(METHODS - routes.keys())]
    answers = [each.by(neighbours.mine.server.admin) for each in others]
    assert [each.status for each in answers] == [405] * len(others)
    assert {each.headers["allow"] for each in answers} == {", ".join(sorted(routes))}


def test_version_2_lives_under_api_only(server: Server) -> None:
    """At `/v2` is the other dialect, which knows no `x-api-token`."""
    answer = server.admin.get("/v2/pipelines")
    assert (answer.status, "errors" in answer.body) == (401, True)


@pytest.mark.parametrize(
    "route", [each for each in ROUTES if version_of(each) == "v1" and not each.writes], ids=name_of
)
def test_version_1_lives_at_both_places(route: Route, neighbours: Neighbours) -> None:
    ask = example(route, neighbours.mine)
    one, two = (ask.by(neighbours.mine.server.admin, prefix) for prefix in ("/v1", "/api/v1"))
    assert (one.status, one.body) == (two.status, two.body)


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({"x-api-token": "{}"}, "", 200),
        ({"X-API-Token": "{}"}, "", 200),
        ({"Authorization": "Bearer {}"}, "", 200),
        ({"authorization": "bearer {}"}, "", 200),
        ({}, "?api_token={}", 200),
        ({}, "?limit=1&api_token={}", 200),
        ({"Authorization": "Basic {}"}, "", 400),
        ({"Authorization": "{}"}, "", 400),
        ({"Authorization": "Bearer nonsense"}, "", 401),
        ({"x-api-token": "nonsense"}, "?api_token={}", 401),
        ({"x-api-token": ""}, "", 401),
        ({}, "?api_token=", 401),
        ({}, "?my_api_token={}", 401),
    ],
)
def test_a_token_may_come_in_three_ways(headers: dict[str, str], query: str, status: int, server: Server) -> None:
    token = str(server.admin.token)
    sent = {name: value.replace("{}", token) for name, value in headers.items()}
    answer = server.stranger.call("GET", f"/api/v2/deals{query.replace('{}', token)}", headers=sent)
    assert answer.status == status


# -------------------------------------------------------------------------------------------------- query parameters


def strictly(neighbours: Neighbours, database: Home) -> Client:
    """The admin at a server that refuses unknown parameters."""
    return Client(database.served(strict=True), neighbours.mine.server.admin.token)


@each_route
def test_strict_servers_name_unknown_parameters(route: Route, neighbours: Neighbours, database: Home) -> None:
    answer = example(route, neighbours.mine).asking(zebra="1", aardvark="").by(strictly(neighbours, database))
    assert answer.status == 400
    assert "aardvark, zebra" in answer.raw.decode()


@each_read
def test_strict_servers_take_known_parameters(route: Route, neighbours: Neighbours, database: Home) -> None:
    """The token among them."""
    client = strictly(neighbours, database)
    ask = example(route, neighbours.mine).asking(api_token=client.token)
    assert ask.by(Client(client.served, None)).status == 200


@each_read
def test_other_servers_ignore_unknown_parameters(route: Route, neighbours: Neighbours) -> None:
    ask = example(route, neighbours.mine)
    without, beside = (each.by(neighbours.mine.server.admin) for each in (ask, ask.asking(zebra="1", aardvark="")))
    assert (beside.status, beside.body) == (without.status, without.body)
