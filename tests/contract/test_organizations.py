"""Organizations as Pipedrive clients see them (contract 2.13)."""

from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.server import Client

V2 = "/api/v2/organizations"
V1 = "/v1/organizations"
BOTH = pytest.mark.parametrize("path", [V1, V2])
PARTS = (
    "street_number",
    "route",
    "subpremise",
    "locality",
    "sublocality",
    "admin_area_level_1",
    "admin_area_level_2",
    "country",
    "postal_code",
    "formatted_address",
)
COUNTS = {f"{outcome}_deals_count" for outcome in ("open", "closed", "won", "lost")}
EXTRAS = {
    "next_activity_id",
    "last_activity_id",
    *COUNTS,
    *(f"related_{each}" for each in COUNTS),
    "email_messages_count",
    "activities_count",
    "done_activities_count",
    "undone_activities_count",
    "files_count",
    "notes_count",
    "followers_count",
    "people_count",
    "smart_bcc_email",
}


def add(client: Client, name: str = "Acme", **body: Any) -> Any:
    return client.post(V2, {"name": name, **body}).data


def add_person(client: Client, **body: Any) -> Any:
    return client.post("/api/v2/persons", {"name": "Ada", **body}).data


def found_names(client: Client, path: str, **query: Any) -> list[str]:
    return [each["item"]["name"] for each in client.get(f"{path}/search", **query).data["items"]]


def test_a_new_organization_is_told_with_its_defaults(server: Server) -> None:
    assert add(server.admin) == {
        "id": 1,
        "name": "Acme",
        "owner_id": server.admin.user_id,
        "add_time": "2026-05-01T12:00:00Z",
        "update_time": "2026-05-01T12:00:00Z",
        "address": None,
        "is_deleted": False,
        "visible_to": 3,
        "label_ids": [],
        "website": None,
        "linkedin": None,
        "industry": None,
        "annual_revenue": None,
        "employee_count": None,
        "custom_fields": {},
    }


def test_what_was_added_is_what_is_read(server: Server) -> None:
    facts: dict[str, Any] = {
        "website": "acme.test",
        "linkedin": "acme",
        "industry": 4,
        "annual_revenue": 1_000_000,
        "employee_count": 7,
        "visible_to": 7,
    }
    organization = add(server.admin, **facts)
    shown = server.seller.get(f"{V2}/{organization['id']}").data
    assert shown == organization
    assert {name: shown[name] for name in facts} == facts


def test_an_address_has_all_its_parts(server: Server) -> None:
    organization = add(server.admin, address={"value": "1 Mill Lane, Leeds", "locality": "Leeds"})
    assert organization["address"] == {
        **dict.fromkeys(PARTS),
        "value": "1 Mill Lane, Leeds",
        "locality": "Leeds",
    }


def test_a_new_address_drops_the_old_parts_and_null_all_of_it(server: Server) -> None:
    organization = add(server.admin, address={"value": "1 Mill Lane, Leeds", "locality": "Leeds"})
    moved = server.admin.patch(f"{V2}/{organization['id']}", {"address": {"value": "2 Hill Road"}}).data
    gone = server.admin.patch(f"{V2}/{organization['id']}", {"address": None}).data
    assert (moved["address"]["locality"], gone["address"]) == (None, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "Acme", "owner_id": 99}, "owner_id"),
        ({"name": "Acme", "visible_to": 4}, "visible_to"),
        ({"name": "Acme", "address": "1 Mill Lane"}, "address"),
        ({"name": "Acme", "address": {"locality": "Leeds"}}, "address"),
        ({"name": "Acme", "address": {"value": "x", "planet": "Mars"}}, "address"),
        ({"name": "Acme", "employee_count": "7"}, "employee_count"),
        ({"name": "Acme", "custom_fields": {"size": 1}}, "size"),
    ],
)
def test_a_wrong_body_is_refused_by_field(server: Server, body: dict[str, Any], field: str) -> None:
    answer = server.admin.post(V2, body)
    assert (answer.status, answer.body["error"].split(": ")[1]) == (400, field)


def test_every_extra_of_the_contract_can_be_asked_for(server: Server) -> None:
    organization = add(server.admin)
    shown = server.admin.get(f"{V2}/{organization['id']}", include_fields=",".join(EXTRAS)).data
    assert shown.keys() == organization.keys() | EXTRAS


def test_people_and_deals_are_counted_on_demand(server: Server) -> None:
    organization = add(server.admin)
    gone = add_person(server.admin, org_id=organization["id"])
    server.admin.delete(f"/api/v2/persons/{gone['id']}")
    add_person(server.admin, org_id=organization["id"])
    server.admin.post("/api/v2/deals", {"title": "Engine", "org_id": organization["id"]})
    (shown,) = server.admin.get(V2, include_fields="people_count,open_deals_count,closed_deals_count").data
    assert (shown["people_count"], shown["open_deals_count"], shown["closed_deals_count"]) == (1, 1, 0)


def test_words_for_persons_are_unknown_here(server: Server) -> None:
    assert server.admin.get(V2, include_fields="marketing_status").status == 400


def test_the_list_can_be_narrowed(server: Server, clock: Clock) -> None:
    first = add(server.admin)
    clock.advance(seconds=1)
    second = add(server.seller, "Beta")
    queries: list[dict[str, Any]] = [
        {},
        {"owner_id": server.seller.user_id},
        {"ids": first["id"]},
        {"updated_since": "2026-05-01T12:00:01Z"},
        {"filter_id": 1},
    ]
    shown = [[each["id"] for each in server.admin.get(V2, **query).data] for query in queries]
    assert shown == [[first["id"], second["id"]], [second["id"]], [first["id"]], [second["id"]], []]


def test_persons_are_not_listed_among_organizations(server: Server) -> None:
    add_person(server.admin)
    assert server.admin.get(V2).data == []


@BOTH
def test_an_unknown_organization_is_not_found(server: Server, path: str) -> None:
    answer = server.admin.get(f"{path}/99")
    assert (answer.status, answer.body["error"]) == (404, "Organization not found")


@BOTH
def test_another_companys_organization_is_not_found(server: Server, path: str) -> None:
    organization = add(server.admin)
    assert server.other.get(f"{path}/{organization['id']}").status == 404


@BOTH
def test_persons_lose_a_deleted_organization(server: Server, path: str) -> None:
    organization = add(server.admin)
    person = add_person(server.admin, org_id=organization["id"])
    assert server.admin.delete(f"{path}/{organization['id']}").data == {"id": organization["id"]}
    assert server.admin.get(f"/api/v2/persons/{person['id']}").data["org_id"] is None
    assert server.admin.delete(f"{path}/{organization['id']}").status == 404


def test_nobody_joins_a_deleted_organization(server: Server) -> None:
    organization = add(server.admin)
    server.admin.delete(f"{V2}/{organization['id']}")
    assert server.admin.post("/api/v2/persons", {"name": "Ada", "org_id": organization["id"]}).status == 400


# Version 1


def test_v1_shows_the_address_flat(server: Server) -> None:
    organization = server.admin.post(V1, {"name": "Acme", "address": "1 Mill Lane"}).data
    assert {name: organization[name] for name in organization if name.startswith("address")} == {
        "address": "1 Mill Lane",
        **{f"address_{part}": None for part in PARTS},
    }


def test_v1_facts(server: Server) -> None:
    organization = server.admin.post(V1, {"name": "Acme", "visible_to": "7", "add_time": "2020-01-02 03:04:05"}).data
    expected = {
        "first_char": "a",
        "active_flag": True,
        "visible_to": "7",
        "label": None,
        "label_ids": [],
        "people_count": 0,
        "add_time": "2020-01-02 03:04:05",
        "update_time": "2020-01-02 03:04:05",
        "owner_name": "Ann Admin",
        "company_id": server.company.company_id,
    }
    assert {name: organization[name] for name in expected} == expected
    assert organization["owner_id"]["value"] == server.admin.user_id


def test_v1_sets_the_time_of_addition_once(server: Server) -> None:
    organization = add(server.admin)
    changed = server.admin.put(f"{V1}/{organization['id']}", {"add_time": "2020-01-02 03:04:05", "name": "Beta"}).data
    assert (changed["name"], changed["add_time"]) == ("Beta", "2026-05-01 12:00:00")


def test_v1_reads_forms(server: Server) -> None:
    answer = server.admin.call("POST", V1, form={"name": "Acme", "address": "1 Mill Lane", "label": ""})
    assert (answer.status, answer.data["address"]) == (201, "1 Mill Lane")


@pytest.mark.parametrize(("body", "status"), [({}, 400), ({"name": "Acme", "visible_to": 2}, 403)])
def test_v1_refusals(server: Server, body: dict[str, Any], status: int) -> None:
    assert server.admin.post(V1, body).status == status


def test_v1_empty_list_is_null(server: Server) -> None:
    answer = server.admin.get(V1).body
    assert (answer["data"], answer["additional_data"]["pagination"]["more_items_in_collection"]) == (None, False)


def test_v1_pages_by_offset(server: Server) -> None:
    for name in ("Acme", "Beta", "Gamma"):
        add(server.admin, name)
    answer = server.admin.get(V1, limit=2, sort="name DESC").body
    assert [each["name"] for each in answer["data"]] == ["Gamma", "Beta"]
    assert answer["additional_data"]["pagination"] == {
        "start": 0,
        "limit": 2,
        "more_items_in_collection": True,
        "next_start": 2,
    }


def test_v1_selects_fields(server: Server) -> None:
    add(server.admin)
    assert server.admin.get(f"{V1}:(id,name)").data == [{"id": 1, "name": "Acme"}]


# Search


@BOTH
def test_search_items_have_the_keys_of_the_contract(server: Server, path: str) -> None:
    organization = add(server.admin, address={"value": "1 Mill Lane"})
    assert server.admin.get(f"{path}/search", term="acme").data["items"] == [
        {
            "result_score": 1.0,
            "item": {
                "id": organization["id"],
                "type": "organization",
                "name": "Acme",
                "address": "1 Mill Lane",
                "visible_to": 3,
                "owner": {"id": server.admin.user_id},
                "custom_fields": [],
                "notes": [],
            },
        }
    ]


@BOTH
def test_a_term_is_looked_for_in_every_place(server: Server, path: str) -> None:
    sent = {"field_name": "Size", "field_type": "double"}
    key = server.admin.post("/api/v2/organizationFields", sent).data["field_code"]
    add(server.admin, "Mill 42")
    add(server.admin, "Beta", address={"value": "42 Mill Lane"})
    add(server.admin, "Gamma", custom_fields={key: 42})
    add_person(server.admin, phones=[{"value": "42"}])
    queries: list[dict[str, Any]] = [
        {},
        {"fields": "name"},
        {"fields": "address"},
        {"fields": "custom_fields"},
        {"exact_match": 1},
    ]
    assert [found_names(server.admin, path, term="42", **query) for query in queries] == [
        ["Gamma", "Beta", "Mill 42"],
        ["Mill 42"],
        ["Beta"],
        ["Gamma"],
        ["Gamma"],
    ]


@BOTH
def test_places_of_persons_are_refused(server: Server, path: str) -> None:
    assert server.admin.get(f"{path}/search", term="acme", fields="email").status == 400


def test_search_finds_nothing_as_an_empty_list(server: Server) -> None:
    assert server.admin.get(f"{V1}/search", term="acme").body == {
        "success": True,
        "data": {"items": []},
        "additional_data": {"pagination": {"start": 0, "limit": 100, "more_items_in_collection": False}},
    }


def test_a_foreign_cursor_is_refused(server: Server) -> None:
    for name in ("Acme", "Acme Two"):
        add(server.admin, name)
    cursor = server.admin.get(V2, limit=1).body["additional_data"]["next_cursor"]
    answer = server.admin.get(f"{V2}/search", term="acme", cursor=cursor)
    assert (answer.status, answer.body["error"]) == (400, "Invalid cursor")
