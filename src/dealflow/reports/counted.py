"""The statistics of `core.statistics`, counted over columns: the same numbers, for everyone at once."""

from itertools import pairwise

import numpy as np

from dealflow.core.money import Amount, divide_half_up
from dealflow.core.statistics import Conversion, Group, Movement, Rate
from dealflow.core.time import DAY
from dealflow.reports.columns import Array, Ints, exact_sum
from dealflow.reports.question import Question


def conversion(asked: Question) -> Conversion:
    """As `core.statistics.conversion`."""
    rates = []
    for rank, ends in enumerate(pairwise(asked.stages)):
        passed = asked.passed(rank)
        stuck = np.count_nonzero(~passed[asked.lost_in(rank)])
        rates.append(Rate(*ends, int(np.count_nonzero(passed)), int(stuck)))
    return Conversion(rates, len(asked.won), len(asked.lost))


def movement(asked: Question) -> Movement:
    """As `core.statistics.movement`."""
    left, left_in = asked.left_open, asked.left_in
    return Movement(
        moves=moves(asked),
        new=group(asked, asked.begun),
        left_open=group(asked, left),
        won=group(asked, asked.won),
        lost=group(asked, asked.lost),
        age_days=mean_age_days(asked, left),
        age_days_by_stage={stage_id: mean_age_days(asked, left[left_in == stage_id]) for stage_id in asked.stages},
    )


def moves(asked: Question) -> int:
    """How often deals went from one stage of the pipeline to another, deleted ones too."""
    return len(moved(asked))


def moved(asked: Question) -> Array:
    """The deals that did, each as often as it did."""
    columns, entries = asked.columns, asked.entries
    entries = entries[entries > columns.first[columns.entry_deal[entries]]]
    within = (columns.entry_pipeline[entries] == asked.pipeline_id) & (
        columns.entry_pipeline[entries - 1] == asked.pipeline_id
    )
    changed = columns.entry_stage[entries] != columns.entry_stage[entries - 1]
    return columns.entry_deal[entries[within & changed]]


def group(asked: Question, deals: Ints) -> Group:
    """Deals by id with the sums of their values by currency."""
    return Group(np.sort(asked.columns.deal_id[deals]).tolist(), values(asked, deals))


def values(asked: Question, deals: Ints) -> dict[str, Amount]:
    """What deals are worth together, by currency; nothing for currencies that none has."""
    columns = asked.columns
    worth, currency = columns.value[deals], columns.currency[deals]
    codes = np.flatnonzero(np.bincount(currency, minlength=1)).tolist() if len(deals) else []
    return {columns.currencies[code]: Amount(exact_sum(worth[currency == code])) for code in codes}


def mean_age_days(asked: Question, deals: Ints) -> int:
    """The mean time since deals began, in days, rounded half up; 0 without any."""
    if not len(deals):
        return 0
    return divide_half_up(exact_sum(asked.reference - asked.columns.started_at[deals]), len(deals) * DAY)
