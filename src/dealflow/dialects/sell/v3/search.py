"""Search: batches of queries with filters, sorts, projections and aggregations (contract 3.3)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from dealflow.core import money
from dealflow.core.money import Amount, divide_half_up
from dealflow.core.time import iso
from dealflow.dialects.sell.dialect import V3, Whole
from dealflow.dialects.sell.envelope import item
from dealflow.dialects.sell.errors import MORE_INFO, BadForm, Rejected, attribute_error
from dealflow.dialects.sell.v3.query import CUSTOM, Aggregation, Query, Reader, cursor_of
from dealflow.dialects.sell.v3.search_deals import DEAL_SEARCH
from dealflow.dialects.sell.v3.search_notes import NOTE_SEARCH, TASK_SEARCH
from dealflow.dialects.sell.v3.search_people import CONTACT_SEARCH, LEAD_SEARCH
from dealflow.dialects.sell.v3.searched import Resource
from dealflow.storage import users
from dealflow.storage.search import Hit, Total
from dealflow.storage.tx import Tx
from dealflow.wire import Reply

MOST_QUERIES: Final = 20
OK: Final = "200 OK"
REFUSED: Final = f"422 {HTTPStatus(422).phrase}"

Json = dict[str, Any]


def read_batch(body: Mapping[str, Any]) -> list[Json]:
    """The entries of a batch, each an object with an object under `data`. Raises BadForm."""
    entries = body.get("items")
    if not isinstance(entries, list) or not body.keys() <= {"items", "meta"}:
        raise BadForm("The request payload must be an object with a list of queries under 'items'.")
    if len(entries) > MOST_QUERIES:
        raise BadForm(f"The request payload must have at most {MOST_QUERIES} queries.")
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("data"), dict):
            raise BadForm("Each of the 'items' must be an object with an object under 'data'.")
        if not entry.keys() <= {"data", "per_page", "meta"}:
            raise BadForm("Each of the 'items' may only have 'data', 'per_page' and 'meta'.")
    return entries


def _answer(tx: Tx, resource: Resource, reader: Reader, entry: Json) -> Json:
    """What answers one query: a query that is refused leaves the others alone."""
    try:
        query = reader.query(entry["data"], entry.get("per_page"))
    except Rejected as refused:
        return _refusal(refused, resource)
    return _found(tx, resource, query)


def _refusal(refused: Rejected, resource: Resource) -> Json:
    errors = [
        {
            "error": attribute_error(problem, f"/v3/{resource.path}/search"),
            "meta": {"type": "error", "links": {"more_info": MORE_INFO}},
        }
        for problem in refused.problems
    ]
    meta = {"type": "collection", "count": 0, "total_count": 0, "http_status": REFUSED, "links": {}}
    return {"successful": False, "items": [], "errors": errors, "meta": meta}


def _found(tx: Tx, resource: Resource, query: Query) -> Json:
    search, where = resource.search, resource.seen(users.me(tx))
    hits: list[Hit] = []
    if query.hits and query.per_page:
        more = query.per_page + 1
        hits = search.hits(tx, where, query.tree, query.sorts, after=query.after, start=query.start, limit=more)
    page, has_next = hits[: query.per_page], len(hits) > query.per_page
    places = list(dict.fromkeys(each.found.place for each in query.aggregations if each.found.place))
    if places or query.after or has_next or not (hits or (query.start == 0 and query.hits and query.per_page)):
        total_count, totals = search.totals(tx, where, query.tree, places)
    else:
        total_count, totals = query.start + len(hits), []
    items = _shown(tx, resource, query, page)
    meta: Json = {"type": "collection", "count": len(items), "total_count": total_count, "http_status": OK}
    meta["links"] = {"next_page": cursor_of(query.sorts, page[-1])} if has_next else {}
    if query.aggregations:
        meta["aggregations"] = _aggregated(resource, query.aggregations, dict(zip(places, totals, strict=True)))
    return {"successful": True, "items": items, "meta": meta}


def _shown(tx: Tx, resource: Resource, query: Query, page: Sequence[Hit]) -> list[Json]:
    """The hits with the attributes asked for, id and version always among them."""
    found: Sequence[Any] = resource.search.by_id(tx, page)
    show = resource.show(tx, found) if query.names else lambda _: {}
    return [
        item(resource.type, {"id": each.id, "version": each.version, **_projected(show(each), query.names)})
        for each in found
    ]


def _projected(shown: Json, names: Sequence[str]) -> Json:
    data: Json = {}
    for name in names:
        whole, _, part = name.partition(".")
        if part:
            key = part.rpartition(":")[2]
            data.setdefault(whole, {})[key] = shown[whole].get(key)
        elif name in (CUSTOM, "address"):
            data[name] = {**data.get(name, {}), **shown[name]}
        elif name != "version":
            data[name] = shown[name]
            if name in ("decimal_value", "value"):
                data["currency"] = shown["currency"]
    return data


# ---------------------------------------------------------------------------------------------------- aggregations


def _aggregated(resource: Resource, wanted: Sequence[Aggregation], totals: Mapping[Any, Total]) -> Json:
    """By attribute and type, such as `{"decimal_value": {"max": 17500.5}}`."""
    found: Json = {}
    for each in wanted:
        place = each.found.place
        kind = resource.search.kind(place) if place else ""
        value = _value(each, kind, totals[place])
        found.setdefault(each.found.name, {})[each.type] = value
    return found


def _value(wanted: Aggregation, kind: str, total: Total) -> Any:
    """Null where there is nothing to take it of."""
    if wanted.type == "count":
        return total.values
    if total.values == 0:
        return 0 if wanted.type == "sum" else None
    if wanted.type == "avg":
        return _average(kind, total)
    value = {"sum": total.sum, "min": total.least, "max": total.most}[wanted.type]
    if kind == "amount":
        return money.number(Amount(value))
    if kind == "instant":
        return iso(value)[:10] if wanted.found.kind == "date" else iso(value)
    return value


def _average(kind: str, total: Total) -> Any:
    """To four decimals, half up; of numbers of custom fields as exactly as a float can."""
    if kind == "number":
        return total.sum / total.values
    unit = 1 if kind == "amount" else money.UNIT
    return money.number(Amount(divide_half_up(total.sum * unit, total.values)))


def _add_search(resource: Resource) -> None:
    @V3.add("POST", f"/{resource.path}/search", section="3.3", cost=0, scopes="read", pooled=True, writes=False)
    def search(tx: Tx, body: Whole) -> Reply:
        reader = Reader(tx, resource)
        items = [_answer(tx, resource, reader, entry) for entry in read_batch(body)]
        return Reply(200, {"items": items, "meta": {"type": "collection", "count": len(items)}})


for _each in (DEAL_SEARCH, CONTACT_SEARCH, LEAD_SEARCH, NOTE_SEARCH, TASK_SEARCH):
    _add_search(_each)
