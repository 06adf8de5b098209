"""Two paths of one server, in turns of a few milliseconds, so that what disturbs one disturbs the other."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

from bench.company import Filled
from bench.process import PATIENCE_S, Server, fetch, sign_in

CLIENTS: Final = 32
WARM_UP: Final = 10
REST_S: Final = 0.001  # what a thread has run is told once it waits
METHOD: Final = (
    f"Sell against Pipedrive: {CLIENTS} kept connections ask for the one path, all at once, and then for the other, in "
    "turns; the server's CPU time, kernel time included, is what `/proc/<pid>/task/*/schedstat` says. The figure is "
    "the median of the ratios of neighbours."
)


class Beside(NamedTuple):
    """Medians of both paths in µs CPU a request, and the median of the turns' ratios, the second to the first."""

    first_us: float
    second_us: float
    ratio: float


def compare(server: Server, filled: Filled, first: str, second: str, turns: int) -> Beside:
    """What the second path costs beside the first."""
    with ExitStack() as stack:
        asks = [stack.enter_context(_Bursts(server, path, filled.token)) for path in (first, second)]
        for ask in asks * WARM_UP:
            ask.cpu_us()
        taken = [(asks[0].cpu_us(), asks[1].cpu_us()) for _ in range(turns)]
    return Beside(
        median(one for one, _ in taken), median(two for _, two in taken), median(two / one for one, two in taken)
    )


class _Bursts:
    """Connections that ask for one path together."""

    def __init__(self, server: Server, path: str, token: str) -> None:
        self._server = server
        lines = [f"GET {path} HTTP/1.1", f"Host: {urlsplit(server.url).netloc}"]
        lines += [f"{name}: {value}" for name, value in sign_in(path, token).items()]
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self._body = len(fetch(server, path, token))
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        address = urlsplit(self._server.url)
        for _ in range(CLIENTS):
            self._sockets.append(socket.create_connection((address.hostname, address.port), PATIENCE_S))
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._sockets:
            each.close()

    def cpu_us(self) -> float:
        """The server's CPU time a request, of one burst. Raises RuntimeError if an answer is not as it was before."""
        before = _on_cpu_ns(self._server)
        for each in self._sockets:
            each.sendall(self._request)
        for each in self._sockets:
            self._read(each)
        seen, after = -1, before
        while after == before or after != seen:
            time.sleep(REST_S)
            seen, after = after, _on_cpu_ns(self._server)
        return (after - before) / 1e3 / CLIENTS

    def _read(self, connection: socket.socket) -> None:
        told = b""
        while b"\r\n\r\n" not in told or len(told) < told.index(b"\r\n\r\n") + 4 + self._body:
            piece = connection.recv(262_144)
            if not piece:
                raise RuntimeError("the server hung up")
            told += piece
        if not told.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"the server answered {told[:200]!r}")


def _on_cpu_ns(server: Server) -> int:
    """Time its threads have run."""
    return sum(int(text.split()[0]) for text in _schedstats(server))


def _schedstats(server: Server) -> Iterator[str]:
    for thread in Path(f"/proc/{server.pid}/task").iterdir():
        yield (thread / "schedstat").read_text()
