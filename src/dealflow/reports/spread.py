"""How values of a group lie: middle, ninth tenth, mean."""

from typing import TypedDict

import numpy as np

from dealflow.core.money import divide_half_up
from dealflow.core.time import SECOND
from dealflow.reports.columns import Array, exact_sum


class Spread(TypedDict):
    """Times of a group in whole seconds, rounded half up; null for a group of none."""

    count: int
    median_s: int | None
    p90_s: int | None
    mean_s: int | None


def spread(times: Array) -> Spread:
    """Of microseconds. `median_s` is the middle one or the mean of both; nine in ten are not above `p90_s`."""
    count = len(times)
    if not count:
        return {"count": 0, "median_s": None, "p90_s": None, "mean_s": None}
    lower, upper, high = (count - 1) // 2, count // 2, -(-9 * count // 10) - 1
    ordered = np.partition(times, sorted({lower, upper, high}))
    return {
        "count": count,
        "median_s": divide_half_up(int(ordered[lower]) + int(ordered[upper]), 2 * SECOND),
        "p90_s": divide_half_up(int(ordered[high]), SECOND),
        "mean_s": divide_half_up(exact_sum(times), count * SECOND),
    }
