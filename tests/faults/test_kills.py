"""The server is killed at any moment: what was acknowledged is there, nothing is half done, nothing is done twice."""

import random
import sys
import time
from pathlib import Path
from typing import Final

import pytest

from tests.faults.ledger import Attempt, Client, Ledger
from tests.support.lengths import length
from tests.support.process import ServerProcess

KILLS: Final = length(20, nightly=200)
KILLS_OF_ONE: Final = length(4, nightly=40)
FAILPOINT: Final = (sys.executable, "-m", "tests.support.failpoint")


def test_a_killed_server_loses_nothing_it_acknowledged(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    assert write_and_kill(sqlite_ledger, tmp_path, KILLS, random.Random(20_261_122)) == []


def write_and_kill(ledger: Ledger, folder: Path, kills: int, chance: random.Random) -> list[str]:
    """What was found wrong after any of the kills."""
    found: list[str] = []
    server = ServerProcess(ledger.database, folder, quick=True)
    for _ in range(kills):
        server.start()
        found += ledger.differences()
        ledger.settle(server.url)
        with ledger.writing(lambda: [server.url]) as stop:
            time.sleep(chance.uniform(0.05, 0.5))
            server.kill()
            stop.set()
    with server:
        ledger.settle(server.url)
        found += ledger.differences()
    return found


def test_a_server_is_ready_after_little_work(sqlite_ledger: Ledger, tmp_path: Path) -> None:
    with ServerProcess(sqlite_ledger.database, tmp_path) as server:
        assert server.cpu_s() < 2.0


@pytest.mark.parametrize("servers", [2, 4])
def test_one_of_several_servers_on_a_file_may_be_killed(sqlite_ledger: Ledger, tmp_path: Path, servers: int) -> None:
    found = kill_one_of(servers, sqlite_ledger, tmp_path, kills=KILLS_OF_ONE, chance=random.Random(servers))
    assert (found, [each.status for each in sqlite_ledger.failures]) == ([], [])


def kill_one_of(count: int, ledger: Ledger, folder: Path, *, kills: int, chance: random.Random) -> list[str]:
    """What was found wrong when one server after the other was killed while clients wrote to all."""
    servers = [ServerProcess(ledger.database, folder, name=f"server-{i}", quick=True) for i in range(count)]
    try:
        for server in servers:
            server.start()
        with ledger.writing(lambda: [server.url for server in servers], pause_s=0.02):
            for _ in range(kills):
                time.sleep(chance.uniform(0.1, 0.4))
                victim = chance.choice(servers)
                victim.kill()
                time.sleep(chance.uniform(0.0, 0.2))
                victim.start()
        ledger.settle(servers[0].url)
        return ledger.differences()
    finally:
        for server in servers:
            server.close()


def test_a_retry_settles_what_was_committed_but_not_answered(ledger: Ledger, tmp_path: Path) -> None:
    failpoint = tmp_path / "end after the commit"
    attempt = Attempt("key of the retry", None, time.monotonic())
    ledger.attempts.append(attempt)
    with ServerProcess(
        ledger.database, tmp_path, program=FAILPOINT, environment={"FAILPOINT": str(failpoint)}
    ) as server:
        failpoint.touch()
        told = send(ledger, server, attempt)
        failpoint.unlink()
        assert (told, server.wait(), ledger.unannounced()) == ("unknown", 9, ["key of the retry"])
        server.start()
        assert (send(ledger, server, attempt), attempt.replayed) == ("ok", True)
    assert ledger.differences() == []


def send(ledger: Ledger, server: ServerProcess, attempt: Attempt) -> str:
    """How it ended."""
    client = Client(ledger.token, lambda: [server.url], 0)
    assert client.connect()
    client.send(attempt)
    client.drop()
    return attempt.outcome
