"""Databases of their own for servers that are killed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.ledger import Ledger
from tests.support.postgres import Cluster


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """A durable cluster, which tests may restart and kill."""
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'dealflow.db'}")


@pytest.fixture
def postgres_ledger(cluster: Cluster, request: pytest.FixtureRequest) -> Ledger:
    cluster.start()
    return Ledger(cluster.create_database(request.node.name))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest) -> Ledger:
    """On each database in turn."""
    found: Ledger = request.getfixturevalue(f"{request.param}_ledger")
    return found
