"""A history file as it is understood: its lines one by one in their order, and the life that a deal's line tells."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from dealflow.actions.companies import read_currency, read_email, read_timezone
from dealflow.actions.deals import DEFAULT_VISIBILITY
from dealflow.actions.history import Life, Moment
from dealflow.actions.history_file import (
    KINDS,
    AnyEvent,
    AnyLine,
    Archived,
    BadLine,
    CompanyLine,
    Created,
    DealLine,
    Deleted,
    GivenTo,
    Lost,
    Moved,
    PipelineLine,
    Reopened,
    Restored,
    StageLine,
    Unarchived,
    Unqualified,
    UserLine,
    Valued,
    Won,
    kind_of,
    lines,
    quoted,
    read_line,
)
from dealflow.core.deal import Deal, close, move, with_shown_change
from dealflow.core.errors import Invalid
from dealflow.core.money import exact_amount
from dealflow.core.pipeline import Stage, read_likelihood
from dealflow.core.term import Term, closest
from dealflow.core.text import read_name, search_key
from dealflow.core.time import EARLIEST, Instant, instant

ORIGIN: Final = "Import"
LONGEST_TITLE: Final = 65_535
MOST_SHOWN: Final = 100


class Names(NamedTuple):
    """What the keys of a file stand for. `currency` is that of deals that name none; reasons are the company's own."""

    users: Mapping[str, int]
    stages: Mapping[str, Stage]
    currency: str
    loss_reasons: Sequence[Term] = ()
    unqualified_reasons: Sequence[Term] = ()


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
    reading = _Reading(now)
    for number, content in lines(path, progress):
        try:
            reading.take(number, read_line(content))
        except BadLine as error:
            reading.bad.append(number)
            if len(reading.faults) < MOST_SHOWN:
                reading.faults.append(Fault(number, str(error)))
    return reading.result()


class _Reading:
    """What was seen of a file so far."""

    def __init__(self, now: Instant) -> None:
        self.now = now
        self.bad = array("q")
        self.faults: list[Fault] = []
        self._place = 0
        self._keys: dict[str, set[str]] = {kind_of(struct): set() for struct in KINDS}
        self._left_out: dict[str, set[str]] = {kind: set() for kind in self._keys}
        self._company: CompanyLine | None = None
        self._users: list[UserLine] = []
        self._pipelines: list[PipelineLine] = []
        self._stages: list[StageLine] = []
        self._emails: set[str] = set()
        self._user_ids: dict[str, int] = {}
        self._stage_of: dict[str, Stage] = {}
        self._names = Names(self._user_ids, self._stage_of, "")
        self._first_deal = 0
        self._deals = self._events = 0
        self._begins_at: Instant | None = None

    def take(self, number: int, line: AnyLine) -> None:
        """The next line. Raises BadLine."""
        kind = kind_of(line)
        try:
            self._in_order(line)
            if not isinstance(line, CompanyLine):
                self._own_key(kind, line.key)
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
                case CompanyLine():
                    self._own_company(line)
        except (Invalid, BadLine) as error:
            if not isinstance(line, CompanyLine) and line.key not in self._keys[kind]:
                self._left_out[kind].add(line.key)
            raise BadLine(str(error)) from None
        if not isinstance(line, CompanyLine):
            self._keys[kind].add(line.key)

    def result(self) -> Checked:
        head = Head(self._company, self._users, self._pipelines, self._stages)
        return Checked(head, self._first_deal, self._deals, self._events, self._begins_at, self.bad, self.faults)

    def _in_order(self, line: AnyLine) -> None:
        place = KINDS.index(type(line))
        if place < self._place:
            raise BadLine(f"a {kind_of(line)} must not come after a {kind_of(KINDS[self._place])}")
        self._place = place

    def _own_key(self, kind: str, key: str) -> None:
        if key in self._keys[kind]:
            raise BadLine(f"there is a {kind} {quoted(key)} in the file already")

    def _own_company(self, line: CompanyLine) -> None:
        if self._company is not None:
            raise BadLine("there is a company in the file already")
        read_currency(line.currency)
        read_timezone(line.timezone)
        self._company = line

    def _user(self, line: UserLine) -> None:
        read_name(line.name)
        address = search_key(read_email(line.email))
        if address in self._emails:
            raise BadLine(f"there is a user with the address {quoted(line.email)} in the file already")
        self._emails.add(address)
        self._users.append(line)
        self._user_ids[line.key] = len(self._users)

    def _stage(self, line: StageLine) -> None:
        read_name(line.name)
        read_likelihood(line.likelihood)
        if line.pipeline not in self._keys["pipeline"]:
            raise self._unknown("pipeline", line.pipeline)
        self._stages.append(line)
        self._stage_of[line.key] = _stand_in(len(self._stages))

    def _deal(self, line: DealLine) -> None:
        try:
            life = read_life(line, self._names, self.now)
        except UnknownKey as error:
            raise self._unknown(error.kind, error.key) from None
        self._deals += 1
        self._events += len(line.events)
        begun_at = life.moments[0].at
        if self._begins_at is None or begun_at < self._begins_at:
            self._begins_at = begun_at

    def _unknown(self, kind: str, key: str) -> BadLine:
        where = "stands in a bad line" if key in self._left_out[kind] else "is not in the file"
        return BadLine(f"{kind} {quoted(key)} {where}")


def _stand_in(number: int) -> Stage:
    """A stage in the place of one that is not made yet; each is in a pipeline of its own."""
    return Stage(number, number, "", "open", number, 0, False, None, Instant(0), None, None, 1)  # noqa: FBT003


# ------------------------------------------------------------------------------------------------------------ lives


class UnknownKey(BadLine):
    """A line names something that is not known."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__(f"{kind} {quoted(key)} is not in the file")
        self.kind = kind
        self.key = key


def read_life(line: DealLine, names: Names, now: Instant) -> Life:
    """The life that a deal's line tells; events that change nothing are left out. Raises BadLine, Invalid."""
    if not line.events:
        raise BadLine('events: the first must be "created"')
    first = line.events[0]
    if not isinstance(first, Created):
        raise BadLine(f'events[0] ({first.type}): the first must be "created"')
    at = instant(first.at)
    if at < EARLIEST:
        raise BadLine("events[0] (created): is too long ago")
    deal = _begun(line, first.stage, names, at)
    moments = [Moment(at, None, deal)]
    for number, event in enumerate(line.events[1:], 1):
        before_at, at = at, instant(event.at)
        if at < before_at:
            raise BadLine(f"events[{number}] ({event.type}): is earlier than the one before")
        before = deal
        try:
            deal = _after(names, before, event, at)
        except (Invalid, BadLine) as error:
            if isinstance(error, UnknownKey):
                raise
            raise BadLine(f"events[{number}] ({event.type}): {error}") from None
        if deal is not before and deal != before:
            deal = with_shown_change(before, deal, at, None)
            moments.append(Moment(at, None, deal))
    if at > now:
        raise BadLine(f"events[{len(line.events) - 1}] ({line.events[-1].type}): is in the future")
    return Life(moments)


def _begun(line: DealLine, stage_key: str, names: Names, at: Instant) -> Deal:
    title = read_name(line.title, "title", LONGEST_TITLE)
    stage = _stage(names, stage_key)
    owner_id = _user(names, line.owner)
    return Deal(
        id=0,
        title=title,
        title_key="",
        value=exact_amount(line.value),
        currency=read_currency(line.currency) if line.currency is not None else names.currency,
        owner_id=owner_id,
        creator_id=owner_id,
        person_id=None,
        organization_id=None,
        pipeline_id=stage.pipeline_id,
        stage_id=stage.id,
        outcome="open",
        outcome_at=None,
        first_won_at=None,
        loss_reason=None,
        probability=None,
        expected_close=None,
        visibility=DEFAULT_VISIBILITY,
        label_ids="[]",
        custom_fields="{}",
        origin=ORIGIN,
        origin_id=None,
        channel=None,
        channel_id=None,
        started_at=at,
        created_at=at,
        updated_at=at,
        stage_changed_at=None,
        archived_at=None,
        deleted_at=None,
        version=1,
    )


def _after(names: Names, deal: Deal, event: AnyEvent, at: Instant) -> Deal:
    """The deal after an event; an equal one if that changes nothing. Raises BadLine, Invalid."""
    if deal.deleted_at is not None and not isinstance(event, Restored | Deleted):
        raise BadLine("the deal is deleted")
    if isinstance(event, Created):
        raise BadLine("only the first event can be this")
    after: Deal = _EFFECTS[type(event)](names, deal, event, at)
    return after


def _won(deal: Deal, at: Instant) -> Deal:
    won = close(deal, "won", at)
    return deal if won is deal else won._replace(loss_reason=None, loss_reason_id=None)


def _lost(names: Names, deal: Deal, event: Lost | Unqualified, at: Instant) -> Deal:
    """The deal lost or unqualified for the reason that is given, or for none."""
    reason = event.reason or None
    changes: dict[str, Any] = {"loss_reason": reason}
    if isinstance(event, Lost):
        changes["loss_reason_id"] = _term_id(names.loss_reasons, reason)
    else:
        changes["unqualified_reason_id"] = _term_id(names.unqualified_reasons, reason)
    return close(deal, event.type, at)._replace(**changes)


def _term_id(terms: Sequence[Term], reason: str | None) -> int | None:
    term = closest(terms, reason) if reason and terms else None
    return term.id if term else None


def _valued(deal: Deal, event: Valued) -> Deal:
    if event.value is None and event.currency is None:
        raise BadLine("names neither value nor currency")
    return deal._replace(
        value=deal.value if event.value is None else exact_amount(event.value),
        currency=deal.currency if event.currency is None else read_currency(event.currency),
    )


def _stage(names: Names, key: str) -> Stage:
    found = names.stages.get(key)
    if found is None:
        raise UnknownKey("stage", key)
    return found


def _user(names: Names, key: str) -> int:
    found = names.users.get(key)
    if found is None:
        raise UnknownKey("user", key)
    return found


_EFFECTS: Final[Mapping[type[AnyEvent], Any]] = {
    Moved: lambda names, deal, event, at: move(deal, _stage(names, event.stage), at),
    Won: lambda _, deal, __, at: _won(deal, at),
    Lost: _lost,
    Unqualified: _lost,
    Reopened: lambda _, deal, __, at: close(deal, "open", at),
    GivenTo: lambda names, deal, event, _: deal._replace(owner_id=_user(names, event.owner)),
    Valued: lambda _, deal, event, __: _valued(deal, event),
    Archived: lambda _, deal, __, at: deal._replace(archived_at=deal.archived_at or at),
    Unarchived: lambda _, deal, *__: deal._replace(archived_at=None),
    Deleted: lambda _, deal, __, at: deal._replace(deleted_at=deal.deleted_at or at),
    Restored: lambda _, deal, *__: deal._replace(deleted_at=None),
}
"""What each kind of event makes of a deal."""
