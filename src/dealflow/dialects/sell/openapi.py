"""What Sell's table of routes does not say of itself: how to sign in, what surrounds the data, how errors look."""

from collections.abc import Mapping
from typing import Final, get_args, get_origin

from dealflow.dialects.sell.dialect import V2
from dealflow.dialects.sell.form import Form
from dealflow.dialects.sell.lists import PageQuery
from dealflow.openapi import JSON_TYPE, Api, Json, Refusal
from dealflow.wire import Route

_TEXT: Final = {"type": "string"}
_COUNT: Final = {"type": "integer", "minimum": 0}
_ADDRESS: Final = {"type": "string", "format": "uri"}


def _object(required: Mapping[str, Json], **optional: Json) -> Json:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **optional},
        "additionalProperties": False,
    }


_MORE: Final = _object({"more_info": _ADDRESS})
ERROR: Final[Json] = _object(
    {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": _object(
                {
                    "error": _object({"code": _TEXT, "message": _TEXT, "details": _TEXT}, resource=_TEXT, field=_TEXT),
                    "meta": _object({"type": {"const": "error"}, "links": _MORE}),
                }
            ),
        },
        "meta": _object({"type": {"const": "errors"}, "http_status": _TEXT, "logref": _TEXT, "links": _MORE}),
    }
)
LINKS: Final = _object({"self": _ADDRESS}, first_page=_ADDRESS, prev_page=_ADDRESS, next_page=_ADDRESS)
SYNC: Final = _object({"event_type": _TEXT, "ack_key": _TEXT, "revision": _COUNT})


def _item(data: Json, **more: Json) -> Json:
    return _object({"data": data, "meta": _object({"type": _TEXT}, version=_COUNT, **more)})


def envelope(route: Route, data: Json) -> Json:
    """One record with its type; the records of a list with links to its pages; those of a queue with what is left."""
    if get_origin(route.shows) is not list:
        return _item(data)
    kind = {"const": "collection"}
    if route.query is not None and issubclass(route.query, PageQuery):
        items, meta = _item(data["items"]), _object({"type": kind, "count": _COUNT, "links": LINKS})
    else:
        items, meta = _item(data["items"], sync=SYNC), _object({"type": kind, "count": _COUNT, "count_left": _COUNT})
    return _object({"items": {"type": "array", "items": items}, "meta": meta})


def body(route: Route, _: Json) -> Json:
    """The attributes that the form of a body takes, under `data`."""
    (form,) = (each for each in get_args(route.body) if isinstance(each, Form))
    creating = route.method == "POST" and not route.path.endswith("/upsert")
    return {"type": "object", "required": ["data"], "properties": {"data": form.schema(creating=creating)}}


def refusals(route: Route) -> Mapping[int, Refusal]:
    """What can go wrong on a route, by status; without 500, which is never meant."""
    found = {
        400: Refusal("a parameter, a header or the body cannot be read"),
        401: Refusal("no token, or none that opens this server"),
        403: Refusal("the token was not granted the scope, or the user may not do this"),
        406: Refusal("the client takes no JSON"),
        429: Refusal("too many requests a second; only where limits are rehearsed", ("Retry-After",)),
        503: Refusal("the store cannot answer now", ("Retry-After",)),
    }
    if route.parameters:
        found[404] = Refusal("no such record, or none that the user may see")
    if route.path.endswith("/upsert"):
        found[409] = Refusal("several records match the filters")
    if route.body is not None:
        found[413] = Refusal("the body is larger than one megabyte")
        found[415] = Refusal("the body is compressed, or in a form that is not taken")
    if route.writes:
        found[422] = Refusal("attributes are unknown, missing or not valid, or the change is not possible")
        found[507] = Refusal("no space left to write")
    return found


API: Final = Api(
    table=V2,
    title="Zendesk Sell, version 2",
    version="2",
    description=(
        "Every request names its program in `User-Agent`. Attributes and parameters that are not known are refused; "
        "attributes that only the server writes are passed over. Each record is shown under `data`, and taken under "
        "`data`, with its type under `meta`."
    ),
    security={"bearer": {"type": "http", "scheme": "bearer"}},
    bodies=(JSON_TYPE,),
    envelope=envelope,
    shown_at="/data",
    body=body,
    error=ERROR,
    refusals=refusals,
)
