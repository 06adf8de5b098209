"""Strategies for requests that a route does not expect, or only nearly."""

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from dealflow.wire import Number, Route
from tests.support.routes import ROUTES, Ask, resource_of

Values = st.SearchStrategy[Any]

EDGES: Final = (0, -1, 1, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64, 10**20, 10**29)
WORDS: Final = (
    "",
    " ",
    "0",
    "1",
    "-1",
    "1.5",
    "1e400",
    "-0",
    "NaN",
    "Infinity",
    "null",
    "true",
    "id",
    "name asc",
    "add_time DESC",
    "everyone",
    "1,2,3",
    "1,,2",
    ",",
    "EUR",
    "default_currency",
    "open,won",
    "2026-01-31",
    "2026-02-30",
    "0000-00-00",
    "9999-12-31",
    "10000-01-01",
    "2026-01-31T12:00:00Z",
    "2026-01-31T25:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59",
    "2026-01-31 12:00:00",
    "12:30",
    "'",
    '"',
    "\\",
    "%",
    "_",
    "a@b.c",
    "..",
    "🜚",
    "\ufb03",
    "\u0131",
    "e\u0301",
    "\u202e",
    "\u200b",
)

texts: Final = st.one_of(st.sampled_from(WORDS), st.text(max_size=30))
numbers: Final = st.one_of(
    st.sampled_from(EDGES),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from((1e-7, 1e308, -0.0, 0.5, 99.99995)),
)
scalars: Final = st.one_of(st.none(), st.booleans(), numbers, texts)
documents: Final = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=8,
)


SIMPLE: Final[Mapping[type, Values]] = {
    inspect.StrType: texts,
    inspect.BoolType: st.booleans(),
    inspect.NoneType: st.none(),
    inspect.DictType: st.dictionaries(texts, documents, max_size=4),
}


def fitting(kind: inspect.Type) -> Values:
    """Values of a declared type, its bounds left aside."""
    if isinstance(kind, inspect.IntType):
        return st.one_of(st.integers(1, 9), st.sampled_from(EDGES))
    if isinstance(kind, inspect.LiteralType):
        return st.sampled_from(kind.values)
    if isinstance(kind, inspect.ListType):
        return st.lists(or_junk(kind.item_type), max_size=5)
    if isinstance(kind, inspect.StructType):
        return st.fixed_dictionaries({}, optional={each.encode_name: or_junk(each.type) for each in kind.fields})
    if isinstance(kind, inspect.UnionType):
        return st.one_of(*[fitting(each) for each in kind.types])
    if isinstance(kind, inspect.CustomType) and kind.cls is Number:
        return numbers
    return SIMPLE.get(type(kind), documents)


def or_junk(kind: inspect.Type) -> Values:
    return st.one_of(fitting(kind), fitting(kind), documents)


def loose_fields(route: Route) -> dict[str, Values]:
    """What a body of free form may have: whatever other routes of the resource declare."""
    declared = [
        msgspec.inspect.type_info(each.body)
        for each in ROUTES
        if each.body is not None and resource_of(each) == resource_of(route)
    ]
    return {
        field.encode_name: or_junk(field.type)
        for each in declared
        if isinstance(each, inspect.StructType)
        for field in each.fields
    }


def bodies(route: Route, example: Any) -> Values:
    """Bodies built from what the route declares, or nearly."""
    declared = msgspec.inspect.type_info(route.body)
    loose = isinstance(declared, inspect.DictType)
    made = st.fixed_dictionaries({}, optional=loose_fields(route)) if loose else fitting(declared)
    nearly = st.builds(_over, st.just(example), made)
    return st.one_of(made, nearly, nearly, documents)


def _over(example: Any, changes: Any) -> Any:
    """The example with changes, so that what is required is mostly there."""
    if isinstance(example, dict) and isinstance(changes, dict):
        return {**copy.deepcopy(example), **changes}
    return changes


def queries(route: Route, example: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """Query strings of the route's own parameters and others."""
    declared = {} if route.query is None else {each.encode_name: or_junk(each.type) for each in _fields(route.query)}
    own = st.fixed_dictionaries({}, optional=declared)
    pairs = st.lists(st.tuples(texts, texts), max_size=2)
    return st.builds(
        lambda given, more: urlencode([*{**example, **{k: _plain(v) for k, v in given.items()}}.items(), *more]),
        own,
        pairs,
    )


def _fields(struct: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    kind = msgspec.inspect.type_info(struct)
    assert isinstance(kind, inspect.StructType)
    return kind.fields


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def paths(ask: Ask) -> st.SearchStrategy[str]:
    """Targets of the route, with ids that exist and others."""
    parts = [
        st.one_of(st.just(str(ask.path[part[1:-1]])), st.sampled_from(EDGES).map(str), texts.map(_quoted))
        if part.startswith("{")
        else st.just(part)
        for part in ask.route.path.split("/")
    ]
    prefix = ask.route.dialect.prefixes[-1]
    join: Callable[..., str] = lambda *given: prefix + "/".join(given)  # noqa: E731  builds wants a function
    return st.builds(join, *parts)


def _quoted(text: str) -> str:
    return quote(text, safe="") or "%20"


def requests(ask: Ask) -> st.SearchStrategy[tuple[str, str, bytes | None]]:
    """Method, target and body, around a request that works."""
    body = (
        st.none() if ask.route.body is None else bodies(ask.route, ask.body).map(lambda each: json.dumps(each).encode())
    )
    target = st.builds(lambda path, query: f"{path}?{query}", paths(ask), queries(ask.route, ask.query))
    return st.tuples(st.just(ask.route.method), target, body)
