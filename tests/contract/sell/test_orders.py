"""Orders and line items of Sell (contract 2.14)."""

import msgspec
import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.server import Json

NOON = "2026-05-01T12:00:00Z"
GRINDER = {
    "name": "Grinder",
    "sku": "G-1",
    "description": "Grinds",
    "max_discount": 5,
    "max_markup": 10,
    "prices": [{"amount": "3599.99", "currency": "PLN"}, {"amount": 100, "currency": "USD"}],
}


def add_deal(server: Server, **attributes: Json) -> int:
    deal_id: int = server.admin.post("/api/v2/deals", {"title": "Refit", **attributes}).data["id"]
    return deal_id


@pytest.fixture
def deal_id(server: Server) -> int:
    return add_deal(server)


@pytest.fixture
def product_id(sell: SellClient) -> int:
    made: int = sell.post("/v2/products", GRINDER).data["id"]
    return made


@pytest.fixture
def lines(sell: SellClient, deal_id: int) -> str:
    """The path of the line items of an order."""
    return f"/v2/orders/{sell.post('/v2/orders', {'deal_id': deal_id}).data['id']}/line_items"


# ---------------------------------------------------------------------------------------------------------- orders


def test_an_order_has_the_attributes_of_the_contract(sell: SellClient, deal_id: int) -> None:
    answer = sell.post("/v2/orders", {"deal_id": deal_id, "discount": 4})
    assert (answer.status, answer.body["meta"]["type"]) == (200, "order")
    assert answer.data == {"id": 1, "deal_id": deal_id, "discount": 4, "created_at": NOON, "updated_at": NOON}
    assert sell.get("/v2/orders/1").data == answer.data


def test_an_order_has_no_discount_by_default(sell: SellClient, deal_id: int) -> None:
    assert sell.post("/v2/orders", {"deal_id": deal_id}).data["discount"] == 0


def test_a_deal_has_one_order(sell: SellClient, deal_id: int) -> None:
    sell.post("/v2/orders", {"deal_id": deal_id})
    refused = sell.post("/v2/orders", {"deal_id": deal_id})
    assert (refused.status, codes(refused)) == (422, [("/data/deal_id", "already_exists")])


def test_a_deal_may_have_another_order_once_its_order_is_deleted(sell: SellClient, deal_id: int) -> None:
    first = sell.post("/v2/orders", {"deal_id": deal_id}).data["id"]
    sell.delete(f"/v2/orders/{first}")
    assert sell.post("/v2/orders", {"deal_id": deal_id}).data["id"] == first + 1


@pytest.mark.parametrize(
    ("attributes", "field", "code"),
    [
        ({}, "deal_id", "missing"),
        ({"deal_id": None}, "deal_id", "blank"),
        ({"deal_id": "1"}, "deal_id", "invalid_type"),
        ({"deal_id": 999}, "deal_id", "incorrect_value"),
        ({"deal_id": 1, "discount": 101}, "discount", "incorrect_value"),
        ({"deal_id": 1, "discount": -1}, "discount", "incorrect_value"),
        ({"deal_id": 1, "discount": None}, "discount", "invalid_type"),
        ({"deal_id": 1, "discount": "5"}, "discount", "invalid_type"),
        ({"deal_id": 1, "colour": "red"}, "colour", "unknown"),
    ],
)
def test_a_wrong_order_is_refused(sell: SellClient, deal_id: int, attributes: Json, field: str, code: str) -> None:
    refused = sell.post("/v2/orders", attributes)
    assert (refused.status, codes(refused)) == (422, [(f"/data/{field}", code)])
    assert items(sell.get("/v2/orders")) == []


def test_an_order_for_a_deleted_deal_is_refused(sell: SellClient, server: Server, deal_id: int) -> None:
    server.admin.delete(f"/api/v2/deals/{deal_id}")
    assert codes(sell.post("/v2/orders", {"deal_id": deal_id})) == [("/data/deal_id", "incorrect_value")]


def test_an_archived_deal_may_be_ordered(sell: SellClient, server: Server, deal_id: int) -> None:
    server.admin.patch(f"/api/v2/deals/{deal_id}", {"is_archived": True})
    assert sell.post("/v2/orders", {"deal_id": deal_id}).status == 200


def test_the_discount_may_be_changed(sell: SellClient, deal_id: int, clock: Clock) -> None:
    made = sell.post("/v2/orders", {"deal_id": deal_id}).data
    clock.advance(seconds=60)
    changed = sell.put("/v2/orders/1", {"discount": 100}).data
    assert changed == {**made, "discount": 100, "updated_at": "2026-05-01T12:01:00Z"}
    assert sell.get("/v2/orders/1").data == changed


def test_an_order_sent_back_as_it_was_stays_untouched(sell: SellClient, deal_id: int, clock: Clock) -> None:
    made = sell.post("/v2/orders", {"deal_id": deal_id}).data
    clock.advance(seconds=60)
    assert sell.put("/v2/orders/1", made).data == made


def test_an_order_cannot_go_to_another_deal(sell: SellClient, server: Server, deal_id: int) -> None:
    sell.post("/v2/orders", {"deal_id": deal_id})
    refused = sell.put("/v2/orders/1", {"deal_id": add_deal(server), "discount": 7})
    assert (refused.status, codes(refused)) == (422, [("/data/deal_id", "incorrect_value")])
    assert sell.get("/v2/orders/1").data["discount"] == 0


def test_deleting_an_order_deletes_its_line_items(sell: SellClient, lines: str, product_id: int) -> None:
    made = sell.post(lines, {"product_id": product_id, "currency": "PLN"}).data["id"]
    assert (sell.delete("/v2/orders/1").status, sell.delete("/v2/orders/1").status) == (204, 404)
    assert [sell.get(path).status for path in ("/v2/orders/1", lines, f"{lines}/{made}")] == [404, 404, 404]


def test_the_log_keeps_what_was_deleted_with_an_order(
    sell: SellClient, server: Server, lines: str, product_id: int
) -> None:
    made = sell.post(lines, {"product_id": product_id, "currency": "USD"}).data
    order = sell.put("/v2/orders/1", {"discount": 3}).data
    sell.delete("/v2/orders/1")
    events = server.home.dump(server.company.company_id)["event"]
    told = [(row[5], row[7], msgspec.json.decode(row[8] or "{}")) for row in events if row[5] != "deal"][-2:]
    assert [(each[0], each[1]) for each in told] == [("line_item", "deleted"), ("sales_order", "deleted")]
    assert {name: told[0][2][name] for name in ("id", "order_id", "name")} == {
        "id": made["id"],
        "order_id": order["id"],
        "name": "Grinder",
    }
    assert (told[1][2]["deal_id"], told[1][2]["discount"]) == (order["deal_id"], 3)


def test_a_missing_order_is_told_by_its_kind(sell: SellClient) -> None:
    (error,) = sell.get("/v2/orders/7").body["errors"]
    assert (error["error"]["resource"], error["error"]["code"]) == ("order", "not_found")


def test_a_missing_order_is_told_before_wrong_attributes(sell: SellClient) -> None:
    assert sell.put("/v2/orders/9", {"colour": 1}).status == 404
    assert sell.post("/v2/orders/9/line_items", {"colour": 1}).status == 404


def test_the_order_of_a_deleted_deal_goes_with_it(
    sell: SellClient, server: Server, deal_id: int, lines: str, product_id: int
) -> None:
    item = f"{lines}/{sell.post(lines, {'product_id': product_id, 'currency': 'PLN'}).data['id']}"
    kept = sell.post("/v2/orders", {"deal_id": add_deal(server)}).data
    server.admin.delete(f"/api/v2/deals/{deal_id}")
    assert items(sell.get("/v2/orders")) == [kept]
    assert [sell.get(path).status for path in ("/v2/orders/1", lines, item)] == [404, 404, 404]
    assert [sell.put("/v2/orders/1", {}).status, sell.post(lines, {}).status] == [404, 404]
    assert [sell.delete(path).status for path in (item, "/v2/orders/1")] == [404, 404]


def test_who_does_not_see_a_deal_does_not_see_its_order(
    people: SellPeople, server: Server, deal_id: int, lines: str, product_id: int
) -> None:
    private = add_deal(server, visible_to=1)
    own = add_deal(server, owner_id=people.restricted.user_id)
    hidden = people.admin.post("/v2/orders", {"deal_id": private}).data["id"]
    mine = people.admin.post("/v2/orders", {"deal_id": own}).data["id"]
    assert [each["id"] for each in items(people.admin.get("/v2/orders"))] == [1, hidden, mine]
    assert [each["id"] for each in items(people.seller.get("/v2/orders"))] == [1, mine]
    assert [each["id"] for each in items(people.restricted.get("/v2/orders"))] == [mine]
    assert [people.seller.get(f"/v2/orders/{each}").status for each in (1, hidden, mine)] == [200, 404, 200]
    assert [people.restricted.delete(f"/v2/orders/{each}").status for each in (1, hidden)] == [404, 404]
    assert people.restricted.post(lines, {"product_id": product_id, "currency": "PLN"}).status == 404
    assert codes(people.seller.post("/v2/orders", {"deal_id": private})) == [("/data/deal_id", "incorrect_value")]


def test_orders_of_others_are_not_there(sell: SellClient, other: SellClient, lines: str) -> None:
    assert (other.get("/v2/orders/1").status, other.get(lines).status) == (404, 404)


def test_orders_are_filtered_by_deal(sell: SellClient, server: Server, deal_id: int) -> None:
    sell.post("/v2/orders", {"deal_id": add_deal(server)})
    wanted = sell.post("/v2/orders", {"deal_id": deal_id}).data
    assert items(sell.get("/v2/orders", deal_id=deal_id)) == [wanted]
    assert items(sell.get("/v2/orders", deal_id=999)) == []
    assert items(sell.get("/v2/orders", ids=f"{wanted['id']},999")) == [wanted]


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        (None, [1, 2, 3]),
        ("id:desc", [3, 2, 1]),
        ("deal_id", [3, 2, 1]),
        ("created_at:desc", [3, 2, 1]),
        ("updated_at:desc", [2, 3, 1]),
    ],
)
def test_orders_are_sorted(
    sell: SellClient, server: Server, clock: Clock, sort_by: str | None, expected: list[int]
) -> None:
    for deal_id in reversed([add_deal(server) for _ in range(3)]):
        sell.post("/v2/orders", {"deal_id": deal_id})
        clock.advance(seconds=1)
    sell.put("/v2/orders/2", {"discount": 1})
    query = {"sort_by": sort_by} if sort_by else {}
    assert [each["id"] for each in items(sell.get("/v2/orders", **query))] == expected


def test_a_page_of_orders_holds_up_to_five_hundred(sell: SellClient) -> None:
    assert (sell.get("/v2/orders", per_page=500).status, sell.get("/v2/orders", per_page=501).status) == (200, 400)


@pytest.mark.parametrize("query", [{"deal_id": "x"}, {"sort_by": "discount"}, {"discount": "5"}])
def test_parameters_out_of_range_are_refused(sell: SellClient, query: dict[str, str]) -> None:
    refused = sell.get("/v2/orders", **query)
    assert (refused.status, codes(refused)) == (400, [(None, "invalid_param")])


# ------------------------------------------------------------------------------------------------------ line items


def test_a_line_item_copies_its_product(sell: SellClient, lines: str, product_id: int) -> None:
    answer = sell.post(lines, {"product_id": product_id, "currency": "PLN", "variation": 2, "quantity": 10})
    assert (answer.status, answer.body["meta"]["type"]) == (200, "line_item")
    assert answer.data == {
        "id": 1,
        "name": "Grinder",
        "sku": "G-1",
        "description": "Grinds",
        "price": "3599.99",
        "currency": "PLN",
        "variation": "2.00",
        "value": "3671.99",
        "quantity": 10,
        "created_at": NOON,
        "updated_at": NOON,
    }
    assert (sell.get(f"{lines}/1").data, items(sell.get(lines))) == (answer.data, [answer.data])


@pytest.mark.parametrize(
    ("given", "variation", "value"),
    [
        ({}, "0.00", "3599.99"),
        ({"variation": None}, "0.00", "3599.99"),
        ({"variation": -2}, "-2.00", "3527.99"),
        ({"variation": "-2.5"}, "-2.50", "3509.99"),
        ({"value": "3671.99"}, "2.00", "3671.99"),
        ({"value": 3527.99}, "-2.00", "3527.99"),
        ({"variation": "2", "value": "3671.99"}, "2.00", "3671.99"),
        ({"variation": "2", "value": "9999"}, "2.00", "3671.99"),
    ],
)
def test_variation_and_value_follow_from_each_other(
    sell: SellClient, lines: str, product_id: int, given: Json, variation: str, value: str
) -> None:
    made = sell.post(lines, {"product_id": product_id, "currency": "PLN", **given}).data
    assert (made["variation"], made["value"], made["quantity"]) == (variation, value, 1)


@pytest.mark.parametrize("given", [{"variation": 1000}, {"variation": -60}, {"value": 0}])
def test_a_product_without_bounds_allows_every_variation(sell: SellClient, lines: str, given: Json) -> None:
    free = sell.post("/v2/products", {"name": "Free", "prices": GRINDER["prices"]}).data["id"]
    assert sell.post(lines, {"product_id": free, "currency": "USD", **given}).status == 200


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"variation": "10.01"}, "variation", "incorrect_value"),
        ({"variation": "-5.01"}, "variation", "incorrect_value"),
        ({"value": "110.01"}, "value", "incorrect_value"),
        ({"value": "94.99"}, "value", "incorrect_value"),
        ({"variation": "lots"}, "variation", "invalid_type"),
        ({"value": True}, "value", "invalid_type"),
        ({"quantity": 0}, "quantity", "incorrect_value"),
        ({"quantity": None}, "quantity", "invalid_type"),
        ({"quantity": "3"}, "quantity", "invalid_type"),
        ({"currency": "EUR"}, "currency", "incorrect_value"),
        ({"currency": ""}, "currency", "blank"),
        ({"product_id": 999}, "product_id", "incorrect_value"),
        ({"product_id": None}, "product_id", "blank"),
        ({"colour": "red"}, "colour", "unknown"),
        ({"deal_id": 1}, "deal_id", "unknown"),
    ],
)
def test_a_wrong_line_item_is_refused(
    sell: SellClient, lines: str, product_id: int, given: Json, field: str, code: str
) -> None:
    refused = sell.post(lines, {"product_id": product_id, "currency": "USD", **given})
    assert (refused.status, codes(refused)) == (422, [(f"/data/{field}", code)])
    assert refused.body["errors"][0]["error"]["resource"] == "line_item"
    assert items(sell.get(lines)) == []


def test_a_line_item_needs_a_product_and_a_currency(sell: SellClient, lines: str) -> None:
    assert codes(sell.post(lines, {})) == [("/data/product_id", "missing"), ("/data/currency", "missing")]


@pytest.mark.parametrize(
    "change", [lambda sell, path: sell.put(path, {"active": False}), lambda sell, path: sell.delete(path)]
)
def test_only_an_active_product_can_be_ordered(sell: SellClient, lines: str, product_id: int, change: Json) -> None:
    change(sell, f"/v2/products/{product_id}")
    refused = sell.post(lines, {"product_id": product_id, "currency": "USD"})
    assert codes(refused) == [("/data/product_id", "incorrect_value")]


def test_what_happens_to_the_product_later_leaves_the_line_item(sell: SellClient, lines: str, product_id: int) -> None:
    made = sell.post(lines, {"product_id": product_id, "currency": "USD"}).data
    sell.put(f"/v2/products/{product_id}", {"name": "Other", "prices": []})
    sell.delete(f"/v2/products/{product_id}")
    assert sell.get(f"{lines}/{made['id']}").data == made


def test_the_deal_keeps_its_value(sell: SellClient, server: Server, deal_id: int, lines: str, product_id: int) -> None:
    sell.post(lines, {"product_id": product_id, "currency": "USD", "quantity": 3})
    assert server.admin.get(f"/api/v2/deals/{deal_id}").data["value"] == 0


def test_a_line_item_of_another_order_is_missing(sell: SellClient, server: Server, lines: str, product_id: int) -> None:
    made = sell.post(lines, {"product_id": product_id, "currency": "USD"}).data["id"]
    second = sell.post("/v2/orders", {"deal_id": add_deal(server)}).data["id"]
    path = f"/v2/orders/{second}/line_items/{made}"
    assert (sell.get(path).status, sell.delete(path).status, sell.get(f"{lines}/{made}").status) == (404, 404, 200)
    assert sell.get(path).body["errors"][0]["error"]["resource"] == "line_item"


def test_a_line_item_is_deleted_for_good(sell: SellClient, lines: str, product_id: int) -> None:
    path = f"{lines}/{sell.post(lines, {'product_id': product_id, 'currency': 'USD'}).data['id']}"
    assert (sell.delete(path).status, sell.delete(path).status, items(sell.get(lines))) == (204, 404, [])


def test_a_line_item_cannot_be_changed(sell: SellClient, lines: str, product_id: int) -> None:
    path = f"{lines}/{sell.post(lines, {'product_id': product_id, 'currency': 'USD'}).data['id']}"
    refused = sell.put(path, {"quantity": 5})
    assert (refused.status, codes(refused)) == (405, [(None, "incorrect_path")])


def test_sellers_fill_orders(people: SellPeople, lines: str, product_id: int) -> None:
    assert people.seller.post(lines, {"product_id": product_id, "currency": "USD"}).status == 200


@pytest.fixture
def three(sell: SellClient, lines: str, product_id: int, clock: Clock) -> str:
    """The path of line items 1, 2 and 3: 9 at 100.00, 3 at 105.00 and 6 at 95.00."""
    for quantity, variation in ((9, 0), (3, 5), (6, -5)):
        attributes = {"product_id": product_id, "currency": "USD", "quantity": quantity, "variation": variation}
        assert sell.post(lines, attributes).status == 200
        clock.advance(seconds=1)
    return lines


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3]),
        ({"quantity": 6}, [3]),
        ({"value": "105"}, [2]),
        ({"value": "95.00", "quantity": 9}, []),
        ({"ids": "3,1,99"}, [1, 3]),
        ({"sort_by": "id:desc"}, [3, 2, 1]),
        ({"sort_by": "quantity"}, [2, 3, 1]),
        ({"sort_by": "value:desc"}, [2, 1, 3]),
        ({"sort_by": "created_at:desc"}, [3, 2, 1]),
        ({"sort_by": "updated_at:desc"}, [3, 2, 1]),
        ({"per_page": 1, "page": 2}, [2]),
    ],
)
def test_line_items_are_filtered_and_sorted(sell: SellClient, three: str, query: Json, expected: list[int]) -> None:
    assert [each["id"] for each in items(sell.get(three, **query))] == expected


@pytest.mark.parametrize("query", [{"value": "x"}, {"quantity": "x"}, {"sort_by": "name"}, {"per_page": 101}])
def test_wrong_parameters_of_line_items_are_refused(sell: SellClient, lines: str, query: dict[str, str]) -> None:
    refused = sell.get(lines, **query)
    assert (refused.status, codes(refused)) == (400, [(None, "invalid_param")])
