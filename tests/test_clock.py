from __future__ import annotations

import time

from server.clock import SystemClock, processor
from tests.support.clock import FakeClock

MS = 1_000_000
MINUTE = 60_000


class World:
    def __init__(self) -> None:
        self.wall = 1_800_000_000_000 * MS
        self.passed = 7 * MS
        self.clock = SystemClock(lambda: self.wall, lambda: self.passed)

    def let_pass(self, ms: float) -> int:
        self.wall += round(ms * MS)
        self.passed += round(ms * MS)
        return self.clock.now()


def test_it_follows_the_machine():
    before = time.time_ns() // MS
    shown = SystemClock().now()
    assert before <= shown <= time.time_ns() // MS


def test_it_goes_with_the_wall():
    world = World()
    begin = world.clock.now()
    assert [world.let_pass(1.5) - begin for _ in range(4)] == [1, 3, 4, 6]
    assert world.clock.monotonic() == 0.013


def test_set_forward_it_follows_at_once():
    world = World()
    begin = world.clock.now()
    world.wall += MINUTE * MS
    assert world.let_pass(1) == begin + MINUTE + 1


def test_set_back_it_goes_on_slower_until_both_agree():
    world = World()
    begin = world.clock.now()
    world.wall -= MINUTE * MS
    shown = [world.let_pass(MINUTE) - begin for _ in range(12)]
    assert shown[:3] == [54_000, 108_000, 162_000]
    assert shown[9:] == [9 * MINUTE, 10 * MINUTE, 11 * MINUTE]  # The wall's own, again.
    assert shown == sorted(shown)


def test_it_never_runs_backwards_however_often_it_is_read():
    world = World()
    last = world.clock.now()
    for step in (5, -3, 0, 2, -50, 1, 40, -1, 0, 9):
        world.wall += step * MS
        world.passed += MS
        assert world.clock.now() >= last
        last = world.clock.now()


def test_the_fake_moves_both_hands():
    clock = FakeClock()
    begin, hand = clock.now(), clock.monotonic()
    assert clock.advance(1.5) == begin + 1500 == clock.now()
    assert clock.monotonic() == hand + 1.5


def test_what_the_processor_has_done_only_grows():
    before = processor()
    assert sum(range(20_000)) > 0
    assert processor() >= before > 0
