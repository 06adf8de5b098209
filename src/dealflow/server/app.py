"""The ASGI application: bodies in, answers out, health and metrics beside them."""

import asyncio
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any, Final

import structlog

from dealflow.server.calls import Answer, Clock, Desk, refuse, system_clock, table_of
from dealflow.server.config import Config
from dealflow.server.limits import PLANS, Limits
from dealflow.server.metrics import Metrics
from dealflow.server.runners import PostgresRunner, SqliteRunner, runner
from dealflow.wire import LARGEST_BODY, BadRequest, Request, TooLarge, UnsupportedBody

log = structlog.get_logger("dealflow")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

JSON: Final = (b"Content-Type", b"application/json; charset=utf-8")
GUARDS: Final = ((b"Cache-Control", b"no-store"), (b"X-Content-Type-Options", b"nosniff"))
MOST_HEADERS: Final = 100
PREFLIGHT: Final = (
    (b"Access-Control-Allow-Origin", b"*"),
    (b"Access-Control-Allow-Methods", b"GET, POST, PUT, PATCH, DELETE, OPTIONS"),
    (b"Access-Control-Allow-Headers", b"Authorization, Content-Type, Idempotency-Key, X-Api-Token"),
    (b"Access-Control-Max-Age", b"86400"),
)


class App:
    """One serving process. Made inside the event loop's process; the database is opened at start-up."""

    def __init__(self, config: Config, clock: Clock = system_clock) -> None:
        self.config = config
        self.clock = clock
        self.metrics = Metrics()
        self.runner: SqliteRunner | PostgresRunner | None = None
        self._in_flight = 0
        self._request_ids = (f"{secrets.token_hex(6)}-{n:x}".encode() for n in itertools.count(1))
        self._date = (0, b"")

    def open(self) -> None:
        """Open the database. Raises ConfigurationError."""
        limits = Limits(PLANS[self.config.plan]) if self.config.plan else None
        desk = Desk(strict=self.config.strict, limits=limits)
        self.runner = runner(self.config.database, desk, self.clock, self.config.threads)

    def close(self) -> None:
        """Finish queued writes and close the database."""
        if self.runner is not None:
            self.runner.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._lifespan(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.open()
                await send({"type": "lifespan.startup.complete"})
            else:
                await asyncio.to_thread(self.close)
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"]
        found = table_of(path)
        if found is None:
            answer = await self._own(scope, path)
        else:
            started = time.perf_counter()
            table, rest = found
            request = Request(scope["method"], path, scope["query_string"], scope["headers"])
            answer = await self._api(table, request, rest, receive)
            self.metrics.count(request, answer.status, time.perf_counter() - started)
            if any(name == b"origin" for name, _ in request.headers):
                answer.headers = (*answer.headers, *PREFLIGHT[:1])
        await self._send(send, answer)

    async def _api(self, table: Any, request: Request, path: str, receive: Receive) -> Answer:
        if request.method == "OPTIONS":
            return Answer(204, b"", PREFLIGHT[1:])
        if self._in_flight >= self.config.in_flight:
            return Answer(503, b'{"success":false,"error":"Server is busy"}', ((b"Retry-After", b"1"),))
        self._in_flight += 1
        try:
            if request.method != "GET":
                request.body = await _read_body(request, receive)
            assert self.runner is not None
            answer = self.runner.now_or_later(table, request, path)
            return answer if isinstance(answer, Answer) else await answer
        except _Gone:
            return Answer(499, b"")
        except (TooLarge, UnsupportedBody, BadRequest) as error:
            return refuse(table.dialect, error, request)
        finally:
            self._in_flight -= 1

    async def _own(self, scope: Scope, path: str) -> Answer:
        """Health, metrics, and what is not there."""
        if scope["method"] not in ("GET", "HEAD"):
            return Answer(404, b'{"error":"not found"}')
        if path == "/health/live":
            return Answer(200, b'{"status":"ok"}')
        if path == "/health/ready":
            assert self.runner is not None
            ready = await self.runner.ready()
            return Answer(200, b'{"status":"ok"}') if ready else Answer(503, b'{"status":"unavailable"}')
        if path == "/metrics":
            return Answer(200, self.metrics.text(), ((b"Content-Type", b"text/plain; version=0.0.4"),))
        return Answer(404, b'{"error":"not found"}')

    async def _send(self, send: Send, answer: Answer) -> None:
        body = answer.body
        headers = [
            (b"Date", self._now_http()),
            (b"X-Request-Id", next(self._request_ids)),
            (b"Content-Length", b"%d" % len(body)),
            *GUARDS,
            *answer.headers,
        ]
        if body and not any(name == b"Content-Type" for name, _ in answer.headers):
            headers.append(JSON)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _now_http(self) -> bytes:
        second = int(time.time())
        if second != self._date[0]:
            self._date = (second, formatdate(second, usegmt=True).encode())
        return self._date[1]


class _Gone(Exception):  # noqa: N818  not an error of ours
    """The client left before its request was whole."""


async def _read_body(request: Request, receive: Receive) -> bytes:
    """The whole body. Raises TooLarge, UnsupportedBody for a compressed one, BadRequest."""
    for name, value in request.headers:
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            raise UnsupportedBody("compressed bodies are not taken")
        if name == b"content-length" and (not value.isdigit() or int(value[:12]) > LARGEST_BODY):
            raise TooLarge
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST_BODY:
            raise TooLarge
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def create() -> App:
    """The application of a worker process, configured by its environment."""
    return App(Config.from_environment())
