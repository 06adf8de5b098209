"""Deals, and the totals of open ones kept beside them."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, case, func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from dealflow.core import money
from dealflow.core.company import Viewer
from dealflow.core.deal import PRIVATE, Deal
from dealflow.core.errors import NotFound
from dealflow.core.money import Amount
from dealflow.core.time import DAY
from dealflow.storage import schema
from dealflow.storage.details import absent
from dealflow.storage.followers import follower_ids
from dealflow.storage.json_text import custom_conditions, custom_orders
from dealflow.storage.records import Records
from dealflow.storage.statement import Row, Statement
from dealflow.storage.tx import Tx

_d, _f, _s, _t = schema.deal.c, schema.follower.c, schema.stage.c, schema.deal_total.c
KEPT_DAYS = 30

_followed = _d.id.in_(
    select(_f.record_id).where(
        _f.company_id == bindparam("company_id"), _f.resource == "deal", _f.user_id == bindparam("viewer_id")
    )
)
_own = _d.owner_id == bindparam("viewer_id")

# The stage as surfaces show it that show an outcome as a stage: the pipeline's own for that outcome.
_shown_stage = case(
    (_d.outcome == "open", _d.stage_id),
    else_=select(_s.id)
    .where(
        _s.company_id == _d.company_id,
        _s.company_id == bindparam("company_id"),
        _s.pipeline_id == _d.pipeline_id,
        _s.category == _d.outcome,
    )
    .scalar_subquery(),
)
_contact = func.coalesce(_d.person_id, _d.organization_id)


deals = Records(
    "deal",
    schema.deal,
    Deal,
    conditions={
        "owner": _d.owner_id == bindparam("owner_id"),
        "person": _d.person_id == bindparam("person_id"),
        "organization": _d.organization_id == bindparam("organization_id"),
        "pipeline": _d.pipeline_id == bindparam("pipeline_id"),
        "stage": _d.stage_id == bindparam("stage_id"),
        "open": and_(_d.outcome == "open", _d.deleted_at.is_(None)),
        "closed": _d.outcome != "open",
        "not_deleted": _d.deleted_at.is_(None),
        "deleted": _d.deleted_at >= bindparam("kept_since"),
        "kept": or_(_d.deleted_at.is_(None), _d.deleted_at >= bindparam("kept_since")),
        "outcomes": or_(
            and_(_d.deleted_at.is_(None), _d.outcome.in_([bindparam(f"of_outcome_{i}") for i in range(4)])),
            _d.deleted_at >= bindparam("deleted_since"),
        ),
        "archived": _d.archived_at.is_not(None),
        "not_archived": _d.archived_at.is_(None),
        "updated_since": _d.updated_at >= bindparam("updated_since"),
        "updated_until": _d.updated_at < bindparam("updated_until"),
        "creator": _d.creator_id == bindparam("creator_id"),
        "contact": _contact == bindparam("contact_id"),
        "hot": _d.hot == bindparam("is_hot"),
        "source": _d.source_id == bindparam("source_id"),
        "loss_reason": _d.loss_reason_id == bindparam("loss_reason_id"),
        "unqualified_reason": _d.unqualified_reason_id == bindparam("unqualified_reason_id"),
        "title": _d.title_key == bindparam("of_title_key"),
        "expected_close": _d.expected_close == bindparam("of_expected_close"),
        "value_between": and_(_d.value >= bindparam("least_value"), _d.value < bindparam("beyond_value")),
        "currency": _d.currency == bindparam("of_currency"),
        "outcome": _d.outcome == bindparam("of_outcome"),
        **custom_conditions(_d.custom_fields),
        "own_or_followed": or_(_own, _followed),
        "not_private": or_(_d.visibility != PRIVATE, _own, _followed),
    },
    orders={
        "id": _d.id,
        "updated_at": _d.updated_at,
        "started_at": _d.started_at,
        "title": _d.title_key,
        "value": _d.value,
        "currency": _d.currency,
        "owner_id": _d.owner_id,
        "pipeline_id": _d.pipeline_id,
        "stage_id": _d.stage_id,
        "outcome": _d.outcome,
        "probability": func.coalesce(_d.probability, -1),
        "expected_close": func.coalesce(_d.expected_close, ""),
        "stage_changed_at": func.coalesce(_d.stage_changed_at, 0),
        "outcome_at": func.coalesce(_d.outcome_at, 0),
        "person_id": func.coalesce(_d.person_id, 0),
        "organization_id": func.coalesce(_d.organization_id, 0),
        "created_at": _d.created_at,
        "creator_id": _d.creator_id,
        "hot": _d.hot,
        "contact_id": func.coalesce(_contact, 0),
        "no_contact": absent(_contact),
        "no_organization": absent(_d.organization_id),
        "no_expected_close": absent(_d.expected_close),
        "no_probability": absent(_d.probability),
        "shown_stage_id": _shown_stage,
        "sell_stage_changed_at": func.coalesce(_d.sell_stage_changed_at, _d.created_at),
        "source_id": func.coalesce(_d.source_id, 0),
        "no_source": absent(_d.source_id),
        "loss_reason_id": func.coalesce(_d.loss_reason_id, 0),
        "no_loss_reason": absent(_d.loss_reason_id),
        "unqualified_reason_id": func.coalesce(_d.unqualified_reason_id, 0),
        "no_unqualified_reason": absent(_d.unqualified_reason_id),
        **custom_orders(_d.custom_fields),
    },
)


def visible_to(viewer: Viewer) -> dict[str, Mapping[str, Any]]:
    """The condition that leaves the deals a user may see: none for admins."""
    if viewer.is_admin:
        return {}
    return {"not_private" if viewer.sees_all else "own_or_followed": {"viewer_id": viewer.id}}


def get_visible(tx: Tx, deal_id: int, viewer: Viewer) -> Deal:
    """A deal the user may see, marked as deleted at most 30 days ago. Raises NotFound."""
    deal = deals.get(tx, deal_id)
    if deal.deleted_at is not None and deal.deleted_at < tx.now - KEPT_DAYS * DAY:
        raise NotFound("deal", deal_id)
    if viewer.is_admin or deal.owner_id == viewer.id or (viewer.sees_all and deal.visibility != PRIVATE):
        return deal
    if viewer.id not in follower_ids(tx, "deal", deal_id):
        raise NotFound("deal", deal_id)
    return deal


# ---------------------------------------------------------------------------------------------------------- totals


class StageTotal(NamedTuple):
    """Open deals of one stage and currency. `own_*` are of the deals with a probability of their own.

    `value` is the sum of all; `own_weighted` the sum of `value * probability / 100` of those `own_value` sums up.
    """

    stage_id: int
    currency: str
    deals: int
    value: Amount
    own_value: Amount
    own_weighted: Amount


_totals = Statement(
    select(_t.stage_id, _t.currency, _t.deals, _t.value, _t.own_value, _t.own_weighted)
    .where(_t.company_id == bindparam("company_id"), _t.pipeline_id == bindparam("of_pipeline"), _t.deals != 0)
    .order_by(_t.stage_id, _t.currency, _t.is_private)
)
_public_totals = Statement(
    select(_t.stage_id, _t.currency, _t.deals, _t.value, _t.own_value, _t.own_weighted)
    .where(
        _t.company_id == bindparam("company_id"),
        _t.pipeline_id == bindparam("of_pipeline"),
        _t.is_private.is_(False),
        _t.deals != 0,
    )
    .order_by(_t.stage_id, _t.currency)
)
_open_values = (_d.stage_id, _d.currency, _d.value, _d.probability)
_counting = and_(
    _d.company_id == bindparam("company_id"),
    _d.pipeline_id == bindparam("of_pipeline"),
    _d.outcome == "open",
    _d.archived_at.is_(None),
    _d.deleted_at.is_(None),
)
_private_open = Statement(select(*_open_values).where(_counting, _d.visibility == PRIVATE, or_(_own, _followed)))
_own_open = Statement(select(*_open_values).where(_counting, or_(_own, _followed)))
_every_open = Statement(
    select(_d.pipeline_id, _d.stage_id, _d.currency, _d.visibility, _d.value, _d.probability).where(
        _d.company_id == bindparam("company_id"),
        _d.outcome == "open",
        _d.archived_at.is_(None),
        _d.deleted_at.is_(None),
    )
)
_every_total = Statement(
    select(
        _t.pipeline_id, _t.stage_id, _t.currency, _t.is_private, _t.deals, _t.value, _t.own_value, _t.own_weighted
    ).where(_t.company_id == bindparam("company_id"), _t.deals != 0)
)
_new_total = upsert(schema.deal_total).values({c.name: bindparam(c.name, type_=c.type) for c in _t})
_add_to_total = Statement(
    _new_total.on_conflict_do_update(
        index_elements=[_t.company_id, _t.pipeline_id, _t.stage_id, _t.currency, _t.is_private],
        set_={
            name: _t[name] + getattr(_new_total.excluded, name)
            for name in ("deals", "value", "own_value", "own_weighted")
        },
    )
)


def open_totals(tx: Tx, pipeline_id: int, viewer: Viewer) -> tuple[StageTotal, ...]:
    """Number and worth of the open deals the user may see per stage and currency; stages without are absent.

    Neither archived nor deleted deals count. Exact: sums are of ten-thousandths.
    """
    if viewer.is_admin:
        return _merged_once(tuple(tx.rows(_totals, of_pipeline=pipeline_id)))
    if not viewer.sees_all:
        return _merged(_total(*row) for row in tx.rows(_own_open, of_pipeline=pipeline_id, viewer_id=viewer.id))
    public = tx.rows(_public_totals, of_pipeline=pipeline_id)
    private = tx.rows(_private_open, of_pipeline=pipeline_id, viewer_id=viewer.id)
    return _merged([*public, *(_total(*row) for row in private)])


def totals_of(found: Iterable[Deal]) -> tuple[StageTotal, ...]:
    """The same totals over given deals, whatever their state."""
    return _merged(_total(deal.stage_id, deal.currency, deal.value, deal.probability) for deal in found)


def count_in(tx: Tx, deal: Deal, sign: int) -> None:
    """Enter a deal into the totals (`sign` 1) or take it out (-1), if it is one that counts."""
    if not deal.counts:
        return
    total = _total(deal.stage_id, deal.currency, deal.value, deal.probability)
    tx.change(
        _add_to_total,
        pipeline_id=deal.pipeline_id,
        stage_id=deal.stage_id,
        currency=deal.currency,
        is_private=deal.visibility == PRIVATE,
        deals=sign,
        value=sign * total.value,
        own_value=sign * total.own_value,
        own_weighted=sign * total.own_weighted,
    )


def recount(tx: Tx, before: Deal, after: Deal) -> None:
    """Bring the totals from one state of a deal to another."""
    if _counted(before) != _counted(after):
        count_in(tx, before, -1)
        count_in(tx, after, 1)


def wrong_totals(tx: Tx) -> list[str]:
    """What the kept totals and the deals themselves disagree on; for `dealflow check`."""
    expected: dict[tuple[Any, ...], list[int]] = {}
    for pipeline_id, stage_id, currency, visibility, value, percent in tx.rows(_every_open):
        key = (pipeline_id, stage_id, currency, visibility == PRIVATE)
        sums = expected.setdefault(key, [0, 0, 0, 0])
        for i, part in enumerate(_total(stage_id, currency, value, percent)[2:]):
            sums[i] += part
    kept = {tuple(row[:4]): list(row[4:]) for row in tx.rows(_every_total)}
    return [
        f"company {tx.company_id}: total of pipeline {key[0]}, stage {key[1]}, {key[2]} is {kept.get(key)}, "
        f"the deals give {expected.get(key)}"
        for key in sorted({*expected, *kept})
        if kept.get(key) != expected.get(key)
    ]


def _counted(deal: Deal) -> tuple[Any, ...]:
    return (
        deal.counts,
        deal.pipeline_id,
        deal.stage_id,
        deal.currency,
        deal.visibility == PRIVATE,
        deal.value,
        deal.probability,
    )


def _total(stage_id: int, currency: str, value: Amount, percent: int | None) -> StageTotal:
    if percent is None:
        return StageTotal(stage_id, currency, 1, value, money.ZERO, money.ZERO)
    return StageTotal(stage_id, currency, 1, value, value, Amount(money.divide_half_up(value * percent, 100)))


def _merged(totals: Iterable[Row]) -> tuple[StageTotal, ...]:
    """The totals with one for each stage and currency."""
    merged: dict[tuple[int, str], Row] = {}
    for total in totals:
        key = total[:2]
        so_far = merged.setdefault(key, total)
        if so_far is not total:
            merged[key] = (*key, *(a + b for a, b in zip(so_far[2:], total[2:], strict=True)))
    return tuple(StageTotal._make(merged[key]) for key in sorted(merged))


_merged_once = lru_cache(maxsize=1024)(_merged)
