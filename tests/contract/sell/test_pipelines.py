"""Pipelines and stages of Sell (contract 2.1, 2.2, 4.1)."""

from tests.support.people import Server
from tests.support.sell import SellClient, codes, items


def test_a_pipeline_has_the_attributes_of_the_contract(sell: SellClient) -> None:
    (pipeline,) = items(sell.get("/v2/pipelines"))
    assert pipeline == {
        "id": 1,
        "name": "Pipeline",
        "created_at": "2026-05-01T12:00:00Z",
        "updated_at": "2026-05-01T12:00:00Z",
        "disabled": False,
    }


def test_the_first_open_stage_is_incoming_and_the_others_in_progress(sell: SellClient) -> None:
    stages = items(sell.get("/v2/stages", active="true", sort_by="position"))
    assert [stage["category"] for stage in stages] == ["incoming"] + ["in_progress"] * 4


def test_the_closed_stages_follow_the_open_ones(sell: SellClient) -> None:
    stages = items(sell.get("/v2/stages", active="False", sort_by="position"))
    assert [(stage["category"], stage["active"], stage["position"], stage["likelihood"]) for stage in stages] == [
        ("won", False, 8, 100),
        ("lost", False, 9, 0),
        ("unqualified", False, 10, 0),
    ]


def test_a_list_may_be_sorted_by_several_attributes(sell: SellClient) -> None:
    stages = items(sell.get("/v2/stages", sort_by="likelihood:desc,name"))
    assert [stage["name"] for stage in stages[-2:]] == ["Lost", "Unqualified"]


def test_pages_link_to_their_neighbours(sell: SellClient) -> None:
    links = sell.get("/v2/stages", per_page=3, page=2, sort_by="name").body["meta"]["links"]
    assert {name: link.partition("/v2/stages")[2] for name, link in links.items()} == {
        "self": "?page=2&per_page=3&sort_by=name",
        "first_page": "?page=1&per_page=3&sort_by=name",
        "prev_page": "?page=1&per_page=3&sort_by=name",
        "next_page": "?page=3&per_page=3&sort_by=name",
    }


def test_a_page_behind_the_last_is_empty(sell: SellClient) -> None:
    reply = sell.get("/v2/pipelines", page=9)
    assert (reply.status, reply.body["items"], "next_page" in reply.body["meta"]["links"]) == (200, [], False)


def test_a_single_page_links_to_itself_with_its_bounds(sell: SellClient) -> None:
    assert sell.get("/v2/pipelines").body["meta"]["links"]["self"].endswith("/v2/pipelines?page=1&per_page=25")


def test_ids_leave_only_what_exists(sell: SellClient) -> None:
    assert [stage["id"] for stage in items(sell.get("/v2/stages", ids="3,999,1"))] == [1, 3]


def test_a_disabled_pipeline_is_listed_as_such(sell: SellClient, server: Server) -> None:
    added = server.admin.post("/v1/pipelines", {"name": "Old"}).data["id"]
    server.admin.put(f"/v1/pipelines/{added}", {"active": 0})
    assert [each["id"] for each in items(sell.get("/v2/pipelines", disabled="true"))] == [added]


def test_a_stage_outside_the_api_is_no_single_resource(sell: SellClient) -> None:
    reply = sell.get("/v2/stages/1")
    assert (reply.status, codes(reply)) == (404, [(None, "not_found")])
