"""The lines of a history file (docs/history-file.md): what may stand in them, and how they are read."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from dealflow.storage.external_keys import LONGEST as LONGEST_KEY

LONGEST_LINE: Final = 2**20
BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_KEY)]
At = Annotated[datetime, msgspec.Meta(tz=True)]


class BadLine(Exception):
    """A line that cannot be imported; the text says why."""


class Line(msgspec.Struct, tag_field="kind", forbid_unknown_fields=True):
    """One object of the file."""


class CompanyLine(Line, tag="company"):
    """`currency` is that of the deals that name none."""

    currency: str
    timezone: str


class UserLine(Line, tag="user"):
    key: Key
    name: str
    email: str


class PipelineLine(Line, tag="pipeline"):
    """`disabled` and `deleted`: there, but no longer in use."""

    key: Key
    name: str
    probability_enabled: bool = False
    disabled: bool = False
    deleted: bool = False


class StageLine(Line, tag="stage"):
    """`likelihood` in percent. Stages come in the order of their position."""

    key: Key
    pipeline: str
    name: str
    likelihood: int = 100
    deleted: bool = False


class Event(msgspec.Struct, tag_field="type", forbid_unknown_fields=True):
    """Something that happened to a deal."""

    at: At

    @property
    def type(self) -> str:
        """The word of the file for it."""
        return str(self.__struct_config__.tag)


class Created(Event, tag="created"):
    stage: str


class Moved(Event, tag="stage"):
    stage: str


class Won(Event, tag="won"):
    pass


class Lost(Event, tag="lost"):
    reason: str | None = None


class Unqualified(Event, tag="unqualified"):
    reason: str | None = None


class Reopened(Event, tag="reopened"):
    pass


class GivenTo(Event, tag="owner"):
    owner: str


class Valued(Event, tag="value"):
    """At least one of the two."""

    value: Decimal | None = None
    currency: str | None = None


class Archived(Event, tag="archived"):
    pass


class Unarchived(Event, tag="unarchived"):
    pass


class Deleted(Event, tag="deleted"):
    pass


class Restored(Event, tag="restored"):
    pass


AnyEvent = (
    Created
    | Moved
    | Won
    | Lost
    | Unqualified
    | Reopened
    | GivenTo
    | Valued
    | Archived
    | Unarchived
    | Deleted
    | Restored
)


class DealLine(Line, tag="deal"):
    """`title`, `value`, `currency` and `owner` are those at creation; `events` come in the order of their times."""

    key: Key
    title: str
    owner: str
    events: list[AnyEvent]
    value: Decimal = Decimal(0)
    currency: str | None = None


AnyLine = CompanyLine | UserLine | PipelineLine | StageLine | DealLine
KINDS: Final = (CompanyLine, UserLine, PipelineLine, StageLine, DealLine)
"""In the order in which they come."""

_decoder: Final = msgspec.json.Decoder(AnyLine)
_PLACE: Final = re.compile(r"(?P<what>.*) - at `\$\.?(?P<where>[^`]*)`", re.DOTALL)


def kind_of(line: AnyLine | type[AnyLine]) -> str:
    """The word of the file for what a line is about."""
    return str(line.__struct_config__.tag)


def quoted(text: str) -> str:
    """A text of the file as it may be shown: within quotes, without characters that steer a terminal."""
    return msgspec.json.encode(text).decode()


def lines(path: Path, progress: Callable[[int], None] = lambda _: None) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, with their numbers from 1; `progress` is told their bytes.

    Of a line that is too long (`read_line` says so) only the beginning.
    """
    number = 0
    with path.open("rb") as file:
        while content := file.readline(LONGEST_LINE + 2):
            number += 1
            size = len(content)
            if number == 1:
                content = content.removeprefix(BYTE_ORDER_MARK)
            if len(content) > LONGEST_LINE and not content.endswith(b"\n"):
                size += _rest_of_line(file.readline)
            progress(size)
            if content.strip():
                yield number, content


def _rest_of_line(readline: Callable[[int], bytes]) -> int:
    """Go on behind the end of a line; the bytes passed."""
    passed = 0
    while rest := readline(LONGEST_LINE):
        passed += len(rest)
        if rest.endswith(b"\n"):
            break
    return passed


def read_line(content: bytes) -> AnyLine:
    """What a line says. Raises BadLine."""
    if len(content.rstrip(b"\r\n")) > LONGEST_LINE:
        raise BadLine(f"is longer than {LONGEST_LINE:,} bytes")
    try:
        line: AnyLine = _decoder.decode(content)
    except msgspec.ValidationError as error:
        raise BadLine(_plain(str(error))) from None
    except UnicodeDecodeError:
        raise BadLine("is not UTF-8") from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadLine(f"is not JSON: {error}") from None
    if b"\\u0000" in content and _has_nul(msgspec.to_builtins(line)):
        raise BadLine("holds the character U+0000")
    return line


def _plain(said: str) -> str:
    """A complaint of the decoder with the place first: `events[2].at: expected …`."""
    found = _PLACE.fullmatch(said)
    what, where = (found["what"], found["where"]) if found else (said, "")
    what = (what[:1].lower() + what[1:]).replace("`", '"').replace("'", '"')
    return f"{where}: {what}" if where else what


def _has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_has_nul, value.values()))
    if isinstance(value, list):
        return any(map(_has_nul, value))
    return isinstance(value, str) and "\0" in value
