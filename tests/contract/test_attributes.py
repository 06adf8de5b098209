"""Attributes that a caller may not give change nothing (contract 1.4 and 6.27; reliability.md 4.1, API3)."""

import re
from dataclasses import replace
from typing import Final

import pytest

from dealflow.wire import Route
from tests.support.people import Server
from tests.support.routes import ROUTES, Ask, body_form, example, name_of, version_of
from tests.support.server import Json
from tests.support.world import Neighbours

NUMBER: Final = 987_654
WORD: Final = "Zanzibar"
CUSTOM: Final = re.compile(r"[0-9a-f]{40}")
ALWAYS: Final[dict[str, Json]] = {"company_id": NUMBER, "version": NUMBER, "creator_id": NUMBER, "nonsense": WORD}

with_documents = pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.body is not None and hasattr(body_form(route), "__struct_fields__")],
    ids=name_of,
)


def other_value(value: Json) -> Json:
    """A value of the same kind that nothing here has."""
    if isinstance(value, bool):
        return not value
    return WORD if isinstance(value, str) else NUMBER


def foreign_attributes(route: Route, shown: dict[str, Json]) -> dict[str, Json]:
    """Whatever the answer shows and the body does not declare, with other values."""
    ours = set(body_form(route).__struct_encode_fields__) | {"label"}
    if version_of(route) == "v1" and route.method == "POST":
        ours.add("id")
    scalars = {name: value for name, value in shown.items() if not isinstance(value, list | dict)}
    sent = {**ALWAYS, **{name: other_value(value) for name, value in scalars.items()}}
    return {name: value for name, value in sent.items() if name not in ours and not CUSTOM.match(name)}


def with_foreign(route: Route, neighbours: Neighbours) -> tuple[dict[str, Json], Ask]:
    """Attributes that are not the caller's to give, and a request that gives them."""
    shown = example(route, neighbours.mine).by(neighbours.mine.server.admin).data
    added = foreign_attributes(route, shown or {})
    ask = example(route, neighbours.mine)
    return added, replace(ask, query={"zebra": "1"}, body={**added, **ask.body})


@with_documents
def test_attributes_that_are_not_the_callers_change_nothing(route: Route, neighbours: Neighbours) -> None:
    server = neighbours.mine.server
    added, ask = with_foreign(route, neighbours)
    shown: dict[str, Json] = ask.by(server.admin).body.get("data") or {}
    assert {name for name, value in added.items() if shown.get(name) == value} == set()
    kept = repr(server.home.dump(server.company.company_id))
    assert (str(NUMBER) in kept, WORD in kept) == (False, False)


@with_documents
def test_attributes_that_are_not_the_callers_are_ignored(route: Route, neighbours: Neighbours) -> None:
    """Save where the contract has them refused: version 1, new deals."""
    admin = neighbours.mine.server.admin
    _, ask = with_foreign(route, neighbours)
    plainly = example(route, neighbours.mine).by(admin).status
    assert ask.by(admin).status == (400 if name_of(route) == "v1 POST /deals" else plainly)


@pytest.mark.parametrize("path", ["/v1/deals", "/v1/persons", "/v1/organizations"])
def test_version_1_takes_no_id_for_a_new_record(path: str, server: Server) -> None:
    answer = server.admin.post(path, {"title": "New", "name": "New", "id": 7})
    assert (answer.status, answer.body["error"].startswith("Inserting ID with POST request is not allowed.")) == (
        400,
        True,
    )


def test_version_1_names_unknown_attributes_of_a_new_deal(server: Server) -> None:
    answer = server.admin.post("/v1/deals", {"title": "New", "foo": 1, "bar": 2})
    assert (answer.status, answer.body["error"]) == (400, "Invalid field(s) in the payload: foo, bar")
