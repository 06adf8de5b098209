"""Products of Sell (contract 2.14)."""

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.server import Json

MILL = {
    "name": "Mill",
    "description": "Grinds",
    "sku": "M-1",
    "active": True,
    "max_discount": 10,
    "max_markup": 200,
    "cost": "12.5",
    "cost_currency": "PLN",
    "prices": [{"amount": 20, "currency": "USD"}, {"amount": "79.99", "currency": "PLN"}],
}


def add(sell: SellClient, **attributes: Json) -> Json:
    answer = sell.post("/v2/products", {"name": "Mill", **attributes})
    assert answer.status == 200, answer.body
    return answer.data


def names(sell: SellClient, **query: object) -> list[str]:
    return [each["name"] for each in items(sell.get("/v2/products", **query))]


def test_a_product_is_answered_as_it_was_made_with_prices_in_currency_order(sell: SellClient) -> None:
    answer = sell.post("/v2/products", MILL)
    assert (answer.status, answer.body["meta"]["type"]) == (200, "product")
    assert answer.data == {
        "id": 1,
        **MILL,
        "cost": "12.50",
        "prices": [{"amount": "79.99", "currency": "PLN"}, {"amount": "20.00", "currency": "USD"}],
        "created_at": "2026-05-01T12:00:00Z",
        "updated_at": "2026-05-01T12:00:00Z",
    }


def test_a_product_with_a_name_alone_has_the_defaults(sell: SellClient) -> None:
    made = add(sell)
    assert {name: made[name] for name in MILL} == {
        "name": "Mill",
        "description": "",
        "sku": "",
        "active": True,
        "max_discount": None,
        "max_markup": None,
        "cost": None,
        "cost_currency": "EUR",
        "prices": [],
    }


def test_a_single_product_is_found_by_its_id(sell: SellClient) -> None:
    made = add(sell, **MILL)
    assert sell.get(f"/v2/products/{made['id']}").data == made


def test_neither_name_nor_sku_need_to_be_unique(sell: SellClient) -> None:
    assert add(sell, sku="M-1")["id"] != add(sell, sku="M-1")["id"]


def test_only_what_is_given_changes(sell: SellClient, clock: Clock) -> None:
    made = add(sell, **MILL)
    clock.advance(seconds=60)
    changed = sell.put("/v2/products/1", {"sku": "M-2"}).data
    assert changed == {**made, "sku": "M-2", "updated_at": "2026-05-01T12:01:00Z"}
    assert sell.get("/v2/products/1").data == changed


def test_every_attribute_may_be_changed(sell: SellClient) -> None:
    add(sell)
    assert {name: sell.put("/v2/products/1", MILL).data[name] for name in MILL} == {
        **MILL,
        "cost": "12.50",
        "prices": [{"amount": "79.99", "currency": "PLN"}, {"amount": "20.00", "currency": "USD"}],
    }


def test_what_may_be_null_is_cleared_by_null(sell: SellClient) -> None:
    add(sell, **MILL)
    cleared = dict.fromkeys(("description", "sku", "max_discount", "max_markup", "cost"))
    assert {name: sell.put("/v2/products/1", cleared).data[name] for name in cleared} == {
        **cleared,
        "description": "",
        "sku": "",
    }


def test_prices_are_replaced_as_a_whole(sell: SellClient) -> None:
    add(sell, **MILL)
    prices = [{"amount": "5.00", "currency": "GBP"}]
    assert sell.put("/v2/products/1", {"prices": prices}).data["prices"] == prices


def test_a_product_sent_back_as_it_was_stays_untouched(sell: SellClient, clock: Clock) -> None:
    made = add(sell, **MILL)
    clock.advance(seconds=60)
    assert sell.put("/v2/products/1", made).data == made


def test_a_deleted_product_is_gone(sell: SellClient) -> None:
    add(sell)
    assert (sell.delete("/v2/products/1").status, sell.delete("/v2/products/1").status) == (204, 404)
    assert (sell.get("/v2/products/1").status, sell.put("/v2/products/1", {}).status) == (404, 404)
    assert items(sell.get("/v2/products")) == []


def test_a_missing_product_is_told_by_its_kind(sell: SellClient) -> None:
    (error,) = sell.get("/v2/products/23231").body["errors"]
    assert error["error"] == {
        "resource": "product",
        "code": "not_found",
        "message": "resource you are looking for was not found",
        "details": "Resource of the type 'product' with the id '23231' was not found.",
    }


def test_a_missing_product_is_told_before_wrong_attributes(sell: SellClient) -> None:
    assert sell.put("/v2/products/9", {"colour": 1}).status == 404


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("PUT", "/1"), ("PUT", "/9"), ("DELETE", "/1")])
def test_products_are_written_by_administrators(people: SellPeople, method: str, path: str) -> None:
    made = add(people.admin)
    refused = people.seller.call(method, f"/v2/products{path}", {"colour": "red"})
    assert (refused.status, codes(refused)) == (403, [(None, "insufficient_scope")])
    assert items(people.admin.get("/v2/products")) == [made]


def test_only_administrators_see_the_cost(people: SellPeople) -> None:
    made = add(people.admin, **MILL)
    hidden = {**made, "cost": None, "cost_currency": None}
    assert people.seller.get("/v2/products/1").data == hidden
    assert items(people.restricted.get("/v2/products")) == [hidden]


WRONG = [
    ({"name": ""}, "name", "blank"),
    ({"name": None}, "name", "blank"),
    ({"name": 5}, "name", "invalid_type"),
    ({"name": "x" * 256}, "name", "incorrect_value"),
    ({"colour": "red"}, "colour", "unknown"),
    ({"sku": 5}, "sku", "invalid_type"),
    ({"active": "yes"}, "active", "invalid_type"),
    ({"active": None}, "active", "invalid_type"),
    ({"max_discount": 101}, "max_discount", "incorrect_value"),
    ({"max_discount": -1}, "max_discount", "incorrect_value"),
    ({"max_discount": "5"}, "max_discount", "invalid_type"),
    ({"max_markup": -1}, "max_markup", "incorrect_value"),
    ({"cost": "much"}, "cost", "invalid_type"),
    ({"cost": "1e20"}, "cost", "incorrect_value"),
    ({"cost_currency": "XXX"}, "cost_currency", "incorrect_value"),
    ({"cost_currency": None}, "cost_currency", "invalid_type"),
    ({"prices": None}, "prices", "invalid_type"),
    ({"prices": {}}, "prices", "invalid_type"),
    ({"prices": [5]}, "prices", "invalid_type"),
    ({"prices": [{"amount": 5}]}, "prices", "invalid_type"),
    ({"prices": [{"amount": 5, "currency": 5}]}, "prices", "invalid_type"),
    ({"prices": [{"amount": None, "currency": "EUR"}]}, "prices", "invalid_type"),
    ({"prices": [{"amount": 5, "currency": "EUR", "colour": 1}]}, "prices", "invalid_type"),
    ({"prices": [{"amount": "1e20", "currency": "EUR"}]}, "prices/0/amount", "incorrect_value"),
    ({"prices": [{"amount": 5, "currency": "XXX"}]}, "prices", "incorrect_value"),
    (
        {"prices": [{"amount": 5, "currency": "EUR"}, {"amount": 6, "currency": "EUR"}]},
        "prices/1/currency",
        "incorrect_value",
    ),
]


@pytest.mark.parametrize(("attributes", "field", "code"), WRONG)
def test_a_wrong_attribute_is_told_and_nothing_changes(
    sell: SellClient, attributes: Json, field: str, code: str
) -> None:
    made = add(sell)
    refused = sell.put("/v2/products/1", {"description": "New", **attributes})
    assert (refused.status, codes(refused)) == (422, [(f"/data/{field}", code)])
    assert codes(sell.post("/v2/products", {"name": "Other", **attributes})) == [(f"/data/{field}", code)]
    assert items(sell.get("/v2/products")) == [made]


def test_a_product_without_a_name_is_refused(sell: SellClient) -> None:
    refused = sell.post("/v2/products", {})
    assert (refused.status, codes(refused)) == (422, [("/data/name", "missing")])


def test_products_are_filtered_by_name_sku_and_whether_they_are_active(sell: SellClient) -> None:
    add(sell, name="Mill", sku="A")
    add(sell, name="Millstone", sku="AB", active=False)
    assert names(sell, name="mill") == ["Mill"]
    assert names(sell, sku="ab") == ["Millstone"]
    assert names(sell, active="true") == ["Mill"]
    assert names(sell, active="False") == ["Millstone"]
    assert names(sell, name="mil") == []


def test_owner_and_organization_have_no_effect(sell: SellClient) -> None:
    add(sell)
    assert names(sell, owner_id=99, organization_id=99) == ["Mill"]


def test_ids_leave_only_those(sell: SellClient) -> None:
    made = [add(sell, name=name)["id"] for name in ("A", "B", "C")]
    assert names(sell, ids=f"{made[2]},999,{made[0]}") == ["A", "C"]


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        (None, ["b", "A", "C"]),
        ("id:desc", ["C", "A", "b"]),
        ("name", ["A", "b", "C"]),
        ("name:desc", ["C", "b", "A"]),
        ("sku", ["C", "A", "b"]),
        ("sku:desc", ["b", "A", "C"]),
        ("created_at:desc", ["C", "A", "b"]),
        ("updated_at", ["A", "C", "b"]),
    ],
)
def test_products_are_sorted(sell: SellClient, clock: Clock, sort_by: str | None, expected: list[str]) -> None:
    for name, sku in (("b", "z"), ("A", "Y"), ("C", "x")):
        add(sell, name=name, sku=sku)
        clock.advance(seconds=1)
    sell.put("/v2/products/1", {"description": "later"})
    assert names(sell, **({"sort_by": sort_by} if sort_by else {})) == expected


def test_a_page_holds_up_to_five_hundred(sell: SellClient) -> None:
    assert (sell.get("/v2/products", per_page=500).status, sell.get("/v2/products", per_page=501).status) == (200, 400)


@pytest.mark.parametrize("query", [{"active": "maybe"}, {"sort_by": "cost"}, {"colour": "red"}, {"owner_id": "x"}])
def test_parameters_out_of_range_are_refused(sell: SellClient, query: dict[str, str]) -> None:
    refused = sell.get("/v2/products", **query)
    assert (refused.status, codes(refused)) == (400, [(None, "invalid_param")])


def test_the_log_tells_what_happened_to_a_product(sell: SellClient, server: Server) -> None:
    add(sell)
    sell.put("/v2/products/1", {"sku": "M"})
    sell.put("/v2/products/1", {"sku": "M"})
    sell.delete("/v2/products/1")
    events = [row for row in server.home.dump(server.company.company_id)["event"] if row[5] == "product"]
    assert [(row[6], row[7]) for row in events] == [(1, "created"), (1, "updated"), (1, "deleted")]


def test_products_of_others_are_not_there(sell: SellClient, other: SellClient) -> None:
    add(sell)
    assert (other.get("/v2/products/1").status, items(other.get("/v2/products"))) == (404, [])
