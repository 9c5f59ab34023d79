"""Times on the wire: RFC 3339 in UTC with milliseconds; inside, whole milliseconds since 1970 UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MILLISECONDS: Final = tuple(f".{millisecond:03d}Z" for millisecond in range(1000))


def rfc3339(at_ms: int) -> str:
    """`1767225600123` -> `2026-01-01T00:00:00.123Z`."""
    return _second(at_ms // 1000) + _MILLISECONDS[at_ms % 1000]


# Most times of a busy moment lie in the same few seconds; a log of old entries comes page by page.
@lru_cache(maxsize=1024)
def _second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")


def parse(text: str) -> int:
    """The milliseconds of an RFC 3339 time with an offset; finer digits are cut off.

    Raises:
        ValueError: it is no such time.
    """
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError("a time without an offset from UTC")
    return (time - _EPOCH) // _MILLISECOND
