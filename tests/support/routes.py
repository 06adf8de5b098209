"""Every route with a request that works, and every place in it where an id goes.

Routes come from the tables of the program. One that writes, or that needs a parameter, has its example here; a test
fails for a route without one, and for an id whose kind cannot be told from its name.
"""

import copy
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, Self

import msgspec

from dealflow.dialects.pipedrive.routes import TABLES
from dealflow.dialects.pipedrive.v1.deals import DealBody
from dealflow.dialects.pipedrive.v1.organizations import OrganizationBody
from dealflow.dialects.pipedrive.v1.persons import PersonBody
from dealflow.wire import Route
from tests.support.server import Client, Json, Response
from tests.support.world import FIELD_ROUTES, World

ROUTES: Final = [route for table in TABLES for route in table]


def version_of(route: Route) -> str:
    """v1 or v2."""
    return route.dialect.name.rpartition("-")[2]


def name_of(route: Route) -> str:
    """Such as `v2 GET /deals/{deal_id}`."""
    return f"{version_of(route)} {route.method} {route.path}"


def resource_of(route: Route) -> str:
    """The first word of the path."""
    return route.path.split("/")[1]


@dataclass(frozen=True)
class Ask:
    """One request, path parameters still apart."""

    route: Route
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Json = None

    def by(self, client: Client, prefix: str | None = None) -> Response:
        path = re.sub(r"\{(\w+)\}", lambda found: str(self.path[found[1]]), self.route.path)
        prefix = self.route.dialect.prefixes[-1] if prefix is None else prefix
        return client.call(self.route.method, prefix + path, self.body, query=self.query)

    def asking(self, **query: object) -> Self:
        return replace(self, query={**self.query, **query})


# -------------------------------------------------------------------------------------------------------- examples

Example = Callable[[World], Json]


def _option(resource: str, **more: str) -> Example:
    return lambda world: [{"id": world[f"option {resource}"], **more}]


def _ids_of(kind: str) -> Example:
    return lambda world: {"ids": world[kind]}


_numbers: Final = itertools.count(1)
_DEAL: Final = {"title": "New deal"}
_PLACES: Final[Mapping[str, Example]] = {
    "v1 POST /pipelines": lambda _: {"name": "Partners"},
    "v1 PUT /pipelines/{pipeline_id}": lambda _: {"name": "Partners"},
    "v1 POST /stages": lambda w: {"name": "Legal", "pipeline_id": w["pipeline"]},
    "v1 PUT /stages/{stage_id}": lambda _: {"name": "Legal"},
    "v2 POST /pipelines": lambda _: {"name": "Partners"},
    "v2 PATCH /pipelines/{pipeline_id}": lambda _: {"name": "Partners"},
    "v2 POST /stages": lambda w: {"name": "Legal", "pipeline_id": w["pipeline"]},
    "v2 PATCH /stages/{stage_id}": lambda _: {"name": "Legal"},
    "v1 POST /users": lambda _: {"email": f"new{next(_numbers)}@example.com"},
    "v1 PUT /users/{user_id}": lambda _: {"active_flag": False},
}
_DEALS: Final[Mapping[str, Example]] = {
    "v1 POST /deals": lambda _: _DEAL,
    "v1 PUT /deals/{deal_id}": lambda _: _DEAL,
    "v2 POST /deals": lambda _: _DEAL,
    "v2 PATCH /deals/{deal_id}": lambda _: _DEAL,
    **{
        f"{version} POST /{resource}/{{{each}_id}}/followers": lambda w: {"user_id": w.server.admin.user_id}
        for version in ("v1", "v2")
        for resource, each in (("deals", "deal"), ("persons", "person"), ("organizations", "organization"))
    },
    "v1 POST /deals/{deal_id}/participants": lambda w: {"person_id": w["spare person"]},
}
_PARTIES: Final[Mapping[str, Example]] = {
    f"{version} {method}": lambda _: {"name": "New name"}
    for version, verb in (("v1", "PUT"), ("v2", "PATCH"))
    for resource, each in (("persons", "person"), ("organizations", "organization"))
    for method in (f"POST /{resource}", f"{verb} /{resource}/{{{each}_id}}")
}
_FIELDS: Final[Mapping[str, Example]] = {
    name: example
    for resource in FIELD_ROUTES
    for name, example in {
        f"v1 POST /{resource}": lambda _: {"name": "Size", "field_type": "double"},
        f"v1 PUT /{resource}/{{field_id}}": lambda _: {"name": "Size"},
        f"v2 POST /{resource}": lambda _: {"field_name": "Size", "field_type": "double"},
        f"v2 PATCH /{resource}/{{field_code}}": lambda _: {"field_name": "Size"},
        f"v2 POST /{resource}/{{field_code}}/options": lambda _: [{"label": "Green"}],
        f"v2 PATCH /{resource}/{{field_code}}/options": _option(resource, label="X"),
        f"v2 DELETE /{resource}/{{field_code}}/options": _option(resource),
    }.items()
}
BODIES: Final[Mapping[str, Example]] = {**_PLACES, **_DEALS, **_PARTIES, **_FIELDS}

QUERIES: Final[Mapping[str, Example]] = {
    "v1 DELETE /stages": _ids_of("empty stage"),
    "v1 DELETE /deals": _ids_of("deal"),
    "v1 GET /users/find": lambda _: {"term": "Ann"},
    **{
        f"v1 GET /pipelines/{{pipeline_id}}/{which}_statistics": lambda _: {
            "start_date": "2026-05-01",
            "end_date": "2026-05-31",
        }
        for which in ("conversion", "movement")
    },
    **{f"v1 DELETE /{resource}": _ids_of(f"field {resource}") for resource in FIELD_ROUTES},
    **{
        f"{v} GET /{r}/search": lambda _: {"term": "Gl"}
        for v in ("v1", "v2")
        for r in ("persons", "organizations", "deals")
    },
}

# What bodies that mix fields and custom fields are read as, by the first word of the path.
MIXED: Final[Mapping[str, type[msgspec.Struct]]] = {
    "deals": DealBody,
    "organizations": OrganizationBody,
    "persons": PersonBody,
}


def body_form(route: Route) -> Any:
    """The type of the body; that of its own fields where custom fields stand beside them."""
    mixed = isinstance(msgspec.inspect.type_info(route.body), msgspec.inspect.DictType)
    return MIXED[resource_of(route)] if mixed else route.body


def example(route: Route, world: World) -> Ask:
    """A request that works. Raises LookupError for a route that takes a body and has no example."""
    name = name_of(route)
    if route.body is not None and name not in BODIES:
        raise LookupError(f"add an example of {name} to {__name__}")
    return Ask(
        route,
        path={each: world[kind_of(route, each)] for each in re.findall(r"\{(\w+)\}", route.path)},
        query=QUERIES[name](world) if name in QUERIES else {},
        body=copy.deepcopy(BODIES[name](world)) if name in BODIES else None,
    )


# ------------------------------------------------------------------------------------------------------------- ids

KINDS: Final[Mapping[str, str]] = {
    "creator_user_id": "user",
    "deal_id": "deal",
    "deal_participant_id": "participant",
    "label": "label",
    "label_ids": "label",
    "org_id": "organization",
    "organization_id": "organization",
    "owner_id": "user",
    "person_id": "person",
    "pipeline_id": "pipeline",
    "pipeline_ids": "pipeline",
    "stage_id": "stage",
    "stage_ids": "stage",
    "user_id": "user",
}
# No such records exist yet, so every id is unknown.
UNKNOWN: Final = frozenset({"filter_id", "product_id"})
# What the caller's own systems call something.
FOREIGN_WORDS: Final = frozenset({"origin_id", "channel_id"})
COLLECTIONS: Final[Mapping[str, str]] = {
    "deals": "deal",
    "organizations": "organization",
    "persons": "person",
    "pipelines": "pipeline",
    "stages": "stage",
    "users": "user",
}
# Names of ids that do not look like one.
UNUSUAL: Final = frozenset({"custom_fields", "field_code", "statuses"})


def looks_like_id(name: str) -> bool:
    return re.search(r"(^|_)ids?$", name) is not None or name in UNUSUAL


def kind_of(route: Route, name: str) -> str:
    """The kind of record that an id of this name in this route belongs to. Raises LookupError."""
    resource = resource_of(route)
    if name in ("field_id", "field_code", "custom_fields"):
        fields = resource if resource in FIELD_ROUTES else f"{resource.removesuffix('s')}Fields"
        return f"{'field' if name == 'field_id' else 'code'} {fields}"
    if name == "statuses":
        return "pipeline"
    if name == "follower_id":
        return "follower" if version_of(route) == "v1" else "following user"
    if name in ("id", "ids"):
        if resource in FIELD_ROUTES:
            return f"{'option' if route.path.endswith('/options') else 'field'} {resource}"
        return COLLECTIONS[resource]
    if name in UNKNOWN:
        return "unknown"
    if name not in KINDS:
        raise LookupError(f"say in {__name__} what the id {name} of {name_of(route)} is of")
    return KINDS[name]


class Place(NamedTuple):
    """Where an id goes: in the path, the query or the body, and there under these names."""

    route: Route
    part: str
    names: tuple[str, ...]
    many: bool = False

    @property
    def kind(self) -> str:
        return kind_of(self.route, self.names[-1])

    def __str__(self) -> str:
        return f"{name_of(self.route)} {self.part} {'.'.join(self.names)}"

    def put(self, ask: Ask, value: object) -> Ask:
        """The request with this id in this place."""
        name = self.names[-1]
        if self.part == "path":
            return replace(ask, path={**ask.path, name: value})
        if self.part == "query":
            return ask.asking(**{name: value})
        return replace(ask, body=_placed(ask.body, self.names, [value] if self.many else _worded(name, value)))


def _worded(name: str, value: object) -> object:
    if name == "custom_fields":
        return {value: "text"}
    if name == "statuses":
        return {str(value): ["won"]}
    return value


def _placed(body: Json, names: tuple[str, ...], value: object) -> Json:
    if not names:
        return value
    if isinstance(body, list):
        return [_placed(body[0], names, value)]
    document = dict(body or {})
    document[names[0]] = _placed(document.get(names[0]), names[1:], value)
    return document


def id_places(route: Route) -> Iterator[Place]:
    """Every place of a route where an id goes."""
    for name in re.findall(r"\{(\w+)\}", route.path):
        yield Place(route, "path", (name,))
    for name in sorted(route.query_names):
        if looks_like_id(name) and name not in FOREIGN_WORDS:
            yield Place(route, "query", (name,))
    if route.body is not None:
        yield from _in_body(route)


def _in_body(route: Route) -> Iterator[Place]:
    form = body_form(route)
    for names, many in _ids_in(msgspec.inspect.type_info(form), ()):
        yield Place(route, "body", names, many=many)
    if form in MIXED.values():
        yield Place(route, "body", ("label",))


def _ids_in(kind: msgspec.inspect.Type, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], bool]]:
    if isinstance(kind, msgspec.inspect.StructType):
        for each in kind.fields:
            inside = (*names, each.encode_name)
            if looks_like_id(each.encode_name):
                if each.encode_name not in FOREIGN_WORDS:
                    yield inside, _is_list(each.type)
            else:
                yield from _ids_in(each.type, inside)
    elif isinstance(kind, msgspec.inspect.ListType):
        yield from _ids_in(kind.item_type, names)
    elif isinstance(kind, msgspec.inspect.UnionType):
        for option in kind.types:
            yield from _ids_in(option, names)


def _is_list(kind: msgspec.inspect.Type) -> bool:
    if isinstance(kind, msgspec.inspect.UnionType):
        return any(_is_list(option) for option in kind.types)
    return isinstance(kind, msgspec.inspect.ListType)


PLACES: Final = [place for route in ROUTES for place in id_places(route)]
