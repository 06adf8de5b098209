"""A company never sees or touches another: each route with each id of another company (reliability.md 4.1, API1).

An id that exists elsewhere only must be answered like one that exists nowhere, to the byte, by the same statements and
in about the same time. Routes and the places of ids in them come from the route tables, so a new route is here by
itself.
"""

import re
import secrets
import time
from statistics import median
from typing import Final

import pytest

from dealflow.wire import Route
from tests.support.people import Server
from tests.support.routes import PLACES, ROUTES, Place, example, name_of
from tests.support.server import Client, Response
from tests.support.statements import recorded
from tests.support.world import Neighbours, World

# An id of each kind that neither company has.
FAR: Final = 36

# Requests of a round, by which fraction the median may differ, and how often a busy machine may try.
TRIES: Final = 300
LONGER: Final = 0.25
ROUNDS: Final = 5

# Settings of a field that are given back as they were sent; nothing looks up the ids in them.
KEPT_AS_SENT: Final = frozenset({"ui_visibility", "important_fields", "required_fields"})

followed = pytest.mark.parametrize("place", [each for each in PLACES if each.names[0] not in KEPT_AS_SENT], ids=str)
kept = pytest.mark.parametrize("place", [each for each in PLACES if each.names[0] in KEPT_AS_SENT], ids=str)


def theirs_and_nobodys(neighbours: Neighbours, kind: str) -> tuple[object, object]:
    """An id only the other company has, and one that exists nowhere."""
    if kind == "unknown":
        return 41, 41 + FAR
    found = neighbours.theirs[kind]
    return found, secrets.token_hex(20) if isinstance(found, str) else found + FAR


def shape(answer: Response, asked: object) -> tuple[int, dict[str, str], str]:
    """An answer without what differs from request to request, and without the id that was asked for."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "x-request-id")}
    return answer.status, headers, re.sub(rf"(?<!\w){asked}(?!\w)", "ID", answer.raw.decode())


@followed
def test_what_is_anothers_is_answered_like_what_is_not_there(place: Place, neighbours: Neighbours) -> None:
    ask = example(place.route, neighbours.mine)
    theirs, nobodys = theirs_and_nobodys(neighbours, place.kind)
    with recorded() as statements:
        answer = place.put(ask, theirs).by(neighbours.mine.server.admin)
    with recorded() as others:
        other = place.put(ask, nobodys).by(neighbours.mine.server.admin)
    assert (shape(answer, theirs), statements) == (shape(other, nobodys), others)
    assert statements != []
    assert answer.status >= 400 or not place.route.writes
    assert neighbours.rows_of_theirs() == neighbours.their_rows


@pytest.mark.parametrize("path", ["/api/v2/deals/{}", "/v1/persons/{}", "/api/v2/dealFields/{}"])
def test_what_is_anothers_takes_as_long_as_what_is_not_there(path: str, neighbours: Neighbours) -> None:
    kind = {"deals": "deal", "persons": "person", "dealFields": "code dealFields"}[path.split("/")[-2]]
    targets = [path.format(each) for each in theirs_and_nobodys(neighbours, kind)]
    assert any(longer_by(neighbours.mine.server.admin, targets) < LONGER for _ in range(ROUNDS))


def longer_by(client: Client, targets: list[str]) -> float:
    """How much more the median time of one of two targets is than the other's, as a fraction, asked in turns."""
    times: dict[str, list[float]] = {target: [] for target in targets}
    for _ in range(TRIES):
        for target in targets:
            began = time.perf_counter()
            client.get(target)
            times[target].append(time.perf_counter() - began)
    shortest, longest = sorted(map(median, times.values()))
    return longest / shortest - 1


@kept
def test_ids_that_are_only_kept_touch_nothing(place: Place, neighbours: Neighbours) -> None:
    ask = example(place.route, neighbours.mine)
    asks = [place.put(ask, each) for each in theirs_and_nobodys(neighbours, place.kind)]
    assert [ask.by(neighbours.mine.server.admin).status for ask in asks] == [200, 200]
    assert neighbours.rows_of_theirs() == neighbours.their_rows


@pytest.mark.parametrize("kind", ["person", "organization", "user"])
def test_custom_fields_lead_to_no_other_company(kind: str, neighbours: Neighbours) -> None:
    """A field of type person, organization or user holds an id."""
    mine = neighbours.mine
    path, code = f"/api/v2/deals/{mine['other deal']}", mine[f"linking {kind}"]
    theirs, nobodys = theirs_and_nobodys(neighbours, kind)
    one, two = (mine.server.admin.patch(path, {"custom_fields": {code: each}}) for each in (theirs, nobodys))
    assert shape(one, theirs) == shape(two, nobodys)
    assert neighbours.rows_of_theirs() == neighbours.their_rows


def working_world(route: Route, neighbours: Neighbours, request: pytest.FixtureRequest) -> World:
    """A world for a request that works: what writes gets one of its own."""
    found: World = request.getfixturevalue("world") if route.writes else neighbours.mine
    return found


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_whoever_may_ask_is_answered_and_the_other_company_stays(
    route: Route, neighbours: Neighbours, request: pytest.FixtureRequest
) -> None:
    """Each route's example works for the least of those who may ask; the other company has the same ids."""
    world = working_world(route, neighbours, request)
    answer = example(route, world).by(world.server.admin if route.admin else world.server.seller)
    assert (answer.status, answer.body["success"]) in ((200, True), (201, True))
    assert neighbours.rows_of_theirs() == neighbours.their_rows


def test_an_idempotency_key_belongs_to_its_company(server: Server) -> None:
    headers = {"Idempotency-Key": "the same"}
    for client in (server.admin, server.other):
        client.call("POST", "/api/v2/pipelines", {"name": f"Of user {client.token}"[:20]}, headers=headers)
    assert [len(client.get("/api/v2/pipelines").data) for client in (server.admin, server.other)] == [2, 2]


def test_a_cursor_of_another_company_opens_nothing(neighbours: Neighbours) -> None:
    theirs = neighbours.theirs.server.admin.get("/api/v2/deals", limit=1)
    answer = neighbours.mine.server.admin.get("/api/v2/deals", cursor=theirs.body["additional_data"]["next_cursor"])
    assert (answer.status, answer.data) == (200, [])
