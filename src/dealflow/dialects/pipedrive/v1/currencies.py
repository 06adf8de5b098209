"""Currencies, version 1 (contract 2.11)."""

from typing import TypedDict

import msgspec

from dealflow.core.currencies import CURRENCIES, Currency
from dealflow.core.text import search_key
from dealflow.dialects.pipedrive.dialect import V1, ok
from dealflow.storage.tx import Tx
from dealflow.wire import Reply


class CurrencyOut(TypedDict):
    """A currency."""

    id: int
    code: str
    name: str
    decimal_points: int
    symbol: str
    active_flag: bool
    is_custom_flag: bool


class ListQuery(msgspec.Struct):
    """`term` is part of a code or a name, in any case."""

    term: str = ""


def currency_out(currency: Currency) -> CurrencyOut:
    """The wire object."""
    return {
        "id": currency.id,
        "code": currency.code,
        "name": currency.name,
        "decimal_points": currency.decimals,
        "symbol": currency.symbol,
        "active_flag": True,
        "is_custom_flag": False,
    }


@V1.add("GET", "/currencies", section="2.11", cost=20, scopes="base", shows=list[CurrencyOut])
def list_currencies(_: Tx, query: ListQuery) -> Reply:
    term = search_key(query.term.strip())
    found = [each for each in CURRENCIES.values() if term in search_key(each.code) or term in search_key(each.name)]
    return ok([currency_out(each) for each in found])
