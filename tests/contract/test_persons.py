"""Persons as Pipedrive clients see them (contract 2.13)."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.server import Client
from tests.support.statements import recorded

V2 = "/api/v2/persons"
V1 = "/v1/persons"
BOTH = pytest.mark.parametrize("path", [V1, V2])

V2_KEYS = {
    "id",
    "name",
    "first_name",
    "last_name",
    "owner_id",
    "org_id",
    "add_time",
    "update_time",
    "emails",
    "phones",
    "is_deleted",
    "visible_to",
    "label_ids",
    "picture_id",
    "custom_fields",
}
COUNTS = {f"{outcome}_deals_count" for outcome in ("open", "closed", "won", "lost")}
EXTRAS = {
    "next_activity_id",
    "last_activity_id",
    *COUNTS,
    *(f"related_{each}" for each in COUNTS),
    "participant_open_deals_count",
    "participant_closed_deals_count",
    "email_messages_count",
    "activities_count",
    "done_activities_count",
    "undone_activities_count",
    "files_count",
    "notes_count",
    "followers_count",
    "last_incoming_mail_time",
    "last_outgoing_mail_time",
    "marketing_status",
    "doi_status",
    "smart_bcc_email",
}


def add(client: Client, name: str = "Ada Lovelace", **body: Any) -> Any:
    return client.post(V2, {"name": name, **body}).data


def add_organization(client: Client, name: str = "Acme", **body: Any) -> Any:
    return client.post("/api/v2/organizations", {"name": name, **body}).data


def add_deal(client: Client, **body: Any) -> Any:
    return client.post("/api/v2/deals", {"title": "Engine", **body}).data


def add_field(server: Server, **body: Any) -> str:
    sent = {"field_name": "Size", "field_type": "varchar", **body}
    key: str = server.admin.post("/api/v2/personFields", sent).data["field_code"]
    return key


def ids(found: Any) -> list[int]:
    return [each["id"] for each in found or []]


def found_ids(client: Client, path: str, **query: Any) -> list[int]:
    return [each["item"]["id"] for each in client.get(f"{path}/search", **query).data["items"]]


# Version 2: the object


def test_a_new_person_has_the_keys_of_the_contract(server: Server) -> None:
    assert add(server.admin).keys() == V2_KEYS


def test_a_new_person_is_told_with_its_defaults(server: Server) -> None:
    person = add(server.admin, emails=[{"value": "ada@example.com"}], phones=[{"value": "1"}, {"value": "2"}])
    assert person == {
        "id": 1,
        "name": "Ada Lovelace",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "owner_id": server.admin.user_id,
        "org_id": None,
        "add_time": "2026-05-01T12:00:00Z",
        "update_time": "2026-05-01T12:00:00Z",
        "emails": [{"value": "ada@example.com", "primary": True, "label": "work"}],
        "phones": [
            {"value": "1", "primary": True, "label": "work"},
            {"value": "2", "primary": False, "label": "work"},
        ],
        "is_deleted": False,
        "visible_to": 3,
        "label_ids": [],
        "picture_id": None,
        "custom_fields": {},
    }


def test_what_was_added_is_what_is_read(server: Server) -> None:
    person = add(server.admin, emails=[{"value": "ada@example.com", "label": "home", "primary": True}])
    assert server.seller.get(f"{V2}/{person['id']}").data == person


def test_every_extra_of_the_contract_can_be_asked_for(server: Server) -> None:
    person = add(server.admin)
    shown = server.admin.get(f"{V2}/{person['id']}", include_fields=",".join(EXTRAS)).data
    assert shown.keys() == V2_KEYS | EXTRAS


def test_deals_followers_and_consent_are_told_on_demand(server: Server) -> None:
    person = add(server.admin, marketing_status="subscribed")
    add_deal(server.admin, person_id=person["id"])
    add_deal(server.admin, person_id=person["id"], status="won")
    asked = "open_deals_count,closed_deals_count,lost_deals_count,followers_count,marketing_status"
    (shown,) = server.admin.get(V2, include_fields=asked).data
    assert {name: shown[name] for name in asked.split(",")} == {
        "open_deals_count": 1,
        "closed_deals_count": 1,
        "lost_deals_count": 0,
        "followers_count": 0,
        "marketing_status": "subscribed",
    }


def test_a_changed_person_keeps_what_was_not_sent(server: Server, clock: Clock) -> None:
    person = add(server.admin, emails=[{"value": "ada@example.com"}])
    clock.advance(seconds=60)
    changed = server.seller.patch(f"{V2}/{person['id']}", {"name": "Augusta King"}).data
    assert changed == {
        **person,
        "name": "Augusta King",
        "first_name": "Augusta",
        "last_name": "King",
        "update_time": "2026-05-01T12:01:00Z",
    }


def test_null_clears_links_and_addresses(server: Server) -> None:
    organization = add_organization(server.admin)
    person = add(server.admin, org_id=organization["id"], emails=[{"value": "ada@example.com"}])
    changed = server.admin.patch(f"{V2}/{person['id']}", {"org_id": None, "emails": None}).data
    assert (changed["org_id"], changed["emails"]) == (None, [])


def test_the_time_of_addition_may_be_given_once(server: Server) -> None:
    person = add(server.admin, add_time="2024-02-03T04:05:06.789Z")
    changed = server.admin.patch(f"{V2}/{person['id']}", {"add_time": "2025-01-01T00:00:00Z"}).data
    assert (person["add_time"], person["update_time"], changed["add_time"]) == ("2024-02-03T04:05:06Z",) * 3


# Version 2: refusals


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"name": "Ada", "owner_id": 99}, "owner_id"),
        ({"name": "Ada", "owner_id": "1"}, "owner_id"),
        ({"name": "Ada", "org_id": 99}, "org_id"),
        ({"name": "Ada", "visible_to": 2}, "visible_to"),
        ({"name": "Ada", "label_ids": [99]}, "label_ids"),
        ({"name": "Ada", "add_time": "yesterday"}, "add_time"),
        ({"name": "Ada", "emails": [{"label": "work"}]}, "emails[0].value"),
        ({"name": "Ada", "emails": "ada@example.com"}, "emails"),
        ({"name": "Ada", "marketing_status": "perhaps"}, "marketing_status"),
    ],
)
def test_a_wrong_body_is_refused_by_field(server: Server, body: dict[str, Any], field: str) -> None:
    answer = server.admin.post(V2, body)
    assert (answer.status, answer.body["code"]) == (400, "ERR_SCHEMA_VALIDATION_FAILED")
    assert answer.body["error"].startswith(f"Validation failed: {field}: ")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 501}, "limit"),
        ({"owner_id": "me"}, "owner_id"),
        ({"ids": ",".join(map(str, range(1, 102)))}, "ids"),
        ({"updated_since": "2024-01-01T00:00:00.5Z"}, "updated_since"),
        ({"updated_until": "2024-01-01"}, "updated_until"),
        ({"sort_by": "name"}, "sort_by"),
        ({"include_fields": "people_count"}, "include_fields"),
        ({"custom_fields": ",".join(map(str, range(16)))}, "custom_fields"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name(server: Server, query: dict[str, Any], field: str) -> None:
    answer = server.admin.get(V2, **query)
    assert (answer.status, answer.body["error"].split(": ")[1]) == (400, field)


@pytest.mark.parametrize("field", ["notes", "im", "birthday", "job_title", "postal_address"])
@BOTH
def test_fields_of_contact_sync_are_forbidden(server: Server, path: str, field: str) -> None:
    answer = server.admin.post(path, {"name": "Ada", field: "x"})
    assert (answer.status, answer.body["error"]) == (403, "You do not have permissions to do this.")


@BOTH
def test_fields_of_contact_sync_may_be_sent_empty(server: Server, path: str) -> None:
    assert server.admin.post(path, {"name": "Ada", "notes": None, "im": [], "job_title": ""}).status < 300


# Both versions: reading what is not there


@BOTH
def test_an_unknown_person_is_not_found(server: Server, path: str) -> None:
    answer = server.admin.get(f"{path}/99")
    assert (answer.status, answer.body["error"]) == (404, "Person not found")


@BOTH
def test_an_organization_is_no_person(server: Server, path: str) -> None:
    organization = add_organization(server.admin)
    assert server.admin.get(f"{path}/{organization['id']}").status == 404


@BOTH
def test_another_companys_person_is_not_found(server: Server, path: str) -> None:
    person = add(server.admin)
    assert server.other.get(f"{path}/{person['id']}").status == 404


@BOTH
def test_a_private_person_is_seen_by_its_owner_and_admins(server: Server, path: str) -> None:
    person = add(server.seller, visible_to=1)
    people = (server.seller, server.admin, server.restricted)
    assert [each.get(f"{path}/{person['id']}").status for each in people] == [200, 200, 404]
    assert [len(each.get(path).data or []) for each in people] == [1, 1, 0]


@BOTH
def test_a_deleted_person_can_be_read_for_thirty_days(server: Server, path: str, clock: Clock) -> None:
    person = add(server.admin)
    assert server.admin.delete(f"{path}/{person['id']}").data == {"id": person["id"]}
    kept = server.admin.get(f"{path}/{person['id']}")
    assert (kept.status, kept.data.get("is_deleted", not kept.data.get("active_flag"))) == (200, True)
    clock.advance(days=31)
    assert server.admin.get(f"{path}/{person['id']}").status == 404


@BOTH
def test_a_deleted_person_is_neither_listed_nor_changed(server: Server, path: str) -> None:
    person = add(server.admin)
    server.admin.delete(f"{path}/{person['id']}")
    change = server.admin.put if path == V1 else server.admin.patch
    assert not server.admin.get(path).data
    assert change(f"{path}/{person['id']}", {"name": "Ada"}).status == 404
    assert server.admin.delete(f"{path}/{person['id']}").status == 404


def test_a_deal_loses_its_deleted_person(server: Server) -> None:
    person = add(server.admin)
    deal = add_deal(server.admin, person_id=person["id"])
    server.admin.delete(f"{V2}/{person['id']}")
    assert server.admin.get(f"/api/v2/deals/{deal['id']}").data["person_id"] is None


# Version 2: the list


def test_the_list_can_be_narrowed(server: Server) -> None:
    organization = add_organization(server.admin)
    ada = add(server.admin, org_id=organization["id"])
    bob = add(server.seller, "Bob")
    queries: list[dict[str, Any]] = [
        {"owner_id": server.seller.user_id},
        {"org_id": organization["id"]},
        {"ids": f"{bob['id']},{ada['id']},999"},
        {"ids": bob["id"], "org_id": organization["id"]},
        {"filter_id": 1},
    ]
    assert [ids(server.admin.get(V2, **query).data) for query in queries] == [
        [bob["id"]],
        [ada["id"]],
        [ada["id"], bob["id"]],
        [],
        [],
    ]


def test_the_persons_of_a_deal_are_its_own_and_its_participants(server: Server) -> None:
    ada, bob, _ = (add(server.admin, name) for name in ("Ada", "Bob", "Cy"))
    deal = add_deal(server.admin, person_id=ada["id"])
    server.admin.post(f"/v1/deals/{deal['id']}/participants", {"person_id": bob["id"]})
    assert ids(server.admin.get(V2, deal_id=deal["id"]).data) == [ada["id"], bob["id"]]


def test_the_persons_of_a_deal_one_may_not_see_are_none(server: Server) -> None:
    ada = add(server.admin)
    deal = add_deal(server.admin, person_id=ada["id"], visible_to=1)
    assert server.seller.get(V2, deal_id=deal["id"]).data == []


def test_changes_of_a_span_are_from_its_start_to_before_its_end(server: Server, clock: Clock) -> None:
    found = []
    for name in ("Ada", "Bob", "Cy"):
        found.append(add(server.admin, name)["id"])
        clock.advance(seconds=1)
    span = {"updated_since": "2026-05-01T14:00:01+02:00", "updated_until": "2026-05-01T12:00:02Z"}
    assert ids(server.admin.get(V2, **span).data) == [found[1]]


@pytest.mark.parametrize("sort_by", ["id", "update_time", "add_time"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_follow_each_other_in_every_order(server: Server, clock: Clock, sort_by: str, direction: str) -> None:
    for name in ("Ada", "Bob", "Cy"):
        add(server.admin, name)
        clock.advance(seconds=1)
    query = {"sort_by": sort_by, "sort_direction": direction, "limit": 2}
    first = server.admin.get(V2, **query).body
    second = server.admin.get(V2, **query, cursor=first["additional_data"]["next_cursor"]).body
    assert second["additional_data"]["next_cursor"] is None
    names = [each["name"] for each in first["data"] + second["data"]]
    assert (len(names), names) == (3, sorted(names, reverse=direction == "desc"))


# Version 2: labels and custom fields


def test_custom_fields_are_all_there_or_those_asked_for(server: Server) -> None:
    size, colour = add_field(server), add_field(server, field_name="Colour")
    person = add(server.admin, custom_fields={size: "L"})
    assert person["custom_fields"] == {size: "L", colour: None}
    (shown,) = server.admin.get(V2, custom_fields=size).data
    assert shown["custom_fields"] == {size: "L"}


def test_options_come_with_their_labels_on_demand(server: Server) -> None:
    key = add_field(server, field_type="enum", options=[{"label": "Hot"}])
    (option,) = server.admin.get(f"/api/v2/personFields/{key}").data["options"]
    add(server.admin, custom_fields={key: option["id"]})
    (shown,) = server.admin.get(V2, include_option_labels="true").data
    assert shown["custom_fields"] == {key: {"id": option["id"], "label": "Hot"}}


@pytest.mark.parametrize("value", [{"nonsense": 1}, {"0" * 40: "x"}])
def test_unknown_custom_fields_are_refused(server: Server, value: dict[str, Any]) -> None:
    answer = server.admin.post(V2, {"name": "Ada", "custom_fields": value})
    assert (answer.status, answer.body["field_code"]) == (400, next(iter(value)))


def test_labels_are_contact_labels_and_named_on_demand(server: Server) -> None:
    (label,) = server.admin.post("/api/v2/personFields/label_ids/options", [{"label": "Customer"}]).data
    person = add(server.admin, label_ids=[label["id"]])
    (shown,) = server.admin.get(V2, include_labels="true").data
    assert (person["label_ids"], shown["labels"]) == ([label["id"]], [{"id": label["id"], "label": "Customer"}])


# Pages


@pytest.mark.parametrize("query", [f"{V1}?", f"{V2}?include_labels=true&include_fields={','.join(sorted(EXTRAS))}"])
def test_a_page_takes_as_many_statements_as_a_record(server: Server, query: str) -> None:
    for client in (server.admin, server.seller):
        add(client, org_id=add_organization(client)["id"], phones=[{"value": "1"}])
    counts = []
    for limit in (1, 2):
        with recorded() as statements:
            server.admin.get(f"{query}&limit={limit}")
        counts.append(len(statements))
    assert counts[0] == counts[1]


# Version 1


def test_v1_expands_owner_and_organization(server: Server) -> None:
    organization = add_organization(server.seller, address={"value": "1 Mill Lane"})
    person = server.admin.post(V1, {"name": "Ada", "org_id": organization["id"], "email": "ada@example.com"}).data
    domain = f"acme-{server.company.company_id}"
    assert person["owner_id"] == {
        "id": server.admin.user_id,
        "name": "Ann Admin",
        "email": "ann@example.com",
        "has_pic": 0,
        "pic_hash": None,
        "active_flag": True,
        "value": server.admin.user_id,
    }
    assert person["org_id"] == {
        "name": "Acme",
        "people_count": 1,
        "owner_id": server.seller.user_id,
        "address": "1 Mill Lane",
        "active_flag": True,
        "cc_email": f"{domain}@pipedrivemail.com",
        "owner_name": "Sam Seller",
        "label_ids": [],
        "value": organization["id"],
    }


def test_v1_has_flat_facts_beside(server: Server) -> None:
    person = server.admin.post(V1, {"name": "ada Lovelace", "email": ["a@b.c", "d@e.f"], "phone": "1"}).data
    expected = {
        "first_char": "a",
        "email": [
            {"label": "work", "value": "a@b.c", "primary": True},
            {"label": "work", "value": "d@e.f", "primary": False},
        ],
        "phone": [{"label": "work", "value": "1", "primary": True}],
        "primary_email": "a@b.c",
        "active_flag": True,
        "visible_to": "3",
        "label": None,
        "label_ids": [],
        "add_time": "2026-05-01 12:00:00",
        "update_time": "2026-05-01 12:00:00",
        "org_id": None,
        "open_deals_count": 0,
        "participant_closed_deals_count": 0,
        "followers_count": 0,
        "owner_name": "Ann Admin",
    }
    assert {name: person[name] for name in expected} == expected


def test_v1_answers_an_addition_with_201_and_relatives(server: Server) -> None:
    answer = server.admin.post(V1, {"name": "Ada"})
    assert (answer.status, list(answer.body["related_objects"]["user"])) == (201, [str(server.admin.user_id)])


@pytest.mark.parametrize(
    "email",
    [
        "a@b.c",
        ["a@b.c"],
        {"value": "a@b.c"},
        [{"value": "a@b.c", "label": "work", "primary": "1"}],
        [{"value": "a@b.c"}, {"value": ""}, ""],
    ],
)
def test_v1_reads_addresses_in_many_forms(server: Server, email: Any) -> None:
    person = server.admin.post(V1, {"name": "Ada", "email": email}).data
    assert person["email"] == [{"label": "work", "value": "a@b.c", "primary": True}]


def test_v1_reads_forms(server: Server) -> None:
    form = {"name": "Ada", "email[]": ["a@b.c", "d@e.f"], "visible_to": "1", "owner_id": server.seller.user_id}
    person = server.admin.call("POST", V1, form=form).data
    assert ([each["value"] for each in person["email"]], person["visible_to"], person["owner_id"]["id"]) == (
        ["a@b.c", "d@e.f"],
        "1",
        server.seller.user_id,
    )


def test_v1_reads_forms_with_brackets(server: Server) -> None:
    form = {
        "name": "Ada",
        "email[0][value]": "a@b.c",
        "email[0][label]": "home",
        "email[0][primary]": "",
        "email[10][value]": "g@h.i",
        "email[2][value]": "d@e.f",
        "email[2][primary]": "1",
        "phone[value]": "555",
    }
    person = server.admin.call("POST", V1, form=form).data
    assert person["email"] == [
        {"label": "home", "value": "a@b.c", "primary": False},
        {"label": "work", "value": "d@e.f", "primary": True},
        {"label": "work", "value": "g@h.i", "primary": False},
    ]
    assert [each["value"] for each in person["phone"]] == ["555"]


def test_v1_keeps_custom_fields_at_the_root(server: Server) -> None:
    key = add_field(server, field_type="monetary")
    person = server.admin.post(V1, {"name": "Ada", key: "12.5", f"{key}_currency": "USD"}).data
    assert (person[key], person[f"{key}_currency"]) == (12.5, "USD")


@pytest.mark.parametrize(
    ("name", "form"), [("label", int), ("label", str), ("label_ids", lambda number: [str(number)])]
)
def test_v1_labels_are_a_number_a_text_or_a_list(server: Server, name: str, form: Callable[[int], Any]) -> None:
    (label,) = server.admin.post("/api/v2/personFields/label_ids/options", [{"label": "Customer"}]).data
    person = server.admin.post(V1, {"name": "Ada", name: form(label["id"])}).data
    assert (person["label"], person["label_ids"]) == (label["id"], [label["id"]])


def test_v1_put_changes_what_is_sent(server: Server) -> None:
    person = add(server.admin, emails=[{"value": "a@b.c"}], phones=[{"value": "1"}])
    sent = {"phone": "", "add_time": "2020-01-02 03:04:05", "owner_id": {"id": 2, "value": server.seller.user_id}}
    changed = server.admin.put(f"{V1}/{person['id']}", sent).data
    assert (changed["phone"], changed["primary_email"], changed["add_time"], changed["owner_id"]["value"]) == (
        [],
        "a@b.c",
        "2020-01-02 03:04:05",
        server.seller.user_id,
    )


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": None}, {"name": " "}])
def test_v1_wants_a_name(server: Server, body: dict[str, Any]) -> None:
    answer = server.admin.post(V1, body)
    assert (answer.status, answer.body["error"]) == (400, "Name must be given.")


def test_v1_takes_no_id(server: Server) -> None:
    answer = server.admin.post(V1, {"id": 5, "name": "Ada"})
    assert (answer.status, answer.body["error"][:46]) == (400, "Inserting ID with POST request is not allowed.")


@pytest.mark.parametrize("visible_to", [0, 2, "9"])
def test_v1_forbids_visibilities_that_do_not_exist(server: Server, visible_to: Any) -> None:
    assert server.admin.post(V1, {"name": "Ada", "visible_to": visible_to}).status == 403


def test_v1_hides_a_private_organization_of_a_public_person(server: Server) -> None:
    organization = add_organization(server.admin, visible_to=1)
    person = add(server.admin, org_id=organization["id"])
    assert server.seller.get(f"{V1}/{person['id']}").data["org_id"] is None


def test_v1_empty_list_is_null(server: Server) -> None:
    assert server.admin.get(V1).body == {
        "success": True,
        "data": None,
        "additional_data": {"pagination": {"start": 0, "limit": 100, "more_items_in_collection": False}},
        "related_objects": {"user": {}, "organization": {}},
    }


def test_v1_list_can_be_narrowed_and_sorted(server: Server) -> None:
    for client, name in ((server.admin, "ada"), (server.admin, "Élan"), (server.seller, "Ann"), (server.seller, "%")):
        add(client, name)
    queries: list[dict[str, Any]] = [
        {"first_char": "a"},
        {"first_char": "A", "user_id": server.seller.user_id},
        {"first_char": "é"},
        {"first_char": "%"},
        {"filter_id": 1},
        {"sort": "name DESC"},
        {"sort": "id DESC", "limit": 1, "start": 1},
    ]
    shown = [[each["name"] for each in server.admin.get(V1, **query).data or []] for query in queries]
    assert shown == [["ada", "Ann"], ["Ann"], ["Élan"], ["%"], [], ["Élan", "Ann", "ada", "%"], ["Ann"]]


def test_v1_get_one_tells_where_mail_goes(server: Server) -> None:
    person = add(server.admin)
    assert server.admin.get(f"{V1}/{person['id']}").body["additional_data"]["dropbox_email"].endswith("mail.com")


# Search


def test_search_items_have_the_keys_of_the_contract(server: Server) -> None:
    organization = add_organization(server.admin, address={"value": "1 Mill Lane"})
    person = add(server.admin, org_id=organization["id"], emails=[{"value": "a@b.c"}], phones=[{"value": "123"}])
    answer = server.admin.get(f"{V2}/search", term="lovelace")
    assert answer.body == {
        "success": True,
        "data": {
            "items": [
                {
                    "result_score": 0.5,
                    "item": {
                        "id": person["id"],
                        "type": "person",
                        "name": "Ada Lovelace",
                        "phones": ["123"],
                        "emails": ["a@b.c"],
                        "visible_to": 3,
                        "owner": {"id": server.admin.user_id},
                        "organization": {"id": organization["id"], "name": "Acme", "address": "1 Mill Lane"},
                        "custom_fields": [],
                        "notes": [],
                    },
                }
            ]
        },
        "additional_data": {"next_cursor": None},
    }


def test_v1_search_pages_by_offset(server: Server) -> None:
    for name in ("Ada", "Adam", "Adele"):
        add(server.admin, name)
    answer = server.admin.get(f"{V1}/search", term="AD", start=1, limit=1)
    assert [each["item"]["name"] for each in answer.data["items"]] == ["Adam"]
    assert answer.body["additional_data"] == {
        "pagination": {"start": 1, "limit": 1, "more_items_in_collection": True, "next_start": 2}
    }


def test_v2_search_pages_by_score_then_id(server: Server) -> None:
    for name in ("Bada", "Adam", "Ada", "Adam"):
        add(server.admin, name)
    first = server.admin.get(f"{V2}/search", term="ada", limit=2)
    cursor = first.body["additional_data"]["next_cursor"]
    second = server.admin.get(f"{V2}/search", term="ada", limit=2, cursor=cursor)
    found = [(each["item"]["name"], each["result_score"]) for each in first.data["items"] + second.data["items"]]
    assert second.body["additional_data"]["next_cursor"] is None
    assert found == [("Ada", 1.0), ("Adam", 0.75), ("Adam", 0.75), ("Bada", 0.5)]


@BOTH
def test_a_term_is_looked_for_in_every_place(server: Server, path: str) -> None:
    key = add_field(server)
    named = add(server.admin, "Müller")
    mailed = add(server.admin, "A", emails=[{"value": "Müller@example.com"}])
    called = add(server.admin, "B", phones=[{"value": "ext. müller", "label": "mobile"}])
    noted = add(server.admin, "C", custom_fields={key: "friend of MÜLLER"})
    every = sorted(each["id"] for each in (named, mailed, called, noted))
    queries: list[dict[str, Any]] = [
        {},
        {"fields": "name"},
        {"fields": "email,phone"},
        {"fields": "custom_fields"},
        {"fields": "notes"},
        {"exact_match": "true"},
    ]
    assert [sorted(found_ids(server.admin, path, term="mÜller", **query)) for query in queries] == [
        every,
        [named["id"]],
        [mailed["id"], called["id"]],
        [noted["id"]],
        [],
        [named["id"]],
    ]


def test_matching_custom_texts_are_told(server: Server) -> None:
    key = add_field(server)
    add(server.admin, custom_fields={key: "friend of Babbage"})
    (found,) = server.admin.get(f"{V2}/search", term="babbage").data["items"]
    assert found["item"]["custom_fields"] == ["friend of Babbage"]


@BOTH
def test_wildcards_mean_themselves(server: Server, path: str) -> None:
    add(server.admin, "Ada")
    odd = add(server.admin, "100%_a\\b")
    terms = ["0%_", "a\\b", "%%", "__"]
    assert [found_ids(server.admin, path, term=term) for term in terms] == [[odd["id"]], [odd["id"]], [], []]


@BOTH
def test_search_keeps_to_an_organization_to_the_living_and_to_the_visible(server: Server, path: str) -> None:
    organization = add_organization(server.admin)
    inside = add(server.admin, "Ada", org_id=organization["id"])
    add(server.admin, "Ada")
    deleted = add(server.admin, "Ada", org_id=organization["id"])
    server.admin.delete(f"{V2}/{deleted['id']}")
    add(server.admin, "Ada", org_id=organization["id"], visible_to=1)
    assert found_ids(server.seller, path, term="ada", organization_id=organization["id"]) == [inside["id"]]
    assert found_ids(server.other, path, term="ada") == []


@pytest.mark.parametrize(
    "query",
    [{}, {"term": "a"}, {"term": " a "}, {"term": "ab", "fields": "title"}, {"term": "ab", "include_fields": "x"}],
)
@BOTH
def test_a_short_term_and_unknown_words_are_refused(server: Server, path: str, query: dict[str, Any]) -> None:
    assert server.admin.get(f"{path}/search", **query).status == 400


@BOTH
def test_one_letter_will_do_for_an_exact_match(server: Server, path: str) -> None:
    person = add(server.admin, "X")
    add(server.admin, "Xy")
    assert found_ids(server.admin, path, term="x", exact_match="true") == [person["id"]]
