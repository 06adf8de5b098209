"""The Firehose: every change of every record, in order, for three days (contract 3.2)."""

import base64
from typing import Any, Final

import pytest

from dealflow.actions.calls import add_visit
from dealflow.core.about import PARTY, About
from dealflow.core.time import Instant
from dealflow.dialects.sell.v3.recorded import SUBJECTS
from dealflow.dialects.sell.v3.streams import MOST_LOOKED_AT
from dealflow.storage import events
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes
from tests.support.server import Json, Response

DEAL_ATTRIBUTES: Final = frozenset(
    {"id", "creator_id", "owner_id", "name", "value", "currency", "hot", "stage_id", "source_id", "loss_reason_id"}
    | {"last_stage_change_at", "last_stage_change_by_id", "dropbox_email", "contact_id", "organization_id"}
    | {"estimated_close_date", "customized_win_likelihood", "created_at", "tags", "custom_field_values"}
)
NAMES: Final = sorted(SUBJECTS)


def read(client: SellClient, name: str, position: str = "tail", **query: object) -> Response:
    return client.get(f"/v3/{name}/stream", position=position, **query)


def whole(client: SellClient, name: str, position: str = "tail", **query: object) -> list[Json]:
    """The items from a position to the top."""
    items: list[Json] = []
    while True:
        answer = read(client, name, position, **query).body
        items += answer["items"]
        position = answer["meta"]["position"]
        if answer["meta"]["top"]:
            return items


def told(items: list[Json]) -> list[tuple[str, int, int]]:
    """Event, id and number of each item."""
    return [(each["meta"]["event_type"], each["data"]["id"], each["meta"]["sequence"]) for each in items]


def position_of(name: str, seq: int, form: str = "1") -> str:
    return base64.urlsafe_b64encode(f"{name},{form},{seq}".encode()).decode()


@pytest.fixture
def contact(sell: SellClient) -> int:
    return int(
        sell.post("/v2/contacts", {"first_name": "Ada", "last_name": "Brook", "email": "ada@brook.test"}).data["id"]
    )


@pytest.fixture
def deal(sell: SellClient, contact: int) -> int:
    return int(sell.post("/v2/deals", {"name": "Refit", "contact_id": contact, "value": "10.25"}).data["id"])


# -------------------------------------------------------------------------------------------------------- protocol


def test_an_item_says_what_happened(sell: SellClient, server: Server) -> None:
    """The stage of the contract's example."""
    server.admin.patch("/api/v2/stages/2", {"deal_probability": 25})
    item = whole(sell, "stages")[-1]
    shown = sell.get("/v2/stages", ids="2").body["items"][0]["data"]
    event_id = item["meta"]["event_id"]
    assert item == {
        "data": shown,
        "meta": {
            "type": "stage",
            "event_type": "updated",
            "event_cause": "interaction",
            "event_id": event_id,
            "event_time": "2026-05-01T12:00:00Z",
            "sequence": 2,
            "previous": {"likelihood": 100},
        },
    }
    assert [each["meta"]["event_id"] for each in whole(sell, "stages")].count(event_id) == 1


def test_a_piece_tells_where_to_go_on(sell: SellClient, server: Server) -> None:
    answer = read(sell, "stages", limit=3)
    position = answer.body["meta"]["position"]
    assert answer.body["meta"] == {
        "links": {"next": f"{server.url}/v3/stages/stream?position={position}"},
        "position": position,
        "top": False,
    }
    assert told(whole(sell, "stages", position)) == [("created", each, 1) for each in range(4, 9)]


@pytest.mark.parametrize("limit", [1, 2, 5, 8, 9, 100])
def test_pieces_of_any_size_make_up_the_stream(sell: SellClient, limit: int) -> None:
    assert told(whole(sell, "stages", limit=limit)) == [("created", each, 1) for each in range(1, 9)]


def test_a_piece_has_25_items_unless_asked(sell: SellClient) -> None:
    for number in range(30):
        sell.post("/v2/tags", {"name": f"Tag {number}", "resource_type": "deal"})
    answers = (read(sell, "tags"), read(sell, "tags", limit=100))
    assert [len(answer.body["items"]) for answer in answers] == [25, 30]


def test_the_top_is_now(sell: SellClient, deal: int) -> None:
    top = read(sell, "deals", "top").body
    assert (top["items"], top["meta"]["top"]) == ([], True)
    sell.put(f"/v2/deals/{deal}", {"name": "Second"})
    assert told(whole(sell, "deals", top["meta"]["position"])) == [("updated", deal, 2)]


def test_a_position_at_the_top_stays_there(sell: SellClient, deal: int) -> None:
    top = read(sell, "deals", "top").body["meta"]["position"]
    again = read(sell, "deals", top).body
    assert (again["items"], again["meta"]["position"], again["meta"]["top"]) == ([], top, True)


@pytest.mark.parametrize(
    "position",
    [
        "",
        "TAIL",
        "0",
        "x",
        "====",
        "c3RhZ2VzLDEsNDI",
        "Ä",
        position_of("stages", 1),
        position_of("deals", 1, "2"),
        position_of("deals", -1),
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode("deals,1,٣".encode()).decode(),
        position_of("deals", 10**18),
        f" {position_of('deals', 1)}",
    ],
)
def test_a_malformed_position_is_refused(sell: SellClient, position: str) -> None:
    answer = read(sell, "deals", position)
    assert (answer.status, codes(answer)) == (400, [(None, "invalid_param")])


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"position": "tail", "limit": 0},
        {"position": "tail", "limit": 101},
        {"position": "tail", "limit": "x"},
        {"position": "tail", "page": 1},
    ],
)
def test_other_parameters_are_refused(sell: SellClient, query: dict[str, Any]) -> None:
    answer = sell.get("/v3/deals/stream", **query)
    assert (answer.status, codes(answer)) == (400, [(None, "invalid_param")])


def test_a_stranger_reads_nothing(stranger: SellClient) -> None:
    assert read(stranger, "deals").status == 401


@pytest.mark.parametrize("name", NAMES)
def test_every_stream_is_served(sell: SellClient, name: str) -> None:
    answer = read(sell, name)
    assert (answer.status, answer.body["meta"]["top"]) == (200, True)


@pytest.mark.parametrize("name", ["documents", "appointments"])
def test_some_streams_stay_empty(sell: SellClient, deal: int, name: str) -> None:
    assert whole(sell, name) == []


def test_a_piece_may_be_empty_below_the_top(sell: SellClient, server: Server) -> None:
    """Not too much of the log is looked through at once."""
    begun = read(sell, "tags").body["meta"]["position"]
    with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
        for _ in range(MOST_LOOKED_AT):
            events.append(tx, "deal", 1, "followed", None, {"user_id": 1})
    sell.post("/v2/tags", {"name": "Late", "resource_type": "deal"})
    first = read(sell, "tags", begun).body
    second = read(sell, "tags", first["meta"]["position"]).body
    assert [(len(each["items"]), each["meta"]["top"]) for each in (first, second)] == [(0, False), (1, True)]


# ------------------------------------------------------------------------------------------------------- retention


def test_events_are_kept_for_three_days(sell: SellClient, clock: Clock) -> None:
    sell.post("/v2/tags", {"name": "Old", "resource_type": "deal"})
    clock.advance(days=2)
    sell.post("/v2/tags", {"name": "New", "resource_type": "deal"})
    clock.advance(days=1)
    assert [each["data"]["name"] for each in whole(sell, "tags")] == ["Old", "New"]
    clock.advance(seconds=1)
    assert [each["data"]["name"] for each in whole(sell, "tags")] == ["New"]


def test_a_position_before_what_is_kept_is_gone(sell: SellClient, clock: Clock) -> None:
    begun = read(sell, "tags", "top").body["meta"]["position"]
    sell.post("/v2/tags", {"name": "Old", "resource_type": "deal"})
    seen = read(sell, "tags", begun).body["meta"]["position"]
    clock.advance(days=2)
    sell.post("/v2/tags", {"name": "New", "resource_type": "deal"})
    clock.advance(days=1, seconds=1)
    answer = read(sell, "tags", begun)
    assert (answer.status, codes(answer)) == (410, [(None, "gone")])
    assert [each["data"]["name"] for each in whole(sell, "tags", seen)] == ["New"]


def test_a_position_at_the_top_does_not_age(sell: SellClient, clock: Clock) -> None:
    top = read(sell, "tags", "top").body["meta"]["position"]
    clock.advance(days=30)
    assert read(sell, "tags", top).status == 200


def test_a_position_ahead_of_the_log_is_gone(sell: SellClient) -> None:
    """As after going back to a copy."""
    assert read(sell, "tags", position_of("tags", 1_000_000)).status == 410


def test_nothing_is_kept_of_long_ago(sell: SellClient, clock: Clock) -> None:
    clock.advance(days=4)
    answer = read(sell, "stages").body
    assert (answer["items"], answer["meta"]["top"]) == ([], True)


def test_histories_brought_along_do_not_hide_what_is_new(sell: SellClient, server: Server, clock: Clock) -> None:
    """Their events come late in the log with times long past."""
    seen = read(sell, "tags", "top").body["meta"]["position"]
    with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
        events.append(tx, "deal", 1, "followed", None, {"user_id": 1}, Instant(0))
    sell.post("/v2/tags", {"name": "New", "resource_type": "deal"})
    assert [each["data"]["name"] for each in whole(sell, "tags", seen)] == ["New"]


# ---------------------------------------------------------------------------------------------------------- states


def test_each_event_shows_the_state_of_its_time(sell: SellClient, deal: int) -> None:
    sell.put(f"/v2/deals/{deal}", {"name": "Second", "value": 20})
    sell.put(f"/v2/deals/{deal}", {"name": "Third", "hot": True})
    items = whole(sell, "deals")
    assert [(each["data"]["name"], each["data"]["value"], each["data"]["hot"]) for each in items] == [
        ("Refit", "10.25", False),
        ("Second", "20.00", False),
        ("Third", "20.00", True),
    ]
    assert [each["meta"]["previous"] for each in items] == [
        {},
        {"name": "Refit", "value": "10.25"},
        {"name": "Second", "hot": False},
    ]


def test_the_newest_state_is_what_core_shows(sell: SellClient, deal: int) -> None:
    sell.put(f"/v2/deals/{deal}", {"estimated_close_date": "2026-06-30", "customized_win_likelihood": 40})
    shown = sell.get(f"/v2/deals/{deal}").data
    data = whole(sell, "deals")[-1]["data"]
    same = data.keys() & shown.keys() - {"value", "tags"}
    assert data.keys() >= DEAL_ATTRIBUTES
    assert {name: data[name] for name in same} == {name: shown[name] for name in same}


def test_a_deletion_shows_the_last_state(sell: SellClient, deal: int) -> None:
    sell.delete(f"/v2/deals/{deal}")
    items = whole(sell, "deals")
    assert told(items) == [("created", deal, 1), ("deleted", deal, 2)]
    assert (items[-1]["data"]["name"], items[-1]["meta"]["previous"]) == ("Refit", {})


def test_who_follows_and_takes_part_is_no_change_of_the_deal(sell: SellClient, deal: int, server: Server) -> None:
    guest = sell.post("/v2/contacts", {"last_name": "Quill"}).data["id"]
    sell.post(f"/v2/deals/{deal}/associated_contacts", {"contact_id": guest})
    server.admin.post(f"/v1/deals/{deal}/followers", {"user_id": server.seller.user_id})
    assert told(whole(sell, "deals")) == [("created", deal, 1)]


def test_a_closed_deal_shows_the_stage_of_its_outcome(sell: SellClient, deal: int, server: Server) -> None:
    server.admin.patch(f"/api/v2/deals/{deal}", {"status": "won"})
    won = next(each["data"]["id"] for each in sell.get("/v2/stages").body["items"] if each["data"]["category"] == "won")
    item = whole(sell, "deals")[-1]
    assert (item["data"]["stage_id"], item["meta"]["previous"]["stage_id"]) == (won, 1)


def test_tags_and_custom_fields_are_objects(sell: SellClient, deal: int, server: Server) -> None:
    field = server.admin.post("/api/v2/dealFields", {"field_name": "Floor area", "field_type": "double"}).data
    field_id = next(
        each["id"] for each in server.admin.get("/v1/dealFields").data if each["key"] == field["field_code"]
    )
    sell.put(f"/v2/deals/{deal}", {"tags": ["refit"], "custom_fields": {"Floor area": "120"}})
    tag_id = sell.get("/v2/tags").body["items"][0]["data"]["id"]
    item = whole(sell, "deals")[-1]
    assert item["data"]["tags"] == [
        {"data": {"id": tag_id, "name": "refit", "resource_type": "deal"}, "meta": {"type": "tag"}}
    ]
    assert item["data"]["custom_field_values"] == [
        {
            "value": "120",
            "custom_field": {
                "data": {"id": field_id, "name": "Floor area", "type": "number", "resource_type": "deal"},
                "meta": {"type": "custom_field"},
            },
        }
    ]
    assert item["meta"]["previous"] == {"tags": [], "custom_field_values": []}


def test_a_contact_shows_how_it_was_reached_then(sell: SellClient, contact: int) -> None:
    sell.put(f"/v2/contacts/{contact}", {"email": "new@brook.test", "mobile": "+1 2", "fax": "3", "phone": "4"})
    first, second = whole(sell, "contacts")
    reached_by = ("email", "phone", "mobile", "fax")
    assert [first["data"][name] for name in reached_by] == ["ada@brook.test", None, None, None]
    assert [second["data"][name] for name in reached_by] == ["new@brook.test", "4", "+1 2", "3"]
    assert second["meta"]["previous"] == {"email": "ada@brook.test", "phone": None, "mobile": None, "fax": None}


def test_persons_and_organizations_are_one_stream(sell: SellClient, contact: int) -> None:
    organization = sell.post("/v2/contacts", {"name": "Brook Ltd", "is_organization": True}).data["id"]
    items = whole(sell, "contacts")
    assert [(each["data"]["id"], each["data"]["is_organization"]) for each in items] == [
        (contact, False),
        (organization, True),
    ]


def test_the_first_stage_of_then_is_told_among_the_neighbours_of_now(sell: SellClient, server: Server) -> None:
    server.admin.patch("/api/v2/stages/1", {"name": "Begun"})
    assert [each["data"]["category"] for each in whole(sell, "stages")[-1:]] == ["incoming"]


def test_a_deleted_stage_is_told(sell: SellClient, server: Server) -> None:
    server.admin.delete("/api/v2/stages/5")
    (item,) = [each for each in whole(sell, "stages") if each["meta"]["event_type"] == "deleted"]
    assert (item["data"]["id"], item["meta"]["sequence"]) == (5, 2)


def test_only_sources_are_told_of_all_the_words(sell: SellClient) -> None:
    sell.post("/v2/loss_reasons", {"name": "Price"})
    made = [sell.post(f"/v2/{path}", {"name": "Fair"}).data for path in ("deal_sources", "lead_sources")]
    assert [each["data"] for each in whole(sell, "sources")] == made


@pytest.mark.parametrize(
    ("name", "path", "attributes", "change"),
    [
        ("leads", "leads", {"last_name": "Burns", "tags": []}, {"last_name": "Smithers"}),
        ("notes", "notes", {"content": "Called", "resource_type": "deal", "resource_id": 1}, {"content": "Wrote"}),
        ("tasks", "tasks", {"content": "Call"}, {"content": "Write"}),
        ("sources", "deal_sources", {"name": "Fair"}, {"name": "Market"}),
        ("tags", "tags", {"name": "refit", "resource_type": "deal"}, {"name": "rebuild"}),
        ("calls", "calls", {"phone_number": "+1"}, {"phone_number": "+2"}),
        ("products", "products", {"name": "Grinder"}, {"name": "Mill"}),
        ("orders", "orders", {"deal_id": 1}, {"discount": 5}),
    ],
)
def test_what_is_made_changed_and_removed_is_told(
    sell: SellClient, deal: int, name: str, path: str, attributes: Json, change: Json
) -> None:
    made = sell.post(f"/v2/{path}", attributes).data
    changed = sell.put(f"/v2/{path}/{made['id']}", change).data
    assert sell.delete(f"/v2/{path}/{made['id']}").status == 204
    items = whole(sell, name)
    assert told(items) == [("created", made["id"], 1), ("updated", made["id"], 2), ("deleted", made["id"], 3)]
    shared = made.keys() & items[0]["data"].keys()
    states = [{key: each["data"][key] for key in shared} for each in items]
    assert states == [{key: state[key] for key in shared} for state in (made, changed, changed)]
    assert [each["meta"]["previous"] for each in items] == [{}, {key: made[key] for key in change}, {}]


def test_what_is_only_made_and_removed_is_told(sell: SellClient, deal: int, server: Server) -> None:
    product = sell.post("/v2/products", {"name": "Mill", "prices": [{"amount": 5, "currency": "EUR"}]}).data["id"]
    order = sell.post("/v2/orders", {"deal_id": deal}).data["id"]
    item = {"product_id": product, "currency": "EUR"}
    friend = {"resource_type": "deal", "resource_id": deal, "collaborator_id": server.seller.user_id}
    for name, path, attributes in (
        ("line_items", f"orders/{order}/line_items", item),
        ("collaborations", "collaborations", friend),
    ):
        made = sell.post(f"/v2/{path}", attributes).data
        sell.delete(f"/v2/{path}/{made['id']}")
        items = whole(sell, name)
        assert told(items) == [("created", made["id"], 1), ("deleted", made["id"], 2)]
        assert [each["data"] for each in items] == [made, made]


def test_a_visit_has_its_outcome_and_place_inside(sell: SellClient, contact: int, server: Server) -> None:
    outcome = sell.get("/v2/visit_outcomes").body["items"][0]["data"]
    with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
        add_visit(tx, {"about": About(PARTY, contact), "outcome_id": outcome["id"], "verification": "verified"})
    (item,) = whole(sell, "visits")
    shown = sell.get("/v2/visits").body["items"][0]["data"]
    assert item["data"] == {
        **{key: shown[key] for key in shown.keys() - {"outcome_id", "rep_location_verification_status"}},
        "outcome": {"id": outcome["id"], "name": outcome["name"]},
        "sales_rep_location": {"latitude": None, "longitude": None, "verification_status": "verified"},
    }


def test_a_user_is_told(sell: SellClient, server: Server) -> None:
    server.admin.put(f"/v1/users/{server.seller.user_id}", {"active_flag": 0})
    item = whole(sell, "users")[-1]
    shown = sell.get(f"/v2/users/{server.seller.user_id}").data
    assert (item["data"], item["meta"]["previous"]) == (shown, {"status": "active"})


def test_a_pipeline_is_told(sell: SellClient, server: Server) -> None:
    server.admin.patch("/api/v2/pipelines/1", {"name": "Sales"})
    item = whole(sell, "pipelines")[-1]
    assert (item["data"], item["meta"]["previous"]) == (
        sell.get("/v2/pipelines").body["items"][0]["data"],
        {"name": "Pipeline"},
    )


def test_a_record_whose_beginning_is_not_in_the_log_is_left_out(sell: SellClient, server: Server) -> None:
    with server.home.transaction(server.company.company_id, server.admin.user_id) as tx:
        events.append(tx, "lead", 77, "updated", {"first_name": "A"}, {"first_name": "B"})
    assert whole(sell, "leads") == []


# ----------------------------------------------------------------------------------------------------- who sees what


def test_what_the_user_may_not_see_is_left_out(
    sell: SellClient, people: SellPeople, deal: int, contact: int, server: Server
) -> None:
    """A private contact with a deal, a note, a task, an order with an item, and collaboration of theirs."""
    about = {"resource_type": "deal", "resource_id": deal}
    sell.post("/v2/notes", {"content": "Called", **about})
    sell.post("/v2/tasks", {"content": "Call", **about})
    sell.post("/v2/calls", {"phone_number": "1", "resource_type": "contact", "resource_id": contact})
    product = sell.post("/v2/products", {"name": "Mill", "prices": [{"amount": 5, "currency": "EUR"}]}).data["id"]
    order = sell.post("/v2/orders", {"deal_id": deal}).data["id"]
    sell.post(f"/v2/orders/{order}/line_items", {"product_id": product, "currency": "EUR"})
    sell.post("/v2/collaborations", {**about, "collaborator_id": server.seller.user_id})
    server.admin.patch(f"/api/v2/persons/{contact}", {"visible_to": 1})
    names = ("contacts", "deals", "notes", "tasks", "calls", "orders", "line_items", "collaborations")
    assert [len(whole(people.restricted, name)) for name in names] == [0] * len(names)
    assert all(whole(people.admin, name) for name in names)


def test_a_floating_task_and_a_lead_are_seen_by_all(sell: SellClient, people: SellPeople) -> None:
    sell.post("/v2/tasks", {"content": "Call"})
    sell.post("/v2/leads", {"last_name": "Burns"})
    assert [len(whole(people.restricted, name)) for name in ("tasks", "leads")] == [1, 1]


def test_only_admins_see_what_a_product_costs(sell: SellClient, people: SellPeople) -> None:
    sell.post("/v2/products", {"name": "Mill", "cost": 5})
    assert [whole(each, "products")[0]["data"]["cost"] for each in (people.admin, people.seller)] == ["5.00", None]


def test_another_companys_events_are_not_told(other: SellClient, sell: SellClient, deal: int) -> None:
    assert whole(other, "deals") == []


def test_companies_have_other_event_ids(other: SellClient, sell: SellClient) -> None:
    mine, theirs = ({each["meta"]["event_id"] for each in whole(client, "stages")} for client in (sell, other))
    assert (len(mine | theirs), len(mine & theirs)) == (16, 0)
