"""Instants and calendar days.

An `Instant` is whole microseconds since 1970-01-01T00:00:00 UTC. A `Day` is ISO text, `2026-04-30`: it sorts as text.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NewType
from zoneinfo import ZoneInfo

from dealflow.core.errors import Invalid

Instant = NewType("Instant", int)
Day = NewType("Day", str)

SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST: Final = Instant(-62_135_596_800 * SECOND)
LATEST: Final = Instant(253_402_300_799 * SECOND)


def instant(moment: datetime) -> Instant:
    """The instant of an aware datetime."""
    since = moment - EPOCH
    return Instant((since.days * 86_400 + since.seconds) * SECOND + since.microseconds)


def moment(at: Instant) -> datetime:
    """The aware UTC datetime of an instant."""
    return EPOCH + timedelta(microseconds=at)


def whole_second(at: Instant) -> Instant:
    """The instant cut to whole seconds."""
    return Instant(at - at % SECOND)


@lru_cache(maxsize=4096)
def _calendar_day(day_number: int) -> str:
    return (EPOCH + timedelta(days=day_number)).date().isoformat()


@lru_cache(maxsize=86_400)
def _clock_time(second: int) -> str:
    return f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"


@lru_cache(maxsize=65_536)
def iso(at: Instant) -> str:
    """`2026-03-09T10:00:00Z`: UTC, in whole seconds."""
    day, rest = divmod(at, DAY)
    return f"{_calendar_day(day)}T{_clock_time(rest // SECOND)}Z"


def exact(at: Instant) -> str:
    """`2026-03-09T10:00:00Z`, or `2026-03-09T10:00:00.000250Z` where it is not a whole second."""
    rest = at % SECOND
    return f"{iso(whole_second(at))[:-1]}.{rest:06}Z" if rest else iso(at)


@lru_cache(maxsize=65_536)
def spaced(at: Instant) -> str:
    """`2026-03-09 10:00:00`: UTC, in whole seconds."""
    day, rest = divmod(at, DAY)
    return f"{_calendar_day(day)} {_clock_time(rest // SECOND)}"


def local_day(at: Instant, timezone: str) -> Day:
    """The calendar day of an instant in a time zone."""
    return Day(moment(at).astimezone(ZoneInfo(timezone)).date().isoformat())


def start_of(day: Day, timezone: str) -> Instant:
    """The instant at which a calendar day begins in a time zone."""
    return instant(datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(timezone)))


def end_of(day: Day, timezone: str) -> Instant:
    """The instant at which a calendar day is over in a time zone: the next one's beginning."""
    if day == date.max.isoformat():
        return Instant(start_of(day, timezone) + DAY)
    return start_of(Day((date.fromisoformat(day) + timedelta(days=1)).isoformat()), timezone)


def read_day(text: str, field: str) -> Day:
    """`YYYY-MM-DD`, checked. Raises Invalid."""
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        day = ""
    if day != text or not text:
        raise Invalid(field, "not a valid date")
    return Day(day)
