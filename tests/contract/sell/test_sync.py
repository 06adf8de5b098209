"""The Sync API: nothing is lost, nothing comes twice in a session (contract 3.1)."""

from collections.abc import Sequence
from typing import Final

import pytest

from dealflow.actions import sync
from tests.support.databases import Clock
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, codes
from tests.support.server import Json, Response

SERVED: Final = frozenset(
    {"account", "user", "lead", "contact", "associated_contact", "deal", "pipeline"}
    | {"stage", "loss_reason", "source", "note", "task", "tag"}
)


class Device:
    """A program that mirrors a company."""

    def __init__(self, client: SellClient, uuid: str | None = "phone") -> None:
        self.client = client
        self.uuid = uuid

    def call(self, method: str, path: str, body: Json = None) -> Response:
        return self.client.call(method, f"/v2/sync/{path}", body, headers={"X-Basecrm-Device-UUID": self.uuid})

    def start(self) -> Response:
        return self.call("POST", "start")

    def page(self, session: Response) -> Response:
        return self.call("GET", f"{session.data['id']}/queues/main")

    def ack(self, items: Sequence[Json]) -> Response:
        return self.call("POST", "ack", {"ack_keys": [each["meta"]["sync"]["ack_key"] for each in items]})

    def pages(self, session: Response) -> list[list[Json]]:
        """The pages of a session to its end."""
        found = []
        while (page := self.page(session)).status != 204:
            found.append(page.body["items"])
        return found

    def take(self) -> list[Json]:
        """All that is new, not acknowledged."""
        session = self.start()
        return [] if session.status == 204 else [each for page in self.pages(session) for each in page]

    def sync(self) -> list[Json]:
        """All that is new, acknowledged."""
        found = self.take()
        self.ack(found)
        return found


def told(items: Sequence[Json]) -> list[tuple[str, str, int]]:
    """Type, event and id of each item."""
    return [(each["meta"]["type"], each["meta"]["sync"]["event_type"], each["data"].get("id")) for each in items]


def of(items: Sequence[Json], type_: str) -> list[Json]:
    return [each for each in items if each["meta"]["type"] == type_]


@pytest.fixture
def device(sell: SellClient) -> Device:
    return Device(sell)


@pytest.fixture
def synced(device: Device) -> Device:
    """A device that has everything."""
    device.sync()
    return device


@pytest.fixture
def deal(server: Server) -> int:
    """A deal of a person, made in the other dialect."""
    person = server.admin.post("/api/v2/persons", {"name": "Ada Brook"}).data["id"]
    return int(server.admin.post("/api/v2/deals", {"title": "Refit", "value": 12.5, "person_id": person}).data["id"])


def rename(server: Server, deal_id: int, title: str) -> None:
    assert server.admin.patch(f"/api/v2/deals/{deal_id}", {"title": title}).status == 200


# -------------------------------------------------------------------------------------------------------- protocol


def test_a_session_tells_its_queue(device: Device, server: Server) -> None:
    answer = device.start()
    queue = {"name": "main", "pages": 1, "total_count": answer.data["queues"][0]["data"]["total_count"]}
    link = f"{server.url}/v2/sync/{answer.data['id']}/queues/main"
    assert (answer.status, answer.body) == (
        201,
        {
            "data": {
                "id": answer.data["id"],
                "queues": [{"data": queue, "meta": {"type": "sync_queue", "links": {"self": link}}}],
            },
            "meta": {"type": "sync_session"},
        },
    )


def test_there_is_nothing_when_all_is_acknowledged(synced: Device) -> None:
    answer = synced.start()
    assert (answer.status, answer.raw, "content-type" in answer.headers) == (204, b"", False)


def test_a_drained_queue_has_no_content(device: Device) -> None:
    session = device.start()
    device.pages(session)
    answer = device.page(session)
    assert (answer.status, answer.raw, "content-type" in answer.headers) == (204, b"", False)


def test_acknowledging_is_answered_without_a_body(device: Device) -> None:
    answer = device.ack([])
    assert (answer.status, answer.raw, "content-type" in answer.headers) == (202, b"", False)


def test_a_deal_comes_as_core_shows_it(synced: Device, deal: int) -> None:
    (item,) = of(synced.take(), "deal")
    shown = synced.client.get(f"/v2/deals/{deal}").body
    assert item["data"] == shown["data"]
    assert item["meta"] == {
        **shown["meta"],
        "sync": {
            "event_type": "created",
            "ack_key": f"Deal-{deal}-{item['meta']['sync']['revision']}",
            "revision": item["meta"]["sync"]["revision"],
        },
    }


def test_what_is_gone_comes_with_its_id_alone(synced: Device, deal: int, server: Server) -> None:
    synced.sync()
    server.admin.delete(f"/api/v2/deals/{deal}")
    (item,) = of(synced.take(), "deal")
    assert (item["data"], item["meta"]["sync"]["event_type"], "version" in item["meta"]) == (
        {"id": deal},
        "deleted",
        False,
    )


def test_a_page_says_how_many_come_behind_it(synced: Device, server: Server) -> None:
    for number in range(130):
        server.admin.post("/api/v2/organizations", {"name": f"Shop {number}"})
        server.admin.post("/api/v2/deals", {"title": f"Deal {number}"})
    session = synced.start()
    pages = [synced.page(session).body for _ in range(3)]
    assert session.data["queues"][0]["data"] == {"name": "main", "pages": 3, "total_count": 260}
    assert [page["meta"] for page in pages] == [
        {"type": "collection", "count": count, "count_left": left} for count, left in ((100, 160), (100, 60), (60, 0))
    ]
    assert len({each["meta"]["sync"]["ack_key"] for page in pages for each in page["items"]}) == 260


@pytest.mark.parametrize("uuid", [None, "", "x" * 256, "a\tb"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "start", None), ("GET", "x/queues/main", None), ("POST", "ack", {"ack_keys": []})],
)
def test_a_device_must_name_itself(sell: SellClient, uuid: str | None, method: str, path: str, body: Json) -> None:
    answer = Device(sell, uuid).call(method, path, body)
    assert (answer.status, codes(answer)) == (400, [(None, "invalid_header")])


@pytest.mark.parametrize("session", ["5c0e4bb2-8f0b-4b0c-8a26-5b8b9c6a3c01", "1", "x" * 500, "%20", "%C3%A4"])
def test_an_unknown_session_is_not_found(device: Device, session: str) -> None:
    answer = device.call("GET", f"{session}/queues/main")
    assert (answer.status, codes(answer)) == (404, [(None, "not_found")])


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, ("/ack_keys", "missing")),
        ({"ack_keys": None}, ("/ack_keys", "blank")),
        ({"ack_keys": "Deal-1-2"}, ("/ack_keys", "invalid_type")),
        ({"ack_keys": [1]}, ("/ack_keys", "invalid_type")),
        ({"ack_keys": ["x"] * 10_001}, ("/ack_keys", "incorrect_value")),
        ({"ack_keys": [], "queue": "main"}, ("/queue", "unknown")),
    ],
)
def test_keys_are_a_list_of_strings(device: Device, body: Json, problem: tuple[str, str]) -> None:
    answer = device.call("POST", "ack", body)
    assert (answer.status, codes(answer)) == (422, [problem])


@pytest.mark.parametrize(
    "key", ["", "Deal", "Deal-1", "Deal-x-2", "Deal-1-2-3-4", "Call-1-2", "Deal-٣-2", f"Deal-{'9' * 18}-{'9' * 10}"]
)
def test_unknown_keys_are_passed_over(device: Device, key: str) -> None:
    expected = told(device.take())
    assert device.call("POST", "ack", {"ack_keys": [key]}).status == 202
    assert told(device.take()) == expected


def test_a_device_that_never_synced_acknowledges_in_vain(sell: SellClient) -> None:
    assert Device(sell, "unheard").call("POST", "ack", {"ack_keys": ["Deal-1-2"]}).status == 202


# ----------------------------------------------------------------------------------------------- what is delivered


def test_the_first_time_everything_comes_in_order(device: Device, deal: int, sell: SellClient) -> None:
    sell.post("/v2/notes", {"content": "Called", "resource_type": "deal", "resource_id": deal})
    sell.post("/v2/tasks", {"content": "Call", "resource_type": "deal", "resource_id": deal})
    sell.post("/v2/loss_reasons", {"name": "Price"})
    sell.post("/v2/sources", {"name": "Fair"})
    sell.post("/v2/tags", {"name": "refit", "resource_type": "deal"})
    sell.post("/v2/leads", {"last_name": "Burns"})
    types = [each["meta"]["type"] for each in device.take()]
    assert list(dict.fromkeys(types)) == [
        *("account", "pipeline", "stage", "loss_reason", "source", "tag", "user"),
        *("contact", "deal", "lead", "note", "task"),
    ]


def test_only_types_that_clients_know_are_delivered(device: Device, deal: int, sell: SellClient) -> None:
    sell.post("/v2/deal_unqualified_reasons", {"name": "No budget"})
    sell.post("/v2/products", {"name": "Grinder"})
    sell.post("/v2/orders", {"deal_id": deal})
    sell.post("/v2/calls", {"phone_number": "1"})
    assert {each["meta"]["type"] for each in device.take()} <= SERVED


def test_only_the_newest_state_is_delivered(synced: Device, deal: int, server: Server) -> None:
    rename(server, deal, "Second")
    rename(server, deal, "Third")
    (item,) = of(synced.take(), "deal")
    assert (item["data"]["name"], item["meta"]["sync"]["event_type"]) == ("Third", "created")


def test_a_change_of_what_the_device_has_is_an_update(synced: Device, deal: int, server: Server) -> None:
    synced.sync()
    rename(server, deal, "Second")
    assert told(synced.take()) == [("deal", "updated", deal)]


def test_what_was_not_acknowledged_comes_again_as_it_came(synced: Device, deal: int, server: Server) -> None:
    synced.take()
    rename(server, deal, "Second")
    assert told(of(synced.take(), "deal")) == [("deal", "created", deal)]


def test_what_was_not_acknowledged_comes_once_a_session(device: Device) -> None:
    session = device.start()
    assert (len(device.pages(session)), device.pages(session)) == (1, [])


def test_a_deal_and_its_own_contact_are_two_items(synced: Device, deal: int) -> None:
    session = synced.start()
    assert (session.data["queues"][0]["data"]["total_count"], len(synced.page(session).body["items"])) == (2, 2)


def test_an_acknowledged_state_does_not_come_again(synced: Device, deal: int) -> None:
    synced.sync()
    assert synced.start().status == 204


def test_what_changed_since_it_was_taken_comes_again(synced: Device, deal: int, server: Server) -> None:
    taken = synced.take()
    rename(server, deal, "Second")
    synced.start()
    synced.ack(taken)
    assert told(synced.take()) == [("deal", "updated", deal)]


def test_a_change_during_a_session_is_for_the_next_one(device: Device, deal: int, server: Server) -> None:
    session = device.start()
    added = server.admin.post("/api/v2/deals", {"title": "Late"}).data["id"]
    taken = [each for page in device.pages(session) for each in page]
    device.ack(taken)
    assert added not in [each["data"].get("id") for each in of(taken, "deal")]
    assert told(device.take()) == [("deal", "created", added)]


def test_acknowledging_adds_up_and_may_be_repeated(synced: Device, deal: int, server: Server) -> None:
    taken = synced.take()
    for _ in range(2):
        for each in taken:
            synced.ack([each])
    assert synced.start().status == 204


def test_what_was_gone_before_it_was_heard_of_is_not_told(synced: Device, deal: int, server: Server) -> None:
    server.admin.delete(f"/api/v2/deals/{deal}")
    assert of(synced.take(), "deal") == []


def test_what_goes_in_the_middle_of_a_session_is_not_told(synced: Device, deal: int, server: Server) -> None:
    """Not in that session, nor in the next one, which knows that it went."""
    session = synced.start()
    server.admin.delete(f"/api/v2/deals/{deal}")
    assert of([each for page in synced.pages(session) for each in page], "deal") == []
    assert of(synced.sync(), "deal") == []
    assert synced.start().status == 204


def test_what_was_heard_of_and_is_gone_is_told(synced: Device, deal: int, server: Server) -> None:
    """Whether it was acknowledged or not: who took it may have kept it."""
    synced.take()
    server.admin.delete(f"/api/v2/deals/{deal}")
    assert told(of(synced.sync(), "deal")) == [("deal", "deleted", deal)]
    assert synced.start().status == 204


def test_nothing_new_is_no_session(synced: Device, sell: SellClient) -> None:
    """But what turns out not to be for devices may be counted."""
    sell.post("/v2/deal_unqualified_reasons", {"name": "No budget"})
    session = synced.start()
    assert (session.status, synced.page(session).status, synced.start().status) == (201, 204, 204)


def test_the_account_and_its_users_come_as_core_shows_them(device: Device, sell: SellClient) -> None:
    items = device.sync()
    assert [each["data"] for each in of(items, "account")] == [sell.get("/v2/accounts/self").data]
    assert [each["data"] for each in of(items, "user")] == [
        each["data"] for each in sell.get("/v2/users").body["items"]
    ]


def test_a_user_who_is_kept_out_is_an_update(synced: Device, server: Server) -> None:
    server.admin.put(f"/v1/users/{server.seller.user_id}", {"active_flag": 0})
    (item,) = synced.sync()
    assert (told([item]), item["data"]["status"]) == ([("user", "updated", server.seller.user_id)], "inactive")


def test_a_device_far_behind_is_brought_forward_in_steps(
    sell: SellClient, deal: int, guest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each record is new once. Pipelines come again with their later stages."""
    associate(sell, deal, guest)
    everything = told(Device(sell, "tablet").sync())
    monkeypatch.setattr(sync, "MOST_EVENTS", 5)
    device, taken = Device(sell), []
    while (session := device.start()).status == 201:
        items = [each for page in device.pages(session) for each in page]
        device.ack(items)
        taken += told(items)
    assert sorted(each for each in taken if each[1] == "created") == sorted(everything)
    assert {each for each in taken if each[1] != "created"} == {("pipeline", "updated", 1)}


def test_a_pipeline_has_its_stages(device: Device, sell: SellClient) -> None:
    (pipeline,) = of(device.take(), "pipeline")
    shown = sell.get("/v2/stages").body["items"]
    assert pipeline["data"] == {
        **sell.get("/v2/pipelines").body["items"][0]["data"],
        "stages": {"items": [{"data": each["data"], "meta": {"type": "stage"}} for each in shown]},
    }


def test_a_changed_stage_brings_its_pipeline_along(synced: Device, server: Server) -> None:
    server.admin.patch("/api/v2/stages/2", {"name": "Met"})
    assert told(synced.sync()) == [("pipeline", "updated", 1), ("stage", "updated", 2)]


def test_a_stage_that_moves_brings_both_pipelines_along(synced: Device, server: Server) -> None:
    second = server.admin.post("/api/v2/pipelines", {"name": "Partners"}).data["id"]
    stage = server.admin.post("/api/v2/stages", {"name": "Signing", "pipeline_id": second}).data["id"]
    synced.sync()
    server.admin.put(f"/v1/stages/{stage}", {"pipeline_id": 1})
    assert {each[2] for each in told(of(synced.sync(), "pipeline"))} == {1, second}


def test_a_deleted_pipeline_takes_its_stages_along(synced: Device, server: Server) -> None:
    second = server.admin.post("/api/v2/pipelines", {"name": "Partners"}).data["id"]
    created = synced.sync()
    server.admin.delete(f"/api/v2/pipelines/{second}")
    assert [(type_, record_id) for type_, _, record_id in told(synced.sync())] == [
        (type_, record_id) for type_, _, record_id in told(created)
    ]
    assert [each["data"].keys() for each in synced.take()] == []


@pytest.mark.parametrize(
    ("path", "type_"), [("loss_reasons", "loss_reason"), ("deal_sources", "source"), ("lead_sources", "source")]
)
def test_words_come_changed_and_gone(synced: Device, sell: SellClient, path: str, type_: str) -> None:
    word = sell.post(f"/v2/{path}", {"name": "Price"}).data
    assert [each["data"] for each in synced.sync()] == [word]
    sell.put(f"/v2/{path}/{word['id']}", {"name": "Too dear"})
    assert told(synced.sync()) == [(type_, "updated", word["id"])]
    sell.delete(f"/v2/{path}/{word['id']}")
    assert told(synced.sync()) == [(type_, "deleted", word["id"])]


@pytest.mark.parametrize(("path", "type_"), [("notes", "note"), ("tasks", "task")])
def test_what_is_about_a_deal_goes_with_it(
    synced: Device, sell: SellClient, deal: int, path: str, type_: str, server: Server
) -> None:
    attributes = {"content": "Called", "resource_type": "deal", "resource_id": deal}
    made = sell.post(f"/v2/{path}", attributes).data
    (item,) = of(synced.sync(), type_)
    assert item["data"] == sell.get(f"/v2/{path}/{made['id']}").data
    server.admin.delete(f"/api/v2/deals/{deal}")
    synced.sync()
    other = sell.post(f"/v2/{path}", {**attributes, "resource_id": 1}).status
    assert (other, told(synced.sync())) == (422, [])


# --------------------------------------------------------------------------------------------- associated contacts


@pytest.fixture
def guest(server: Server) -> int:
    """Somebody who may take part in a deal."""
    return int(server.admin.post("/api/v2/persons", {"name": "Bo Quill"}).data["id"])


def associate(sell: SellClient, deal: int, contact: int) -> None:
    assert sell.post(f"/v2/deals/{deal}/associated_contacts", {"contact_id": contact}).status == 200


def associated(items: Sequence[Json]) -> list[tuple[str, int, int]]:
    return [
        (each["meta"]["sync"]["event_type"], each["data"]["deal_id"], each["data"]["contact_id"])
        for each in of(items, "associated_contact")
    ]


def test_an_associated_contact_names_deal_and_contact(synced: Device, sell: SellClient, deal: int, guest: int) -> None:
    synced.sync()
    associate(sell, deal, guest)
    (item,) = synced.take()
    (shown,) = sell.get(f"/v2/deals/{deal}/associated_contacts").body["items"]
    assert item["data"] == {"deal_id": deal, "contact_id": guest, **shown["data"]}
    assert item["meta"]["sync"]["ack_key"].startswith(f"AssociatedContact-{deal}-{guest}-")


def test_the_first_time_associated_contacts_come_too(device: Device, sell: SellClient, deal: int, guest: int) -> None:
    associate(sell, deal, guest)
    assert associated(device.sync()) == [("created", deal, guest)]
    assert device.start().status == 204


def test_who_leaves_a_deal_is_told(synced: Device, sell: SellClient, deal: int, guest: int) -> None:
    associate(sell, deal, guest)
    assert associated(synced.sync()) == [("created", deal, guest)]
    sell.delete(f"/v2/deals/{deal}/associated_contacts/{guest}")
    (item,) = synced.sync()
    assert associated([item]) == [("deleted", deal, guest)]
    assert item["data"] == {"deal_id": deal, "contact_id": guest}


def test_who_came_and_left_is_not_told(synced: Device, sell: SellClient, deal: int, guest: int) -> None:
    associate(sell, deal, guest)
    sell.delete(f"/v2/deals/{deal}/associated_contacts/{guest}")
    assert associated(synced.sync()) == []


def test_who_left_and_came_back_is_an_update(synced: Device, sell: SellClient, deal: int, guest: int) -> None:
    associate(sell, deal, guest)
    synced.sync()
    sell.delete(f"/v2/deals/{deal}/associated_contacts/{guest}")
    associate(sell, deal, guest)
    assert associated(synced.sync()) == [("updated", deal, guest)]


def test_who_becomes_the_deals_own_contact_is_no_longer_associated(
    synced: Device, sell: SellClient, deal: int, guest: int, server: Server
) -> None:
    """And whom they follow was no associated contact, so nothing is told of that one."""
    associate(sell, deal, guest)
    synced.sync()
    server.admin.patch(f"/api/v2/deals/{deal}", {"person_id": guest})
    assert associated(synced.sync()) == [("deleted", deal, guest)]


def test_who_was_the_deals_own_contact_and_stays_is_associated(
    synced: Device, sell: SellClient, deal: int, guest: int, server: Server
) -> None:
    associate(sell, deal, guest)
    first = server.admin.get(f"/api/v2/deals/{deal}").data["person_id"]
    server.admin.patch(f"/api/v2/deals/{deal}", {"person_id": guest})
    synced.sync()
    server.admin.patch(f"/api/v2/deals/{deal}", {"person_id": first})
    assert associated(synced.sync()) == [("created", deal, guest)]


# ------------------------------------------------------------------------------------ sessions, devices and people


def test_devices_know_nothing_of_each_other(sell: SellClient) -> None:
    first, second = Device(sell, "phone"), Device(sell, "tablet")
    assert told(first.sync()) == told(second.sync())


def test_users_with_the_same_device_know_nothing_of_each_other(people: SellPeople) -> None:
    first, second = Device(people.admin), Device(people.seller)
    assert told(first.sync()) == told(second.sync())


def test_a_session_is_of_its_device_alone(sell: SellClient, people: SellPeople, other: SellClient) -> None:
    session = Device(sell).start()
    others = (Device(sell, "tablet"), Device(people.seller), Device(other))
    assert [each.start().status for each in others] == [201, 201, 201]
    assert [each.page(session).status for each in others] == [404, 404, 404]


def test_a_session_lives_for_a_day(device: Device, clock: Clock) -> None:
    session = device.start()
    clock.advance(days=1)
    assert device.page(session).status == 200
    clock.advance(seconds=1)
    assert device.page(session).status == 404


def test_the_hundred_newest_sessions_are_kept(device: Device, clock: Clock) -> None:
    sessions = []
    for _ in range(102):
        sessions.append(device.start())
        clock.advance(seconds=1)
    assert [device.page(session).status for session in sessions[:3]] == [404, 404, 200]


def test_a_session_goes_on_where_another_connection_left_it(device: Device, server: Server) -> None:
    """Nothing of it is kept in memory: a second server on the same database serves the rest."""
    for number in range(150):
        server.admin.post("/api/v2/organizations", {"name": f"Shop {number}"})
    session = device.start()
    first = device.page(session).body["items"]
    second = (
        Device(SellClient(server.home.served(strict=True), device.client.token), "phone").page(session).body["items"]
    )
    assert (len(first), set(told(first)) & set(told(second))) == (100, set())


def test_who_sees_only_their_own_is_told_of_that_alone(people: SellPeople, server: Server) -> None:
    mine = server.restricted.post("/api/v2/deals", {"title": "Mine"}).data["id"]
    for number in range(120):
        server.admin.post("/api/v2/deals", {"title": f"Not theirs {number}"})
    taken = Device(people.restricted).sync()
    assert told(of(taken, "deal")) == [("deal", "created", mine)]


def test_notes_of_hidden_deals_are_not_told(people: SellPeople, deal: int) -> None:
    people.admin.post("/v2/notes", {"content": "Called", "resource_type": "deal", "resource_id": deal})
    taken = Device(people.restricted).sync()
    assert (of(taken, "note"), of(taken, "associated_contact")) == ([], [])


def test_another_companys_events_are_not_told(other: SellClient, synced: Device, server: Server) -> None:
    server.other.post("/api/v2/deals", {"title": "Theirs"})
    assert synced.start().status == 204


def test_sync_asks_for_its_scope(stranger: SellClient) -> None:
    assert Device(stranger).start().status == 401


def test_a_query_parameter_is_unknown(device: Device) -> None:
    answer = device.call("POST", "start?full=true")
    assert (answer.status, codes(answer)) == (400, [(None, "invalid_param")])
