"""One truth, two views: what is written through one dialect is read through the other (contract of Sell, 6.3, 6.4)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.databases import Home
from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople, items
from tests.support.server import Client, Json

OUTCOMES: Final = ("won", "lost", "unqualified")


class Both:
    """The admin of one company on both surfaces."""

    def __init__(self, server: Server) -> None:
        self.pipedrive: Client = server.admin
        self.sell: SellClient = SellPeople(server.served, server.company).admin

    def person(self, name: str = "Ann Lee", **more: object) -> int:
        return int(self.pipedrive.post("/api/v2/persons", {"name": name, **more}).data["id"])

    def organization(self, name: str = "Globex") -> int:
        return int(self.pipedrive.post("/api/v2/organizations", {"name": name}).data["id"])

    def deal(self, **more: object) -> int:
        contact = {"contact_id": self.person()} if "contact_id" not in more else {}
        return int(self.sell.post("/v2/deals", {"name": "Deal", **contact, **more}).data["id"])

    def in_pipedrive(self, deal_id: int) -> Json:
        return self.pipedrive.get(f"/api/v2/deals/{deal_id}").data

    def in_sell(self, deal_id: int) -> Json:
        return self.sell.get(f"/v2/deals/{deal_id}").data

    def closed_stages(self) -> dict[tuple[int, str], int]:
        """The stages that stand for outcomes, by pipeline and category."""
        found = items(self.sell.get("/v2/stages", active="false", per_page=100))
        return {(each["pipeline_id"], each["category"]): each["id"] for each in found}

    def term(self, path: str, name: str) -> int:
        return int(self.sell.post(path, {"name": name}).data["id"])


@pytest.fixture
def both(server: Server) -> Both:
    return Both(server)


# ------------------------------------------------------------------------------------------------ field by field

Case = tuple[dict[str, Any], dict[str, Any]]
# What one surface is given and what the other shows.
FROM_SELL: Final[dict[str, Case]] = {
    "title": ({"name": "Refit"}, {"title": "Refit"}),
    "value": ({"value": "12.50"}, {"value": 12.5}),
    "currency": ({"currency": "USD"}, {"currency": "USD"}),
    "probability": ({"customized_win_likelihood": 35}, {"probability": 35}),
    "no probability": ({"customized_win_likelihood": None}, {"probability": None}),
    "expected close": ({"estimated_close_date": "2026-08-01"}, {"expected_close_date": "2026-08-01"}),
    "stage": ({"stage_id": 3}, {"stage_id": 3, "status": "open"}),
    "started": ({"added_at": "2026-01-01T00:00:00Z"}, {"add_time": "2026-01-01T00:00:00Z"}),
}
FROM_PIPEDRIVE: Final[dict[str, Case]] = {
    "title": ({"title": "Refit"}, {"name": "Refit"}),
    "value": ({"value": 12.5}, {"value": "12.50"}),
    "fine value": ({"value": 12.3456}, {"value": "12.35"}),
    "currency": ({"currency": "USD"}, {"currency": "USD"}),
    "probability": ({"probability": 35}, {"customized_win_likelihood": 35}),
    "expected close": ({"expected_close_date": "2026-08-01"}, {"estimated_close_date": "2026-08-01"}),
    "stage": ({"stage_id": 3}, {"stage_id": 3}),
    "person taken away": ({"person_id": None}, {"contact_id": None}),
}


@pytest.mark.parametrize("case", FROM_SELL.values(), ids=FROM_SELL)
def test_what_sell_writes_pipedrive_reads(both: Both, case: Case) -> None:
    written, expected = case
    deal = both.deal()
    assert both.sell.put(f"/v2/deals/{deal}", written).status == 200
    seen = both.in_pipedrive(deal)
    assert {name: seen[name] for name in expected} == expected


@pytest.mark.parametrize("case", FROM_PIPEDRIVE.values(), ids=FROM_PIPEDRIVE)
def test_what_pipedrive_writes_sell_reads(both: Both, case: Case) -> None:
    written, expected = case
    deal = both.deal()
    assert both.pipedrive.patch(f"/api/v2/deals/{deal}", written).status == 200
    seen = both.in_sell(deal)
    assert {name: seen[name] for name in expected} == expected


def test_a_pipeline_is_named_and_disabled_for_both(both: Both) -> None:
    made = both.pipedrive.post("/v1/pipelines", {"name": "Partners"}).data["id"]
    both.pipedrive.put(f"/v1/pipelines/{made}", {"name": "Resellers", "active": 0})
    (seen,) = items(both.sell.get("/v2/pipelines", ids=made))
    assert (seen["name"], seen["disabled"]) == ("Resellers", True)


def test_a_deleted_pipeline_leaves_sells_lists_with_its_stages(both: Both) -> None:
    made = both.pipedrive.post("/api/v2/pipelines", {"name": "Partners"}).data["id"]
    both.pipedrive.post("/api/v2/stages", {"name": "Open", "pipeline_id": made})
    both.pipedrive.delete(f"/api/v2/pipelines/{made}")
    lists = [both.sell.get("/v2/pipelines", ids=made), both.sell.get("/v2/stages", pipeline_id=made)]
    assert [items(each) for each in lists] == [[], []]


def test_likelihood_and_order_of_stages_are_the_same(both: Both) -> None:
    both.pipedrive.patch("/api/v2/stages/2", {"deal_probability": 40})
    both.pipedrive.call("PUT", "/v1/stages/5", {"order_nr": 1})
    seen = items(both.sell.get("/v2/stages", pipeline_id=1, active="true", sort_by="position"))
    order = [each["id"] for each in both.pipedrive.get("/api/v2/stages", pipeline_id=1, sort_by="order_nr").data]
    assert [each["id"] for each in seen] == order
    assert next(each for each in seen if each["id"] == 2)["likelihood"] == 40
    assert [each["category"] for each in seen] == ["incoming"] + ["in_progress"] * 4


def test_closed_stages_are_unknown_to_pipedrive(both: Both) -> None:
    won = both.closed_stages()[1, "won"]
    deal = both.deal()
    statuses = [
        both.pipedrive.get(f"/api/v2/stages/{won}").status,
        both.pipedrive.patch(f"/api/v2/deals/{deal}", {"stage_id": won}).status,
    ]
    assert statuses == [404, 400]


def test_an_unqualified_deal_is_lost_in_pipedrive_for_the_reason_chosen(both: Both) -> None:
    reason = both.term("/v2/deal_unqualified_reasons", "No budget")
    deal = both.deal()
    stage = both.closed_stages()[1, "unqualified"]
    both.sell.put(f"/v2/deals/{deal}", {"stage_id": stage, "unqualified_reason_id": reason})
    seen = both.in_pipedrive(deal)
    assert (seen["status"], seen["lost_reason"]) == ("lost", "No budget")
    both.pipedrive.patch(f"/api/v2/deals/{deal}", {"status": "lost"})
    assert both.in_sell(deal)["stage_id"] == stage


def test_a_reason_in_words_links_to_the_companys_own_word(both: Both) -> None:
    exact, alike = both.term("/v2/loss_reasons", "Price"), both.term("/v2/loss_reasons", "price")
    deal = both.deal()
    found = []
    for words in ("Price", "price", "PRICE", "Other", None):
        both.pipedrive.patch(f"/api/v2/deals/{deal}", {"status": "lost", "lost_reason": words})
        found.append((both.in_sell(deal)["loss_reason_id"], both.in_pipedrive(deal)["lost_reason"]))
    assert found == [(exact, "Price"), (alike, "price"), (exact, "PRICE"), (None, "Other"), (None, None)]


def test_a_chosen_reason_replaces_the_words_and_follows_its_name(both: Both) -> None:
    reason = both.term("/v2/loss_reasons", "Price")
    deal = both.deal()
    both.pipedrive.patch(f"/api/v2/deals/{deal}", {"status": "lost", "lost_reason": "Too dear"})
    both.sell.put(f"/v2/deals/{deal}", {"loss_reason_id": reason})
    both.sell.put(f"/v2/loss_reasons/{reason}", {"name": "Cost"})
    assert both.in_pipedrive(deal)["lost_reason"] == "Cost"


def test_a_reason_in_use_is_deleted_and_the_words_stay(both: Both) -> None:
    reason = both.term("/v2/loss_reasons", "Price")
    deal = both.deal()
    both.pipedrive.patch(f"/api/v2/deals/{deal}", {"status": "lost", "lost_reason": "Price"})
    both.sell.delete(f"/v2/loss_reasons/{reason}")
    assert (both.in_sell(deal)["loss_reason_id"], both.in_pipedrive(deal)["lost_reason"]) == (None, "Price")


def test_a_person_with_another_organization_leaves_the_deal(both: Both) -> None:
    first, second = both.organization("One"), both.organization("Two")
    person = both.person(org_id=first)
    deal = both.deal(contact_id=person)
    both.pipedrive.patch(f"/api/v2/persons/{person}", {"org_id": second})
    both.sell.put(f"/v2/deals/{deal}", {"contact_id": person, "hot": True})
    assert (both.in_sell(deal)["organization_id"], both.in_pipedrive(deal)["org_id"]) == (first, first)


def test_a_deleted_contact_leaves_its_deals(both: Both) -> None:
    organization = both.organization()
    person = both.person(org_id=organization)
    deal = both.deal(contact_id=person)
    both.sell.delete(f"/v2/contacts/{person}")
    seen = both.in_pipedrive(deal)
    assert (seen["person_id"], seen["org_id"], both.in_sell(deal)["contact_id"]) == (None, organization, organization)


def test_contacts_are_persons_and_organizations(both: Both) -> None:
    firm = both.sell.post("/v2/contacts", {"name": "Globex", "is_organization": True}).data["id"]
    ann = both.sell.post(
        "/v2/contacts",
        {"first_name": "Ann", "last_name": "Lee", "contact_id": firm, "email": "ann@lee.test", "mobile": "+1"},
    ).data["id"]
    seen = both.pipedrive.get(f"/api/v2/persons/{ann}").data
    assert (seen["name"], seen["org_id"], seen["emails"][0]["value"]) == ("Ann Lee", firm, "ann@lee.test")
    assert both.pipedrive.get(f"/api/v2/organizations/{firm}").data["name"] == "Globex"
    bob = both.person("Bob Roy", emails=[{"value": "bob@roy.test", "primary": True}], org_id=firm)
    shown = both.sell.get(f"/v2/contacts/{bob}").data
    assert (shown["first_name"], shown["last_name"], shown["email"]) == ("Bob", "Roy", "bob@roy.test")
    assert (shown["contact_id"], shown["is_organization"]) == (firm, False)


def test_owners_are_the_same(both: Both, server: Server) -> None:
    deal = both.deal(owner_id=server.seller.user_id)
    assert both.in_pipedrive(deal)["owner_id"] == server.seller.user_id
    both.pipedrive.patch(f"/api/v2/deals/{deal}", {"owner_id": server.admin.user_id})
    assert both.in_sell(deal)["owner_id"] == server.admin.user_id


def test_labels_are_tags(both: Both) -> None:
    label = both.pipedrive.post("/api/v2/dealFields/label_ids/options", [{"label": "Urgent"}]).data[0]["id"]
    deal = both.deal()
    both.pipedrive.patch(f"/api/v2/deals/{deal}", {"label_ids": [label]})
    assert both.in_sell(deal)["tags"] == ["Urgent"]
    assert [tag["name"] for tag in items(both.sell.get("/v2/tags", resource_type="deal"))] == ["Urgent"]


def test_a_new_stage_of_pipedrive_takes_the_place_behind_the_last_open_one(both: Both) -> None:
    for _ in range(4):
        both.pipedrive.post("/api/v2/stages", {"name": "More", "pipeline_id": 1})
    seen = items(both.sell.get("/v2/stages", pipeline_id=1, sort_by="position"))
    assert [each["position"] for each in seen] == list(range(1, 13))
    assert [each["category"] for each in seen[-3:]] == list(OUTCOMES)


# --------------------------------------------------------------------------------------------- random interleavings


@dataclass
class Expected:
    """A deal as both views must show it."""

    pipeline: int
    stage: int
    outcome: str = "open"
    deleted: bool = False


@dataclass
class Model:
    """Two pipelines of two stages and the deals in them."""

    both: Both
    stages: dict[int, list[int]] = field(default_factory=dict)
    closed: dict[tuple[int, str], int] = field(default_factory=dict)
    deals: dict[int, Expected] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.contact = self.both.person()
        for name in ("North", "South"):
            pipeline = self.both.pipedrive.post("/api/v2/pipelines", {"name": name}).data["id"]
            self.stages[pipeline] = [
                self.both.pipedrive.post("/api/v2/stages", {"name": each, "pipeline_id": pipeline}).data["id"]
                for each in ("First", "Second")
            ]
        self.closed = self.both.closed_stages()

    def place(self, number: int) -> tuple[int, int]:
        """A pipeline and one of its stages."""
        places = [(pipeline, stage) for pipeline, found in self.stages.items() for stage in found]
        return places[number % len(places)]

    def living(self, number: int) -> tuple[int, Expected] | None:
        found = [(deal_id, deal) for deal_id, deal in self.deals.items() if not deal.deleted]
        return found[number % len(found)] if found else None

    def check(self) -> None:
        """Both views of every deal are what was expected, and so are both lists and the sums."""
        for deal_id, deal in self.deals.items():
            seen = self.both.in_pipedrive(deal_id)
            shown = self.both.sell.get(f"/v2/deals/{deal_id}")
            status = "lost" if deal.outcome == "unqualified" else deal.outcome
            assert (seen["pipeline_id"], seen["stage_id"], seen["is_deleted"]) == (
                deal.pipeline,
                deal.stage,
                deal.deleted,
            )
            assert seen["status"] == ("deleted" if deal.deleted else status)
            assert shown.status == (404 if deal.deleted else 200)
            if not deal.deleted:
                stage = deal.stage if deal.outcome == "open" else self.closed[deal.pipeline, deal.outcome]
                assert shown.data["stage_id"] == stage
        living = [deal_id for deal_id, deal in self.deals.items() if not deal.deleted]
        assert [each["id"] for each in items(self.both.sell.get("/v2/deals", per_page=100))] == living
        for (pipeline, outcome), stage in self.closed.items():
            listed = {each["id"] for each in items(self.both.sell.get("/v2/deals", stage_id=stage))}
            assert listed == {
                i for i in living if (self.deals[i].pipeline, self.deals[i].outcome) == (pipeline, outcome)
            }
        for pipeline in self.stages:
            summary = self.both.pipedrive.get(f"/api/v2/pipelines/{pipeline}").data["deals_summary"]
            still_open = [i for i in living if (self.deals[i].pipeline, self.deals[i].outcome) == (pipeline, "open")]
            assert summary["total_count"] == len(still_open)


Step = Callable[[Model, int, int], None]


def add_in_sell(model: Model, _: int, number: int) -> None:
    pipeline, stage = model.place(number)
    deal = model.both.deal(contact_id=model.contact, stage_id=stage)
    model.deals[deal] = Expected(pipeline, stage)


def add_closed_in_sell(model: Model, which: int, number: int) -> None:
    pipeline, _ = model.place(number)
    outcome = OUTCOMES[which % 3]
    deal = model.both.deal(contact_id=model.contact, stage_id=model.closed[pipeline, outcome])
    model.deals[deal] = Expected(pipeline, model.stages[pipeline][0], outcome)


def add_in_pipedrive(model: Model, _: int, number: int) -> None:
    pipeline, stage = model.place(number)
    made = model.both.pipedrive.post("/api/v2/deals", {"title": "Deal", "stage_id": stage})
    model.deals[made.data["id"]] = Expected(pipeline, stage)


def with_deal(step: Callable[[Model, int, Expected, int], None]) -> Step:
    """A step on one of the deals that are there; nothing without any."""

    def act(model: Model, which: int, number: int) -> None:
        found = model.living(which)
        if found is not None:
            step(model, *found, number)

    return act


@with_deal
def move_in_sell(model: Model, deal_id: int, deal: Expected, number: int) -> None:
    deal.pipeline, deal.stage = model.place(number)
    deal.outcome = "open"
    model.both.sell.put(f"/v2/deals/{deal_id}", {"stage_id": deal.stage})


@with_deal
def close_in_sell(model: Model, deal_id: int, deal: Expected, number: int) -> None:
    pipeline, _ = model.place(number)
    if pipeline != deal.pipeline:
        deal.pipeline, deal.stage = pipeline, model.stages[pipeline][0]
    deal.outcome = OUTCOMES[number % 3]
    model.both.sell.put(f"/v2/deals/{deal_id}", {"stage_id": model.closed[pipeline, deal.outcome]})


@with_deal
def move_in_pipedrive(model: Model, deal_id: int, deal: Expected, number: int) -> None:
    deal.pipeline, deal.stage = model.place(number)
    model.both.pipedrive.patch(f"/api/v2/deals/{deal_id}", {"stage_id": deal.stage})


@with_deal
def change_status_in_pipedrive(model: Model, deal_id: int, deal: Expected, number: int) -> None:
    status = ("open", "won", "lost")[number % 3]
    if not (status == "lost" and deal.outcome == "unqualified"):
        deal.outcome = status
    model.both.pipedrive.patch(f"/api/v2/deals/{deal_id}", {"status": status})


@with_deal
def delete_in_sell(model: Model, deal_id: int, deal: Expected, _: int) -> None:
    deal.deleted = True
    model.both.sell.delete(f"/v2/deals/{deal_id}")


@with_deal
def delete_in_pipedrive(model: Model, deal_id: int, deal: Expected, _: int) -> None:
    deal.deleted = True
    model.both.pipedrive.delete(f"/api/v2/deals/{deal_id}")


STEPS: Final[list[Step]] = [
    add_in_sell,
    add_closed_in_sell,
    add_in_pipedrive,
    move_in_sell,
    close_in_sell,
    move_in_pipedrive,
    change_status_in_pipedrive,
    delete_in_sell,
    delete_in_pipedrive,
]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 9), st.integers(0, 11)), max_size=14))
def test_whatever_happens_on_either_side_both_views_agree(database: Home, steps: list[tuple[Step, int, int]]) -> None:
    model = Model(Both(Server(database)))
    for step, which, number in steps:
        step(model, which, number)
    model.check()
