"""What the statistics route answers: a report, or the deals behind one of its numbers."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypedDict

from dealflow.core.company import Viewer
from dealflow.core.currencies import is_known
from dealflow.core.errors import Invalid
from dealflow.reports.answer import answer, page_of, rows_of
from dealflow.reports.csv_text import csv_text
from dealflow.reports.figures import FIGURES, explained
from dealflow.reports.report import Asking, last_days, read_moment, report
from dealflow.storage import users
from dealflow.storage.tx import Tx
from dealflow.wire import Reply, read_ids, read_words

if TYPE_CHECKING:
    from dealflow.board.statistics import StatisticsQuery

MOST_USERS: Final = 500
CSV: Final = b"text/csv; charset=utf-8"
_WEIGHT: Final = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")


class ExplanationOut(TypedDict):
    """The deals behind a number, by id."""

    figure: str
    definition: str
    deal_ids: list[int]
    total: int
    next_start: int | None


def answer_to(tx: Tx, pipeline_id: int, query: "StatisticsQuery", accept: str) -> Reply:
    """The answer in the form asked for. Raises Invalid, NotFound for pipeline and user, Forbidden."""
    me = users.me(tx)
    asked = report(tx, _asking(tx, me, pipeline_id, query), me)
    as_csv = query.format == "csv" or (query.format is None and prefers_csv(accept))
    if query.explain is not None:
        found = explained(asked, query.explain)
        if as_csv:
            return _csv("deals", [("deal_id",), *((each,) for each in found)])
        ids, following = page_of(found, query.start, query.limit)
        explanation: ExplanationOut = {
            "figure": query.explain,
            "definition": FIGURES[query.explain.partition(".")[0]].definition,
            "deal_ids": ids,
            "total": len(found),
            "next_start": following,
        }
        return Reply(200, explanation)
    shown = answer(asked, read_words(query.figures, "figures", FIGURES) if query.figures is not None else list(FIGURES))
    return _csv("statistics", rows_of(shown)) if as_csv else Reply(200, shown)


def _asking(tx: Tx, me: Viewer, pipeline_id: int, query: "StatisticsQuery") -> Asking:
    """Raises Invalid, NotFound for a user."""
    as_of = None if query.as_of is None else read_moment(query.as_of, tx.now, me.timezone)
    first, last = last_days(query.from_, query.to, as_of or tx.now, me.timezone)
    currency = query.currency.upper() if query.currency is not None else me.currency
    if not is_known(currency):
        raise Invalid("currency", "unknown currency")
    return Asking(
        pipeline_id=pipeline_id,
        first=first,
        last=last,
        timezone=me.timezone,
        currency=currency,
        users=_users(tx, me, query.users),
        as_of=as_of,
        interval=query.interval,
    )


def _users(tx: Tx, me: Viewer, text: str | None) -> Sequence[int] | None:
    """Whose deals: all, unless others' are hidden from who asks, who then gets their own."""
    if text is None:
        return None if me.is_admin or me.sees_all else [me.id]
    if text == "all":
        return None
    ids = read_ids(text, "users", MOST_USERS)
    if not ids:
        raise Invalid("users", "must be all or a comma-separated list of ids")
    return [users.users.get(tx, each).id for each in ids]


def prefers_csv(accept: str) -> bool:
    """Whether CSV is wanted more than JSON (RFC 9110, 12.5.1); of what is wanted alike, the first."""
    wanted = sorted((-weight, place, kind) for place, (kind, weight) in enumerate(map(_weighed, accept.split(","))))
    for weight, _, kind in wanted:
        if weight and kind in ("text/csv", "text/*"):
            return True
        if weight and kind in ("application/json", "application/*", "*/*"):
            return False
    return False


def _weighed(part: str) -> tuple[str, float]:
    """A kind and its weight, 1 unless it says a lesser one."""
    kind, *parameters = (each.strip().lower() for each in part.split(";"))
    for parameter in parameters:
        if _WEIGHT.fullmatch(parameter):
            return kind, float(parameter[2:])
    return kind, 1.0


def _csv(name: str, rows: Sequence[Sequence[Any]]) -> Reply:
    named = f'attachment; filename="{name}.csv"'.encode()
    return Reply(200, csv_text(rows).encode(), ((b"Content-Type", CSV), (b"Content-Disposition", named)))
