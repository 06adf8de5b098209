"""The board is tested on the databases that the contract is tested on."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from dealflow.core.time import Day
from dealflow.storage import schema
from dealflow.storage.rates import E8, Rate, keep_rates
from tests.contract.conftest import database
from tests.support.databases import Clock, Home
from tests.support.sales import Sales

__all__ = ["database"]


@pytest.fixture
def sales(database: Home, clock: Clock) -> Sales:
    return Sales(database, clock)


@pytest.fixture
def rates(database: Home) -> Iterator[None]:
    """A euro is 1.25 US dollars from the last day of March 2026 on. Rates are of the installation."""
    with database.transaction(0) as tx:
        keep_rates(tx.db, [Rate("USD", Day("2026-03-31"), E8 * 5 // 4), Rate("SEK", Day("2026-03-30"), E8 * 10)])
    yield
    with database.engine.begin() as connection:
        connection.execute(sa.delete(schema.currency_rate))
