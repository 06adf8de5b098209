"""Amounts as Pipedrive writes them for people to read (contract 3.8)."""

from functools import lru_cache
from unicodedata import category

from dealflow.core.currencies import CURRENCIES, decimals
from dealflow.core.money import UNIT, Amount, rounded


@lru_cache(maxsize=1024)
def _style(currency: str, viewer_currency: str) -> tuple[str, int]:
    """What stands before the digits, and the number of decimals.

    A symbol made of letters, such as `FCFA`, is no sign: those amounts begin with the code, like `SAR 25,200`.
    """
    known = CURRENCIES.get(currency)
    if known is None or category(known.symbol[-1]) != "Sc":
        return f"{currency} ", decimals(currency)
    if currency == "USD" != viewer_currency:
        return "US$", known.decimals
    return known.symbol, known.decimals


@lru_cache(maxsize=16_384)
def format_amount(amount: Amount, currency: str, viewer_currency: str) -> str:
    """`€5,000`, `US$11.10`, `-€5`, `SAR 25,200`: decimals only where they are not zero, rounded half up.

    `viewer_currency` is the reader's default: dollars are plain `$` to those who count in US dollars.
    """
    prefix, places = _style(currency, viewer_currency)
    units = amount if amount % UNIT == 0 else rounded(amount, 1, places)
    whole, rest = divmod(abs(units), UNIT)
    sign = "-" if units < 0 else ""
    if rest == 0:
        return f"{sign}{prefix}{whole:,}"
    return f"{sign}{prefix}{whole:,}.{rest // 10 ** (4 - places):0{places}}"
