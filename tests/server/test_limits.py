"""The vendors' limits for rehearsal (Pipedrive's contract 4.1 to 4.4, 6.2; Sell's 1.8)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from dealflow.dialects.pipedrive.dialect import V1, V2
from dealflow.dialects.sell.dialect import V2 as SELL
from dealflow.server.limits import PLANS, Limited, Limits, Rate
from dealflow.wire import OverLimit, Route
from tests.support.databases import Home
from tests.support.sell import SellClient, codes
from tests.support.server import Client, Served

GET_ONE: Route = V2.find("GET", "deals/1")[0]
SEARCH: Route = V1.find("GET", "persons/search")[0]
SELL_LIST: Route = SELL.find("GET", "pipelines")[0]
TOKEN = "a" * 40


class Time:
    def __init__(self) -> None:
        self.seconds = 0.0
        self.day = datetime(2026, 3, 9, 23, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.day


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def lite(time: Time) -> Limits:
    return Limits(PLANS["lite"], clock=time.monotonic, today=time.now)


def charge(limits: Limits, route: Route = GET_ONE, *, company_id: int = 1, token: str = TOKEN) -> dict[str, int]:
    return {name.decode(): int(value) for name, value in limits.charge(company_id, token, route, seats=lambda: 2)}


def refusal(limits: Limits, route: Route = GET_ONE) -> Limited:
    with pytest.raises(Limited) as caught:
        charge(limits, route)
    return caught.value


def spend(limits: Limits, calls: int, route: Route = GET_ONE) -> None:
    for _ in range(calls):
        charge(limits, route)


def test_the_budget_is_thirty_thousand_a_seat_times_the_plan(lite: Limits) -> None:
    assert charge(lite)["X-Daily-RateLimit-Token-Limit"] == 60_000


def test_a_call_costs_what_its_row_says(lite: Limits) -> None:
    assert charge(lite, SEARCH)["X-Daily-RateLimit-Token-Remaining"] == 60_000 - 40


def test_the_window_counts_down(lite: Limits) -> None:
    assert charge(lite)["X-RateLimit-Remaining"] == 19


def test_the_twenty_first_call_in_two_seconds_is_refused(lite: Limits) -> None:
    spend(lite, 20)
    assert dict(refusal(lite).headers)[b"X-RateLimit-Remaining"] == b"0"


def test_a_burst_refusal_never_says_that_the_day_is_over(lite: Limits) -> None:
    spend(lite, 20)
    assert int(dict(refusal(lite).headers)[b"X-Daily-RateLimit-Token-Remaining"]) > 0


def test_the_window_rolls(lite: Limits, time: Time) -> None:
    spend(lite, 20)
    time.seconds = 2.0
    assert charge(lite)["X-RateLimit-Remaining"] == 19


def test_searches_have_ten_in_a_window_on_any_plan(time: Time) -> None:
    ultimate = Limits(PLANS["ultimate"], clock=time.monotonic, today=time.now)
    spend(ultimate, 10, SEARCH)
    assert refusal(ultimate, SEARCH).retry_after_s == 2


def test_another_token_has_its_own_window(lite: Limits) -> None:
    spend(lite, 20)
    assert charge(lite, token="b" * 40)["X-RateLimit-Remaining"] == 19


def test_a_spent_day_is_told_by_token_remaining_zero_and_a_window_that_is_not(lite: Limits) -> None:
    charge(lite)
    lite._spent[1] = 60_000
    headers = dict(refusal(lite).headers)
    assert (headers[b"X-Daily-RateLimit-Token-Remaining"], int(headers[b"X-RateLimit-Remaining"]) >= 1) == (b"0", True)


def test_a_spent_day_ends_at_midnight_utc(lite: Limits) -> None:
    charge(lite)
    lite._spent[1] = 60_000
    assert refusal(lite).retry_after_s == 3600


def test_a_new_day_begins_with_a_full_budget(lite: Limits, time: Time) -> None:
    charge(lite)
    lite._spent[1] = 60_000
    time.day = datetime(2026, 3, 10, 0, 0, 1, tzinfo=UTC)
    assert charge(lite)["X-Daily-RateLimit-Token-Remaining"] == 59_999


@pytest.fixture
def limited(database: Home) -> Iterator[Client]:
    served = Served(database.url, database.clock, plan="lite")
    yield Client(served, database.new_tenant().admin.pipedrive_token)
    served.stop()


def test_a_refused_call_is_a_429_in_the_vendors_words(limited: Client) -> None:
    answers = [limited.get("/api/v2/pipelines") for _ in range(21)]
    assert answers[-1].body == {
        "success": False,
        "error": "Request over limit",
        "errorCode": 429,
        "error_info": "Please check developers.pipedrive.com",
    }


def test_a_refused_call_carries_the_headers_clients_wait_by(limited: Client) -> None:
    last = [limited.get("/api/v2/pipelines") for _ in range(21)][-1].headers
    assert (last["x-ratelimit-remaining"], last["x-ratelimit-limit"], "retry-after" in last) == ("0", "20", True)


def test_without_a_plan_no_limit_is_told(database: Home) -> None:
    client = Client(database.served(), database.new_tenant().admin.pipedrive_token)
    assert not [name for name in client.get("/api/v2/pipelines").headers if "ratelimit" in name]


def test_a_call_without_a_token_costs_nothing(limited: Client) -> None:
    for _ in range(30):
        limited.served.send("GET", "/api/v2/pipelines", None, {})
    assert limited.get("/api/v2/pipelines").status == 200


# ----------------------------------------------------------------------------------------------------------- Sell


@pytest.fixture
def ten_a_second(time: Time) -> Rate:
    return Rate(10, clock=time.monotonic)


def call(rate: Rate, times: int = 1, token: str = TOKEN) -> int:
    """How many of some calls are let through."""
    passed = 0
    for _ in range(times):
        try:
            rate.charge(1, token, SELL_LIST, lambda: 1)
        except OverLimit:
            continue
        passed += 1
    return passed


def test_each_token_has_so_many_calls_a_second(ten_a_second: Rate) -> None:
    assert (call(ten_a_second, 30), call(ten_a_second, 30, token="b" * 64)) == (10, 10)


def test_calls_come_back_bit_by_bit(ten_a_second: Rate, time: Time) -> None:
    call(ten_a_second, 30)
    time.seconds = 0.35
    assert call(ten_a_second, 30) == 3


def test_a_rest_saves_up_a_second_at_the_most(ten_a_second: Rate, time: Time) -> None:
    call(ten_a_second, 30)
    time.seconds = 3_600
    assert call(ten_a_second, 30) == 10


@pytest.fixture
def sell(database: Home) -> Iterator[SellClient]:
    served = Served(database.url, database.clock, sell_rate=10)
    yield SellClient(served, database.new_tenant().admin.sell_token)
    served.stop()


def test_thirty_calls_at_once_are_too_many(sell: SellClient) -> None:
    """What the vendor's Java client asks of a server."""
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda _: sell.get("/v2/users/self"), range(30)))
    refused = [each for each in answers if each.status == 429]
    assert {each.status for each in answers} == {200, 429}
    assert {code for each in refused for code in codes(each)} == {(None, "rate_limit_exceeded")}
    assert {(each.headers["retry-after"], each.body["meta"]["http_status"]) for each in refused} == {
        ("1", "429 Too Many Requests")
    }


def test_each_token_of_sell_counts_on_its_own(sell: SellClient, database: Home) -> None:
    other = SellClient(sell.plain.served, database.new_tenant().admin.sell_token)
    for _ in range(30):
        sell.get("/v2/pipelines")
    assert other.get("/v2/pipelines").status == 200


def test_the_rate_of_sell_is_not_for_the_other_dialect(sell: SellClient) -> None:
    client = Client(sell.plain.served, sell.token)
    assert {client.get("/api/v2/pipelines").status for _ in range(30)} == {200}


def test_without_a_rate_any_number_of_calls_is_answered(database: Home) -> None:
    client = SellClient(database.served(), database.new_tenant().admin.sell_token)
    assert {client.get("/v2/pipelines").status for _ in range(30)} == {200}


def test_the_plan_of_one_vendor_leaves_the_other_alone(limited: Client) -> None:
    client = SellClient(limited.served, limited.token)
    assert {client.get("/v2/pipelines").status for _ in range(30)} == {200}
