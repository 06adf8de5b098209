"""Summaries of what a user may see, loaded."""

from collections.abc import Iterable
from typing import Any

from dealflow.core.currencies import is_known
from dealflow.core.deal import Deal
from dealflow.core.errors import Invalid
from dealflow.core.pipeline import Pipeline, Stage
from dealflow.dialects.pipedrive.summary import deals_summary
from dealflow.storage import deals, pipelines, users
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


def pipeline_summary(tx: Tx, pipeline: Pipeline, convert_to: str | None = None) -> dict[str, Any]:
    """Open deals of the pipeline that the caller may see, of all owners."""
    viewer = users.me(tx)
    totals = deals.open_totals(tx, pipeline.id, viewer)
    stages = {each.id: each for each in pipelines.stages.all(tx, {"pipeline": {"pipeline_id": pipeline.id}})}
    enabled = {pipeline.id: pipeline.probability_enabled}
    rates = rates_on(tx.db, tx.now) if convert_to else None
    return deals_summary(totals, stages, enabled, viewer.currency, convert_to=convert_to, rates=rates)


def summary_of(tx: Tx, found: Iterable[Deal], convert_to: str | None = None) -> dict[str, Any]:
    """The summary of given deals."""
    totals = deals.totals_of(found)
    stages: dict[int, Stage] = pipelines.stages.by_id(tx, (total.stage_id for total in totals))
    holders = pipelines.pipelines.by_id(tx, (stage.pipeline_id for stage in stages.values()))
    enabled = {each.id: each.probability_enabled for each in holders.values()}
    rates = rates_on(tx.db, tx.now) if convert_to else None
    return deals_summary(totals, stages, enabled, users.me(tx).currency, convert_to=convert_to, rates=rates)
