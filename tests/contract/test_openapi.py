"""The reference: OpenAPI documents made of the route tables, their copies in docs/openapi, and the page at /docs."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any, Final

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from dealflow.dialects.pipedrive.routes import TABLES
from dealflow.dialects.sell.dialect import V2 as SELL
from dealflow.server import reference
from dealflow.server.reference_page import page
from dealflow.wire import Route
from tests.support.databases import Home
from tests.support.declared import undeclared
from tests.support.openapi import FOLDER, documents
from tests.support.people import Server

# Nothing here gets to the database.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

DOCUMENTS: Final[dict[str, Any]] = {path: json.loads(reference.document_text(path)) for path in reference.DOCUMENTS}
each_path = pytest.mark.parametrize("path", DOCUMENTS)
each_public = pytest.mark.parametrize("path", [*DOCUMENTS, "/docs"])
ELSEWHERE: Final = re.compile(r"<script|<link|<img|<iframe|\bsrc=|@import|url\(|https?://", re.IGNORECASE)


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def key(route: Route) -> tuple[str, str, int, tuple[str, ...], str]:
    return route.method, route.path, route.cost, route.scopes, route.section


# ------------------------------------------------------------------------------------------------------- documents


def test_the_copies_are_what_is_served(database: Home) -> None:
    found = {path: path.read_bytes() for path in sorted(FOLDER.glob("*.json"))}
    assert found == documents(), "run python -m tests.support.openapi"


def test_there_is_a_document_for_each_table(database: Home) -> None:
    assert [api.table for api in reference.DOCUMENTS.values()] == [*TABLES, SELL]


@each_path
def test_a_document_has_every_route_and_no_other(path: str, database: Home) -> None:
    told = [
        (method, template, each["x-cost"], tuple(each["x-scopes"]), each["x-section"])
        for method, template, each in operations(DOCUMENTS[path])
    ]
    assert sorted(told) == sorted(map(key, reference.DOCUMENTS[path].table))


@each_path
def test_a_document_is_valid_openapi(path: str, database: Home) -> None:
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(DOCUMENTS[path])] == []
    assert all(map(jsonschema_rs.meta.is_valid, DOCUMENTS[path]["components"]["schemas"].values()))


@each_path
def test_every_route_says_what_it_shows(path: str, database: Home) -> None:
    assert [f"{route.method} {route.path}" for route in reference.DOCUMENTS[path].table if route.shows is Any] == []


@each_path
def test_every_operation_has_a_name_of_its_own(path: str, database: Home) -> None:
    names = [each["operationId"] for _, _, each in operations(DOCUMENTS[path])]
    assert sorted(names) == sorted(set(names))


@each_path
def test_links_lead_to_operations(path: str, database: Home) -> None:
    found = list(operations(DOCUMENTS[path]))
    links = [
        link
        for _, _, each in found
        for response in each["responses"].values()
        for link in response.get("links", {}).values()
    ]
    names = {each["operationId"] for _, _, each in found}
    assert links
    assert {link["operationId"] for link in links} <= names


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (200, {"success": True, "data": {"id": 1}}, ""),
        (404, {"success": False, "error": "Pipeline not found", "data": None}, ""),
        (200, {"success": True, "data": {"id": "1"}}, "\"1\" is not of type \"integer\" at ['data', 'id']"),
        (200, {"success": True, "data": {"id": 1}, "more": 1}, "Additional properties are not allowed"),
        (404, {"success": False, "data": None}, '"error" is a required property at []'),
        (
            202,
            {"success": True, "data": {"id": 1}},
            "the status 202 of DELETE /pipelines/{pipeline_id} is not declared",
        ),
    ],
)
def test_replies_are_held_against_the_document(status: int, body: Any, problem: str, database: Home) -> None:
    assert undeclared("DELETE", "/api/v2/pipelines/1?api_token=x", status, body).startswith(problem)
    assert bool(undeclared("DELETE", "/api/v2/pipelines/1", status, body)) == bool(problem)


# --------------------------------------------------------------------------------------------------------- serving


@each_path
def test_documents_are_served_to_anyone(path: str, server: Server) -> None:
    answer = server.stranger.get(path)
    kind, kept = answer.headers["content-type"], answer.headers["cache-control"]
    assert (answer.status, kind, kept) == (200, "application/json; charset=utf-8", "public, max-age=300")
    assert answer.body == DOCUMENTS[path]


@each_public
def test_the_reference_is_only_read(path: str, server: Server) -> None:
    head, post = (server.stranger.call(method, path) for method in ("HEAD", "POST"))
    assert (head.status, head.raw, post.status) == (200, b"", 404)
    assert int(head.headers["content-length"]) == len(server.stranger.get(path).raw)


def test_the_page_is_served_to_anyone(server: Server) -> None:
    answer = server.stranger.get("/docs")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == (
        "public, max-age=300",
        "no-referrer",
    )


def test_the_policy_allows_the_pages_style_and_nothing_else(server: Server) -> None:
    answer = server.stranger.get("/docs")
    (style,) = re.findall(rb"<style>(.*?)</style>", answer.raw, re.DOTALL)
    allowed = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def test_what_is_not_the_reference_is_not_kept(server: Server) -> None:
    assert server.admin.get("/api/v2/pipelines").headers["cache-control"] == "no-store"


# ------------------------------------------------------------------------------------------------------------ page


def test_the_page_needs_nothing_from_elsewhere(database: Home) -> None:
    assert ELSEWHERE.search(reference.page_text().decode()) is None


@each_path
def test_the_page_lists_every_operation(path: str, database: Home) -> None:
    text = reference.page_text().decode()
    told = [
        f'<span class="method">{method}</span>{escape(template)}</code>'
        for method, template, _ in operations(DOCUMENTS[path])
    ]
    assert [each for each in told if each not in text] == []
    assert f'<a href="{path}">' in text


def test_the_pages_links_lead_somewhere(database: Home) -> None:
    text = reference.page_text().decode()
    targets = re.findall(r' id="([^"]*)"', text)
    assert len(targets) == len(set(targets))
    assert set(re.findall(r' href="#([^"]*)"', text)) <= set(targets)


def test_the_page_shows_words_as_words(database: Home) -> None:
    document = json.loads(json.dumps(DOCUMENTS["/openapi/pipedrive-v2.json"]).replace("List deals", "<b>&</b>"))
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in page({"/openapi/a.json": document})


def test_the_page_tells_of_a_route_what_it_takes_and_costs(database: Home) -> None:
    text = reference.page_text().decode()
    (told,) = re.findall(r'<details id="Pipedrive-version-2-list_stages">.*?</details>', text, re.DOTALL)
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", told))
    words = (
        "GET /stages",
        "Cost 5 tokens",
        "one of deals:read",
        "section 2.5",
        "pipeline_id query integer",
        "limit query integer from 1 to 500 100",
    )
    assert [each for each in words if each not in plain] == []
