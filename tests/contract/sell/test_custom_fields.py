"""Custom fields of Sell: their definitions, and their values on deals (contract 2.10)."""

from collections.abc import Callable

import pytest

from dealflow.actions.fields import add_field, delete_field, remove_options, update_field
from dealflow.core.fields import ALL_TYPES, CHOICES, Field
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes, items
from tests.support.server import Json, Response

NOON = "2026-05-01T12:00:00Z"
LATER = "2026-05-01T12:01:30Z"
V2 = ("contact", "deal", "lead", "prospect_and_customer")
V3 = ("contacts", "deals", "leads")
PATHS = (*(f"/v2/{each}/custom_fields" for each in V2), *(f"/v3/{each}/custom_fields" for each in V3))

Add = Callable[..., Field]


@pytest.fixture
def add(server: Server) -> Add:
    """Adds a field of a type, called like it unless told otherwise."""

    def added(type_: str, name: str = "", resource: str = "deal", options: tuple[str, ...] = ()) -> Field:
        chosen = options or (("Red", "Blue") if type_ in CHOICES else ())
        with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
            return add_field(tx, resource, name or type_, type_, options=chosen, types=ALL_TYPES)

    return added


@pytest.fixture
def contact_id(server: Server) -> int:
    made: int = server.admin.post("/api/v2/persons", {"name": "Ann Smith"}).data["id"]
    return made


@pytest.fixture
def make(sell: SellClient, contact_id: int) -> Callable[[Json], Response]:
    """Tries to make a deal with these custom fields."""
    return lambda custom: sell.post("/v2/deals", {"name": "Big", "contact_id": contact_id, "custom_fields": custom})


def names(reply: Response) -> list[str]:
    return [each["name"] for each in items(reply)]


# ----------------------------------------------------------------------------------------------------- definitions


def test_a_definition_has_the_attributes_of_the_contract(sell: SellClient, add: Add) -> None:
    field = add("varchar", "Floor area")
    reply = sell.get("/v2/deal/custom_fields")
    assert reply.body["items"] == [
        {
            "data": {
                "id": field.id,
                "name": "Floor area",
                "type": "string",
                "choices": None,
                "created_at": NOON,
                "updated_at": NOON,
            },
            "meta": {"type": "custom_field"},
        }
    ]


@pytest.mark.parametrize(("type_", "shown"), [("enum", "list"), ("set", "multi_select_list")])
def test_a_list_has_choices(type_: str, shown: str, sell: SellClient, add: Add) -> None:
    field = add(type_)
    (found,) = items(sell.get("/v2/deal/custom_fields"))
    assert (found["type"], found["choices"]) == (
        shown,
        [{"id": option.id, "name": option.label} for option in field.options],
    )


@pytest.mark.parametrize(
    ("type_", "shown"),
    [
        ("address", "address"),
        ("boolean", "bool"),
        ("date", "date"),
        ("daterange", "string"),
        ("datetime", "datetime"),
        ("double", "number"),
        ("email", "email"),
        ("monetary", "number"),
        ("org", "number"),
        ("people", "number"),
        ("phone", "phone"),
        ("text", "text"),
        ("time", "string"),
        ("timerange", "string"),
        ("url", "url"),
        ("user", "number"),
        ("varchar", "string"),
        ("varchar_auto", "string"),
        ("visible_to", "number"),
    ],
)
def test_each_type_has_a_word(type_: str, shown: str, sell: SellClient, add: Add) -> None:
    add(type_)
    (found,) = items(sell.get("/v2/deal/custom_fields"))
    assert (found["type"], found["choices"]) == (shown, None)


def test_fields_of_contacts_say_of_whom(sell: SellClient, add: Add) -> None:
    add("varchar", "Hobby", "person")
    add("varchar", "Branch", "organization")
    whose = ("for_contact", "for_organisation", "for_company")
    found = {each["name"]: [each[name] for name in whose] for each in items(sell.get("/v2/contact/custom_fields"))}
    assert found == {"Hobby": [True, False, False], "Branch": [False, True, True]}


def test_only_fields_of_contacts_say_so(sell: SellClient, add: Add) -> None:
    add("varchar")
    (found,) = items(sell.get("/v2/deal/custom_fields"))
    assert "for_contact" not in found


def test_each_list_has_its_own(sell: SellClient, add: Add) -> None:
    for resource in ("deal", "person", "organization", "lead"):
        add("varchar", resource, resource)
    assert {each: names(sell.get(f"/v2/{each}/custom_fields")) for each in V2} == {
        "contact": ["person", "organization"],
        "deal": ["deal"],
        "lead": ["lead"],
        "prospect_and_customer": [],
    }


def test_version_3_tells_the_words_of_the_search(sell: SellClient, add: Add) -> None:
    made = {resource: add("varchar", resource, resource).id for resource in ("deal", "person", "organization", "lead")}
    found = [each for path in V3 for each in items(sell.get(f"/v3/{path}/custom_fields"))]
    assert {each["name"]: (each["id"], each["resource_type"], each["search_api_id"]) for each in found} == {
        "person": (made["person"], "contact", f"custom_fields.contact:{made['person']}"),
        "organization": (made["organization"], "contact", f"custom_fields.sales_account:{made['organization']}"),
        "deal": (made["deal"], "deal", f"custom_fields.{made['deal']}"),
        "lead": (made["lead"], "lead", f"custom_fields.{made['lead']}"),
    }


def test_version_3_tells_the_rest_as_version_2(sell: SellClient, add: Add) -> None:
    add("enum", "Colour", "person")
    ((two,), (three,)) = (items(sell.get(path)) for path in ("/v2/contact/custom_fields", "/v3/contacts/custom_fields"))
    assert two.items() <= three.items()


def test_a_deleted_field_is_not_listed(sell: SellClient, add: Add, server: Server) -> None:
    field = add("varchar")
    with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
        delete_field(tx, field)
    assert items(sell.get("/v2/deal/custom_fields")) == []


def test_fields_of_another_company_are_not_there(other: SellClient, add: Add) -> None:
    add("varchar")
    assert [items(other.get(path)) for path in PATHS] == [[]] * len(PATHS)


def test_a_list_is_whole_unless_pages_are_asked_for(sell: SellClient, add: Add) -> None:
    for number in range(27):
        add("varchar", f"Field {number}")
    assert len(items(sell.get("/v2/deal/custom_fields"))) == 27
    page = sell.get("/v2/deal/custom_fields", per_page=25, page=2)
    assert (names(page), "next_page" in page.body["meta"]["links"]) == (["Field 25", "Field 26"], False)


def test_a_list_is_sorted_and_cut_as_asked(sell: SellClient, add: Add, clock: Clock, server: Server) -> None:
    first, second = add("varchar", "Beta"), add("varchar", "alpha")
    clock.advance(seconds=90)
    with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
        update_field(tx, first, {"description": "More"})
    third = add("varchar", "Gamma")
    path = "/v2/deal/custom_fields"
    orders = ("id", "id:desc", "name", "updated_at", "created_at:desc,name:desc")
    assert [[name[0] for name in names(sell.get(path, sort_by=each))] for each in orders] == [
        ["B", "a", "G"],
        ["G", "a", "B"],
        ["a", "B", "G"],
        ["a", "B", "G"],
        ["G", "B", "a"],
    ]
    assert names(sell.get(path, ids=f"{third.id},{second.id}")) == ["alpha", "Gamma"]
    assert items(sell.get(path, ids=first.id))[0]["updated_at"] == LATER


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("asked", [{"colour": "red"}, {"sort_by": "type"}, {"per_page": 1001}, {"page": 0}])
def test_what_a_list_does_not_know_is_refused(path: str, asked: Json, sell: SellClient) -> None:
    reply = sell.get(path, **asked)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


@pytest.mark.parametrize("path", PATHS)
def test_definitions_are_read_only(path: str, sell: SellClient) -> None:
    assert (sell.post(path, {"name": "New"}).status, sell.get(f"{path}/1").status) == (405, 404)


def test_a_type_there_is_not_has_no_definitions(sell: SellClient) -> None:
    assert sell.get("/v2/note/custom_fields").status == 404


def test_anybody_may_read_definitions(people: SellPeople, add: Add) -> None:
    add("varchar")
    assert names(people.restricted.get("/v2/deal/custom_fields")) == ["varchar"]


# ---------------------------------------------------------------------------------------------------------- values

HOME = {"line1": "1 Mill Lane", "city": "Leeds", "postal_code": "LS1", "state": None, "country": "United Kingdom"}
GOOD = [
    ("varchar", "A1", "A1"),
    ("varchar_auto", "A1", "A1"),
    ("text", "x" * 60_000, "x" * 60_000),
    ("phone", "+44 20 0000", "+44 20 0000"),
    ("email", "ann@example.com", "ann@example.com"),
    ("url", "www.example.com", "www.example.com"),
    ("double", 120, "120"),
    ("double", 120.5, "120.5"),
    ("double", "120.50", "120.5"),
    ("double", "-7", "-7"),
    ("double", " 1e3 ", "1000"),
    ("monetary", "10.25", "10.25"),
    ("monetary", 10, "10"),
    ("user", "3", "3"),
    ("boolean", True, True),
    ("boolean", False, False),
    ("date", "2026-03-09", "2026-03-09"),
    ("date", "2026-03-09T23:30:00-05:00", "2026-03-10"),
    ("datetime", "2026-03-09T10:00:00Z", "2026-03-09T10:00:00Z"),
    ("datetime", "2026-03-09T10:00:00.000+02:00", "2026-03-09T08:00:00Z"),
    ("datetime", "2026-03-09T10:00:00", "2026-03-09T10:00:00Z"),
    ("enum", "Blue", "Blue"),
    ("set", ["Blue", "Red", "Blue"], ["Blue", "Red"]),
    ("address", HOME, HOME),
    ("address", {"city": "Leeds"}, {**dict.fromkeys(HOME), "city": "Leeds"}),
    ("daterange", "2026-03-09/2026-03-12", "2026-03-09/2026-03-12"),
    ("daterange", "2026-03-09", "2026-03-09"),
    ("time", "10:30", "10:30:00"),
    ("timerange", "10:30/11:00", "10:30:00/11:00:00"),
]


@pytest.mark.parametrize(("type_", "given", "shown"), GOOD)
def test_a_value_comes_back(
    type_: str, given: Json, shown: Json, add: Add, make: Callable[[Json], Response], sell: SellClient
) -> None:
    add(type_, "Value")
    reply = make({"Value": given})
    assert (reply.status, reply.data["custom_fields"]) == (200, {"Value": shown})
    assert sell.get(f"/v2/deals/{reply.data['id']}").data["custom_fields"] == {"Value": shown}


@pytest.mark.parametrize(
    ("type_", "given", "code"),
    [
        ("varchar", 7, "invalid_type"),
        ("varchar", "x" * 256, "incorrect_value"),
        ("text", ["x"], "invalid_type"),
        ("phone", 7, "invalid_type"),
        ("email", True, "invalid_type"),
        ("url", 7, "invalid_type"),
        ("double", "much", "invalid_type"),
        ("double", "1_000", "invalid_type"),
        ("double", "NaN", "invalid_type"),
        ("double", True, "invalid_type"),
        ("double", "1e400", "incorrect_value"),
        ("monetary", "much", "invalid_type"),
        ("user", "1.5", "invalid_type"),
        ("user", 0, "incorrect_value"),
        ("visible_to", 2, "incorrect_value"),
        ("boolean", "true", "invalid_type"),
        ("boolean", 1, "invalid_type"),
        ("date", 20260309, "invalid_type"),
        ("date", "soon", "incorrect_value"),
        ("datetime", 7, "invalid_type"),
        ("datetime", "soon", "incorrect_value"),
        ("datetime", "9999-12-31T23:59:59-23:00", "incorrect_value"),
        ("enum", "Green", "incorrect_value"),
        ("enum", "blue", "incorrect_value"),
        ("enum", 1, "invalid_type"),
        ("set", "Blue", "invalid_type"),
        ("set", ["Green"], "incorrect_value"),
        ("set", [1], "invalid_type"),
        ("address", "1 Mill Lane", "invalid_type"),
        ("daterange", "2026-03-09/soon", "incorrect_value"),
        ("daterange", "/2026-03-09", "incorrect_value"),
        ("daterange", 7, "invalid_type"),
        ("time", "25:00", "incorrect_value"),
        ("time", 7, "invalid_type"),
    ],
)
def test_a_value_that_does_not_fit_is_told(
    type_: str, given: Json, code: str, add: Add, make: Callable[[Json], Response]
) -> None:
    add(type_, "Value")
    reply = make({"Value": given})
    assert (reply.status, codes(reply)) == (422, [("/custom_fields/Value", code)])


def test_all_that_is_wrong_is_told_at_once(add: Add, make: Callable[[Json], Response]) -> None:
    for type_ in ("address", "double", "date"):
        add(type_)
    reply = make({"address": {"county": "Kent", "city": 7}, "double": "much", "date": "soon", "colour": "red"})
    assert (reply.status, codes(reply)) == (
        422,
        [
            ("/custom_fields/address/county", "unknown"),
            ("/custom_fields/address/city", "invalid_type"),
            ("/custom_fields/double", "invalid_type"),
            ("/custom_fields/date", "incorrect_value"),
            ("/custom_fields/colour", "unknown"),
        ],
    )


def test_the_field_of_another_resource_is_unknown(add: Add, make: Callable[[Json], Response]) -> None:
    add("varchar", "Hobby", "person")
    assert codes(make({"Hobby": "Chess"})) == [("/custom_fields/Hobby", "unknown")]


def test_a_deal_without_values_shows_none(add: Add, make: Callable[[Json], Response]) -> None:
    add("varchar")
    assert make({}).data["custom_fields"] == {}


def test_php_sends_no_values_as_a_list(add: Add, sell: SellClient, contact_id: int) -> None:
    add("varchar")
    deal = {"name": "Big", "contact_id": contact_id, "custom_fields": []}
    assert sell.post("/v2/deals", deal).data["custom_fields"] == {}


@pytest.mark.parametrize(
    ("type_", "given", "nothing"),
    [
        ("varchar", "A1", None),
        ("varchar", "A1", ""),
        ("double", 7, None),
        ("double", 7, ""),
        ("boolean", True, None),
        ("datetime", NOON, ""),
        ("enum", "Red", None),
        ("set", ["Red"], []),
        ("address", HOME, None),
        ("address", HOME, {}),
    ],
)
def test_nothing_clears_a_value(
    type_: str, given: Json, nothing: Json, add: Add, make: Callable[[Json], Response], sell: SellClient
) -> None:
    add(type_, "Value")
    path = f"/v2/deals/{make({'Value': given}).data['id']}"
    assert sell.put(path, {"custom_fields": {"Value": nothing}}).data["custom_fields"] == {}


def test_a_change_leaves_the_other_values(add: Add, make: Callable[[Json], Response], sell: SellClient) -> None:
    add("varchar", "One")
    add("varchar", "Two")
    path = f"/v2/deals/{make({'One': '1', 'Two': '2'}).data['id']}"
    assert sell.put(path, {"custom_fields": {"Two": "II"}}).data["custom_fields"] == {"One": "1", "Two": "II"}


@pytest.mark.parametrize(("type_", "given", "shown"), GOOD)
def test_what_comes_back_as_it_was_shown_changes_nothing(
    type_: str,
    given: Json,
    shown: Json,
    add: Add,
    make: Callable[[Json], Response],
    sell: SellClient,
    clock: Clock,
) -> None:
    add(type_, "Value")
    add("varchar", "Other")
    made = make({"Value": given}).data
    clock.advance(seconds=90)
    path = f"/v2/deals/{made['id']}"
    assert sell.put(path, {"custom_fields": {"Value": shown}}).data == made
    again = sell.put(path, {"custom_fields": {"Value": shown, "Other": "x"}}).data
    assert (again["custom_fields"], again["updated_at"]) == ({"Value": shown, "Other": "x"}, LATER)


def pipedrive_value(server: Server, deal_id: int, field: Field) -> Json:
    return server.admin.get(f"/api/v2/deals/{deal_id}").data["custom_fields"][field.key]


def deal_of(server: Server, field: Field, value: Json) -> int:
    """A deal with a value that came through Pipedrive."""
    made: int = server.admin.post("/api/v2/deals", {"title": "Big", "custom_fields": {field.key: value}}).data["id"]
    return made


KEPT = [
    ("monetary", {"value": 10, "currency": "USD"}, "10", "12.5", {"value": 12.5, "currency": "USD"}),
    (
        "time",
        {"value": "10:30:00", "timezone_name": "Asia/Tokyo"},
        "10:30:00",
        "11:00",
        {"value": "11:00:00", "timezone_name": "Asia/Tokyo"},
    ),
]


@pytest.mark.parametrize(("type_", "value", "shown", "given", "after"), KEPT)
def test_what_sell_does_not_show_of_a_value_stays(
    type_: str, value: Json, shown: str, given: str, after: Json, add: Add, sell: SellClient, server: Server
) -> None:
    field, other = add(type_, "Value"), add("varchar", "Other")
    deal_id = deal_of(server, field, value)
    assert sell.get(f"/v2/deals/{deal_id}").data["custom_fields"] == {"Value": shown}
    sell.put(f"/v2/deals/{deal_id}", {"custom_fields": {"Value": shown, "Other": "x"}})
    assert value.items() <= pipedrive_value(server, deal_id, field).items()
    sell.put(f"/v2/deals/{deal_id}", {"custom_fields": {"Value": given}})
    assert after.items() <= pipedrive_value(server, deal_id, field).items()
    assert pipedrive_value(server, deal_id, other) == "x"


def test_parts_of_an_address_that_sell_does_not_show_stay_until_it_changes(
    add: Add, sell: SellClient, server: Server
) -> None:
    field, _ = add("address", "Home"), add("varchar", "Other")
    whole = {"value": "1 Mill Lane, Leeds", "route": "Mill Lane", "street_number": "1", "sublocality": "Mills"}
    deal_id = deal_of(server, field, whole)
    shown = sell.get(f"/v2/deals/{deal_id}").data["custom_fields"]
    assert shown["Home"]["line1"] == "1 Mill Lane"
    sell.put(f"/v2/deals/{deal_id}", {"custom_fields": {**shown, "Other": "x"}})
    assert whole.items() <= pipedrive_value(server, deal_id, field).items()


def test_an_address_that_is_one_text_is_all_in_its_first_line(add: Add, sell: SellClient, server: Server) -> None:
    deal_id = deal_of(server, add("address", "Home"), {"value": "1 Mill Lane, Leeds"})
    home = sell.get(f"/v2/deals/{deal_id}").data["custom_fields"]["Home"]
    assert home == {**dict.fromkeys(HOME), "line1": "1 Mill Lane, Leeds"}


def test_choices_that_were_removed_are_not_shown(
    add: Add, make: Callable[[Json], Response], sell: SellClient, server: Server
) -> None:
    one, several = add("enum", "One"), add("set", "Several")
    path = f"/v2/deals/{make({'One': 'Red', 'Several': ['Red', 'Blue']}).data['id']}"
    with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
        for field in (one, several):
            remove_options(tx, field, [field.options[0].id])
    assert sell.get(path).data["custom_fields"] == {"Several": ["Blue"]}


def test_of_two_fields_of_a_name_the_older_counts(add: Add, make: Callable[[Json], Response], server: Server) -> None:
    older, younger = add("varchar", "Twin"), add("double", "Twin")
    deal = make({"Twin": "x"}).data
    found = [pipedrive_value(server, deal["id"], field) for field in (older, younger)]
    assert (deal["custom_fields"], found) == ({"Twin": "x"}, ["x", None])


# ----------------------------------------------------------------------------- types that Pipedrive has no word for

TEXTUAL = [
    ("boolean", "true", True, "maybe"),
    ("datetime", "2026-03-09T10:00:00Z", "2026-03-09T10:00:00Z", "soon"),
    ("email", "ann@example.com", "ann@example.com", None),
    ("url", "www.example.com", "www.example.com", None),
]

textual = pytest.mark.parametrize(("type_", "text", "value", "wrong"), TEXTUAL)


@textual
def test_pipedrive_shows_a_line_of_text(
    type_: str,
    text: str,
    value: Json,
    wrong: str | None,
    add: Add,
    make: Callable[[Json], Response],
    server: Server,
) -> None:
    field = add(type_)
    deal_id = make({type_: value}).data["id"]
    assert pipedrive_value(server, deal_id, field) == text
    assert server.admin.get(f"/v1/deals/{deal_id}").data[field.key] == text
    assert server.admin.get(f"/api/v2/dealFields/{field.key}").data["field_type"] == "varchar"
    assert server.admin.get(f"/v1/dealFields/{field.id}").data["field_type"] == "varchar"


@textual
def test_pipedrive_writes_a_line_of_text_of_that_form(
    type_: str, text: str, value: Json, wrong: str | None, add: Add, sell: SellClient, server: Server
) -> None:
    field = add(type_)
    deal_id = deal_of(server, field, text)
    assert sell.get(f"/v2/deals/{deal_id}").data["custom_fields"] == {type_: value}
    if wrong is not None:
        refused = server.admin.patch(f"/api/v2/deals/{deal_id}", {"custom_fields": {field.key: wrong}})
        assert refused.status == 400
    cleared = server.admin.put(f"/v1/deals/{deal_id}", {field.key: ""})
    assert (cleared.status, cleared.data[field.key]) == (200, None)


@pytest.mark.parametrize("type_", ["boolean", "datetime", "email", "url"])
def test_pipedrive_offers_no_such_type(type_: str, server: Server) -> None:
    assert server.admin.post("/v1/dealFields", {"name": "New", "field_type": type_}).status == 400
    assert server.admin.post("/api/v2/dealFields", {"field_name": "New", "field_type": type_}).status == 400
