"""When a department is open: its week, its holidays and the workspace's zone, as instants.

Hours are read off the wall clock: "mon-fri 08:00-18:00" is open when a clock on the wall says so. Where the clock is
put forward, the hour that does not exist is not open and what would begin in it begins when it is over; where it is
put back, the hour that comes twice is open twice. On a holiday it is closed from midnight to midnight.

To find the next opening, time is cut into stretches in which the zone keeps one distance to UTC; inside a stretch the
wall clock runs evenly, and a week's hours are intervals of instants.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from server.settings.hours import DateSpan, Opening

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
FARTHEST_DAYS = 400
"""How far ahead is looked for an opening."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """No openings: always open, but on holidays. Instants are milliseconds since 1970 UTC."""

    openings: Sequence[Opening]
    holidays: Sequence[DateSpan]
    zone: ZoneInfo

    def is_open(self, at: int) -> bool:
        """Whether it is open at that instant."""
        local = datetime.fromtimestamp(at // 1000, self.zone)
        if self._is_holiday(local.date()):
            return False
        minute = local.hour * 60 + local.minute
        return not self.openings or any(
            each.weekday == local.weekday() and each.start_minute <= minute < each.end_minute for each in self.openings
        )

    def opens_at(self, now: int) -> int | None:
        """`now` if it is open, else when it opens next; None if it does not within `FARTHEST_DAYS`."""
        return next((max(start, now) for start, _ in self._intervals(now, FARTHEST_DAYS)), None)

    def changes_at(self, now: int, *, days: int) -> int | None:
        """When it opens or closes next; None if it does not within so many days."""
        if not self.openings and not self.holidays:
            return None
        found = next(self._intervals(now, days), None)
        if found is None:
            return None
        start, end = found
        if start > now:
            return start
        return end if end < self._end(now, days) else None

    def _is_holiday(self, day: date) -> bool:
        return any(span.first <= day <= span.last for span in self.holidays)

    def _intervals(self, now: int, days: int) -> Iterator[tuple[int, int]]:
        """From `now` on, when it is open, in order; what touches is one."""
        begun: tuple[int, int] | None = None
        for start, end, offset in self._stretches(now, days):
            for opens, closes in self._open_between(start, end, offset):
                if begun is not None and opens <= begun[1]:
                    begun = (begun[0], max(begun[1], closes))
                else:
                    if begun is not None:
                        yield begun
                    begun = (opens, closes)
            # What has not ended at the end of a stretch may go on in the next.
            if begun is not None and begun[1] < end:
                yield begun
                begun = None
        if begun is not None:
            yield begun

    def _end(self, now: int, days: int) -> int:
        return now - now % _MINUTE_MS + days * _DAY_MS

    def _stretches(self, now: int, days: int) -> Iterator[tuple[int, int, int]]:
        """From the minute of `now`: start, end and the distance of the wall clock to UTC in between, day by day."""
        start = now - now % _MINUTE_MS
        for _ in range(days):
            end = start + _DAY_MS
            while start < end:
                change = self._change(start, end)
                yield start, change, self._offset(start)
                start = change

    def _change(self, start: int, end: int) -> int:
        """Where the offset of `start` ends, at most `end`."""
        offset = self._offset(start)
        if self._offset(end - _MINUTE_MS) == offset:
            return end
        same, other = start, end - _MINUTE_MS
        while other - same > _MINUTE_MS:
            middle = (same + other) // (2 * _MINUTE_MS) * _MINUTE_MS
            same, other = (middle, other) if self._offset(middle) == offset else (same, middle)
        return other

    def _offset(self, at: int) -> int:
        offset = datetime.fromtimestamp(at // 1000, self.zone).utcoffset()
        return 0 if offset is None else round(offset.total_seconds()) * 1000

    def _open_between(self, start: int, end: int, offset: int) -> Iterator[tuple[int, int]]:
        """What of a stretch is open: on the wall clock, whose midnight is at a whole day of it."""
        for day in range((start + offset) // _DAY_MS, (end - 1 + offset) // _DAY_MS + 1):
            today = _EPOCH + timedelta(days=day)
            if self._is_holiday(today):
                continue
            midnight = day * _DAY_MS - offset
            for opens, closes in self._minutes(today.weekday()):
                found = (max(start, midnight + opens * _MINUTE_MS), min(end, midnight + closes * _MINUTE_MS))
                if found[0] < found[1]:
                    yield found

    def _minutes(self, weekday: int) -> Iterator[tuple[int, int]]:
        if not self.openings:
            yield 0, 24 * 60
        for each in self.openings:
            if each.weekday == weekday:
                yield each.start_minute, each.end_minute


def day_of(at: int, zone: ZoneInfo) -> date:
    """The date on the wall clock."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).date()
