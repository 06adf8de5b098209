"""Servers in processes of their own, and what the kernel says about them."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from bench.company import Filled

PATIENCE_S: Final = 60
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Server(NamedTuple):
    """A running server; `started_s` is how long it took until it said it was ready."""

    url: str
    pid: int
    started_s: float

    def cpu_s(self) -> tuple[float, float]:
        """Seconds of CPU its threads have spent in user and in kernel code."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return int(fields[11]) / _TICKS, int(fields[12]) / _TICKS

    def resident_mb(self) -> float:
        """Memory it holds."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("the kernel does not say how much memory the server holds")


@contextmanager
def _running(arguments: list[str]) -> Iterator["subprocess.Popen[str]"]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DEALFLOW_", "PYTHONDONT"))
    }
    process = subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment, "DEALFLOW_BACKUPS": "0"},
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()


@contextmanager
def dealflow(filled: Filled) -> Iterator[Server]:
    """`dealflow serve`, one worker, on a free port."""
    ready = filled.path.with_suffix(".ready")
    ready.unlink(missing_ok=True)
    begun = time.perf_counter()
    arguments = ["-m", "dealflow", "serve", "--database", filled.url, "--port", "0", "--ready-file", str(ready)]
    with _running(arguments) as process:
        while not ready.exists():
            if process.poll() is not None:
                raise RuntimeError(f"the server did not start:\n{process.communicate()[1]}")
            if time.perf_counter() - begun > PATIENCE_S:
                raise RuntimeError("the server takes too long to start")
            time.sleep(0.001)
        started_s = time.perf_counter() - begun
        yield Server(json.loads(ready.read_text())["url"], process.pid, started_s)
        ready.unlink()


@contextmanager
def ceiling(size: int) -> Iterator[Server]:
    """`bench.ceiling` with a body of so many bytes."""
    begun = time.perf_counter()
    with _running(["-m", "bench.ceiling", str(size)]) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        fetch(Server(url, process.pid, 0), "/", "")
        yield Server(url, process.pid, time.perf_counter() - begun)


def sign_in(path: str, token: str) -> dict[str, str]:
    """The headers that a dialect wants: `/v2` and `/v3` are Sell's."""
    if path.startswith(("/v2/", "/v3/")):
        return {"Authorization": f"Bearer {token}", "User-Agent": "bench"}
    return {"x-api-token": token}


class Client:
    """One keep-alive connection."""

    def __init__(self, server: Server, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE_S)
        self._token = token

    def get(self, path: str) -> bytes:
        """The body. Raises RuntimeError unless the status is 200."""
        self._connection.request("GET", path, headers=sign_in(path, self._token))
        response = self._connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise RuntimeError(f"{path} answered {response.status}: {body[:200]!r}")
        return body

    def close(self) -> None:
        self._connection.close()


def fetch(server: Server, path: str, token: str) -> bytes:
    """The body at a path."""
    client = Client(server, token)
    try:
        return client.get(path)
    finally:
        client.close()
