"""Who may do what: each route as an admin, as a seller, as one who sees only their own deals, and by scope of token.

Routes come from the route tables (reliability.md 4.1, API5).
"""

import re
from typing import Any, Final, NamedTuple

import pytest

from dealflow.wire import Route
from tests.support.databases import Home
from tests.support.people import Server, with_scopes
from tests.support.routes import PLACES, ROUTES, Ask, Place, example, name_of, resource_of
from tests.support.server import Client, Json, Response
from tests.support.world import FIELD_ROUTES, Neighbours, World, make_world

NO_PERMISSION: Final = {
    "success": False,
    "error": "You do not have permissions to do this.",
    "error_info": "Please check developers.pipedrive.com",
    "data": None,
    "additional_data": None,
}
SCOPE_MISSING: Final = {
    "success": False,
    "error": "Scope and URL mismatch",
    "errorCode": 403,
    "error_info": "Please check developers.pipedrive.com",
}
ADMINISTERED: Final = frozenset({"pipelines", "stages", "users", *FIELD_ROUTES})

admin_routes = pytest.mark.parametrize("route", [route for route in ROUTES if route.admin], ids=name_of)
before_the_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
reads = pytest.mark.parametrize("route", [route for route in ROUTES if not route.writes], ids=name_of)


def test_admins_alone_change_how_the_company_sells() -> None:
    """Pipelines, stages, fields and users; whoever may ask the rest is seen to work in the isolation tests."""
    changes = {name_of(route) for route in ROUTES if route.writes and resource_of(route) in ADMINISTERED}
    assert {name_of(route) for route in ROUTES if route.admin} == changes


@admin_routes
@pytest.mark.parametrize("who", ["seller", "restricted"])
def test_others_are_told_that_they_may_not(route: Route, who: str, neighbours: Neighbours) -> None:
    server = neighbours.mine.server
    before = server.home.dump(server.company.company_id)
    client: Client = getattr(server, who)
    answer = example(route, neighbours.mine).by(client)
    assert (answer.status, answer.body) == (403, NO_PERMISSION)
    assert server.home.dump(server.company.company_id) == before


# ---------------------------------------------------------------------------------------------------------- scopes

SCOPES: Final = sorted({scope for route in ROUTES for scope in route.scopes})


@before_the_database
@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_token_without_the_scope_is_refused(route: Route, neighbours: Neighbours) -> None:
    others = " ".join(scope for scope in SCOPES if scope not in route.scopes)
    answer = example(route, neighbours.mine).by(with_scopes(neighbours.mine.server, others))
    refused = (403, SCOPE_MISSING) if route.scopes else (200, answer.body)
    assert (answer.status, answer.body) == refused


@before_the_database
@reads
def test_any_one_of_the_scopes_is_enough(route: Route, neighbours: Neighbours) -> None:
    ask = example(route, neighbours.mine)
    assert {ask.by(with_scopes(neighbours.mine.server, scope)).status for scope in route.scopes} <= {200}


# ------------------------------------------------------------------------------------------------- what people see

MARK: Final = "Zanzibar"
VALUE: Final = 7_654_321


class Veiled(NamedTuple):
    """A world where `hidden` holds ids of records that the person named must not see; each name has the mark."""

    world: World
    client: Client
    hidden: dict[str, Json]


_veiled: Final[dict[tuple[str, str], Veiled]] = {}


@pytest.fixture(params=["seller", "restricted"])
def veiled(request: pytest.FixtureRequest, database: Home) -> Veiled:
    """To the seller the admin's private records are hidden; to the restricted one also what the seller owns."""
    key = (database.name, request.param)
    if key not in _veiled:
        world = make_world(Server(database))
        _veiled[key] = Veiled(world, getattr(world.server, request.param), _hide(world, request.param))
    return _veiled[key]


def _hide(world: World, who: str) -> dict[str, Json]:
    admin = world.server.admin
    theirs: dict[str, Any] = {"owner_id": admin.user_id, "visible_to": 1}
    place = {"pipeline_id": world["pipeline"], "stage_id": world["stage"]}
    hidden = {
        "organization": admin.post("/api/v2/organizations", {"name": f"{MARK} Ltd", **theirs}).data["id"],
        "person": admin.post("/api/v2/persons", {"name": f"Ann {MARK}", **theirs}).data["id"],
    }
    if who == "restricted":
        theirs = {"owner_id": world.server.seller.user_id, "visible_to": 3}
    deals: list[dict[str, Json]] = [
        {"title": MARK},
        {"title": f"{MARK} won", "status": "won"},
        {"title": f"{MARK} archived", "is_archived": True},
    ]
    made = [admin.post("/api/v2/deals", {"value": VALUE, **deal, **theirs, **place}).data["id"] for deal in deals]
    mine = {"title": "Visible", "value": 1, "owner_id": world.server.restricted.user_id, "visible_to": 3}
    world.ids["deal"] = admin.post("/api/v2/deals", {**mine, **place}).data["id"]
    return {**hidden, "deal": made[0]}


def widest(ask: Ask) -> Ask:
    """The request that asks for everyone's records."""
    known = ask.route.query_names
    wide = {"everyone": 1, "get_summary": 1, "term": MARK, "status": "all_not_deleted"}
    wanted = {name: value for name, value in wide.items() if name in known}
    if ask.route.dialect.prefixes[0] == "/api/v2":
        wanted.pop("status", None)
    return ask.asking(**wanted)


@reads
def test_no_read_shows_what_is_hidden(route: Route, veiled: Veiled) -> None:
    answer = widest(example(route, veiled.world)).by(veiled.client)
    assert answer.status in (200, 404)
    assert MARK not in answer.raw.decode().replace(f'"term":"{MARK}"', "")


@reads
def test_no_sum_counts_what_is_hidden(route: Route, veiled: Veiled) -> None:
    """Amounts of hidden deals would make a sum of seven digits; seven digits within a field's code are none."""
    answer = widest(example(route, veiled.world)).by(veiled.client)
    assert re.search(r"[1-9]\d{0,2}(,\d{3}){2}|\b765\d{4}\b", answer.raw.decode()) is None


def test_the_admin_is_shown_what_is_hidden_to_others(veiled: Veiled) -> None:
    """Or the two tests before this one would see nothing."""
    asks = [widest(example(route, veiled.world)) for route in ROUTES if not route.writes]
    shown = {name_of(ask.route): ask.by(veiled.world.server.admin).raw.decode() for ask in asks}
    assert {name for name, text in shown.items() if MARK in text} >= {"v1 GET /deals", "v2 GET /deals/archived"}
    assert "7,654,427" in shown["v2 GET /pipelines/{pipeline_id}"]


def plain(answer: Response, asked: int) -> tuple[int, str]:
    return answer.status, re.sub(rf"(?<!\w){asked}(?!\w)", "ID", answer.raw.decode())


@pytest.mark.parametrize(
    "place",
    [
        each
        for each in PLACES
        if each.kind == "deal" or (each.part == "path" and each.kind in ("person", "organization"))
    ],
    ids=str,
)
def test_what_is_hidden_is_answered_like_what_is_not_there(place: Place, veiled: Veiled) -> None:
    hidden, nowhere = veiled.hidden[place.kind], 987_654
    ask = example(place.route, veiled.world)
    found = place.put(ask, hidden).by(veiled.client)
    assert plain(found, hidden) == plain(place.put(ask, nowhere).by(veiled.client), nowhere)


def test_admins_see_all(veiled: Veiled) -> None:
    admin = veiled.world.server.admin
    assert MARK in {each["title"] for each in admin.get("/api/v2/deals").data}
    assert admin.get(f"/v1/deals/{veiled.hidden['deal']}").data["title"] == MARK


def test_a_follower_sees_a_hidden_deal(world: World) -> None:
    server = world.server
    deal = server.admin.post("/api/v2/deals", {"title": MARK, "visible_to": 1}).data["id"]
    server.admin.post(f"/api/v2/deals/{deal}/followers", {"user_id": server.restricted.user_id})
    assert [each["title"] for each in server.restricted.get("/api/v2/deals").data] == [MARK]


def test_the_restricted_see_their_own(world: World) -> None:
    server = world.server
    server.restricted.post("/v1/deals", {"title": "Mine"})
    titles = [
        [each["title"] for each in server.restricted.get(path, **query).data]
        for path, query in (("/v1/deals", {}), ("/api/v2/deals", {}), ("/v1/pipelines/1/deals", {"everyone": 1}))
    ]
    assert titles == [["Mine"]] * 3
