"""The figures of a report (docs/statistics.md): each with its definition, and with the deals behind every number."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from dealflow.core import money
from dealflow.core.currencies import decimals
from dealflow.core.errors import Invalid
from dealflow.core.money import Amount
from dealflow.core.statistics import percent
from dealflow.core.time import DAY, local_day
from dealflow.reports import counted
from dealflow.reports.columns import ABSENT, ELSEWHERE, LOST, NEVER, OPEN, WON, Array, Flags, Ints, exact_sum
from dealflow.reports.report import Report, Span, Worth
from dealflow.reports.spread import spread

WITHIN_DAYS: Final = (30, 60, 90)
OVERDUE, UNDATED = "overdue", "undated"

Shown = dict[str, Any]


class Figure(NamedTuple):
    """`shown` is what the answer says. `deals` finds those behind a number that `parts` name; raises Invalid."""

    definition: str
    shown: Callable[[Report], Shown]
    deals: Callable[[Report, Sequence[str]], Array]


def rate(part: int, whole: int) -> int | None:
    """Percent, rounded half up; None of nothing."""
    return percent(part, whole) if whole else None


def count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))


def unknown(parts: Sequence[str]) -> Invalid:
    return Invalid("explain", f"knows no {'.'.join(parts)[:60] or 'part of that name'}")


def worth_of(report: Report, deals: Array) -> Worth:
    return report.worth(counted.values(report.question, deals))


# -------------------------------------------------------------------------------------------------------------- funnel


def entered(report: Report, rank: int) -> Flags:
    """Deals that came into a stage in the period, or passed it."""
    asked = report.question
    came = asked.came_into[rank]
    if not rank:
        return asked.flags(came)
    found = asked.passed(rank - 1).copy()
    found[came] = True
    return found


def stuck(report: Report, rank: int) -> Flags:
    """Deals that were lost in a stage in the period and did not go on from it."""
    return report.question.flags(report.question.lost_in(rank)) & ~report.question.passed(rank)


def still_there(report: Report, rank: int) -> Ints:
    asked = report.question
    return asked.left_open[asked.left_in == asked.stages[rank]]


def _funnel(report: Report) -> Shown:
    rows = []
    for rank, stage in enumerate(report.stages):
        came, went = entered(report, rank), report.question.passed(rank)
        entries, converted, both = count(came), count(went), count(came & went)
        lost = count(~went[report.question.lost_in(rank)])
        rows.append(
            {
                "stage_id": stage.id,
                "name": stage.name,
                "entered": entries,
                "entered_and_converted": both,
                "converted": converted,
                "lost": lost,
                "still_there": len(still_there(report, rank)),
                "rate_of_decided_percent": rate(converted, converted + lost),
                "rate_of_entered_percent": rate(both, entries),
            }
        )
    return {"stages": rows}


def _funnel_deals(report: Report, parts: Sequence[str]) -> Array:
    match parts:
        case ["entered", stage]:
            return np.flatnonzero(entered(report, report.rank_of(stage)))
        case ["entered_and_converted", stage]:
            rank = report.rank_of(stage)
            return np.flatnonzero(entered(report, rank) & report.question.passed(rank))
        case ["converted", stage]:
            return np.flatnonzero(report.question.passed(report.rank_of(stage)))
        case ["lost", stage]:
            return np.flatnonzero(stuck(report, report.rank_of(stage)))
        case ["still_there", stage]:
            return still_there(report, report.rank_of(stage))
    raise unknown(parts)


# ----------------------------------------------------------------------------------------------------------- movements


EDGES: Final = ("began", "arrived", "departed", "won", "lost")


def _ranked(report: Report, edge: str) -> tuple[Array, Array]:
    """Deals that began in the pipeline, came into it, went elsewhere, were won or lost, and the rank it was at."""
    asked, found = report.question, report.question.passages
    match edge:
        case "began":
            return found.deal[found.begins], found.after[found.begins]
        case "arrived":
            arrived = (found.before == ELSEWHERE) & ~found.begins
            return found.deal[arrived], found.after[arrived]
        case "departed":
            departed = found.after == ELSEWHERE
            return found.deal[departed], found.before[departed]
    ended_so = (asked.columns.outcome[asked.closed] == (WON if edge == "won" else LOST)) & (asked.closed_in >= 0)
    return asked.closed[ended_so], asked.closed_in[ended_so]


def _movement_deals(report: Report, parts: Sequence[str]) -> Array:
    """With repeats: a deal is there as often as it moved."""
    if parts == ["total"]:
        return counted.moved(report.question)
    if len(parts) != 2:
        raise unknown(parts)
    rank = report.rank_of(parts[1])
    if parts[0] in EDGES:
        deals, at_rank = _ranked(report, parts[0])
        return deals[at_rank == rank]
    found = report.question.passages
    return found.deal[(found.before == report.rank_of(parts[0])) & (found.after == rank)]


def _movements(report: Report) -> Shown:
    found, size = report.question.passages, len(report.stages)
    inner = (found.before >= 0) & (found.after >= 0)
    pairs = found.before[inner].astype(np.int64) * size + found.after[inner]
    counts = np.bincount(pairs, minlength=size * size).tolist()
    ids = [stage.id for stage in report.stages]
    edges = {edge: np.bincount(_ranked(report, edge)[1], minlength=size).tolist() for edge in EDGES}
    return {
        "total": counted.moves(report.question),
        "between_stages": [
            {"from_stage_id": ids[pair // size], "to_stage_id": ids[pair % size], "count": number}
            for pair, number in enumerate(counts)
            if number
        ],
        **{
            edge: [{"stage_id": ids[rank], "count": number} for rank, number in enumerate(numbers) if number]
            for edge, numbers in edges.items()
        },
    }


# ---------------------------------------------------------------------------------------------------------------- time


class _Stays(NamedTuple):
    """Stays in stages that ended in the period: the deal, the rank, how long, in microseconds."""

    deal: Array
    rank: Array
    lasted: Ints


def _stays(report: Report) -> _Stays:
    """A stay ends when the deal comes into another stage or pipeline, or when it was closed."""
    asked, columns = report.question, report.columns
    before, after = asked.ranks
    changes = np.flatnonzero(before != after)
    deal, began = columns.entry_deal[changes], columns.entry_at[changes]
    ended = np.full(len(changes), NEVER)
    goes_on = deal[:-1] == deal[1:]
    ended[:-1][goes_on] = began[1:][goes_on]
    ended = np.minimum(ended, columns.closed_at[deal])
    meant = asked.asked[deal] & (after[changes] >= 0) & asked.is_within(ended) & (ended >= began)
    return _Stays(deal[meant], after[changes][meant], (ended - began)[meant])


def _time_in_stage(report: Report) -> Shown:
    stays = _stays(report)
    return {
        "stages": [
            {"stage_id": stage.id, "name": stage.name, **spread(stays.lasted[stays.rank == rank])}
            for rank, stage in enumerate(report.stages)
        ]
    }


def _time_in_stage_deals(report: Report, parts: Sequence[str]) -> Array:
    if len(parts) != 1:
        raise unknown(parts)
    stays = _stays(report)
    return stays.deal[stays.rank == report.rank_of(parts[0])]


def _ages(report: Report, deals: Array) -> Ints:
    return report.question.reference - report.columns.started_at[deals]


def _open_age(report: Report) -> Shown:
    return {
        "all": spread(_ages(report, report.question.left_open)),
        "stages": [
            {"stage_id": stage.id, "name": stage.name, **spread(_ages(report, still_there(report, rank)))}
            for rank, stage in enumerate(report.stages)
        ],
    }


def _open_age_deals(report: Report, parts: Sequence[str]) -> Array:
    if parts == ["all"]:
        return report.question.left_open
    if len(parts) == 1:
        return still_there(report, report.rank_of(parts[0]))
    raise unknown(parts)


def _cycles(report: Report, deals: Array) -> Ints:
    return np.maximum(report.columns.closed_at[deals] - report.columns.started_at[deals], 0)


def _cycle_time(report: Report) -> Shown:
    asked = report.question
    return {"won": spread(_cycles(report, asked.won)), "lost": spread(_cycles(report, asked.lost))}


def _closed_deals(report: Report, parts: Sequence[str]) -> Array:
    match parts:
        case ["won"]:
            return report.question.won
        case ["lost"]:
            return report.question.lost
    raise unknown(parts)


# ------------------------------------------------------------------------------------------------------------- winning


def _win_rate(report: Report) -> Shown:
    asked = report.question
    won, lost = (counted.values(asked, deals) for deals in (asked.won, asked.lost))
    gained, missed = report.total(won), report.total(lost)
    by_value = None
    if gained is not None and missed is not None and min(gained, missed) >= 0:
        by_value = rate(gained, gained + missed)
    return {
        "won": len(asked.won),
        "lost": len(asked.lost),
        "rate_by_count_percent": rate(len(asked.won), len(asked.won) + len(asked.lost)),
        "won_value": report.worth(won),
        "lost_value": report.worth(lost),
        "rate_by_value_percent": by_value,
    }


def _priced(report: Report) -> tuple[Array, Worth]:
    """Deals won in the period whose value can be told in the report's currency; what all that were won are worth."""
    won = report.question.won
    worth = worth_of(report, won)
    unknown_codes = [report.columns.currencies.index(each) for each in worth["without_rate"]]
    return won[~np.isin(report.columns.currency[won], unknown_codes)], worth


def _velocity(report: Report) -> Shown:
    asked, currency = report.question, report.asking.currency
    won, closed = len(asked.won), len(asked.won) + len(asked.lost)
    cycles = exact_sum(_cycles(report, asked.won))
    priced, worth = _priced(report)
    gained = report.total(counted.values(asked, priced))
    per_day = mean = None
    if len(priced) and gained is not None:
        mean = money.number(money.rounded(gained, len(priced), decimals(currency)))
        if cycles:
            worked = len(asked.left_open) * gained * won * won * DAY
            per_day = money.number(money.rounded(worked, len(priced) * closed * cycles, decimals(currency)))
    return {
        "open": len(asked.left_open),
        "win_rate_percent": rate(won, closed),
        "won_mean_value": mean,
        "without_rate": worth["without_rate"],
        "cycle_mean_s": spread(_cycles(report, asked.won))["mean_s"],
        "per_day": per_day,
        "currency": currency,
    }


def _velocity_deals(report: Report, parts: Sequence[str]) -> Array:
    match parts:
        case ["open"]:
            return report.question.left_open
        case ["won_mean_value"]:
            return _priced(report)[0]
    return _closed_deals(report, parts)


# ---------------------------------------------------------------------------------------------------------------- flow


def _by_span(deals: Array, times: Ints, spans: Sequence[Span]) -> list[Array]:
    """Deals by the span that the time of each falls into; spans follow one another without a gap."""
    at = times[deals]
    order = np.argsort(at, kind="stable")
    edges = [*(span.period.start for span in spans), spans[-1].period.end]
    return np.split(deals[order], np.searchsorted(at[order], edges))[1:-1]


def _flowing(report: Report) -> dict[str, list[Array]]:
    """Deals that began, were won and were lost in each span."""
    asked, columns = report.question, report.columns
    return {
        "new": _by_span(asked.begun, columns.started_at, report.spans),
        "won": _by_span(asked.won, columns.closed_at, report.spans),
        "lost": _by_span(asked.lost, columns.closed_at, report.spans),
    }


def _flow(report: Report) -> Shown:
    flowing = _flowing(report)
    left = _left_open_at(report, [_end_of(report, span) for span in report.spans])
    return {
        "interval": report.asking.interval,
        "spans": [
            {
                "from": span.first,
                "to": span.last,
                **{what: len(deals[place]) for what, deals in flowing.items()},
                "left_open": left[place] if span.period.start <= report.question.now else None,
            }
            for place, span in enumerate(report.spans)
        ],
    }


def _end_of(report: Report, span: Span) -> int:
    """The end of a span, or now if that is earlier: what happens now has happened."""
    return min(span.period.end, report.question.now + 1)


def _left_open_at(report: Report, moments: Sequence[int]) -> list[int]:
    """How many deals stood in the pipeline and were open, by their present outcome, just before some moments."""
    _, came, went = _open_visits(report)
    found = np.searchsorted(np.sort(came), moments) - np.searchsorted(np.sort(went), moments)
    return [int(each) for each in found]


def _open_visits(report: Report) -> tuple[Array, Ints, Ints]:
    """Visits to the pipeline while the deal was open, by its present outcome: the deal, from when, until when.

    Each is open from its beginning, or that of the deal, until it ends or the deal is closed.
    """
    deals, came, went = _visits(report)
    came = np.maximum(came, report.columns.started_at[deals])
    went = np.minimum(went, report.columns.closed_at[deals])
    real = went > came
    return deals[real], came[real], went[real]


def _visits(report: Report) -> tuple[Array, Ints, Ints]:
    """Runs of entries in the pipeline of the deals asked about: the deal, from when, until when."""
    asked, columns = report.question, report.columns
    inside = asked.asked[columns.entry_deal] & (columns.entry_pipeline == asked.pipeline_id)
    follows = np.zeros(len(inside), np.bool_)
    follows[1:] = columns.entry_deal[1:] == columns.entry_deal[:-1]
    starts, ends = inside.copy(), inside.copy()
    starts[1:] &= ~(inside[:-1] & follows[1:])
    ends[:-1] &= ~(inside[1:] & follows[1:])
    last = np.flatnonzero(ends)
    went = np.full(len(last), NEVER)
    more = last + 1 < len(inside)
    behind = last[more] + 1
    went[more] = np.where(follows[behind], columns.entry_at[behind], NEVER)
    first = np.flatnonzero(starts)
    return columns.entry_deal[first], columns.entry_at[first], went


def _flow_deals(report: Report, parts: Sequence[str]) -> Array:
    firsts = [str(span.first) for span in report.spans]
    match parts:
        case ["new" | "won" | "lost" as what, day] if day in firsts:
            return _flowing(report)[what][firsts.index(day)]
        case ["left_open", day] if day in firsts:
            deals, came, went = _open_visits(report)
            at = _end_of(report, report.spans[firsts.index(day)])
            return deals[(came < at) & (went >= at)]
    raise unknown(parts)


# ------------------------------------------------------------------------------------------------------------- cohorts


def _reached(report: Report) -> Array:
    """How far each deal came: the highest rank it stood in, the last one for those that were won here."""
    asked, columns = report.question, report.columns
    after = asked.ranks[1]
    highest = np.maximum.reduceat(after, np.minimum(columns.first, max(len(after) - 1, 0)))
    return np.where(asked.here & (columns.outcome == WON), len(asked.stages) - 1, highest)


def _cohorts(report: Report) -> Shown:
    columns = report.columns
    reached = _reached(report) if len(columns.deal_id) else columns.outcome
    rows = []
    for month, deals in _begun_by_month(report).items():
        outcome = columns.outcome[deals]
        won = deals[outcome == WON]
        took = _cycles(report, won)
        rows.append(
            {
                "month": month,
                "deals": len(deals),
                "open": count(outcome == OPEN),
                "won": len(won),
                "lost": count(outcome == LOST),
                "won_percent": rate(len(won), len(deals)),
                "won_within_days": {str(days): count(took <= days * DAY) for days in WITHIN_DAYS},
                "value": worth_of(report, deals),
                "reached": [
                    {"stage_id": stage.id, "deals": count(reached[deals] >= rank)}
                    for rank, stage in enumerate(report.stages)
                ],
            }
        )
    return {"months": rows}


def _begun_by_month(report: Report) -> dict[str, Array]:
    found = _by_span(report.question.begun, report.columns.started_at, report.months)
    return {month.first[:7]: deals for month, deals in zip(report.months, found, strict=True)}


def _cohort_deals(report: Report, parts: Sequence[str]) -> Array:
    deals = _begun_by_month(report).get(parts[0]) if parts else None
    if deals is None:
        raise unknown(parts)
    outcome = report.columns.outcome[deals]
    match parts[1:]:
        case []:
            return deals
        case ["open" | "won" | "lost" as named]:
            return deals[outcome == {"open": OPEN, "won": WON, "lost": LOST}[named]]
        case ["won_within_days", days] if days in map(str, WITHIN_DAYS):
            return deals[(outcome == WON) & (_cycles(report, deals) <= int(days) * DAY)]
        case ["reached", stage]:
            rank = report.rank_of(stage)
            return deals[_reached(report)[deals] >= rank] if len(deals) else deals
    raise unknown(parts)


# ------------------------------------------------------------------------------------------------------------ forecast


def _expected(report: Report) -> dict[str, Array]:
    """Open deals by the month they are expected to close in; those overdue and undated apart."""
    deals = report.question.open_now
    days = report.columns.expected_close[deals]
    today = int(local_day(report.question.now, report.asking.timezone).replace("-", ""))
    months = np.unique(days[days >= today] // 100).tolist()
    return {
        OVERDUE: deals[(days != ABSENT) & (days < today)],
        **{f"{each // 100:04}-{each % 100:02}": deals[(days >= today) & (days // 100 == each)] for each in months},
        UNDATED: deals[days == ABSENT],
    }


def weighted(report: Report, deals: Array) -> dict[str, Amount]:
    """What deals are worth by currency, each weighed by its probability: its own if the pipeline has it so, else that
    of its stage; rounded once.
    """
    columns = report.columns
    likelihoods = {stage.id: stage.likelihood for stage in report.stages}
    stage = columns.entry_stage[columns.last[deals]]
    table = np.zeros(max([*likelihoods, int(stage.max(initial=0))]) + 1, np.int64)
    table[list(likelihoods)] = list(likelihoods.values())
    own = columns.probability[deals]
    chance = np.where((own != ABSENT) & report.pipeline.probability_enabled, own, table[stage])
    sums = {}
    for code in np.unique(columns.currency[deals]).tolist():
        mine = columns.currency[deals] == code
        currency = columns.currencies[code]
        product = exact_sum(columns.value[deals][mine], chance[mine].astype(np.int64))
        sums[currency] = money.rounded(product, 100, decimals(currency))
    return sums


def _forecast(report: Report) -> Shown:
    expected = _expected(report)

    def shown(deals: Array) -> Shown:
        return {
            "deals": len(deals),
            "value": worth_of(report, deals),
            "weighted_value": report.worth(weighted(report, deals)),
        }

    return {
        "months": [
            {"month": name, **shown(deals)} for name, deals in expected.items() if name not in (OVERDUE, UNDATED)
        ],
        OVERDUE: shown(expected[OVERDUE]),
        UNDATED: shown(expected[UNDATED]),
    }


def _forecast_deals(report: Report, parts: Sequence[str]) -> Array:
    expected = _expected(report)
    if len(parts) == 1 and parts[0] in expected:
        return expected[parts[0]]
    raise unknown(parts)


# -------------------------------------------------------------------------------------------------------------- listed

FIGURES: Final[Mapping[str, Figure]] = {
    "funnel": Figure(
        "For each stage, the deals that came into it or passed it in the period, those that went on from it or were "
        "won, and those that were lost in it: the rate of decided leaves open deals out, the rate of entered counts "
        "them as not converted.",
        _funnel,
        _funnel_deals,
    ),
    "movements": Figure(
        "Every move in the period from one stage of the pipeline to another, forward or back, and where deals began, "
        "came from and went to other pipelines, were won and were lost.",
        _movements,
        _movement_deals,
    ),
    "time_in_stage": Figure(
        "How long the stays in each stage lasted that ended in the period, by a move or because the deal was closed.",
        _time_in_stage,
        _time_in_stage_deals,
    ),
    "open_age": Figure(
        "How long ago the deals began that were open and in the pipeline at the end of the period, or now if that is "
        "earlier, by the stage they stood in.",
        _open_age,
        _open_age_deals,
    ),
    "win_rate": Figure(
        "Of the deals in the pipeline that were closed in the period, how many were won, by number and by value.",
        _win_rate,
        _closed_deals,
    ),
    "cycle_time": Figure(
        "How long it took from the beginning of a deal until it was won or lost, for those closed in the period.",
        _cycle_time,
        _closed_deals,
    ),
    "velocity": Figure(
        "What the pipeline wins a day: deals left open, times the win rate, times the mean value of those won, divided "
        "by their mean cycle in days.",
        _velocity,
        _velocity_deals,
    ),
    "flow": Figure(
        "How many deals began, were won and were lost in each span of the period, and how many were left open at its "
        "end.",
        _flow,
        _flow_deals,
    ),
    "cohorts": Figure(
        "What became until now of the deals that began in each month of the period, and which stage they reached.",
        _cohorts,
        _cohort_deals,
    ),
    "forecast": Figure(
        "What the deals open now are worth by the month they are expected to close in, in full and weighed by "
        "probability.",
        _forecast,
        _forecast_deals,
    ),
}


def explained(report: Report, name: str) -> list[int]:
    """The ids of the deals behind a number, such as `funnel.entered.11`, each once, ascending. Raises Invalid."""
    figure, *parts = name.split(".")
    if figure not in FIGURES:
        raise Invalid("explain", f"must begin with one of {', '.join(FIGURES)}")
    ids: list[int] = np.unique(report.columns.deal_id[FIGURES[figure].deals(report, parts)]).tolist()
    return ids
