"""Fields of deals, persons and organizations as Pipedrive clients see them (contract 2.12)."""

from typing import Any

import pytest

from tests.support.people import Server

PATHS = ("dealFields", "personFields", "organizationFields")
EVERY_LIST = pytest.mark.parametrize("path", PATHS)

V1_KEYS = {
    "id",
    "key",
    "name",
    "order_nr",
    "field_type",
    "add_time",
    "update_time",
    "last_updated_by_user_id",
    "created_by_user_id",
    "active_flag",
    "edit_flag",
    "index_visible_flag",
    "details_visible_flag",
    "add_visible_flag",
    "important_flag",
    "bulk_edit_allowed",
    "searchable_flag",
    "filtering_allowed",
    "sortable_flag",
    "mandatory_flag",
    "is_subfield",
    "parent_id",
    "id_suffix",
    "json_column_flag",
    "group_id",
    "link",
    "use_field",
    "show_in_pipelines",
}
V2_KEYS = {
    "field_name",
    "field_code",
    "description",
    "field_type",
    "options",
    "subfields",
    "is_custom_field",
    "is_optional_response_field",
}


def add_v1(server: Server, path: str = "dealFields", **body: Any) -> Any:
    return server.admin.post(f"/v1/{path}", {"name": "Size", "field_type": "varchar", **body}).data


def add_v2(server: Server, path: str = "dealFields", **body: Any) -> Any:
    return server.admin.post(f"/api/v2/{path}", {"field_name": "Size", "field_type": "varchar", **body}).data


def by_key(server: Server, path: str = "dealFields") -> dict[str, Any]:
    return {each["key"]: each for each in server.seller.get(f"/v1/{path}", limit=500).data}


def by_code(server: Server, path: str = "dealFields", **query: Any) -> dict[str, Any]:
    return {each["field_code"]: each for each in server.seller.get(f"/api/v2/{path}", limit=500, **query).data}


# Version 1


@EVERY_LIST
def test_every_field_of_v1_has_the_keys_of_the_contract(server: Server, path: str) -> None:
    assert {frozenset(each) - {"options"} for each in by_key(server, path).values()} == {frozenset(V1_KEYS)}


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("dealFields", {"user_id", "pipeline", "label"}),
        ("personFields", {"email", "phone", "label", "owner_id"}),
        ("organizationFields", {"label", "owner_id", "address"}),
    ],
)
def test_v1_has_its_own_words_for_system_fields(server: Server, path: str, keys: set[str]) -> None:
    assert keys - by_key(server, path).keys() == set()


@EVERY_LIST
def test_v1_says_where_the_page_ends(server: Server, path: str) -> None:
    reply = server.seller.get(f"/v1/{path}", start=2, limit=3)
    block = {"start": 2, "limit": 3, "more_items_in_collection": True, "next_start": 5}
    assert (len(reply.data), reply.body["additional_data"]) == (3, {"pagination": block})


def test_v1_behind_the_end_is_an_empty_list(server: Server) -> None:
    assert server.seller.get("/v1/dealFields", start=1000).data == []


def test_v1_status_has_the_words_of_deals_as_option_ids(server: Server) -> None:
    assert [each["id"] for each in by_key(server)["status"]["options"]] == ["open", "lost", "won", "deleted"]


def test_v1_has_options_as_a_list_or_not_at_all(server: Server) -> None:
    fields = by_key(server)
    assert ("options" in fields["title"], fields["label"]["options"]) == (False, [])


@EVERY_LIST
def test_v1_adds_a_field_with_options(server: Server, path: str) -> None:
    field = add_v1(server, path, field_type="set", options=[{"label": "S"}, {"label": "L"}])
    assert (field["id"], len(field["key"]), field["edit_flag"], field["options"]) == (
        1001,
        40,
        True,
        [{"id": 1, "label": "S"}, {"id": 2, "label": "L"}],
    )


def test_v1_answers_an_addition_with_200(server: Server) -> None:
    assert server.admin.post("/v1/dealFields", {"name": "Size", "field_type": "varchar"}).status == 200


def test_v1_adds_a_field_from_a_form(server: Server) -> None:
    form = {"name": "Size", "field_type": "enum", "options[]": ["S", "L"], "add_visible_flag": "0"}
    field = server.admin.call("POST", "/v1/dealFields", form=form).data
    assert ([each["label"] for each in field["options"]], field["add_visible_flag"]) == (["S", "L"], False)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"field_type": "varchar"}, "Name must be given."),
        ({"name": "", "field_type": "varchar"}, "Name must be given."),
        ({"name": " ", "field_type": "varchar"}, "Name must be given."),
        ({"name": "Size"}, "Field type must be given."),
        ({"name": "Size", "field_type": ""}, "Field type must be given."),
        ({"name": "Size", "field_type": "colour"}, "Bad request"),
        ({"name": "Size", "field_type": "enum"}, "Bad request"),
        ({"name": "Size", "field_type": "enum", "options": [{"id": 1}]}, "Bad request"),
    ],
)
def test_v1_refuses_an_incomplete_field(server: Server, body: Any, error: str) -> None:
    reply = server.admin.post("/v1/dealFields", body)
    assert (reply.status, reply.body["error"]) == (400, error)


@EVERY_LIST
def test_v1_get_one_is_the_item_of_the_list(server: Server, path: str) -> None:
    field = add_v1(server, path)
    assert server.seller.get(f"/v1/{path}/{field['id']}").data == by_key(server, path)[field["key"]]


def test_v1_lists_the_parts_of_a_value_as_items_of_their_own(server: Server) -> None:
    field = add_v1(server, field_type="monetary")
    part = by_key(server)[f"{field['key']}_currency"]
    assert (part["id"], part["is_subfield"], part["parent_id"], part["id_suffix"], part["field_type"]) == (
        None,
        True,
        field["id"],
        "currency",
        "varchar",
    )


def test_v1_lists_the_parts_of_an_organizations_address_once(server: Server) -> None:
    keys = [each["key"] for each in server.seller.get("/v1/organizationFields", limit=500).data]
    assert keys.count("address_route") == 1


def test_v1_put_renames_and_replaces_options(server: Server) -> None:
    field = add_v1(server, field_type="enum", options=[{"label": "S"}, {"label": "L"}])
    body = {"name": "Bulk", "options": [{"id": 2, "label": "Large"}, {"label": "Huge"}], "add_visible_flag": False}
    changed = server.admin.put(f"/v1/dealFields/{field['id']}", body).data
    assert (changed["name"], changed["options"], changed["add_visible_flag"]) == (
        "Bulk",
        [{"id": 2, "label": "Large"}, {"id": 3, "label": "Huge"}],
        False,
    )


def test_v1_put_of_options_that_do_not_exist_changes_nothing(server: Server) -> None:
    field = add_v1(server, field_type="enum", options=[{"label": "S"}])
    body = {"name": "Bulk", "options": [{"id": 99, "label": "Large"}]}
    reply = server.admin.put(f"/v1/dealFields/{field['id']}", body)
    assert (reply.status, by_key(server)[field["key"]]) == (400, field)


def test_v1_put_of_the_labels_makes_labels(server: Server) -> None:
    label = by_key(server)["label"]
    server.admin.put(f"/v1/dealFields/{label['id']}", {"options": [{"label": "Hot"}, {"label": "Cold"}]})
    assert by_key(server)["label"]["options"] == [{"id": 1, "label": "Hot"}, {"id": 2, "label": "Cold"}]


@EVERY_LIST
def test_v1_deletes_one(server: Server, path: str) -> None:
    field = add_v1(server, path)
    reply = server.admin.delete(f"/v1/{path}/{field['id']}")
    assert (reply.data, field["key"] in by_key(server, path)) == ({"id": field["id"]}, False)


def test_v1_deletes_many(server: Server) -> None:
    ids = [add_v1(server)["id"], add_v1(server)["id"]]
    reply = server.admin.delete("/v1/dealFields", ids=f"{ids[0]},{ids[1]}")
    assert reply.data == {"id": ids}


def test_v1_deletes_all_or_none(server: Server) -> None:
    field = add_v1(server)
    reply = server.admin.delete("/v1/dealFields", ids=f"{field['id']},9999")
    assert (reply.status, field["key"] in by_key(server)) == (404, True)


def test_v1_bulk_deletion_needs_ids(server: Server) -> None:
    assert server.admin.delete("/v1/dealFields").body["error"] == "Please provide at least one item to delete"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_v1_knows_no_deleted_field(server: Server, method: str) -> None:
    field = add_v1(server)
    server.admin.delete(f"/v1/dealFields/{field['id']}")
    reply = server.admin.call(method, f"/v1/dealFields/{field['id']}")
    assert (reply.status, reply.body["error"]) == (404, "Field not found")


def test_a_field_of_deals_is_not_one_of_persons(server: Server) -> None:
    field = add_v1(server)
    assert server.admin.get(f"/v1/personFields/{field['id']}").status == 404


def test_v1_keeps_system_fields(server: Server) -> None:
    assert server.admin.delete("/v1/dealFields/2").status == 400


# Version 2


@EVERY_LIST
def test_every_field_of_v2_has_the_keys_of_the_contract(server: Server, path: str) -> None:
    assert {frozenset(each) for each in by_code(server, path).values()} == {frozenset(V2_KEYS)}


@EVERY_LIST
def test_v2_lists_the_same_field_as_v1(server: Server, path: str) -> None:
    field = add_v1(server, path)
    assert by_code(server, path)[field["key"]] == {
        "field_name": "Size",
        "field_code": field["key"],
        "description": None,
        "field_type": "varchar",
        "options": None,
        "subfields": None,
        "is_custom_field": True,
        "is_optional_response_field": False,
    }


def test_v2_pages_by_cursor(server: Server) -> None:
    first = server.seller.get("/api/v2/dealFields", limit=40)
    second = server.seller.get("/api/v2/dealFields", limit=40, cursor=first.body["additional_data"]["next_cursor"])
    assert [each["field_code"] for each in first.data + second.data] == list(by_code(server))


def test_v2_ignores_a_sort_even_where_unknown_parameters_are_refused(strict_server: Server) -> None:
    reply = strict_server.seller.get("/api/v2/dealFields", sort_by="update_time", sort_direction="desc")
    assert (reply.status, reply.data[0]["field_code"]) == (200, "id")


def test_v2_marks_fields_that_records_show_on_request(server: Server) -> None:
    fields = by_code(server)
    assert (fields["files_count"]["is_optional_response_field"], fields["title"]["is_optional_response_field"]) == (
        True,
        False,
    )


def test_v2_nests_the_parts_of_a_deals_value(server: Server) -> None:
    parts = [(each["field_code"], each["field_type"]) for each in by_code(server)["value"]["subfields"]]
    assert parts == [("value", "double"), ("currency", "varchar")]


def test_v2_adds_a_field_with_settings(server: Server) -> None:
    field = add_v2(
        server,
        description="In square metres",
        ui_visibility={"add_visible_flag": False, "show_in_pipelines": {"show_in_all": False, "pipeline_ids": [1]}},
        important_fields={"enabled": True, "stage_ids": [1]},
        required_fields={"enabled": True, "stage_ids": [], "statuses": {"1": ["won"]}},
    )
    words = "ui_visibility,important_fields,required_fields"
    shown = server.seller.get(f"/api/v2/dealFields/{field['field_code']}", include_fields=words).data
    assert shown == {
        **field,
        "description": "In square metres",
        "ui_visibility": {
            "add_visible_flag": False,
            "details_visible_flag": True,
            "projects_detail_visible_flag": False,
            "show_in_pipelines": {"show_in_all": False, "pipeline_ids": [1]},
        },
        "important_fields": {"enabled": True, "stage_ids": [1]},
        "required_fields": {"enabled": True, "stage_ids": [], "statuses": {"1": ["won"]}},
    }


def test_v2_settings_of_a_person_field_have_the_dialog_instead_of_pipelines(server: Server) -> None:
    field = add_v2(server, "personFields", ui_visibility={"show_in_add_deal_dialog": {"show": True, "order": 2}})
    shown = server.seller.get(
        f"/api/v2/personFields/{field['field_code']}", include_fields="ui_visibility,required_fields"
    ).data
    assert (shown["ui_visibility"]["show_in_add_deal_dialog"], shown["required_fields"]) == (
        {"show": True, "order": 2},
        {"enabled": False},
    )


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"field_type": "varchar"}, "field_name"),
        ({"field_name": "", "field_type": "varchar"}, "field_name"),
        ({"field_name": " ", "field_type": "varchar"}, "field_name"),
        ({"field_name": "x" * 256, "field_type": "varchar"}, "field_name"),
        ({"field_name": "Size", "field_type": "visible_to"}, "field_type"),
        ({"field_name": "Size", "field_type": "enum"}, "options"),
        ({"field_name": "Size", "field_type": "enum", "options": [{"label": 1}]}, "options[0].label"),
        ({"field_name": "Size", "field_type": "varchar", "ui_visibility": {"add_visible_flag": 1}}, "ui_visibility"),
    ],
)
def test_v2_refuses_a_malformed_field(server: Server, body: Any, word: str) -> None:
    reply = server.admin.post("/api/v2/dealFields", body)
    assert (reply.status, reply.body["error"].startswith(f"Validation failed: {word}")) == (400, True)


def test_v2_refuses_unknown_extras(server: Server) -> None:
    assert server.admin.get("/api/v2/dealFields", include_fields="colour").status == 400


def test_v2_patches_a_field(server: Server) -> None:
    field = add_v2(server)
    changed = server.admin.patch(f"/api/v2/dealFields/{field['field_code']}", {"field_name": "Bulk"}).data
    assert changed == {**field, "field_name": "Bulk"}


def test_v2_patch_must_change_something(server: Server) -> None:
    field = add_v2(server)
    assert server.admin.patch(f"/api/v2/dealFields/{field['field_code']}", {"field_type": "text"}).status == 400


@EVERY_LIST
def test_v2_deletion_answers_the_deleted_field(server: Server, path: str) -> None:
    field = add_v2(server, path)
    reply = server.admin.delete(f"/api/v2/{path}/{field['field_code']}")
    assert (reply.data, field["field_code"] in by_code(server, path)) == (field, False)


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"field_name": "Bulk"}), ("DELETE", None)])
def test_v2_knows_no_deleted_field(server: Server, method: str, body: Any) -> None:
    one = f"/api/v2/dealFields/{add_v2(server)['field_code']}"
    server.admin.delete(one)
    reply = server.admin.call(method, one, body)
    assert (reply.status, reply.body["error"]) == (404, "Field not found")


def test_v2_keeps_system_fields(server: Server) -> None:
    reply = server.admin.delete("/api/v2/dealFields/title")
    assert (reply.status, reply.body["error"]) == (400, "Field cannot be deleted: it is a system field")


@EVERY_LIST
def test_v2_adds_options(server: Server, path: str) -> None:
    field = add_v2(server, path, field_type="enum", options=[{"label": "S"}])
    reply = server.admin.post(f"/api/v2/{path}/{field['field_code']}/options", [{"label": "L"}, {"label": "XL"}])
    assert reply.body == {
        "success": True,
        "data": [{"id": 2, "label": "L"}, {"id": 3, "label": "XL"}],
        "additional_data": None,
    }


def test_v2_renames_options(server: Server) -> None:
    field = add_v2(server, field_type="enum", options=[{"label": "S"}, {"label": "L"}])
    reply = server.admin.patch(f"/api/v2/dealFields/{field['field_code']}/options", [{"id": 2, "label": "Large"}])
    assert reply.data == [{"id": 2, "label": "Large"}]


def test_v2_removes_options(server: Server) -> None:
    field = add_v2(server, field_type="enum", options=[{"label": "S"}, {"label": "L"}])
    reply = server.admin.call("DELETE", f"/api/v2/dealFields/{field['field_code']}/options", [{"id": 1}])
    assert (reply.data, by_code(server)[field["field_code"]]["options"]) == (
        [{"id": 1, "label": "S"}],
        [{"id": 2, "label": "L"}],
    )


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("POST", [{"label": "XL"}, {"label": "S"}]),
        ("POST", []),
        ("POST", {"label": "XL"}),
        ("PATCH", [{"id": 1, "label": "Small"}, {"id": 9, "label": "Large"}]),
        ("PATCH", [{"id": 1, "label": "Small"}, {"id": 1, "label": "Tiny"}]),
        ("DELETE", [{"id": 1}, {"id": 9}]),
        ("DELETE", [{"id": 1}, {"id": 2}]),
    ],
)
def test_v2_changes_all_options_or_none(server: Server, method: str, body: Any) -> None:
    field = add_v2(server, field_type="enum", options=[{"label": "S"}, {"label": "L"}])
    reply = server.admin.call(method, f"/api/v2/dealFields/{field['field_code']}/options", body)
    assert (reply.status, by_code(server)[field["field_code"]]) == (400, field)


def test_a_label_added_in_v2_shows_on_deals(server: Server) -> None:
    server.admin.post("/api/v2/dealFields/label_ids/options", [{"label": "Hot"}])
    deal = server.seller.post("/api/v2/deals", {"title": "Roof", "label_ids": [1]}).data
    shown = server.seller.get(f"/api/v2/deals/{deal['id']}", include_labels="true").data
    assert shown["labels"] == [{"id": 1, "label": "Hot"}]


# Who may


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/dealFields", {"name": "Size", "field_type": "varchar"}),
        ("PUT", "/v1/dealFields/2", {"name": "Size"}),
        ("DELETE", "/v1/dealFields/2", None),
        ("POST", "/api/v2/dealFields", {"field_name": "Size", "field_type": "varchar"}),
        ("PATCH", "/api/v2/dealFields/title", {"field_name": "Size"}),
        ("DELETE", "/api/v2/dealFields/title", None),
        ("POST", "/api/v2/dealFields/label_ids/options", [{"label": "Hot"}]),
    ],
)
def test_only_admins_write_fields(server: Server, method: str, path: str, body: Any) -> None:
    reply = server.seller.call(method, path, body)
    assert (reply.status, reply.body["error"]) == (403, "You do not have permissions to do this.")


def test_another_company_does_not_see_the_field(server: Server) -> None:
    field = add_v1(server)
    assert server.other.get(f"/v1/dealFields/{field['id']}").status == 404
