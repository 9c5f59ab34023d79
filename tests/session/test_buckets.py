"""Token buckets as numbers: against a bucket that is filled drop by drop, and the table's memory."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.session.buckets import Buckets, Rate, take

RATE = Rate(3, 60)


def taken(full_at: float, times: list[float], rate: Rate = RATE) -> list[bool]:
    """Which of the requests at these moments are let in."""
    outcomes = []
    for now in times:
        full_at, wait_s = take(full_at, rate, now)
        outcomes.append(wait_s == 0)
    return outcomes


def test_so_many_at_once_and_then_one_by_one():
    assert taken(0.0, [10, 10, 10, 10, 10.5, 11, 11.5, 12]) == [True, True, True, False, False, True, False, True]


def test_a_bucket_fills_up_but_never_above_the_brim():
    assert taken(0.0, [10, 10, 10, 1000, 1000, 1000, 1000]) == [True, True, True, True, True, True, False]


def test_who_is_refused_is_told_when_to_come_back_and_is_let_in_then():
    full_at = 0.0
    for _ in range(3):
        full_at, _ = take(full_at, RATE, 10.25)
    full_at, wait_s = take(full_at, RATE, 10.5)
    assert wait_s == pytest.approx(0.75, abs=1e-5)
    assert take(full_at, RATE, 10.5 + wait_s)[1] == 0


def test_a_refusal_costs_nothing():
    full_at = 0.0
    for _ in range(3):
        full_at, _ = take(full_at, RATE, 10)
    for _ in range(50):
        full_at, _ = take(full_at, RATE, 10.5)
    assert take(full_at, RATE, 11)[1] == 0


def test_a_raised_limit_holds_at_once():
    slow, fast, full_at = Rate(10, 1), Rate(10, 600), 0.0
    for _ in range(10):
        full_at, _ = take(full_at, slow, 100)
    full_at, wait_s = take(full_at, fast, 100)
    assert wait_s == pytest.approx(0.1, abs=1e-5)
    assert take(full_at, fast, 100 + wait_s)[1] == 0


@given(
    st.lists(st.integers(0, 5_000), max_size=60).map(sorted),
    st.integers(1, 5),
    st.sampled_from([6, 60, 600, 6000]),
)
def test_it_is_the_bucket_that_is_filled_drop_by_drop(at_ms: list[int], at_once: int, per_minute: int):
    tokens, last = at_once * 60_000, 0  # in units of which a minute brings 60,000 for each that it allows
    expected = []
    for now in at_ms:
        tokens = min(at_once * 60_000, tokens + (now - last) * per_minute)
        last = now
        expected.append(tokens >= 60_000)
        tokens -= 60_000 if tokens >= 60_000 else 0
    assert taken(0.0, [now / 1000 for now in at_ms], Rate(at_once, per_minute)) == expected


@pytest.mark.parametrize("rate", [(0, 1), (1, 0), (-1, -1)])
def test_a_rate_is_two_numbers_or_none(rate: tuple[int, int]):
    with pytest.raises(ValueError, match="a rate is two numbers"):
        Rate(*rate)
    assert not Rate(0, 0).limits


# The table.


def test_a_full_bucket_is_forgotten_and_an_empty_one_is_not():
    buckets = Buckets()
    assert [buckets.take("a", RATE, 10) for _ in range(4)] == [0, 0, 0, pytest.approx(1.0, abs=1e-5)]
    assert len(buckets) == 1
    assert buckets.take("b", RATE, 13.1) == 0, "when a is full again"
    assert len(buckets) == 1


def test_who_holds_a_bucket_shares_it():
    buckets = Buckets()
    one, other = buckets.hold("a"), buckets.hold("a")
    assert one is other
    buckets.let_go(one, 10)
    assert buckets.hold("a") is other
    for _ in range(2):
        buckets.let_go(other, 10)
    assert len(buckets) == 0


def test_letting_go_does_not_fill_a_bucket():
    buckets = Buckets()
    held = buckets.hold("a")
    held.full_at = 100
    buckets.let_go(held, 10)
    assert buckets.hold("a").full_at == 100


def test_without_a_limit_nothing_is_kept():
    buckets = Buckets()
    assert [buckets.take("a", Rate(0, 0), 10) for _ in range(3)] == [0, 0, 0]
    assert len(buckets) == 0


def test_all_are_filled_when_the_rules_change():
    buckets = Buckets()
    held = buckets.hold("held")
    held.full_at = 100
    assert [buckets.take("a", RATE, 10) for _ in range(3)] == [0, 0, 0]
    buckets.fill()
    assert buckets.take("a", RATE, 10) == 0
    assert (held.full_at, buckets.hold("held")) == (0, held)


def test_memory_is_bounded_whoever_comes():
    buckets = Buckets(at_rest=100)
    held = buckets.hold("held")
    held.full_at = 1000
    for name in range(10_000):
        buckets.take(name, RATE, 10)
    assert len(buckets) == 101
    assert buckets.hold("held") is held
