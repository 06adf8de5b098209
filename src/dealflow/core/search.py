"""How well a text answers a search term.

A term and a text are compared as search keys. The score is 1 for an equal text, 0.75 for one that begins with the term
and 0.5 for one that contains it; a record scores as its best text does.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from dealflow.core.fields import Field
from dealflow.core.text import search_key

EQUAL: Final = 1.0
BEGINS: Final = 0.75
CONTAINS: Final = 0.5
NOT_FOUND: Final = 0.0

TEXT_TYPES: Final = frozenset(
    {"address", "varchar", "text", "varchar_auto", "double", "monetary", "phone", "email", "url"}
)
"""The types of custom fields that are searched."""


def score(text: str, term: str, *, exact: bool) -> float:
    """How well a text answers `term`, which is a search key; `exact` takes only equal texts."""
    key = search_key(text)
    if key == term:
        return EQUAL
    if exact or term not in key:
        return NOT_FOUND
    return BEGINS if key.startswith(term) else CONTAINS


def custom_texts(fields: Iterable[Field], stored: Mapping[str, object]) -> list[str]:
    """The texts of the searched fields that a record has."""
    texts = []
    for field in fields:
        value = stored.get(field.key)
        if isinstance(value, Mapping):
            value = value.get("value")
        if value is not None:
            texts.append(str(value))
    return texts
