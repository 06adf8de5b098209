"""Reasons, sources, statuses, outcomes and industries of Sell (contract 2.8, 2.13, 2.14)."""

import pytest

from dealflow.actions.terms import add_term
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.server import Json, Response

WRITTEN = ("loss_reasons", "deal_unqualified_reasons", "deal_sources", "lead_sources", "sources")
NAMED = (*WRITTEN, "lead_unqualified_reasons", "lead_statuses")
SOURCES = (("deal_sources", "deal"), ("lead_sources", "lead"), ("sources", "lead"))
KINDS = {
    "lead_unqualified_reasons": "lead_unqualified_reason",
    "lead_statuses": "lead_status",
    "call_outcomes": "call_outcome",
    "visit_outcomes": "visit_outcome",
}
NOON = "2026-05-01T12:00:00Z"

written = pytest.mark.parametrize("path", WRITTEN)
listed = pytest.mark.parametrize("path", NAMED)
of_sources = pytest.mark.parametrize(("path", "resource_type"), SOURCES)


def add(sell: SellClient, path: str, name: str) -> Json:
    reply = sell.post(f"/v2/{path}", {"name": name})
    assert reply.status == 200, reply.body
    return reply.data


def fill(sell: SellClient, server: Server, path: str, *names: str) -> list[Json]:
    """Terms of these names, through the API where it makes them."""
    if path in WRITTEN:
        for name in names:
            add(sell, path, name)
    else:
        with server.home.transaction(server.company.company_id, sell.user_id) as tx:
            for name in names:
                add_term(tx, KINDS[path], name)
    return [each for each in items(sell.get(f"/v2/{path}")) if each["name"] in names]


def names(reply: Response) -> list[str]:
    return [each["name"] for each in items(reply)]


@pytest.mark.parametrize("path", ["loss_reasons", "deal_unqualified_reasons"])
def test_a_reason_has_the_attributes_of_the_contract(path: str, sell: SellClient) -> None:
    reply = sell.post(f"/v2/{path}", {"name": "Chose a rival"})
    assert (reply.status, reply.body) == (
        200,
        {
            "data": {
                "id": reply.data["id"],
                "creator_id": sell.user_id,
                "name": "Chose a rival",
                "created_at": NOON,
                "updated_at": NOON,
            },
            "meta": {"type": path.removesuffix("s")},
        },
    )


@of_sources
def test_a_source_says_what_it_is_of(path: str, resource_type: str, sell: SellClient) -> None:
    reply = sell.post(f"/v2/{path}", {"name": "Trade fair"})
    assert reply.body["meta"] == {"type": "source"}
    assert reply.data == {
        "id": reply.data["id"],
        "creator_id": sell.user_id,
        "name": "Trade fair",
        "resource_type": resource_type,
        "created_at": NOON,
        "updated_at": NOON,
    }


@of_sources
def test_a_source_takes_its_own_resource_type(path: str, resource_type: str, sell: SellClient) -> None:
    made = sell.post(f"/v2/{path}", {"name": "Trade fair", "resource_type": resource_type})
    assert sell.put(f"/v2/{path}/{made.data['id']}", made.data).status == 200


@of_sources
def test_a_source_takes_no_other_resource_type(path: str, resource_type: str, sell: SellClient) -> None:
    wrong = {"resource_type": "contact"}
    made = add(sell, path, "Trade fair")
    asked = (sell.post(f"/v2/{path}", {"name": "Other", **wrong}), sell.put(f"/v2/{path}/{made['id']}", wrong))
    assert [codes(reply) for reply in asked] == [[("/resource_type", "incorrect_value")]] * 2


def test_a_reason_has_no_resource_type(sell: SellClient) -> None:
    reply = sell.post("/v2/loss_reasons", {"name": "Price", "resource_type": "deal"})
    assert (reply.status, codes(reply)) == (422, [("/resource_type", "unknown")])


@written
def test_what_was_made_is_there(path: str, sell: SellClient) -> None:
    made = add(sell, path, "Trade fair")
    assert sell.get(f"/v2/{path}/{made['id']}").data == made


@written
def test_a_rename_is_a_change(path: str, sell: SellClient, clock: Clock) -> None:
    made = add(sell, path, "Trade fair")
    clock.advance(seconds=90)
    reply = sell.put(f"/v2/{path}/{made['id']}", {"name": "Trade show"})
    assert (reply.status, reply.data) == (200, {**made, "name": "Trade show", "updated_at": "2026-05-01T12:01:30Z"})


@written
def test_what_is_sent_back_as_it_came_changes_nothing(path: str, sell: SellClient, clock: Clock) -> None:
    made = add(sell, path, "Trade fair")
    clock.advance(seconds=90)
    assert sell.put(f"/v2/{path}/{made['id']}", made).data == made


@written
def test_a_deleted_one_is_gone(path: str, sell: SellClient) -> None:
    made = add(sell, path, "Trade fair")
    reply = sell.delete(f"/v2/{path}/{made['id']}")
    assert (reply.status, reply.raw, "content-type" in reply.headers) == (204, b"", False)
    assert sell.get(f"/v2/{path}/{made['id']}").status == 404
    assert names(sell.get(f"/v2/{path}")) == []


@written
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_one_that_is_not_there_is_missing(path: str, method: str, sell: SellClient) -> None:
    reply = sell.call(method, f"/v2/{path}/987", {"colour": "red"} if method == "PUT" else None)
    assert (reply.status, codes(reply)) == (404, [(None, "not_found")])
    assert reply.body["errors"][0]["error"]["resource"] == ("source" if "sources" in path else path.removesuffix("s"))


@pytest.mark.parametrize(("path", "other"), [("loss_reasons", "deal_sources"), ("deal_sources", "lead_sources")])
def test_each_list_holds_its_own(path: str, other: str, sell: SellClient) -> None:
    made = add(sell, path, "Trade fair")
    assert sell.get(f"/v2/{other}/{made['id']}").status == 404
    assert items(sell.get(f"/v2/{other}")) == []


@written
def test_a_name_is_taken_once(path: str, sell: SellClient) -> None:
    add(sell, path, "Trade fair")
    reply = sell.post(f"/v2/{path}", {"name": " Trade fair"})
    assert (reply.status, codes(reply)) == (422, [("/name", "already_exists")])


@written
def test_a_name_that_is_taken_is_no_new_name(path: str, sell: SellClient) -> None:
    add(sell, path, "Trade fair")
    made = add(sell, path, "trade fair")
    reply = sell.put(f"/v2/{path}/{made['id']}", {"name": "Trade fair"})
    assert (reply.status, codes(reply)) == (422, [("/name", "already_exists")])


def test_deals_and_leads_may_have_a_source_of_the_same_name(sell: SellClient) -> None:
    made = [add(sell, path, "Trade fair") for path in ("deal_sources", "lead_sources")]
    assert made[0]["id"] != made[1]["id"]


@written
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, ("/name", "missing")),
        ({"name": ""}, ("/name", "blank")),
        ({"name": "  "}, ("/name", "blank")),
        ({"name": None}, ("/name", "blank")),
        ({"name": 7}, ("/name", "invalid_type")),
        ({"name": "x" * 256}, ("/name", "incorrect_value")),
        ({"name": "Fair", "colour": "red"}, ("/colour", "unknown")),
    ],
)
def test_what_breaks_the_rules_is_told(
    path: str, attributes: Json, expected: tuple[str, str], sell: SellClient
) -> None:
    reply = sell.post(f"/v2/{path}", attributes)
    assert (reply.status, codes(reply)) == (422, [expected])


@written
def test_read_only_attributes_are_passed_over(path: str, sell: SellClient) -> None:
    given = {"name": "Fair", "id": 99, "creator_id": 99, "created_at": "then", "updated_at": None}
    reply = sell.post(f"/v2/{path}", given)
    assert (reply.status, reply.data["creator_id"], reply.data["id"] != 99) == (200, sell.user_id, True)


def test_a_seller_may_add_words_too(people: SellPeople) -> None:
    assert add(people.seller, "loss_reasons", "Price")["creator_id"] == people.seller.user_id


# ----------------------------------------------------------------------------------------------------- old sources


def test_the_old_way_reaches_both_kinds(sell: SellClient) -> None:
    deal, lead = add(sell, "deal_sources", "Fair"), add(sell, "lead_sources", "Fair")
    assert items(sell.get("/v2/sources")) == [deal, lead]
    assert [sell.get(f"/v2/sources/{each['id']}").data for each in (deal, lead)] == [deal, lead]


def test_the_old_way_renames_a_source_of_deals(sell: SellClient) -> None:
    deal = add(sell, "deal_sources", "Fair")
    sell.put(f"/v2/sources/{deal['id']}", {"name": "Show"})
    assert names(sell.get("/v2/deal_sources")) == ["Show"]


def test_the_old_way_deletes_a_source_of_deals(sell: SellClient) -> None:
    deal = add(sell, "deal_sources", "Fair")
    assert sell.delete(f"/v2/sources/{deal['id']}").status == 204
    assert items(sell.get("/v2/deal_sources")) == []


def test_the_old_way_turns_no_source_of_deals_into_one_of_leads(sell: SellClient) -> None:
    deal = add(sell, "deal_sources", "Fair")
    reply = sell.put(f"/v2/sources/{deal['id']}", {"resource_type": "lead"})
    assert codes(reply) == [("/resource_type", "incorrect_value")]


# ----------------------------------------------------------------------------------------------------------- lists


@listed
def test_a_name_is_matched_whole_with_its_case(path: str, sell: SellClient, server: Server) -> None:
    fill(sell, server, path, "Price", "price", "Price war")
    assert names(sell.get(f"/v2/{path}", name="Price")) == ["Price"]


@pytest.mark.parametrize("path", [*NAMED, "visit_outcomes"])
def test_a_list_may_be_cut_to_ids(path: str, sell: SellClient, server: Server) -> None:
    first, _, last = fill(sell, server, path, "One", "Two", "Three")
    assert items(sell.get(f"/v2/{path}", ids=f"{last['id']},{first['id']},987")) == [first, last]


@pytest.mark.parametrize("path", [*NAMED, "visit_outcomes"])
@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        ("id", ["Beta", "alpha", "Gamma"]),
        ("id:desc", ["Gamma", "alpha", "Beta"]),
        ("name", ["alpha", "Beta", "Gamma"]),
        ("name:desc", ["Gamma", "Beta", "alpha"]),
        ("created_at:desc", ["Beta", "alpha", "Gamma"]),
        ("updated_at:asc,name", ["alpha", "Beta", "Gamma"]),
        (None, ["Beta", "alpha", "Gamma"]),
    ],
)
def test_a_list_is_sorted_as_asked(
    path: str, sort_by: str | None, expected: list[str], sell: SellClient, server: Server
) -> None:
    fill(sell, server, path, *["Beta", "alpha", "Gamma"])
    asked = {} if sort_by is None else {"sort_by": sort_by}
    found = names(sell.get(f"/v2/{path}", **asked))
    assert [name for name in found if name in expected] == expected


def test_times_sort(sell: SellClient, clock: Clock) -> None:
    first = add(sell, "loss_reasons", "First")
    clock.advance(seconds=5)
    add(sell, "loss_reasons", "Second")
    clock.advance(seconds=5)
    sell.put(f"/v2/loss_reasons/{first['id']}", {"name": "Once first"})
    assert names(sell.get("/v2/loss_reasons", sort_by="created_at:desc")) == ["Second", "Once first"]
    assert names(sell.get("/v2/loss_reasons", sort_by="updated_at")) == ["Second", "Once first"]


@pytest.mark.parametrize("path", [*NAMED, "visit_outcomes"])
def test_a_list_comes_in_pages(path: str, sell: SellClient, server: Server) -> None:
    fill(sell, server, path, "One", "Two", "Three")
    reply = sell.get(f"/v2/{path}", sort_by="id:desc", per_page=2)
    assert (names(reply), "next_page" in reply.body["meta"]["links"]) == (["Three", "Two"], True)


@pytest.mark.parametrize("path", [*NAMED, "visit_outcomes"])
@pytest.mark.parametrize(
    "asked", [{"colour": "red"}, {"sort_by": "creator_id"}, {"ids": "one"}, {"page": 0}, {"per_page": 0}]
)
def test_what_a_list_does_not_know_is_refused(path: str, asked: Json, sell: SellClient) -> None:
    reply = sell.get(f"/v2/{path}", **asked)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


@listed
def test_a_page_holds_at_most_a_hundred(path: str, sell: SellClient) -> None:
    assert [sell.get(f"/v2/{path}", per_page=size).status for size in (100, 101)] == [200, 400]


def test_reasons_of_leads_are_read_only(sell: SellClient) -> None:
    assert sell.post("/v2/lead_unqualified_reasons", {"name": "Price"}).status == 405
    assert sell.get("/v2/lead_unqualified_reasons/1").status == 404


def test_a_reason_of_leads_has_the_attributes_of_the_contract(sell: SellClient, server: Server) -> None:
    fill(sell, server, "lead_unqualified_reasons", "Price")
    (found,) = sell.get("/v2/lead_unqualified_reasons").body["items"]
    assert found["meta"] == {"type": "lead_unqualified_reason"}
    assert set(found["data"]) == {"id", "creator_id", "name", "created_at", "updated_at"}


def test_a_new_company_has_statuses_of_leads(sell: SellClient) -> None:
    found = sell.get("/v2/lead_statuses").body["items"]
    assert [each["data"]["name"] for each in found] == ["New", "Working", "Unqualified"]
    assert found[0] == {
        "data": {"id": found[0]["data"]["id"], "name": "New", "created_at": NOON, "updated_at": NOON},
        "meta": {"type": "lead_status"},
    }


def test_a_new_company_has_outcomes_of_calls(sell: SellClient) -> None:
    first, *others = sell.get("/v2/call_outcomes").body["items"]
    assert others
    assert first == {
        "data": {
            "id": first["data"]["id"],
            "creator_id": sell.user_id,
            "name": "Interested",
            "created_at": NOON,
            "updated_at": NOON,
        },
        "meta": {"type": "call_outcome"},
    }


def test_a_new_company_has_outcomes_of_visits(sell: SellClient) -> None:
    first, *others = sell.get("/v2/visit_outcomes").body["items"]
    assert others
    assert (set(first["data"]), first["meta"]) == (
        {"id", "name", "created_at", "updated_at"},
        {"type": "visit_outcome"},
    )


def test_outcomes_of_calls_come_in_the_order_of_their_ids(sell: SellClient) -> None:
    whole = [each["id"] for each in items(sell.get("/v2/call_outcomes"))]
    assert whole == sorted(whole)
    assert [each["id"] for each in items(sell.get("/v2/call_outcomes", per_page=2, page=2))] == whole[2:4]


@pytest.mark.parametrize("asked", [{"ids": "1"}, {"sort_by": "id"}, {"name": "Interested"}, {"per_page": 101}])
def test_outcomes_of_calls_are_only_paged(asked: Json, sell: SellClient) -> None:
    reply = sell.get("/v2/call_outcomes", **asked)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


def test_outcomes_of_visits_allow_larger_pages_but_not_more_of_them(sell: SellClient) -> None:
    asked: list[dict[str, object]] = [{"per_page": 200}, {"per_page": 201}, {"page": 100}, {"page": 101}]
    assert [sell.get("/v2/visit_outcomes", **each).status for each in asked] == [200, 400, 200, 400]


def test_ids_of_outcomes_of_visits_may_come_in_brackets(sell: SellClient) -> None:
    (first, second, *_) = (each["id"] for each in items(sell.get("/v2/visit_outcomes")))
    found = items(sell.get("/v2/visit_outcomes", ids=f"[{first}, {second}]"))
    assert [each["id"] for each in found] == [first, second]


@pytest.mark.parametrize("path", ["lead_statuses", "call_outcomes", "visit_outcomes"])
def test_statuses_and_outcomes_are_read_only(path: str, sell: SellClient) -> None:
    assert (sell.post(f"/v2/{path}", {"name": "Lost"}).status, sell.get(f"/v2/{path}/1").status) == (405, 404)


# ------------------------------------------------------------------------------------------------------ industries


@pytest.mark.parametrize("path", ["contact/industries", "lead/industries"])
def test_industries_have_names_and_no_ids(path: str, sell: SellClient) -> None:
    reply = sell.get(f"/v2/{path}")
    first = reply.body["items"][0]
    assert (set(first["data"]), first["meta"]) == ({"name", "created_at", "updated_at"}, {"type": "industry"})
    assert names(reply)[:3] == ["Accounting", "Agriculture", "Automotive"]


@pytest.mark.parametrize("path", ["contact/industries", "lead/industries"])
def test_industries_come_in_pages(path: str, sell: SellClient) -> None:
    whole = names(sell.get(f"/v2/{path}"))
    reply = sell.get(f"/v2/{path}", per_page=3, page=2)
    assert (names(reply), "next_page" in reply.body["meta"]["links"]) == (whole[3:6], True)


@pytest.mark.parametrize("asked", [{"ids": "1"}, {"sort_by": "id"}, {"per_page": 101}])
def test_industries_are_only_paged(asked: Json, sell: SellClient) -> None:
    assert sell.get("/v2/contact/industries", **asked).status == 400


# ------------------------------------------------------------------------------------------------------ of companies


@written
def test_words_of_another_company_are_not_there(path: str, sell: SellClient, other: SellClient) -> None:
    theirs = add(other, path, "Trade fair")
    assert sell.get(f"/v2/{path}/{theirs['id']}").status == 404
    assert items(sell.get(f"/v2/{path}")) == []


@written
def test_without_a_token_there_is_nothing(path: str, stranger: SellClient) -> None:
    assert stranger.get(f"/v2/{path}").status == 401


# --------------------------------------------------------------------------------------------------- their use on deals


@pytest.fixture
def contact_id(server: Server) -> int:
    made: int = server.admin.post("/api/v2/persons", {"name": "Ann Smith"}).data["id"]
    return made


LINKS = (
    ("deal_sources", "source_id"),
    ("sources", "source_id"),
    ("loss_reasons", "loss_reason_id"),
    ("deal_unqualified_reasons", "unqualified_reason_id"),
)


@pytest.mark.parametrize(("path", "attribute"), LINKS)
def test_a_deal_loses_what_is_deleted(
    path: str, attribute: str, sell: SellClient, contact_id: int, clock: Clock
) -> None:
    made = add(sell, "deal_sources" if path == "sources" else path, "Fair")
    deal = sell.post("/v2/deals", {"name": "Big", "contact_id": contact_id, attribute: made["id"]}).data
    clock.advance(seconds=90)
    assert sell.delete(f"/v2/{path}/{made['id']}").status == 204
    after = sell.get(f"/v2/deals/{deal['id']}").data
    assert (deal[attribute], after) == (made["id"], {**deal, attribute: None, "updated_at": "2026-05-01T12:01:30Z"})


def test_a_deal_keeps_its_reason_in_words(sell: SellClient, server: Server) -> None:
    reason = add(sell, "loss_reasons", "Price")
    lost = {"title": "Small", "status": "lost", "lost_reason": "Price"}
    deal = server.admin.post("/api/v2/deals", lost).data
    assert sell.get(f"/v2/deals/{deal['id']}").data["loss_reason_id"] == reason["id"]
    sell.delete(f"/v2/loss_reasons/{reason['id']}")
    assert server.admin.get(f"/api/v2/deals/{deal['id']}").data["lost_reason"] == "Price"


def test_other_deals_keep_theirs(sell: SellClient, contact_id: int) -> None:
    first, second = (add(sell, "deal_sources", name) for name in ("Fair", "Show"))
    kept = sell.post("/v2/deals", {"name": "Big", "contact_id": contact_id, "source_id": second["id"]}).data
    sell.delete(f"/v2/deal_sources/{first['id']}")
    assert sell.get(f"/v2/deals/{kept['id']}").data == kept
