"""Search of Sell (contract 3.3)."""

import json
from typing import Any

import pytest

from dealflow.actions.fields import add_field
from dealflow.core.fields import ALL_TYPES
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.server import Json, Response


def batch(sell: SellClient, resource: str, *queries: Json) -> Response:
    """The answer to several queries at once."""
    body = json.dumps({"items": [{"data": query} for query in queries]}).encode()
    return sell.call("POST", f"/v3/{resource}/search", raw=body)


def ask(sell: SellClient, resource: str, **query: Json) -> dict[str, Any]:
    """The answer to one query, which has to be understood."""
    reply = batch(sell, resource, query)
    assert reply.status == 200, reply.body
    (answer,) = reply.body["items"]
    assert answer["successful"], answer
    return dict(answer)


def leaf(attribute: str, **parameter: Json) -> Json:
    return {"filter": {"attribute": {"name": attribute}, "parameter": parameter}}


def by(attribute: str, order: str = "ascending") -> Json:
    return {"attribute": {"name": attribute}, "order": order}


def found(sell: SellClient, resource: str, filter_: Json = None, *sorts: Json, **more: Json) -> list[int]:
    """The ids of what answers a filter."""
    answer = ask(sell, resource, query={"filter": filter_, "sort": list(sorts)}, **more)
    return [each["data"]["id"] for each in answer["items"]]


def shown(sell: SellClient, resource: str, record_id: int, *names: str) -> Json:
    """What a projection shows of one record."""
    query = {"filter": leaf("id", eq=record_id), "projection": [{"name": name} for name in names]}
    return ask(sell, resource, query=query)["items"][0]["data"]


def refused(sell: SellClient, resource: str, **query: Json) -> list[tuple[str, str]]:
    """Field and code of what is wrong with a query; the answer as a whole is fine."""
    reply = batch(sell, resource, query)
    assert reply.status == 200, reply.body
    (answer,) = reply.body["items"]
    assert (answer["successful"], answer["items"], answer["meta"]["count"]) == (False, [], 0)
    assert answer["meta"]["http_status"].startswith("422 ")
    return [(each["error"]["field"], each["error"]["code"]) for each in answer["errors"]]


# ----------------------------------------------------------------------------------------------------------- deals


@pytest.fixture
def org(server: Server) -> int:
    return int(server.admin.post("/api/v2/organizations", {"name": "Globex"}).data["id"])


@pytest.fixture
def person(server: Server, org: int) -> int:
    return int(server.admin.post("/api/v2/persons", {"name": "Hank Scorpio", "org_id": org}).data["id"])


@pytest.fixture
def deals(sell: SellClient, server: Server, clock: Clock, org: int, person: int) -> list[int]:
    """Bar (open, 10.25), bath (won, 100) and Car (open, -3, with little else)."""
    bar = sell.post(
        "/v2/deals",
        {
            "name": "Bar 100%",
            "contact_id": person,
            "value": "10.25",
            "hot": True,
            "stage_id": 2,
            "estimated_close_date": "2026-06-30",
            "customized_win_likelihood": 40,
            "tags": ["hot", "x,1"],
            "added_at": "2026-04-01T23:30:00Z",
        },
    )
    clock.advance(seconds=60)
    bath = sell.post(
        "/v2/deals", {"name": "bath", "contact_id": org, "value": 100, "currency": "USD", "tags": ["x,1", "cold"]}
    )
    won = next(each["id"] for each in items(sell.get("/v2/stages", active="false")) if each["category"] == "won")
    clock.advance(seconds=60)
    sell.put(f"/v2/deals/{bath.data['id']}", {"stage_id": won})
    car = server.admin.post("/api/v2/deals", {"title": "Car", "value": -3, "owner_id": server.seller.user_id})
    assert [each.status for each in (bar, bath, car)] == [200, 200, 200]
    return [bar.data["id"], bath.data["id"], car.data["id"]]


def places(ids: list[int], found_ids: list[int]) -> list[int]:
    return [ids.index(each) for each in found_ids]


def test_a_deal_is_found_with_id_and_version_alone(sell: SellClient, deals: list[int]) -> None:
    reply = batch(sell, "deals", {"query": {"filter": leaf("id", eq=deals[1])}})
    assert reply.body == {
        "items": [
            {
                "successful": True,
                "items": [{"data": {"id": deals[1], "version": 2}, "meta": {"type": "deal"}}],
                "meta": {
                    "type": "collection",
                    "count": 1,
                    "total_count": 1,
                    "http_status": "200 OK",
                    "links": {},
                },
            }
        ],
        "meta": {"type": "collection", "count": 1},
    }


LEAVES = [
    ("id", {"any": [1, 3, 99]}, [0, 2]),
    ("id", {"range": {"gt": 1}}, [1, 2]),
    ("id", {"range": {"gte": 2, "lt": 3}}, [1]),
    ("id", {"range": {"lte": 2}}, [0, 1]),
    ("id", {"any": []}, []),
    ("id", {"all": [2]}, [1]),
    ("id", {"all": [1, 2]}, []),
    ("id", {"all": []}, [0, 1, 2]),
    ("id", {"is_null": True}, []),
    ("id", {"is_null": False}, [0, 1, 2]),
    ("name", {"eq": "BATH"}, [1]),
    ("name", {"eq": "bat"}, []),
    ("name", {"any": ["car", "bath"]}, [1, 2]),
    ("name", {"starts_with": "BA"}, [0, 1]),
    ("name", {"starts_with": "ar"}, []),
    ("name", {"contains": "Ar"}, [0, 2]),
    ("name", {"contains": "0%"}, [0]),
    ("name", {"starts_with": "_a"}, []),
    ("name", {"range": {"gte": "bath"}}, [1, 2]),
    ("decimal_value", {"eq": 10.25}, [0]),
    ("decimal_value", {"eq": "10.25"}, [0]),
    ("decimal_value", {"any": [100, -3]}, [1, 2]),
    ("decimal_value", {"all": [100]}, [1]),
    ("decimal_value", {"range": {"gt": 10.25}}, [1]),
    ("decimal_value", {"range": {"gte": 10.25}}, [0, 1]),
    ("decimal_value", {"range": {"lt": 10.25}}, [2]),
    ("decimal_value", {"range": {"lte": 10.25}}, [0, 2]),
    ("value", {"eq": 100}, [1]),
    ("currency", {"eq": "USD"}, [1]),
    ("currency", {"eq": "usd"}, []),
    ("currency", {"starts_with": "U"}, [1]),
    ("currency", {"starts_with": "u"}, []),
    ("currency", {"contains": "UR"}, [0, 2]),
    ("currency", {"contains": "ur"}, []),
    ("hot", {"eq": True}, [0]),
    ("hot", {"eq": False}, [1, 2]),
    ("hot", {"any": [True, False]}, [0, 1, 2]),
    ("stage_id", {"eq": 2}, [0]),
    ("stage_id", {"eq": 1}, [2]),
    ("stage_id", {"eq": "won"}, [1]),
    ("stage_id", {"any": [2, "won"]}, [0, 1]),
    ("stage_id", {"any": [1, 2]}, [0, 2]),
    ("stage_id", {"eq": 99}, []),
    ("stage_id", {"is_null": True}, []),
    ("pipeline_id", {"eq": 1}, [0, 1, 2]),
    ("pipeline_id", {"eq": 2}, []),
    ("contact_id", {"eq": "person"}, [0]),
    ("contact_id", {"eq": "org"}, [1]),
    ("contact_id", {"eq": None}, [2]),
    ("contact_id", {"is_null": True}, [2]),
    ("organization_id", {"eq": "org"}, [0, 1]),
    ("owner_id", {"eq": "seller"}, [2]),
    ("creator_id", {"eq": "seller"}, []),
    ("last_stage_change_by_id", {"is_null": True}, [0, 2]),
    ("last_stage_change_by_id", {"eq": "admin"}, [1]),
    ("last_stage_change_at", {"eq": "2026-05-01T12:02:00Z"}, [1, 2]),
    ("last_stage_change_at", {"range": {"lt": "2026-05-01T12:02:00Z"}}, [0]),
    ("last_activity_at", {"range": {"gte": "2026-05-01T12:02:00Z"}}, [1, 2]),
    ("source_id", {"is_null": True}, [0, 1, 2]),
    ("loss_reason_id", {"eq": 1}, []),
    ("unqualified_reason_id", {"eq": 1}, []),
    ("estimated_close_date", {"eq": "2026-06-30"}, [0]),
    ("estimated_close_date", {"eq": "2026-06-30T09:00:00Z"}, [0]),
    ("estimated_close_date", {"range": {"gt": "2026-06-30"}}, []),
    ("estimated_close_date", {"range": {"gte": "2026-06-01", "lte": "2026-06-30"}}, [0]),
    ("estimated_close_date", {"is_null": True}, [1, 2]),
    ("customized_win_likelihood", {"range": {"gte": 40}}, [0]),
    ("added_at", {"eq": "2026-04-01"}, [0]),
    ("added_at", {"eq": "2026-05-01T23:00:00Z"}, [1, 2]),
    ("added_at", {"range": {"gt": "2026-04-01"}}, [1, 2]),
    ("added_at", {"range": {"lte": "2026-04-01"}}, [0]),
    ("created_at", {"eq": "2026-05-01T12:01:00Z"}, [1]),
    ("created_at", {"eq": "2026-05-01T14:01:00+02:00"}, [1]),
    ("created_at", {"eq": "2026-05-01"}, [0, 1, 2]),
    ("created_at", {"range": {"gt": "2026-05-01"}}, []),
    ("created_at", {"range": {"gt": "2026-05-01T12:00:00Z"}}, [1, 2]),
    ("updated_at", {"any": ["2026-05-01T12:00:00Z", "2026-05-01T12:01:00Z"]}, [0]),
    ("created_at", {"eq": "9999-12-31"}, []),
    ("created_at", {"range": {"lt": "9999-12-31T00:00:00Z"}}, [0, 1, 2]),
    ("tags", {"eq": "hot"}, [0]),
    ("tags", {"eq": "HOT"}, []),
    ("tags", {"eq": "x,1"}, [0, 1]),
    ("tags", {"any": ["hot", "cold", "never"]}, [0, 1]),
    ("tags", {"all": ["x,1", "cold"]}, [1]),
    ("tags", {"all": ["x,1", "never"]}, []),
    ("tags", {"is_null": True}, [2]),
]


def with_ids(given: Json, named: dict[str, int]) -> Json:
    """A parameter with ids in the place of their names."""
    if isinstance(given, list):
        return [with_ids(each, named) for each in given]
    return named.get(given, given) if isinstance(given, str) else given


@pytest.mark.parametrize(("attribute", "parameter", "expected"), LEAVES)
def test_an_attribute_is_tested(
    sell: SellClient,
    server: Server,
    deals: list[int],
    org: int,
    person: int,
    attribute: str,
    parameter: Json,
    expected: list[int],
) -> None:
    stages = items(sell.get("/v2/stages"))
    named = {
        "org": org,
        "person": person,
        "seller": server.seller.user_id,
        "admin": sell.user_id,
        "won": next(each["id"] for each in stages if each["category"] == "won"),
    }
    parameter = {operator: with_ids(given, named) for operator, given in parameter.items()}
    assert places(deals, found(sell, "deals", leaf(attribute, **parameter))) == expected
    others = sorted({0, 1, 2} - set(expected))
    assert places(deals, found(sell, "deals", {"not": leaf(attribute, **parameter)})) == others


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (None, [0, 1, 2]),
        ({"and": [leaf("name", starts_with="ba"), leaf("hot", eq=True)]}, [0]),
        ({"or": [leaf("name", eq="car"), leaf("hot", eq=True)]}, [0, 2]),
        ({"not": {"or": [leaf("name", eq="car"), leaf("hot", eq=True)]}}, [1]),
        ({"and": [{"not": leaf("name", eq="car")}, {"or": [leaf("id", eq=1), leaf("id", eq=3)]}]}, [0]),
        ({"and": []}, [0, 1, 2]),
        ({"or": []}, []),
        ({"not": {"and": []}}, []),
    ],
)
def test_tests_are_combined(sell: SellClient, deals: list[int], tree: Json, expected: list[int]) -> None:
    assert places(deals, found(sell, "deals", tree)) == expected


def test_a_moved_deal_is_found_in_its_new_stage(sell: SellClient, deals: list[int]) -> None:
    sell.put(f"/v2/deals/{deals[1]}", {"stage_id": 3})
    assert found(sell, "deals", leaf("stage_id", eq=3)) == [deals[1]]


@pytest.mark.parametrize(
    ("sorts", "expected"),
    [
        ([], [0, 1, 2]),
        ([by("name")], [0, 1, 2]),
        ([by("name", "descending")], [2, 1, 0]),
        ([{"attribute": {"name": "decimal_value"}}], [2, 0, 1]),
        ([by("currency"), by("decimal_value")], [2, 0, 1]),
        ([by("currency", "descending"), by("name")], [1, 0, 2]),
        ([by("hot", "descending"), by("id", "descending")], [0, 2, 1]),
        ([by("stage_id")], [2, 0, 1]),
        ([by("contact_id", "descending")], [0, 1, 2]),
        ([by("contact_id")], [1, 0, 2]),
        ([by("estimated_close_date")], [0, 1, 2]),
        ([by("estimated_close_date", "descending"), by("id", "descending")], [0, 2, 1]),
        ([by("customized_win_likelihood")], [0, 1, 2]),
        ([by("added_at", "descending"), by("decimal_value")], [2, 1, 0]),
        ([by("updated_at", "descending")], [1, 2, 0]),
        ([by("last_activity_at", "descending"), by("name", "descending")], [2, 1, 0]),
    ],
)
def test_hits_are_sorted_and_cursors_lead_through_them(
    sell: SellClient, deals: list[int], sorts: list[Json], expected: list[int]
) -> None:
    assert places(deals, found(sell, "deals", None, *sorts)) == expected
    cursor, walked = None, list[int]()
    for _ in expected:
        answer = ask(sell, "deals", query={"sort": sorts}, per_page=1, cursor=cursor)
        assert (answer["meta"]["count"], answer["meta"]["total_count"]) == (1, 3)
        walked += [each["data"]["id"] for each in answer["items"]]
        cursor = answer["meta"]["links"].get("next_page")
    assert (places(deals, walked), cursor) == (expected, None)


def test_a_projection_shows_what_is_asked_for(sell: SellClient, deals: list[int], person: int, org: int) -> None:
    names = [
        *("name", "decimal_value", "value", "hot", "stage_id", "pipeline_id", "contact_id", "organization_id"),
        *("estimated_close_date", "customized_win_likelihood", "tags", "added_at", "created_at", "custom_fields"),
        *("last_stage_change_at", "last_stage_change_by_id", "last_activity_at", "source_id", "owner_id"),
    ]
    assert shown(sell, "deals", deals[0], *names) == {
        "id": deals[0],
        "version": 1,
        "name": "Bar 100%",
        "decimal_value": 10.25,
        "value": 10.25,
        "currency": "EUR",
        "hot": True,
        "stage_id": 2,
        "pipeline_id": 1,
        "contact_id": person,
        "organization_id": org,
        "estimated_close_date": "2026-06-30",
        "customized_win_likelihood": 40,
        "tags": ["hot", "x,1"],
        "added_at": "2026-04-01",
        "created_at": "2026-05-01T12:00:00Z",
        "custom_fields": {},
        "last_stage_change_at": "2026-05-01T12:00:00Z",
        "last_stage_change_by_id": None,
        "last_activity_at": "2026-05-01T12:00:00Z",
        "source_id": None,
        "owner_id": sell.user_id,
    }


def test_a_closed_deal_shows_the_stage_of_its_outcome(sell: SellClient, deals: list[int]) -> None:
    stage_id = sell.get(f"/v2/deals/{deals[1]}").data["stage_id"]
    assert shown(sell, "deals", deals[1], "stage_id", "version")["stage_id"] == stage_id


def test_the_box_of_a_deal_is_shown_but_not_searched_by(sell: SellClient, deals: list[int]) -> None:
    assert ".deals." in shown(sell, "deals", deals[0], "dropbox_email")["dropbox_email"]
    assert refused(sell, "deals", query={"filter": leaf("dropbox_email", eq="x")}) == [
        ("/query/filter/filter/attribute/name", "incorrect_value")
    ]


def test_pages_begin_at_zero(sell: SellClient, deals: list[int]) -> None:
    assert places(deals, found(sell, "deals", per_page=2)) == [0, 1]
    assert places(deals, found(sell, "deals", per_page=2, page=1)) == [2]
    assert places(deals, found(sell, "deals", per_page=2, offset=1)) == [1, 2]
    assert found(sell, "deals", per_page=2, page=2) == []


@pytest.mark.parametrize("more", [{}, {"page": 5}, {"offset": 2}, {"per_page": 0}, {"hits": False}, {"per_page": 1}])
def test_the_total_counts_all_hits(sell: SellClient, deals: list[int], more: Json) -> None:
    filter_ = leaf("name", starts_with="ba")
    assert ask(sell, "deals", query={"filter": filter_}, **more)["meta"]["total_count"] == 2


def test_without_hits_only_totals_are_answered(sell: SellClient, deals: list[int]) -> None:
    answer = ask(sell, "deals", hits=False, aggregations=[])
    assert (answer["items"], answer["meta"]["count"], answer["meta"]["links"]) == ([], 0, {})


def test_the_size_of_pages_may_stand_beside_the_query(sell: SellClient, deals: list[int]) -> None:
    reply = sell.call("POST", "/v3/deals/search", raw=b'{"items": [{"data": {}, "per_page": 1}]}')
    assert reply.body["items"][0]["meta"]["count"] == 1


def test_aggregations_are_of_all_hits(sell: SellClient, deals: list[int]) -> None:
    types = ("count", "sum", "avg", "min", "max")
    wanted = [{"attribute": {"name": "decimal_value"}, "aggregation_type": each} for each in types]
    answer = ask(sell, "deals", aggregations=wanted, per_page=1)
    assert (answer["meta"]["count"], answer["meta"]["aggregations"]) == (
        1,
        {"decimal_value": {"count": 3, "sum": 107.25, "avg": 35.75, "min": -3, "max": 100}},
    )


@pytest.mark.parametrize(
    ("attribute", "type_", "expected"),
    [
        ("customized_win_likelihood", "count", 1),
        ("customized_win_likelihood", "avg", 40),
        ("id", "avg", 2),
        ("contact_id", "count", 2),
        ("tags", "count", 2),
        ("name", "count", 3),
        ("hot", "count", 3),
        ("created_at", "max", "2026-05-01T12:02:00Z"),
        ("added_at", "min", "2026-04-01"),
        ("estimated_close_date", "max", "2026-06-30"),
        ("source_id", "max", None),
        ("source_id", "avg", None),
        ("source_id", "sum", 0),
    ],
)
def test_attributes_are_aggregated(
    sell: SellClient, deals: list[int], attribute: str, type_: str, expected: Json
) -> None:
    wanted = [{"attribute": {"name": attribute}, "aggregation_type": type_}]
    answer = ask(sell, "deals", hits=False, aggregations=wanted)
    assert answer["meta"]["aggregations"] == {attribute: {type_: expected}}


def test_sums_of_the_largest_values_are_exact(sell: SellClient, person: int) -> None:
    for stage_id in (1, 2, 3):
        deal = {"name": "Big", "contact_id": person, "value": "400000000000000.01", "stage_id": stage_id}
        assert sell.post("/v2/deals", deal).status == 200
    wanted = [{"attribute": {"name": "decimal_value"}, "aggregation_type": each} for each in ("sum", "avg")]
    reply = batch(sell, "deals", {"hits": False, "aggregations": wanted})
    assert b'"sum":1200000000000000.03,"avg":400000000000000.01' in reply.raw


def test_each_query_of_a_batch_has_its_answer(sell: SellClient, deals: list[int]) -> None:
    queries = [{"query": {"filter": leaf("id", eq=each)}} for each in (deals[2], "x", deals[0])]
    answers = batch(sell, "deals", *queries).body["items"]
    assert [each["successful"] for each in answers] == [True, False, True]
    assert [[hit["data"]["id"] for hit in each["items"]] for each in answers] == [[deals[2]], [], [deals[0]]]


def test_a_failed_query_tells_its_errors_as_others_do(sell: SellClient) -> None:
    (answer,) = batch(sell, "deals", {"colour": 1}).body["items"]
    assert answer["errors"] == [
        {
            "error": {
                "resource": "deal",
                "field": "/colour",
                "code": "unknown",
                "message": "unknown attribute",
                "details": "The attribute '/colour' is not a known attribute for the 'deal' resource.",
            },
            "meta": {
                "type": "error",
                "links": {"more_info": "https://developers.getbase.com/docs/rest/articles/errors"},
            },
        }
    ]
    assert answer["meta"] == {
        "type": "collection",
        "count": 0,
        "total_count": 0,
        "http_status": "422 Unprocessable Entity",
        "links": {},
    }


FILTER = "/query/filter"
PARAMETER = f"{FILTER}/filter/parameter"


def filtered(filter_: Json) -> Json:
    return {"query": {"filter": filter_}}


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ({"query": []}, "/query", "invalid_type"),
        ({"query": {"group": 1}}, "/query/group", "unknown"),
        ({"query": {"projection": {}}}, "/query/projection", "invalid_type"),
        ({"query": {"projection": [{}]}}, "/query/projection/0/name", "invalid_type"),
        ({"query": {"projection": [{"name": "colour"}]}}, "/query/projection/0/name", "incorrect_value"),
        ({"query": {"sort": [by("colour")]}}, "/query/sort/0/attribute/name", "incorrect_value"),
        ({"query": {"sort": [by("tags")]}}, "/query/sort/0/attribute/name", "incorrect_value"),
        ({"query": {"sort": [by("id", "up")]}}, "/query/sort/0/order", "incorrect_value"),
        ({"query": {"sort": [by("id")] * 6}}, "/query/sort", "incorrect_value"),
        (filtered("x"), FILTER, "invalid_type"),
        (filtered({"and": [], "or": []}), FILTER, "incorrect_value"),
        (filtered({"and": {}}), f"{FILTER}/and", "invalid_type"),
        (filtered({"xor": []}), f"{FILTER}/xor", "unknown"),
        (filtered({"and": [{}]}), f"{FILTER}/and/0", "incorrect_value"),
        (filtered({"not": None}), f"{FILTER}/not", "incorrect_value"),
        (filtered({"filter": {}}), f"{FILTER}/filter/attribute/name", "invalid_type"),
        (filtered(leaf("id")), PARAMETER, "incorrect_value"),
        (filtered(leaf("id", eq=1, any=[1])), PARAMETER, "incorrect_value"),
        (filtered(leaf("id", like=1)), f"{PARAMETER}/like", "unknown"),
        (filtered(leaf("id", eq="1")), f"{PARAMETER}/eq", "invalid_type"),
        (filtered(leaf("id", eq=True)), f"{PARAMETER}/eq", "invalid_type"),
        (filtered(leaf("id", eq=2**63)), f"{PARAMETER}/eq", "incorrect_value"),
        (filtered(leaf("id", any=1)), f"{PARAMETER}/any", "invalid_type"),
        (filtered(leaf("id", any=None)), f"{PARAMETER}/any", "invalid_type"),
        (filtered(leaf("id", any=[1, "x"])), f"{PARAMETER}/any/1", "invalid_type"),
        (filtered(leaf("id", any=[None])), f"{PARAMETER}/any/0", "invalid_type"),
        (filtered(leaf("id", any=[1] * 501)), f"{PARAMETER}/any", "incorrect_value"),
        (filtered(leaf("id", range={})), f"{PARAMETER}/range", "incorrect_value"),
        (filtered(leaf("id", range={"above": 1})), f"{PARAMETER}/range/above", "unknown"),
        (filtered(leaf("id", range={"gt": "x"})), f"{PARAMETER}/range/gt", "invalid_type"),
        (filtered(leaf("id", starts_with="1")), f"{PARAMETER}/starts_with", "incorrect_value"),
        (filtered(leaf("id", is_null="yes")), f"{PARAMETER}/is_null", "invalid_type"),
        (filtered(leaf("name", eq=5)), f"{PARAMETER}/eq", "invalid_type"),
        (filtered(leaf("name", contains="")), f"{PARAMETER}/contains", "incorrect_value"),
        (filtered(leaf("name", contains=5)), f"{PARAMETER}/contains", "invalid_type"),
        (filtered(leaf("name", eq="x" * 65_537)), f"{PARAMETER}/eq", "incorrect_value"),
        (filtered(leaf("hot", eq="true")), f"{PARAMETER}/eq", "invalid_type"),
        (filtered(leaf("hot", range={"gt": False})), f"{PARAMETER}/range", "incorrect_value"),
        (filtered(leaf("decimal_value", eq="much")), f"{PARAMETER}/eq", "invalid_type"),
        (filtered(leaf("decimal_value", eq="1e30")), f"{PARAMETER}/eq", "incorrect_value"),
        (filtered(leaf("created_at", eq="soon")), f"{PARAMETER}/eq", "incorrect_value"),
        (
            filtered(leaf("created_at", range={"gt": "0001-01-01T00:00:00+20:00"})),
            f"{PARAMETER}/range/gt",
            "incorrect_value",
        ),
        (filtered(leaf("estimated_close_date", eq="2026-02-30")), f"{PARAMETER}/eq", "incorrect_value"),
        (filtered(leaf("added_at", eq=5)), f"{PARAMETER}/eq", "invalid_type"),
        (filtered(leaf("tags", contains="x")), f"{PARAMETER}/contains", "incorrect_value"),
        (filtered(leaf("tags", range={"gt": "x"})), f"{PARAMETER}/range", "incorrect_value"),
        (filtered(leaf("stage_id", range={"gt": 1})), f"{PARAMETER}/range", "incorrect_value"),
        (filtered(leaf("custom_fields.999", eq=1)), f"{FILTER}/filter/attribute/name", "incorrect_value"),
        ({"aggregations": {}}, "/aggregations", "invalid_type"),
        ({"aggregations": [{}]}, "/aggregations/0/attribute/name", "invalid_type"),
        (
            {"aggregations": [{"attribute": {"name": "id"}, "aggregation_type": "median"}]},
            "/aggregations/0/aggregation_type",
            "incorrect_value",
        ),
        (
            {"aggregations": [{"attribute": {"name": "name"}, "aggregation_type": "max"}]},
            "/aggregations/0/attribute/name",
            "incorrect_value",
        ),
        (
            {"aggregations": [{"attribute": {"name": "created_at"}, "aggregation_type": "sum"}]},
            "/aggregations/0/attribute/name",
            "incorrect_value",
        ),
        ({"suggestions": {}}, "/suggestions", "invalid_type"),
        ({"hits": 1}, "/hits", "invalid_type"),
        ({"per_page": 201}, "/per_page", "incorrect_value"),
        ({"per_page": -1}, "/per_page", "incorrect_value"),
        ({"per_page": "5"}, "/per_page", "invalid_type"),
        ({"page": -1}, "/page", "incorrect_value"),
        ({"page": 1_000_000}, "/page", "incorrect_value"),
        ({"offset": 1_000_001}, "/offset", "incorrect_value"),
        ({"page": 1, "offset": 1}, "/offset", "incorrect_value"),
        ({"cursor": "x", "page": 1}, "/page", "incorrect_value"),
        ({"cursor": 5}, "/cursor", "invalid_type"),
        ({"cursor": "x"}, "/cursor", "incorrect_value"),
        ({"cursor": "é"}, "/cursor", "incorrect_value"),
        ({"cursor": "W10="}, "/cursor", "incorrect_value"),
        ({"cursor": "e30="}, "/cursor", "incorrect_value"),
    ],
)
def test_a_query_that_is_not_understood_fails_alone(sell: SellClient, query: Json, field: str, code: str) -> None:
    assert refused(sell, "deals", **query) == [(field, code)]


def test_a_cursor_belongs_to_its_order(sell: SellClient, deals: list[int]) -> None:
    cursor = ask(sell, "deals", query={"sort": [by("name")]}, per_page=1)["meta"]["links"]["next_page"]
    assert refused(sell, "deals", cursor=cursor, query={"sort": [by("name", "descending")]}) == [
        ("/cursor", "incorrect_value")
    ]


def nested(depth: int) -> Json:
    """A filter with this many levels."""
    return leaf("id", eq=1) if depth == 1 else {"not": nested(depth - 1)}


def test_filters_have_at_most_twenty_levels(sell: SellClient, deals: list[int]) -> None:
    assert places(deals, found(sell, "deals", nested(20))) == [1, 2]
    ((field, code),) = refused(sell, "deals", query={"filter": nested(21)})
    assert (field, code) == (FILTER + "/not" * 20, "incorrect_value")


def test_filters_have_at_most_two_hundred_nodes(sell: SellClient, deals: list[int]) -> None:
    assert found(sell, "deals", {"or": [leaf("id", eq=99)] * 199}) == []
    assert refused(sell, "deals", query={"filter": {"or": [leaf("id", eq=99)] * 200}}) == [
        (f"{FILTER}/or/199", "incorrect_value")
    ]


def test_filters_have_at_most_two_thousand_values(sell: SellClient, deals: list[int]) -> None:
    assert places(deals, found(sell, "deals", {"or": [leaf("id", any=[2] * 500)] * 4})) == [1]
    assert refused(sell, "deals", query={"filter": {"or": [leaf("id", any=[2] * 500)] * 5}}) == [
        (f"{FILTER}/or/4/filter/parameter/any/499", "incorrect_value")
    ]


@pytest.mark.parametrize(
    ("attribute", "value", "expected"),
    [("created_at", "2026-05-01T12:01:00Z", [1]), ("tags", "cold", [1]), ("decimal_value", 100, [1])],
)
def test_the_widest_and_deepest_filter_is_answered(
    sell: SellClient, deals: list[int], attribute: str, value: Json, expected: list[int]
) -> None:
    tree = leaf(attribute, any=[value] * 500)
    for _ in range(18):
        tree = {"or": [tree, *[leaf("id", eq=99)] * 8]}
    assert places(deals, found(sell, "deals", tree)) == expected


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "invalid_payload"),
        (b"[]", 422, "incorrect_payload"),
        (b"", 422, "incorrect_payload"),
        (b"{}", 422, "incorrect_payload"),
        (b'{"items": {}}', 422, "incorrect_payload"),
        (b'{"items": [], "colour": 1}', 422, "incorrect_payload"),
        (b'{"items": [{}]}', 422, "incorrect_payload"),
        (b'{"items": [{"data": []}]}', 422, "incorrect_payload"),
        (b'{"items": [{"data": {}, "page": 1}]}', 422, "incorrect_payload"),
    ],
)
def test_a_malformed_batch_is_refused_as_a_whole(sell: SellClient, body: bytes, status: int, code: str) -> None:
    reply = sell.call("POST", "/v3/deals/search", raw=body)
    assert (reply.status, codes(reply)) == (status, [(None, code)])


def test_a_batch_has_at_most_twenty_queries(sell: SellClient) -> None:
    assert [batch(sell, "deals", *[{}] * count).status for count in (0, 20, 21)] == [200, 200, 422]


def test_a_search_needs_a_token(stranger: SellClient) -> None:
    assert batch(stranger, "deals", {}).status == 401


def test_deleted_deals_are_not_found(sell: SellClient, deals: list[int]) -> None:
    sell.delete(f"/v2/deals/{deals[0]}")
    assert places(deals, found(sell, "deals")) == [1, 2]


def test_only_visible_deals_are_found(people: SellPeople, server: Server, deals: list[int]) -> None:
    server.admin.patch(f"/api/v2/deals/{deals[0]}", {"visible_to": 1})
    server.admin.patch(f"/api/v2/deals/{deals[2]}", {"owner_id": people.restricted.user_id})
    everything = {"or": [leaf("id", range={"gt": 0}), leaf("id", is_null=True)]}
    assert places(deals, found(people.admin, "deals", everything)) == [0, 1, 2]
    assert places(deals, found(people.seller, "deals", everything)) == [1, 2]
    assert places(deals, found(people.restricted, "deals", everything)) == [2]
    assert ask(people.restricted, "deals", hits=False)["meta"]["total_count"] == 1


def test_deals_of_others_are_not_found(other: SellClient, deals: list[int]) -> None:
    assert found(other, "deals", leaf("id", any=deals)) == []


# --------------------------------------------------------------------------------------------------- custom fields


@pytest.fixture
def custom(server: Server, deals: list[int]) -> dict[str, str]:
    """Fields of each type by name, as they are searched by; the first deal has a value of each, the second others."""
    types = {"Region": "varchar", "Area": "double", "Fee": "monetary", "Due": "date", "Colour": "enum", "Extras": "set"}
    options = [{"label": "Red"}, {"label": "Blue"}]
    codes_, ids, chosen = {}, {}, {}
    for name, type_ in types.items():
        more = {"options": options} if type_ in ("enum", "set") else {}
        made = server.admin.post("/api/v2/dealFields", {"field_name": name, "field_type": type_, **more}).data
        codes_[name] = made["field_code"]
        chosen[name] = [each["id"] for each in made.get("options") or []]
    for each in server.admin.get("/v1/dealFields", limit=500).data:
        ids[each["name"]] = f"custom_fields.{each['id']}"
    values = [
        {
            "Region": "North",
            "Area": 12.5,
            "Fee": {"value": 9, "currency": "EUR"},
            "Due": "2026-02-01",
            "Colour": chosen["Colour"][0],
            "Extras": chosen["Extras"],
        },
        {"Region": "north sea", "Area": 3, "Colour": chosen["Colour"][1], "Extras": chosen["Extras"][1:]},
    ]
    for deal_id, given in zip(deals, values, strict=False):
        server.admin.patch(
            f"/api/v2/deals/{deal_id}", {"custom_fields": {codes_[name]: value for name, value in given.items()}}
        )
    return {name: ids[name] for name in types}


@pytest.mark.parametrize(
    ("name", "parameter", "expected"),
    [
        ("Region", {"eq": "North"}, [0]),
        ("Region", {"eq": "north"}, []),
        ("Region", {"starts_with": "N"}, [0]),
        ("Region", {"contains": "orth"}, [0, 1]),
        ("Region", {"is_null": True}, [2]),
        ("Area", {"eq": 12.5}, [0]),
        ("Area", {"any": [3, 12.5]}, [0, 1]),
        ("Area", {"range": {"gte": 3, "lt": 12.5}}, [1]),
        ("Area", {"eq": None}, [2]),
        ("Fee", {"range": {"gt": 8}}, [0]),
        ("Due", {"eq": "2026-02-01"}, [0]),
        ("Due", {"range": {"lt": "2026-02-01"}}, []),
        ("Colour", {"eq": "Red"}, [0]),
        ("Colour", {"any": ["Red", "Blue", "Green"]}, [0, 1]),
        ("Colour", {"eq": "Green"}, []),
        ("Colour", {"is_null": True}, [2]),
        ("Extras", {"eq": "Blue"}, [0, 1]),
        ("Extras", {"all": ["Red", "Blue"]}, [0]),
        ("Extras", {"eq": "Green"}, []),
        ("Extras", {"is_null": False}, [0, 1]),
    ],
)
def test_custom_fields_are_tested_by_their_ids(
    sell: SellClient, deals: list[int], custom: dict[str, str], name: str, parameter: Json, expected: list[int]
) -> None:
    assert places(deals, found(sell, "deals", leaf(custom[name], **parameter))) == expected
    others = sorted({0, 1, 2} - set(expected))
    assert places(deals, found(sell, "deals", {"not": leaf(custom[name], **parameter)})) == others


def test_custom_fields_are_shown_by_their_ids(sell: SellClient, deals: list[int], custom: dict[str, str]) -> None:
    values = {"Region": "North", "Area": "12.5", "Fee": "9", "Due": "2026-02-01", "Colour": "Red"}
    by_id = {custom[name].partition(".")[2]: value for name, value in values.items()}
    extras = {custom["Extras"].partition(".")[2]: ["Red", "Blue"]}
    assert shown(sell, "deals", deals[0], "custom_fields")["custom_fields"] == {**by_id, **extras}
    some = shown(sell, "deals", deals[0], custom["Region"], custom["Area"])["custom_fields"]
    assert list(some.values()) == ["North", "12.5"]
    assert list(shown(sell, "deals", deals[2], custom["Region"])["custom_fields"].values()) == [None]


@pytest.mark.parametrize(
    ("name", "order", "expected"),
    [
        ("Region", "ascending", [0, 1, 2]),
        ("Region", "descending", [1, 0, 2]),
        ("Area", "ascending", [1, 0, 2]),
        ("Due", "descending", [0, 1, 2]),
        ("Fee", "ascending", [0, 1, 2]),
    ],
)
def test_hits_are_sorted_by_custom_fields(
    sell: SellClient, deals: list[int], custom: dict[str, str], name: str, order: str, expected: list[int]
) -> None:
    sort = by(custom[name], order)
    assert places(deals, found(sell, "deals", None, sort)) == expected
    first = ask(sell, "deals", query={"sort": [sort]}, per_page=1)
    rest = found(sell, "deals", None, sort, cursor=first["meta"]["links"]["next_page"])
    assert places(deals, rest) == expected[1:]


def test_numbers_of_custom_fields_are_aggregated(sell: SellClient, deals: list[int], custom: dict[str, str]) -> None:
    types = ("count", "sum", "avg", "min", "max")
    wanted = [{"attribute": {"name": custom["Area"]}, "aggregation_type": each} for each in types]
    answer = ask(sell, "deals", hits=False, aggregations=wanted)
    assert answer["meta"]["aggregations"] == {
        custom["Area"]: {"count": 2, "sum": 15.5, "avg": 7.75, "min": 3, "max": 12.5}
    }


@pytest.mark.parametrize(
    ("name", "parameter"),
    [("Area", {"eq": "x"}), ("Colour", {"eq": 1}), ("Extras", {"any": [1]}), ("Due", {"eq": 5}), ("Region", {"eq": 5})],
)
def test_values_of_custom_fields_have_their_types(
    sell: SellClient, custom: dict[str, str], name: str, parameter: Json
) -> None:
    ((_, code),) = refused(sell, "deals", query={"filter": leaf(custom[name], **parameter)})
    assert code == "invalid_type"


def test_choices_are_not_sorted_by(sell: SellClient, custom: dict[str, str]) -> None:
    assert refused(sell, "deals", query={"sort": [by(custom["Colour"])]}) == [
        ("/query/sort/0/attribute/name", "incorrect_value")
    ]


@pytest.fixture
def kept_exactly(sell: SellClient, server: Server, deals: list[int]) -> dict[str, str]:
    """Fields that only Sell has words for; the first deal has a value of each, the second others."""
    with server.home.transaction(server.company.company_id, sell.user_id) as tx:
        made = {type_: add_field(tx, "deal", type_, type_, types=ALL_TYPES) for type_ in ("boolean", "datetime")}
    for deal_id, given in zip(deals, [(True, "2026-02-01T10:00:00Z"), (False, "2026-02-02T10:00:00Z")], strict=False):
        values = dict(zip(made, given, strict=True))
        assert sell.put(f"/v2/deals/{deal_id}", {"custom_fields": values}).status == 200
    return {type_: f"custom_fields.{field.id}" for type_, field in made.items()}


@pytest.mark.parametrize(
    ("type_", "parameter", "expected"),
    [
        ("boolean", {"eq": True}, [0]),
        ("boolean", {"eq": False}, [1]),
        ("boolean", {"is_null": True}, [2]),
        ("datetime", {"eq": "2026-02-01T12:00:00+02:00"}, [0]),
        ("datetime", {"range": {"gt": "2026-02-01T10:00:00Z"}}, [1]),
    ],
)
def test_booleans_and_timestamps_of_custom_fields_are_tested(
    sell: SellClient, deals: list[int], kept_exactly: dict[str, str], type_: str, parameter: Json, expected: list[int]
) -> None:
    assert places(deals, found(sell, "deals", leaf(kept_exactly[type_], **parameter))) == expected
    assert shown(sell, "deals", deals[0], kept_exactly["boolean"])["custom_fields"] == {
        kept_exactly["boolean"].partition(".")[2]: True
    }


@pytest.mark.parametrize(
    ("type_", "parameter"),
    [
        ("boolean", {"eq": "true"}),
        ("boolean", {"range": {"gt": True}}),
        ("datetime", {"eq": "soon"}),
        ("datetime", {"contains": "2026"}),
    ],
)
def test_booleans_and_timestamps_of_custom_fields_have_their_types(
    sell: SellClient, kept_exactly: dict[str, str], type_: str, parameter: Json
) -> None:
    refused(sell, "deals", query={"filter": leaf(kept_exactly[type_], **parameter)})


# ---------------------------------------------------------------------------------------------- contacts and leads


@pytest.fixture
def contacts(sell: SellClient, clock: Clock) -> list[int]:
    """Acme, its Ada Brook, and a Carl without much."""
    acme = sell.post(
        "/v2/contacts",
        {
            "name": "Acme",
            "is_organization": True,
            "customer_status": "current",
            "tags": ["vip"],
            "website": "acme.test",
            "address": {"line1": "1 Mill Lane", "city": "Leeds", "country": "United Kingdom"},
        },
    )
    clock.advance(seconds=60)
    ada = sell.post(
        "/v2/contacts",
        {
            "first_name": "Ada",
            "last_name": "Brook",
            "contact_id": acme.data["id"],
            "email": "Ada@brook.test",
            "mobile": "+44 20",
            "title": "Owner",
            "tags": ["vip", "new"],
        },
    )
    carl = sell.post("/v2/contacts", {"last_name": "Carl"})
    assert [each.status for each in (acme, ada, carl)] == [200, 200, 200]
    return [acme.data["id"], ada.data["id"], carl.data["id"]]


@pytest.mark.parametrize(
    ("attribute", "parameter", "expected"),
    [
        ("is_organisation", {"eq": True}, [0]),
        ("is_organization", {"eq": False}, [1, 2]),
        ("is_organization", {"any": [True, False]}, [0, 1, 2]),
        ("display_name", {"eq": "ada brook"}, [1]),
        ("name", {"starts_with": "ac"}, [0]),
        ("name", {"contains": "A"}, [0, 1, 2]),
        ("first_name", {"eq": "ADA"}, [1]),
        ("first_name", {"is_null": True}, [0, 2]),
        ("last_name", {"range": {"gte": "c"}}, [2]),
        ("contact_id", {"eq": 1}, [1]),
        ("parent_organization_id", {"is_null": False}, []),
        ("email", {"eq": "ada@BROOK.test"}, [1]),
        ("email", {"contains": "@"}, [1]),
        ("email", {"is_null": True}, [0, 2]),
        ("mobile", {"starts_with": "+44"}, [1]),
        ("phone", {"is_null": True}, [0, 1, 2]),
        ("customer_status", {"eq": "current"}, [0]),
        ("customer_status", {"eq": "none"}, [1, 2]),
        ("prospect_status", {"any": ["none", "lost"]}, [0, 1, 2]),
        ("title", {"eq": "Owner"}, [1]),
        ("title", {"eq": "owner"}, []),
        ("title", {"contains": "wne"}, [1]),
        ("website", {"starts_with": "acme"}, [0]),
        ("website", {"is_null": True}, [1, 2]),
        ("address.city", {"eq": "Leeds"}, [0]),
        ("address.line1", {"contains": "Mill"}, [0]),
        ("address.country", {"is_null": True}, [1, 2]),
        ("tags", {"any": ["vip", "new"]}, [0, 1]),
        ("tags", {"all": ["vip", "new"]}, [1]),
        ("owner_id", {"is_null": True}, []),
        ("created_at", {"range": {"gt": "2026-05-01T12:00:00Z"}}, [1, 2]),
    ],
)
def test_an_attribute_of_contacts_is_tested(
    sell: SellClient, contacts: list[int], attribute: str, parameter: Json, expected: list[int]
) -> None:
    assert contacts[0] == 1
    assert places(contacts, found(sell, "contacts", leaf(attribute, **parameter))) == expected
    others = sorted({0, 1, 2} - set(expected))
    assert places(contacts, found(sell, "contacts", {"not": leaf(attribute, **parameter)})) == others


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (by("display_name", "descending"), [2, 1, 0]),
        (by("first_name"), [1, 0, 2]),
        (by("first_name", "descending"), [1, 0, 2]),
        (by("last_name", "descending"), [2, 1, 0]),
        (by("email", "descending"), [1, 0, 2]),
        (by("is_organisation"), [1, 2, 0]),
        (by("is_organisation", "descending"), [0, 1, 2]),
        (by("customer_status"), [0, 1, 2]),
        (by("title", "descending"), [1, 0, 2]),
        (by("address.city"), [0, 1, 2]),
    ],
)
def test_contacts_are_sorted_and_cursors_lead_through_them(
    sell: SellClient, contacts: list[int], sort: Json, expected: list[int]
) -> None:
    walked, cursor = list[int](), None
    for _ in expected:
        answer = ask(sell, "contacts", query={"sort": [sort]}, per_page=1, cursor=cursor)
        walked += [each["data"]["id"] for each in answer["items"]]
        cursor = answer["meta"]["links"].get("next_page")
    assert places(contacts, walked) == expected


@pytest.mark.parametrize("place", [0, 1])
def test_a_contact_is_shown_as_ever(sell: SellClient, contacts: list[int], place: int) -> None:
    whole = sell.get(f"/v2/contacts/{contacts[place]}").data
    seen = shown(sell, "contacts", contacts[place], *whole, "display_name", "is_organisation")
    assert seen == {
        **whole,
        "version": 1,
        "display_name": whole["name"],
        "is_organisation": whole["is_organization"],
    }


def test_a_part_of_an_address_is_shown_within_it(sell: SellClient, contacts: list[int]) -> None:
    assert shown(sell, "contacts", contacts[0], "address.city", "address.state")["address"] == {
        "city": "Leeds",
        "state": None,
    }


def test_custom_fields_of_contacts_say_whose_they_are(sell: SellClient, server: Server, contacts: list[int]) -> None:
    for route in ("personFields", "organizationFields"):
        server.admin.post(f"/api/v2/{route}", {"field_name": "Region", "field_type": "varchar"})
    for each in contacts[:2]:
        assert sell.put(f"/v2/contacts/{each}", {"custom_fields": {"Region": "North"}}).status == 200
    named = {each["search_api_id"] for each in items(sell.get("/v3/contacts/custom_fields"))}
    (of_person,) = (each for each in named if ".contact:" in each)
    (of_organization,) = (each for each in named if ".sales_account:" in each)
    assert found(sell, "contacts", leaf(of_person, eq="North")) == [contacts[1]]
    assert found(sell, "contacts", leaf(of_organization, eq="North")) == [contacts[0]]
    field_id = of_person.rpartition(":")[2]
    assert found(sell, "contacts", leaf(f"custom_fields.{field_id}", eq="North")) == [contacts[1]]
    assert shown(sell, "contacts", contacts[1], of_person, of_organization)["custom_fields"] == {
        field_id: "North",
        of_organization.rpartition(":")[2]: None,
    }
    wrong_side = of_person.replace("contact", "sales_account")
    assert refused(sell, "contacts", query={"filter": leaf(wrong_side, eq="North")})


def test_hidden_and_deleted_contacts_are_not_found(people: SellPeople, server: Server, contacts: list[int]) -> None:
    server.admin.patch(f"/api/v2/persons/{contacts[1]}", {"visible_to": 1})
    people.admin.delete(f"/v2/contacts/{contacts[2]}")
    assert places(contacts, found(people.admin, "contacts")) == [0, 1]
    assert places(contacts, found(people.seller, "contacts")) == [0]


def test_a_failed_query_names_its_own_resource(sell: SellClient) -> None:
    (answer,) = batch(sell, "contacts", {"colour": 1}).body["items"]
    assert answer["errors"][0]["error"]["resource"] == "contact"


@pytest.fixture
def leads(sell: SellClient) -> list[int]:
    """Ada of Brook Ltd, who works, and an organization without a person."""
    ada = {
        "first_name": "Ada",
        "last_name": "Brook",
        "organization_name": "Brook Ltd",
        "status": "Working",
        "email": "ada@brook.test",
        "phone": "+44 1",
        "title": "Owner",
        "address": {"city": "Leeds"},
        "tags": ["fair"],
    }
    made = [sell.post("/v2/leads", ada), sell.post("/v2/leads", {"organization_name": "Zed"})]
    assert [each.status for each in made] == [200, 200]
    return [each.data["id"] for each in made]


@pytest.mark.parametrize(
    ("attribute", "parameter", "expected"),
    [
        ("first_name", {"eq": "ada"}, [0]),
        ("last_name", {"is_null": True}, [1]),
        ("organization_name", {"any": ["ZED", "brook ltd"]}, [0, 1]),
        ("status", {"eq": "working"}, [0]),
        ("status", {"any": ["New", "Working"]}, [0, 1]),
        ("status", {"eq": "Unqualified"}, []),
        ("status", {"eq": "Nowhere"}, []),
        ("status", {"is_null": True}, []),
        ("email", {"starts_with": "ADA"}, [0]),
        ("phone", {"eq": "+44 1"}, [0]),
        ("mobile", {"is_null": False}, []),
        ("title", {"contains": "Own"}, [0]),
        ("address.city", {"eq": "Leeds"}, [0]),
        ("source_id", {"is_null": True}, [0, 1]),
        ("unqualified_reason_id", {"eq": 1}, []),
        ("tags", {"eq": "fair"}, [0]),
        ("owner_id", {"is_null": False}, [0, 1]),
        ("updated_at", {"eq": "2026-05-01"}, [0, 1]),
    ],
)
def test_an_attribute_of_leads_is_tested(
    sell: SellClient, leads: list[int], attribute: str, parameter: Json, expected: list[int]
) -> None:
    assert places(leads, found(sell, "leads", leaf(attribute, **parameter))) == expected
    others = sorted({0, 1} - set(expected))
    assert places(leads, found(sell, "leads", {"not": leaf(attribute, **parameter)})) == others


def test_a_lead_is_shown_as_ever(sell: SellClient, leads: list[int]) -> None:
    whole = sell.get(f"/v2/leads/{leads[0]}").data
    assert shown(sell, "leads", leads[0], *whole) == {**whole, "version": 1}


def test_leads_are_sorted_by_status_and_name(sell: SellClient, leads: list[int]) -> None:
    assert places(leads, found(sell, "leads", None, by("status", "descending"))) == [0, 1]
    assert places(leads, found(sell, "leads", None, by("organization_name", "descending"))) == [1, 0]
    first = ask(sell, "leads", query={"sort": [by("status")]}, per_page=1)
    rest = found(sell, "leads", None, by("status"), cursor=first["meta"]["links"]["next_page"])
    assert places(leads, rest) == [0]


def test_deleted_leads_are_not_found(sell: SellClient, leads: list[int]) -> None:
    sell.delete(f"/v2/leads/{leads[0]}")
    assert places(leads, found(sell, "leads")) == [1]


# -------------------------------------------------------------------------------------------------- notes and tasks


@pytest.fixture
def notes(sell: SellClient, deals: list[int], person: int, clock: Clock) -> list[int]:
    """One about the first deal, one about the person."""
    first = {"content": "Call Back", "resource_type": "deal", "resource_id": deals[0], "tags": ['a "b"', "[c]"]}
    second = {"content": "recall", "resource_type": "contact", "resource_id": person, "is_important": True}
    made = [sell.post("/v2/notes", first)]
    clock.advance(seconds=60)
    made.append(sell.post("/v2/notes", {**second, "type": "restricted", "tags": ["c", "B"]}))
    assert [each.status for each in made] == [200, 200]
    return [each.data["id"] for each in made]


@pytest.mark.parametrize(
    ("attribute", "parameter", "expected"),
    [
        ("content", {"contains": "CALL"}, [0, 1]),
        ("content", {"starts_with": "call"}, [0]),
        ("content", {"eq": "recall"}, [1]),
        ("resource_type", {"eq": "deal"}, [0]),
        ("resource_type", {"any": ["contact", "lead"]}, [1]),
        ("resource_type", {"eq": "sales_account"}, []),
        ("resource_type", {"is_null": True}, []),
        ("resource_id", {"eq": "deal"}, [0]),
        ("resource_id", {"eq": "person"}, [1]),
        ("creator_id", {"eq": "admin"}, [0, 1]),
        ("is_important", {"eq": True}, [1]),
        ("type", {"eq": "restricted"}, [1]),
        ("tags", {"eq": 'a "b"'}, [0]),
        ("tags", {"eq": "b"}, []),
        ("tags", {"eq": "c"}, [1]),
        ("tags", {"eq": "[c]"}, [0]),
        ("tags", {"all": ["c", "B"]}, [1]),
        ("tags", {"any": ["[c]", "B"]}, [0, 1]),
        ("tags", {"is_null": True}, []),
        ("created_at", {"eq": "2026-05-01T12:03:00Z"}, [1]),
        ("updated_at", {"range": {"lt": "2026-05-01T12:03:00Z"}}, [0]),
    ],
)
def test_an_attribute_of_notes_is_tested(
    sell: SellClient,
    deals: list[int],
    notes: list[int],
    person: int,
    attribute: str,
    parameter: Json,
    expected: list[int],
) -> None:
    named = {"deal": deals[0], "person": person, "admin": sell.user_id} if attribute.endswith("_id") else {}
    parameter = {operator: with_ids(given, named) for operator, given in parameter.items()}
    assert places(notes, found(sell, "notes", leaf(attribute, **parameter))) == expected


def test_a_note_is_shown_as_ever(sell: SellClient, notes: list[int]) -> None:
    whole = sell.get(f"/v2/notes/{notes[1]}").data
    assert shown(sell, "notes", notes[1], *whole) == {**whole, "version": 1}


def test_notes_are_sorted_by_what_they_are_about(sell: SellClient, notes: list[int]) -> None:
    assert places(notes, found(sell, "notes", None, by("resource_type"))) == [1, 0]
    assert places(notes, found(sell, "notes", None, by("content", "descending"))) == [1, 0]


def test_notes_of_deleted_deals_are_not_found(sell: SellClient, deals: list[int], notes: list[int]) -> None:
    sell.delete(f"/v2/deals/{deals[0]}")
    assert places(notes, found(sell, "notes")) == [1]


def test_notes_of_hidden_deals_are_not_found(
    people: SellPeople, server: Server, deals: list[int], notes: list[int]
) -> None:
    server.admin.patch(f"/api/v2/deals/{deals[0]}", {"visible_to": 1})
    assert places(notes, found(people.seller, "notes")) == [1]
    assert ask(people.seller, "notes", hits=False)["meta"]["total_count"] == 1


@pytest.fixture
def tasks(sell: SellClient, deals: list[int]) -> list[int]:
    """One overdue, one about a deal and due later, one without date that is done."""
    due, later = "2026-05-01T11:00:00Z", "2026-05-01T22:30:00Z"
    made = [
        sell.post("/v2/tasks", {"content": "Call", "due_date": due, "remind_at": due}),
        sell.post(
            "/v2/tasks", {"content": "Visit", "due_date": later, "resource_type": "deal", "resource_id": deals[0]}
        ),
        sell.post("/v2/tasks", {"content": "Sleep", "completed": True}),
    ]
    assert [each.status for each in made] == [200, 200, 200]
    return [each.data["id"] for each in made]


@pytest.mark.parametrize(
    ("attribute", "parameter", "expected"),
    [
        ("content", {"contains": "L"}, [0, 2]),
        ("overdue", {"eq": True}, [0]),
        ("overdue", {"eq": False}, [1, 2]),
        ("overdue", {"any": [True, False]}, [0, 1, 2]),
        ("overdue", {"is_null": True}, []),
        ("overdue", {"is_null": False}, [0, 1, 2]),
        ("completed", {"eq": True}, [2]),
        ("completed_at", {"is_null": False}, [2]),
        ("remind_at", {"is_null": False}, [0]),
        ("owner_id", {"is_null": False}, [0, 1, 2]),
        ("due_date", {"eq": "2026-05-01T22:30:00Z"}, [1]),
        ("resource_type", {"is_null": True}, [0, 2]),
        ("resource_type", {"eq": "deal"}, [1]),
        ("resource_id", {"is_null": True}, [0, 2]),
    ],
)
def test_an_attribute_of_tasks_is_tested(
    sell: SellClient, tasks: list[int], attribute: str, parameter: Json, expected: list[int]
) -> None:
    assert places(tasks, found(sell, "tasks", leaf(attribute, **parameter))) == expected
    others = sorted({0, 1, 2} - set(expected))
    assert places(tasks, found(sell, "tasks", {"not": leaf(attribute, **parameter)})) == others


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ({"eq": "2026-05-02"}, [1]),
        ({"eq": "2026-05-01"}, [0]),
        ({"eq": "2026-05-02T01:30:00"}, [1]),
        ({"range": {"gt": "2026-05-01"}}, [1]),
        ({"range": {"lte": "2026-05-01"}}, [0]),
    ],
)
def test_times_of_tasks_without_a_zone_are_of_the_company(
    sell: SellClient, tasks: list[int], parameter: Json, expected: list[int]
) -> None:
    assert places(tasks, found(sell, "tasks", leaf("due_date", **parameter))) == expected


def test_a_task_is_shown_as_ever(sell: SellClient, tasks: list[int]) -> None:
    whole = sell.get(f"/v2/tasks/{tasks[0]}").data
    assert shown(sell, "tasks", tasks[0], *whole) == {**whole, "version": 1}


def test_tasks_are_sorted_with_those_without_a_date_last(sell: SellClient, tasks: list[int]) -> None:
    assert places(tasks, found(sell, "tasks", None, by("due_date", "descending"))) == [1, 0, 2]


def test_what_follows_from_others_is_not_sorted_by(sell: SellClient) -> None:
    assert refused(sell, "tasks", query={"sort": [by("overdue")]}) == [
        ("/query/sort/0/attribute/name", "incorrect_value")
    ]
    assert refused(sell, "tasks", aggregations=[{"attribute": {"name": "overdue"}, "aggregation_type": "count"}]) == [
        ("/aggregations/0/attribute/name", "incorrect_value")
    ]
