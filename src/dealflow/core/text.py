"""Text as people type it."""

import unicodedata
from typing import Final

from dealflow.core.errors import Invalid

NO_KEY: Final = "\U0010ffff"
"""The sort key of an absent text: it stands behind every other."""


def search_key(text: str) -> str:
    """The form under which texts that differ only in case or encoding are equal (NFKC, casefolded)."""
    return unicodedata.normalize("NFKC", text).casefold()


def sort_key(text: str | None) -> str:
    """The search key of a text, or `NO_KEY` without one."""
    return search_key(text) if text else NO_KEY


def read_name(text: str, field: str = "name", longest: int = 255) -> str:
    """A trimmed text of 1 to `longest` characters. Raises Invalid."""
    trimmed = text.strip()
    if not trimmed:
        raise Invalid(field, "must not be empty")
    if len(trimmed) > longest:
        raise Invalid(field, f"must have at most {longest} characters")
    return trimmed


def read_text(text: str | None, field: str, longest: int) -> str:
    """A text of 1 to `longest` characters, not all of them blanks, as it is. Raises Invalid."""
    if not text or not text.strip():
        raise Invalid(field, "must not be empty")
    if len(text) > longest:
        raise Invalid(field, f"must have at most {longest} characters")
    return text
