"""SIGTERM under load."""

import time
from contextlib import suppress
from pathlib import Path

from tests.faults.ledger import Ledger
from tests.support.process import ServerProcess
from tests.support.raw import Raw


def test_a_server_told_to_stop_finishes_what_runs(ledger: Ledger, tmp_path: Path) -> None:
    with ServerProcess(ledger.database, tmp_path) as server:
        with ledger.writing(lambda: [server.url]):
            ledger.seconds_to_success(10)
            time.sleep(0.3)
            told_at = time.monotonic()
            server.stop()
            assert seconds_until_refused(server) < 1
            assert server.wait() == 0
            assert time.monotonic() - told_at < 10
        assert (ledger.unannounced(), ledger.failures, ledger.differences()) == ([], [], [])


def seconds_until_refused(server: ServerProcess) -> float:
    """Until nobody can connect any more."""
    began = time.monotonic()
    with suppress(ConnectionRefusedError):
        while time.monotonic() - began < 10:
            Raw(server.url).close()
            time.sleep(0.01)
    return time.monotonic() - began
