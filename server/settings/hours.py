"""Opening hours, holidays and leave: their grammar, and what the texts mean.

    hours = DAYS TIME-TIME [, TIME-TIME …]      "mon-fri 08:00-18:00", "sat,sun 10:00-12:00,13:00-14:00"
    DAYS  = DAY | DAY-DAY, separated by commas  "fri-mon" runs over the weekend
    days  = DATE | DATE/DATE                    "2026-12-25", "2026-12-01/2026-12-14", both ends included

Hours are local to the workspace's time zone; 24:00 is the end of a day. Those that end before they begin run over
midnight: "fri 22:00-02:00" is "fri 22:00-24:00" and "sat 00:00-02:00".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from msgspec import Struct

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_DAY = 24 * 60

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Opening(Struct, frozen=True, order=True):
    """Open on a weekday (0 = Monday) from one minute of the day up to, not including, another."""

    weekday: int
    start_minute: int
    end_minute: int


class DateSpan(Struct, frozen=True, order=True):
    """The days from `first` to `last`, both included."""

    first: date
    last: date


def parse_hours(lines: Iterable[str]) -> tuple[Opening, ...]:
    """The week these lines describe, in its order; no lines mean no openings (which settings read as "always").

    Raises:
        ValueError: a line breaks the grammar, is never open, or overlaps another.
    """
    found = sorted((opening, line) for line in lines for opening in _openings(line))
    for (one, earlier), (other, later) in pairwise(found):
        if one.weekday == other.weekday and other.start_minute < one.end_minute:
            lines_shown = f'"{earlier}" and "{later}"' if earlier != later else f'"{earlier}"'
            raise ValueError(f"{lines_shown} overlap on {WEEKDAYS[one.weekday]}")
    return tuple(opening for opening, _ in found)


def parse_days(lines: Iterable[str]) -> tuple[DateSpan, ...]:
    """The holidays or the leave these lines describe, in their order.

    Raises:
        ValueError: a line is no date or pair of dates, runs backwards, or overlaps another.
    """
    found = sorted((_span(line), line) for line in lines)
    for (one, earlier), (other, later) in pairwise(found):
        if other.first <= one.last:
            raise ValueError(f'"{earlier}" and "{later}" overlap')
    return tuple(span for span, _ in found)


def _openings(line: str) -> Iterator[Opening]:
    days, blank, times = line.partition(" ")
    if not blank:
        raise ValueError(f'"{line}" is not of the form "mon-fri 08:00-18:00"')
    spans = [_times(span, line) for span in times.split(",")]
    for weekday in _weekdays(days, line):
        for start, end in spans:
            yield Opening(weekday, start, min(end, MINUTES_OF_DAY))
            if end > MINUTES_OF_DAY:
                yield Opening((weekday + 1) % 7, 0, end - MINUTES_OF_DAY)


def _weekdays(days: str, line: str) -> Iterator[int]:
    for part in days.split(","):
        first, _, last = part.partition("-")
        for name in (first, last or first):
            if name not in WEEKDAYS:
                raise ValueError(f'"{name}" in "{line}" is no day; days are {" ".join(WEEKDAYS)}')
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last or first) - start) % 7
        yield from ((start + step) % 7 for step in range(length + 1))


def _times(span: str, line: str) -> tuple[int, int]:
    """Minutes from midnight; an end beyond 24:00 is on the next day."""
    start, dash, end = span.strip().partition("-")
    if not dash:
        raise ValueError(f'"{span}" in "{line}" is not of the form "08:00-18:00"')
    opens, closes = _minute(start, line), _minute(end, line)
    if opens in {closes, MINUTES_OF_DAY}:
        raise ValueError(f'"{line}" is never open: hours end after they begin (a whole day is 00:00-24:00)')
    return opens, closes if closes > opens else closes + MINUTES_OF_DAY


def _minute(text: str, line: str) -> int:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" in "{line}" is no time from 00:00 to 24:00')
    return MINUTES_OF_DAY if match[1] is None else int(match[1]) * 60 + int(match[2])


def _span(line: str) -> DateSpan:
    first, slash, last = line.partition("/")
    span = DateSpan(_date(first, line), _date(last if slash else first, line))
    if span.last < span.first:
        raise ValueError(f'"{line}" ends before it begins')
    return span


def _date(text: str, line: str) -> date:
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f'"{line}" is no date such as "2026-12-25" or "2026-12-01/2026-12-14"')
