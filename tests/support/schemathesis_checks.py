"""What Schemathesis checks of each answer beside its own checks; it imports this by itself."""

import gc
from typing import Any

import schemathesis

from tests.support.inside import INSIDE

# Saves Schemathesis a sixth of its time: it makes many objects and keeps most.
gc.freeze()
gc.set_threshold(200_000, 20, 100)


@schemathesis.check
def shows_nothing_of_the_inside(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """Fails on names of files, libraries and tables."""
    found = INSIDE.search(response.content)
    if found is not None:
        raise AssertionError(f"the answer shows {found[0]!r}")
