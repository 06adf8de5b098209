"""Summaries of what a user may see, loaded."""

from collections.abc import Iterable
from functools import lru_cache

from dealflow.core.currencies import is_known
from dealflow.core.deal import Deal
from dealflow.core.errors import Invalid
from dealflow.core.pipeline import Pipeline
from dealflow.dialects.pipedrive.summary import DealsSummary, deals_summary
from dealflow.storage import deals, pipelines, users
from dealflow.storage.deals import StageTotal
from dealflow.storage.pipelines import Weight
from dealflow.storage.rates import rates_on
from dealflow.storage.tx import Tx


def read_target(tx: Tx, text: str | None) -> str | None:
    """The currency to convert to: a 3-letter code or `default_currency`. Raises Invalid."""
    if text is None:
        return None
    if text == "default_currency":
        return users.me(tx).currency
    code = text.upper()
    if not is_known(code):
        raise Invalid("totals_convert_currency", "must be a currency code or default_currency")
    return code


def pipeline_summary(tx: Tx, pipeline: Pipeline, convert_to: str | None = None) -> DealsSummary:
    """Open deals of the pipeline that the caller may see, of all owners."""
    totals = deals.open_totals(tx, pipeline.id, users.me(tx))
    return _summary(tx, totals, pipelines.weights_in(tx, pipeline), convert_to)


def summary_of(tx: Tx, found: Iterable[Deal], convert_to: str | None = None) -> DealsSummary:
    """The summary of given deals."""
    totals = deals.totals_of(found)
    return _summary(tx, totals, pipelines.weights(tx, (total.stage_id for total in totals)), convert_to)


def _summary(
    tx: Tx, totals: tuple[StageTotal, ...], weights: tuple[Weight, ...], convert_to: str | None
) -> DealsSummary:
    currency = users.me(tx).currency
    if convert_to:
        return deals_summary(totals, weights, currency, convert_to=convert_to, rates=rates_on(tx.db, tx.now))
    return _unconverted(totals, weights, currency)


# Worked out once for the same numbers; nobody changes the result.
_unconverted = lru_cache(maxsize=1024)(deals_summary)
