"""What the tables of routes do not say of themselves: how to sign in, what surrounds the data, how errors look."""

from collections.abc import Mapping
from typing import Any, Final

from dealflow.dialects.pipedrive.dialect import FORM, V1, V2
from dealflow.dialects.pipedrive.paging import CursorQuery, OffsetQuery
from dealflow.openapi import JSON_TYPE, Api, Json, Refusal
from dealflow.wire import Route

SECURITY: Final[Mapping[str, Json]] = {
    "header": {"type": "apiKey", "in": "header", "name": "x-api-token"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "query": {"type": "apiKey", "in": "query", "name": "api_token"},
}
_TEXT: Final = {"type": "string"}
_NULL: Final = {"type": "null"}

ERROR: Final[Json] = {
    "type": "object",
    "description": "Which attributes there are beside the first two depends on the kind of error.",
    "required": ["success", "error"],
    "properties": {
        "success": {"const": False},
        "error": _TEXT,
        "error_info": _TEXT,
        "errorCode": {"type": "integer"},
        "code": _TEXT,
        "field_code": _TEXT,
        "error_details": {"type": "object", "properties": {"field": _TEXT, "reason": _TEXT}},
        "data": _NULL,
        "additional_data": _NULL,
    },
    "additionalProperties": False,
}
NEXT_CURSOR: Final[Json] = {
    "type": "object",
    "required": ["next_cursor"],
    "properties": {"next_cursor": {"type": ["string", "null"]}},
    "additionalProperties": False,
}
PAGINATION: Final[Json] = {
    "type": "object",
    "required": ["start", "limit", "more_items_in_collection"],
    "properties": {
        "start": {"type": "integer"},
        "limit": {"type": "integer"},
        "more_items_in_collection": {"type": "boolean"},
        "next_start": {"type": "integer"},
    },
    "additionalProperties": False,
}


def _envelope(data: Json, additional: Json, *, required: bool, **more: Json) -> Json:
    return {
        "type": "object",
        "required": ["success", "data", *(["additional_data"] if required else [])],
        "properties": {"success": {"const": True}, "data": data, "additional_data": additional, **more},
        "additionalProperties": False,
    }


def _is_paged(route: Route, by: type) -> bool:
    return route.query is not None and issubclass(route.query, by)


def envelope_v1(route: Route, data: Json) -> Json:
    """`data`, on a list its pagination, and what the records link to."""
    paged = _is_paged(route, OffsetQuery)
    additional: Json = {"type": "object"}
    if paged:
        additional = {"type": "object", "required": ["pagination"], "properties": {"pagination": PAGINATION}}
    return _envelope(data, additional, required=paged, related_objects={"type": "object"})


def envelope_v2(route: Route, data: Json) -> Json:
    """`data`, and on a list the cursor of the next page."""
    paged = _is_paged(route, CursorQuery)
    return _envelope(data, NEXT_CURSOR if paged else _NULL, required=paged)


def refusals(route: Route) -> Mapping[int, Refusal]:
    """What can go wrong on a route, by status; without 500, which is never meant."""
    found = {
        400: Refusal("a parameter, the body or the Authorization header is not valid, or the change not possible"),
        401: Refusal("no token, or none that opens this server", ("X-401-By-Gw", "X-Correlation-Id")),
        403: Refusal("the token was not granted the scope, or the user may not do this"),
        429: Refusal("over limit; only where limits are rehearsed", ("Retry-After",)),
        503: Refusal("the store cannot answer now", ("Retry-After",)),
    }
    if route.parameters or route.method == "DELETE":
        found[404] = Refusal("no such record, or none that the user may see")
    if route.body is not None:
        found[413] = Refusal("the body is larger than one megabyte")
        found[415] = Refusal("the body is compressed, or in a form that is not taken")
    if route.writes:
        found[507] = Refusal("no space left to write")
    return found


_COMMON: Final[Mapping[str, Any]] = {
    "shown_at": "/data",
    "security": SECURITY,
    "error": ERROR,
    "refusals": refusals,
}

APIS: Final = (
    Api(
        table=V1,
        title="Pipedrive, version 1",
        version="1",
        description=(
            "Types of parameters and bodies are read leniently: the text `5` is taken where a number is declared, and "
            "empty text counts as null. Attributes and parameters that are not known are passed over. Behind any path "
            "`:(id,name)` leaves only these attributes in the data."
        ),
        bodies=(JSON_TYPE, FORM),
        envelope=envelope_v1,
        **_COMMON,
    ),
    Api(
        table=V2,
        title="Pipedrive, version 2",
        version="2",
        description="Bodies are read strictly. Attributes and parameters that are not known are passed over.",
        bodies=(JSON_TYPE,),
        envelope=envelope_v2,
        **_COMMON,
    ),
)
