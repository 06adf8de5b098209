"""A company never sees another through the board: each route with each id of another company, by its route tables."""

from typing import Final

import pytest

from dealflow.board.routes import TABLES
from dealflow.wire import Route
from tests.contract.test_isolation import shape, theirs_and_nobodys
from tests.support.people import Server
from tests.support.routes import Ask, example, name_of
from tests.support.statements import recorded
from tests.support.world import Neighbours

ROUTES: Final = [route for table in TABLES for route in table]
# Where ids go in each route, beside those in its path, and of which kind they are.
IDS: Final = {"board GET /statistics/{pipeline_id}": {"users": "user"}}
PLACES: Final = [(route, name, kind) for route in ROUTES for name, kind in IDS.get(name_of(route), {}).items()]

each_route = pytest.mark.parametrize("route", ROUTES, ids=name_of)


def test_every_route_says_where_its_ids_go() -> None:
    assert IDS.keys() == {name_of(route) for route in ROUTES}


def asked_alike(asks: list[Ask], theirs: object, nobodys: object, neighbours: Neighbours) -> None:
    """What is another company's is answered like what is nowhere, by the same statements, and stays as it is."""
    with recorded() as statements:
        answer = asks[0].by(neighbours.mine.server.admin)
    with recorded() as others:
        other = asks[1].by(neighbours.mine.server.admin)
    assert (shape(answer, theirs), statements) == (shape(other, nobodys), others)
    assert answer.status == 404
    assert neighbours.rows_of_theirs() == neighbours.their_rows


@each_route
def test_what_is_anothers_is_answered_like_what_is_not_there(route: Route, neighbours: Neighbours) -> None:
    ids = theirs_and_nobodys(neighbours, "pipeline")
    asked_alike([Ask(route, {"pipeline_id": each}) for each in ids], *ids, neighbours)


@pytest.mark.parametrize(
    ("route", "name", "kind"), PLACES, ids=lambda each: name_of(each) if isinstance(each, Route) else each
)
def test_so_is_an_id_among_the_parameters(route: Route, name: str, kind: str, neighbours: Neighbours) -> None:
    ids = theirs_and_nobodys(neighbours, kind)
    ask = example(route, neighbours.mine)
    asked_alike([ask.asking(**{name: each}) for each in ids], *ids, neighbours)


@each_route
def test_nothing_of_another_company_is_counted(route: Route, server: Server) -> None:
    """Both have a pipeline 1; what the neighbours do in theirs changes no answer about ours."""
    ask = Ask(route, {"pipeline_id": 1})
    ours, theirs = ask.by(server.admin).raw, ask.by(server.other).raw
    made = server.other.post("/api/v2/deals", {"title": "Theirs", "pipeline_id": 1, "value": 5, "currency": "JPY"})
    assert made.status == 200
    assert (ask.by(server.admin).raw == ours, ask.by(server.other).raw == theirs) == (True, False)
