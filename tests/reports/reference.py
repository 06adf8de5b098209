"""What docs/statistics.md says of each figure, written plainly: one deal after the other, with fractions.

The statistics of `core.statistics` are the ground: where a deal stood, what it passed, whether it was open.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import groupby, zip_longest
from typing import Any, Final, NamedTuple

from dealflow.core.currencies import decimals
from dealflow.core.money import Amount
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.core.statistics import (
    DealLife,
    Entry,
    Period,
    entry_when_closed,
    fate,
    is_open_before,
    moves,
    place_before,
    ranks,
)
from dealflow.core.time import DAY, SECOND, Day, Instant, end_of, local_day, start_of
from dealflow.reports.columns import Lived
from dealflow.reports.report import Asking
from dealflow.storage.rates import Rates

Figure = dict[str, Any]
Lives = list[Lived]
KEYS: Final[Mapping[str, Callable[[date], object]]] = {
    "day": lambda day: day,
    "week": lambda day: day.isocalendar()[:2],
    "month": lambda day: (day.year, day.month),
}


def life_of(lived: Lived) -> DealLife:
    return DealLife(
        deal_id=lived.deal_id,
        pipeline_id=lived.pipeline_id,
        outcome=lived.outcome,
        started_at=lived.started_at,
        closed_at=None if lived.outcome == "open" else lived.outcome_at,
        value=Amount(lived.value),
        currency=lived.currency,
        entries=[Entry(*entry) for entry in lived.entries],
    )


def half_up(number: Fraction) -> int:
    """To the next whole number, halves away from zero."""
    size = int(abs(number) + Fraction(1, 2))
    return size if number >= 0 else -size


def percentage(part: Fraction | int, whole: Fraction | int) -> int | None:
    return half_up(Fraction(100 * part) / whole) if whole else None


def mean(numbers: Sequence[int]) -> Fraction:
    return Fraction(sum(numbers), len(numbers))


class Passage(NamedTuple):
    """From one rank to another; None is elsewhere."""

    at: Instant
    before: int | None
    after: int | None
    is_first: bool


def passages(life: DealLife, pipeline_id: int, rank: Mapping[int, int]) -> Iterator[Passage]:
    before: int | None = None
    for place, (entry, after) in enumerate(zip(life.entries, ranks(life.entries, pipeline_id, rank), strict=True)):
        if after != before:
            yield Passage(entry.at, before, after, is_first=not place)
        before = after


def spread(times: Sequence[int]) -> Figure:
    """Microseconds, in whole seconds."""
    if not times:
        return {"count": 0, "median_s": None, "p90_s": None, "mean_s": None}
    ordered, count = sorted(times), len(times)
    middle = ordered[count // 2] if count % 2 else Fraction(ordered[count // 2 - 1] + ordered[count // 2], 2)
    high = next(time for place, time in enumerate(ordered, 1) if 10 * place >= 9 * count)
    middle_s, high_s, mean_s = (half_up(Fraction(each) / SECOND) for each in (middle, high, mean(times)))
    return {"count": count, "median_s": middle_s, "p90_s": high_s, "mean_s": mean_s}


class Reference:
    """Every figure of some lives. `groups` are the deals behind each number, as often as the number counts them."""

    def __init__(
        self,
        lives: Iterable[Lived],
        asking: Asking,
        pipeline: Pipeline,
        stages: Sequence[Stage],
        rates: Rates,
        now: Instant,
    ) -> None:
        self.asking = asking
        self.pipeline = pipeline
        self.stages = stages
        self.rates = rates
        self.now = now
        self.lives = [life for life in lives if asking.users is None or life.owner_id in asking.users]
        self.rank = {stage.id: place for place, stage in enumerate(stages)}
        self.period = self._period(asking.first, asking.last)
        self.reference = Instant(min(self.period.end, now))

    def _period(self, first: Day, last: Day) -> Period:
        return Period(start_of(first, self.asking.timezone), end_of(last, self.asking.timezone))

    def spans(self, interval: str) -> list[tuple[Day, Day, Period]]:
        first, last = date.fromisoformat(self.asking.first), date.fromisoformat(self.asking.last)
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        found = []
        for _, some in groupby(days, KEYS[interval]):
            begin, *rest = some
            ends = Day(begin.isoformat()), Day((rest or [begin])[-1].isoformat())
            found.append((*ends, self._period(*ends)))
        return found

    # -------------------------------------------------------------------------------------------------------- deals

    @cached_property
    def here(self) -> Lives:
        return [each for each in self.lives if each.pipeline_id == self.pipeline.id]

    def closed(self, outcome: str, period: Period) -> Lives:
        """In the pipeline; unqualified is lost."""
        named = ("won",) if outcome == "won" else ("lost", "unqualified")
        return [each for each in self.here if each.outcome in named and period.holds(each.outcome_at)]

    def began(self, period: Period) -> Lives:
        return [each for each in self.here if period.holds(each.started_at)]

    def left_open(self, end: Instant) -> list[tuple[Lived, int]]:
        """Deals with the stage they stood in."""
        until = Instant(min(end, self.now + 1))
        found = []
        for each in self.lives:
            life = life_of(each)
            place = place_before(life, until)
            if is_open_before(life, until) and place is not None and place.pipeline_id == self.pipeline.id:
                found.append((each, place.stage_id))
        return found

    def standing_when_closed(self, lived: Lived) -> int | None:
        """The rank, if it was closed in the period."""
        life = life_of(lived)
        if not self.period.holds(life.closed_at):
            return None
        return ranks(life.entries, self.pipeline.id, self.rank)[entry_when_closed(life)]

    # -------------------------------------------------------------------------------------------------------- groups

    @cached_property
    def groups(self) -> dict[str, list[int]]:
        found = {name: [each.deal_id for each in deals] for name, deals in self._lived_groups.items()}
        return {**found, "movements.total": self._moved()}

    @cached_property
    def _lived_groups(self) -> dict[str, Lives]:
        found: dict[str, Lives] = {}
        for place, stage in enumerate(self.stages):
            found |= {f"funnel.{name}.{stage.id}": deals for name, deals in self._funnel_groups(place).items()}
            found[f"time_in_stage.{stage.id}"] = [deal for deal, _ in self.stays(place)]
            standing = [deal for deal, stage_id in self.left_open(self.period.end) if stage_id == stage.id]
            found[f"funnel.still_there.{stage.id}"] = found[f"open_age.{stage.id}"] = standing
        for outcome in ("won", "lost"):
            closed = self.closed(outcome, self.period)
            found |= {f"{figure}.{outcome}": closed for figure in ("win_rate", "cycle_time", "velocity")}
        found["open_age.all"] = found["velocity.open"] = [deal for deal, _ in self.left_open(self.period.end)]
        found["velocity.won_mean_value"] = [
            each for each in found["velocity.won"] if self.convert(Amount(each.value), each.currency) is not None
        ]
        return {**found, **self._movement_groups(), **self._flow_groups(), **self._cohort_groups(), **self._forecast()}

    def _funnel_groups(self, place: int) -> dict[str, Lives]:
        last = len(self.stages) - 1
        found: dict[str, Lives] = {"entered": [], "entered_and_converted": [], "converted": [], "lost": []}
        for each in self.lives:
            life = life_of(each)
            passed, lost_in = fate(life, self.pipeline.id, self.rank, self.period)
            closed_in = self.standing_when_closed(each)
            came = any(
                passage.after == place and self.period.holds(passage.at)
                for passage in passages(life, self.pipeline.id, self.rank)
            )
            entered = came or (place > 0 and place - 1 in passed)
            converted = place in passed or (place == last and closed_in is not None and life.is_won)
            found["entered"] += [each] * entered
            found["entered_and_converted"] += [each] * (entered and converted)
            found["converted"] += [each] * converted
            found["lost"] += [each] * (lost_in == place and not converted)
        return found

    def _movement_groups(self) -> dict[str, Lives]:
        found: dict[str, Lives] = {}
        for each in self.lives:
            for _, before, after, is_first in (
                passage
                for passage in passages(life_of(each), self.pipeline.id, self.rank)
                if self.period.holds(passage.at)
            ):
                if before is not None and after is not None:
                    name = f"{self.stages[before].id}.{self.stages[after].id}"
                elif before is not None:
                    name = f"departed.{self.stages[before].id}"
                else:
                    assert after is not None
                    name = f"{'began' if is_first else 'arrived'}.{self.stages[after].id}"
                found.setdefault(f"movements.{name}", []).append(each)
            closed_in = self.standing_when_closed(each)
            if closed_in is not None:
                outcome = "won" if each.outcome == "won" else "lost"
                found.setdefault(f"movements.{outcome}.{self.stages[closed_in].id}", []).append(each)
        return found

    def _moved(self) -> list[int]:
        counts = [(each.deal_id, moves(life_of(each).entries, self.pipeline.id, self.period)) for each in self.lives]
        return [deal_id for deal_id, count in counts for _ in range(count)]

    def _flow_groups(self) -> dict[str, Lives]:
        found: dict[str, Lives] = {}
        for first, _, period in self.spans(self.asking.interval):
            found[f"flow.new.{first}"] = self.began(period)
            found[f"flow.won.{first}"] = self.closed("won", period)
            found[f"flow.lost.{first}"] = self.closed("lost", period)
            found[f"flow.left_open.{first}"] = [deal for deal, _ in self.left_open(period.end)]
        return found

    def _cohort_groups(self) -> dict[str, Lives]:
        found: dict[str, Lives] = {}
        for first, _, period in self.spans("month"):
            name, deals = f"cohorts.{first[:7]}", self.began(period)
            won = [each for each in deals if each.outcome == "won"]
            found[name] = deals
            found[f"{name}.open"] = [each for each in deals if each.outcome == "open"]
            found[f"{name}.won"] = won
            found[f"{name}.lost"] = [each for each in deals if each.outcome in ("lost", "unqualified")]
            for days in (30, 60, 90):
                soon = [each for each in won if self.cycle(each) <= days * DAY]
                found[f"{name}.won_within_days.{days}"] = soon
            for place, stage in enumerate(self.stages):
                found[f"{name}.reached.{stage.id}"] = [each for each in deals if self.reached(each) >= place]
        return found

    def _forecast(self) -> dict[str, Lives]:
        today = local_day(self.now, self.asking.timezone)
        found: dict[str, Lives] = {"forecast.overdue": [], "forecast.undated": []}
        for each in self.here:
            if each.outcome == "open" and not each.is_archived:
                day = each.expected_close
                name = "undated" if day is None else "overdue" if day < today else day[:7]
                found.setdefault(f"forecast.{name}", []).append(each)
        return found

    # ------------------------------------------------------------------------------------------------------- numbers

    def stays(self, place: int) -> list[tuple[Lived, int]]:
        """Stays in a stage that ended in the period, and how long they lasted."""
        found = []
        for each in self.lives:
            changes = list(passages(life_of(each), self.pipeline.id, self.rank))
            closed_at = life_of(each).closed_at
            for passage, following in zip_longest(changes, changes[1:]):
                ends = [at for at in (following and following.at, closed_at) if at is not None]
                ended = min(ends, default=None)
                if passage.after == place and ended is not None and ended >= passage.at and self.period.holds(ended):
                    found.append((each, ended - passage.at))
        return found

    def reached(self, lived: Lived) -> int:
        """The highest rank a deal stood in; -1 for none."""
        if lived.pipeline_id == self.pipeline.id and lived.outcome == "won":
            return len(self.stages) - 1
        stood_in = ranks(life_of(lived).entries, self.pipeline.id, self.rank)
        return max((place for place in stood_in if place is not None), default=-1)

    def cycle(self, lived: Lived) -> int:
        assert lived.outcome_at is not None
        return max(lived.outcome_at - lived.started_at, 0)

    def convert(self, amount: Fraction | int, currency: str) -> Fraction | None:
        """In units of the report's currency, exact to its decimals; None without a rate."""
        target = self.asking.currency
        units = Fraction(amount) / 10_000
        if currency == target:
            return units
        have, want = self.rates.by_currency.get(currency), self.rates.by_currency.get(target)
        if have is None or want is None:
            return None
        return self.to_decimals(units * want.per_euro_e8 / have.per_euro_e8, target)

    @staticmethod
    def to_decimals(units: Fraction, currency: str) -> Fraction:
        step = 10 ** decimals(currency)
        return Fraction(half_up(units * step), step)

    def sums(self, deals: Lives) -> dict[str, Fraction]:
        found: dict[str, Fraction] = {}
        for each in deals:
            found[each.currency] = found.get(each.currency, Fraction(0)) + each.value
        return found

    def total(self, sums: Mapping[str, Fraction]) -> Fraction | None:
        found = [self.convert(value, currency) for currency, value in sums.items()]
        known = [value for value in found if value is not None]
        return sum(known, Fraction(0)) if known or not found else None

    def worth(self, sums: Mapping[str, Fraction]) -> Figure:
        return {
            "by_currency": {currency: sums[currency] / 10_000 for currency in sorted(sums)},
            "converted": self.total(sums),
            "without_rate": sorted(each for each in sums if self.convert(sums[each], each) is None),
        }

    def weighted(self, deals: Lives) -> dict[str, Fraction]:
        found: dict[str, Fraction] = {}
        likelihoods = {stage.id: stage.likelihood for stage in self.stages}
        for each in deals:
            chance = likelihoods.get(each.entries[-1][2], 0)
            if self.pipeline.probability_enabled and each.probability is not None:
                chance = each.probability
            found[each.currency] = found.get(each.currency, Fraction(0)) + Fraction(each.value * chance, 100)
        return {each: 10_000 * self.to_decimals(value / 10_000, each) for each, value in found.items()}

    # ------------------------------------------------------------------------------------------------------- figures

    def figures(self) -> dict[str, Figure]:
        return {
            "funnel": {"stages": [self._funnel_row(stage) for stage in self.stages]},
            "movements": self._movements(),
            "time_in_stage": {
                "stages": [
                    {"stage_id": stage.id, "name": stage.name, **spread([lasted for _, lasted in self.stays(place)])}
                    for place, stage in enumerate(self.stages)
                ]
            },
            "open_age": {
                "all": self._ages("open_age.all"),
                "stages": [
                    {"stage_id": stage.id, "name": stage.name, **self._ages(f"open_age.{stage.id}")}
                    for stage in self.stages
                ],
            },
            "win_rate": self._win_rate(),
            "cycle_time": {
                each: spread([self.cycle(deal) for deal in self._lived_groups[f"cycle_time.{each}"]])
                for each in ("won", "lost")
            },
            "velocity": self._velocity(),
            "flow": self._flow(),
            "cohorts": {"months": [self._cohort(first[:7]) for first, _, _ in self.spans("month")]},
            "forecast": self._forecast_figure(),
        }

    def count(self, name: str) -> int:
        return len(self.groups.get(name, []))

    def _funnel_row(self, stage: Stage) -> Figure:
        names = ("entered", "entered_and_converted", "converted", "lost", "still_there")
        row = {name: self.count(f"funnel.{name}.{stage.id}") for name in names}
        return {
            "stage_id": stage.id,
            "name": stage.name,
            **row,
            "rate_of_decided_percent": percentage(row["converted"], row["converted"] + row["lost"]),
            "rate_of_entered_percent": percentage(row["entered_and_converted"], row["entered"]),
        }

    def _movements(self) -> Figure:
        ids = [stage.id for stage in self.stages]
        between = [
            {"from_stage_id": one, "to_stage_id": other, "count": self.count(f"movements.{one}.{other}")}
            for one in ids
            for other in ids
        ]
        edges = {
            edge: [{"stage_id": each, "count": self.count(f"movements.{edge}.{each}")} for each in ids]
            for edge in ("began", "arrived", "departed", "won", "lost")
        }
        return {
            "total": self.count("movements.total"),
            "between_stages": [row for row in between if row["count"]],
            **{edge: [row for row in rows if row["count"]] for edge, rows in edges.items()},
        }

    def _ages(self, name: str) -> Figure:
        return spread([self.reference - each.started_at for each in self._lived_groups[name]])

    def _win_rate(self) -> Figure:
        won, lost = (self._lived_groups[f"win_rate.{each}"] for each in ("won", "lost"))
        gained, missed = (self.total(self.sums(each)) for each in (won, lost))
        has_shares = gained is not None and missed is not None and gained >= 0 and missed >= 0
        return {
            "won": len(won),
            "lost": len(lost),
            "rate_by_count_percent": percentage(len(won), len(won) + len(lost)),
            "won_value": self.worth(self.sums(won)),
            "lost_value": self.worth(self.sums(lost)),
            "rate_by_value_percent": percentage(gained or 0, (gained or 0) + (missed or 0)) if has_shares else None,
        }

    def _velocity(self) -> Figure:
        won, lost = (self._lived_groups[f"velocity.{each}"] for each in ("won", "lost"))
        priced = self._lived_groups["velocity.won_mean_value"]
        gained = self.total(self.sums(priced))
        cycles = [self.cycle(each) for each in won]
        value = per_day = None
        if priced and gained is not None:
            value = gained / len(priced)
            if sum(cycles):
                win_rate = Fraction(len(won), len(won) + len(lost))
                per_day = self.count("velocity.open") * win_rate * value / (mean(cycles) / DAY)
        rounded = [None if each is None else self.to_decimals(each, self.asking.currency) for each in (value, per_day)]
        return {
            "open": self.count("velocity.open"),
            "win_rate_percent": percentage(len(won), len(won) + len(lost)),
            "won_mean_value": rounded[0],
            "without_rate": self.worth(self.sums(won))["without_rate"],
            "cycle_mean_s": spread(cycles)["mean_s"],
            "per_day": rounded[1],
            "currency": self.asking.currency,
        }

    def _flow(self) -> Figure:
        rows = []
        for first, last, period in self.spans(self.asking.interval):
            left = self.count(f"flow.left_open.{first}") if period.start <= self.now else None
            counts = {each: self.count(f"flow.{each}.{first}") for each in ("new", "won", "lost")}
            rows.append({"from": first, "to": last, **counts, "left_open": left})
        return {"interval": self.asking.interval, "spans": rows}

    def _cohort(self, month: str) -> Figure:
        name = f"cohorts.{month}"
        return {
            "month": month,
            "deals": self.count(name),
            **{each: self.count(f"{name}.{each}") for each in ("open", "won", "lost")},
            "won_percent": percentage(self.count(f"{name}.won"), self.count(name)),
            "won_within_days": {str(each): self.count(f"{name}.won_within_days.{each}") for each in (30, 60, 90)},
            "value": self.worth(self.sums(self._lived_groups[name])),
            "reached": [
                {"stage_id": stage.id, "deals": self.count(f"{name}.reached.{stage.id}")} for stage in self.stages
            ],
        }

    def _forecast_figure(self) -> Figure:
        found = self._forecast()
        rows = {
            name.removeprefix("forecast."): {
                "deals": len(deals),
                "value": self.worth(self.sums(deals)),
                "weighted_value": self.worth(self.weighted(deals)),
            }
            for name, deals in found.items()
        }
        overdue, undated = rows.pop("overdue"), rows.pop("undated")
        months = [{"month": name, **rows[name]} for name in sorted(rows)]
        return {"months": months, "overdue": overdue, "undated": undated}
