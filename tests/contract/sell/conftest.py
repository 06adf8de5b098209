"""Fixtures of the Sell dialect."""

import pytest

from tests.support.people import Server
from tests.support.sell import SellClient, SellPeople


@pytest.fixture
def people(server: Server) -> SellPeople:
    """The company's admin, its seller, and one who sees only their own."""
    return SellPeople(server.served, server.company)


@pytest.fixture
def sell(people: SellPeople) -> SellClient:
    """The admin."""
    return people.admin


@pytest.fixture
def stranger(server: Server) -> SellClient:
    """Somebody without a token."""
    return SellClient(server.served, None)


@pytest.fixture
def other(server: Server) -> SellClient:
    """The admin of another company."""
    admin = server.neighbours.admin
    return SellClient(server.served, admin.sell_token, admin.user.id)
