"""HTTP/1.1 on one connection: httptools reads, the app answers, this writes.

uvicorn's own protocol writes response header names in lower case, which one official client does not find, puts no
bound on headers and costs a task per request; its loop, signals and worker processes are used as they are. What
breaks a bound (docs/reliability, "bad input") is answered once and the connection closed.
"""

import asyncio
import re
from collections import deque
from http import HTTPStatus
from typing import Any, Final, cast

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from dealflow.server.app import App
from dealflow.server.calls import Answer
from dealflow.wire import LARGEST_BODY, Request

MOST_HEAD_BYTES: Final = 16_384
MOST_HEADERS: Final = 100
MOST_TARGET_BYTES: Final = 8_192
MOST_WAITING: Final = 64
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 30.0
IDLE_SECONDS: Final = 75.0

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_STATUS_LINES: Final = {each.value: b"HTTP/1.1 %d %b\r\n" % (each.value, each.phrase.encode()) for each in HTTPStatus}


class _Refused(Exception):
    """The request breaks a bound; `status` says which."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Protocol(asyncio.Protocol):
    """One connection. Requests that arrive together are answered in their order."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._app: App = config.loaded_app
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._busy = False
        self._closing = False
        self._paused = False
        self._timer: asyncio.TimerHandle | None = None
        self._begin()

    def _begin(self) -> None:
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._head_bytes = 0
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._in_head = True

    # --------------------------------------------------------------------------------------- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._state.connections.add(self)  # type: ignore[arg-type]
        self._allow(HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)
        self._closing = True
        self._waiting.clear()
        self._disallow()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._next()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        try:
            if self._in_head:
                if self._head_bytes == 0 and not self._busy:
                    self._allow(HEAD_SECONDS)
                self._check_head(data)
            self._parser.feed_data(data)
        except _Refused as refused:
            self._refuse(refused.status)
        except httptools.HttpParserUpgrade:
            self._refuse(400)
        except httptools.HttpParserError as error:
            within = error.__context__
            self._refuse(within.status if isinstance(within, _Refused) else 400)

    def eof_received(self) -> None:
        pass

    def shutdown(self) -> None:
        """The server stops: finish what runs, take nothing new."""
        if self._busy or self._waiting:
            self._closing = True
        else:
            self._transport.close()

    # ------------------------------------------------------------------------------------- what httptools calls

    def on_message_begin(self) -> None:
        self._begin()

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > MOST_TARGET_BYTES:
            raise _Refused(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._head_bytes += len(name) + len(value)
        self._headers.append((name.lower(), value))
        if len(self._headers) > MOST_HEADERS or self._head_bytes > MOST_HEAD_BYTES:
            raise _Refused(431)
        if _TOKEN.fullmatch(name) is None:
            raise _Refused(400)

    def on_headers_complete(self) -> None:
        self._in_head = False
        lengths = [value for name, value in self._headers if name == b"content-length"]
        codings = [value for name, value in self._headers if name == b"transfer-encoding"]
        if lengths or codings:
            self._check_framing(lengths, codings)
            self._allow(BODY_SECONDS)
        if self._parser.get_http_version() == "1.1" and sum(name == b"host" for name, _ in self._headers) != 1:
            raise _Refused(400)
        if any(name == b"expect" and value.lower() == b"100-continue" for name, value in self._headers):
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > LARGEST_BODY:
            raise _Refused(413)
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._disallow()
        path, _, query = self._target.partition(b"?")
        method = self._parser.get_method().decode("ascii")
        request = Request(method, path.decode("latin-1"), query, self._headers, b"".join(self._body))
        self._waiting.append((request, self._parser.should_keep_alive()))
        if len(self._waiting) > MOST_WAITING:
            raise _Refused(400)
        if not self._busy:
            self._next()

    # ---------------------------------------------------------------------------------------------------- inside

    def _check_head(self, data: bytes) -> None:
        """Bounds and line ends of the part of a head that `data` holds."""
        head, end, _ = data.partition(b"\r\n\r\n")
        if not end and self._head_bytes + len(data) > MOST_HEAD_BYTES:
            raise _Refused(414 if b"\r\n" not in data and not self._headers else 431)
        if head.count(b"\n") != head.count(b"\r\n") or b"\0" in head:
            raise _Refused(400)

    def _check_framing(self, lengths: list[bytes], codings: list[bytes]) -> None:
        """One length or one transfer coding, never both."""
        if len(lengths) + len(codings) > 1:
            raise _Refused(400)
        if codings and codings[0].lower() != b"chunked":
            raise _Refused(400)
        if lengths:
            if _LENGTH.fullmatch(lengths[0]) is None:
                raise _Refused(400)
            if int(lengths[0]) > LARGEST_BODY:
                raise _Refused(413)

    def _next(self) -> None:
        """Answer the requests that wait, until one takes its time."""
        while self._waiting and not self._busy and not self._paused:
            request, keep_alive = self._waiting.popleft()
            answer = self._app.answer(request)
            if isinstance(answer, Answer):
                self._write(request, answer, keep_alive)
            else:
                self._busy = True
                answer.add_done_callback(lambda done, r=request, k=keep_alive: self._done(r, done, k))  # type: ignore[misc]

    def _done(self, request: Request, done: "asyncio.Future[Answer]", keep_alive: bool) -> None:  # noqa: FBT001
        self._busy = False
        if done.cancelled():
            self._transport.close()
            return
        self._write(request, self._app.finished(request, done), keep_alive)
        self._next()

    def _write(self, request: Request, answer: Answer, keep_alive: bool) -> None:  # noqa: FBT001
        if self._transport.is_closing():
            return
        keep = keep_alive and not (self._closing and not self._waiting)
        parts = [_STATUS_LINES[answer.status]]
        for name, value in self._app.headers(request, answer):
            parts += (name, b": ", value, b"\r\n")
        parts.append(b"\r\n" if keep else b"Connection: close\r\n\r\n")
        if request.method != "HEAD":
            parts.append(answer.body)
        self._transport.write(b"".join(parts))
        self._state.total_requests += 1
        if keep:
            self._allow(IDLE_SECONDS)
        else:
            self._closing = True
            self._transport.close()

    def _refuse(self, status: int) -> None:
        """Answer without a request having been understood, and hang up."""
        if self._transport.is_closing():
            return
        self._closing = True
        self._waiting.clear()
        self._disallow()
        phrase = HTTPStatus(status).phrase.encode()
        body = b'{"success":false,"error":"' + phrase + b'"}'
        self._transport.write(
            _STATUS_LINES[status] + b"Content-Type: application/json; charset=utf-8\r\n"
            b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)
        )
        self._transport.close()

    def _allow(self, seconds: float) -> None:
        """Close the connection unless more arrives within so many seconds."""
        self._disallow()
        self._timer = self._loop.call_later(seconds, self._expired)

    def _disallow(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expired(self) -> None:
        if self._in_head and self._head_bytes == 0 and not self._target:
            self._transport.close()
        else:
            self._refuse(408)
