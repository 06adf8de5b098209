"""Replies held against the OpenAPI document of their dialect. Every reply of the test run comes by here."""

import json
from functools import cache
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from dealflow.server import reference
from dealflow.server.calls import table_of
from dealflow.wire import NoRoute, WrongMethod

PATHS: Final = {api.table.dialect.name: path for path, api in reference.DOCUMENTS.items()}
# What is refused before there is a route, or for want of one.
ANYWHERE: Final = frozenset({500, 400, 401, 404, 405, 408, 413, 414, 415, 431, 503})


def undeclared(method: str, target: str, status: int, body: Any) -> str:
    """What of a reply its document does not say; empty if it says all. `body` is the decoded JSON."""
    path = unquote(urlsplit(target).path)
    found = table_of(path)
    if found is None or found[0].dialect.name not in PATHS or ":(" in path:
        return ""
    table, rest = found
    document = PATHS[table.dialect.name]
    try:
        route, _ = table.find(method, rest)
    except (NoRoute, WrongMethod):
        problem = "" if status in ANYWHERE else "nothing is declared there"
        return problem or _problem(_error(document), body)
    if status != route.status:
        declared = _document(document)["paths"][route.path][method.lower()]["responses"]
        if str(status) not in declared and status not in ANYWHERE:
            return f"the status {status} of {method} {route.path} is not declared"
        return _problem(_error(document), body)
    return _problem(_success(document, method.lower(), route.path), body)


def _problem(schema: jsonschema_rs.Validator, body: Any) -> str:
    error = next(schema.iter_errors(body), None)
    return "" if error is None else f"{error.message[:500]} at {error.instance_path}"


@cache
def _document(path: str) -> Any:
    return json.loads(reference.document_text(path))


@cache
def _error(path: str) -> jsonschema_rs.Validator:
    document = _document(path)
    return jsonschema_rs.validator_for(
        {**document["components"]["schemas"]["Error"], "components": document["components"]}
    )


@cache
def _success(path: str, method: str, template: str) -> jsonschema_rs.Validator:
    document = _document(path)
    operation = document["paths"][template][method]
    (content,) = next(iter(operation["responses"].values()))["content"].values()
    return jsonschema_rs.validator_for({**content["schema"], "components": document["components"]})
