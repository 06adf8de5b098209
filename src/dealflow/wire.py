"""Requests, replies and the table of routes: what any HTTP surface needs, of no dialect.

A handler is a plain function of a `Tx` and of what its signature names: the parameters in its path, `query`, `body`
and `headers` typed as msgspec structs. The table is compiled when the server starts and is also where costs, scopes,
the strict mode, the isolation tests and the coverage page come from.
"""

import contextlib
import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from http import HTTPStatus
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal, NoReturn, Protocol, TypeVar, get_type_hints
from urllib.parse import parse_qsl

import msgspec

from dealflow.core.errors import DealflowError, Invalid

DEEPEST: Final = 64
MOST_CONTAINERS: Final = 20_000
LARGEST_BODY: Final = 1_000_000
MOST_PARAMETERS: Final = 200
INT64: Final = 2**63 - 1

Int = Annotated[int, msgspec.Meta(ge=-INT64, le=INT64)]
Id = Annotated[int, msgspec.Meta(ge=1, le=INT64)]
# What `money.number` gives: whole or with a fraction.
NumberOut = Annotated[Any, msgspec.Meta(extra_json_schema={"type": "number"})]
Headers = dict[bytes, bytes]
Handler = Callable[..., "Reply"]


class BadRequest(DealflowError):
    """The request cannot be read: its syntax, its encoding, its depth. The text is for people.

    `part` is what of it: body, query or header.
    """

    def __init__(self, why: str, *, part: Literal["body", "query", "header"] = "body") -> None:
        super().__init__(why)
        self.part = part


class UnsupportedBody(DealflowError):
    """The body comes in a form this route does not take."""


class BadHeader(DealflowError):
    """A header that is missing or not understood."""

    def __init__(self, name: str, why: str, *, status: int = 400, code: str = "invalid_header") -> None:
        super().__init__(why)
        self.name = name
        self.status = status
        self.code = code


class Unauthorized(DealflowError):
    """No token, or none that opens this server. `malformed`: the header itself is not of the right form."""

    def __init__(self, *, bearer: bool = False, malformed: bool = False) -> None:
        super().__init__("unauthorized")
        self.bearer = bearer
        self.malformed = malformed


class NoRoute(DealflowError):
    """There is nothing at this path."""


class WrongMethod(DealflowError):
    """The path exists, the method does not. `allowed` lists those that do."""

    def __init__(self, allowed: Iterable[str]) -> None:
        super().__init__("method not allowed")
        self.allowed = sorted(allowed)


class ScopeMissing(DealflowError):
    """The token was not granted what this route asks for."""


class OutOfBounds(DealflowError):
    """The request breaks a bound of HTTP itself, before it is known what it asks for. `status` says which."""

    def __init__(self, status: int) -> None:
        super().__init__(HTTPStatus(status).phrase)
        self.status = status


class TooLarge(DealflowError):
    """The body is larger than this server takes."""


class OverLimit(DealflowError):
    """The burst or the day's budget is spent. `headers` are those of the limits."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("over limit")
        self.retry_after_s = retry_after_s


class KeyReused(DealflowError):
    """An idempotency key came back with another request."""


class Reply:
    """A status and what to say: an object that msgspec encodes as JSON, or bytes that go out as they are."""

    __slots__ = ("content", "headers", "status")

    def __init__(self, status: int, content: Any, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self.status = status
        self.content = content
        self.headers = headers


class Request:
    """One HTTP request, its body read.

    Header names are lower case; what came in several lines of one name is one value with commas. `peer` is the address
    at the connection's end.
    """

    __slots__ = (
        "body",
        "cross_origin",
        "headers",
        "id",
        "is_api",
        "method",
        "path",
        "peer",
        "query",
        "selection",
        "started",
    )

    def __init__(self, method: str, path: str, query: bytes, headers: Headers, body: bytes = b"") -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.selection: tuple[str, ...] = ()
        self.started = 0.0
        self.is_api = True
        self.cross_origin = False
        self.id = b""
        self.peer = ""

    @property
    def bearer(self) -> bytes | None:
        """The token of an Authorization header; None if that is missing or of another form."""
        words = self.headers.get(b"authorization", b"").split()
        return words[1] if len(words) == 2 and words[0].lower() == b"bearer" else None

    def header(self, name: bytes) -> str | None:
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def origin(self) -> str:
        """The address under which the client knows this server, such as `http://localhost:8000`."""
        said = self.headers.get
        return _origin(said(b"host", b""), said(b"x-forwarded-host", b""), said(b"x-forwarded-proto", b""))

    @property
    def address(self) -> str:
        """Where the request comes from. What a proxy says of it is believed if the proxy is near."""
        passed_on = (self.header(b"x-forwarded-for") or "").rpartition(",")[2].strip()
        return passed_on if passed_on and _is_near(self.peer) else self.peer


_HOST: Final = re.compile(r"[A-Za-z0-9.\-_\[\]:]{1,255}")


@lru_cache(maxsize=256)
def _origin(host: bytes, passed_on: bytes, scheme: bytes) -> str:
    named = (_first(passed_on), host.decode("latin-1"))
    known = next((each for each in named if _HOST.fullmatch(each)), "localhost")
    return f"{'https' if _first(scheme).lower() == 'https' else 'http'}://{known}"


def _first(listed: bytes) -> str:
    """What the proxy nearest to the client said, where each of several adds its word."""
    return listed.partition(b",")[0].strip().decode("latin-1")


def _is_near(address: str) -> bool:
    """Whether an address is of this machine or of a private network."""
    try:
        return ip_address(address).is_private
    except ValueError:
        return False


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One row of the table.

    `without_query` is the query of a request that has no parameters; None if the route demands some.

    `path` is without the prefixes. `writes`: runs in a transaction that is committed. `headers` are those the
    handler reads. `cost` is in tokens, `scopes` those of which a token needs one. `pooled`: may
    take long, so it never runs where other requests wait. `public`: nobody signs in; the `Tx` is of no company.
    `before`: what takes long and changes nothing, done ahead of the transaction; the handler gets it as `found`.

    For readers of the reference only: `status` is that of a success, `shows` the type of what it shows, None for
    nothing, and `form` that of the body where it says more than `body`. `may_be_empty`: there may be nothing to show,
    which 204 tells.
    """

    dialect: "Dialect"
    method: str
    path: str
    handler: Handler
    section: str
    cost: int
    scopes: tuple[str, ...]
    writes: bool
    admin: bool
    pooled: bool
    public: bool
    parameters: tuple[type, ...]
    query: type[msgspec.Struct] | None
    without_query: msgspec.Struct | None
    body: Any
    status: int
    shows: Any
    form: Any
    may_be_empty: bool
    headers: type[msgspec.Struct] | None
    before: Callable[..., Any] | None = None

    @property
    def query_names(self) -> frozenset[str]:
        """The query parameters this route knows."""
        return frozenset(self.query.__struct_encode_fields__) if self.query else frozenset()


def _without_parameters(query: type[msgspec.Struct] | None) -> msgspec.Struct | None:
    if query is None or any(each.required for each in msgspec.structs.fields(query)):
        return None
    return query()


class Dialect(Protocol):
    """How one wire API reads requests and says what went wrong.

    `surface` is what the event log calls it. `headers` go with every answer. `routes_first`: an unknown path is told
    before a missing token is. `strict`: a query parameter that a route does not know is an error. `cross_origin`:
    pages of other origins may read the answers. `selects`: `:(id,title)` behind a path picks attributes.
    """

    name: str
    prefixes: tuple[str, ...]
    surface: str
    headers: tuple[tuple[bytes, bytes], ...]
    routes_first: bool
    strict: bool
    cross_origin: bool
    selects: bool

    def token(self, request: Request) -> bytes:
        """The secret the request signs in with. Raises Unauthorized."""
        ...

    def check(self, request: Request) -> None:
        """Look at the headers, once it is known who asks. Raises what `error` can tell."""
        ...

    def read_query(self, route: Route, pairs: list[tuple[str, str]]) -> Any: ...
    def read_body(self, route: Route, request: Request) -> Any: ...
    def read_path(self, kind: type, text: str) -> Any: ...
    def error(self, error: Exception, request: Request) -> Reply: ...
    def shaped(self, reply: Reply, request: Request) -> Reply: ...


@dataclass
class Routes:
    """The routes of one dialect, matched segment by segment, in time that does not grow with the table."""

    dialect: Dialect
    routes: list[Route] = field(default_factory=list)
    _tree: dict[str, Any] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes)

    def add(
        self,
        method: str,
        path: str,
        *,
        section: str,
        cost: int,
        scopes: str,
        admin: bool = False,
        pooled: bool = False,
        public: bool = False,
        writes: bool | None = None,
        before: Callable[..., Any] | None = None,
        status: int = 200,
        shows: Any = Any,
        form: Any = None,
        may_be_empty: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Register a handler for a method and a path such as `/deals/{id}`; scopes are separated by spaces.

        `writes`: whether it changes anything, where the method does not tell. `before` takes what the handler takes,
        but for `found`, which is what it answers.
        """

        def register(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            names = list(inspect.signature(handler).parameters)[1:]
            in_path = [part[1:-1] for part in path.split("/") if part.startswith("{")]
            if [name for name in names if name not in ("query", "body", "headers", "found")] != in_path:
                raise TypeError(f"{handler.__name__} must take the parameters of {path}: {in_path}")
            self.routes.append(
                Route(
                    dialect=self.dialect,
                    method=method,
                    path=path,
                    handler=handler,
                    section=section,
                    cost=cost,
                    scopes=tuple(scopes.split()),
                    writes=method != "GET" if writes is None else writes,
                    admin=admin,
                    pooled=pooled,
                    public=public,
                    parameters=tuple(hints[name] for name in in_path),
                    query=hints.get("query"),
                    without_query=_without_parameters(hints.get("query")),
                    body=hints.get("body"),
                    status=status,
                    shows=shows,
                    form=form,
                    may_be_empty=may_be_empty,
                    headers=hints.get("headers"),
                    before=before,
                )
            )
            self._insert(self.routes[-1])
            return handler

        return register

    def _insert(self, route: Route) -> None:
        node = self._tree
        for part in route.path.strip("/").split("/"):
            node = node.setdefault("{}" if part.startswith("{") else part, {})
        methods = node.setdefault("", {})
        if route.method in methods:
            raise TypeError(f"{route.method} {route.path} is registered twice")
        methods[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route, list[str]]:
        """The route of a path without prefix, and the values in it. Raises NoRoute, WrongMethod."""
        node = self._tree
        values: list[str] = []
        for part in path.rstrip("/").split("/"):
            step = node.get(part) if part else None
            if step is None:
                step = node.get("{}")
                if step is None or not part:
                    raise NoRoute(path)
                values.append(part)
            node = step
        methods = node.get("")
        if methods is None:
            raise NoRoute(path)
        route = methods.get("GET" if method == "HEAD" else method)
        if route is None:
            raise WrongMethod(methods)
        return route, values


# ------------------------------------------------------------------------------------------------------- reading


def read_pairs(query: bytes) -> list[tuple[str, str]]:
    """The parameters of a query string or of a form, in order. Raises BadRequest."""
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError:
        raise BadRequest("the parameters are no valid form", part="query") from None
    for name, value in pairs:
        if "\0" in name or "\0" in value:
            raise BadRequest("a parameter holds a zero character", part="query")
    return pairs


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key appears twice")
    return found


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not -400 < number.adjusted() < 400:
        raise ValueError("a number is out of range")
    return number


def _integer(text: str) -> int:
    if len(text) > 30:
        raise ValueError("a number is out of range")
    return int(text)


_ALL_SQUARE: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_number, parse_int=_integer
)


def read_json(body: bytes) -> Any:
    """A JSON document: UTF-8, no key twice, at most 64 deep, at most 20,000 objects and arrays, no NaN, no half
    surrogates, no U+0000.

    Numbers with a fraction become Decimal. Raises BadRequest.
    """
    try:
        text = body.decode("utf-8")
        if body.count(b"[") + body.count(b"{") > DEEPEST and _is_too_nested(body):
            raise BadRequest("the body is nested too deep or too often")
        document = _decoder.decode(text)
    except (ValueError, RecursionError, ArithmeticError):
        raise BadRequest("the body is not valid JSON") from None
    if "\\u" in text:
        _check_text(document)
    elif "\0" in text:
        raise BadRequest("the body is not valid JSON")
    return document


def _is_too_nested(body: bytes) -> bool:
    """Whether there are more brackets than allowed, nested deeper, or without a partner.

    Whatever the body, it takes little time.
    """
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    brackets = b"".join(unescaped.split(b'"')[::2]).translate(_ALL_SQUARE, _NO_BRACKETS)
    if len(brackets) > 2 * MOST_CONTAINERS:
        return True
    for _ in range(DEEPEST):
        outer = brackets.replace(b"[]", b"")
        if len(outer) == len(brackets):
            break
        brackets = outer
    return bool(brackets)


def _check_text(document: Any) -> None:
    waiting = [document]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if "\0" in each or any("\ud800" <= char <= "\udfff" for char in each):
                raise BadRequest("a text holds characters that are not valid Unicode")
        elif isinstance(each, dict):
            waiting.extend(each)
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)


class Number(Decimal):
    """A JSON number, kept exactly; in lenient reading also text that is one."""


S = TypeVar("S")


def _strict_number(kind: type, value: Any) -> Any:
    if kind is Number and isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Number(value)
    raise TypeError("Expected `number`")


def _loose_number(kind: type, value: Any) -> Any:
    if kind is Number and isinstance(value, str):
        with contextlib.suppress(ArithmeticError):
            number = Number(value.strip())
            if number.is_finite():
                return number
    return _strict_number(kind, value)


def convert(value: Any, to: type[S], *, strict: bool = True) -> S:
    """A decoded document or mapping as the type. Raises Invalid, naming the field with its path."""
    try:
        return msgspec.convert(value, to, strict=strict, dec_hook=_strict_number if strict else _loose_number)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None


def read_headers(request: Request, to: type[S]) -> S:
    """The headers that a struct names in lower case, `rename="kebab"` making its names so. Raises BadHeader."""
    given = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.items()}
    try:
        return convert(given, to, strict=False)
    except Invalid as error:
        raise BadHeader(error.field, error.reason) from None


def read_parameters(pairs: Iterable[tuple[str, str]], to: type[S]) -> S:
    """The parameters of a query as the type; the last of repeated ones counts. Raises Invalid, for `null` too."""
    texts = dict(pairs)
    found = convert(texts, to, strict=False)
    for name, text in texts.items():
        if text.lower() == "null" and getattr(found, name, text) is None:
            raise Invalid(name, "must not be null")
    return found


def _invalid(text: str) -> Invalid:
    reason, _, path = text.partition(" - at `")
    name = path.rstrip("`").removeprefix("$").lstrip(".").removeprefix("key in ")
    if reason.startswith("Object missing required field"):
        missing = reason.split("`")[1]
        return Invalid(f"{name}.{missing}" if name else missing, "is required")
    return Invalid(name or "body", reason.replace("`", "").lower().replace("expected", "must be", 1))


# How the texts below are told to readers of the reference; what reads them also checks them.
NameText = Annotated[str, msgspec.Meta(extra_json_schema={"minLength": 1, "pattern": "\\S"})]
IdsText = Annotated[
    str, msgspec.Meta(description="Ids, comma-separated", extra_json_schema={"pattern": "^[0-9,\\s]*$"})
]
InstantText = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
DayText = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date"})]


def needs(*names: str) -> msgspec.Meta:
    """The same for a body that lacks nothing of this; what reads it decides."""
    return msgspec.Meta(extra_json_schema={"required": list(names)})


def words_of(allowed: Iterable[str]) -> msgspec.Meta:
    """The same for text that `read_words` reads."""
    words = sorted(allowed)
    word = rf"\s*(({'|'.join(map(re.escape, words))})\s*)?"
    pattern = f"^{word}(,{word})*$"
    return msgspec.Meta(description=f"Comma-separated: {', '.join(words)}", extra_json_schema={"pattern": pattern})


def read_ids(text: str, name: str, most: int) -> list[int]:
    """The ids of a comma-separated list, in order, repeats left out. Raises Invalid."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if len(parts) > most:
        raise Invalid(name, f"must have at most {most} entries")
    ids = []
    for part in parts:
        if not (part.isascii() and part.isdigit() and len(part) < 19):
            raise Invalid(name, "must be a comma-separated list of ids")
        ids.append(int(part))
    return list(dict.fromkeys(ids))


def read_words(text: str, name: str, allowed: Mapping[str, Any] | frozenset[str]) -> list[str]:
    """The words of a comma-separated list, each of them allowed. Raises Invalid."""
    words = [part.strip() for part in text.split(",") if part.strip()]
    for word in words:
        if word not in allowed:
            raise Invalid(name, f"unknown value {word[:40]!r}")
    return list(dict.fromkeys(words))


# ------------------------------------------------------------------------------------------------------- writing

_encoder = msgspec.json.Encoder(decimal_format="number")
encode = _encoder.encode


def given(body: msgspec.Struct) -> dict[str, Any]:
    """The attributes a body sent, null ones included."""
    return {name: value for name in body.__struct_fields__ if (value := getattr(body, name)) is not msgspec.UNSET}
