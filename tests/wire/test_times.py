from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.wire import times

YEAR_1 = -62_135_596_800_000
YEAR_9999 = 253_402_300_799_999


@pytest.mark.parametrize(
    ("at_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_767_225_600_123, "2026-01-01T00:00:00.123Z"),
        (1_709_164_800_007, "2024-02-29T00:00:00.007Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (YEAR_1, "0001-01-01T00:00:00.000Z"),
        (YEAR_9999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_known_times(at_ms, text):
    assert text == times.rfc3339(at_ms)
    assert at_ms == times.parse(text)


@given(st.integers(YEAR_1, YEAR_9999))
def test_there_and_back(at_ms):
    assert at_ms == times.parse(times.rfc3339(at_ms))


@given(st.integers(0, YEAR_9999), st.integers(0, YEAR_9999))
def test_text_sorts_like_time(one, other):
    assert (one < other) == (times.rfc3339(one) < times.rfc3339(other))


def test_another_offset_and_finer_digits_are_understood():
    assert 1_767_225_600_123 == times.parse("2026-01-01T01:00:00.123999+01:00")


def test_the_library_agrees():
    at = datetime(2026, 3, 2, 9, 15, 1, 9000, tzinfo=UTC)
    assert at.isoformat(timespec="milliseconds").replace("+00:00", "Z") == times.rfc3339(int(at.timestamp() * 1000))


@pytest.mark.parametrize("text", ["", "yesterday", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z", "\ud800"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence is the library's
        times.parse(text)
