"""A company never sees or touches another through Sell: each route with each id of another company.

An id that exists elsewhere only must be answered like one that exists nowhere, to the byte. Routes and the places of
ids in them come from the route tables, so a new route is here by itself. (reliability.md 4.1: API1, API2, API5)
"""

import re
import secrets
from typing import Final

import pytest

from dealflow.actions.companies import token_hash
from dealflow.storage import counters, users
from dealflow.wire import Route
from tests.support.databases import Home
from tests.support.people import Server
from tests.support.sell import SellClient, codes
from tests.support.sell_routes import PLACES, ROUTES, Ask, Place, example, name_of
from tests.support.sell_world import SellNeighbours, make_sell_neighbours, make_sell_world, sell_of
from tests.support.server import Response

# An id of each kind that neither company has.
FAR: Final = 36

each_route = pytest.mark.parametrize("route", ROUTES, ids=name_of)
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(scope="session")
def met() -> dict[str, SellNeighbours]:
    return {}


@pytest.fixture
def neighbours(database: Home, met: dict[str, SellNeighbours]) -> SellNeighbours:
    """Two companies, the same in all tests of a database: leave their records in place."""
    if database.name not in met:
        met[database.name] = make_sell_neighbours(database)
    return met[database.name]


def theirs_and_nobodys(neighbours: SellNeighbours, kind: str) -> tuple[object, object]:
    """An id only the other company has, and one that exists nowhere."""
    found = neighbours.theirs[kind]
    return found, found[::-1] if isinstance(found, str) else found + FAR


def shape(answer: Response, asked: object) -> tuple[int, dict[str, str], str]:
    """An answer without what differs from request to request, and without the id that was asked for."""
    own = ("content-length", "date", "x-request-id")
    headers = {name: value for name, value in answer.headers.items() if name not in own}
    text = answer.raw.decode().replace(answer.headers["x-request-id"], "REQUEST")
    return answer.status, headers, re.sub(rf"(?<!\w){asked}(?!\w)", "ID", text)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_what_is_anothers_is_answered_like_what_is_not_there(place: Place, neighbours: SellNeighbours) -> None:
    ask = example(place.route, neighbours.mine)
    if place.route.path.endswith("/upsert") and place.part == "query":
        ask = Ask(place.route, body={})  # what is found would be changed; nothing can be made of nothing
    theirs, nobodys = theirs_and_nobodys(neighbours, place.kind)
    answer, nothing = (place.put(ask, each).by(neighbours.admin) for each in (theirs, nobodys))
    assert shape(answer, theirs) == shape(nothing, nobodys)
    assert answer.status >= 400 or place.part == "query"
    assert neighbours.rows_of_theirs() == neighbours.their_rows


@one_database
@each_route
def test_each_route_answers_who_may_ask(
    route: Route, neighbours: SellNeighbours, request: pytest.FixtureRequest
) -> None:
    """Its example works, and the company that has the same ids stays as it is."""
    world = make_sell_world(request.getfixturevalue("server")) if route.writes else neighbours.mine
    answer = example(route, world).by(sell_of(world).admin)
    assert answer.status in (200, 201, 202, 204), answer.body
    assert neighbours.rows_of_theirs() == neighbours.their_rows


@one_database
@each_route
@pytest.mark.parametrize("token", [None, "0" * 64], ids=["no token", "a wrong token"])
def test_nobody_is_answered_without_a_token(route: Route, token: str | None, neighbours: SellNeighbours) -> None:
    answer = example(route, neighbours.mine).by(SellClient(neighbours.mine.server.served, token))
    assert (answer.status, codes(answer)) == (401, [(None, "unauthorized")])


@one_database
@each_route
def test_a_parameter_nobody_knows_is_refused(route: Route, neighbours: SellNeighbours) -> None:
    answer = example(route, neighbours.mine).asking(zebra="1").by(neighbours.admin)
    assert (answer.status, codes(answer)) == (400, [(None, "invalid_param")])


@pytest.fixture
def without_scopes(neighbours: SellNeighbours) -> SellClient:
    """The admin, by a token that was granted nothing a route asks for."""
    server: Server = neighbours.mine.server
    secret = secrets.token_hex(32)
    with server.home.transaction(server.company.company_id) as tx:
        token = users.Token(
            id=counters.next_id(tx, "token"),
            user_id=server.admin.user_id,
            kind="sell",
            hash=token_hash(secret),
            last4=secret[-4:],
            scopes="nothing",
            created_at=tx.now,
            revoked_at=None,
        )
        users.add_token(tx, token)
    return SellClient(server.served, secret)


@one_database
@each_route
def test_a_token_without_the_scope_is_refused(
    route: Route, neighbours: SellNeighbours, without_scopes: SellClient
) -> None:
    answer = example(route, neighbours.mine).by(without_scopes)
    assert (answer.status, codes(answer)) == (403, [(None, "insufficient_scope")])


@one_database
@pytest.mark.parametrize("place", [each for each in PLACES if each.part == "path"], ids=str)
@pytest.mark.parametrize("text", ["0", "-1", "x", "1.5", "99999999999999999999", "%00"])
def test_what_is_no_id_is_a_missing_record(place: Place, text: str, neighbours: SellNeighbours) -> None:
    answer = place.put(example(place.route, neighbours.mine), text).by(neighbours.admin)
    assert answer.status == 404
