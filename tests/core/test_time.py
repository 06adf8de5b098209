from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core.errors import Invalid
from dealflow.core.time import (
    DAY,
    EARLIEST,
    LATEST,
    SECOND,
    Day,
    Instant,
    end_of,
    exact,
    instant,
    iso,
    local_day,
    moment,
    read_day,
    spaced,
    start_of,
    whole_second,
)

instants = st.integers(EARLIEST, LATEST).map(Instant)
# Clear of the two ends of the calendar, where a zone's offset leaves it.
inner = st.integers(EARLIEST + 2 * DAY, LATEST - 2 * DAY).map(Instant)
zones = st.sampled_from(["UTC", "Europe/Tallinn", "America/St_Johns", "Pacific/Kiritimati", "Asia/Kathmandu"])


@given(instants)
def test_an_instant_survives_being_a_datetime(at: Instant) -> None:
    assert instant(moment(at)) == at


@given(instants)
def test_rfc_3339_says_the_whole_second(at: Instant) -> None:
    assert instant(datetime.fromisoformat(iso(at))) == whole_second(at)


@given(instants)
def test_the_spaced_form_says_the_same(at: Instant) -> None:
    assert spaced(at) == iso(at).replace("T", " ").removesuffix("Z")


@given(instants, instants)
def test_texts_sort_like_instants(one: Instant, other: Instant) -> None:
    assert (iso(one) < iso(other)) == (whole_second(one) < whole_second(other))


@given(instants)
def test_cutting_takes_less_than_a_second(at: Instant) -> None:
    assert 0 <= at - whole_second(at) < SECOND


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (Instant(0), "1970-01-01T00:00:00Z"),
        (Instant(-1), "1969-12-31T23:59:59Z"),
        (Instant(1_777_636_800_999_999), "2026-05-01T12:00:00Z"),
        (EARLIEST, "0001-01-01T00:00:00Z"),
        (LATEST, "9999-12-31T23:59:59Z"),
    ],
)
def test_instants_read_as_expected(at: Instant, text: str) -> None:
    assert iso(at) == text


@given(inner, zones)
def test_a_day_begins_no_later_than_what_happens_in_it(at: Instant, zone: str) -> None:
    assert start_of(local_day(at, zone), zone) <= at


@given(inner, zones)
def test_the_local_day_is_that_of_the_local_clock(at: Instant, zone: str) -> None:
    assert local_day(at, zone) == moment(at).astimezone(ZoneInfo(zone)).date().isoformat()


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "2026-04-03"), ("Europe/Tallinn", "2026-04-04"), ("America/New_York", "2026-04-03")]
)
def test_midnight_is_where_one_is(zone: str, day: str) -> None:
    assert local_day(instant(datetime(2026, 4, 3, 22, 30, tzinfo=UTC)), zone) == day


@pytest.mark.parametrize(
    ("day", "hours"), [("2026-03-28", 24), ("2026-03-29", 23), ("2026-10-25", 25)], ids=["winter", "spring", "autumn"]
)
def test_days_are_as_long_as_the_clock_says(day: str, hours: int) -> None:
    assert end_of(Day(day), "Europe/Tallinn") - start_of(Day(day), "Europe/Tallinn") == hours * 3600 * SECOND


@given(inner, zones)
def test_a_day_is_over_when_the_next_begins(at: Instant, zone: str) -> None:
    day = local_day(at, zone)
    following = (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    assert at < end_of(day, zone) == start_of(Day(following), zone)


@pytest.mark.parametrize(
    ("zone", "day", "hour"),
    [
        ("America/Havana", "2026-03-08", 5),
        ("America/Havana", "2026-11-01", 4),
        ("Africa/Cairo", "2026-04-24", 22),
        ("Asia/Beirut", "2026-10-25", 22),
    ],
    ids=["no midnight", "two midnights", "no midnight, a day before UTC's", "the hour before twice"],
)
def test_a_day_begins_with_its_first_instant(zone: str, day: str, hour: int) -> None:
    """Where clocks are set at midnight."""
    begun = start_of(Day(day), zone)
    assert (moment(begun).hour, local_day(begun, zone), local_day(Instant(begun - 1), zone) < day) == (hour, day, True)


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "America/St_Johns"])
def test_the_first_and_the_last_day_of_the_calendar_have_an_end(zone: str) -> None:
    lengths = [end_of(Day(day), zone) - start_of(Day(day), zone) for day in ("0001-01-01", "9999-12-31")]
    assert lengths == [DAY, DAY]


@given(st.dates())
def test_a_date_is_read_as_it_is_written(day: date) -> None:
    assert read_day(day.isoformat(), "day") == day.isoformat()


@pytest.mark.parametrize(
    "text",
    ["", "2026-2-3", "20260203", "2026-02-30", "2026-W01-1", "2026-02-03T00:00", " 2026-02-03", "soon", "0000-01-01"],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match=r"^day: not a valid date$"):
        read_day(text, "day")


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_is_written_to_the_microsecond(moment: datetime) -> None:
    assert datetime.fromisoformat(exact(instant(moment))) == moment
