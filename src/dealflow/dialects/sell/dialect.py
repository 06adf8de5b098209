"""How Sell reads requests and shapes replies (contract 1)."""

import re
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from typing import Annotated, Any, Final, cast

import msgspec
from msgspec import inspect

from dealflow.core.errors import Invalid, NotFound
from dealflow.dialects.sell.envelope import Linked
from dealflow.dialects.sell.errors import SHOWN_OF_ID, BadForm, BadParameter, error_reply, resource_with
from dealflow.wire import INT64, BadHeader, Reply, Request, Route, Routes, Unauthorized, convert, read_json

Data = dict[str, Any]
"""The attributes of a body, as they were sent: the object under `data`."""
Whole = Annotated[dict[str, Any], "whole"]
"""A body that has nothing under `data`: the object itself."""

LANGUAGE: Final = ((b"Content-Language", b"en"), (b"Vary", b"Accept-Language"))
LISTS: Final = frozenset({"ids", "zendesk_user_ids"})
LONGEST_ID: Final = 19
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_JSON: Final = ("*/*", "application/*", "application/json")


def bearer_token(request: Request) -> bytes:
    """The token of the Authorization header. Raises Unauthorized."""
    token = request.bearer
    if token is None:
        raise Unauthorized
    return token


class Sell:
    """A bearer token; an unknown path is told first, a query parameter nobody knows is an error."""

    surface = "sell"
    headers: tuple[tuple[bytes, bytes], ...] = LANGUAGE
    routes_first = True
    strict = True
    cross_origin = False
    selects = False
    token = staticmethod(bearer_token)

    def __init__(self, version: int) -> None:
        self.name = f"sell-v{version}"
        self.prefixes: tuple[str, ...] = (f"/v{version}",)

    def check(self, request: Request) -> None:
        """A program says its name, and takes JSON."""
        if not request.headers.get(b"user-agent", b"").strip():
            raise BadHeader("User-Agent", "is missing", code="invalid_user_agent")
        accept = request.headers.get(b"accept")
        if accept is not None and not _takes_json(accept):
            raise BadHeader("Accept", "names no type that is served; application/json is", status=406)

    def read_path(self, kind: type, text: str) -> Any:
        """An id or a word in the path. Raises NotFound: what is no id is nobody's."""
        if kind is str:
            return text
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID and 0 < int(text) <= INT64):
            raise NotFound("resource", text[:SHOWN_OF_ID])
        return int(text)

    def read_query(self, route: Route, pairs: list[tuple[str, str]]) -> Any:
        """The parameters as the route's type. Raises BadParameter."""
        known = route.query_names
        values = _gathered(pairs)
        for name in values:
            if name not in known:
                raise BadParameter(name[:80], "unexpected parameter")
        query = route.query or msgspec.Struct
        for name, check in _checks(query).items():
            if name in values:
                check(name, values[name])
        try:
            found = convert(values, query, strict=False)
        except Invalid as error:
            given = values.get(error.field, "")
            raise BadParameter(error.field, f"{error.reason}, given: {str(given)[:80]}") from None
        for name in values:
            if getattr(found, name) is None:
                raise BadParameter(name, "must not be null")
        return found

    def read_body(self, route: Route, request: Request) -> Data:
        """What stands under `data`; no body at all counts as none. Raises BadRequest, BadForm."""
        document = read_json(request.body) if request.body.strip() else {"data": {}}
        if route.body == Whole and isinstance(document, dict):
            return document
        if not isinstance(document, dict) or not isinstance(document.get("data"), dict):
            raise BadForm("The request payload must be an object with an object under 'data'.")
        data: Data = document["data"]
        return data

    def error(self, error: Exception, request: Request) -> Reply:
        if isinstance(error, NotFound) and error.kind == "resource":
            error = NotFound(resource_with(request.path, str(error.record_id)), error.record_id)
        return error_reply(error, request)

    def shaped(self, reply: Reply, request: Request) -> Reply:
        """What has links with them."""
        if isinstance(reply.content, Linked):
            reply.content = reply.content.linked(request)
        return reply


@lru_cache(maxsize=256)
def _takes_json(accept: bytes) -> bool:
    if not accept.strip():
        return True
    kinds = (part.partition(";")[0].strip().lower() for part in accept.decode("latin-1").split(","))
    return any(kind in _JSON for kind in kinds)


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The parameters by name: `ids[0]=1&ids[1]=2` and repeated ids as one list, `address[city]=x` as an object.

    Raises BadParameter for an empty value and for a name that comes twice.
    """
    values: dict[str, Any] = {}
    for name, text in pairs:
        base, bracket, rest = name.partition("[")
        if text == "":
            raise BadParameter(name[:80], "must not be empty")
        if base in LISTS:
            text = text.strip().removeprefix("[").removesuffix("]")  # noqa: PLW2901
            values[base] = f"{values[base]},{text}" if base in values else text
        elif bracket and rest.endswith("]"):
            inner = values.setdefault(base, {})
            if not isinstance(inner, dict) or rest[:-1] in inner:
                raise BadParameter(name[:80], "was given twice")
            inner[rest[:-1]] = text
        elif name in values:
            raise BadParameter(name[:80], "was given twice")
        else:
            values[name] = text
    return values


Check = Callable[[str, Any], None]


@cache
def _checks(query: type[msgspec.Struct]) -> Mapping[str, Check]:
    """What is looked at more closely than the conversion does, which takes `1` for true and `null` for nothing."""
    found: dict[str, Check] = {}
    for field in cast("inspect.StructType", inspect.type_info(query)).fields:
        kinds = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        for kind in kinds:
            if isinstance(kind, inspect.BoolType):
                found[field.encode_name] = _check_flag
            elif isinstance(kind, inspect.IntType):
                found[field.encode_name] = partial(_check_integer, kind)
    return found


def _check_flag(name: str, text: Any) -> None:
    if not isinstance(text, str) or text.lower() not in ("true", "false"):
        raise BadParameter(name, f"must be true or false, given: {str(text)[:80]}")


def _check_integer(kind: inspect.IntType, name: str, text: Any) -> None:
    least = -INT64 if kind.ge is None else kind.ge
    most = INT64 if kind.le is None else kind.le
    if isinstance(text, str) and _INTEGER.fullmatch(text) and least <= int(text) <= most:
        return
    bounds = "be an integer"
    if most < INT64:
        bounds = f"be between {least} and {most}"
    elif least > -INT64:
        bounds = f"be an integer of at least {least}"
    raise BadParameter(name, f"must {bounds}, given: {str(text)[:80]}")


V2: Final = Routes(Sell(2))
V3: Final = Routes(Sell(3))
