"""What a period brought to a pipeline, version 1 (contract 2.3, 3.1, 3.2)."""

from typing import Final, NamedTuple, TypedDict

import msgspec

from dealflow.core import money, statistics
from dealflow.core.errors import Forbidden, Invalid
from dealflow.core.statistics import DealLife, Group, Period
from dealflow.core.time import end_of, read_day, start_of
from dealflow.dialects.pipedrive.dialect import V1, ok
from dealflow.dialects.pipedrive.money import format_amount
from dealflow.storage import pipelines, users
from dealflow.storage.statistics import lives
from dealflow.storage.tx import Tx
from dealflow.wire import DayText, Int, NumberOut, Reply

READ: Final = "deals:read deals:full"


class PeriodQuery(msgspec.Struct, kw_only=True):
    """The days from the first to the last, and whose deals: the caller's unless said."""

    start_date: DayText
    end_date: DayText
    user_id: Int | None = None


class StageConversionOut(TypedDict):
    """How many percent went on from a stage to the next."""

    from_stage_id: int
    to_stage_id: int
    conversion_rate: int


class ConversionOut(TypedDict):
    """Percentages of a period."""

    stage_conversions: list[StageConversionOut]
    won_conversion: int
    lost_conversion: int


class CountOut(TypedDict):
    """A number of moves."""

    count: int


class DealsOut(TypedDict):
    """Some deals, and their worth by currency."""

    count: int
    deals_ids: list[int]
    values: dict[str, NumberOut]
    formatted_values: dict[str, str]


class StageAgeOut(TypedDict):
    """The mean age of the deals left open in a stage, in days."""

    stage_id: int
    value: int


class AgeOut(TypedDict):
    """The mean age of the deals left open, in days."""

    across_all_stages: int
    by_stages: list[StageAgeOut]


class MovementOut(TypedDict):
    """What moved in a period."""

    movements_between_stages: CountOut
    new_deals: DealsOut
    deals_left_open: DealsOut
    won_deals: DealsOut
    lost_deals: DealsOut
    average_age_in_days: AgeOut


class _Asked(NamedTuple):
    """What a statistic is made of, and the currency of who reads it."""

    lives: list[DealLife]
    stages: list[int]
    period: Period
    currency: str


def _asked(tx: Tx, pipeline_id: int, query: PeriodQuery) -> _Asked:
    """Raises Invalid for the dates, NotFound for pipeline and user, Forbidden (contract 6.8)."""
    me = users.me(tx)
    start, end = read_day(query.start_date, "start_date"), read_day(query.end_date, "end_date")
    if start > end:
        raise Invalid("start_date", "must not be after end_date")
    period = Period(start_of(start, me.timezone), end_of(end, me.timezone))
    pipeline = pipelines.pipelines.get(tx, pipeline_id)
    owner_id = me.id
    if query.user_id is not None:
        owner_id = users.users.get(tx, query.user_id).id
    if owner_id != me.id and not (me.is_admin or me.sees_all):
        raise Forbidden("deals of others")
    stages = [stage.id for stage in pipelines.open_stages(tx, pipeline.id)]
    return _Asked(lives(tx, pipeline.id, owner_id, period, me), stages, period, me.currency)


@V1.add(
    "GET",
    "/pipelines/{pipeline_id}/conversion_statistics",
    section="2.3",
    cost=40,
    scopes=READ,
    pooled=True,
    shows=ConversionOut,
)
def get_conversion(tx: Tx, pipeline_id: int, query: PeriodQuery) -> Reply:
    asked = _asked(tx, pipeline_id, query)
    found = statistics.conversion(asked.lives, pipeline_id, asked.stages, asked.period)
    shown: ConversionOut = {
        "stage_conversions": [
            {"from_stage_id": rate.from_stage_id, "to_stage_id": rate.to_stage_id, "conversion_rate": rate.percent}
            for rate in found.rates
        ],
        "won_conversion": found.won_percent,
        "lost_conversion": found.lost_percent,
    }
    return ok(shown)


@V1.add(
    "GET",
    "/pipelines/{pipeline_id}/movement_statistics",
    section="2.3",
    cost=40,
    scopes=READ,
    pooled=True,
    shows=MovementOut,
)
def get_movement(tx: Tx, pipeline_id: int, query: PeriodQuery) -> Reply:
    asked = _asked(tx, pipeline_id, query)
    found = statistics.movement(asked.lives, pipeline_id, asked.stages, asked.period, tx.now)
    ages = found.age_days_by_stage
    shown: MovementOut = {
        "movements_between_stages": {"count": found.moves},
        "new_deals": _deals_out(found.new, asked.currency),
        "deals_left_open": _deals_out(found.left_open, asked.currency),
        "won_deals": _deals_out(found.won, asked.currency),
        "lost_deals": _deals_out(found.lost, asked.currency),
        "average_age_in_days": {
            "across_all_stages": found.age_days,
            "by_stages": [{"stage_id": stage_id, "value": ages[stage_id]} for stage_id in asked.stages],
        },
    }
    return ok(shown)


def _deals_out(group: Group, viewer_currency: str) -> DealsOut:
    values = dict(sorted(group.values.items()))
    return {
        "count": len(group.deal_ids),
        "deals_ids": group.deal_ids,
        "values": {currency: money.number(worth) for currency, worth in values.items()},
        "formatted_values": {
            currency: format_amount(worth, currency, viewer_currency) for currency, worth in values.items()
        },
    }
