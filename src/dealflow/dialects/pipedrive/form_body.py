"""Form bodies as documents, with the brackets that PHP's `http_build_query` and others write (contract 1.1)."""

import re
from collections.abc import Iterable
from typing import Any, Final

from dealflow.wire import BadRequest

MOST_STEPS: Final = 8
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_STEP: Final = re.compile(r"\[([^\[\]]*)\]")


def document(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`a[]=1&a[]=2` and `a[0]=1` make lists, `a[0][b]=1` and `a[b]=1` objects; of other repeats the last one counts.

    A name whose brackets do not match is a name like any other. Raises BadRequest for names too deep, and for those
    that are a text and hold others.
    """
    root: dict[str, Any] = {}
    for name, value in pairs:
        matched = _NAME.fullmatch(name)
        key, *steps = [matched[1], *_STEP.findall(matched[2])] if matched else [name]
        if len(steps) > MOST_STEPS:
            raise BadRequest("a name of the form is nested too deep")
        place = root
        for step in steps:
            place, key = _inside(place, key), step
            key = key or str(len(place))
        if isinstance(place.get(key), dict):
            raise BadRequest(f"{name[:80]} is both a text and more than that")
        place[key] = value
    return {name: _lists(value) for name, value in root.items()}


def _inside(place: dict[str, Any], key: str) -> dict[str, Any]:
    below: Any = place.setdefault(key, {})
    if not isinstance(below, dict):
        raise BadRequest(f"{key[:80]} is both a text and more than that")
    return below


def _lists(value: Any) -> Any:
    """With lists in the place of what is numbered."""
    if not isinstance(value, dict):
        return value
    inside = {key: _lists(each) for key, each in value.items()}
    if all(key.isascii() and key.isdigit() for key in inside):
        return [inside[key] for key in sorted(inside, key=lambda key: (len(key.lstrip("0")), key.lstrip("0")))]
    return inside
