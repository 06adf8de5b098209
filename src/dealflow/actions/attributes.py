"""What parties and leads keep alike: the owner, labels, details and custom fields."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from dealflow.core.errors import Invalid
from dealflow.core.fields import merged_values
from dealflow.core.text import read_name, read_text
from dealflow.storage import fields, users
from dealflow.storage.tx import Tx

LONGEST: Final = 255
LONG_TEXTS: Final[Mapping[str, int]] = {"description": 65_536}
"""Details that are kept exactly as they are written, and how long they may be."""

_read_document = msgspec.json.Decoder(dict[str, Any]).decode
_read_ids = msgspec.json.Decoder(list[int]).decode


def optional_text(name: str, text: str | None) -> str | None:
    """A trimmed text, or None if it is blank. Raises Invalid."""
    if not text or not text.strip():
        return None
    return read_text(text, name, LONG_TEXTS[name]) if name in LONG_TEXTS else read_name(text, name, LONGEST)


def active_user(tx: Tx, user_id: int | None) -> int:
    """An owner. Raises Invalid."""
    user = users.users.find(tx, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        raise Invalid("owner_id", "no such user")
    return user.id


def labelled(tx: Tx, resource: str, stored: str, label_ids: list[int] | None) -> str:
    """The labels to keep, as JSON; those that are `stored` may have been removed since. Raises Invalid."""
    wanted = list(dict.fromkeys(label_ids or []))
    added = set(wanted) - set(_read_ids(stored))
    if added and not added <= fields.label_names(tx, resource).keys():
        raise Invalid("label_ids", "no such label")
    return msgspec.json.encode(wanted).decode()


def detailed(known: Mapping[str, type], stored: str, given: Mapping[str, Any]) -> str:
    """The details with what is given of those `known`, as JSON; empty values are left out. Raises Invalid."""
    return _merged(stored, {name: _detail(name, kind, given[name]) for name, kind in known.items() if name in given})


def _detail(name: str, kind: type, value: Any) -> Any:
    if kind is str:
        return optional_text(name, value)
    return value or None if kind is dict else value


def customized(stored: str, changes: Mapping[str, Any] | None) -> str:
    """The custom fields with changes as `core.fields.read_values` gives them, as JSON."""
    return _merged(stored, changes or {})


def _merged(stored: str, changes: Mapping[str, Any]) -> str:
    """The very text that is stored if nothing changes."""
    if not changes:
        return stored
    before = _read_document(stored)
    after = merged_values(before, changes)
    return stored if after == before else msgspec.json.encode(after).decode()
