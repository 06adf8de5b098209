"""How long tests are that can be of any length: short in a check, long in a nightly run (`make nightly`)."""

import os
from typing import Final, TypeVar

T = TypeVar("T")

NIGHTLY: Final = os.environ.get("NIGHTLY", "") not in ("", "0")


def length(check: T, *, nightly: T) -> T:
    """What counts in this run."""
    return nightly if NIGHTLY else check
