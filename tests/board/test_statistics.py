"""`GET /board/statistics/{pipeline_id}` as programs see it. What the numbers mean is tested beside `reports`."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

import pytest

from dealflow.core.time import Instant
from dealflow.reports import kept
from dealflow.reports.figures import FIGURES
from dealflow.reports.room import MOST_MB, ROOM
from dealflow.storage import users
from tests.support.people import Server, with_scopes
from tests.support.sales import Sales, live_the_example
from tests.support.server import Client, Response, Served

MARCH: Final = ("2026-03-01", "2026-03-31")
JANUARY: Final = ("2026-01-01", "2026-01-31")
PATH: Final = "/board/statistics/1"
before_the_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def new_deals(sales: Sales, *period: str, **asked: Any) -> int:
    """How many deals began in January, or another period."""
    spans = sales.figure("flow", *(period or JANUARY), **asked)["spans"]
    return sum(span["new"] for span in spans)


def refusal(answer: Response) -> tuple[int, str, str | None]:
    return answer.status, answer.body["error"]["code"], answer.body["error"].get("field")


# ---------------------------------------------------------------------------------------------------------- the answer


def test_an_answer_says_what_was_asked_and_defines_each_figure(sales: Sales) -> None:
    sales.at("2026-05-01T12:00:00.25Z")
    answer = sales.report(*MARCH)
    figures = answer.body.pop("figures")
    assert answer.body == {
        "pipeline": {"id": 1, "name": "Sales"},
        "period": {"from": "2026-03-01", "to": "2026-03-31", "timezone": "UTC"},
        "users": "all",
        "as_of": "2026-05-01T12:00:00.250000Z",
        "currency": "EUR",
        "rates": {},
    }
    assert {name: figure["definition"] for name, figure in figures.items()} == {
        name: figure.definition for name, figure in FIGURES.items()
    }
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (
        "application/json; charset=utf-8",
        "no-store",
    )


@pytest.mark.parametrize(
    ("period", "shown"),
    [
        ({}, ("2026-02-01", "2026-05-01")),
        ({"to": "2026-03-31"}, ("2026-01-01", "2026-03-31")),
        ({"from": "2026-04-30"}, ("2026-04-30", "2026-05-01")),
        ({"as_of": "2026-03-31"}, ("2026-01-01", "2026-03-31")),
        ({"as_of": "2026-03-31T00:00:00Z"}, ("2026-01-01", "2026-03-31")),
    ],
    ids=str,
)
def test_a_period_is_the_last_ninety_days_unless_it_is_given(
    sales: Sales, period: dict[str, Any], shown: tuple[str, str]
) -> None:
    sales.at("2026-05-01T12:00Z")
    found = sales.report(**period).body["period"]
    assert (found["from"], found["to"]) == shown


def test_figures_may_be_chosen(sales: Sales) -> None:
    assert list(sales.report(figures="velocity, funnel").body["figures"]) == ["velocity", "funnel"]


@pytest.mark.parametrize("header", ["x-api-token", "Authorization"])
def test_either_kind_of_token_opens_it(sales: Sales, header: str) -> None:
    stranger = Client(sales.home.served(), None)
    token = sales.admin.token if header == "x-api-token" else f"Bearer {sales.sell.token}"
    assert stranger.call("GET", PATH, headers={header: str(token)}).status == 200


def test_what_another_dialect_changes_is_counted_at_the_next_call(sales: Sales) -> None:
    deal_id = sales.deal()
    before = sales.figure("win_rate", *JANUARY)["won"]
    sales.change(deal_id, status="won")
    by_pipedrive = sales.figure("win_rate", *JANUARY)["won"]
    stages = sales.sell.get("/v2/stages", active="false", per_page=100).body["items"]
    lost = next(each["data"]["id"] for each in stages if each["data"]["category"] == "lost")
    assert sales.sell.put(f"/v2/deals/{deal_id}", {"stage_id": lost}).status == 200
    closed = sales.figure("win_rate", *JANUARY)
    assert (before, by_pipedrive, closed["won"], closed["lost"]) == (0, 1, 0, 1)


# --------------------------------------------------------------------------------------------------------- whose deals


def test_everyones_deals_count_unless_users_are_named(sales: Sales) -> None:
    sales.deal(), sales.deal(by=sales.seller), sales.deal(by=sales.restricted)
    one, two = sales.admin.user_id, sales.seller.user_id
    asked = [None, "all", f"{one}", f"{one},{two}", f"{two}, {two}"]
    assert [new_deals(sales, **({} if each is None else {"users": each})) for each in asked] == [3, 3, 1, 2, 1]


def test_the_users_are_in_the_answer(sales: Sales) -> None:
    assert sales.report(users=f"{sales.seller.user_id}").body["users"] == [sales.seller.user_id]


def test_who_sees_only_their_own_deals_gets_those(sales: Sales) -> None:
    sales.deal(), sales.deal(by=sales.restricted)
    by = sales.restricted
    asked: list[dict[str, Any]] = [{}, {"users": by.user_id}]
    assert [new_deals(sales, by=by, **each) for each in asked] == [1, 1]
    assert sales.report(by=by).body["users"] == [by.user_id]


@pytest.mark.parametrize("users", ["all", "1", "1,3"])
def test_they_may_not_ask_about_others(sales: Sales, users: str) -> None:
    assert refusal(sales.report(by=sales.restricted, users=users)) == (403, "forbidden", None)


def test_private_deals_of_others_count_for_admins_and_followers(sales: Sales) -> None:
    deal_id = sales.deal(by=sales.restricted, visible_to=1)
    sales.deal(by=sales.seller, visible_to=1)
    before = [new_deals(sales, by=by) for by in (sales.admin, sales.seller)]
    sales.admin.post(f"/v1/deals/{deal_id}/followers", {"user_id": sales.seller.user_id})
    assert (before, new_deals(sales, by=sales.seller)) == ([2, 1], 2)


def test_deleted_deals_do_not_count(sales: Sales) -> None:
    deal_id = sales.deal()
    before = new_deals(sales)
    sales.admin.delete(f"/api/v2/deals/{deal_id}")
    assert (before, new_deals(sales)) == (1, 0)


# --------------------------------------------------------------------------------------------------------------- money


def won_value(sales: Sales, **asked: Any) -> Any:
    return sales.figure("win_rate", *MARCH, **asked)["won_value"]


def sell_in_march(sales: Sales) -> None:
    sales.at("2026-03-31T12:00Z")
    for value, currency in ((100, "USD"), (10.5, "EUR"), (7, "GBP")):
        sales.deal(value=value, currency=currency, status="won")


@pytest.mark.usefixtures("rates")
def test_values_are_converted_by_the_rates_of_the_answer(sales: Sales) -> None:
    sell_in_march(sales)
    answer = sales.report(*MARCH, figures="win_rate").body
    assert answer["rates"] == {"USD": {"rate": 0.8, "day": "2026-03-31"}}
    assert answer["figures"]["win_rate"]["won_value"] == {
        "by_currency": {"EUR": 10.5, "GBP": 7, "USD": 100},
        "converted": 90.5,
        "without_rate": ["GBP"],
    }


@pytest.mark.usefixtures("rates")
def test_a_rate_between_two_currencies_is_as_old_as_the_older(sales: Sales) -> None:
    sell_in_march(sales)
    answer = sales.report(*MARCH, currency="sek", figures="win_rate").body
    assert answer["rates"] == {
        "EUR": {"rate": 10, "day": "2026-03-30"},
        "USD": {"rate": 8, "day": "2026-03-30"},
    }
    assert (answer["currency"], answer["figures"]["win_rate"]["won_value"]["converted"]) == ("SEK", 905)


@pytest.mark.usefixtures("rates")
def test_rates_are_those_of_the_moment_asked_about(sales: Sales) -> None:
    sales.at("2026-03-30T12:00Z")
    sales.deal(value=100, currency="USD", status="won")
    sales.at("2026-05-01T12:00Z")
    values = [won_value(sales, **asked)["converted"] for asked in ({}, {"as_of": "2026-03-30"})]
    assert values == [80, None]


def test_without_rates_nothing_is_added(sales: Sales) -> None:
    sell_in_march(sales)
    assert won_value(sales, currency="USD") == {
        "by_currency": {"EUR": 10.5, "GBP": 7, "USD": 100},
        "converted": 100,
        "without_rate": ["EUR", "GBP"],
    }


# --------------------------------------------------------------------------------------------------------------- spans


def new_by_span(sales: Sales, *period: str, interval: str) -> list[tuple[str, str, int]]:
    spans = sales.figure("flow", *period, interval=interval)["spans"]
    return [(span["from"], span["to"], span["new"]) for span in spans]


def begin_around_summer_time(sales: Sales) -> None:
    """Ann lives in Tallinn, where the 29th of March is from 22 o'clock to 21 o'clock UTC."""
    with sales.home.transaction(sales.company_id) as tx:
        ann = users.users.get(tx, sales.admin.user_id)
        users.users.save(tx, ann, ann._replace(timezone="Europe/Tallinn"))
    for moment in ("2026-03-28T21:59:59Z", "2026-03-28T22:00Z", "2026-03-29T20:59:59Z", "2026-03-29T21:00Z"):
        sales.at(moment)
        sales.deal()
    sales.at("2026-05-01T12:00Z")


@pytest.mark.parametrize(
    ("interval", "spans"),
    [
        (
            "day",
            [("2026-03-28", "2026-03-28", 1), ("2026-03-29", "2026-03-29", 2), ("2026-03-30", "2026-03-30", 1)],
        ),
        ("week", [("2026-03-28", "2026-03-29", 3), ("2026-03-30", "2026-03-30", 1)]),
        ("month", [("2026-03-28", "2026-03-30", 4)]),
    ],
)
def test_spans_are_those_of_who_asks(sales: Sales, interval: str, spans: list[tuple[str, str, int]]) -> None:
    begin_around_summer_time(sales)
    assert new_by_span(sales, "2026-03-28", "2026-03-30", interval=interval) == spans


# -------------------------------------------------------------------------------------------------------- explanations


def test_a_number_is_explained_by_its_deals_page_by_page(sales: Sales) -> None:
    for _ in range(5):
        sales.deal()
    pages = [sales.report(*JANUARY, explain="funnel.entered.11", limit=2, start=start).body for start in (0, 2, 4, 6)]
    assert [(page["deal_ids"], page["total"], page["next_start"]) for page in pages] == [
        ([1, 2], 5, 2),
        ([3, 4], 5, 4),
        ([5], 5, None),
        ([], 5, None),
    ]
    assert (pages[0]["figure"], pages[0]["definition"]) == ("funnel.entered.11", FIGURES["funnel"].definition)


def test_an_explanation_keeps_to_what_may_be_seen(sales: Sales) -> None:
    sales.deal(visible_to=1), sales.deal()
    shown = [sales.report(*JANUARY, explain="open_age.all", by=by).body for by in (sales.admin, sales.seller)]
    assert [each["deal_ids"] for each in shown] == [[1, 2], [2]]


# --------------------------------------------------------------------------------------------------------------- as of


def ask_of_all(sales: Sales, **asked: Any) -> bytes:
    return sales.report("2026-01-01", "2026-06-30", interval="week", **asked).raw


def change_everything(sales: Sales) -> None:
    """Over both dialects: deals, stages and the pipeline."""
    admin, sell = sales.admin, sales.sell
    other = admin.post("/api/v2/pipelines", {"name": "Renewals"}).data["id"]
    admin.post("/api/v2/stages", {"name": "Signing", "pipeline_id": other})
    admin.post("/api/v2/stages", {"name": "Legal", "pipeline_id": 1})
    changes: list[tuple[int, dict[str, Any]]] = [
        (1, {"status": "open"}),
        (2, {"status": "won", "value": 7, "currency": "SEK"}),
        (3, {"pipeline_id": other}),
        (5, {"stage_id": 13, "expected_close_date": "2026-07-01"}),
        (6, {"owner_id": admin.user_id, "is_archived": True}),
    ]
    for deal_id, change in changes:
        sales.change(deal_id, **change)
    sales.deal(value=5, currency="JPY", status="won")
    contact = sell.post("/v2/contacts", {"last_name": "Lee"}).data["id"]
    mine = sell.post("/v2/deals", {"name": "Late", "contact_id": contact}).data["id"]
    assert sell.put(f"/v2/deals/{mine}", {"stage_id": 12}).status == 200
    assert sell.put("/v2/deals/4", {"stage_id": 11, "value": 12.5}).status == 200
    assert sell.delete("/v2/deals/2").status == 204
    assert admin.put("/v1/stages/13", {"order_nr": 1, "name": "Offer", "deal_probability": 1}).status == 200
    assert admin.delete("/api/v2/stages/12").status == 200
    assert admin.patch("/api/v2/pipelines/1", {"name": "Old", "is_deal_probability_enabled": True}).status == 200
    assert admin.delete("/api/v2/deals/3").status == 200


def lived_on(sales: Sales, asked: dict[str, Any]) -> tuple[bytes, bytes]:
    """An answer given in May, and the same of the changed company as of then."""
    live_the_example(sales)
    then = sales.report(**asked)
    sales.clock.advance(days=3)
    change_everything(sales)
    sales.clock.advance(days=3)
    return then.raw, sales.report(**{**asked, "as_of": then.body["as_of"]}).raw


@pytest.mark.usefixtures("rates")
@pytest.mark.parametrize("users", ["all", "2"])
def test_a_past_answer_stays_as_it_was(sales: Sales, users: str) -> None:
    """To the byte, while the present one changed."""
    asked: dict[str, Any] = {"from": "2026-01-01", "to": "2026-06-30", "interval": "week", "users": users}
    then, again = lived_on(sales, asked)
    assert again == then
    assert sales.report(**asked).raw != then


@pytest.mark.usefixtures("rates")
def test_a_past_answer_is_the_same_from_columns_read_anew(sales: Sales) -> None:
    kept.SHELF.clear()
    then, again = lived_on(sales, {"from": "2026-01-01", "to": "2026-06-30"})
    kept.SHELF.clear()
    assert sales.report("2026-01-01", "2026-06-30", as_of="2026-05-01T12:00:00Z").raw == again == then


def test_a_past_explanation_stays_as_it_was(sales: Sales) -> None:
    asked: dict[str, Any] = {"from": "2026-03-01", "to": "2026-03-31", "explain": "funnel.converted.12"}
    live_the_example(sales)
    then = sales.report(**asked).body
    sales.clock.advance(days=3)
    change_everything(sales)
    assert sales.report(**asked, as_of="2026-05-01T12:00Z").body == then


def test_a_day_is_asked_about_as_of_its_last_moment(sales: Sales) -> None:
    sales.at("2026-03-10T23:59:59.999999Z")
    sales.deal(expected_close_date="2026-03-10")
    sales.at("2026-03-11T00:00Z")
    sales.deal(expected_close_date="2026-03-10")
    sales.at("2026-05-01T12:00Z")
    answer = sales.report(as_of="2026-03-10", figures="forecast").body
    forecast = answer["figures"]["forecast"]
    assert (answer["as_of"], answer["period"]["to"]) == ("2026-03-10T23:59:59.999999Z", "2026-03-10")
    assert (forecast["overdue"]["deals"], [each["deals"] for each in forecast["months"]]) == (0, [1])


def test_as_of_today_is_now(sales: Sales) -> None:
    sales.at("2026-05-01T12:00Z")
    assert sales.report(as_of="2026-05-01").raw == sales.report().raw


def test_an_instant_has_its_offset(sales: Sales) -> None:
    sales.at("2026-05-01T12:00Z")
    assert sales.report(as_of="2026-05-01T02:00:00+02:00").body["as_of"] == "2026-05-01T00:00:00Z"


@pytest.mark.parametrize(
    "moment", ["2025-12-31", "2025-12-31T23:59:59Z", "0001-01-01", "0001-01-01T00:00:00+14:00", "1969-12-31"]
)
def test_before_it_was_made_a_pipeline_is_not_there(sales: Sales, moment: str) -> None:
    assert refusal(sales.report(as_of=moment)) == (404, "not_found", None)


def test_what_is_private_today_was_not_open_to_others(sales: Sales) -> None:
    deal_id = sales.deal()
    sales.at("2026-02-01T00:00Z")
    sales.change(deal_id, visible_to=1)
    past = {"as_of": "2026-01-15"}
    assert [new_deals(sales, by=by, **past) for by in (sales.admin, sales.seller)] == [1, 0]


# ----------------------------------------------------------------------------------------------------------------- CSV


def rows(answer: Response) -> list[list[str]]:
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.raw.decode(), newline="")))


@pytest.mark.parametrize(
    ("accept", "query", "is_csv"),
    [
        ("text/csv", {}, True),
        ("text/csv, application/json;q=0.5", {}, True),
        ("TEXT/CSV; charset=utf-8", {}, True),
        ("application/json, text/csv", {}, False),
        ("application/json;q=0.5, text/csv", {}, True),
        ("text/csv;q=0.5, */*;q=0.1", {}, True),
        ("text/csv;q=0.1, */*;q=0.5", {}, False),
        ("text/csv;q=0", {}, False),
        ("text/csv;q=much", {}, True),
        ("*/*", {}, False),
        ("text/html", {}, False),
        (None, {}, False),
        (None, {"format": "csv"}, True),
        ("application/json", {"format": "csv"}, True),
        ("text/csv", {"format": "json"}, False),
    ],
)
def test_csv_comes_to_those_who_want_it(sales: Sales, accept: str | None, query: dict[str, Any], is_csv: bool) -> None:
    answer = sales.report(accept=accept, **query)
    assert (answer.status, answer.headers["content-type"].startswith("text/csv")) == (200, is_csv)


@pytest.mark.usefixtures("rates")
def test_csv_has_every_number_of_the_json(sales: Sales) -> None:
    live_the_example(sales)
    head, *found = rows(sales.report(*MARCH, format="csv"))
    assert head == ["figure", "of", "number", "value"]
    told = {
        ("funnel", "11 Qualified", "converted", "3"),
        ("funnel", "11 Qualified", "rate_of_decided_percent", "75"),
        ("movements", "", "total", "4"),
        ("movements", "11 13", "between_stages.count", "1"),
        ("movements", "12", "began.count", "1"),
        ("movements", "12", "won.count", "1"),
        ("open_age", "", "all.count", "2"),
        ("win_rate", "", "won_value.by_currency.EUR", "1000"),
        ("win_rate", "", "won_value.converted", "1320"),
        ("flow", "2026-03-01 2026-03-31", "new", "6"),
        ("cohorts", "2026-03 13", "reached.deals", "3"),
        ("forecast", "2026-06", "weighted_value.converted", "448"),
    }
    assert told - set(map(tuple, found)) == set()
    assert len({tuple(row[:3]) for row in found}) == len(found)


def test_an_explanation_as_csv_is_whole(sales: Sales) -> None:
    sales.deal(), sales.deal()
    answer = sales.report(*JANUARY, explain="open_age.all", format="csv", limit=1)
    assert rows(answer) == [["deal_id"], ["1"], ["2"]]
    assert answer.headers["content-disposition"] == 'attachment; filename="deals.csv"'


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '",=1+1\r\n=2'])
def test_no_cell_is_a_formula(sales: Sales, name: str) -> None:
    sales.admin.patch("/api/v2/stages/11", {"name": name})
    sales.deal(value=-5)
    found = rows(sales.report(*JANUARY, format="csv"))
    cells = [cell for row in found for cell in row[:3]]
    assert {len(row) for row in found} == {4}
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


# ------------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "soon"}, "from"),
        ({"from": "2026-3-1"}, "from"),
        ({"from": "null"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"to": ""}, "to"),
        ({"from": "2026-04-01", "to": "2026-03-31"}, "from"),
        ({"from": "2099-01-01"}, "from"),
        ({"users": "me"}, "users"),
        ({"users": ""}, "users"),
        ({"users": "1,all"}, "users"),
        ({"users": ",".join(map(str, range(1, 502)))}, "users"),
        ({"currency": "EUX"}, "currency"),
        ({"currency": ""}, "currency"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": "2026-13-01"}, "as_of"),
        ({"as_of": "2026-03-31T12:00:00"}, "as_of"),
        ({"as_of": "2026-05-02"}, "as_of"),
        ({"as_of": "2026-05-01T12:00:00.000001Z"}, "as_of"),
        ({"as_of": "9999-12-31"}, "as_of"),
        ({"as_of": "9999-12-31T23:59:59-12:00"}, "as_of"),
        ({"interval": "year"}, "interval"),
        ({"interval": "day", "from": "2020-01-01"}, "interval"),
        ({"figures": "funnel,nothing"}, "figures"),
        ({"explain": "nothing"}, "explain"),
        ({"explain": ""}, "explain"),
        ({"explain": "funnel.entered.99"}, "explain"),
        ({"start": "-1"}, "start"),
        ({"start": "x"}, "start"),
        ({"limit": "0"}, "limit"),
        ({"limit": "501"}, "limit"),
        ({"format": "xml"}, "format"),
        ({"zebra": "1"}, "zebra"),
        ({"api_token": "x"}, "api_token"),
        ({"limit": ["1", "2"]}, "limit"),
    ],
    ids=str,
)
@before_the_database
def test_a_bad_parameter_is_named(sales: Sales, query: dict[str, Any], field: str) -> None:
    sales.at("2026-05-01T12:00Z")
    assert refusal(sales.report(**query)) == (400, "invalid", field)


@pytest.mark.parametrize("path", ["999", "0", "-1", "x", "1.5", str(2**63), "1/2", ""])
def test_an_unknown_pipeline_is_not_found(sales: Sales, path: str) -> None:
    assert refusal(sales.admin.get(f"/board/statistics/{path}")) == (404, "not_found", None)


@pytest.mark.parametrize("users", ["999", "1,999", "0"])
def test_an_unknown_user_is_not_found(sales: Sales, users: str) -> None:
    assert refusal(sales.report(users=users)) == (404, "not_found", None)


@before_the_database
@pytest.mark.parametrize("token", [None, "0" * 40])
def test_nobody_is_answered_without_a_token(sales: Sales, token: str | None) -> None:
    answer = Client(sales.home.served(), token).get(PATH)
    assert (refusal(answer), answer.headers["www-authenticate"]) == ((401, "unauthorized", None), "Bearer")


@before_the_database
@pytest.mark.parametrize(
    ("scopes", "status"), [("deals:read", 200), ("deals:full", 200), ("contacts:full", 403), ("", 403)]
)
def test_a_token_needs_the_scope(server: Server, scopes: str, status: int) -> None:
    assert with_scopes(server, scopes).get(PATH).status == status


@before_the_database
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_statistics_are_only_read(sales: Sales, method: str) -> None:
    answer = sales.admin.call(method, PATH)
    assert (refusal(answer), answer.headers["allow"]) == ((405, "method_not_allowed", None), "GET")


def test_a_deleted_pipeline_still_has_its_past(sales: Sales) -> None:
    sales.deal(status="won")
    sales.admin.post("/v1/pipelines", {"name": "Other"})
    assert sales.admin.delete("/v1/pipelines/1").status == 200
    assert sales.figure("win_rate", *JANUARY)["won"] == 1


@pytest.fixture
def forgetful(sales: Sales) -> Iterator[Client]:
    """The admin at a server that has no memory for statistics."""
    served = Served(sales.home.url, sales.clock, statistics_mb=0)
    yield Client(served, sales.admin.token, sales.admin.user_id)
    served.stop()
    ROOM.most_mb = MOST_MB


def test_without_memory_for_them_statistics_are_the_same(sales: Sales, forgetful: Client) -> None:
    live_the_example(sales)
    assert sales.report(*MARCH, by=forgetful).raw == sales.report(*MARCH).raw
    assert len(kept.SHELF) == 0


def test_an_event_that_comes_with_the_same_time_is_counted(sales: Sales) -> None:
    """The clock stands still: columns are brought up to date by the number of the newest event."""
    counts = [new_deals(sales) for _ in range(3) if sales.deal()]
    assert (counts, sales.clock.now) == ([1, 2, 3], Instant(1_767_225_600_000_000))
