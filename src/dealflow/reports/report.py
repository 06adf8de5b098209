"""A report on a pipeline: what is asked, brought together from the store."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple, TypedDict

import numpy as np

from dealflow.core import money
from dealflow.core.company import Viewer
from dealflow.core.errors import Forbidden, Invalid
from dealflow.core.money import Amount
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.core.statistics import Period
from dealflow.core.time import Day, Instant, end_of, instant, local_day, read_day, start_of
from dealflow.reports import kept, past
from dealflow.reports.columns import Columns, Flags
from dealflow.reports.question import Question
from dealflow.storage import pipelines
from dealflow.storage.followers import followers
from dealflow.storage.rates import Rates, rates_on
from dealflow.storage.tx import Tx

INTERVALS: Final = ("day", "week", "month")
MOST_SPANS: Final = 1_000
USUAL_DAYS: Final = 90


class Asking(NamedTuple):
    """What a report is asked about: days from `first` to `last`, in a time zone; everyone if `users` is None.

    `as_of` None means now. `interval` is day, week or month.
    """

    pipeline_id: int
    first: Day
    last: Day
    timezone: str
    currency: str
    users: Sequence[int] | None = None
    as_of: Instant | None = None
    interval: str = "month"


class Span(NamedTuple):
    """Some days of a report's period."""

    first: Day
    last: Day
    period: Period


class Worth(TypedDict):
    """Exact sums by currency; all of them in the report's currency, but for those `without_rate`.

    `converted` is null if there is something and nothing of it has a rate.
    """

    by_currency: dict[str, object]
    converted: object
    without_rate: list[str]


class Report:
    """What was asked and what it is answered from."""

    def __init__(
        self, asking: Asking, question: Question, pipeline: Pipeline, stages: Sequence[Stage], rates: Rates
    ) -> None:
        self.asking = asking
        self.question = question
        self.pipeline = pipeline
        self.stages = stages
        self.rates = rates

    @property
    def columns(self) -> Columns:
        return self.question.columns

    @cached_property
    def currencies(self) -> list[str]:
        """The currencies that the deals asked about have."""
        currency, asked = self.columns.currency, self.question.asked
        return sorted(name for code, name in enumerate(self.columns.currencies) if (asked & (currency == code)).any())

    def rank_of(self, text: str) -> int:
        """The rank of a stage given by its id. Raises Invalid."""
        for rank, stage in enumerate(self.stages):
            if text == str(stage.id):
                return rank
        raise Invalid("explain", f"the pipeline has no stage {text[:20]}")

    @cached_property
    def spans(self) -> list[Span]:
        """The days, weeks from Monday on, or months of the period; first and last may be cut. Raises Invalid."""
        return list(_spans(self.asking.first, self.asking.last, self.asking.interval, self.asking.timezone))

    @cached_property
    def months(self) -> list[Span]:
        """The months of the period."""
        return list(_spans(self.asking.first, self.asking.last, "month", self.asking.timezone))

    def worth(self, values: dict[str, Amount]) -> Worth:
        """Sums by currency as they are shown."""
        converted = {each: self.rates.convert(value, each, self.asking.currency) for each, value in values.items()}
        total = self.total(values)
        return {
            "by_currency": {each: money.number(value) for each, value in sorted(values.items())},
            "converted": None if total is None else money.number(total),
            "without_rate": sorted(each for each, value in converted.items() if value is None),
        }

    def total(self, values: dict[str, Amount]) -> Amount | None:
        """Sums by currency in the report's currency, those without a rate left out; None if all are."""
        found = [self.rates.convert(value, each, self.asking.currency) for each, value in values.items()]
        known = [value for value in found if value is not None]
        return Amount(sum(known)) if known or not values else None


def report(tx: Tx, asking: Asking, viewer: Viewer | None) -> Report:
    """The report for someone who asks; None sees everything.

    Raises Invalid, NotFound for the pipeline, Forbidden for those who may not see the deals of others and ask for them.
    """
    if asking.first > asking.last:
        raise Invalid("from", "must not be after to")
    if asking.interval not in INTERVALS:
        raise Invalid("interval", f"must be one of {', '.join(INTERVALS)}")
    if viewer is not None and not (viewer.is_admin or viewer.sees_all) and asking.users != [viewer.id]:
        raise Forbidden("deals of others")
    if asking.as_of is None:
        pipeline = pipelines.pipelines.get(tx, asking.pipeline_id)
        stages = pipelines.open_stages(tx, pipeline.id)
        columns, seen_from = kept.columns(tx), tx.now
    else:
        pipeline, stages = past.pipeline_at(tx, asking.pipeline_id, asking.as_of)
        columns, seen_from = past.columns_at(tx, asking.as_of), asking.as_of
    period = Period(start_of(asking.first, asking.timezone), end_of(asking.last, asking.timezone))
    question = Question(
        columns, _meant(tx, columns, asking, viewer), pipeline.id, [stage.id for stage in stages], period, seen_from
    )
    return Report(asking, question, pipeline, stages, rates_on(tx.db, seen_from))


def _meant(tx: Tx, columns: Columns, asking: Asking, viewer: Viewer | None) -> Flags:
    """Deals of the users in question that the viewer may see."""
    meant = np.ones(len(columns.deal_id), np.bool_)
    if asking.users is not None:
        meant = np.isin(columns.owner_id, np.array(asking.users, np.int64))
    if viewer is None or viewer.is_admin:
        return meant
    followed = [
        each.record_id for each in followers.all(tx, {"user": {"of_user": viewer.id}}) if each.resource == "deal"
    ]
    seen = ~columns.is_private | (columns.owner_id == viewer.id)
    return meant & (seen | np.isin(columns.deal_id, np.array(followed, np.int64)))


def _spans(first: Day, last: Day, interval: str, timezone: str) -> "list[Span]":
    found: list[Span] = []
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    while begin <= end:
        if len(found) == MOST_SPANS:
            raise Invalid("interval", f"the period has more than {MOST_SPANS:,} {interval}s")
        until = min(_last_of(begin, interval), end)
        days = Day(begin.isoformat()), Day(until.isoformat())
        found.append(Span(*days, Period(start_of(days[0], timezone), end_of(days[1], timezone))))
        if until == date.max:
            break
        begin = until + timedelta(days=1)
    return found


def _last_of(day: date, interval: str) -> date:
    """The last day of the day, week or month that a day is in."""
    if interval == "day":
        return day
    if interval == "week":
        return day + min(timedelta(days=6 - day.weekday()), date.max - day)
    following = (day.replace(day=28) + timedelta(days=4)) if (day.year, day.month) != (9999, 12) else date.max
    return following.replace(day=1) - timedelta(days=1) if following != date.max else following


def last_days(first: str | None, last: str | None, now: Instant, timezone: str) -> tuple[Day, Day]:
    """The days of a period as they were given: until today and 90 days long, where they were not. Raises Invalid."""
    until = read_day(last, "to") if last is not None else local_day(now, timezone)
    if first is not None:
        return read_day(first, "from"), until
    day = date.fromisoformat(until)
    return Day((day - timedelta(days=min(USUAL_DAYS - 1, day.toordinal() - 1))).isoformat()), until


def read_moment(text: str, now: Instant, timezone: str) -> Instant:
    """An instant with its offset, or a day, whose last moment is meant: now, if the day is today.

    Before 1970 nothing was, so the beginning of 1970 stands for it. Raises Invalid, for what is yet to come too.
    """
    if len(text) == len("2026-03-31"):
        day = read_day(text, "as_of")
        found = now if day == local_day(now, timezone) else Instant(end_of(day, timezone) - 1)
    else:
        found = _read_instant(text)
    if found > now:
        raise Invalid("as_of", "must not be in the future")
    return max(found, Instant(0))


def _read_instant(text: str) -> Instant:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise Invalid("as_of", "must be a day or an instant such as 2026-03-31T12:00:00Z")
    return instant(found)
