"""The loop's pulse, and who notices that it stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from structlog.testing import capture_logs

from server.clock import SystemClock
from server.watchdog import BEAT_S, Pulse, Watchdog
from tests.support.until import until


class Clock:
    """Stands still."""

    at = 100.0

    def now(self) -> int:
        return int(self.at * 1000)

    def monotonic(self) -> float:
        return self.at


class Later:
    """Calls when it is told to."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, _seconds: float, call: Callable[[], None]) -> None:
        self.waiting.append(call)

    def come(self) -> None:
        self.waiting.pop(0)()


def test_the_pulse_measures_how_late_the_loop_is():
    clock, later = Clock(), Later()
    pulse = Pulse(clock, later)
    pulse.start()
    for late in (0.0, 0.003, 0.7):
        clock.at += BEAT_S + late
        later.come()
    counts = dict(pulse.lag_seconds.buckets())
    assert (counts["0.0005"], counts["0.005"], counts["0.5"], counts["1"]) == (1, 2, 2, 3)
    pulse.stop()
    clock.at += BEAT_S
    later.come()
    assert later.waiting == []


def test_a_stall_is_told_once_and_its_end_with_how_long_it_was():
    clock, later = Clock(), Later()
    pulse = Pulse(clock, later)
    watchdog = Watchdog(pulse, clock)
    pulse.start()
    with capture_logs() as lines:
        clock.at += 1.0
        watchdog.look()
        assert (lines, watchdog.stalls) == ([], 0)
        for _ in range(3):
            clock.at += 0.5
            watchdog.look()
        clock.at += 5.5
        later.come()
        watchdog.look()
        watchdog.look()
    assert [line["event"] for line in lines] == ["the loop stands", "the loop turns again"]
    assert "test_a_stall_is_told_once" in lines[0]["stack"]
    assert (lines[1]["stood_seconds"], watchdog.stalls) == (8.0, 1)
    with capture_logs() as lines:
        clock.at += 2
        watchdog.look()
    assert watchdog.stalls == 2, "the next one is told, too"


def test_a_stall_that_was_over_before_anybody_looked_is_told():
    """As of a suspended machine, where the loop may wake up before the thread does."""
    clock, later = Clock(), Later()
    pulse = Pulse(clock, later)
    watchdog = Watchdog(pulse, clock)
    pulse.start()
    with capture_logs() as lines:
        for _ in range(2):
            clock.at += BEAT_S + 3.0
            later.come()
            clock.at += BEAT_S
            later.come()
            watchdog.look()
            watchdog.look()
        clock.at += 3.0
        watchdog.look()
        later.come()
        watchdog.look()
    said = [line["event"] for line in lines]
    assert said == ["the loop stood, unseen", "the loop stood, unseen", "the loop stands", "the loop turns again"]
    assert (lines[1]["stood_seconds"], watchdog.stalls) == (3.1, 3)


async def test_a_loop_that_is_blocked_shows_where():
    """Row 73: what blocks waits for a gate that opens when the watchdog has spoken."""
    clock, gate = SystemClock(), threading.Event()
    pulse = Pulse(clock, asyncio.get_running_loop().call_later)
    watchdog = Watchdog(pulse, clock, stalled_s=0.05)
    told: list[str] = []

    def look() -> None:
        with capture_logs() as lines:
            Watchdog.look(watchdog)
        told.extend(str(line.get("stack", line["event"])) for line in lines)
        if told:
            gate.set()

    watchdog.look = look  # type: ignore[method-assign]
    pulse.start()
    watchdog.start()

    def a_step_that_blocks() -> None:
        assert gate.wait(timeout=30)

    a_step_that_blocks()
    await until(lambda: len(told) > 1)
    pulse.stop()
    watchdog.stop()
    assert "a_step_that_blocks" in told[0]
    assert told[1] == "the loop turns again"
    assert watchdog.stalls >= 1
