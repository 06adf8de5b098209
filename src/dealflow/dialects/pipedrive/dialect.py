"""How Pipedrive's two versions read requests and shape replies (contract 1.1 to 1.5)."""

import re
from typing import Any, Final, TypedDict

import msgspec

from dealflow.core.errors import Invalid
from dealflow.dialects.pipedrive import form_body
from dealflow.dialects.pipedrive.errors import error_reply
from dealflow.wire import (
    INT64,
    BadRequest,
    Reply,
    Request,
    Route,
    Routes,
    Unauthorized,
    UnsupportedBody,
    convert,
    read_json,
    read_pairs,
    read_parameters,
)

FORM: Final = "application/x-www-form-urlencoded"
LONGEST_ID: Final = 19
_TOKEN_PARAMETER: Final = re.compile(rb"(?:^|&)api_token=([^&]*)")


class _Pipedrive:
    """What both versions share. A token comes in a header, in the query or as a bearer token, in that order."""

    version: int
    name: str
    prefixes: tuple[str, ...]
    surface = "pipedrive"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    routes_first = False
    strict = False
    cross_origin = True
    selects = True

    def token(self, request: Request) -> bytes:
        in_header = request.headers.get(b"x-api-token")
        if in_header is not None:
            return in_header
        if b"authorization" in request.headers:
            token = request.bearer
            if token is None:
                raise Unauthorized(malformed=True)
            return token
        if b"api_token=" in request.query:
            in_query = _TOKEN_PARAMETER.search(request.query)
            if in_query is not None:
                return in_query[1]
        raise Unauthorized

    def check(self, request: Request) -> None:
        pass

    def read_path(self, kind: type, text: str) -> Any:
        """An id or a key in the path. Raises Invalid."""
        if kind is str:
            return text
        if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID and 0 < int(text) <= INT64):
            raise Invalid("id", "must be a positive integer")
        return int(text)

    def error(self, error: Exception, request: Request) -> Reply:
        return error_reply(error, request, version=self.version)

    def shaped(self, reply: Reply, request: Request) -> Reply:
        return reply


class PipedriveV2(_Pipedrive):
    """Strict JSON types; JSON bodies only."""

    version = 2
    name = "pipedrive-v2"
    prefixes: tuple[str, ...] = ("/api/v2",)

    def read_query(self, route: Route, pairs: list[tuple[str, str]]) -> Any:
        return read_parameters(pairs, route.query or msgspec.Struct)

    def read_body(self, route: Route, request: Request) -> Any:
        return convert(read_json(request.body or b"{}"), route.body)


class PipedriveV1(_Pipedrive):
    """Lenient types; JSON or form bodies; `:(a,b)` behind a path selects fields."""

    version = 1
    name = "pipedrive-v1"
    prefixes: tuple[str, ...] = ("/v1", "/api/v1")

    def read_query(self, route: Route, pairs: list[tuple[str, str]]) -> Any:
        return read_parameters([pair for pair in pairs if pair[1]], route.query or msgspec.Struct)

    def read_body(self, route: Route, request: Request) -> Any:
        kind = (request.header(b"content-type") or "").lower()
        if kind.startswith(FORM) and not request.body.lstrip().startswith(b"{"):
            document: Any = form_body.document(read_pairs(request.body))
        elif kind.startswith("multipart/"):
            raise UnsupportedBody("send JSON or a urlencoded form")
        else:
            document = read_json(request.body or b"{}")
        if not isinstance(document, dict):
            raise BadRequest("the body must be an object")
        if route.body is dict or route.body == dict[str, Any]:
            return document
        known = set(route.body.__struct_encode_fields__)
        cleaned = {k: _lenient(v) for k, v in document.items() if k in known}
        return convert(cleaned, route.body, strict=False)

    def shaped(self, reply: Reply, request: Request) -> Reply:
        """The reply with only the selected fields of its data."""
        if request.selection and isinstance(reply.content, dict) and reply.content.get("data"):
            reply.content["data"] = _select(reply.content["data"], request.selection)
        return reply


def _lenient(value: Any) -> Any:
    return None if value == "" else value


def _select(data: Any, names: tuple[str, ...]) -> Any:
    if isinstance(data, list):
        return [_select(each, names) for each in data]
    if isinstance(data, msgspec.Struct):
        data = msgspec.to_builtins(data)
    if isinstance(data, dict):
        return {name: data[name] for name in names if name in data}
    return data


class DeletedId(TypedDict):
    """Which record was deleted."""

    id: int


class DeletedIds(TypedDict):
    """Which records were deleted."""

    id: list[int]


V1: Final = Routes(PipedriveV1())
V2: Final = Routes(PipedriveV2())


def ok(data: Any, *, status: int = 200) -> Reply:
    """`{"success": true, "data": …}`."""
    return Reply(status, {"success": True, "data": data})
