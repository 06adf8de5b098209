"""Dated currency rates of the installation, as units of a currency per euro."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from dealflow.core import money
from dealflow.core.currencies import decimals
from dealflow.core.money import Amount
from dealflow.core.time import Day, Instant, moment
from dealflow.storage import schema
from dealflow.storage.database import Connection
from dealflow.storage.statement import Statement

E8: Final = 100_000_000
_r = schema.currency_rate.c

_newest_day = (
    select(_r.currency, func.max(_r.day).label("day"))
    .where(_r.day <= bindparam("on_day"))
    .group_by(_r.currency)
    .subquery()
)
_newest = Statement(
    select(_r.currency, _r.day, _r.per_euro_e8).join(
        _newest_day, (_newest_day.c.currency == _r.currency) & (_newest_day.c.day == _r.day)
    )
)
_put = upsert(schema.currency_rate).values({c.name: bindparam(c.name, type_=c.type) for c in _r})
_keep = Statement(
    _put.on_conflict_do_update(index_elements=[_r.currency, _r.day], set_={"per_euro_e8": _put.excluded.per_euro_e8})
)


class Rate(NamedTuple):
    """How many hundred-millionths of a currency one euro bought on a day."""

    currency: str
    day: Day
    per_euro_e8: int


class Rates:
    """The rates of one day."""

    def __init__(self, found: Iterable[Rate]) -> None:
        self.by_currency = {rate.currency: rate for rate in found}
        self.by_currency.setdefault("EUR", Rate("EUR", Day(""), E8))

    def convert(self, amount: Amount, source: str, target: str) -> Amount | None:
        """The amount in another currency, rounded to its decimals; None without a rate."""
        if source == target:
            return amount
        have, want = self.by_currency.get(source), self.by_currency.get(target)
        if have is None or want is None:
            return None
        return money.rounded(amount * want.per_euro_e8, have.per_euro_e8, decimals(target))


def rates_on(db: Connection, at: Instant) -> Rates:
    """The newest rates of the day of an instant (UTC) or before."""
    day = moment(at).date().isoformat()
    return Rates(Rate._make(row) for row in db.rows(_newest, {"on_day": day}))


def keep_rates(db: Connection, rates: Iterable[Rate]) -> None:
    """Add rates; those of the same currency and day are replaced."""
    db.change_each(_keep, [rate._asdict() for rate in rates])
