"""HTTP/1.1 on one connection: httptools reads, the app answers, this writes.

uvicorn's own protocol writes response header names in lower case, which one official client does not find, puts no
bound on headers and costs a task per request; its loop, signals and worker processes are used as they are. What
breaks a bound (docs/reliability, "bad input") is answered once and the connection closed.
"""

import asyncio
import math
import re
from collections import deque
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final, NoReturn, cast

import httptools
from uvicorn.config import Config
from uvicorn.server import ServerState

from dealflow.server.app import App
from dealflow.server.calls import Answer
from dealflow.wire import LARGEST_BODY, Headers, Request

MOST_HEAD_BYTES: Final = 16_384
MOST_BODY_BYTES: Final = 4 * LARGEST_BODY  # as sent, with the sizes and ends of chunks
MOST_HEADERS: Final = 100
MOST_TARGET_BYTES: Final = 8_192
MOST_WAITING: Final = 64

Lines = list[tuple[bytes, bytes]]

_TOKEN: Final = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LENGTH: Final = re.compile(rb"[0-9]{1,18}")
_STATUS_LINES: Final = {each.value: b"HTTP/1.1 %d %b\r\n" % (each.value, each.phrase.encode()) for each in HTTPStatus}


@lru_cache(maxsize=512)
def _header_name(name: bytes) -> bytes | None:
    """The name in lower case; None if it is none."""
    return name.lower() if _TOKEN.fullmatch(name) else None


def _size(lines: Lines) -> int:
    return sum(len(name) + len(value) for name, value in lines)


class _Refused(Exception):
    """The request breaks a bound; `_refusal` says which."""


class Protocol(asyncio.Protocol):
    """One connection. Requests that arrive together are answered in their order.

    A head may take `head_s` seconds to arrive and a body `body_s`; a connection may rest, or leave answers unread,
    for `idle_s`. After a refusal what the client still sends is dropped for `linger_s`, so that it reads the refusal.
    """

    head_s = 10.0
    body_s = 30.0
    idle_s = 75.0
    linger_s = 1.0

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
        self._peer = ""
        self._parser = httptools.HttpRequestParser(self)
        self._parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._busy = False
        self._closing = False
        self._paused = False
        self._lingers = False
        self._lost = False
        self._refusal = 0
        self._received = 0
        self._arrived = 0
        self._unparsed = 0
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf
        self._due = math.inf
        self._timed = 0.0
        self.on_message_begin()
        self._in_message = False

    def on_message_begin(self) -> None:
        self._target = b""
        self._lines: Lines = []
        self._headers: Headers = {}
        self._body: list[bytes] = []
        self._body_bytes = 0
        self._in_head = True
        self._in_message = True

    # --------------------------------------------------------------------------------------- what asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._peer = str(peer[0]) if isinstance(peer, tuple) else ""
        self._state.connections.add(self)  # type: ignore[arg-type]
        self._time(self.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)
        self._closing = True
        self._lost = True
        self._waiting.clear()
        self._due = math.inf
        self._set_timer()

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._next()
        self._watch()

    def data_received(self, data: bytes) -> None:
        if self._closing:
            return
        self._arrived = len(data)
        self._received += self._arrived
        try:
            self._feed(data)
        except (_Refused, httptools.HttpParserError):
            self._refuse(self._refusal or 400)
        self._watch()

    def _feed(self, data: bytes) -> None:
        """Offers to upgrade are passed over; httptools ends such a message before its body, which is read here."""
        if self._unparsed:
            data = self._read_unparsed(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if rest := data[upgrade.args[0] :]:
                self._feed(rest)
        if self._in_message and not self._in_head:
            if self._received > MOST_BODY_BYTES:
                self._give_up(413)
        elif self._received > MOST_HEAD_BYTES:
            self._give_up(431 if self._target else 400)

    def _read_unparsed(self, data: bytes) -> bytes:
        """What of `data` lies behind the body."""
        body, rest = data[: self._unparsed], data[self._unparsed :]
        self._unparsed -= len(body)
        self._body.append(body)
        if self._unparsed == 0:
            self._complete()
        return rest

    def eof_received(self) -> None:
        pass

    def shutdown(self) -> None:
        """The server stops: finish what runs, take nothing new."""
        if self._busy or self._waiting:
            self._closing = True
        else:
            self._transport.close()

    # ------------------------------------------------------------------------------------- what httptools calls

    def on_url(self, url: bytes) -> None:
        self._target += url
        if len(self._target) > MOST_TARGET_BYTES:
            self._give_up(414)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:  # and not behind the last chunk, where nobody asks for any
            self._lines.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        version = self._parser.get_http_version()
        headers = self._headers = self._read_head()
        length, coding = headers.get(b"content-length"), headers.get(b"transfer-encoding")
        if length is not None or coding is not None:
            self._check_framing(length, coding, version)
            if self._parser.should_upgrade():
                self._unparsed = self._give_up(400) if length is None else int(length)
        if version not in ("1.0", "1.1") or self._parser.get_method() == b"CONNECT":
            self._give_up(400)
        if version == "1.1" and b"host" not in headers:
            self._give_up(400)
        if headers.get(b"expect", b"").lower() == b"100-continue":
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > LARGEST_BODY:
            self._give_up(413)
        self._body.append(body)

    def on_message_complete(self) -> None:
        if not self._unparsed:
            self._complete()

    # ---------------------------------------------------------------------------------------------------- inside

    def _complete(self) -> None:
        self._in_head = True
        self._in_message = False
        self._received = 0
        if self._closing:
            return
        path, _, query = self._target.partition(b"?")
        method = self._parser.get_method().decode("ascii")
        request = Request(method, path.decode("latin-1"), query, self._headers, b"".join(self._body))
        request.peer = self._peer
        keep_alive = self._parser.should_keep_alive()
        self._waiting.append((request, keep_alive))
        self._closing = not keep_alive
        if len(self._waiting) > MOST_WAITING:
            self._give_up(400)
        self._next()

    def _give_up(self, status: int) -> NoReturn:
        self._refusal = status
        raise _Refused

    def _read_head(self) -> Headers:
        """The headers by their names in lower case, several lines of one name as one list (RFC 9110, 5.3)."""
        # The head came with what was received of this request before, and with what has just arrived.
        may_be_large = self._received + self._arrived > MOST_HEAD_BYTES
        if len(self._lines) > MOST_HEADERS or (may_be_large and _size(self._lines) > MOST_HEAD_BYTES):
            self._give_up(431)
        headers: Headers = {}
        for line, value in self._lines:
            name = _header_name(line)
            if name is None or (name == b"host" and name in headers):
                self._give_up(400)
            headers[name] = b"%b, %b" % (headers[name], value) if name in headers else value
        return headers

    def _check_framing(self, length: bytes | None, coding: bytes | None, version: str) -> None:
        """One length or one transfer coding, never both; several of one kind are a list, which neither may be."""
        if length is not None and coding is not None:
            self._give_up(400)
        if coding is not None and (coding.lower() != b"chunked" or version == "1.0"):
            self._give_up(400)
        if length is not None:
            if _LENGTH.fullmatch(length) is None:
                self._give_up(400)
            if int(length) > LARGEST_BODY:
                self._give_up(413)

    def _next(self) -> None:
        """Answer the requests that wait, until one takes its time; then the refusal, if one is due."""
        while self._waiting and not self._busy and not self._paused:
            request, keep_alive = self._waiting.popleft()
            answer = self._app.answer(request)
            if isinstance(answer, Answer):
                self._write(request, answer, keep_alive)
            else:
                self._busy = True
                answer.add_done_callback(lambda done, r=request, k=keep_alive: self._done(r, done, k))  # type: ignore[misc]
        if self._refusal and not self._waiting and not self._busy:
            self._write_refusal()
        self._timed = -1.0

    def _done(self, request: Request, done: "asyncio.Future[Answer]", keep_alive: bool) -> None:  # noqa: FBT001
        self._busy = False
        if done.cancelled():
            self._transport.close()
            return
        self._write(request, self._app.finished(request, done), keep_alive)
        self._next()
        self._watch()

    def _write(self, request: Request, answer: Answer, keep_alive: bool) -> None:  # noqa: FBT001
        if self._transport.is_closing():
            return
        is_last = self._closing and not self._waiting and not self._refusal
        keep = keep_alive and not is_last
        end = b"\r\n" if keep else b"Connection: close\r\n\r\n"
        body = b"" if request.method == "HEAD" else answer.body
        head = self._app.head(request, answer)
        self._transport.write(b"".join((_STATUS_LINES[answer.status], head, end, body)))
        self._state.total_requests += 1
        if not keep:
            self._closing = True
            self._transport.close()

    def _refuse(self, status: int) -> None:
        """Read nothing more, and hang up once what was understood is answered."""
        self._refusal = status
        self._closing = True
        self._next()

    def _write_refusal(self) -> None:
        if self._transport.is_closing():
            return
        request = Request("", self._target.partition(b"?")[0].decode("latin-1"), b"", {})
        answer = self._app.out_of_bounds(request, self._refusal)
        head = self._app.head(request, answer)
        end = b"Connection: close\r\n\r\n"
        self._transport.write(b"".join((_STATUS_LINES[answer.status], head, end, answer.body)))
        self._transport.write_eof()
        self._refusal = 0
        self._lingers = True

    def _watch(self) -> None:
        """Let the clock run that fits what the connection waits for; one that runs goes on, unless `_next` came by."""
        if self._busy and not self._in_message:
            seconds = 0.0
        elif self._closing:
            seconds = self.linger_s if self._lingers else self.idle_s
        elif self._in_message:
            seconds = self.head_s if self._in_head else self.body_s
        elif self._received:
            seconds = self.head_s
        else:
            seconds = self.idle_s
        if seconds != self._timed:
            self._time(seconds)

    def _time(self, seconds: float) -> None:
        """Expire in so many seconds, never for 0. A timer that rings too early is set anew then, not now."""
        self._timed = seconds
        self._due = self._loop.time() + seconds if seconds and not self._lost else math.inf
        if self._due < self._rings_at:
            self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings_at = self._due
        self._timer = None if self._due == math.inf else self._loop.call_at(self._due, self._ring)

    def _ring(self) -> None:
        if self._loop.time() >= self._due:
            self._rings_at = math.inf
            self._expired()
        else:
            self._set_timer()

    def _expired(self) -> None:
        if self._closing or self._paused:
            self._transport.abort()
        elif self._in_message:
            self._refuse(408)
            self._watch()
        else:
            self._transport.close()
