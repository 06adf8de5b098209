"""Entries for the log in the order of their times, more of them than memory should hold."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from operator import itemgetter
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Final, Self

import msgspec

from dealflow.storage.bulk import Entry

IN_MEMORY: Final = 100_000
BLOCK: Final = 500
SIZE_BYTES: Final = 4

_when = itemgetter(Entry._fields.index("at"))
_decoder: Final = msgspec.msgpack.Decoder(list[Entry])


class Spool:
    """Takes entries as they come and gives them sorted by time; those of one time in the order they came.

    What exceeds `in_memory` entries is sorted in pieces that wait in temporary files without names, which vanish with
    the process.
    """

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._waiting: list[Entry] = []
        self._files: list[IO[bytes]] = []
        self._open = ExitStack()
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def __len__(self) -> int:
        return self._count

    def extend(self, entries: Iterable[Entry]) -> None:
        """Take entries in."""
        before = len(self._waiting)
        self._waiting.extend(entries)
        self._count += len(self._waiting) - before
        if len(self._waiting) >= self._in_memory:
            self._put_away()

    def __iter__(self) -> Iterator[Entry]:
        """All entries by time, once."""
        self._waiting.sort(key=_when)
        return heapq.merge(*map(_taken_back, self._files), self._waiting, key=_when)

    def _put_away(self) -> None:
        self._waiting.sort(key=_when)
        file = self._open.enter_context(TemporaryFile())  # noqa: SIM115  open as long as the spool
        self._files.append(file)
        for start in range(0, len(self._waiting), BLOCK):
            block = msgspec.msgpack.encode(self._waiting[start : start + BLOCK])
            file.write(len(block).to_bytes(SIZE_BYTES))
            file.write(block)
        self._waiting = []


def _taken_back(file: IO[bytes]) -> Iterator[Entry]:
    file.seek(0)
    while size := file.read(SIZE_BYTES):
        yield from _decoder.decode(file.read(int.from_bytes(size)))
