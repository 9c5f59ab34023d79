"""What is told of two quantiles, and how it may change while somebody looks at it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from router.estimate.wait import Wait, retold, wait

S, MIN = 1_000, 60_000


@pytest.mark.parametrize(
    ("p50_s", "p80_s", "low_min", "high_min"),
    [
        (0, 0, 0, 1),
        (5, 12, 0, 1),
        (40, 60, 0, 1),
        (40, 61, 1, 2),
        (61, 119, 1, 2),
        (125, 235, 3, 4),
        (150, 170, 2, 3),
        (330, 470, 6, 8),
        (655, 730, 12, 15),
        (3_700, 6_000, 75, 120),
        (7_201, 11_000, 180, 240),
    ],
)
def test_a_range_is_rounded_up_to_steps_people_use(p50_s, p80_s, low_min, high_min):
    told = wait(p50_s * S, p80_s * S)
    assert (told.low_ms, told.high_ms) == (low_min * MIN, high_min * MIN)
    assert (told.p50_ms, told.p80_ms) == (p50_s * S, p80_s * S)


QUANTILES = st.tuples(st.integers(0, 40_000_000), st.integers(0, 40_000_000)).map(sorted)
WAITS = QUANTILES.map(lambda pair: wait(*pair))


@given(WAITS)
def test_a_range_is_never_empty_and_never_below_the_p80(told):
    assert 0 <= told.low_ms < told.high_ms
    assert told.p80_ms <= told.high_ms


def test_the_first_is_told_as_it_is():
    new = wait(100 * S, 200 * S)
    assert retold(None, 0, new, 5) == new


def test_it_falls_as_soon_as_it_may():
    shown = wait(330 * S, 470 * S)
    told = retold(shown, 0, wait(270 * S, 400 * S), 2 * S)
    assert (told.low_ms, told.high_ms) == (5 * MIN, 7 * MIN)


def test_it_does_not_rise_by_a_hair():
    shown = wait(330 * S, 470 * S)
    told = retold(shown, 0, wait(400 * S, 500 * S), 2 * S)
    assert (told.low_ms, told.high_ms) == (shown.low_ms, shown.high_ms)
    assert (told.p50_ms, told.p80_ms) == (400 * S, 500 * S)


def test_it_rises_when_the_old_one_is_more_likely_broken_than_kept():
    shown, worse = wait(330 * S, 470 * S), wait(420 * S, 600 * S)  # shown: 6 to 8 minutes
    assert retold(shown, 0, worse, 60 * S).high_ms == shown.high_ms  # 7 minutes from now is as shown
    assert retold(shown, 0, worse, 61 * S) == worse


@given(WAITS, WAITS, st.integers(0, 3_600_000))
def test_what_is_shown_never_rises_while_it_can_be_kept(shown, new, passed):
    told = retold(shown, 1_000, new, 1_000 + passed)
    assert told.low_ms < told.high_ms
    if passed + new.p50_ms <= shown.high_ms:
        assert told.high_ms <= shown.high_ms
    else:
        assert told == new


@given(WAITS, st.integers(0, 3_600_000))
def test_telling_the_same_again_changes_nothing(shown, passed):
    assert retold(shown, 0, shown, passed) == shown


@given(st.lists(WAITS, min_size=2, max_size=12))
def test_estimates_that_flicker_do_not_make_it_flicker(news):
    """Seen one after the other at once, what is shown only falls."""
    shown: Wait | None = None
    highs = []
    for new in news:
        if shown is not None and new.p50_ms > shown.high_ms:
            break
        shown = retold(shown, 0, new, 0)
        highs.append(shown.high_ms)
    assert highs == sorted(highs, reverse=True)
