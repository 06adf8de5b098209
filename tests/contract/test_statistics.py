"""`conversion_statistics` and `movement_statistics` of pipelines (contract 2.3, 3.1, 3.2, 6.6 to 6.8).

The worked example is that of docs/statistics.md, replayed as it stands there.
"""

import json
import re
from typing import Any, Final

import pytest

from dealflow.actions.deals import update_deal
from dealflow.storage import users
from tests.support.databases import Clock, Home
from tests.support.sales import CONVERSION, MOVEMENT, PAGE, Sales, live_the_example

MARCH: Final = ("2026-03-01", "2026-03-31")
NOTHING: Final[dict[str, Any]] = {"count": 0, "deals_ids": [], "values": {}, "formatted_values": {}}

both = pytest.mark.parametrize("which", [CONVERSION, MOVEMENT])


@pytest.fixture
def sales(database: Home, clock: Clock) -> Sales:
    return Sales(database, clock)


# ------------------------------------------------------------------------------------------------ the worked example


@pytest.mark.parametrize("place", [0, 1], ids=["conversion", "movement"])
@pytest.mark.parametrize("base", ["", "/api"])
def test_the_page_shows_what_is_answered(sales: Sales, place: int, base: str) -> None:
    live_the_example(sales)
    page = PAGE.read_text("utf-8")
    request = re.findall(r"^`GET (\S+)`", page, re.MULTILINE)[place]
    answer = sales.admin.call("GET", base + request)
    assert (answer.status, answer.body) == (200, json.loads(re.findall(r"```json\n(.*?)```", page, re.DOTALL)[place]))


def test_figures_are_whole_numbers_and_values_exact(sales: Sales) -> None:
    sales.deal(value=0.1), sales.deal(value=0.2)
    raw = sales.ask(MOVEMENT, "2026-01-01", "2026-01-31").raw
    assert b'"values":{"EUR":0.3},"formatted_values":{"EUR":"\xe2\x82\xac0.30"}' in raw


# --------------------------------------------------------------------------------------------------------- requests


def test_a_period_without_deals_has_zeros(sales: Sales) -> None:
    assert sales.ask(CONVERSION, *MARCH).data == {
        "stage_conversions": [
            {"from_stage_id": 11, "to_stage_id": 12, "conversion_rate": 0},
            {"from_stage_id": 12, "to_stage_id": 13, "conversion_rate": 0},
        ],
        "won_conversion": 0,
        "lost_conversion": 0,
    }
    assert sales.moved(*MARCH) == {
        "movements_between_stages": {"count": 0},
        "new_deals": NOTHING,
        "deals_left_open": NOTHING,
        "won_deals": NOTHING,
        "lost_deals": NOTHING,
        "average_age_in_days": {
            "across_all_stages": 0,
            "by_stages": [{"stage_id": each, "value": 0} for each in (11, 12, 13)],
        },
    }


@both
@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        ({"end_date": "2026-03-31"}, "start_date", "is required"),
        ({"start_date": "2026-03-01"}, "end_date", "is required"),
        ({"start_date": "", "end_date": "2026-03-31"}, "start_date", "is required"),
        ({"start_date": "2026-03-01", "end_date": "soon"}, "end_date", "not a valid date"),
        ({"start_date": "2026-3-1", "end_date": "2026-03-31"}, "start_date", "not a valid date"),
        ({"start_date": "2026-02-29", "end_date": "2026-03-31"}, "start_date", "not a valid date"),
        ({"start_date": "2026-03-01", "end_date": "2026-03-31T00:00:00Z"}, "end_date", "not a valid date"),
        ({"start_date": "2026-04-01", "end_date": "2026-03-31"}, "start_date", "must not be after end_date"),
    ],
    ids=str,
)
def test_dates_that_are_no_period_are_refused(
    sales: Sales, which: str, query: dict[str, Any], field: str, reason: str
) -> None:
    answer = sales.ask(which, **query)
    assert (answer.status, answer.body) == (
        400,
        {
            "success": False,
            "error": "Bad request",
            "error_info": "Please check developers.pipedrive.com for more information about Pipedrive API.",
            "data": None,
            "additional_data": None,
            "error_details": {"field": field, "reason": reason},
        },
    )


@both
@pytest.mark.parametrize("user_id", ["me", "1.5", str(2**63)])
def test_a_user_who_is_no_number_is_refused(sales: Sales, which: str, user_id: str) -> None:
    answer = sales.ask(which, *MARCH, user_id=user_id)
    assert (answer.status, answer.body["error"]) == (400, "Bad request")


@both
def test_an_unknown_pipeline_is_not_found(sales: Sales, which: str) -> None:
    answer = sales.admin.get(f"/v1/pipelines/999/{which}", start_date=MARCH[0], end_date=MARCH[1])
    assert (answer.status, answer.body["error"]) == (404, "Pipeline not found")


@both
@pytest.mark.parametrize("user_id", [0, 999])
@pytest.mark.parametrize("who", ["admin", "restricted"])
def test_an_unknown_user_is_not_found(sales: Sales, which: str, user_id: int, who: str) -> None:
    answer = sales.ask(which, *MARCH, by=getattr(sales, who), user_id=user_id)
    assert (answer.status, answer.body) == (404, {"success": False, "error": "User not found or not accessible."})


@both
def test_who_sees_only_their_own_deals_may_not_ask_about_others(sales: Sales, which: str) -> None:
    answer = sales.ask(which, *MARCH, by=sales.restricted, user_id=sales.admin.user_id)
    assert (answer.status, answer.body) == (
        403,
        {
            "success": False,
            "error": "You do not have permissions to do this.",
            "error_info": "Please check developers.pipedrive.com",
            "data": None,
            "additional_data": None,
        },
    )


@both
def test_they_may_ask_about_themselves(sales: Sales, which: str) -> None:
    by = sales.restricted
    sales.deal(by, status="won")
    period = ("2026-01-01", "2026-01-01")
    assert sales.ask(which, *period, by=by, user_id=by.user_id).body == sales.ask(which, *period, by=by).body
    assert sales.ids(*period, by=by)["won_deals"] == [1]


@both
@pytest.mark.parametrize("period", [("0001-01-01", "9999-12-31"), ("2026-01-01", "2026-01-01")], ids=str)
def test_any_period_is_answered(sales: Sales, which: str, period: tuple[str, str]) -> None:
    sales.deal(status="won")
    assert sales.ids(*period)["won_deals"] == [1]
    assert sales.ask(which, *period).status == 200


@both
def test_a_deleted_pipeline_is_answered(sales: Sales, which: str) -> None:
    sales.deal(status="won")
    sales.admin.post("/v1/pipelines", {"name": "Other"})
    assert sales.admin.delete("/v1/pipelines/1").status == 200
    assert sales.ask(which, "2026-01-01", "2026-01-01").status == 200
    assert (sales.rates("2026-01-01", "2026-01-01"), sales.closed("2026-01-01", "2026-01-01")) == ([], (100, 0))


# ------------------------------------------------------------------------------------------------------- the period


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        ("2026-03-29T23:59:59.999999Z", False),
        ("2026-03-30T00:00Z", True),
        ("2026-03-31T23:59:59.999999Z", True),
        ("2026-04-01T00:00Z", False),
    ],
)
def test_the_last_day_belongs_to_a_period_and_its_end_does_not(sales: Sales, moment: str, counts: bool) -> None:
    deal_id = sales.deal()
    sales.at(moment)
    sales.change(deal_id, stage_id=12, status="won")
    sales.at("2026-05-01T12:00Z")
    period = ("2026-03-30", "2026-03-31")
    assert (sales.rates(*period), sales.closed(*period)) == (([100, 100], (100, 0)) if counts else ([0, 0], (0, 0)))
    assert sales.moved(*period)["movements_between_stages"]["count"] == counts


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        ("Europe/Tallinn", "2026-03-28", "2026-03-27T22:00Z", "2026-03-28T21:59:59Z"),
        ("Europe/Tallinn", "2026-03-29", "2026-03-28T22:00Z", "2026-03-29T20:59:59Z"),
        ("Europe/Tallinn", "2026-10-25", "2026-10-24T21:00Z", "2026-10-25T21:59:59Z"),
        ("America/New_York", "2026-03-08", "2026-03-08T05:00Z", "2026-03-09T03:59:59Z"),
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00Z", "2026-03-29T20:59:59Z"),
        ("Pacific/Kiritimati", "2026-03-28", "2026-03-27T10:00Z", "2026-03-28T09:59:59Z"),
    ],
)
def test_days_are_those_of_the_user_who_asks(sales: Sales, zone: str, day: str, first: str, last: str) -> None:
    """Deals of the admin, who lives by UTC, as the seller asks about them; summer time begins or ends on some days."""
    with sales.home.transaction(sales.company_id) as tx:
        seller = users.users.get(tx, sales.seller.user_id)
        users.users.save(tx, seller, seller._replace(timezone=zone))
    for inside, further_s in ((first, -1), (last, 1)):
        sales.at(inside)
        sales.deal(status="won")
        sales.clock.advance(seconds=further_s)
        sales.deal(status="won")
    sales.at("2026-12-01T00:00Z")
    assert sales.ids(day, day, by=sales.seller, user_id=sales.admin.user_id) == {
        "new_deals": [1, 3],
        "won_deals": [1, 3],
    }


def test_a_period_that_goes_on_ends_now(sales: Sales) -> None:
    sales.deal()
    sales.at("2026-01-11T12:00Z")
    later = sales.moved("2026-01-01", "2026-12-31")
    assert (later["deals_left_open"]["deals_ids"], later["average_age_in_days"]["across_all_stages"]) == ([1], 11)


def test_a_period_ahead_has_what_is_open_now(sales: Sales) -> None:
    sales.deal()
    assert sales.ids("2027-01-01", "2027-12-31") == {"deals_left_open": [1]}


def test_ages_are_not_clipped_to_the_period(sales: Sales) -> None:
    sales.deal()
    sales.at("2026-06-01T00:00Z")
    assert sales.moved("2026-03-30", "2026-03-30")["average_age_in_days"] == {
        "across_all_stages": 89,
        "by_stages": [{"stage_id": 11, "value": 89}, {"stage_id": 12, "value": 0}, {"stage_id": 13, "value": 0}],
    }


# --------------------------------------------------------------------------------------------------------- whose deals

JANUARY: Final = ("2026-01-01", "2026-01-31")


def test_without_a_user_the_figures_are_the_callers_own(sales: Sales) -> None:
    sales.deal(), sales.deal(by=sales.seller)
    assert sales.ids(*JANUARY, by=sales.seller) == {"new_deals": [2], "deals_left_open": [2]}


@pytest.mark.parametrize("who", ["admin", "seller"])
def test_a_user_may_be_named(sales: Sales, who: str) -> None:
    sales.deal(), sales.deal(by=sales.restricted)
    asked = {"by": getattr(sales, who), "user_id": sales.restricted.user_id}
    assert sales.ids(*JANUARY, **asked) == {"new_deals": [2], "deals_left_open": [2]}


def test_the_figures_follow_the_owner(sales: Sales) -> None:
    deal_id = sales.deal(status="won")
    sales.change(deal_id, owner_id=sales.seller.user_id)
    assert sales.closed(*JANUARY) == (0, 0)
    assert sales.closed(*JANUARY, user_id=sales.seller.user_id) == (100, 0)


@pytest.mark.parametrize(("who", "seen"), [("admin", [1, 2]), ("seller", [2])])
def test_private_deals_of_others_are_for_admins(sales: Sales, who: str, seen: list[int]) -> None:
    for visible_to in (1, 3):
        sales.deal(by=sales.restricted, visible_to=visible_to)
    asked = {"by": getattr(sales, who), "user_id": sales.restricted.user_id}
    assert sales.ids(*JANUARY, **asked)["new_deals"] == seen


def test_private_deals_of_others_are_for_their_followers(sales: Sales) -> None:
    deal_id = sales.deal(by=sales.restricted, visible_to=1, status="won")
    sales.admin.post(f"/v1/deals/{deal_id}/followers", {"user_id": sales.seller.user_id})
    assert sales.closed(*JANUARY, by=sales.seller, user_id=sales.restricted.user_id) == (100, 0)


def test_ones_own_private_deals_count(sales: Sales) -> None:
    sales.deal(by=sales.seller, visible_to=1)
    assert sales.ids(*JANUARY, by=sales.seller)["new_deals"] == [1]


def test_deleted_deals_do_not_count(sales: Sales) -> None:
    sales.admin.delete(f"/api/v2/deals/{sales.deal(status='won')}")
    assert (sales.ids(*JANUARY), sales.closed(*JANUARY)) == ({}, (0, 0))


def test_archived_deals_count(sales: Sales) -> None:
    sales.change(sales.deal(), is_archived=True)
    assert sales.ids(*JANUARY) == {"new_deals": [1], "deals_left_open": [1]}


# ----------------------------------------------------------------------------------------------------------- outcomes


def test_a_reopened_deal_is_open(sales: Sales) -> None:
    deal_id = sales.deal(status="lost")
    sales.change(deal_id, status="open")
    assert (sales.rates(*JANUARY), sales.closed(*JANUARY)) == ([0, 0], (0, 0))
    assert "deals_left_open" in sales.ids(*JANUARY)


def test_the_present_outcome_counts_at_its_own_time(sales: Sales) -> None:
    deal_id = sales.deal(status="lost")
    sales.at("2026-03-10T09:00Z")
    sales.change(deal_id, status="won")
    assert (sales.closed(*JANUARY), sales.closed(*MARCH)) == ((0, 0), (100, 0))


def test_given_times_of_beginning_and_winning_count(sales: Sales) -> None:
    sales.at("2026-03-10T09:00Z")
    past = {"add_time": "2026-01-02 00:00:00", "status": "won", "won_time": "2026-01-20 09:00:00"}
    assert sales.admin.post("/v1/deals", {"title": "Brought along", **past}).status == 201
    assert sales.ids(*JANUARY) == {"new_deals": [1], "won_deals": [1]}


def test_an_unqualified_deal_is_lost(sales: Sales) -> None:
    deal_id = sales.deal(stage_id=12)
    with sales.home.transaction(sales.company_id, sales.admin.user_id) as tx:
        update_deal(tx, deal_id, {"outcome": "unqualified"})
    assert (sales.closed(*JANUARY), sales.ids(*JANUARY)["lost_deals"]) == ((0, 100), [deal_id])


def test_currencies_are_kept_apart_and_formatted_for_the_reader(sales: Sales) -> None:
    for value, currency in ((5, "USD"), (7.25, "EUR"), (1000, "JPY"), (6, "USD"), (25_200, "SAR")):
        sales.deal(value=value, currency=currency)
    group = sales.moved(*JANUARY)["new_deals"]
    assert list(group["values"]) == list(group["formatted_values"]) == ["EUR", "JPY", "SAR", "USD"]
    assert (group["values"], group["formatted_values"]) == (
        {"EUR": 7.25, "JPY": 1000, "SAR": 25_200, "USD": 11},
        {"EUR": "€7.25", "JPY": "¥1,000", "SAR": "SAR 25,200", "USD": "US$11"},
    )


# ------------------------------------------------------------------------------------------------------------- stages


def test_rates_follow_the_present_order(sales: Sales) -> None:
    sales.change(sales.deal(), stage_id=12)
    assert sales.admin.put("/v1/stages/13", {"order_nr": 1}).status == 200
    shown = sales.ask(CONVERSION, *JANUARY).data["stage_conversions"]
    assert [tuple(each.values()) for each in shown] == [(13, 11, 0), (11, 12, 100)]


def test_a_deleted_stage_is_passed_over(sales: Sales) -> None:
    deal_id = sales.deal()
    sales.change(deal_id, stage_id=12)
    sales.change(deal_id, status="lost")
    sales.admin.delete("/api/v2/stages/12")
    shown = sales.ask(CONVERSION, *JANUARY).data
    assert shown["stage_conversions"] == [{"from_stage_id": 11, "to_stage_id": 13, "conversion_rate": 0}]
    assert (shown["lost_conversion"], sales.moved(*JANUARY)["movements_between_stages"]["count"]) == (100, 1)


def test_a_deal_in_a_deleted_stage_is_in_no_stages_age(sales: Sales) -> None:
    sales.deal(stage_id=12)
    sales.admin.delete("/api/v2/stages/12")
    sales.at("2026-01-11T00:00Z")
    assert sales.moved(*JANUARY)["average_age_in_days"] == {
        "across_all_stages": 10,
        "by_stages": [{"stage_id": 11, "value": 0}, {"stage_id": 13, "value": 0}],
    }


@pytest.mark.parametrize("stages", [1, 0])
def test_fewer_than_two_stages_have_no_rates(sales: Sales, stages: int) -> None:
    for stage_id in (13, 12, 11)[: 3 - stages]:
        sales.admin.delete(f"/api/v2/stages/{stage_id}")
    assert sales.rates(*JANUARY) == []


def test_each_move_counts_forward_or_back(sales: Sales) -> None:
    deal_id = sales.deal()
    for stage_id in (12, 11, 13, 12):
        sales.change(deal_id, stage_id=stage_id)
    assert (sales.moved(*JANUARY)["movements_between_stages"], sales.rates(*JANUARY)) == ({"count": 4}, [100, 100])


def test_a_deal_that_left_the_pipeline_counts_there_only_with_its_moves(sales: Sales) -> None:
    pipeline_id = sales.admin.post("/v1/pipelines", {"name": "Other"}).data["id"]
    sales.admin.post("/v1/stages", {"name": "Signing", "pipeline_id": pipeline_id})
    deal_id = sales.deal()
    sales.change(deal_id, stage_id=12)
    sales.change(deal_id, pipeline_id=pipeline_id, status="won")
    shown = sales.moved(*JANUARY)
    assert (shown["movements_between_stages"]["count"], sales.ids(*JANUARY)) == (1, {})
    assert (sales.rates(*JANUARY), sales.closed(*JANUARY)) == ([100, 0], (0, 0))
