"""What can be searched: the terms in which each resource tells it (contract 3.3)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from dealflow.core.company import Viewer
from dealflow.dialects.sell.custom_values import read_stored, show_value
from dealflow.dialects.sell.lists import Where
from dealflow.storage import fields
from dealflow.storage.search import Branch, Node, Search
from dealflow.storage.tx import Tx

Show = Callable[[Any], dict[str, Any]]
NEVER: Final = Branch("any", ())


class Word(NamedTuple):
    """An attribute as Search names it. `attribute` is the core's, None for what follows from others.

    `kind` says how values are read, where that is not the kind of the attribute: a `date` is the day of an instant.
    `equals` makes the test for one of some values, where that is not a plain comparison.
    """

    attribute: str | None
    kind: str | None = None
    equals: Callable[[Tx, Sequence[Any]], Node] | None = None


class Resource(NamedTuple):
    """A kind of record. `shown` are attributes that are answered but not searched by.

    `fields` are the resources of its custom fields, by what stands before the id: `contact:12`. `labels` is the
    resource of its tags. `zoned`: dates and times without a zone are of the company's.
    """

    path: str
    type: str
    search: Search
    words: Mapping[str, Word]
    seen: Callable[[Viewer], Where]
    show: Callable[[Tx, Sequence[Any]], Show]
    shown: frozenset[str] = frozenset()
    fields: Mapping[str, str] = {}
    labels: str | None = None
    zoned: bool = False


def same(*names: str) -> dict[str, Word]:
    """Attributes that the core names alike."""
    return {name: Word(name) for name in names}


def custom_by_id(tx: Tx, resources: Sequence[str], stored: Sequence[str]) -> Callable[[str], dict[str, Any]]:
    """How stored custom values are shown here: by the ids of their fields."""
    if all(each == "{}" for each in stored):
        return lambda _: {}
    defined = [field for resource in resources for field in fields.live(tx, resource).values()]

    def show(stored: str) -> dict[str, Any]:
        values = read_stored(stored)
        return {str(each.id): show_value(each, values[each.key]) for each in defined if each.key in values}

    return show
