"""A report as programs read it."""

from collections.abc import Iterator, Sequence
from typing import Any, TypedDict

from dealflow.core.time import moment
from dealflow.reports.figures import FIGURES
from dealflow.reports.report import Report


class PipelineOut(TypedDict):
    """Which pipeline."""

    id: int
    name: str


class RateOut(TypedDict):
    """What one unit of a currency is worth in that of the report, and of which day that is."""

    rate: float
    day: str


class ReportOut(TypedDict):
    """A report. Days are whole days of `timezone`; `users` is `all` or ids; `figures` by name.

    Each figure carries its definition. Times are whole seconds, values are exact sums by currency beside the one
    converted by `rates`.
    """

    pipeline: PipelineOut
    period: dict[str, str]
    users: str | list[int]
    as_of: str
    currency: str
    rates: dict[str, RateOut]
    figures: dict[str, dict[str, Any]]


def answer(report: Report, names: Sequence[str]) -> ReportOut:
    """The figures named, and what they were asked about."""
    asking = report.asking
    return {
        "pipeline": {"id": report.pipeline.id, "name": report.pipeline.name},
        "period": {"from": asking.first, "to": asking.last, "timezone": asking.timezone},
        "users": "all" if asking.users is None else list(asking.users),
        "as_of": moment(report.question.now).isoformat().replace("+00:00", "Z"),
        "currency": asking.currency,
        "rates": _rates(report),
        "figures": {name: {"definition": FIGURES[name].definition, **FIGURES[name].shown(report)} for name in names},
    }


def _rates(report: Report) -> dict[str, RateOut]:
    """Of the currencies that the deals asked about have."""
    known, target = report.rates.by_currency, report.asking.currency
    want = known.get(target)
    found: dict[str, RateOut] = {}
    for currency in report.currencies:
        have = known.get(currency)
        if have is not None and want is not None and currency != target:
            days = [each.day for each in (have, want) if each.day]
            found[currency] = {"rate": round(want.per_euro_e8 / have.per_euro_e8, 8), "day": min(days, default="")}
    return found


def page_of(ids: list[int], start: int, limit: int) -> tuple[list[int], int | None]:
    """Some ids, and where the next begin; None at the end."""
    end = start + limit
    return ids[start:end], end if end < len(ids) else None


def rows_of(shown: ReportOut) -> list[Sequence[Any]]:
    """A row for every number: its figure, what it is about (a stage, a month), which number, and its value."""
    rows: list[Sequence[Any]] = [("figure", "of", "number", "value")]
    for name, figure in shown["figures"].items():
        told = {key: value for key, value in figure.items() if key != "definition"}
        rows += [(name, *row) for row in _numbers(told, "", ())]
    return rows


NAMES = ("name", "month", "from", "to")
ROWS = ("stages", "spans", "months")


def _numbers(told: Any, of: str, path: tuple[str, ...]) -> Iterator[tuple[str, str, Any]]:
    if isinstance(told, list):
        for each in told:
            if isinstance(each, dict):
                about, rest = _about(each)
                yield from _numbers(rest, f"{of} {about}".strip(), path)
            else:
                yield of, ".".join(path), each
    elif isinstance(told, dict):
        for key, value in told.items():
            yield from _numbers(value, of, path if key in ROWS else (*path, key))
    else:
        yield of, ".".join(path), told


def _about(row: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """What a row is about, and its numbers."""
    about = {key: value for key, value in row.items() if key.endswith("_id") or key in NAMES}
    return " ".join(str(value) for value in about.values()), {k: v for k, v in row.items() if k not in about}
