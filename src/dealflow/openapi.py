"""OpenAPI 3.1 documents, made from the tables of routes and the types that handlers name.

Of no dialect: what a table does not say of itself (how to sign in, what surrounds the data, how an error looks) is in
the `Api` that a dialect gives.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import msgspec

from dealflow.wire import INT64, Number, Route, Routes

Json = dict[str, Any]

# Plain types in a path: an id, and a word.
IN_PATH: Final[Mapping[Any, Json]] = {
    int: {"type": "integer", "minimum": 1, "maximum": INT64},
    str: {"type": "string", "minLength": 1},
}
JSON_TYPE: Final = "application/json"
_REFERENCE: Final = "#/components/schemas/{name}"
_IN_PATH: Final = re.compile(r"\{(\w+)\}")


class Refusal(NamedTuple):
    """Why a route may refuse a request, and the headers of such a reply."""

    why: str
    headers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Api:
    """A table of routes and what it cannot say of itself.

    `security`: the ways to sign in, by name; one of them is enough. `bodies`: the media types of bodies. `envelope`:
    the schema of a success, given the route and the schema of what it shows; `shown_at` is where in the envelope that
    is, as a JSON pointer. `body`: the schema of a body, given the route and that of its type. `error`: the schema of
    every error. `refusals`: what can go wrong on a route, by status.
    """

    table: Routes
    title: str
    version: str
    description: str
    security: Mapping[str, Json]
    bodies: tuple[str, ...]
    envelope: Callable[[Route, Json], Json]
    shown_at: str
    error: Json
    refusals: Callable[[Route], Mapping[int, Refusal]]
    body: Callable[[Route, Json], Json] = lambda _, schema: schema

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.table.dialect.name


def document(api: Api) -> Json:
    """The document, with every route of the table."""
    schemas = _Schemas(api.table.routes)
    names = operation_names(api.table)
    paths: dict[str, Json] = {}
    refusals: dict[int, Refusal] = {}
    for route in api.table:
        refusals.update(api.refusals(route))
        operation = _operation(api, route, names[route], schemas)
        if links := _links(api, route, names, schemas):
            operation["responses"][str(route.status)]["links"] = links
        paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": api.title, "version": api.version, "description": api.description},
        "servers": [{"url": prefix} for prefix in api.table.dialect.prefixes],
        "security": [{name: []} for name in api.security],
        "tags": [{"name": each} for each in dict.fromkeys(map(resource, api.table))],
        "paths": paths,
        "components": {
            "securitySchemes": dict(api.security),
            "responses": {str(status): _refusal(status, refusals[status]) for status in sorted(refusals)},
            "schemas": {**schemas.components, "Error": api.error},
        },
    }


def resource(route: Route) -> str:
    """The first word of the path, by which routes are grouped."""
    return route.path.split("/")[1]


def operation_names(table: Iterable[Route]) -> dict[Route, str]:
    """A name for each route, after its handler; with its resource where several have the same handler's name."""
    routes = list(table)
    often = Counter(route.handler.__name__ for route in routes)
    return {
        route: route.handler.__name__ + (f"_{resource(route)}" if often[route.handler.__name__] > 1 else "")
        for route in routes
    }


def summary(route: Route) -> str:
    """What a route does, in a few words."""
    return route.handler.__name__.replace("_", " ").capitalize()


def _operation(api: Api, route: Route, name: str, schemas: "_Schemas") -> Json:
    shown: Json = {
        "operationId": name,
        "summary": summary(route),
        "tags": [resource(route)],
        "parameters": [
            *_path_parameters(route),
            *_parameters("query", route.query),
            *_parameters("header", route.headers),
        ],
        "responses": _responses(api, route, schemas),
        "x-cost": route.cost,
        "x-scopes": list(route.scopes),
        "x-section": route.section,
    }
    if route.admin:
        shown["x-admin"] = True
    if route.handler.__doc__:
        shown["description"] = route.handler.__doc__
    if route.body is not None:
        shown["requestBody"] = {
            "required": schemas.has_to_be_sent(route),
            "content": {kind: {"schema": api.body(route, schemas.taken(route))} for kind in api.bodies},
        }
    return shown


def _links(api: Api, route: Route, names: Mapping[Route, str], schemas: "_Schemas") -> Json:
    """What can be done with what a route made: the routes below its path, by name."""
    if route.method != "POST":
        return {}
    attributes = schemas.attributes(schemas.shown(route))
    links = {}
    for other in api.table:
        below = _IN_PATH.match(other.path.removeprefix(f"{route.path}/"))
        made = [name for name in (below[1], "id") if name in attributes] if below else []
        if below and made:
            above = {name: f"$request.path.{name}" for name in _IN_PATH.findall(route.path)}
            parameters = {**above, below[1]: f"$response.body#{api.shown_at}/{made[0]}"}
            links[names[other]] = {"operationId": names[other], "parameters": parameters}
    return links


def _path_parameters(route: Route) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": IN_PATH.get(kind) or msgspec.json.schema(kind)}
        for name, kind in zip(_IN_PATH.findall(route.path), route.parameters, strict=True)
    ]


def _responses(api: Api, route: Route, schemas: "_Schemas") -> Json:
    success: Json = {"description": HTTPStatus(route.status).phrase}
    if route.shows is not None:
        success["content"] = {JSON_TYPE: {"schema": api.envelope(route, schemas.shown(route))}}
    nothing = {"204": {"description": "There is nothing to show"}} if route.may_be_empty else {}
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(api.refusals(route))}
    return {str(route.status): success, **nothing, **refusals}


def _refusal(status: int, refusal: Refusal) -> Json:
    shown: Json = {
        "description": f"{HTTPStatus(status).phrase}: {refusal.why}",
        "content": {JSON_TYPE: {"schema": {"$ref": _REFERENCE.format(name="Error")}}},
    }
    if refusal.headers:
        shown["headers"] = {name: {"required": True, "schema": {"type": "string"}} for name in refusal.headers}
    return shown


# --------------------------------------------------------------------------------------------------------- schemas


class _Schemas:
    """The schemas of what a table's routes show and take; `components` are those that others refer to."""

    def __init__(self, routes: Sequence[Route]) -> None:
        shown_and_taken = [kind for route in routes for kind in (route.shows, route.form or route.body)]
        found, components = msgspec.json.schema_components(
            shown_and_taken, schema_hook=_special, ref_template=_REFERENCE
        )
        self.components = {name: _untitled(schema) for name, schema in components.items()}
        self._shown = dict(zip(routes, found[::2], strict=True))
        self._taken = dict(zip(routes, found[1::2], strict=True))

    def shown(self, route: Route) -> Json:
        """What a success shows."""
        return self._shown[route]

    def taken(self, route: Route) -> Json:
        """The body."""
        return self._taken[route]

    def attributes(self, schema: Json) -> Collection[str]:
        """The names of an object's attributes; none if it is no object."""
        name = schema.get("$ref", "").rpartition("/")[2]
        return self.components[name]["properties"] if name else ()

    def has_to_be_sent(self, route: Route) -> bool:
        """Whether a request without a body cannot be right."""
        schema = self._taken[route]
        name = schema.get("$ref", "").rpartition("/")[2]
        return not name or "required" in schema or bool(self.components[name].get("required"))


def _special(kind: type) -> Json:
    """The schema of a type that msgspec does not know."""
    if kind is Number:
        return {"type": "number"}
    raise NotImplementedError(kind)


def _untitled(schema: Json) -> Json:
    return {name: value for name, value in schema.items() if name != "title"}


def _parameters(place: str, struct_type: type[msgspec.Struct] | None) -> list[Json]:
    """The parameters of query or headers. What has a default may be left out; null and empty text are no values."""
    if struct_type is None:
        return []
    _, components = msgspec.json.schema_components([struct_type], schema_hook=_special)
    (struct,) = components.values()
    required = struct.get("required", ())
    return [
        {"name": name, "in": place, "required": name in required, "schema": _without_null(schema)}
        for name, schema in struct["properties"].items()
    ]


def _without_null(schema: Json) -> Json:
    kept = {name: value for name, value in schema.items() if name != "anyOf"}
    if kept.get("default", 0) in (None, ""):
        del kept["default"]
    options = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    return {**kept, **(options[0] if len(options) == 1 else {"anyOf": options} if options else {})}
