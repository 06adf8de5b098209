"""Leads of Sell and their conversions (contract 2.13)."""

from typing import Any

import pytest

from dealflow.actions.fields import add_field
from dealflow.actions.terms import add_term
from dealflow.core.term import LEAD_UNQUALIFIED_REASON
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.server import Json

NOON = "2026-05-01T12:00:00Z"
LATER = "2026-05-01T12:01:00Z"
LEEDS = {"line1": "1 Mill Lane", "city": "Leeds", "postal_code": "LS1", "state": "West Yorkshire", "country": "UK"}
TEXTS = ("title", "description", "industry", "website", "twitter", "facebook", "linkedin", "skype")
REACHED_BY = ("email", "phone", "mobile", "fax")


def add(sell: SellClient, **attributes: object) -> Json:
    reply = sell.post("/v2/leads", attributes)
    assert reply.status == 200, reply.body
    return reply.data


def lead(sell: SellClient, last_name: str = "Brook", **attributes: object) -> Json:
    return add(sell, last_name=last_name, **attributes)


def change(sell: SellClient, made: Json, **attributes: object) -> Json:
    reply = sell.put(f"/v2/leads/{made['id']}", attributes)
    assert reply.status == 200, reply.body
    return reply.data


def listed(sell: SellClient, **query: object) -> list[str]:
    reply = sell.get("/v2/leads", **query)
    assert reply.status == 200, reply.body
    return [each["last_name"] or each["organization_name"] for each in items(reply)]


def define(server: Server, resource: str, name: str, type_: str, *options: str) -> None:
    with server.home.transaction(server.company.company_id, server.company.admin.user.id) as tx:
        add_field(tx, resource, name, type_, options=options)


# -------------------------------------------------------------------------------------------------------- one lead


def test_a_new_lead_has_the_attributes_of_the_contract(sell: SellClient) -> None:
    reply = sell.post("/v2/leads", {"last_name": "Brook"})
    assert (reply.status, reply.body) == (
        200,
        {
            "data": {
                "id": 1,
                "creator_id": sell.user_id,
                "owner_id": sell.user_id,
                "first_name": None,
                "last_name": "Brook",
                "organization_name": None,
                "status": "New",
                "source_id": None,
                "unqualified_reason_id": None,
                **dict.fromkeys((*TEXTS, *REACHED_BY)),
                "address": {},
                "tags": [],
                "custom_fields": {},
                "created_at": NOON,
                "updated_at": NOON,
            },
            "meta": {"version": 1, "type": "lead"},
        },
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "www.example.com-42") for name in (*TEXTS, *REACHED_BY, "first_name", "organization_name")),
        ("description", "Two\nlines, and a blank. "),
        ("address", LEEDS),
        ("tags", ["vip", "North"]),
        ("status", "Unqualified"),
    ],
)
def test_what_is_written_is_shown(name: str, value: Any, sell: SellClient) -> None:
    made = lead(sell, **{name: value})
    read = sell.get(f"/v2/leads/{made['id']}").data
    assert (made[name], read[name], change(sell, lead(sell), **{name: value})[name]) == (value,) * 3


@pytest.mark.parametrize("name", [*TEXTS, *REACHED_BY, "first_name", "organization_name"])
@pytest.mark.parametrize("value", [None, ""])
def test_null_and_an_empty_text_clear(name: str, value: object, sell: SellClient) -> None:
    assert change(sell, lead(sell, **{name: "x"}), **{name: value})[name] is None


def test_the_name_of_an_organization_is_enough(sell: SellClient) -> None:
    made = add(sell, organization_name="Globex")
    assert (made["last_name"], made["organization_name"]) == (None, "Globex")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/last_name", "missing")]),
        ({"first_name": "Ada"}, [("/last_name", "missing")]),
        ({"last_name": ""}, [("/last_name", "blank")]),
        ({"organization_name": None}, [("/organization_name", "blank")]),
        ({"last_name": None, "organization_name": " "}, [("/last_name", "blank")]),
        ({"colour": 1}, [("/last_name", "missing"), ("/colour", "unknown")]),
    ],
)
def test_a_lead_needs_one_of_two_names_which_is_one_error(
    body: Json, errors: list[tuple[str, str]], sell: SellClient
) -> None:
    reply = sell.post("/v2/leads", body)
    assert (reply.status, codes(reply)) == (422, errors)


def test_a_lead_keeps_one_of_two_names(sell: SellClient) -> None:
    made = lead(sell, organization_name="Globex")
    assert change(sell, made, last_name=None)["last_name"] is None
    reply = sell.put(f"/v2/leads/{made['id']}", {"organization_name": ""})
    assert (reply.status, codes(reply)) == (422, [("/organization_name", "blank")])


@pytest.mark.parametrize(("given", "shown"), [("working", "Working"), ("NEW", "New"), ("Unqualified", "Unqualified")])
def test_a_status_is_a_name_in_any_case(given: str, shown: str, sell: SellClient) -> None:
    assert lead(sell, status=given)["status"] == shown


def test_sources_and_reasons_are_those_of_leads(sell: SellClient, server: Server) -> None:
    source = sell.post("/v2/lead_sources", {"name": "Fair"}).data["id"]
    made = lead(sell, source_id=source)
    assert (made["source_id"], change(sell, made, source_id=None)["source_id"]) == (source, None)
    other = sell.post("/v2/deal_sources", {"name": "Fair"}).data["id"]
    reply = sell.put(f"/v2/leads/{made['id']}", {"source_id": other})
    assert codes(reply) == [("/source_id", "incorrect_value")]


@pytest.fixture
def reason(server: Server) -> int:
    with server.home.transaction(server.company.company_id, server.company.admin.user.id) as tx:
        return add_term(tx, LEAD_UNQUALIFIED_REASON, "Moved away").id


def test_a_lead_may_have_an_unqualified_reason(sell: SellClient, reason: int) -> None:
    made = lead(sell, unqualified_reason_id=reason)
    assert made["unqualified_reason_id"] == reason
    assert change(sell, made, unqualified_reason_id=None)["unqualified_reason_id"] is None


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("last_name", 5, "invalid_type"),
        ("last_name", "x" * 256, "incorrect_value"),
        ("organization_name", "x" * 256, "incorrect_value"),
        ("status", "Lost", "incorrect_value"),
        ("status", None, "invalid_type"),
        ("source_id", 99, "incorrect_value"),
        ("source_id", "1", "invalid_type"),
        ("unqualified_reason_id", 99, "incorrect_value"),
        ("owner_id", 99, "incorrect_value"),
        ("owner_id", None, "invalid_type"),
        ("email", 5, "invalid_type"),
        ("description", "x" * 65_537, "incorrect_value"),
        ("address", "Leeds", "invalid_type"),
        ("tags", "vip", "invalid_type"),
        ("custom_fields", "x", "invalid_type"),
        ("colour", "red", "unknown"),
        ("contact_id", 1, "unknown"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_written(
    name: str, value: object, code: str, sell: SellClient
) -> None:
    made = lead(sell)
    reply = sell.put(f"/v2/leads/{made['id']}", {"website": "w.test", name: value})
    assert (reply.status, codes(reply)) == (422, [(f"/{name}", code)])
    assert items(sell.get("/v2/leads")) == [made]


def test_addresses_follow_the_rules_of_contacts(sell: SellClient) -> None:
    made = lead(sell, address=[])
    assert change(sell, made, address=LEEDS)["address"] == LEEDS
    assert change(sell, made, address={"city": "York"})["address"] == {**LEEDS, "city": "York"}
    assert change(sell, made, address=None)["address"] == {}
    reply = sell.put(f"/v2/leads/{made['id']}", {"address": {"zip": "1"}})
    assert codes(reply) == [("/address/zip", "unknown")]


def test_tags_are_those_of_leads(sell: SellClient) -> None:
    made = lead(sell, tags=["vip", "North"])
    assert change(sell, made, tags=["South", "vip", "vip"])["tags"] == ["South", "vip"]
    names = [tag["name"] for tag in items(sell.get("/v2/tags", resource_type="lead"))]
    assert sorted(names) == ["North", "South", "vip"]


def test_custom_fields_are_merged_and_cleared_by_null(sell: SellClient, server: Server) -> None:
    define(server, "lead", "Region", "varchar")
    define(server, "lead", "Level", "enum", "low", "High")
    made = lead(sell, custom_fields={"Region": "Far", "Level": "High"})
    assert made["custom_fields"] == {"Region": "Far", "Level": "High"}
    assert change(sell, made, custom_fields={"Region": None})["custom_fields"] == {"Level": "High"}
    reply = sell.put(f"/v2/leads/{made['id']}", {"custom_fields": {"Size": 1}})
    assert codes(reply) == [("/custom_fields/Size", "unknown")]


def test_what_comes_back_as_it_was_changes_nothing(sell: SellClient, clock: Clock) -> None:
    made = lead(sell, organization_name="Globex", address=LEEDS, email="a@b.c", tags=["vip"], status="Working")
    clock.advance(seconds=60)
    reply = sell.put(f"/v2/leads/{made['id']}", made)
    assert (reply.status, reply.data, reply.body["meta"]["version"]) == (200, made, 1)


def test_a_change_is_counted_and_timed(sell: SellClient, clock: Clock) -> None:
    made = lead(sell)
    clock.advance(seconds=60)
    reply = sell.put(f"/v2/leads/{made['id']}", {"title": "Owner"})
    assert (reply.data["created_at"], reply.data["updated_at"], reply.body["meta"]["version"]) == (NOON, LATER, 2)


def test_a_deleted_lead_is_gone(sell: SellClient) -> None:
    made = lead(sell)
    reply = sell.delete(f"/v2/leads/{made['id']}")
    assert (reply.status, reply.raw, "content-type" in reply.headers) == (204, b"", False)
    assert sell.get(f"/v2/leads/{made['id']}").status == sell.delete(f"/v2/leads/{made['id']}").status == 404
    assert listed(sell) == []


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("lead_id", ["99", "0", "x"])
def test_a_lead_that_is_not_there_is_not_found(method: str, lead_id: str, sell: SellClient) -> None:
    reply = sell.call(method, f"/v2/leads/{lead_id}", {"colour": 1} if method == "PUT" else None)
    assert (reply.status, codes(reply), reply.body["errors"][0]["error"]["resource"]) == (
        404,
        [(None, "not_found")],
        "lead",
    )


def test_everybody_sees_all_leads(people: SellPeople) -> None:
    made = lead(people.admin)
    assert people.restricted.get(f"/v2/leads/{made['id']}").data == made
    assert listed(people.restricted) == ["Brook"]


# --------------------------------------------------------------------------------------------- filters and sorts


@pytest.fixture
def book(sell: SellClient, people: SellPeople, clock: Clock, reason: int) -> dict[str, Json]:
    """Four leads, each changed a minute after the one before."""
    source = sell.post("/v2/lead_sources", {"name": "Fair"}).data["id"]
    made = [
        lead(sell, "Brook", first_name="Ada", organization_name="Initech", email="Ada@Brook.test", phone="+44 10"),
        add(people.seller, last_name="Ärmel", owner_id=sell.user_id, status="Working", address=LEEDS),
        lead(sell, "cher", owner_id=people.seller.user_id, source_id=source, title="owner", mobile="7"),
        add(sell, organization_name="Globex", unqualified_reason_id=reason, title="Pilot", fax="9"),
    ]
    for each in made:
        clock.advance(seconds=60)
        change(sell, each, description="seen")
    return {each["last_name"] or each["organization_name"]: each for each in made}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"first_name": "ADA"}, ["Brook"]),
        ({"last_name": "ärmel"}, ["Ärmel"]),
        ({"last_name": "\U0010ffff"}, []),
        ({"organization_name": "globex"}, ["Globex"]),
        ({"status": "working"}, ["Ärmel"]),
        ({"status": "New"}, ["Brook", "cher", "Globex"]),
        ({"status": "Lost"}, []),
        ({"email": "ada@brook.TEST"}, ["Brook"]),
        ({"phone": "+44 10"}, ["Brook"]),
        ({"address[city]": "Leeds"}, ["Ärmel"]),
        ({"address[postal_code]": "LS1", "address[country]": "UK"}, ["Ärmel"]),
        ({"address[country]": "US"}, []),
        ({"first_name": "Ada", "status": "Working"}, []),
    ],
)
def test_filters_leave_what_meets_them(
    query: dict[str, str], names: list[str], sell: SellClient, book: dict[str, Json]
) -> None:
    assert listed(sell, **query) == names


def test_filters_by_ids(sell: SellClient, people: SellPeople, book: dict[str, Json]) -> None:
    assert listed(sell, creator_id=people.seller.user_id) == ["Ärmel"]
    assert listed(sell, owner_id=people.seller.user_id) == ["cher"]
    assert listed(sell, source_id=book["cher"]["source_id"]) == ["cher"]
    assert listed(sell, ids=f"{book['Globex']['id']},99,{book['cher']['id']}") == ["cher", "Globex"]


@pytest.mark.parametrize(
    ("sort_by", "names"),
    [
        (None, "Brook-Ärmel-cher-Globex"),
        ("updated_at:desc", "Globex-cher-Ärmel-Brook"),
        ("created_at:desc", "Brook-Ärmel-cher-Globex"),
        ("id:desc", "Globex-cher-Ärmel-Brook"),
        ("first_name", "Brook-Ärmel-cher-Globex"),
        ("last_name", "Brook-cher-Ärmel-Globex"),
        ("last_name:desc", "Ärmel-cher-Brook-Globex"),
        ("organization_name", "Globex-Brook-Ärmel-cher"),
        ("organization_name:desc", "Brook-Globex-Ärmel-cher"),
        ("email:desc", "Brook-Ärmel-cher-Globex"),
        ("phone:desc", "Brook-Ärmel-cher-Globex"),
        ("mobile:desc", "cher-Brook-Ärmel-Globex"),
        ("fax:desc", "Globex-Brook-Ärmel-cher"),
        ("status:desc", "Ärmel-Brook-cher-Globex"),
        ("creator_id:desc", "Ärmel-Brook-cher-Globex"),
        ("owner_id:desc", "cher-Brook-Ärmel-Globex"),
        ("source_id:desc", "cher-Brook-Ärmel-Globex"),
        ("unqualified_reason_id:desc", "Globex-Brook-Ärmel-cher"),
        ("title", "cher-Globex-Brook-Ärmel"),
        ("title:desc", "Globex-cher-Brook-Ärmel"),
        ("status,last_name:desc", "cher-Brook-Globex-Ärmel"),
        *((f"{name}:desc", "Brook-Ärmel-cher-Globex") for name in TEXTS if name != "title"),
    ],
)
def test_every_scalar_attribute_sorts_without_case_and_nulls_last(
    sort_by: str | None, names: str, sell: SellClient, book: dict[str, Json]
) -> None:
    assert "-".join(listed(sell, **({} if sort_by is None else {"sort_by": sort_by}))) == names


def test_pages_follow_each_other(sell: SellClient, book: dict[str, Json]) -> None:
    assert [listed(sell, page=page, per_page=3) for page in (1, 2, 3)] == [["Brook", "Ärmel", "cher"], ["Globex"], []]


def test_custom_fields_filter_and_sort(sell: SellClient, server: Server) -> None:
    define(server, "lead", "Region", "varchar")
    define(server, "lead", "Size", "double")
    lead(sell, "one", custom_fields={"Region": "Far", "Size": 10})
    lead(sell, "two", custom_fields={"Region": "Far", "Size": 9})
    lead(sell, "three")
    assert listed(sell, **{"custom_fields[Region]": "Far", "custom_fields[Size]": "9"}) == ["two"]
    assert listed(sell, sort_by="custom_fields:Size") == ["two", "one", "three"]


@pytest.mark.parametrize(
    "query",
    [
        {"colour": "red"},
        {"mobile": "1"},
        {"address[state]": "x"},
        {"source_id": "x"},
        {"sort_by": "tags"},
        {"custom_fields[Nothing]": "x"},
        {"per_page": "101"},
    ],
)
def test_what_cannot_be_asked_for_is_refused(query: dict[str, str], sell: SellClient) -> None:
    reply = sell.get("/v2/leads", **query)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


# ---------------------------------------------------------------------------------------------------------- upsert


def test_an_upsert_makes_what_it_does_not_find_and_changes_what_it_does(sell: SellClient) -> None:
    body = {"last_name": "Brook", "email": "a@a.test"}
    made = sell.post("/v2/leads/upsert", body, email="a@a.test").data
    again = sell.post("/v2/leads/upsert", {**body, "title": "Owner"}, email="a@a.test")
    assert (again.status, again.data) == (200, {**made, "title": "Owner"})


def test_an_upsert_of_several_is_ambiguous(sell: SellClient) -> None:
    made = [lead(sell, email="a@a.test"), lead(sell, email="a@a.test")]
    reply = sell.post("/v2/leads/upsert", {"last_name": "King"}, email="a@a.test")
    assert (reply.status, codes(reply), items(sell.get("/v2/leads"))) == (409, [(None, "conflict")], made)


def test_an_upsert_without_a_filter_is_refused(sell: SellClient) -> None:
    reply = sell.post("/v2/leads/upsert", {"last_name": "King"})
    assert (reply.status, codes(reply), listed(sell)) == (400, [(None, "invalid_param")], [])


def test_an_upsert_does_not_find_what_is_deleted(sell: SellClient) -> None:
    made = lead(sell, email="a@a.test")
    sell.delete(f"/v2/leads/{made['id']}")
    assert sell.post("/v2/leads/upsert", {"last_name": "King"}, email="a@a.test").data["id"] != made["id"]


# ------------------------------------------------------------------------------------------------------ conversions


def convert(sell: SellClient, made: Json, **attributes: object) -> Json:
    reply = sell.post("/v2/lead_conversions", {"lead_id": made["id"], **attributes})
    assert reply.status == 200, reply.body
    return reply.data


def contact(sell: SellClient, contact_id: int) -> dict[str, Any]:
    return dict(sell.get(f"/v2/contacts/{contact_id}").data)


def test_a_conversion_has_the_attributes_of_the_contract(sell: SellClient) -> None:
    reply = sell.post("/v2/lead_conversions", {"lead_id": lead(sell)["id"]})
    assert reply.body == {
        "data": {
            "id": 1,
            "lead_id": 1,
            "individual_id": 1,
            "organization_id": None,
            "deal_id": 1,
            "creator_id": sell.user_id,
            "created_at": NOON,
        },
        "meta": {"type": "lead_conversion"},
    }


def test_a_person_with_an_organization_and_a_deal_are_made(sell: SellClient) -> None:
    made = lead(sell, first_name="Ada", organization_name="Globex", title="Owner", website="g.test", email="a@a.test")
    found = convert(sell, made)
    person, group = contact(sell, found["individual_id"]), contact(sell, found["organization_id"])
    deal = sell.get(f"/v2/deals/{found['deal_id']}").data
    assert (person["name"], person["contact_id"], person["title"], person["email"]) == (
        "Ada Brook",
        group["id"],
        "Owner",
        "a@a.test",
    )
    assert (group["name"], group["is_organization"], group["website"], group["email"], group["title"]) == (
        "Globex",
        True,
        "g.test",
        None,
        None,
    )
    assert (deal["name"], deal["contact_id"], deal["organization_id"]) == ("Ada Brook", person["id"], group["id"])


def test_an_organization_alone_is_made(sell: SellClient) -> None:
    found = convert(sell, add(sell, organization_name="Globex", phone="5", address=LEEDS))
    group = contact(sell, found["organization_id"])
    deal = sell.get(f"/v2/deals/{found['deal_id']}").data
    assert (found["individual_id"], group["name"], group["phone"], group["address"]) == (None, "Globex", "5", LEEDS)
    assert (deal["name"], deal["contact_id"]) == ("Globex", group["id"])


def test_what_is_known_of_a_lead_is_carried_over(sell: SellClient, server: Server) -> None:
    for resource in ("lead", "person"):
        define(server, resource, "Region", "varchar")
        define(server, resource, "Uses", "set", "x", "y")
    define(server, "lead", "Level", "enum", "low")
    define(server, "lead", "Only", "varchar")
    define(server, "person", "Level", "varchar")
    known: dict[str, Any] = {
        **{name: f"some {name}" for name in (*TEXTS, *REACHED_BY)},
        "first_name": "Ada",
        "address": LEEDS,
        "tags": ["vip"],
        "custom_fields": {"Region": "Far", "Uses": ["y"], "Level": "low", "Only": "here"},
    }
    found = contact(sell, convert(sell, lead(sell, **known))["individual_id"])
    assert {name: found[name] for name in known} == {**known, "custom_fields": {"Region": "Far", "Uses": ["y"]}}


def test_a_deal_is_made_unless_it_is_not_wanted(sell: SellClient) -> None:
    assert convert(sell, lead(sell), create_deal=False)["deal_id"] is None
    assert items(sell.get("/v2/deals")) == []


def test_all_belong_to_the_owner_who_is_named(sell: SellClient, people: SellPeople) -> None:
    found = convert(sell, lead(sell, organization_name="Globex"), owner_id=people.seller.user_id)
    paths = [f"contacts/{found['individual_id']}", f"contacts/{found['organization_id']}", f"deals/{found['deal_id']}"]
    assert [sell.get(f"/v2/{path}").data["owner_id"] for path in paths] == [people.seller.user_id] * 3


def test_otherwise_to_the_owner_of_the_lead(sell: SellClient, people: SellPeople) -> None:
    found = convert(sell, lead(sell, owner_id=people.seller.user_id))
    assert contact(sell, found["individual_id"])["owner_id"] == people.seller.user_id


def test_a_lead_may_be_converted_twice(sell: SellClient) -> None:
    made = lead(sell)
    assert [convert(sell, made)["individual_id"] for _ in range(2)] == [1, 2]
    assert sell.get(f"/v2/leads/{made['id']}").data == made


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/lead_id", "missing")]),
        ({"lead_id": None}, [("/lead_id", "blank")]),
        ({"lead_id": "1"}, [("/lead_id", "invalid_type")]),
        ({"lead_id": 99}, [("/lead_id", "incorrect_value")]),
        ({"lead_id": 1, "owner_id": 99}, [("/owner_id", "incorrect_value")]),
        ({"lead_id": 1, "create_deal": "no"}, [("/create_deal", "invalid_type")]),
        ({"lead_id": 1, "colour": "red"}, [("/colour", "unknown")]),
    ],
)
def test_a_conversion_that_cannot_be_makes_nothing(body: Json, errors: list[tuple[str, str]], sell: SellClient) -> None:
    lead(sell)
    reply = sell.post("/v2/lead_conversions", body)
    assert (reply.status, codes(reply)) == (422, errors)
    assert items(sell.get("/v2/contacts")) == items(sell.get("/v2/lead_conversions")) == []


def test_a_deleted_lead_is_not_converted(sell: SellClient) -> None:
    made = lead(sell)
    sell.delete(f"/v2/leads/{made['id']}")
    reply = sell.post("/v2/lead_conversions", {"lead_id": made["id"]})
    assert codes(reply) == [("/lead_id", "incorrect_value")]


def test_conversions_are_listed_two_hundred_at_a_time(sell: SellClient) -> None:
    made = [convert(sell, lead(sell)) for _ in range(3)]
    reply = sell.get("/v2/lead_conversions", per_page=200, cursor="x")
    assert (items(reply), reply.body["items"][0]["meta"]) == (made, {"type": "lead_conversion"})
    assert items(sell.get("/v2/lead_conversions", sort_by="id:desc", per_page=2)) == made[:0:-1]
    assert items(sell.get("/v2/lead_conversions", ids="2,9")) == made[1:2]
    assert sell.get("/v2/lead_conversions", per_page=201).status == 400
    assert sell.get("/v2/lead_conversions", sort_by="lead_id").status == 400
