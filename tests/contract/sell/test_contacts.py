"""Contacts of Sell (contract 2.5, 6.4, 7)."""

from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.server import Json

NOON = "2026-05-01T12:00:00Z"
LATER = "2026-05-01T12:01:00Z"
PARTS = ("line1", "city", "postal_code", "state", "country")
LEEDS = {"line1": "1 Mill Lane", "city": "Leeds", "postal_code": "LS1", "state": "West Yorkshire", "country": "UK"}
TEXTS = ("title", "description", "industry", "website", "twitter", "facebook", "linkedin", "skype")
REACHED_BY = ("email", "phone", "mobile", "fax")
NOTHING: dict[str, Any] = {
    "contact_id": None,
    "parent_organization_id": None,
    "first_name": None,
    "last_name": None,
    "customer_status": "none",
    "prospect_status": "none",
    **dict.fromkeys((*TEXTS, *REACHED_BY)),
    "address": {},
    "billing_address": {},
    "shipping_address": {},
    "tags": [],
    "custom_fields": {},
    "created_at": NOON,
    "updated_at": NOON,
}


def add(sell: SellClient, **attributes: object) -> Json:
    reply = sell.post("/v2/contacts", attributes)
    assert reply.status == 200, reply.body
    return reply.data


def person(sell: SellClient, last_name: str = "Brook", **attributes: object) -> Json:
    return add(sell, last_name=last_name, **attributes)


def organization(sell: SellClient, name: str = "Globex", **attributes: object) -> Json:
    return add(sell, name=name, is_organization=True, **attributes)


def shown(sell: SellClient, contact: Json) -> Json:
    return sell.get(f"/v2/contacts/{contact['id']}").data


def change(sell: SellClient, contact: Json, **attributes: object) -> Json:
    reply = sell.put(f"/v2/contacts/{contact['id']}", attributes)
    assert reply.status == 200, reply.body
    return reply.data


def refused(sell: SellClient, contact: Json, **attributes: object) -> list[tuple[str | None, str]]:
    reply = sell.put(f"/v2/contacts/{contact['id']}", attributes)
    assert reply.status == 422, reply.body
    return codes(reply)


def listed(sell: SellClient, **query: object) -> list[str]:
    reply = sell.get("/v2/contacts", **query)
    assert reply.status == 200, reply.body
    return [each["name"] for each in items(reply)]


# ----------------------------------------------------------------------------------------------------- one contact


def test_a_new_person_has_the_attributes_of_the_contract(sell: SellClient) -> None:
    reply = sell.post("/v2/contacts", {"first_name": "Ada", "last_name": "Brook"})
    assert (reply.status, reply.body) == (
        200,
        {
            "data": {
                **NOTHING,
                "id": 1,
                "creator_id": sell.user_id,
                "owner_id": sell.user_id,
                "is_organization": False,
                "name": "Ada Brook",
                "first_name": "Ada",
                "last_name": "Brook",
            },
            "meta": {"version": 1, "type": "contact"},
        },
    )


def test_a_new_organization_has_the_same_attributes(sell: SellClient) -> None:
    ids = {"id": 1, "creator_id": sell.user_id, "owner_id": sell.user_id}
    assert organization(sell) == {**NOTHING, **ids, "is_organization": True, "name": "Globex"}


def test_the_first_attribute_is_the_id(sell: SellClient) -> None:
    assert next(iter(person(sell))) == "id"


@pytest.mark.parametrize("kind", [person, organization])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "www.example.com-42") for name in (*TEXTS, *REACHED_BY)),
        ("description", "Two\nlines, and a blank. "),
        ("description", "x" * 65_536),
        ("customer_status", "past"),
        ("prospect_status", "lost"),
        ("address", LEEDS),
        ("billing_address", LEEDS),
        ("shipping_address", LEEDS),
        ("tags", ["vip", "North"]),
    ],
)
def test_what_is_written_is_shown(kind: Any, name: str, value: object, sell: SellClient) -> None:
    made = kind(sell, **{name: value})
    assert (made[name], shown(sell, made)[name], change(sell, kind(sell), **{name: value})[name]) == (value,) * 3


@pytest.mark.parametrize("name", [*TEXTS, *REACHED_BY, "first_name"])
@pytest.mark.parametrize("value", [None, ""])
def test_null_and_an_empty_text_clear(name: str, value: object, sell: SellClient) -> None:
    made = person(sell, **{name: "x"})
    assert change(sell, made, **{name: value})[name] is None


@pytest.mark.parametrize("name", ["customer_status", "prospect_status"])
def test_none_is_a_status(name: str, sell: SellClient) -> None:
    assert change(sell, person(sell, **{name: "current"}), **{name: "none"})[name] == "none"


def test_the_owner_is_another_user(sell: SellClient, people: SellPeople) -> None:
    assert person(sell, owner_id=people.seller.user_id)["owner_id"] == people.seller.user_id


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, [("/last_name", "missing")]),
        ({"first_name": "Ada", "name": "Ada Brook"}, [("/last_name", "missing")]),
        ({"last_name": " "}, [("/last_name", "blank")]),
        ({"last_name": None}, [("/last_name", "blank")]),
        ({"is_organization": True, "last_name": "Brook"}, [("/name", "missing")]),
        ({"is_organization": True, "name": ""}, [("/name", "blank")]),
        ({"colour": 1, "email": 5}, [("/last_name", "missing"), ("/colour", "unknown"), ("/email", "invalid_type")]),
    ],
)
def test_a_contact_needs_a_name(body: Json, errors: list[tuple[str, str]], sell: SellClient) -> None:
    reply = sell.post("/v2/contacts", body)
    assert (reply.status, codes(reply)) == (422, errors)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("last_name", "", "blank"),
        ("last_name", None, "blank"),
        ("last_name", 5, "invalid_type"),
        ("last_name", "x" * 256, "incorrect_value"),
        ("first_name", "x" * 256, "incorrect_value"),
        ("email", ["a@b.c"], "invalid_type"),
        ("phone", 5, "invalid_type"),
        ("title", "x" * 256, "incorrect_value"),
        ("description", "x" * 65_537, "incorrect_value"),
        ("owner_id", 99, "incorrect_value"),
        ("owner_id", None, "invalid_type"),
        ("owner_id", "1", "invalid_type"),
        ("contact_id", 99, "incorrect_value"),
        ("is_organization", True, "incorrect_value"),
        ("customer_status", "lost", "incorrect_value"),
        ("customer_status", None, "invalid_type"),
        ("prospect_status", "past", "incorrect_value"),
        ("prospect_status", 1, "invalid_type"),
        ("address", "Leeds", "invalid_type"),
        ("address", ["Leeds"], "invalid_type"),
        ("tags", "vip", "invalid_type"),
        ("tags", None, "invalid_type"),
        ("tags", [""], "incorrect_value"),
        ("custom_fields", 5, "invalid_type"),
        ("colour", "red", "unknown"),
    ],
)
def test_what_breaks_a_rule_is_refused_and_nothing_is_written(
    name: str, value: object, code: str, sell: SellClient
) -> None:
    made = person(sell)
    assert refused(sell, made, **{"website": "w.test", name: value}) == [(f"/{name}", code)]
    assert shown(sell, made) == made


@pytest.mark.parametrize("name", ["id", "creator_id", "created_at", "updated_at"])
def test_attributes_of_the_server_are_passed_over(name: str, sell: SellClient) -> None:
    made = person(sell)
    assert change(sell, made, **{name: 77}) == made


def test_no_name_of_a_person_is_read_and_none_of_an_organization_but_its_own(sell: SellClient) -> None:
    made = person(sell, name="Somebody Else", first_name="Ada")
    group = organization(sell, first_name="Ada", last_name="Brook")
    assert (made["name"], group["name"], group["first_name"], group["last_name"]) == ("Ada Brook", "Globex", None, None)


def test_two_long_names_make_one(sell: SellClient) -> None:
    assert len(person(sell, "x" * 255, first_name="y" * 255)["name"]) == 511


def test_the_name_follows_its_parts(sell: SellClient) -> None:
    made = person(sell, first_name="Ada")
    assert change(sell, made, last_name="King", name="x")["name"] == "Ada King"
    assert change(sell, made, first_name=None)["name"] == "King"


def test_a_person_of_one_name_is_shown_as_they_are_and_may_be_sent_back(sell: SellClient, server: Server) -> None:
    made = shown(sell, server.admin.post("/api/v2/persons", {"name": "Cher"}).data)
    assert (made["name"], made["first_name"], made["last_name"]) == ("Cher", "Cher", None)
    assert change(sell, made, **{**made, "title": "Singer"})["title"] == "Singer"


def test_an_organization_keeps_its_name(sell: SellClient) -> None:
    made = organization(sell)
    assert (refused(sell, made, name=""), refused(sell, made, name=None)) == ([("/name", "blank")],) * 2
    assert change(sell, made, name="Initech")["name"] == "Initech"


def test_what_comes_back_as_it_was_changes_nothing(sell: SellClient, clock: Clock) -> None:
    group = organization(sell, "Hooli", email="h@h.test", tags=["x"])
    made = person(sell, contact_id=group["id"], first_name="Ada", address=LEEDS, email="a@b.c", tags=["vip"])
    clock.advance(seconds=60)
    for each in (group, made):
        reply = sell.put(f"/v2/contacts/{each['id']}", each)
        assert (reply.status, reply.data, reply.body["meta"]["version"]) == (200, each, 1)


def test_a_change_is_counted_and_timed(sell: SellClient, clock: Clock) -> None:
    made = person(sell)
    clock.advance(seconds=60)
    reply = sell.put(f"/v2/contacts/{made['id']}", {"title": "Owner"})
    assert (reply.data["created_at"], reply.data["updated_at"], reply.body["meta"]["version"]) == (NOON, LATER, 2)


def test_includes_changes_nothing(sell: SellClient) -> None:
    made = person(sell)
    assert sell.get(f"/v2/contacts/{made['id']}", includes="organization").data == made
    assert items(sell.get("/v2/contacts", includes="organization")) == [made]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("contact_id", ["99", "0", "x", "9999999999999999999"])
def test_a_contact_that_is_not_there_is_not_found(method: str, contact_id: str, sell: SellClient) -> None:
    body = {"colour": 1} if method == "PUT" else None
    reply = sell.call(method, f"/v2/contacts/{contact_id}", body)
    assert (reply.status, codes(reply), reply.body["errors"][0]["error"]["resource"]) == (
        404,
        [(None, "not_found")],
        "contact",
    )


def test_an_unknown_parameter_is_refused(sell: SellClient) -> None:
    made = person(sell)
    replies = [sell.get("/v2/contacts", colour=1), sell.get(f"/v2/contacts/{made['id']}", colour=1)]
    assert [(reply.status, codes(reply)) for reply in replies] == [(400, [(None, "invalid_param")])] * 2


def test_a_private_contact_of_another_is_not_there(people: SellPeople, server: Server) -> None:
    made = server.admin.post("/api/v2/persons", {"name": "Ada Brook", "visible_to": 1}).data
    assert people.seller.get(f"/v2/contacts/{made['id']}").status == 404
    assert people.seller.put(f"/v2/contacts/{made['id']}", {"title": "x"}).status == 404
    assert people.seller.delete(f"/v2/contacts/{made['id']}").status == 404
    assert (listed(people.seller), listed(people.admin)) == ([], ["Ada Brook"])


# ----------------------------------------------------------------------------------------------------------- links


def test_a_person_belongs_to_an_organization_and_an_organization_to_another(sell: SellClient, server: Server) -> None:
    above, group = organization(sell, "Holding"), organization(sell)
    made = person(sell, contact_id=group["id"])
    assert change(sell, group, parent_organization_id=above["id"])["parent_organization_id"] == above["id"]
    assert server.admin.get(f"/api/v2/persons/{made['id']}").data["org_id"] == group["id"]
    assert change(sell, made, contact_id=None)["contact_id"] is None
    assert change(sell, group, parent_organization_id=None)["parent_organization_id"] is None


def test_a_link_of_the_wrong_kind_is_refused(sell: SellClient) -> None:
    group, made = organization(sell), person(sell)
    other = organization(sell)
    assert refused(sell, made, contact_id=made["id"]) == [("/contact_id", "incorrect_value")]
    assert refused(sell, made, parent_organization_id=group["id"]) == [("/parent_organization_id", "incorrect_value")]
    assert refused(sell, group, contact_id=other["id"]) == [("/contact_id", "incorrect_value")]
    assert refused(sell, group, parent_organization_id=made["id"]) == [("/parent_organization_id", "incorrect_value")]
    assert refused(sell, group, parent_organization_id=99) == [("/parent_organization_id", "incorrect_value")]


def test_a_link_of_the_wrong_kind_may_be_null(sell: SellClient) -> None:
    assert person(sell, parent_organization_id=None)["id"] == 1
    assert organization(sell, contact_id=None)["id"] == 2


def test_organizations_do_not_stand_above_themselves(sell: SellClient) -> None:
    above = organization(sell, "A")
    middle = organization(sell, "B", parent_organization_id=above["id"])
    below = organization(sell, "C", parent_organization_id=middle["id"])
    for parent in (above, middle, below):
        errors = refused(sell, above, parent_organization_id=parent["id"])
        assert errors == [("/parent_organization_id", "incorrect_value")]


def test_a_deleted_organization_is_no_place_to_belong_to(sell: SellClient) -> None:
    group = organization(sell)
    sell.delete(f"/v2/contacts/{group['id']}")
    reply = sell.post("/v2/contacts", {"last_name": "Brook", "contact_id": group["id"]})
    assert codes(reply) == [("/contact_id", "incorrect_value")]


# ------------------------------------------------------------------------------------------------------- addresses


def test_parts_of_an_address_that_are_not_given_stay(sell: SellClient) -> None:
    made = person(sell, address=LEEDS)
    assert change(sell, made, address={"city": "York", "state": None})["address"] == {
        **LEEDS,
        "city": "York",
        "state": None,
    }


@pytest.mark.parametrize("nothing", [{}, []])
def test_an_empty_address_may_be_a_list_and_changes_nothing(nothing: Json, sell: SellClient) -> None:
    assert person(sell, address=nothing, billing_address=nothing)["address"] == {}
    made = person(sell, address=LEEDS)
    assert change(sell, made, address=nothing) == made


@pytest.mark.parametrize("nothing", [None, dict.fromkeys(PARTS), dict.fromkeys(PARTS, "")])
def test_an_address_without_parts_is_none(nothing: Json, sell: SellClient) -> None:
    assert change(sell, person(sell, address=LEEDS), address=nothing)["address"] == {}


@pytest.mark.parametrize(
    ("address", "errors"),
    [
        ({"zip": "1", "city": 5}, [("/address/zip", "unknown"), ("/address/city", "invalid_type")]),
        ({"street": None}, [("/address/street", "unknown")]),
        ({"line1": "x" * 65_537}, [("/address/line1", "incorrect_value")]),
    ],
)
def test_an_address_has_five_parts(address: Json, errors: list[tuple[str, str]], sell: SellClient) -> None:
    assert codes(sell.post("/v2/contacts", {"last_name": "Brook", "address": address})) == errors


def test_an_address_of_the_other_surface_survives_being_sent_back(sell: SellClient, server: Server) -> None:
    address = {"value": "1 Mill Lane, Leeds", "street_number": "1", "route": "Mill Lane", "locality": "Leeds"}
    made = server.admin.post("/api/v2/organizations", {"name": "Globex", "address": address}).data
    before = shown(sell, made)
    assert before["address"] == {**dict.fromkeys(PARTS), "line1": "1 Mill Lane", "city": "Leeds"}
    change(sell, before, **{**before, "address": {"city": "Leeds"}, "title": "x"})
    assert server.admin.get(f"/api/v2/organizations/{made['id']}").data["address"] == made["address"]


def test_an_address_written_here_is_one_there(sell: SellClient, server: Server) -> None:
    made = organization(sell, address=LEEDS)
    address = server.admin.get(f"/api/v2/organizations/{made['id']}").data["address"]
    assert (address["value"], address["locality"]) == ("1 Mill Lane, Leeds, LS1, West Yorkshire, UK", "Leeds")


# -------------------------------------------------------------------------------------------------- ways to reach


def points(server: Server, contact_id: int) -> list[tuple[str, str, bool]]:
    found = server.admin.get(f"/api/v2/persons/{contact_id}").data
    return [(each["value"], each["label"], each["primary"]) for each in found["emails"] + found["phones"]]


@pytest.fixture
def reached(server: Server) -> Json:
    """A person with two addresses and five numbers, made on the other surface."""
    emails = [{"value": "a@a.test", "label": "home"}, {"value": "b@b.test", "primary": True}]
    phones = [
        {"value": "1", "label": "mobile"},
        {"value": "2", "label": "home"},
        {"value": "3", "label": "work", "primary": True},
        {"value": "4", "label": "fax"},
        {"value": "5", "label": "mobile"},
    ]
    return server.admin.post("/api/v2/persons", {"name": "Ada Brook", "emails": emails, "phones": phones}).data


def test_one_of_each_kind_is_shown(sell: SellClient, reached: Json) -> None:
    found = shown(sell, reached)
    assert [found[kind] for kind in REACHED_BY] == ["b@b.test", "2", "1", "4"]


def test_a_write_replaces_the_one_that_is_shown(sell: SellClient, server: Server, reached: Json) -> None:
    change(sell, reached, email="c@c.test", phone="22", mobile="11", fax="44")
    assert points(server, reached["id"]) == [
        ("a@a.test", "home", False),
        ("c@c.test", "work", True),
        ("11", "mobile", False),
        ("22", "home", False),
        ("3", "work", True),
        ("44", "fax", False),
        ("5", "mobile", False),
    ]


def test_null_takes_away_the_one_that_is_shown(sell: SellClient, server: Server, reached: Json) -> None:
    found = change(sell, reached, email=None, phone=None, mobile=None, fax=None)
    assert [found[kind] for kind in REACHED_BY] == ["a@a.test", "3", "5", None]
    assert points(server, reached["id"]) == [
        ("a@a.test", "home", True),
        ("3", "work", True),
        ("5", "mobile", False),
    ]


def test_numbers_are_added_by_their_kind(sell: SellClient, server: Server) -> None:
    made = person(sell, fax="4", mobile="1", phone="2", email="a@a.test")
    assert points(server, made["id"]) == [
        ("a@a.test", "work", True),
        ("2", "work", True),
        ("1", "mobile", False),
        ("4", "fax", False),
    ]


def test_an_address_need_not_be_the_only_one(sell: SellClient) -> None:
    assert person(sell, email="a@a.test")["email"] == person(sell, email="a@a.test")["email"]


# ----------------------------------------------------------------------------------------- tags and custom fields


def test_tags_are_the_labels_of_contacts(sell: SellClient, server: Server) -> None:
    made = person(sell, tags=["vip", "North", "vip"])
    group = organization(sell, tags=["vip"])
    assert (made["tags"], group["tags"]) == (["vip", "North"], ["vip"])
    found = server.admin.get(f"/api/v2/persons/{made['id']}", include_labels="true").data["labels"]
    assert [each["label"] for each in found] == ["vip", "North"]
    assert change(sell, made, tags=["South"])["tags"] == ["South"]
    assert change(sell, made, tags=[])["tags"] == []


def define(server: Server, kind: str, name: str, type_: str, *options: str) -> None:
    body: Json = {"field_name": name, "field_type": type_}
    if options:
        body["options"] = [{"label": option} for option in options]
    assert server.admin.post(f"/api/v2/{kind}Fields", body).status == 200


@pytest.fixture
def regions(server: Server) -> None:
    """A custom field of persons and another of organizations, both named Region."""
    define(server, "person", "Region", "varchar")
    define(server, "organization", "Region", "enum", "North", "South")


def test_custom_fields_are_named_and_those_of_their_kind(sell: SellClient, regions: None) -> None:
    made, group = person(sell, custom_fields={"Region": "Far"}), organization(sell, custom_fields={"Region": "North"})
    assert (made["custom_fields"], group["custom_fields"]) == ({"Region": "Far"}, {"Region": "North"})
    assert refused(sell, group, custom_fields={"Region": "Far"}) == [("/custom_fields/Region", "incorrect_value")]


def test_custom_fields_are_merged_and_cleared_by_null(sell: SellClient, server: Server) -> None:
    define(server, "person", "Region", "varchar")
    define(server, "person", "Size", "double")
    made = person(sell, custom_fields={"Region": "Far", "Size": "120"})
    assert change(sell, made, custom_fields={"Size": 9.5})["custom_fields"] == {"Region": "Far", "Size": "9.5"}
    assert change(sell, made, custom_fields={"Region": None})["custom_fields"] == {"Size": "9.5"}


def test_an_undefined_custom_field_is_unknown(sell: SellClient) -> None:
    made = person(sell)
    assert refused(sell, made, custom_fields={"Region": None}) == [("/custom_fields/Region", "unknown")]


def test_custom_fields_sent_back_change_nothing(sell: SellClient, server: Server) -> None:
    define(server, "person", "Opens", "timerange")
    define(server, "person", "At", "time")
    made = person(sell, custom_fields={"Opens": "09:00:00/17:00:00", "At": "10:30:00"})
    reply = sell.put(f"/v2/contacts/{made['id']}", {"custom_fields": {**made["custom_fields"]}, "title": "x"})
    assert reply.data["custom_fields"] == made["custom_fields"] != {}


# --------------------------------------------------------------------------------------------------------- filters


@pytest.fixture
def book(sell: SellClient, people: SellPeople) -> dict[str, Json]:
    """Two organizations and three persons."""
    above = organization(sell, "Holding", customer_status="past", address=LEEDS)
    group = organization(
        sell, "globex", parent_organization_id=above["id"], prospect_status="lost", phone="+44 20", industry="Steel"
    )
    ada = person(
        sell,
        "Brook",
        first_name="Ada",
        contact_id=group["id"],
        email="Ada@Brook.test",
        phone="+44 10",
        mobile="+44 77",
        address={**LEEDS, "city": "York", "postal_code": "YO1"},
        customer_status="current",
        title="owner",
    )
    zoe = add(people.seller, first_name="Zoe", last_name="Ärmel", email="zoe@brook.test", owner_id=sell.user_id)
    cher = person(sell, "cher", owner_id=people.seller.user_id, address={"country": "US"}, fax="9", title="Pilot")
    return {each["name"]: each for each in (above, group, ada, zoe, cher)}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"is_organization": "true"}, {"Holding", "globex"}),
        ({"is_organization": "False"}, {"Ada Brook", "Zoe Ärmel", "cher"}),
        ({"name": "ADA BROOK"}, {"Ada Brook"}),
        ({"name": "Globex"}, {"globex"}),
        ({"name": "Ada"}, set()),
        ({"first_name": "ada"}, {"Ada Brook"}),
        ({"last_name": "ärmel"}, {"Zoe Ärmel"}),
        ({"email": "ada@brook.TEST"}, {"Ada Brook"}),
        ({"phone": "+44 20"}, {"globex"}),
        ({"phone": "+44 77"}, set()),
        ({"mobile": "+44 77"}, {"Ada Brook"}),
        ({"customer_status": "current"}, {"Ada Brook"}),
        ({"customer_status": "none"}, {"globex", "Zoe Ärmel", "cher"}),
        ({"prospect_status": "lost"}, {"globex"}),
        ({"address[city]": "Leeds"}, {"Holding"}),
        ({"address[postal_code]": "YO1"}, {"Ada Brook"}),
        ({"address[country]": "UK"}, {"Holding", "Ada Brook"}),
        ({"address[country]": "UK", "address[city]": "York"}, {"Ada Brook"}),
        ({"name": "cher", "is_organization": "true"}, set()),
    ],
)
def test_filters_leave_what_meets_them(
    query: dict[str, str], names: set[str], sell: SellClient, book: dict[str, Json]
) -> None:
    assert set(listed(sell, **query)) == names


def test_filters_by_user_and_organization(sell: SellClient, people: SellPeople, book: dict[str, Json]) -> None:
    assert listed(sell, creator_id=people.seller.user_id) == ["Zoe Ärmel"]
    assert listed(sell, owner_id=people.seller.user_id) == ["cher"]
    assert listed(sell, contact_id=book["globex"]["id"]) == ["Ada Brook"]
    assert listed(sell, contact_id=99) == []


def test_a_name_that_is_missing_is_not_found_by_its_sort_key(sell: SellClient, book: dict[str, Json]) -> None:
    assert listed(sell, last_name="\U0010ffff") == listed(sell, first_name="\U0010ffff") == []


def test_addresses_that_are_not_shown_are_not_found(sell: SellClient, reached: Json) -> None:
    assert [listed(sell, **query) for query in ({"email": "b@b.test"}, {"phone": "2"}, {"mobile": "1"})] == [
        ["Ada Brook"]
    ] * 3
    assert [listed(sell, **query) for query in ({"email": "a@a.test"}, {"phone": "3"}, {"mobile": "5"})] == [[]] * 3


@pytest.mark.parametrize(
    "query",
    [
        {"is_organization": "maybe"},
        {"customer_status": "lost"},
        {"prospect_status": "Current"},
        {"owner_id": "me"},
        {"contact_id": "0"},
        {"address[line1]": "x"},
        {"address": "x"},
        {"email": ""},
        {"ids": "1,x"},
        {"per_page": "101"},
        {"page": "0"},
        {"sort_by": "colour"},
        {"sort_by": "address"},
        {"sort_by": "tags:desc"},
        {"sort_by": "name:up"},
        {"custom_fields": "x"},
        {"custom_fields[Nothing]": "x"},
        {"sort_by": "custom_fields:Nothing"},
    ],
)
def test_what_cannot_be_asked_for_is_refused(query: dict[str, str], sell: SellClient) -> None:
    reply = sell.get("/v2/contacts", **query)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


# ----------------------------------------------------------------------------------------------------------- sorts


@pytest.mark.parametrize(
    ("sort_by", "names"),
    [
        (None, "Ada-cher-Zoe-Holding-globex"),
        ("last_name:desc", "Zoe-cher-Ada-Holding-globex"),
        ("name", "Ada-cher-globex-Holding-Zoe"),
        ("name:desc", "Zoe-Holding-globex-cher-Ada"),
        ("first_name", "Ada-Zoe-Holding-globex-cher"),
        ("first_name:desc", "Zoe-Ada-Holding-globex-cher"),
        ("email", "Ada-Zoe-Holding-globex-cher"),
        ("email:desc", "Zoe-Ada-Holding-globex-cher"),
        ("phone", "Ada-globex-Holding-Zoe-cher"),
        ("phone:desc", "globex-Ada-Holding-Zoe-cher"),
        ("mobile:desc", "Ada-Holding-globex-Zoe-cher"),
        ("fax:desc", "cher-Holding-globex-Ada-Zoe"),
        ("id:desc", "cher-Zoe-Ada-globex-Holding"),
        ("creator_id:desc", "Zoe-Holding-globex-Ada-cher"),
        ("owner_id:desc", "cher-Holding-globex-Ada-Zoe"),
        ("is_organization", "Ada-Zoe-cher-Holding-globex"),
        ("contact_id:desc", "Ada-Holding-globex-Zoe-cher"),
        ("parent_organization_id:desc", "globex-Holding-Ada-Zoe-cher"),
        ("customer_status", "Ada-globex-Zoe-cher-Holding"),
        ("prospect_status", "globex-Holding-Ada-Zoe-cher"),
        ("title", "Ada-cher-Holding-globex-Zoe"),
        ("title:desc", "cher-Ada-Holding-globex-Zoe"),
        ("industry:desc", "globex-Holding-Ada-Zoe-cher"),
        ("is_organization:desc,name:desc", "Holding-globex-Zoe-cher-Ada"),
        ("created_at:desc", "Holding-globex-Ada-Zoe-cher"),
        *((f"{name}:desc", "Holding-globex-Ada-Zoe-cher") for name in TEXTS if name not in ("title", "industry")),
    ],
)
def test_every_scalar_attribute_sorts_without_case_and_nulls_last(
    sort_by: str | None, names: str, sell: SellClient, book: dict[str, Json]
) -> None:
    query = {} if sort_by is None else {"sort_by": sort_by}
    found = [each.split()[0] for each in listed(sell, **query)]
    assert "-".join(found) == names


def test_what_was_changed_last_can_come_first(sell: SellClient, book: dict[str, Json], clock: Clock) -> None:
    clock.advance(seconds=60)
    change(sell, book["globex"], title="x")
    assert listed(sell, sort_by="updated_at:desc")[0] == "globex"


def test_pages_follow_each_other(sell: SellClient, book: dict[str, Json]) -> None:
    pages = [listed(sell, page=page, per_page=2) for page in (1, 2, 3, 4)]
    assert pages == [["Ada Brook", "cher"], ["Zoe Ärmel", "Holding"], ["globex"], []]


def test_ids_leave_only_what_exists_in_the_order_of_the_list(sell: SellClient, book: dict[str, Json]) -> None:
    ids = f"{book['cher']['id']},99,{book['Ada Brook']['id']}"
    assert listed(sell, ids=ids) == ["Ada Brook", "cher"]


# ------------------------------------------------------------------------------------------- lists, custom fields


@pytest.fixture
def fields(sell: SellClient, server: Server) -> None:
    """Three persons with values of every kind that filters, two of a kind that does not, an organization."""
    for name, type_, *options in (
        ("Ref", "varchar"),
        ("Size", "double"),
        ("Worth", "monetary"),
        ("Level", "enum", "low", "High"),
        ("Uses", "set", "x", "y", "z"),
        ("Story", "text"),
        ("Born", "date"),
    ):
        define(server, "person", name, type_, *options)
    define(server, "organization", "Ref", "enum", "A1", "B2")
    define(server, "organization", "Size", "varchar")
    first = {"Ref": "alpha", "Size": "9", "Worth": "0.5", "Level": "low", "Uses": ["y", "z"], "Story": "long"}
    second = {"Ref": "Beta", "Size": "120.50", "Worth": "30", "Level": "High", "Uses": ["x"], "Born": "2000-02-29"}
    person(sell, "one", custom_fields=first)
    person(sell, "two", custom_fields=second)
    person(sell, "three")
    organization(sell, "four", custom_fields={"Ref": "B2", "Size": "9"})


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"Ref": "alpha"}, ["one"]),
        ({"Ref": "Alpha"}, []),
        ({"Ref": "B2"}, ["four"]),
        ({"Size": "9.0"}, ["one"]),
        ({"Size": "120.5"}, ["two"]),
        ({"Size": "9"}, ["one", "four"]),
        ({"Worth": ".50"}, ["one"]),
        ({"Level": "High"}, ["two"]),
        ({"Level": "high"}, []),
        ({"Uses": "z"}, ["one"]),
        ({"Uses": "x"}, ["two"]),
        ({"Uses": "w"}, []),
        ({"Ref": "Beta", "Level": "High", "Uses": "x"}, ["two"]),
        ({"Ref": "Beta", "Level": "low"}, []),
    ],
)
def test_custom_fields_filter(query: dict[str, str], names: list[str], sell: SellClient, fields: None) -> None:
    asked = {f"custom_fields[{name}]": value for name, value in query.items()}
    assert listed(sell, sort_by="id", **asked) == names


@pytest.mark.parametrize(
    ("sort_by", "names"),
    [
        ("custom_fields:Worth", ["one", "two", "three", "four"]),
        ("custom_fields:Worth:desc", ["two", "one", "three", "four"]),
        ("custom_fields:Level", ["two", "one", "three", "four"]),
        ("custom_fields:Level:desc", ["one", "two", "three", "four"]),
        ("custom_fields:Uses:desc", ["one", "two", "three", "four"]),
        ("custom_fields:Uses:asc,id:desc", ["two", "one", "four", "three"]),
        ("custom_fields:Worth:desc,custom_fields:Level,id:desc", ["two", "one", "four", "three"]),
    ],
)
def test_custom_fields_sort(sort_by: str, names: list[str], sell: SellClient, fields: None) -> None:
    assert listed(sell, sort_by=sort_by) == names


def test_a_custom_text_sorts_without_case(sell: SellClient, server: Server) -> None:
    define(server, "person", "Ref", "varchar")
    for ref in ("gamma", "Beta", "alpha", "GAMMB"):
        person(sell, ref, custom_fields={"Ref": ref})
    assert listed(sell, sort_by="custom_fields:Ref:desc") == ["GAMMB", "gamma", "Beta", "alpha"]


@pytest.mark.parametrize(
    "query",
    [
        {"custom_fields[Story]": "long"},
        {"custom_fields[Born]": "2000-02-29"},
        {"custom_fields[Worth]": "much"},
        {"custom_fields[Worth]": "nan"},
        {"custom_fields[Worth]": "1e999"},
        {"sort_by": "custom_fields:Story"},
        {"sort_by": "custom_fields:Born:desc"},
        {"sort_by": "custom_fields:Ref"},
        {"sort_by": "custom_fields:"},
    ],
)
def test_custom_fields_that_do_not_filter_are_refused(query: dict[str, str], sell: SellClient, fields: None) -> None:
    reply = sell.get("/v2/contacts", **query)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


def test_there_are_bounds_to_custom_fields_in_one_request(sell: SellClient, server: Server) -> None:
    names = [f"F{number}" for number in range(6)]
    for name in names:
        define(server, "person", name, "varchar")
    assert sell.get("/v2/contacts", **{f"custom_fields[{name}]": "x" for name in names[:5]}).status == 200
    assert sell.get("/v2/contacts", **{f"custom_fields[{name}]": "x" for name in names}).status == 400
    assert sell.get("/v2/contacts", sort_by=",".join(f"custom_fields:{name}" for name in names[:3])).status == 200
    assert sell.get("/v2/contacts", sort_by=",".join(f"custom_fields:{name}" for name in names[:4])).status == 400


# ---------------------------------------------------------------------------------------------------------- upsert


def test_an_upsert_makes_what_it_does_not_find(sell: SellClient) -> None:
    reply = sell.post("/v2/contacts/upsert", {"last_name": "Brook", "tags": ["new"]}, email="a@a.test")
    assert (reply.status, reply.data["id"], reply.data["tags"], reply.data["email"]) == (200, 1, ["new"], None)
    assert reply.data["created_at"] == reply.data["updated_at"]


def test_an_upsert_changes_what_it_finds(sell: SellClient, clock: Clock) -> None:
    made = person(sell, email="a@a.test", title="Owner")
    clock.advance(seconds=60)
    reply = sell.post("/v2/contacts/upsert", {"last_name": "King"}, email="A@A.test")
    assert (reply.status, reply.body["meta"]) == (200, {"version": 2, "type": "contact"})
    assert reply.data == {**made, "last_name": "King", "name": "King", "updated_at": LATER}


def test_an_upsert_by_custom_field_and_name(sell: SellClient, server: Server) -> None:
    define(server, "person", "Ref", "varchar")
    made = person(sell, custom_fields={"Ref": "A1"})
    query = {"custom_fields[Ref]": "A1", "last_name": "brook"}
    assert sell.post("/v2/contacts/upsert", {"last_name": "King"}, **query).data["id"] == made["id"]
    assert sell.post("/v2/contacts/upsert", {"last_name": "King"}, **query).data["id"] != made["id"]


def test_an_upsert_of_several_is_ambiguous(sell: SellClient) -> None:
    made = [person(sell, email="a@a.test"), person(sell, email="a@a.test")]
    reply = sell.post("/v2/contacts/upsert", {"last_name": "King"}, email="a@a.test")
    assert (reply.status, codes(reply), reply.body["errors"][0]["error"]["resource"]) == (
        409,
        [(None, "conflict")],
        "contact",
    )
    assert items(sell.get("/v2/contacts")) == made


@pytest.mark.parametrize(
    "query", [{}, {"includes": "x"}, {"page": "2", "email": "x"}, {"per_page": "9", "email": "x"}, {"sort_by": "id"}]
)
def test_an_upsert_needs_a_filter_and_nothing_else(query: dict[str, str], sell: SellClient) -> None:
    reply = sell.post("/v2/contacts/upsert", {"last_name": "King"}, **query)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])
    assert listed(sell) == []


def test_an_upsert_does_not_find_what_is_deleted(sell: SellClient) -> None:
    made = person(sell, email="a@a.test")
    sell.delete(f"/v2/contacts/{made['id']}")
    assert sell.post("/v2/contacts/upsert", {"last_name": "King"}, email="a@a.test").data["id"] != made["id"]


def test_an_upsert_that_makes_something_needs_all_that_is_required(sell: SellClient) -> None:
    reply = sell.post("/v2/contacts/upsert", {"email": "a@a.test"}, email="a@a.test")
    assert (reply.status, codes(reply)) == (422, [("/last_name", "missing")])


# -------------------------------------------------------------------------------------------------------- deletion


def test_a_deleted_contact_is_gone_here_and_marked_there(sell: SellClient, server: Server) -> None:
    made = person(sell)
    reply = sell.delete(f"/v2/contacts/{made['id']}")
    assert (reply.status, reply.raw, "content-type" in reply.headers) == (204, b"", False)
    assert sell.get(f"/v2/contacts/{made['id']}").status == sell.delete(f"/v2/contacts/{made['id']}").status == 404
    assert listed(sell) == []
    assert server.admin.get(f"/api/v2/persons/{made['id']}").data["is_deleted"]


def test_a_person_deleted_there_is_gone_here(sell: SellClient, server: Server) -> None:
    made = person(sell)
    server.admin.delete(f"/api/v2/persons/{made['id']}")
    assert (sell.get(f"/v2/contacts/{made['id']}").status, listed(sell)) == (404, [])


def test_a_deal_outlives_its_contact(sell: SellClient) -> None:
    group = organization(sell)
    made = person(sell, contact_id=group["id"])
    deal = sell.post("/v2/deals", {"name": "Refit", "contact_id": made["id"]}).data
    sell.delete(f"/v2/contacts/{made['id']}")
    after = sell.get(f"/v2/deals/{deal['id']}").data
    assert (after["contact_id"], after["organization_id"]) == (group["id"], group["id"])
    sell.delete(f"/v2/contacts/{group['id']}")
    after = sell.get(f"/v2/deals/{deal['id']}").data
    assert (after["contact_id"], after["organization_id"]) == (None, None)


def test_a_deleted_organization_leaves_its_people_what_it_owned_and_its_deals(sell: SellClient) -> None:
    group = organization(sell)
    made = person(sell, contact_id=group["id"])
    below = organization(sell, "Below", parent_organization_id=group["id"])
    deal = sell.post("/v2/deals", {"name": "Refit", "contact_id": made["id"]}).data
    other = organization(sell, "Other")
    sell.post(f"/v2/deals/{deal['id']}/associated_contacts", {"contact_id": other["id"]})
    for each in (group, other):
        sell.delete(f"/v2/contacts/{each['id']}")
    assert (shown(sell, made)["contact_id"], shown(sell, below)["parent_organization_id"]) == (None, None)
    assert items(sell.get(f"/v2/deals/{deal['id']}/associated_contacts")) == []
