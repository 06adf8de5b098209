"""HTTP as bytes on a socket, for what no client would send."""

import re
import socket
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

PATIENCE_S: Final = 5.0
_HEAD: Final = re.compile(rb"HTTP/1\.1 ([0-9]{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")
_LENGTH: Final = re.compile(rb"(?im)^content-length: ([0-9]+)\r$")


class Heard(NamedTuple):
    """One answer as it came."""

    status: int
    head: bytes
    body: bytes


class Raw:
    """One connection to a server."""

    def __init__(self, url: str, *, takes: int = 0) -> None:
        """`takes`: the bytes that wait to be read, at the most; 0 leaves that to the system."""
        parts = urlsplit(url)
        self.host = f"{parts.hostname}:{parts.port}"
        self._socket = socket.socket()
        self._socket.settimeout(PATIENCE_S)
        if takes:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
        try:
            self._socket.connect((parts.hostname or "", parts.port or 0))
        except OSError:
            self._socket.close()
            raise
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send; that the server has hung up meanwhile shows when its answers are read."""
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def send_slowly(self, pieces: Iterable[bytes], pause_s: float) -> None:
        """Send piece by piece until all is said or the server hangs up."""
        for piece in pieces:
            try:
                self._socket.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                return
            time.sleep(pause_s)

    def push_until_dropped(self, data: bytes, seconds: float) -> bool:
        """Send the same again and again and read nothing; whether the server ends the connection in that time."""
        deadline = time.monotonic() + seconds
        rest = b""
        while time.monotonic() < deadline:
            rest = rest or data * 20
            try:
                rest = rest[self._socket.send(rest, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                time.sleep(0.02)
            except (BrokenPipeError, ConnectionResetError):
                return True
        return False

    def answer(self) -> Heard | None:
        """The next answer; None when the server hangs up instead. Raises TimeoutError."""
        while True:
            found = _HEAD.match(self._read)
            if found is not None:
                length = _LENGTH.search(found[2])
                end = found.end() + (int(length[1]) if length else 0)
                if len(self._read) >= end:
                    heard = Heard(int(found[1]), found[2], self._read[found.end() : end])
                    self._read = self._read[end:]
                    return heard
            if not self._receive():
                assert self._read == b"", f"not an answer: {self._read[:200]!r}"
                return None

    def answers(self) -> list[Heard]:
        """All answers until the server hangs up. Raises TimeoutError if it does not."""
        heard = []
        while (each := self.answer()) is not None:
            heard.append(each)
        return heard

    def _receive(self) -> bool:
        try:
            data = self._socket.recv(65_536)
        except ConnectionResetError:
            data = b""
        self._read += data
        return bool(data)
