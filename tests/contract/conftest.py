"""Which databases the contract is tested on."""

import pytest

from tests.support.databases import Clock, Home, Homes
from tests.support.lengths import length

FEW = ["sqlite", pytest.param("partitioned", marks=pytest.mark.postgres)]
ALL = [*FEW, pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=length(FEW, nightly=ALL))
def database(request: pytest.FixtureRequest, homes: Homes, clock: Clock) -> Home:
    """Each kind in turn: of the two on PostgreSQL the split one is stricter; a nightly run asks the plain one, too."""
    return homes[request.param]
