from __future__ import annotations

from server.desk.throttle import Pace, Throttle
from tests.support.clock import FakeClock


def throttle(**pace: int) -> tuple[Throttle, FakeClock]:
    clock = FakeClock()
    return Throttle(clock, Pace(**pace)), clock


def test_attempts_are_forgotten_after_a_while():
    made, clock = throttle(free=2, forget_seconds=100)
    for _ in range(2):
        made.attempted("a")
    assert 1000 == made.wait_ms("a")
    clock.advance(101)
    made.attempted("a")
    assert 0 == made.wait_ms("a")


def test_names_do_not_concern_each_other():
    made, _ = throttle(free=1)
    made.attempted("a")
    assert made.wait_ms("a") > 0
    assert 0 == made.wait_ms("b")


def test_memory_is_bounded_and_the_oldest_goes_first():
    made, _ = throttle(free=1, names=3)
    for name in "abcd":
        made.attempted(name)
    assert 3 == len(made)
    assert 0 == made.wait_ms("a")
    assert made.wait_ms("b") > 0


def test_the_delay_has_an_end_however_patient_the_guesser():
    made, clock = throttle(free=1, max_seconds=60)
    for _ in range(1000):
        made.attempted("a")
        clock.advance(60)
    made.attempted("a")
    assert 60_000 == made.wait_ms("a")
