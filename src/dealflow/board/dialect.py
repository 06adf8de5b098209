"""How the board's endpoints read requests, and how they say what went wrong.

A token comes as `Authorization: Bearer` or as `x-api-token`. A refusal is `{"error": {"code", "message", "field"}}`,
`field` only where one is to blame. A parameter that is not known is one, too.
"""

from typing import Any, Final

import msgspec

from dealflow.core.errors import Conflict, Forbidden, Invalid, NotFound, StoreFull, Unavailable
from dealflow.wire import (
    INT64,
    BadHeader,
    BadRequest,
    KeyReused,
    NoRoute,
    OutOfBounds,
    OverLimit,
    Reply,
    Request,
    Route,
    Routes,
    ScopeMissing,
    TooLarge,
    Unauthorized,
    UnsupportedBody,
    WrongMethod,
    convert,
    read_json,
    read_parameters,
)

LONGEST_ID: Final = 19
SHOWN: Final = 80


class Board:
    """Strict: every parameter is known and valid, or the request is refused."""

    name = "board"
    prefixes: tuple[str, ...] = ("/board",)
    surface = "board"
    headers: tuple[tuple[bytes, bytes], ...] = ((b"Cache-Control", b"no-store"),)
    routes_first = False
    strict = True
    cross_origin = False
    selects = False

    def token(self, request: Request) -> bytes:
        token = request.headers.get(b"x-api-token", request.bearer)
        if token is None:
            raise Unauthorized
        return token

    def check(self, request: Request) -> None:
        pass

    def read_query(self, route: Route, pairs: list[tuple[str, str]]) -> Any:
        names = [name for name, _ in pairs]
        for name in names:
            if name not in route.query_names:
                raise Invalid(name[:SHOWN], "unknown parameter")
            if names.count(name) > 1:
                raise Invalid(name, "was given twice")
        return read_parameters(pairs, route.query or msgspec.Struct)

    def read_body(self, route: Route, request: Request) -> Any:
        return convert(read_json(request.body or b"{}"), route.body)

    def read_path(self, kind: type, text: str) -> Any:
        """An id in the path. Raises NotFound: what is no id is nobody's."""
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID and 0 < int(text) <= INT64):
            raise NotFound("record", text[:SHOWN])
        return int(text)

    def error(self, error: Exception, request: Request) -> Reply:
        return error_reply(error)

    def shaped(self, reply: Reply, request: Request) -> Reply:
        return reply


def refusal(status: int, code: str, message: str, field: str | None = None) -> Reply:
    """What went wrong, for programs by its code and for people by its message."""
    told = {"code": code, "message": message}
    return Reply(status, {"error": told if field is None else {**told, "field": field}})


def _with(reply: Reply, name: bytes, value: object) -> Reply:
    reply.headers = ((name, str(value).encode()),)
    return reply


def error_reply(error: Exception) -> Reply:  # noqa: C901, PLR0912  one row a kind
    """The reply to anything that can be raised; what is not listed is a 500 without details."""
    match error:
        case Unauthorized():
            return _with(refusal(401, "unauthorized", "no token, or none that opens this server"), *CHALLENGE)
        case Conflict():
            return refusal(409, "conflict", str(error), error.field)
        case Invalid():
            return refusal(400, "invalid", str(error), error.field)
        case NotFound() | NoRoute():
            return refusal(404, "not_found", str(error) if isinstance(error, NotFound) else "nothing is here")
        case WrongMethod():
            return _with(refusal(405, "method_not_allowed", str(error)), b"Allow", ", ".join(error.allowed))
        case Forbidden() | ScopeMissing():
            return refusal(403, "forbidden", "this user or token may not do this")
        case BadRequest() | BadHeader():
            return refusal(400, "bad_request", str(error))
        case UnsupportedBody():
            return refusal(415, "unsupported_body", str(error))
        case OutOfBounds():
            return refusal(error.status, "out_of_bounds", str(error))
        case TooLarge():
            return refusal(413, "too_large", "the body is larger than one megabyte")
        case OverLimit():
            return _with(refusal(429, "over_limit", str(error)), b"Retry-After", error.retry_after_s)
        case KeyReused():
            return refusal(400, "key_reused", "Idempotency-Key was used with another request")
        case StoreFull():
            return refusal(507, "store_full", "no space left to write")
        case Unavailable():
            return _with(refusal(503, "unavailable", str(error)), b"Retry-After", error.retry_after_s)
        case _:
            return refusal(500, "internal", "internal server error")


CHALLENGE: Final = (b"WWW-Authenticate", "Bearer")
BOARD: Final = Routes(Board())
