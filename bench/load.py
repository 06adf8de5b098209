"""wrk, and what it says."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.process import Server, sign_in

CLIENTS: Final = 32
_UNITS_MS: Final = {"us": 0.001, "ms": 1.0, "s": 1_000.0, "m": 60_000.0}


class Load(NamedTuple):
    """What one run of wrk saw; `cpu_us` is the server's CPU time a request in microseconds, user and kernel."""

    requests: int
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: tuple[float, float]

    @property
    def total_cpu_us(self) -> float:
        return sum(self.cpu_us)


def _command(server: Server, path: str, token: str, seconds: float, clients: int, script: Path | None) -> list[str]:
    command = [
        "wrk",
        "-t1",
        f"-c{clients}",
        f"-d{seconds}s",
        "--latency",
        "--timeout",
        "20s",
        *(argument for name, value in sign_in(path, token).items() for argument in ("-H", f"{name}: {value}")),
    ]
    if script is not None:
        command += ["-s", str(script)]
    return [*command, server.url + path]


def run(
    server: Server, path: str, token: str, seconds: int, *, clients: int = CLIENTS, script: Path | None = None
) -> Load:
    """Load a server for some seconds. Raises RuntimeError if an answer was no success."""
    before = server.cpu_s()
    command = _command(server, path, token, seconds, clients, script)
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30)
    after = server.cpu_s()
    return _read(told.stdout, before, after)


@contextmanager
def beside(server: Server, token: str, seconds: int, script: Path) -> Iterator[None]:
    """32 clients that keep at it while the block runs, at most so many seconds."""
    command = _command(server, "/", token, seconds, CLIENTS, script)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    try:
        yield
        if process.poll() is not None:
            raise RuntimeError("the writers stopped too early")
    finally:
        process.terminate()
        process.communicate(timeout=30)


def _read(text: str, before: tuple[float, float], after: tuple[float, float]) -> Load:
    if "Non-2xx" in text or "Socket errors" in text:
        raise RuntimeError(f"not every request was answered well:\n{text}")
    requests = int(_found(r"(\d+) requests in", text)[1])
    user, kernel = ((b - a) * 1e6 / max(requests, 1) for a, b in zip(before, after, strict=True))
    rate = float(_found(r"Requests/sec:\s+([\d.]+)", text)[1])
    return Load(requests, rate, _percentile(50, text), _percentile(99, text), (user, kernel))


def _found(pattern: str, text: str) -> re.Match[str]:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"wrk said something unexpected:\n{text}")
    return found


def _percentile(percent: int, text: str) -> float:
    found = _found(rf"\s{percent}%\s+([\d.]+)(us|ms|s|m)\b", text)
    return float(found[1]) * _UNITS_MS[found[2]]
