"""Whether a history file can be imported: each line is looked at once, in order, and what is wrong with it told."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from dealflow.actions.companies import read_currency, read_email, read_timezone
from dealflow.actions.deals import read_title
from dealflow.actions.history_file import (
    KINDS,
    AnyEvent,
    AnyLine,
    BadLine,
    CompanyLine,
    Created,
    DealLine,
    Deleted,
    GivenTo,
    Moved,
    PipelineLine,
    Restored,
    StageLine,
    UserLine,
    Valued,
    kind_of,
    lines,
    quoted,
    read_line,
)
from dealflow.core.errors import Invalid
from dealflow.core.money import exact_amount
from dealflow.core.pipeline import read_likelihood
from dealflow.core.text import read_name, search_key
from dealflow.core.time import EARLIEST, Instant, instant, moment

MOST_SHOWN: Final = 100


class Fault(NamedTuple):
    """A bad line."""

    line: int
    reason: str


class Head(NamedTuple):
    """What stands before the deals, without bad lines."""

    company: CompanyLine | None
    users: Sequence[UserLine]
    pipelines: Sequence[PipelineLine]
    stages: Sequence[StageLine]


class Checked(NamedTuple):
    """What a file was found to hold, bad lines left out.

    `begins_at` is the earliest time in it, None without deals; `first_deal` the number of the first line behind the
    head. `bad` are the numbers of all bad lines, rising; `faults` says what is wrong with the first of them.
    """

    head: Head
    first_deal: int
    deals: int
    events: int
    begins_at: Instant | None
    bad: Sequence[int]
    faults: Sequence[Fault]


def check(path: Path, now: Instant, progress: Callable[[int], None] = lambda _: None) -> Checked:
    """Read a whole file without keeping its deals; `progress` is told the bytes."""
    reading = _Reading(moment(now))
    for number, content in lines(path, progress):
        try:
            reading.take(number, read_line(content))
        except BadLine as error:
            reading.bad.append(number)
            if len(reading.faults) < MOST_SHOWN:
                reading.faults.append(Fault(number, str(error)))
    return reading.result()


class UnknownKey(BadLine):
    """A line refers to something that is not there."""


class _Reading:
    """What was seen of a file so far."""

    def __init__(self, now: datetime) -> None:
        self.bad = array("q")
        self.faults: list[Fault] = []
        self._now = now
        self._place = 0
        self._keys: dict[str, set[str]] = {kind_of(struct): set() for struct in KINDS}
        self._left_out: dict[str, set[str]] = {kind: set() for kind in self._keys}
        self._company: CompanyLine | None = None
        self._users: list[UserLine] = []
        self._pipelines: list[PipelineLine] = []
        self._stages: list[StageLine] = []
        self._addresses: set[str] = set()
        self._first_deal = 0
        self._deals = self._events = 0
        self._begins_at: Instant | None = None

    def take(self, number: int, line: AnyLine) -> None:
        """The next line. Raises BadLine."""
        if isinstance(line, CompanyLine):
            self._in_order(line)
            self._own_company(line)
            return
        kind, key = kind_of(line), line.key
        try:
            self._in_order(line)
            if key in self._keys[kind]:
                raise BadLine(f"there is a {kind} {quoted(key)} in the file already")
            match line:
                case DealLine():
                    self._first_deal = self._first_deal or number
                    self._deal(line)
                case StageLine():
                    self._stage(line)
                case PipelineLine():
                    read_name(line.name)
                    self._pipelines.append(line)
                case UserLine():
                    self._user(line)
        except (Invalid, BadLine) as error:
            if key not in self._keys[kind]:
                self._left_out[kind].add(key)
            raise BadLine(str(error)) from None
        self._keys[kind].add(key)

    def result(self) -> Checked:
        head = Head(self._company, self._users, self._pipelines, self._stages)
        return Checked(head, self._first_deal, self._deals, self._events, self._begins_at, self.bad, self.faults)

    def _in_order(self, line: AnyLine) -> None:
        place = KINDS.index(type(line))
        if place < self._place:
            raise BadLine(f"a {kind_of(line)} must not come after a {kind_of(KINDS[self._place])}")
        self._place = place

    def _own_company(self, line: CompanyLine) -> None:
        if self._company is not None:
            raise BadLine("there is a company in the file already")
        try:
            read_currency(line.currency)
            read_timezone(line.timezone)
        except Invalid as error:
            raise BadLine(str(error)) from None
        self._company = line

    def _user(self, line: UserLine) -> None:
        read_name(line.name)
        address = search_key(read_email(line.email))
        if address in self._addresses:
            raise BadLine(f"there is a user with the address {quoted(line.email)} in the file already")
        self._addresses.add(address)
        self._users.append(line)

    def _stage(self, line: StageLine) -> None:
        read_name(line.name)
        read_likelihood(line.likelihood)
        self._known("pipeline", line.pipeline)
        self._stages.append(line)

    def _known(self, kind: str, key: str) -> None:
        """Raises UnknownKey unless a good line has the key."""
        if key not in self._keys[kind]:
            where = "stands in a bad line" if key in self._left_out[kind] else "is not in the file"
            raise UnknownKey(f"{kind} {quoted(key)} {where}")

    # -------------------------------------------------------------------------------------------------------- deals

    def _deal(self, line: DealLine) -> None:
        read_title(line.title)
        exact_amount(line.value)
        if line.currency is not None:
            read_currency(line.currency)
        self._known("user", line.owner)
        begun_at = self._course(line.events)
        self._deals += 1
        self._events += len(line.events)
        if self._begins_at is None or begun_at < self._begins_at:
            self._begins_at = begun_at

    def _course(self, events: Sequence[AnyEvent]) -> Instant:
        """Whether events can follow each other; when the first was. Raises BadLine."""
        begun_at = _begun_at(events)
        before = events[0].at
        is_deleted = False
        for number, event in enumerate(events):
            try:
                _follow(event, before, is_first=number == 0, is_deleted=is_deleted)
                if (look := _LOOKS.get(type(event))) is not None:
                    look(self, event)
            except UnknownKey:
                raise
            except (BadLine, Invalid) as error:
                raise BadLine(f"events[{number}] ({event.type}): {error}") from None
            is_deleted = isinstance(event, Deleted) or (is_deleted and not isinstance(event, Restored))
            before = event.at
        if before > self._now:
            raise BadLine(f"events[{len(events) - 1}] ({events[-1].type}): is in the future")
        return begun_at

    def stage_of(self, event: Created | Moved) -> None:
        self._known("stage", event.stage)

    def owner_of(self, event: GivenTo) -> None:
        self._known("user", event.owner)

    def worth_of(self, event: Valued) -> None:
        if event.value is None and event.currency is None:
            raise BadLine("names neither value nor currency")
        if event.value is not None:
            exact_amount(event.value)
        if event.currency is not None:
            read_currency(event.currency)


def _begun_at(events: Sequence[AnyEvent]) -> Instant:
    """When a deal was created. Raises BadLine if it was not."""
    if not events or not isinstance(events[0], Created):
        where = f"events[0] ({events[0].type})" if events else "events"
        raise BadLine(f'{where}: the first must be "created"')
    begun_at = instant(events[0].at)
    if begun_at < EARLIEST:
        raise BadLine("events[0] (created): is too long ago")
    return begun_at


def _follow(event: AnyEvent, before: datetime, *, is_first: bool, is_deleted: bool) -> None:
    """Whether an event can come after what was. Raises BadLine."""
    if event.at < before:
        raise BadLine("is earlier than the one before")
    if is_deleted and not isinstance(event, Restored | Deleted):
        raise BadLine("the deal is deleted")
    if not is_first and isinstance(event, Created):
        raise BadLine("only the first event can be this")


_LOOKS: Final[Mapping[type[AnyEvent], Callable[[_Reading, Any], None]]] = {
    Created: _Reading.stage_of,
    Moved: _Reading.stage_of,
    GivenTo: _Reading.owner_of,
    Valued: _Reading.worth_of,
}
"""What has to be looked at of an event besides its time."""
