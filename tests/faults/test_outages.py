"""PostgreSQL goes away and comes back under load."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.faults.ledger import Ledger
from tests.support.postgres import Cluster
from tests.support.process import ServerProcess

pytestmark = pytest.mark.postgres

DOWN_S: Final = 0.5
GRACE_S: Final = 1.0


def restarted(cluster: Cluster) -> None:
    cluster.restart(immediate=True)


def killed(cluster: Cluster) -> None:
    cluster.kill()
    time.sleep(DOWN_S)
    cluster.start()


def test_connections_that_broke_while_nothing_ran_are_replaced_unnoticed(
    cluster: Cluster, postgres_ledger: Ledger, tmp_path: Path
) -> None:
    with ServerProcess(postgres_ledger.database, tmp_path) as server:
        with postgres_ledger.writing(lambda: [server.url]):
            postgres_ledger.seconds_to_success(10)
            time.sleep(DOWN_S)
        cluster.restart(immediate=True)
        with postgres_ledger.writing(lambda: [server.url]):
            postgres_ledger.seconds_to_success(10)
    assert (postgres_ledger.failures, postgres_ledger.differences()) == ([], [])


@pytest.mark.parametrize("fault", [restarted, killed])
def test_the_server_outlives_its_database(
    cluster: Cluster, postgres_ledger: Ledger, tmp_path: Path, fault: Callable[[Cluster], None]
) -> None:
    with ServerProcess(postgres_ledger.database, tmp_path) as server:
        with postgres_ledger.writing(lambda: [server.url]):
            postgres_ledger.seconds_to_success(10)
            down_at = time.monotonic()
            fault(cluster)
            up_at = time.monotonic()
            assert postgres_ledger.seconds_to_success(10) < 5
            time.sleep(GRACE_S)
        failures = postgres_ledger.failures
        assert {(each.status, each.retry_after) for each in failures} == {(503, "1")}
        assert [each for each in failures if not down_at - GRACE_S < each.began < up_at] == []
        postgres_ledger.settle(server.url)
    assert postgres_ledger.differences() == []
