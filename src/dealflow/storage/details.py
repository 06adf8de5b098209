"""Conditions and orders on what parties and leads keep in their `details`, a JSON object."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, case, func

from dealflow.storage.json_text import text_at, without_case

Clause = ColumnElement[Any]


def absent(value: Clause) -> Clause:
    """Sorts rows without a value behind the others."""
    return case((value.is_(None), 1), else_=0)


def text_orders(values: dict[str, Clause]) -> dict[str, Clause]:
    """The orders of texts that have no folded keys, by their names, with `no_…` for rows that have none."""
    orders = {name: without_case(func.coalesce(value, "")) for name, value in values.items()}
    return orders | {f"no_{name}": absent(value) for name, value in values.items()}


def detail_orders(details: Clause, names: Iterable[str]) -> dict[str, Clause]:
    """The same of texts in the details."""
    return text_orders({name: text_at(details, name) for name in names})


def address_conditions(details: Clause) -> dict[str, ColumnElement[bool]]:
    """Restrictions to parts of the address, exactly as they are written."""
    parts = {"city": "locality", "postal_code": "postal_code", "country": "country"}
    return {
        name: text_at(details, "address", part) == bindparam(f"of_{name}", type_=Text()) for name, part in parts.items()
    }
