"""`deals_summary`: what the open deals of a pipeline or stage are worth (contract 2.2, 6.17)."""

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

from dealflow.core import money
from dealflow.core.currencies import decimals
from dealflow.core.money import Amount
from dealflow.dialects.pipedrive.money import format_amount
from dealflow.storage.deals import StageTotal
from dealflow.storage.pipelines import Weight
from dealflow.storage.rates import Rates
from dealflow.wire import NumberOut


class Worth(TypedDict):
    """What deals are worth together."""

    count: int
    value: NumberOut
    value_formatted: str
    weighted_value: NumberOut
    weighted_value_formatted: str


class CurrencyTotal(TypedDict):
    """Number and worth of the deals in one currency."""

    count: int
    value: NumberOut


class DealsSummary(TypedDict):
    """Totals by stage and currency; stages and currencies without deals are absent."""

    per_stages: dict[str, dict[str, Worth]]
    per_stages_converted: NotRequired[dict[str, Worth]]
    per_currency: dict[str, int]
    per_currency_full: dict[str, CurrencyTotal]
    total_count: int


def weighted_total(total: StageTotal, weight: Weight) -> Amount:
    """The weighted worth of a stage's deals in one currency, rounded once to the currency's decimals."""
    if weight.probability_enabled:
        hundredfold = (total.value - total.own_value) * weight.likelihood + total.own_weighted * 100
    else:
        hundredfold = total.value * weight.likelihood
    return money.rounded(hundredfold, 100, decimals(total.currency))


def deals_summary(
    totals: Iterable[StageTotal],
    weights: Iterable[Weight],
    viewer_currency: str,
    *,
    convert_to: str | None = None,
    rates: Rates | None = None,
) -> DealsSummary:
    """The summary of totals; among `weights` are those of their stages.

    With `convert_to`, totals in that currency too; currencies without a rate are left out of them.
    """
    weight_of = {weight.stage_id: weight for weight in weights}
    per_stages: dict[str, dict[str, Worth]] = {}
    per_currency: dict[str, Any] = {}
    converted: dict[str, list[Amount | int]] = {}
    count = 0
    for total in totals:
        stage_id = str(total.stage_id)
        weighted = weighted_total(total, weight_of[total.stage_id])
        per_stages.setdefault(stage_id, {})[total.currency] = _worth(
            total.deals, total.value, weighted, total.currency, viewer_currency
        )
        sums = per_currency.setdefault(total.currency, [0, 0])
        sums[0] += total.deals
        sums[1] += total.value
        count += total.deals
        if convert_to and rates is not None:
            value = rates.convert(total.value, total.currency, convert_to)
            worth = rates.convert(weighted, total.currency, convert_to)
            if value is not None and worth is not None:
                so_far = converted.setdefault(stage_id, [0, Amount(0), Amount(0)])
                for i, part in enumerate((total.deals, value, worth)):
                    so_far[i] += part
    summary: DealsSummary = {
        "per_stages": per_stages,
        "per_currency": {currency: deals for currency, (deals, _) in sorted(per_currency.items())},
        "per_currency_full": {
            currency: {"count": deals, "value": money.number(Amount(value))}
            for currency, (deals, value) in sorted(per_currency.items())
        },
        "total_count": count,
    }
    if convert_to:
        summary["per_stages_converted"] = {
            each: _worth(deals, Amount(value), Amount(weighted), convert_to, viewer_currency)
            for each, (deals, value, weighted) in converted.items()
        }
    return summary


def _worth(deals: int, value: Amount, weighted: Amount, currency: str, viewer_currency: str) -> Worth:
    return {
        "count": deals,
        "value": money.number(value),
        "value_formatted": format_amount(value, currency, viewer_currency),
        "weighted_value": money.number(weighted),
        "weighted_value_formatted": format_amount(weighted, currency, viewer_currency),
    }
