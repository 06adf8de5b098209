"""The application of a serving process: which dialect a request belongs to, what is not of a dialect, and headers."""

import asyncio
import gc
import itertools
import re
import sys
import time
import uuid
import zlib
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from dealflow.core.errors import Unavailable
from dealflow.reports.room import ROOM
from dealflow.server.backups import Backups
from dealflow.server.calls import Answer, Clock, Desk, refuse, system_clock, table_of
from dealflow.server.config import Config
from dealflow.server.limits import limiters
from dealflow.server.metrics import Metrics
from dealflow.server.runners import Runner, runner
from dealflow.wire import NoRoute, OutOfBounds, Request, UnsupportedBody

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

JSON: Final = b"Content-Type: application/json; charset=utf-8\r\n"
GUARDS: Final = b"X-Content-Type-Options: nosniff\r\n"
NOT_KEPT: Final = b"Cache-Control: no-store\r\n"
ALLOW_ORIGIN: Final = b"Access-Control-Allow-Origin: *\r\n"
PREFLIGHT: Final = (
    (b"Access-Control-Allow-Methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    (b"Access-Control-Allow-Headers", b"Authorization, Content-Type, Idempotency-Key, X-Api-Token"),
    (b"Access-Control-Max-Age", b"86400"),
)
NOT_FOUND: Final = b'{"error":"not found"}'
UNAVAILABLE: Final = b'{"status":"unavailable"}'
PACKED: Final = ((b"Content-Encoding", b"gzip"), (b"Vary", b"Accept-Encoding"))
WORTH_PACKING: Final = 4_096
_NO_WEIGHT: Final = re.compile(r"q=0(\.0*)?", re.IGNORECASE)


class App:
    """Answers requests; opened and closed by uvicorn's lifespan messages, in the process that serves."""

    def __init__(self, config: Config, clock: Clock = system_clock) -> None:
        self.config = config
        self.clock = clock
        self.metrics = Metrics()
        self.runner: Runner | None = None
        self._backups: Backups | None = None
        self._in_flight = 0
        prefix = str(uuid.uuid4())[:24]
        self._request_ids = (f"{prefix}{n:012x}".encode() for n in itertools.count(1))
        self._date = (0, b"")

    def open(self) -> None:
        """Open the database. Raises ConfigurationError."""
        desk = Desk(self.clock, strict=self.config.strict, limiters=limiters(self.config))
        ROOM.most_mb = self.config.statistics_mb
        self.runner = runner(self.config.database, desk, self.clock, self.config.threads)
        self._backups = Backups.from_environment(self.config.database, self.clock)
        self._backups.start()

    async def close(self) -> None:
        """Finish queued writes and close the database."""
        if self._backups is not None:
            await asyncio.to_thread(self._backups.stop)
        if self.runner is not None:
            await self.runner.close()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The lifespan of uvicorn; requests come through `answer`."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def answer(self, request: Request) -> "Answer | asyncio.Future[Answer]":
        """The answer, or the future that will hold it; then `finished` must be called."""
        request.started = time.perf_counter()
        request.id = next(self._request_ids)
        is_readable = "%" not in request.path or _decoded(request)
        found = table_of(request.path)
        if found is None:
            return self._own(request)
        table, path = found
        request.cross_origin = table.dialect.cross_origin
        if not is_readable:
            return self._counted(request, refuse(table.dialect, NoRoute(request.path), request))
        if request.method == "OPTIONS" and request.cross_origin:
            return self._counted(request, Answer(204, b"", PREFLIGHT))
        if self._in_flight >= self.config.in_flight:
            return self._counted(request, refuse(table.dialect, Unavailable("the server is busy"), request))
        if request.body and (request.header(b"content-encoding") or "identity").lower() != "identity":
            error = UnsupportedBody("compressed bodies are not taken")
            return self._counted(request, refuse(table.dialect, error, request))
        assert self.runner is not None
        answer = self.runner.now_or_later(table, request, path)
        if isinstance(answer, Answer):
            return self._counted(request, answer)
        self._in_flight += 1
        return answer

    def finished(self, request: Request, done: "asyncio.Future[Answer]") -> Answer:
        """The answer that a future of `answer` came to hold."""
        if request.is_api:
            self._in_flight -= 1
        error = done.exception()
        return self._counted(request, done.result() if error is None else self._failed(request, error))

    def _failed(self, request: Request, error: BaseException) -> Answer:
        """What no handler could answer, because it was never reached."""
        found = table_of(request.path)
        if found is None or not isinstance(error, Exception):
            return Answer(503, UNAVAILABLE, ((b"Retry-After", b"1"),))
        return refuse(found[0].dialect, error, request)

    def out_of_bounds(self, request: Request, status: int) -> Answer:
        """The answer to a request that the protocol refuses, in the words of the dialect its path is of."""
        request.id = next(self._request_ids)
        found = table_of(request.path)
        if found is None:
            phrase = HTTPStatus(status).phrase
            return Answer(status, b'{"success":false,"error":"%b"}' % phrase.encode())
        return refuse(found[0].dialect, OutOfBounds(status), request)

    def _counted(self, request: Request, answer: Answer) -> Answer:
        if len(answer.body) >= WORTH_PACKING and _takes_gzip(request.header(b"accept-encoding") or ""):
            answer = _packed(answer)
        self.metrics.count(request, answer.status, time.perf_counter() - request.started)
        return answer

    def _own(self, request: Request) -> "Answer | asyncio.Future[Answer]":
        """Health, metrics, the reference, and what is not there."""
        assert self.runner is not None
        if request.method in ("GET", "HEAD"):
            if request.path == "/health/live":
                return Answer(200, b'{"status":"ok"}')
            if request.path == "/health/ready":
                request.is_api = False
                return asyncio.ensure_future(self._ready())
            if request.path == "/metrics":
                return Answer(200, self.metrics.text(), ((b"Content-Type", b"text/plain; version=0.0.4"),))
            from dealflow.server import reference  # noqa: PLC0415  nothing that starting has to wait for

            return reference.answer(request.path) or Answer(404, NOT_FOUND)
        return Answer(404, NOT_FOUND)

    async def _ready(self) -> Answer:
        assert self.runner is not None
        if await self.runner.ready():
            return Answer(200, b'{"status":"ok"}')
        return Answer(503, UNAVAILABLE, ((b"Retry-After", b"1"),))

    def head(self, request: Request, answer: Answer) -> bytes:
        """All headers of an answer, names in canonical capitals, each line with its end."""
        second = int(time.time())
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True).encode())
        return b"Date: %b\r\nX-Request-Id: %b\r\nContent-Length: %d\r\n%b%b%b" % (
            self._date[1],
            request.id,
            len(answer.body),
            GUARDS,
            ALLOW_ORIGIN if request.cross_origin and b"origin" in request.headers else b"",
            _lines(answer.headers, JSON if answer.body else b""),
        )


@lru_cache(maxsize=256)
def _lines(headers: tuple[tuple[bytes, bytes], ...], kind: bytes) -> bytes:
    """The headers of an answer, and those that go without saying: it is not kept, and of the usual kind."""
    names = [name for name, _ in headers]
    kept = b"" if b"Cache-Control" in names else NOT_KEPT
    kind = b"" if b"Content-Type" in names else kind
    return b"".join(b"%b: %b\r\n" % line for line in headers) + kept + kind


def _decoded(request: Request) -> bool:
    """Undo the percent signs of the path; whether it is text then. If it is not, the path stays as it was sent."""
    try:
        path = unquote_to_bytes(request.path).decode("utf-8")
    except ValueError:
        return False
    if "\0" in path:
        return False
    request.path = path
    return True


def _takes_gzip(accepted: str) -> bool:
    kinds = {name.strip().lower(): weight for name, _, weight in (each.partition(";") for each in accepted.split(","))}
    return _NO_WEIGHT.fullmatch(kinds.get("gzip", "q=0").replace(" ", "")) is None


def _packed(answer: Answer) -> Answer:
    packer = zlib.compressobj(1, wbits=31)
    return Answer(answer.status, packer.compress(answer.body) + packer.flush(), answer.headers + PACKED)


def tune() -> None:
    """Set the process up for serving.

    What is loaded is left out of garbage collection, which comes less often: pages are many small objects. A thread
    that wants the interpreter gets it soon: reads share it with the writer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(0.0005)


def create() -> App:
    """The application of a worker process, configured by its environment."""
    tune()
    return App(Config.from_environment())
