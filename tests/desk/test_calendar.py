"""Hours against a clock on the wall that is looked at minute by minute, around the days on which it is put right."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.desk.calendar import FARTHEST_DAYS, Calendar, day_of
from server.settings.hours import DateSpan, parse_days, parse_hours

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
MINUTE = 60_000
DAY = 86_400_000
NEVER = None

# Where and when the clock is put forward and back: an hour, an hour on the other side of the sea, half an hour.
CHANGES = [
    ("Europe/Copenhagen", date(2026, 3, 29)),
    ("Europe/Copenhagen", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("UTC", date(2026, 12, 31)),
]


def calendar(*hours: str, holidays: tuple[str, ...] = (), zone: str = "Europe/Copenhagen") -> Calendar:
    return Calendar(parse_hours(hours), parse_days(holidays), ZoneInfo(zone))


def at(text: str, zone: str = "Europe/Copenhagen", *, fold: int = 0) -> int:
    """The instant at which a clock on that wall shows this; `fold=1` for the second time it does."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()) * 1000


@pytest.mark.parametrize(
    ("hours", "holidays", "shown", "is_open"),
    [
        ((), (), "2026-11-23 03:00", True),
        ((), ("2026-12-25",), "2026-12-24 23:59", True),
        ((), ("2026-12-25",), "2026-12-25 00:00", False),
        ((), ("2026-12-25",), "2026-12-26 00:00", True),
        (("mon-fri 08:00-18:00",), (), "2026-11-23 07:59", False),
        (("mon-fri 08:00-18:00",), (), "2026-11-23 08:00", True),
        (("mon-fri 08:00-18:00",), (), "2026-11-23 17:59", True),
        (("mon-fri 08:00-18:00",), (), "2026-11-23 18:00", False),
        (("mon-fri 08:00-18:00",), (), "2026-11-22 12:00", False),
        (("mon-fri 08:00-18:00",), ("2026-11-23/2026-11-24",), "2026-11-24 12:00", False),
        (("fri 22:00-02:00",), (), "2026-11-28 01:59", True),
        (("fri 22:00-02:00",), (), "2026-11-28 02:00", False),
        (("fri 22:00-02:00",), (), "2026-11-27 01:00", False),
        (("sun 22:00-24:00",), (), "2026-11-22 23:59", True),
        (("sun 22:00-24:00",), (), "2026-11-23 00:00", False),
        # A holiday is a day: what began the evening before ends at its midnight, what begins on it does so after it.
        (("fri 22:00-02:00",), ("2026-11-28",), "2026-11-27 23:59", True),
        (("fri 22:00-02:00",), ("2026-11-28",), "2026-11-28 00:00", False),
        (("fri 22:00-02:00",), ("2026-11-27",), "2026-11-28 00:30", True),
    ],
)
def test_hours_are_those_of_the_wall(hours, holidays, shown, is_open):
    assert calendar(*hours, holidays=holidays).is_open(at(shown)) is is_open


@pytest.mark.parametrize(
    ("hours", "holidays", "now", "opens"),
    [
        ((), (), "2026-11-23 03:00", "2026-11-23 03:00"),
        ((), ("2026-12-25/2026-12-26",), "2026-12-25 12:34", "2026-12-27 00:00"),
        (("mon-fri 08:00-18:00",), (), "2026-11-23 12:00", "2026-11-23 12:00"),
        (("mon-fri 08:00-18:00",), (), "2026-11-23 07:00", "2026-11-23 08:00"),
        (("mon-fri 08:00-18:00",), (), "2026-11-20 18:00", "2026-11-23 08:00"),
        (("mon-fri 08:00-18:00",), ("2026-11-23",), "2026-11-20 18:00", "2026-11-24 08:00"),
        (("fri 22:00-02:00",), (), "2026-11-23 12:00", "2026-11-27 22:00"),
        # Over the weekend on which the clock is put back, the wall says eight all the same.
        (("mon 08:00-18:00",), (), "2026-10-24 12:00", "2026-10-26 08:00"),
        # Half past two does not exist on that morning: open from three on.
        (("sun 02:30-04:00",), (), "2026-03-28 12:00", "2026-03-29 03:00"),
    ],
)
def test_when_it_opens(hours, holidays, now, opens):
    assert calendar(*hours, holidays=holidays).opens_at(at(now)) == at(opens)


def test_what_is_in_the_hour_that_does_not_exist_waits_a_week():
    assert calendar("sun 02:00-03:00").opens_at(at("2026-03-28 12:00")) == at("2026-04-05 02:00")


def test_the_hour_that_comes_twice_is_open_twice():
    found = calendar("sun 02:15-02:45")
    first, second = at("2026-10-25 02:15"), at("2026-10-25 02:15", fold=1)
    assert second - first == 60 * MINUTE
    assert [found.is_open(each) for each in (first, first + 30 * MINUTE, second, second + 30 * MINUTE)] == [
        True,
        False,
        True,
        False,
    ]
    assert found.opens_at(first + 30 * MINUTE) == second


def test_a_holiday_of_a_year_and_more_opens_never():
    assert calendar(holidays=("2026-01-01/2028-12-31",)).opens_at(at("2026-11-23 12:00")) is NEVER
    assert FARTHEST_DAYS > 366


@pytest.mark.parametrize(
    ("hours", "holidays", "now", "days", "changes"),
    [
        ((), (), "2026-11-23 12:00", 400, None),
        ((), ("2026-12-25",), "2026-12-24 12:00", 1, "2026-12-25 00:00"),
        ((), ("2026-12-25",), "2026-12-20 12:00", 1, None),
        ((), ("2026-12-25",), "2026-12-25 12:00", 1, "2026-12-26 00:00"),
        (("mon-fri 08:00-18:00",), (), "2026-11-23 12:00", 1, "2026-11-23 18:00"),
        (("mon-fri 08:00-18:00",), (), "2026-11-23 18:00", 1, "2026-11-24 08:00"),
        (("mon-fri 08:00-18:00",), (), "2026-11-20 18:00", 1, None),
        (("fri 22:00-02:00",), (), "2026-11-27 23:00", 1, "2026-11-28 02:00"),
        (("mon-sun 00:00-24:00",), (), "2026-11-27 23:00", 30, None),
    ],
)
def test_when_it_opens_or_closes_next(hours, holidays, now, days, changes):
    expected = None if changes is None else at(changes)
    assert calendar(*hours, holidays=holidays).changes_at(at(now), days=days) == expected


def test_the_day_is_that_of_the_wall():
    assert day_of(at("2026-11-23 00:30"), COPENHAGEN) == date(2026, 11, 23)
    assert day_of(at("2026-11-22 23:30", "UTC"), COPENHAGEN) == date(2026, 11, 23)


# The oracle: a list of the minutes of a week in which it is open, and a look at the wall for each minute that passes.


@st.composite
def weeks(draw: st.DrawFn) -> tuple[str, ...]:
    """Hours of one to three lines that do not overlap, some over midnight, many in the small hours of the change."""
    minutes = sorted(draw(st.sets(st.integers(0, 7 * 24 * 12 - 1), min_size=2, max_size=6)))
    small = draw(
        st.sampled_from([(), (6 * 288 + 18, 6 * 288 + 30), (6 * 288 + 24, 6 * 288 + 36), (6 * 288 + 30, 6 * 288 + 31)])
    )
    edges = [(5 * one, 5 * other) for one, other in zip(minutes[::2], minutes[1::2], strict=False)]
    if small and all(other <= 5 * small[0] or one >= 5 * small[1] for one, other in edges):
        edges.append((5 * small[0], 5 * small[1]))
    return tuple(line for one, other in edges for line in _lines(one, other))


def _lines(start: int, end: int) -> list[str]:
    """From a minute of the week to another, as lines that each begin on one day."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    found: list[str] = []
    while start < end:
        day, minute = divmod(start, 1440)
        stop = min(end, start + 1439, (day + 2) * 1440)
        until = stop - day * 1440
        until = until - 1440 if until > 1440 else until
        found.append(f"{names[day % 7]} {_clock(minute)}-{_clock(until)}")
        start = stop
    return found


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _shown(instant: int, zone: ZoneInfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=instant)).astimezone(zone)


def _open_on_the_wall(hours: tuple[str, ...], holidays: tuple[DateSpan, ...], wall: datetime) -> bool:
    if any(span.first <= wall.date() <= span.last for span in holidays):
        return False
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    now = wall.hour * 60 + wall.minute
    for line in hours:
        day, times = line.split(" ")
        start, end = (int(each[:2]) * 60 + int(each[3:]) for each in times.split("-"))
        here, before = day == names[wall.weekday()], day == names[wall.weekday() - 1]
        if (here and start <= now and (now < end or end <= start)) or (before and end <= start and now < end):
            return True
    return not hours


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    hours=st.one_of(st.just(()), weeks()),
    change=st.sampled_from(CHANGES),
    offset=st.integers(-1440, 180),
    holiday=st.sampled_from([(), (0, 0), (-1, 0), (1, 2)]),
    seconds=st.integers(0, 59_999),
)
def test_every_minute_around_a_change_is_as_the_wall_says(hours, change, offset, holiday, seconds):
    name, day = change
    zone = ZoneInfo(name)
    holidays = (DateSpan(day + timedelta(days=holiday[0]), day + timedelta(days=holiday[1])),) if holiday else ()
    found = Calendar(parse_hours(hours), holidays, zone)
    start = (at(f"{day} 00:00", name) // MINUTE + offset) * MINUTE
    minutes = range(start, start + DAY + DAY // 4, MINUTE)
    walls = [_open_on_the_wall(hours, holidays, _shown(minute, zone)) for minute in minutes]
    assert [found.is_open(minute) for minute in minutes] == walls
    _agrees_with(found, start, walls, seconds)


def _agrees_with(found: Calendar, start: int, walls: list[bool], seconds: int) -> None:
    """The next opening and the next change, seen every 53 minutes, some seconds into its minute."""
    for place in range(0, len(walls), 53):
        now = start + place * MINUTE + seconds
        opens = next((n for n in range(place, len(walls)) if walls[n]), None)
        if opens is not None:
            assert found.opens_at(now) == max(now, start + opens * MINUTE)
        changes = next((n for n in range(place, len(walls)) if walls[n] != walls[place]), None)
        if changes is not None and changes - place < 1440:
            assert found.changes_at(now, days=1) == start + changes * MINUTE
