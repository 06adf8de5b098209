"""Create or update by what a record looks like (contract 2.3: upsert)."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from dealflow.dialects.sell.errors import Ambiguous, BadParameter
from dealflow.dialects.sell.lists import ListQuery

R = TypeVar("R")

UNUSED: Final = ("page", "per_page", "sort_by", "includes")
"""Parameters of a list that choose no records."""


def upsert(
    resource: str, query: ListQuery, find: Callable[[], Sequence[R]], make: Callable[[], R], change: Callable[[R], R]
) -> R:
    """Change the one record that `find` gives, or make one if there is none.

    `query` holds the filters, of which one at least is given. Raises BadParameter, Ambiguous if several match.
    """
    plain = ListQuery()
    for name in ("page", "per_page", "sort_by"):
        if getattr(query, name) != getattr(plain, name):
            raise BadParameter(name, "unexpected parameter")
    if all(getattr(query, name) is None for name in query.__struct_fields__ if name not in UNUSED):
        raise BadParameter("filter", "at least one filter is needed")
    found = find()
    if len(found) > 1:
        raise Ambiguous(resource)
    return change(found[0]) if found else make()
