"""`GET /board/statistics/{pipeline_id}`: what docs/statistics.md defines, as JSON or CSV."""

from typing import Annotated, Final, Literal

import msgspec

from dealflow.board.dialect import BOARD
from dealflow.storage.tx import Tx
from dealflow.wire import DayText, Reply

READ: Final = "deals:read deals:full read"
LARGEST_PAGE: Final = 500


class StatisticsQuery(msgspec.Struct, kw_only=True):
    """Days are whole days of the asking user; without them the last 90. `users` is `all` or ids, comma-separated.

    `as_of`: an instant with its offset, or a day, whose end is meant. `explain` names a number, such as
    `funnel.entered.11`, whose deals are listed instead, `limit` of them from `start` on.
    """

    from_: DayText | None = msgspec.field(name="from", default=None)
    to: DayText | None = None
    users: str | None = None
    currency: str | None = None
    as_of: str | None = None
    interval: Literal["day", "week", "month"] = "month"
    figures: str | None = None
    explain: str | None = None
    start: Annotated[int, msgspec.Meta(ge=0, le=2**31)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE)] = 100
    format: Literal["json", "csv"] | None = None


class Wanted(msgspec.Struct, rename="kebab"):
    """What the client would like to get."""

    accept: str = "*/*"


@BOARD.add("GET", "/statistics/{pipeline_id}", section="statistics", cost=0, scopes=READ, pooled=True)
def get_statistics(tx: Tx, pipeline_id: int, query: StatisticsQuery, headers: Wanted) -> Reply:
    from dealflow.board import reporting  # noqa: PLC0415  numpy takes half a second to load: who asks first waits for it

    return reporting.answer_to(tx, pipeline_id, query, headers.accept)
