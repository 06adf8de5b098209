"""Every route of the Sell dialect with a request that works, and every place in it where an id goes.

Routes come from the tables of the program. One that takes a body has its attributes here; a test fails for a route
without, and for an id whose kind cannot be told from its name.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, Self, get_args

from dealflow.dialects.sell.form import Form
from dealflow.dialects.sell.routes import TABLES
from dealflow.wire import Route
from tests.support.sell import SellClient
from tests.support.server import Json, Response
from tests.support.world import World

# OAuth speaks otherwise; tests/contract/sell/test_oauth.py is about it.
ROUTES: Final = [route for table in TABLES for route in table if table.dialect.name != "sell-oauth2"]
DEVICE: Final = {"X-Basecrm-Device-UUID": "6f0b3d3a-0d2f-4c63-9a55-6f1c6a6f5d11"}

Example = Callable[[World], Json]
_numbers: Final = itertools.count(1)
_ON_DEAL: Final[Example] = lambda w: {"resource_type": "deal", "resource_id": w["deal"]}  # noqa: E731
_CONTACT: Final[Example] = lambda _: {"last_name": "Burns"}  # noqa: E731


def _name(_: World) -> Json:
    return {"name": f"Word {next(_numbers)}"}


def _search(_: World) -> Json:
    return [{"data": {"query": {"projection": [{"name": "name"}]}}}]


TERMS: Final = ("loss_reasons", "deal_unqualified_reasons", "deal_sources", "lead_sources", "sources")
BODIES: Final[Mapping[str, Example]] = {
    "v2 POST /deals": lambda w: {"name": "New", "contact_id": w["person"]},
    "v2 PUT /deals/{deal_id}": lambda _: {"name": "New"},
    "v2 POST /deals/upsert": lambda w: {"name": "New", "contact_id": w["person"]},
    "v2 POST /deals/{deal_id}/associated_contacts": lambda w: {"contact_id": w["spare person"]},
    "v2 POST /contacts": _CONTACT,
    "v2 PUT /contacts/{contact_id}": _CONTACT,
    "v2 POST /contacts/upsert": _CONTACT,
    "v2 POST /leads": _CONTACT,
    "v2 PUT /leads/{lead_id}": _CONTACT,
    "v2 POST /leads/upsert": _CONTACT,
    "v2 POST /lead_conversions": lambda w: {"lead_id": w["lead"]},
    **{f"v2 {method}": _name for each in TERMS for method in (f"POST /{each}", f"PUT /{each}/{{term_id}}")},
    "v2 POST /tags": lambda _: {"name": f"Tag {next(_numbers)}", "resource_type": "deal"},
    "v2 PUT /tags/{tag_id}": _name,
    "v2 POST /notes": lambda w: {"content": "New", **_ON_DEAL(w)},
    "v2 PUT /notes/{note_id}": lambda _: {"content": "New"},
    "v2 POST /tasks": lambda _: {"content": "New"},
    "v2 PUT /tasks/{task_id}": lambda _: {"content": "New"},
    "v2 POST /products": _name,
    "v2 PUT /products/{product_id}": _name,
    "v2 POST /orders": lambda w: {"deal_id": w["other deal"]},
    "v2 PUT /orders/{order_id}": lambda _: {"discount": 3},
    "v2 POST /orders/{order_id}/line_items": lambda w: {"product_id": w["product"], "currency": "EUR"},
    "v2 POST /calls": lambda _: {"phone_number": "+1"},
    "v2 PUT /calls/{call_id}": lambda _: {"summary": "New"},
    "v2 POST /collaborations": lambda w: {
        "resource_type": "deal",
        "resource_id": w["deal"],
        "collaborator_id": w.server.seller.user_id,
    },
    "v2 POST /sync/ack": lambda _: {"ack_keys": ["Deal-1-1"]},
}
QUERIES: Final[Mapping[str, Callable[[World], dict[str, Any]]]] = {
    **{f"v2 POST /{each}/upsert": lambda _: {"ids": 999_999} for each in ("deals", "contacts", "leads")},
}
# What is sent whole, not as attributes under `data`.
WHOLE: Final[Mapping[str, Example]] = {
    f"v3 POST /{each}/search": lambda _: {"items": [{"data": {"query": {}}}]}
    for each in ("deals", "contacts", "leads", "notes", "tasks")
}


def name_of(route: Route) -> str:
    """Such as `v2 GET /deals/{deal_id}`."""
    return f"{route.dialect.name.rpartition('-')[2]} {route.method} {route.path}"


def form_of(route: Route) -> Form | None:
    """The attributes that a route takes."""
    return next((each for each in get_args(route.body) if isinstance(each, Form)), None)


@dataclass(frozen=True)
class Ask:
    """One request, path parameters still apart."""

    route: Route
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Json = None
    whole: Json = None

    def by(self, client: SellClient) -> Response:
        path = re.sub(r"\{(\w+)\}", lambda found: str(self.path[found[1]]), self.route.path)
        prefix = self.route.dialect.prefixes[-1]
        return client.call(
            self.route.method, prefix + path, self.body, query=self.query, headers=DEVICE, whole=self.whole
        )

    def asking(self, **query: object) -> Self:
        return replace(self, query={**self.query, **query})


def example(route: Route, world: World) -> Ask:
    """A request that works. Raises LookupError for a route that takes a body and has no example."""
    name = name_of(route)
    if route.body is not None and name not in BODIES and name not in WHOLE:
        raise LookupError(f"add an example of {name} to {__name__}")
    query: dict[str, Any] = QUERIES[name](world) if name in QUERIES else {}
    if route.path.endswith("/stream"):
        query["position"] = "tail"
    return Ask(
        route,
        path={each: world[kind_of(route, each)] for each in re.findall(r"\{(\w+)\}", route.path)},
        query=query,
        body=BODIES[name](world) if name in BODIES else None,
        whole=WHOLE[name](world) if name in WHOLE else None,
    )


# ------------------------------------------------------------------------------------------------------------- ids

KINDS: Final[Mapping[str, str]] = {
    "associated_deal_id": "deal",
    "associated_deal_ids": "deal",
    "call_id": "call",
    "collaboration_id": "collaboration",
    "collaborator_id": "user",
    "contact_id": "person",
    "creator_id": "user",
    "deal_id": "deal",
    "lead_id": "lead",
    "line_item_id": "line item",
    "loss_reason_id": "loss_reasons",
    "message_id": "text message",
    "note_id": "note",
    "order_id": "order",
    "organization_id": "organization",
    "owner_id": "user",
    "parent_organization_id": "organization",
    "pipeline_id": "pipeline",
    "product_id": "product",
    "resource_id": "deal",
    "session_id": "session",
    "stage_id": "stage",
    "tag_id": "tag",
    "task_id": "task",
    "user_id": "user",
}
COLLECTIONS: Final[Mapping[str, str]] = {
    "calls": "call",
    "collaborations": "collaboration",
    "contacts": "person",
    "deals": "deal",
    "lead_conversions": "lead conversion",
    "lead_statuses": "lead status",
    "lead_unqualified_reasons": "lead_unqualified_reasons",
    "leads": "lead",
    "line_items": "line item",
    "notes": "note",
    "orders": "order",
    "pipelines": "pipeline",
    "products": "product",
    "stages": "stage",
    "tags": "tag",
    "tasks": "task",
    "text_messages": "text message",
    "users": "user",
    "visit_outcomes": "visit outcome",
    "visits": "visit",
}
# Ids of another system, which nobody looks up.
FOREIGN_WORDS: Final = frozenset({"external_id", "zendesk_user_ids"})


def kind_of(route: Route, name: str) -> str:
    """The kind of record that an id of this name in this route belongs to. Raises LookupError."""
    words = [part for part in route.path.split("/") if part and not part.startswith("{")]
    if name == "contact_id" and "associated_contacts" in words:
        return "other person" if route.method == "DELETE" else "spare person"
    if name in ("term_id", "ids"):
        collection = words[-1] if words[-1] != "upsert" else words[0]
        return collection if collection in TERMS else COLLECTIONS.get(collection, "spare person")
    if name == "source_id":
        return "deal_sources" if words[0] == "deals" else "lead_sources"
    if name == "unqualified_reason_id":
        return "deal_unqualified_reasons" if words[0] == "deals" else "lead_unqualified_reasons"
    if name == "outcome_id":
        return f"{words[0].removesuffix('s')} outcome"
    if name == "contact_id" and words[0] == "contacts" and route.method in ("POST", "PUT"):
        return "person" if "{contact_id}" in route.path else "organization"
    if name not in KINDS:
        raise LookupError(f"say in {__name__} what the id {name} of {name_of(route)} is of")
    return KINDS[name]


class Place(NamedTuple):
    """Where an id goes: in the path, the query or the body, and there under this name."""

    route: Route
    part: str
    name: str
    many: bool = False

    @property
    def kind(self) -> str:
        if self.part == "body" and self.name == "contact_id" and self.route.path.startswith("/contacts"):
            return "organization"
        return kind_of(self.route, self.name)

    def __str__(self) -> str:
        return f"{name_of(self.route)} {self.part} {self.name}"

    def put(self, ask: Ask, value: object) -> Ask:
        """The request with this id in this place."""
        if self.part == "path":
            return replace(ask, path={**ask.path, self.name: value})
        typed = {"resource_type": "deal"} if self.name == "resource_id" else {}
        if self.part == "query":
            return ask.asking(**{self.name: value}, **typed)
        return replace(ask, body={**(ask.body or {}), self.name: [value] if self.many else value, **typed})


def id_places(route: Route) -> Iterator[Place]:
    """Every place of a route where an id goes."""
    for name in re.findall(r"\{(\w+)\}", route.path):
        yield Place(route, "path", name)
    for name in sorted(route.query_names - FOREIGN_WORDS):
        if re.search(r"(^|_)ids?$", name):
            yield Place(route, "query", name)
    form = form_of(route)
    for name, attribute in (form.attributes if form else {}).items():
        if name in FOREIGN_WORDS or attribute.writing == "never" or not re.search(r"_ids?$", name):
            continue
        if attribute.writing == "always" or route.method == "POST":
            yield Place(route, "body", name, many=attribute.schema["type"] == "array")


PLACES: Final = [place for route in ROUTES for place in id_places(route)]
