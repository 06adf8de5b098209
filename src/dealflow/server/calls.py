"""From a request to a reply, given a connection: route, token, limits, parameters, handler, idempotency.

`prepare` does what needs no writing and gives either the reply (most refusals) or the `Call` to run; `Call.run` does
the work inside a transaction that the caller begins and ends.
"""

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from dealflow.core.errors import DealflowError, Invalid
from dealflow.core.time import Instant
from dealflow.dialects.pipedrive.routes import TABLES
from dealflow.server.limits import Limits
from dealflow.storage import counters, idempotency, users
from dealflow.storage.database import Connection
from dealflow.storage.tx import Tx
from dealflow.wire import (
    BadRequest,
    Dialect,
    KeyReused,
    NoRoute,
    Request,
    Route,
    Routes,
    ScopeMissing,
    Unauthorized,
    encode,
    read_pairs,
)

log = logging.getLogger("dealflow")

Clock = Callable[[], Instant]
LONGEST_KEY: Final = 255
_BY_FIRST_SEGMENT: Final[Mapping[str, Routes]] = {
    prefix.strip("/"): table for table in TABLES for prefix in table.dialect.prefixes
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
    reply = dialect.error(error, request)
    return Answer(reply.status, encode(reply.content), reply.headers)


class Call:
    """A request that may run: its route, who asks, and its parameters, read."""

    __slots__ = ("arguments", "company_id", "extra_headers", "key", "named", "request", "route", "user_id")

    def __init__(self, route: Route, request: Request, company_id: int, user_id: int) -> None:
        self.route = route
        self.request = request
        self.company_id = company_id
        self.user_id = user_id
        self.arguments: list[Any] = []
        self.named: dict[str, Any] = {}
        self.key: str | None = None
        self.extra_headers: tuple[tuple[bytes, bytes], ...] = ()

    def run(self, db: Connection, now: Instant) -> Answer:
        """Do it. Raises DealflowError; the caller rolls back."""
        tx = Tx(db, self.company_id, self.user_id, now)
        if not self.route.writes:
            return self._answer(tx)
        counters.hold(tx, "event")
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

    def _answer(self, tx: Tx) -> Answer:
        reply = self.route.handler(tx, *self.arguments, **self.named)
        if self.request.selection:
            reply = self.route.dialect.shaped(reply, self.request)
        return Answer(reply.status, encode(reply.content), reply.headers + self.extra_headers)

    def _digest(self) -> str:
        request = self.request
        parts = (request.method.encode(), request.path.encode(), request.query, request.body)
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def refuse(self, error: Exception) -> Answer:
        """The answer to an error of this call."""
        answer = refuse(self.route.dialect, error, self.request)
        answer.headers += self.extra_headers
        return answer


class Desk:
    """Reads requests: finds route and owner, keeps the limits."""

    def __init__(self, *, strict: bool = False, limits: Limits | None = None) -> None:
        self.strict = strict
        self.limits = limits

    def probe(self, db: Connection) -> None:
        """Ask the store something cheap. Raises Unavailable."""
        users.identify(db, "")

    def prepare(self, db: Connection, table: Routes, request: Request, path: str) -> Call | Answer:
        """What to run, or what to say at once."""
        dialect = table.dialect
        extra: tuple[tuple[bytes, bytes], ...] = ()
        try:
            secret = dialect.token(request)
            identity = users.identify(db, hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest())
            if identity is None:
                raise Unauthorized(
                    bearer=request.header(b"x-api-token") is None and bool(request.header(b"authorization"))
                )
            if "(" in path:
                path = _cut_selection(request, path)
            route, values = table.find(request.method, path)
            if self.limits is not None:
                company_id = identity.company_id
                extra = self.limits.charge(company_id, secret, route, lambda: users.seats(db, company_id))
            if identity.scopes is not None and route.scopes and not set(identity.scopes.split()) & set(route.scopes):
                raise ScopeMissing
            call = Call(route, request, identity.company_id, identity.user_id)
            call.extra_headers = extra
            call.arguments = [
                dialect.read_path(kind, text) for kind, text in zip(route.parameters, values, strict=True)
            ]
            pairs = read_pairs(request.query) if request.query else []
            if self.strict and pairs:
                _refuse_unknown(route, pairs)
            if route.query is not None:
                call.named["query"] = (not pairs and route.without_query) or dialect.read_query(route, pairs)
            if route.body is not None:
                call.named["body"] = dialect.read_body(route, request)
            if route.writes:
                call.key = _read_key(request)
        except Exception as error:  # noqa: BLE001  every failure is an answer
            answer = refuse(dialect, error, request)
            answer.headers += extra or tuple(getattr(error, "headers", ()))
            return answer
        return call


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
        raise BadRequest("Idempotency-Key must have 1 to 255 printable characters")
    return key
