"""Deals of Sell (contract 2.3, 2.4, 6.4)."""

from typing import Any

import pytest

from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, codes, items

NOON = "2026-05-01T12:00:00Z"
LATER = "2026-05-01T12:01:00Z"


@pytest.fixture
def organization(server: Server) -> int:
    return int(server.admin.post("/api/v2/organizations", {"name": "Globex"}).data["id"])


@pytest.fixture
def contact(server: Server, organization: int) -> int:
    """A person of the organization."""
    return int(server.admin.post("/api/v2/persons", {"name": "Hank Scorpio", "org_id": organization}).data["id"])


def dealt(sell: SellClient, contact: int, **attributes: object) -> dict[str, Any]:
    reply = sell.post("/v2/deals", {"name": "Refit", "contact_id": contact, **attributes})
    assert reply.status == 200, reply.body
    return dict(reply.data)


def closed_stage(sell: SellClient, category: str, pipeline_id: int = 1) -> int:
    stages = items(sell.get("/v2/stages", pipeline_id=pipeline_id, active="false"))
    return next(int(stage["id"]) for stage in stages if stage["category"] == category)


def test_a_new_deal_has_the_attributes_of_the_contract(sell: SellClient, contact: int, organization: int) -> None:
    reply = sell.post("/v2/deals", {"name": "Refit", "contact_id": contact})
    mail = reply.data.pop("dropbox_email")
    assert (reply.status, reply.body["meta"], mail.startswith("dropbox@")) == (
        200,
        {"version": 1, "type": "deal"},
        True,
    )
    assert reply.data == {
        "id": 1,
        "creator_id": sell.user_id,
        "owner_id": sell.user_id,
        "name": "Refit",
        "value": 0,
        "currency": "EUR",
        "hot": False,
        "stage_id": 1,
        "last_stage_change_at": NOON,
        "last_stage_change_by_id": None,
        "last_activity_at": NOON,
        "source_id": None,
        "loss_reason_id": None,
        "unqualified_reason_id": None,
        "contact_id": contact,
        "organization_id": organization,
        "estimated_close_date": None,
        "customized_win_likelihood": None,
        "tags": [],
        "custom_fields": {},
        "added_at": NOON,
        "created_at": NOON,
        "updated_at": NOON,
    }


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (1250, 1250),
        ("1250.50", "1250.50"),
        (0.5, "0.50"),
        ("1.005", "1.01"),
        (-3, -3),
        ("7.00", 7),
        ("-0.5", "-0.50"),
    ],
)
def test_a_value_is_an_integer_or_text_with_two_decimals(
    sell: SellClient, contact: int, given: object, shown: object
) -> None:
    assert dealt(sell, contact, value=given)["value"] == shown


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, [("/name", "missing"), ("/contact_id", "missing")]),
        ({"name": " ", "contact_id": None}, [("/name", "blank"), ("/contact_id", "blank")]),
        ({"name": 3, "contact_id": "x"}, [("/name", "invalid_type"), ("/contact_id", "invalid_type")]),
        ({"name": "A", "contact_id": 99}, [("/contact_id", "incorrect_value")]),
        ({"name": "A", "colour": 1}, [("/colour", "unknown"), ("/contact_id", "missing")]),
        ({"pipeline_id": 1, "name": "A"}, [("/pipeline_id", "unknown"), ("/contact_id", "missing")]),
    ],
)
def test_what_is_wrong_with_a_new_deal_is_told_all_at_once(
    sell: SellClient, attributes: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    reply = sell.post("/v2/deals", attributes)
    assert (reply.status, sorted(codes(reply))) == (422, sorted(expected))


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("owner_id", 99, "incorrect_value"),
        ("stage_id", 99, "incorrect_value"),
        ("source_id", 99, "incorrect_value"),
        ("loss_reason_id", 99, "incorrect_value"),
        ("unqualified_reason_id", 99, "incorrect_value"),
        ("currency", "XXQ", "incorrect_value"),
        ("customized_win_likelihood", 101, "incorrect_value"),
        ("customized_win_likelihood", "5", "invalid_type"),
        ("value", "much", "invalid_type"),
        ("value", "1000000000000000", "incorrect_value"),
        ("value", 10**16, "incorrect_value"),
        ("hot", "yes", "invalid_type"),
        ("hot", None, "invalid_type"),
        ("estimated_close_date", "soon", "incorrect_value"),
        ("last_stage_change_at", "soon", "incorrect_value"),
        ("tags", "a", "invalid_type"),
        ("custom_fields", [1], "invalid_type"),
    ],
)
def test_a_wrong_attribute_changes_nothing(sell: SellClient, contact: int, name: str, value: object, code: str) -> None:
    deal = dealt(sell, contact)
    reply = sell.put(f"/v2/deals/{deal['id']}", {"name": "Changed", name: value})
    assert (reply.status, codes(reply)) == (422, [(f"/{name}", code)])
    assert sell.get(f"/v2/deals/{deal['id']}").data == deal


def test_an_undefined_custom_field_is_unknown(sell: SellClient, contact: int) -> None:
    reply = sell.post("/v2/deals", {"name": "A", "contact_id": contact, "custom_fields": {"Size": 3}})
    assert codes(reply) == [("/custom_fields/Size", "unknown")]


def test_a_deal_sent_back_as_it_came_stays_as_it_is(sell: SellClient, contact: int, clock: Clock) -> None:
    deal = dealt(sell, contact, value="1250.50", tags=["a"], estimated_close_date="2026-06-30")
    clock.advance(seconds=60)
    reply = sell.put(f"/v2/deals/{deal['id']}", deal)
    assert (reply.data, reply.body["meta"]["version"]) == (deal, 1)


def test_a_change_leaves_the_rest(sell: SellClient, contact: int, clock: Clock) -> None:
    deal = dealt(sell, contact, value=7)
    clock.advance(seconds=60)
    assert sell.put(f"/v2/deals/{deal['id']}", {"hot": True}).data == {**deal, "hot": True, "updated_at": LATER}


def test_a_value_that_is_shown_alike_keeps_its_further_decimals(server: Server, sell: SellClient, contact: int) -> None:
    deal = server.admin.post("/api/v2/deals", {"title": "A", "value": 10.0049, "person_id": contact}).data
    sell.put(f"/v2/deals/{deal['id']}", {"value": "10.00", "hot": True})
    assert server.admin.get(f"/api/v2/deals/{deal['id']}").data["value"] == 10.0049


def test_a_deal_moves_to_the_won_stage_and_is_won_in_pipedrive(
    server: Server, sell: SellClient, contact: int, clock: Clock
) -> None:
    deal = dealt(sell, contact)
    clock.advance(seconds=60)
    won = closed_stage(sell, "won")
    reply = sell.put(f"/v2/deals/{deal['id']}", {"stage_id": won})
    assert (reply.data["stage_id"], reply.data["last_stage_change_at"]) == (won, LATER)
    assert reply.data["last_stage_change_by_id"] == sell.user_id
    seen = server.admin.get(f"/api/v2/deals/{deal['id']}").data
    assert (seen["status"], seen["stage_id"], seen["won_time"], seen["stage_change_time"]) == ("won", 1, LATER, None)


def test_a_time_given_with_a_closing_is_that_of_the_outcome(server: Server, sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact)
    stage = closed_stage(sell, "lost")
    at = "2026-04-01T09:00:00+02:00"
    reply = sell.put(f"/v2/deals/{deal['id']}", {"stage_id": stage, "last_stage_change_at": at})
    assert reply.data["last_stage_change_at"] == "2026-04-01T07:00:00Z"
    assert server.admin.get(f"/api/v2/deals/{deal['id']}").data["lost_time"] == "2026-04-01T07:00:00Z"


def test_from_won_to_lost_the_open_stage_stays(server: Server, sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact, stage_id=3)
    for category in ("won", "lost", "unqualified"):
        sell.put(f"/v2/deals/{deal['id']}", {"stage_id": closed_stage(sell, category)})
    seen = server.admin.get(f"/api/v2/deals/{deal['id']}").data
    assert (seen["stage_id"], seen["status"]) == (3, "lost")


def test_an_open_stage_reopens(server: Server, sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact, stage_id=closed_stage(sell, "won"))
    assert deal["stage_id"] == closed_stage(sell, "won")
    sell.put(f"/v2/deals/{deal['id']}", {"stage_id": 2})
    seen = server.admin.get(f"/api/v2/deals/{deal['id']}").data
    assert (seen["stage_id"], seen["status"], seen["won_time"]) == (2, "open", None)


def test_the_stage_a_deal_shows_already_changes_nothing(sell: SellClient, contact: int, clock: Clock) -> None:
    deal = dealt(sell, contact, stage_id=closed_stage(sell, "lost"))
    clock.advance(seconds=60)
    assert sell.put(f"/v2/deals/{deal['id']}", {"stage_id": deal["stage_id"]}).data == deal


def test_a_deal_moved_in_pipedrive_while_closed_shows_the_other_pipelines_closed_stage(
    server: Server, sell: SellClient, contact: int, clock: Clock
) -> None:
    other = server.admin.post("/api/v2/pipelines", {"name": "Second"}).data["id"]
    stage = server.admin.post("/api/v2/stages", {"name": "Open", "pipeline_id": other}).data["id"]
    deal = dealt(sell, contact, stage_id=closed_stage(sell, "won"))
    clock.advance(seconds=60)
    server.admin.patch(f"/api/v2/deals/{deal['id']}", {"stage_id": stage})
    seen = sell.get(f"/v2/deals/{deal['id']}").data
    assert (seen["stage_id"], seen["last_stage_change_at"]) == (closed_stage(sell, "won", other), LATER)


def test_a_pipeline_without_open_stages_takes_no_deals(server: Server, sell: SellClient, contact: int) -> None:
    other = server.admin.post("/api/v2/pipelines", {"name": "Second"}).data["id"]
    deal = dealt(sell, contact)
    reply = sell.put(f"/v2/deals/{deal['id']}", {"stage_id": closed_stage(sell, "won", other)})
    assert codes(reply) == [("/stage_id", "incorrect_value")]


def test_a_disabled_pipeline_takes_no_deals_but_keeps_its_own(server: Server, sell: SellClient, contact: int) -> None:
    other = server.admin.post("/v1/pipelines", {"name": "Second"}).data["id"]
    stages = [
        server.admin.post("/api/v2/stages", {"name": name, "pipeline_id": other}).data["id"] for name in ("One", "Two")
    ]
    inside = dealt(sell, contact, stage_id=stages[0])
    server.admin.put(f"/v1/pipelines/{other}", {"active": 0})
    outside = dealt(sell, contact)
    refused = [
        sell.post("/v2/deals", {"name": "A", "contact_id": contact, "stage_id": stages[0]}),
        sell.put(f"/v2/deals/{outside['id']}", {"stage_id": stages[0]}),
        sell.put(f"/v2/deals/{outside['id']}", {"stage_id": closed_stage(sell, "won", other)}),
    ]
    assert [codes(reply) for reply in refused] == [[("/stage_id", "incorrect_value")]] * 3
    path = f"/v2/deals/{inside['id']}"
    allowed = [stages[1], closed_stage(sell, "won", other), stages[0], 1]
    assert [sell.put(path, {"stage_id": stage}).status for stage in allowed] == [200] * 4


def test_a_deal_of_a_deleted_stage_shows_it_and_reopens_in_the_first(
    server: Server, sell: SellClient, contact: int
) -> None:
    deal = dealt(sell, contact, stage_id=2)
    server.admin.delete("/api/v2/stages/2")
    assert sell.put(f"/v2/deals/{deal['id']}", {"stage_id": 2, "hot": True}).data["stage_id"] == 2
    server.admin.patch(f"/api/v2/deals/{deal['id']}", {"status": "won"})
    server.admin.patch(f"/api/v2/deals/{deal['id']}", {"status": "open"})
    assert sell.get(f"/v2/deals/{deal['id']}").data["stage_id"] == 1


def test_another_contact_brings_its_organization(server: Server, sell: SellClient, contact: int) -> None:
    alone = server.admin.post("/api/v2/persons", {"name": "Frank"}).data["id"]
    deal = dealt(sell, contact)
    seen = sell.put(f"/v2/deals/{deal['id']}", {"contact_id": alone}).data
    assert (seen["contact_id"], seen["organization_id"]) == (alone, None)


def test_an_organization_may_be_the_contact(sell: SellClient, organization: int) -> None:
    deal = dealt(sell, organization)
    assert (deal["contact_id"], deal["organization_id"]) == (organization, organization)


def test_a_deal_without_any_party_shows_no_contact(server: Server, sell: SellClient) -> None:
    deal = server.admin.post("/api/v2/deals", {"title": "Alone"}).data
    assert sell.get(f"/v2/deals/{deal['id']}").data["contact_id"] is None


def test_tags_are_the_labels_of_pipedrive_and_made_when_missing(server: Server, sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact, tags=["refit", "big", "refit"])
    assert deal["tags"] == ["refit", "big"]
    labels = server.admin.get("/api/v2/dealFields/label_ids").data["options"]
    seen = server.admin.get(f"/api/v2/deals/{deal['id']}").data["label_ids"]
    assert [each["label"] for each in labels if each["id"] in seen] == ["refit", "big"]


def test_added_on_is_added_at(server: Server, sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact, added_on="2026-01-02T03:04:05.000Z")
    assert (deal["added_at"], deal["created_at"], deal["updated_at"]) == ("2026-01-02T03:04:05Z", NOON, NOON)
    assert server.admin.get(f"/api/v2/deals/{deal['id']}").data["add_time"] == "2026-01-02T03:04:05Z"


def test_a_deleted_deal_is_gone_on_both(server: Server, sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact)
    reply = sell.delete(f"/v2/deals/{deal['id']}")
    assert (reply.status, reply.raw, reply.headers.get("content-type")) == (204, b"", None)
    gone = sell.get(f"/v2/deals/{deal['id']}")
    assert (gone.status, gone.body["errors"][0]["error"]["resource"]) == (404, "deal")
    assert server.admin.get(f"/api/v2/deals/{deal['id']}").data["is_deleted"] is True


def test_an_archived_deal_is_like_others_and_stays_archived(server: Server, sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact)
    server.admin.patch(f"/api/v2/deals/{deal['id']}", {"is_archived": True})
    assert sell.put(f"/v2/deals/{deal['id']}", {"hot": True}).data["hot"] is True
    assert server.admin.get(f"/api/v2/deals/{deal['id']}").data["is_archived"] is True


@pytest.fixture
def several(server: Server, sell: SellClient, contact: int, organization: int, clock: Clock) -> list[int]:
    """Four deals that differ in everything a list can be asked for."""
    made = [
        dealt(sell, contact, name="beta", value=10, currency="USD", hot=True),
        dealt(sell, organization, name="Alpha", value="20.50", estimated_close_date="2026-07-01"),
        dealt(sell, contact, name="gamma", stage_id=3, customized_win_likelihood=40),
        dealt(sell, contact, name="delta", stage_id=closed_stage(sell, "lost"), owner_id=server.seller.user_id),
    ]
    clock.advance(seconds=60)
    sell.put(f"/v2/deals/{made[0]['id']}", {"customized_win_likelihood": 10})
    return [int(deal["id"]) for deal in made]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [0, 1, 2, 3]),
        ({"hot": "True"}, [0]),
        ({"name": "ALPHA"}, [1]),
        ({"currency": "USD"}, [0]),
        ({"value": "20.5"}, [1]),
        ({"estimated_close_date": "2026-07-01"}, [1]),
        ({"stage_id": 3}, [2]),
        ({"stage_id": 999}, []),
        ({"loss_reason_id": 5}, []),
        ({"sort_by": "name"}, [1, 0, 3, 2]),
        ({"sort_by": "name:desc"}, [2, 3, 0, 1]),
        ({"sort_by": "value:desc,id:desc"}, [1, 0, 3, 2]),
        ({"sort_by": "estimated_close_date"}, [1, 0, 2, 3]),
        ({"sort_by": "estimated_close_date:desc"}, [1, 0, 2, 3]),
        ({"sort_by": "customized_win_likelihood:desc"}, [2, 0, 1, 3]),
        ({"sort_by": "updated_at:desc"}, [0, 1, 2, 3]),
        ({"sort_by": "created_at"}, [0, 1, 2, 3]),
        ({"sort_by": "last_stage_change_at:desc"}, [0, 1, 2, 3]),
        ({"sort_by": "stage_id:desc"}, [3, 2, 0, 1]),
        ({"sort_by": "currency:desc,hot"}, [0, 1, 2, 3]),
        ({"per_page": 2, "page": 2}, [2, 3]),
    ],
)
def test_a_list_is_filtered_and_sorted(
    sell: SellClient, several: list[int], query: dict[str, object], expected: list[int]
) -> None:
    assert [deal["id"] for deal in items(sell.get("/v2/deals", **query))] == [several[i] for i in expected]


def test_a_list_is_filtered_by_people_and_contacts(
    server: Server, sell: SellClient, several: list[int], contact: int, organization: int
) -> None:
    def found(**query: object) -> list[int]:
        return [several.index(deal["id"]) for deal in items(sell.get("/v2/deals", **query))]

    assert found(owner_id=server.seller.user_id) == [3]
    assert found(creator_id=sell.user_id) == [0, 1, 2, 3]
    assert found(contact_id=contact) == [0, 2, 3]
    assert found(contact_id=organization) == [1]
    assert found(organization_id=organization) == [0, 1, 2, 3]
    assert found(stage_id=closed_stage(sell, "lost")) == [3]
    assert found(ids=f"{several[3]},{several[0]},999") == [0, 3]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sort_by", "colour"),
        ("sort_by", "name:up"),
        ("hot", "maybe"),
        ("value", "much"),
        ("estimated_close_date", "soon"),
        ("per_page", 101),
        ("per_page", 0),
        ("page", 0),
        ("page", "x"),
        ("ids", "1,x"),
        ("unknown", "param"),
        ("hot", ""),
    ],
)
def test_a_parameter_that_is_not_understood_is_refused(sell: SellClient, name: str, value: object) -> None:
    reply = sell.get("/v2/deals", **{name: value})
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


def test_a_seller_without_the_right_does_not_see_the_deals_of_others(
    server: Server, sell: SellClient, contact: int
) -> None:
    deal = dealt(sell, contact)
    secret = server.company.restricted.sell_token
    restricted = SellClient(server.served, secret)
    assert items(restricted.get("/v2/deals")) == []
    assert restricted.get(f"/v2/deals/{deal['id']}").status == 404


# ------------------------------------------------------------------------------------------- associated contacts


def test_associated_contacts_are_the_further_ones(
    server: Server, sell: SellClient, contact: int, organization: int
) -> None:
    deal = dealt(sell, contact)
    second = server.admin.post("/api/v2/persons", {"name": "Frank"}).data["id"]
    path = f"/v2/deals/{deal['id']}/associated_contacts"
    made = sell.post(path, {"contact_id": second})
    assert made.data == {"contact_id": second, "role": "involved", "created_at": NOON, "updated_at": NOON}
    sell.post(path, {"contact_id": organization, "role": "payer"})
    assert [each["contact_id"] for each in items(sell.get(path))] == [second, organization]
    shown = sell.get(f"/v2/deals/{deal['id']}", includes="associated_contacts").data["associated_contacts"]
    assert ([each["data"]["contact_id"] for each in shown["items"]], shown["meta"]["count"]) == (
        [second, organization],
        2,
    )
    people = server.admin.get(f"/v1/deals/{deal['id']}/participants").data
    assert [each["person_id"]["value"] for each in people] == [contact, second]


def test_a_deal_that_includes_nothing_has_no_associated_contacts(sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact)
    assert "associated_contacts" not in sell.get(f"/v2/deals/{deal['id']}", includes="other").data


def test_associating_twice_or_the_primary_contact_or_nobody_is_refused(
    server: Server, sell: SellClient, contact: int
) -> None:
    deal = dealt(sell, contact)
    second = server.admin.post("/api/v2/persons", {"name": "Frank"}).data["id"]
    path = f"/v2/deals/{deal['id']}/associated_contacts"
    sell.post(path, {"contact_id": second})
    replies = [sell.post(path, {"contact_id": each}) for each in (second, contact, 999)]
    found = [codes(reply)[0] for reply in replies]
    assert found == [("/contact_id", code) for code in ("already_exists", "incorrect_value", "incorrect_value")]


def test_an_association_ends(server: Server, sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact)
    second = server.admin.post("/api/v2/persons", {"name": "Frank"}).data["id"]
    path = f"/v2/deals/{deal['id']}/associated_contacts"
    sell.post(path, {"contact_id": second})
    assert [sell.delete(f"{path}/{each}").status for each in (second, second, contact)] == [204, 404, 404]
    assert items(sell.get(path)) == []


def test_the_contacts_of_a_missing_deal_are_not_found(sell: SellClient) -> None:
    assert sell.get("/v2/deals/99/associated_contacts").status == 404


# -------------------------------------------------------------------------------------------------------- upserts


def upserted(sell: SellClient, attributes: dict[str, object], **filters: object) -> Any:
    return sell.post("/v2/deals/upsert", attributes, **filters)


def test_an_upsert_makes_the_deal_and_then_changes_it(sell: SellClient, contact: int, clock: Clock) -> None:
    attributes: dict[str, object] = {"name": "Refit", "contact_id": contact}
    made = upserted(sell, attributes, contact_id=contact, name="Refit")
    assert (made.status, made.data["created_at"]) == (200, made.data["updated_at"])
    clock.advance(seconds=60)
    changed = upserted(sell, {**attributes, "hot": True}, contact_id=contact, name="refit")
    assert (changed.status, changed.data["id"], changed.data["hot"]) == (200, made.data["id"], True)
    assert changed.data["updated_at"] == LATER


def test_an_upsert_that_several_deals_match_is_a_conflict(sell: SellClient, contact: int) -> None:
    for _ in range(2):
        dealt(sell, contact)
    reply = upserted(sell, {"hot": True}, contact_id=contact)
    assert (reply.status, codes(reply), [deal["hot"] for deal in items(sell.get("/v2/deals"))]) == (
        409,
        [(None, "conflict")],
        [False, False],
    )


@pytest.mark.parametrize("filters", [{}, {"page": 2, "name": "x"}, {"colour": "red"}])
def test_an_upsert_needs_filters_it_knows(sell: SellClient, contact: int, filters: dict[str, object]) -> None:
    reply = upserted(sell, {"name": "A", "contact_id": contact}, **filters)
    assert (reply.status, codes(reply)) == (400, [(None, "invalid_param")])


def test_an_upsert_by_a_custom_field(server: Server, sell: SellClient, contact: int) -> None:
    server.admin.post("/api/v2/dealFields", {"field_name": "ref", "field_type": "varchar"})
    attributes: dict[str, object] = {"name": "A", "contact_id": contact, "custom_fields": {"ref": "A1"}}
    made, again = (upserted(sell, attributes, **{"custom_fields[ref]": "A1"}) for _ in "12")
    assert (made.data["id"], made.data["custom_fields"]) == (again.data["id"], {"ref": "A1"})
    assert items(sell.get("/v2/deals", **{"custom_fields[ref]": "A2"})) == []


def test_a_deleted_deal_never_matches_an_upsert(sell: SellClient, contact: int) -> None:
    deal = dealt(sell, contact)
    sell.delete(f"/v2/deals/{deal['id']}")
    assert upserted(sell, {"name": "Refit", "contact_id": contact}, name="Refit").data["id"] != deal["id"]


def test_a_list_is_sorted_by_a_custom_field(server: Server, sell: SellClient, contact: int) -> None:
    server.admin.post("/api/v2/dealFields", {"field_name": "size", "field_type": "double"})
    for size in (30, 4, None, 100):
        dealt(sell, contact, custom_fields={"size": size})
    found = items(sell.get("/v2/deals", sort_by="custom_fields:size:desc"))
    assert [deal["custom_fields"].get("size") for deal in found] == ["100", "30", "4", None]
