"""No space left: writes are refused, reads go on, and so does everything when there is space again."""

import http.client
import json
import os
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import apsw
import pytest

from tests.faults.ledger import Ledger
from tests.support.process import ServerProcess

DISK_BYTES: Final = 8_000_000
MOST_WRITES: Final = 400


class Disk(Protocol):
    """Where the database lies; `fill` leaves no space, `free` gives it back."""

    folder: Path

    def fill(self, server: ServerProcess) -> None: ...
    def free(self, server: ServerProcess) -> None: ...


class SmallDisk:
    """A file system of its own, of 8 MB; another file takes its space."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, server: ServerProcess) -> None:
        with (self.folder / "ballast").open("wb") as ballast:
            space = os.statvfs(self.folder)
            ballast.write(b"\0" * (space.f_bavail * space.f_frsize))

    def free(self, server: ServerProcess) -> None:
        (self.folder / "ballast").unlink()


class LimitedProcess:
    """A limit on the size of the server's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, server: ServerProcess) -> None:
        largest = max(path.stat().st_size for path in self.folder.glob("dealflow.db*"))
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))

    def free(self, server: ServerProcess) -> None:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@pytest.fixture(params=["a small disk, where mounting is allowed", "a limit"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    if request.param == "a limit" or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        yield LimitedProcess(folder)
        return
    yield SmallDisk(folder)
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_writes_and_nothing_else(disk: Disk, tmp_path: Path) -> None:
    file = disk.folder / "dealflow.db"
    ledger = Ledger(f"sqlite:///{file}")
    with ServerProcess(ledger.database, tmp_path) as server:
        disk.fill(server)
        statuses = write_until_refused(server, ledger)
        assert statuses[-1] in (507, 503)
        assert set(statuses[:-1]) <= {200}
        assert [call(server, ledger, "GET", path)[0] for path in READS] == [200] * len(READS)
        assert call(server, ledger, "POST", "/api/v2/deals", big(MOST_WRITES + 1))[0] in (507, 503)
        disk.free(server)
        assert seconds_until_written(server, ledger) < 5
        titles = {deal["title"] for deal in call(server, ledger, "GET", "/api/v2/deals?limit=500")[1]["data"]}
        assert {big(i)["title"] for i in range(len(statuses) - 1)} <= titles
    assert ledger.differences() == []
    with closing(apsw.Connection(str(file))) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


READS: Final = ("/api/v2/deals", "/v1/deals", "/api/v2/pipelines", "/health/live", "/health/ready")


def big(number: int) -> dict[str, str]:
    return {"title": f"{number}|".ljust(60_000, ".")}


def call(server: ServerProcess, ledger: Ledger, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)
    headers = {"x-api-token": ledger.token}
    if method == "POST":
        headers["Idempotency-Key"] = body["title"].partition("|")[0]
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    document = json.loads(answer.read())
    connection.close()
    return answer.status, document


def write_until_refused(server: ServerProcess, ledger: Ledger) -> list[int]:
    statuses: list[int] = []
    while len(statuses) < MOST_WRITES and statuses[-1:] in ([], [200]):
        statuses.append(call(server, ledger, "POST", "/api/v2/deals", big(len(statuses)))[0])
    return statuses


def seconds_until_written(server: ServerProcess, ledger: Ledger) -> float:
    began = time.monotonic()
    while call(server, ledger, "POST", "/api/v2/deals", big(MOST_WRITES))[0] != 200 and time.monotonic() - began < 10:
        time.sleep(0.05)
    return time.monotonic() - began
