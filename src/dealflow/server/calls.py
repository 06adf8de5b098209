"""From a request to a reply, given a connection: route, token, limits, parameters, handler, idempotency.

`prepare` does what needs no writing and gives either the reply (most refusals) or the `Call` to run; `Call.run` does
the work inside a transaction that the caller begins and ends.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from dealflow.board.routes import TABLES as BOARD
from dealflow.core.errors import DealflowError, Invalid
from dealflow.core.time import Instant
from dealflow.dialects.routes import TABLES as DIALECTS
from dealflow.server.limits import Limiter
from dealflow.storage import counters, idempotency, users
from dealflow.storage.database import Connection
from dealflow.storage.tx import Tx
from dealflow.storage.users import Identity
from dealflow.wire import (
    BadRequest,
    Dialect,
    KeyReused,
    NoRoute,
    Reply,
    Request,
    Route,
    Routes,
    ScopeMissing,
    Unauthorized,
    encode,
    read_headers,
    read_pairs,
)

log = logging.getLogger("dealflow")

Clock = Callable[[], Instant]
LONGEST_KEY: Final = 255
NOBODY: Final = Identity(0, 0, None, None)
_BY_FIRST_SEGMENT: Final[Mapping[str, Routes]] = {
    prefix.strip("/"): table for table in (*DIALECTS, *BOARD) for prefix in table.dialect.prefixes
}


def system_clock() -> Instant:
    """Now, in microseconds UTC."""
    return Instant(time.time_ns() // 1_000)


def table_of(path: str) -> tuple[Routes, str] | None:
    """The table of routes a path belongs to and the path without its prefix; None if no dialect lives there."""
    first, _, rest = path.lstrip("/").partition("/")
    if first == "api":
        version, _, rest = rest.partition("/")
        first = f"api/{version}"
    table = _BY_FIRST_SEGMENT.get(first)
    return None if table is None else (table, rest)


class Answer:
    """What goes out: status, body, headers beyond the usual ones."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self.status = status
        self.body = body
        self.headers = headers


def refuse(dialect: Dialect, error: Exception, request: Request) -> Answer:
    """The answer to something raised; what nobody expected is logged and told as a bare 500."""
    if not isinstance(error, DealflowError):
        log.error("unexpected error", exc_info=error, extra={"method": request.method, "path": request.path})
    return _answer(dialect.error(error, request), dialect.headers)


def _answer(reply: Reply, headers: tuple[tuple[bytes, bytes], ...]) -> Answer:
    body = reply.content if type(reply.content) is bytes else encode(reply.content)
    return Answer(reply.status, body, reply.headers + headers)


class Call:
    """A request that may run: its route, who asks, and its parameters, read."""

    __slots__ = ("arguments", "company_id", "key", "limit_headers", "named", "request", "route", "user_id")

    def __init__(self, route: Route, request: Request, company_id: int, user_id: int) -> None:
        self.route = route
        self.request = request
        self.company_id = company_id
        self.user_id = user_id
        self.arguments: list[Any] = []
        self.named: dict[str, Any] = {}
        self.key: str | None = None
        self.limit_headers: tuple[tuple[bytes, bytes], ...] = ()

    def read(self, values: list[str]) -> None:
        """Take in body and headers, as far as the handler wants them, and the values in the path."""
        route, request = self.route, self.request
        if route.headers is not None:
            self.named["headers"] = read_headers(request, route.headers)
        if route.body is not None:
            self.named["body"] = route.dialect.read_body(route, request)
        for kind, text in zip(route.parameters, values, strict=True):
            self.arguments.append(route.dialect.read_path(kind, text))

    def run(self, db: Connection, now: Instant) -> Answer:
        """Do it. Raises DealflowError; the caller rolls back."""
        tx = Tx(db, self.company_id, self.user_id, now, self.route.dialect.surface)
        if not self.route.writes or self.route.public:
            return self._answer(tx)
        counters.queue_up(tx)
        if self.key is None:
            return self._answer(tx)
        digest = self._digest()
        kept = idempotency.find(tx, self.key)
        if kept is not None:
            if kept.request_hash != digest:
                raise KeyReused
            return Answer(kept.status, kept.body.encode(), (*self.extra_headers, (b"Idempotent-Replayed", b"true")))
        answer = self._answer(tx)
        idempotency.keep(tx, self.key, digest, answer.status, answer.body.decode())
        return answer

    def look(self, db: Connection, now: Instant) -> None:
        """Do what needs no transaction and may take long. Raises DealflowError."""
        if self.route.before is not None:
            tx = Tx(db, self.company_id, self.user_id, now, self.route.dialect.surface)
            self.named["found"] = self.route.before(tx, *self.arguments, **self.named)

    def _answer(self, tx: Tx) -> Answer:
        reply = self.route.handler(tx, *self.arguments, **self.named)
        reply = self.route.dialect.shaped(reply, self.request)
        return _answer(reply, self.extra_headers)

    @property
    def extra_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Those of the dialect and of the limits."""
        return self.route.dialect.headers + self.limit_headers

    def _digest(self) -> str:
        request = self.request
        parts = (request.method.encode(), request.path.encode(), request.query, request.body)
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def refuse(self, error: Exception) -> Answer:
        """The answer to an error of this call."""
        answer = refuse(self.route.dialect, error, self.request)
        answer.headers += self.limit_headers
        return answer


class Desk:
    """Reads requests: finds route and owner, keeps the limits.

    `limiters` are by surface. `strict`: unknown query parameters are errors whatever the dialect does.
    """

    def __init__(
        self, clock: Clock, *, strict: bool = False, limiters: Mapping[str, Limiter] = MappingProxyType({})
    ) -> None:
        self.clock = clock
        self.strict = strict
        self.limiters = limiters

    def probe(self, db: Connection) -> None:
        """Ask the store something cheap. Raises Unavailable."""
        users.identify(db, "")

    def prepare(self, db: Connection, table: Routes, request: Request, path: str) -> Call | Answer:
        """What to run, or what to say at once."""
        dialect = table.dialect
        limits: tuple[tuple[bytes, bytes], ...] = ()
        try:
            found = _route(table, request, path) if dialect.routes_first else None
            token, identity = "", NOBODY
            if found is None or not found[0].public:
                token = _hash(dialect.token(request))
                identity = self._identify(db, token, request)
            route, values = found or _route(table, request, path)
            limiter = self.limiters.get(dialect.surface)
            if limiter is not None and not route.public:
                company_id = identity.company_id
                limits = limiter.charge(company_id, token, route, lambda: users.seats(db, company_id))
            if identity.scopes is not None and route.scopes and not set(identity.scopes.split()) & set(route.scopes):
                raise ScopeMissing
            dialect.check(request)
            call = Call(route, request, identity.company_id, identity.user_id)
            call.limit_headers = limits
            pairs = read_pairs(request.query) if request.query else []
            if self.strict and pairs and not dialect.strict:
                _refuse_unknown(route, pairs)
            if route.query is not None:
                call.named["query"] = (not pairs and route.without_query) or dialect.read_query(route, pairs)
            elif pairs and dialect.strict:
                dialect.read_query(route, pairs)
            call.read(values)
            if route.writes and not route.public:
                call.key = _read_key(request)
        except Exception as error:  # noqa: BLE001  every failure is an answer
            answer = refuse(dialect, error, request)
            answer.headers += limits or tuple(getattr(error, "headers", ()))
            return answer
        return call

    def _identify(self, db: Connection, token: str, request: Request) -> Identity:
        identity = users.identify(db, token)
        if identity is None or (identity.expires_at is not None and identity.expires_at <= self.clock()):
            raise Unauthorized(bearer=request.header(b"x-api-token") is None and bool(request.header(b"authorization")))
        return identity


@lru_cache(maxsize=1024)
def _hash(secret: bytes) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(secret).hexdigest()


def _route(table: Routes, request: Request, path: str) -> tuple[Route, list[str]]:
    if table.dialect.selects and "(" in path:
        path = _cut_selection(request, path)
    return table.find(request.method, path)


def _cut_selection(request: Request, path: str) -> str:
    """Take `:(id,title)` off the end of a path."""
    head, _, tail = path.partition(":(")
    if not tail.endswith(")"):
        raise NoRoute(path)
    request.selection = tuple(name.strip() for name in tail[:-1].split(",") if name.strip())
    return head


def _refuse_unknown(route: Route, pairs: list[tuple[str, str]]) -> None:
    unknown = sorted({name for name, _ in pairs} - route.query_names - {"api_token"})
    if unknown:
        raise Invalid(", ".join(unknown)[:200], "unknown query parameter")


def _read_key(request: Request) -> str | None:
    key = request.header(b"idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
        raise BadRequest("Idempotency-Key must have 1 to 255 printable characters", part="header")
    return key
