"""Every figure over columns is what the definition makes of the lives one by one (docs/statistics.md)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealflow.core.errors import Invalid
from dealflow.core.money import LARGEST
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.core.statistics import Period, conversion, movement
from dealflow.core.time import DAY, SECOND, Day, Instant, end_of, instant, start_of
from dealflow.reports import counted
from dealflow.reports.columns import Lived, Packed
from dealflow.reports.figures import FIGURES, explained
from dealflow.reports.question import Question
from dealflow.reports.report import Asking, Report
from dealflow.storage.rates import Rate, Rates
from tests.reports.reference import Reference, life_of
from tests.support.lengths import length

HOUR: Final = 3_600 * SECOND
PIPELINE: Final = 1
OTHER: Final = 2
FOUR: Final = (11, 12, 13, 14)
DELETED: Final = 19
BEGINNING: Final = instant(datetime(2026, 3, 20, tzinfo=UTC))
# Summer time begins in the first three within a fortnight of the beginning, in Beirut at a midnight.
ZONES: Final = ["Europe/Tallinn", "Asia/Beirut", "America/New_York", "UTC", "Pacific/Kiritimati"]
RATES: Final = Rates([Rate("USD", Day("2026-03-20"), 108_430_000), Rate("JPY", Day("2026-03-19"), 16_123_000_000)])


def a_pipeline(*, has_probabilities: bool = True) -> Pipeline:
    return Pipeline(PIPELINE, "Sales", 1, "active", has_probabilities, False, BEGINNING, None, 1)


def a_stage(stage_id: int, likelihood: int = 100) -> Stage:
    name = f"Stage {stage_id}"
    return Stage(stage_id, PIPELINE, name, "open", stage_id, likelihood, False, None, BEGINNING, None, None, 1)


def a_deal(deal_id: int = 1, *stages: int, **given: Any) -> Lived:
    """Came into stages of the pipeline a day after another, in euros, and is open unless told otherwise."""
    entries = [(Instant(BEGINNING + day * DAY), PIPELINE, stage) for day, stage in enumerate(stages or (11,))]
    usual = Lived(deal_id, 1, PIPELINE, "open", None, entries[0][0], 10_000, "EUR", False, False, None, None, entries)
    return usual._replace(**given)


class Case(NamedTuple):
    """Lives, some of which were otherwise before, and what is asked about them."""

    before: Sequence[Lived]
    lives: Sequence[Lived]
    asking: Asking
    stages: Sequence[Stage]
    now: Instant
    pipeline: Pipeline = a_pipeline()
    rates: Rates = RATES

    def report(self) -> Report:
        packed = Packed()
        packed.replace([], self.before)
        packed.columns().ranks(PIPELINE, tuple(stage.id for stage in self.stages))
        packed.replace([each.deal_id for each in self.before], self.lives)
        columns, asking = packed.columns(), self.asking
        meant = np.ones(len(columns.deal_id), np.bool_)
        if asking.users is not None:
            meant = np.isin(columns.owner_id, asking.users)
        period = Period(start_of(asking.first, asking.timezone), end_of(asking.last, asking.timezone))
        ids = [stage.id for stage in self.stages]
        question = Question(columns, meant, self.pipeline.id, ids, period, self.now)
        return Report(asking, question, self.pipeline, self.stages, self.rates)

    def reference(self) -> Reference:
        return Reference(self.lives, self.asking, self.pipeline, self.stages, self.rates, self.now)

    def shown(self) -> dict[str, dict[str, Any]]:
        report = self.report()
        return {name: figure.shown(report) for name, figure in FIGURES.items()}


def asked(*lives: Lived, stages: Sequence[Stage] | None = None, now: Instant | None = None, **given: Any) -> Case:
    """Four stages, and the fortnight from the beginning on, seen at its end."""
    asking = Asking(PIPELINE, Day("2026-03-20"), Day("2026-04-02"), "UTC", "EUR")._replace(**given)
    found = [a_stage(each) for each in FOUR] if stages is None else stages
    return Case([], lives, asking, found, Instant(BEGINNING + 14 * DAY) if now is None else now)


# ------------------------------------------------------------------------------------------------------ random lives

days = st.integers(-20, 70).map(lambda number: Day((date(2026, 3, 20) + timedelta(days=number)).isoformat()))
hours = st.integers(0, 14 * 12).map(lambda number: Instant(BEGINNING + 2 * number * HOUR))
seeds = st.integers(0, 2**32)


def a_life(deal_id: int, seed: int) -> Lived:
    """A made-up life; the number it is made from stands for all choices, which would take long to draw one by one.

    There are few enough hours that many times are equal, and some are midnights. Entries are in order, but for the
    first, which is when the deal began.
    """
    chosen = Random(seed)

    def an_hour() -> Instant:
        return Instant(BEGINNING + 2 * chosen.randint(0, 14 * 12) * HOUR)

    def a_place() -> tuple[int, int]:
        stage = chosen.choice([*FOUR, *FOUR, DELETED])
        return chosen.choice([(PIPELINE, stage)] * 4 + [(OTHER, 21), (OTHER, 22), (OTHER, FOUR[0])])

    times = sorted(an_hour() for _ in range(chosen.randint(1, 6)))
    started = chosen.choice([times[0], times[0], an_hour()])
    entries = [(at, *a_place()) for at in [started, *times[1:]]]
    outcome = chosen.choice(["open", "open", "won", "won", "lost", "unqualified"])
    day = Day((date(2026, 3, 20) + timedelta(days=chosen.randint(-20, 70))).isoformat())
    return Lived(
        deal_id=deal_id,
        owner_id=chosen.choice([1, 2, 3]),
        pipeline_id=entries[-1][1],
        outcome=outcome,
        outcome_at=None if outcome == "open" else an_hour(),
        started_at=started,
        value=chosen.choice([0, LARGEST, -LARGEST, *(chosen.randint(-50_000, 10**9) for _ in range(6))]),
        currency=chosen.choice(["EUR", "EUR", "USD", "JPY", "GBP"]),
        is_private=False,
        is_archived=chosen.random() < 0.2,
        expected_close=chosen.choice([None, day, day]),
        probability=chosen.choice([None, chosen.randint(0, 100)]),
        entries=entries,
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Of the four stages some are there, in any order."""
    there = draw(st.permutations(FOUR))[draw(st.integers(0, 4)) :]
    first, last = sorted([draw(days), draw(days)])
    asking = Asking(
        pipeline_id=PIPELINE,
        first=first,
        last=last,
        timezone=draw(st.sampled_from(ZONES)),
        currency=draw(st.sampled_from(["EUR", "JPY", "USD", "GBP"])),
        users=draw(st.sampled_from([None, None, (1,), (2, 3), (4,)])),
        interval=draw(st.sampled_from(["day", "week", "month"])),
    )
    return Case(
        before=[a_life(deal_id, deal_id) for deal_id in draw(st.sets(st.integers(1, 12), max_size=3))],
        lives=[a_life(*each) for each in enumerate(draw(st.lists(seeds, max_size=30)), 1)],
        asking=asking,
        stages=[a_stage(each, draw(st.integers(0, 100))) for each in there],
        now=draw(hours),
        pipeline=a_pipeline(has_probabilities=draw(st.booleans())),
    )


together = settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=length(150, nightly=5_000))


@together
@given(cases())
def test_every_figure_is_what_its_definition_says(case: Case) -> None:
    assert case.shown() == case.reference().figures()


@together
@given(cases())
def test_every_number_is_explained_by_its_deals(case: Case) -> None:
    """Each once, however often it counts."""
    report, groups = case.report(), case.reference().groups
    assert {name: explained(report, name) for name in groups} == {
        name: sorted(set(deal_ids)) for name, deal_ids in groups.items()
    }


@together
@given(cases())
def test_figures_agree_with_the_statistics_of_the_dialect(case: Case) -> None:
    """The rate of decided is that of the conversion, and what is left open at the end that of the movement."""
    report = case.report()
    shown = {name: FIGURES[name].shown(report) for name in ("funnel", "movements", "flow", "win_rate")}
    asking, ids = case.asking, [stage.id for stage in case.stages]
    period = Period(start_of(asking.first, asking.timezone), end_of(asking.last, asking.timezone))
    meant = [life_of(each) for each in case.reference().lives]
    rates = conversion(meant, PIPELINE, ids, period)
    moved = movement(meant, PIPELINE, ids, period, case.now)
    assert (counted.conversion(report.question), counted.movement(report.question)) == (rates, moved)
    assert [(row["converted"], row["lost"]) for row in shown["funnel"]["stages"]][: len(rates.rates)] == [
        (each.forward, each.stuck) for each in rates.rates
    ]
    assert shown["movements"]["total"] == moved.moves
    assert (shown["win_rate"]["won"], shown["win_rate"]["lost"]) == (rates.won, rates.lost)
    assert shown["flow"]["spans"][-1]["left_open"] in (None, len(moved.left_open.deal_ids))


@together
@given(cases())
def test_a_forecast_leaves_nothing_out_and_counts_nothing_twice(case: Case) -> None:
    report = case.report()
    forecast = FIGURES["forecast"].shown(report)
    parts = [*forecast["months"], forecast["overdue"], forecast["undated"]]
    expected = counted.values(report.question, report.question.open_now)
    found: dict[str, int] = {}
    for part in parts:
        for currency, value in part["value"]["by_currency"].items():
            found[currency] = found.get(currency, 0) + round(value * 10_000)
    assert sum(part["deals"] for part in parts) == len(report.question.open_now)
    assert found == expected


# --------------------------------------------------------------------------------------------------------- at an edge


def numbers(shown: Any) -> set[object]:
    """All numbers of an answer."""
    if isinstance(shown, dict):
        return {number for each in shown.values() for number in numbers(each)}
    if isinstance(shown, list):
        return {number for each in shown for number in numbers(each)}
    return set() if isinstance(shown, str) else {shown}


def test_a_company_without_deals_has_zeros_and_nulls() -> None:
    assert numbers(asked(stages=[]).shown()) == {0, None}


def test_a_pipeline_without_stages_still_counts_its_deals() -> None:
    shown = asked(a_deal(1, DELETED, outcome="won", outcome_at=BEGINNING + DAY), stages=[]).shown()
    assert (shown["funnel"]["stages"], shown["win_rate"]["won"], shown["velocity"]["open"]) == ([], 1, 0)


def test_of_one_stage_the_rate_is_that_of_winning() -> None:
    won, lost = ({"outcome": each, "outcome_at": Instant(BEGINNING + DAY)} for each in ("won", "lost"))
    (row,) = asked(a_deal(1, **won), a_deal(2, **lost), stages=[a_stage(11)]).shown()["funnel"]["stages"]
    assert row["rate_of_decided_percent"] == 50


def test_a_period_ahead_has_what_is_open_now_and_no_spans_of_it() -> None:
    shown = asked(a_deal(), first=Day("2027-01-01"), last=Day("2027-01-31")).shown()
    assert (shown["open_age"]["all"]["count"], shown["flow"]["spans"][0]["left_open"]) == (1, None)


def test_one_day_is_a_period() -> None:
    day = Day("2026-03-21")
    shown = asked(a_deal(1, 11, 12), a_deal(2), first=day, last=day, interval="day").shown()
    assert shown["movements"]["between_stages"] == [{"from_stage_id": 11, "to_stage_id": 12, "count": 1}]
    assert [span["left_open"] for span in shown["flow"]["spans"]] == [2]


@pytest.mark.parametrize("interval", ["day", "week", "month"])
def test_a_thousand_spans_are_too_many(interval: str) -> None:
    case = asked(first=Day("0001-01-01"), last=Day("9999-12-31"), interval=interval)
    with pytest.raises(Invalid, match=f"more than 1,000 {interval}s"):
        FIGURES["flow"].shown(case.report())


def test_a_thousand_and_one_days_are_one_too_many() -> None:
    last = date(2026, 1, 1) + timedelta(days=999)
    asking: dict[str, Any] = {"first": Day("2026-01-01"), "interval": "day"}
    report = asked(**asking, last=Day(last.isoformat())).report()
    assert len(report.spans) == 1_000
    with pytest.raises(Invalid):
        asked(**asking, last=Day((last + timedelta(days=1)).isoformat())).report().spans  # noqa: B018


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/New_York"])
def test_all_of_time_is_a_period(zone: str) -> None:
    case = asked(a_deal(1, 11, 12), first=Day("0001-01-01"), last=Day("9999-12-31"), timezone=zone)
    report = case.report()
    shown = {name: figure.shown(report) for name, figure in FIGURES.items() if name not in ("flow", "cohorts")}
    assert (shown["funnel"]["stages"][0]["converted"], shown["open_age"]["all"]["count"]) == (1, 1)


@pytest.mark.parametrize(
    ("first", "last", "interval", "spans"),
    [
        ("0001-01-01", "0001-01-08", "week", [("0001-01-01", "0001-01-07"), ("0001-01-08", "0001-01-08")]),
        ("9999-12-25", "9999-12-31", "week", [("9999-12-25", "9999-12-26"), ("9999-12-27", "9999-12-31")]),
        ("9999-12-30", "9999-12-31", "day", [("9999-12-30", "9999-12-30"), ("9999-12-31", "9999-12-31")]),
        ("9999-11-30", "9999-12-31", "month", [("9999-11-30", "9999-11-30"), ("9999-12-01", "9999-12-31")]),
        ("2024-02-15", "2024-03-01", "month", [("2024-02-15", "2024-02-29"), ("2024-03-01", "2024-03-01")]),
        ("2026-03-27", "2026-03-31", "week", [("2026-03-27", "2026-03-29"), ("2026-03-30", "2026-03-31")]),
    ],
)
def test_spans_cover_the_period_in_order(first: str, last: str, interval: str, spans: list[tuple[str, str]]) -> None:
    report = asked(first=Day(first), last=Day(last), interval=interval).report()
    assert [(span.first, span.last) for span in report.spans] == spans


@pytest.mark.parametrize(("zone", "overdue"), [("UTC", 0), ("Pacific/Kiritimati", 1)])
def test_a_deal_is_overdue_when_its_day_is_over_for_who_asks(zone: str, overdue: int) -> None:
    deal = a_deal(expected_close=Day("2026-04-02"))
    forecast = asked(deal, now=Instant(BEGINNING + 14 * DAY - 1), timezone=zone).shown()["forecast"]
    assert (forecast["overdue"]["deals"], len(forecast["months"])) == (overdue, 1 - overdue)


@pytest.mark.parametrize(("more", "within"), [(0, {"30": 1, "60": 1, "90": 1}), (1, {"30": 0, "60": 1, "90": 1})])
def test_thirty_days_are_not_more_than_thirty(more: int, within: dict[str, int]) -> None:
    case = asked(a_deal(outcome="won", outcome_at=Instant(BEGINNING + 30 * DAY + more)))
    assert case.shown()["cohorts"]["months"][0]["won_within_days"] == within
    assert len(explained(case.report(), "cohorts.2026-03.won_within_days.30")) == within["30"]


@pytest.mark.parametrize(("day", "hours_long"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
def test_a_span_is_as_long_as_its_day(day: str, hours_long: int) -> None:
    report = asked(first=Day(day), last=Day(day), interval="day", timezone="Europe/Tallinn").report()
    (span,) = report.spans
    assert span.period.end - span.period.start == hours_long * HOUR


# ------------------------------------------------------------------------------------------------------------- money


def test_sums_are_exact_beyond_64_bits() -> None:
    many = [a_deal(each, value=LARGEST - 1, probability=99) for each in range(1, 6)]
    (undated,) = (case["forecast"]["undated"] for case in [asked(*many).shown()])
    exact = 5 * (LARGEST - 1)
    assert round(undated["value"]["by_currency"]["EUR"] * 10_000) == exact
    assert undated["weighted_value"]["by_currency"]["EUR"] * 10_000 == round(exact * 99 / 100, -2)


def won_deal(deal_id: int, value: int, currency: str = "EUR", outcome: str = "won") -> Lived:
    closed_at = Instant(BEGINNING + 2 * DAY)
    return a_deal(deal_id, value=value * 10_000, currency=currency, outcome=outcome, outcome_at=closed_at)


def test_what_has_no_rate_is_named_and_in_no_mean() -> None:
    shown = asked(won_deal(1, 300), won_deal(2, 10**6, "GBP"), a_deal(3)).shown()
    assert shown["win_rate"]["won_value"] == {
        "by_currency": {"EUR": 300, "GBP": 10**6},
        "converted": 300,
        "without_rate": ["GBP"],
    }
    velocity = shown["velocity"]
    assert (velocity["won_mean_value"], velocity["without_rate"], velocity["per_day"]) == (300, ["GBP"], 150)


def test_without_any_rate_nothing_is_converted() -> None:
    shown = asked(won_deal(1, 300, "GBP"), a_deal(2)).shown()
    assert shown["win_rate"]["won_value"]["converted"] is None
    assert (shown["velocity"]["won_mean_value"], shown["velocity"]["per_day"]) == (None, None)


def test_deals_worth_less_than_nothing_have_no_share_of_the_value() -> None:
    shown = asked(won_deal(1, 10), won_deal(2, -5, outcome="lost")).shown()["win_rate"]
    assert (shown["rate_by_count_percent"], shown["rate_by_value_percent"]) == (50, None)


# ---------------------------------------------------------------------------------------------------------- explained


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nothing",
        "funnel",
        "funnel.",
        "funnel.entered",
        "funnel.entered.99",
        "funnel.entered.11.12",
        "funnel.left.11",
        "movements",
        "movements.11",
        "movements.11.99",
        "movements.began.x",
        "time_in_stage",
        "time_in_stage.99",
        "open_age.none",
        "win_rate.open",
        "cycle_time",
        "velocity.per_day",
        "flow.new",
        "flow.new.2026-03-20x",
        "flow.new.2026-03-21",
        "flow.old.2026-03-20",
        "cohorts",
        "cohorts.2026-02",
        "cohorts.2026-03.asleep",
        "cohorts.2026-03.won_within_days.31",
        "cohorts.2026-03.reached.99",
        "forecast",
        "forecast.2099-01",
        "forecast.overdue.2026-03",
    ],
)
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        explained(asked(a_deal()).report(), name)
    assert refused.value.field == "explain"
