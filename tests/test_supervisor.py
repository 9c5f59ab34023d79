"""Whoever is killed is started again: a loop of crashes comes to an end, wishes never do."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator, Sequence

import pytest

from server.supervisor import MOST_STARTS, WITHIN_S, supervise
from tests.support.clock import FakeClock

KILLED = 128 + signal.SIGKILL
CRASH = ["sh", "-c", "kill -9 $$"]
END = ["sh", "-c", "exit 7"]


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """It takes those of this process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def wish(line: int) -> list[str]:
    """A process that ends itself as the demo's page asks it to."""
    return [sys.executable, "-ISc", f"import os; os.write({line}, b'!'); os.kill(os.getpid(), {signal.SIGKILL:d})"]


class Children:
    """One after another, each with what is waited for before it is started."""

    def __init__(self, clock: FakeClock, *kinds: str, gap_s: float = 0) -> None:
        self.clock = clock
        self.kinds = list(kinds)
        self.gap_s = gap_s
        self.again: list[bool] = []

    def __call__(self, line: int, again: bool) -> Sequence[str]:
        self.again.append(again)
        self.clock.advance(self.gap_s)
        match self.kinds.pop(0) if self.kinds else "end":
            case "crash":
                return CRASH
            case "wish":
                return wish(line)
            case _:
                return END


def test_a_loop_of_crashes_is_ended():
    clock = FakeClock()
    children = Children(clock, *["crash"] * 100)
    assert supervise(children, clock=clock) == KILLED
    assert children.again == [False, *[True] * (MOST_STARTS - 1)]


def test_crashes_that_are_rare_are_no_loop():
    clock = FakeClock()
    children = Children(clock, *["crash"] * 2 * MOST_STARTS, gap_s=WITHIN_S / (MOST_STARTS - 1))
    assert supervise(children, clock=clock) == 7
    assert len(children.again) == 2 * MOST_STARTS + 1


def test_a_wish_is_no_crash_however_often_it_comes():
    clock = FakeClock()
    children = Children(clock, *["wish"] * 3 * MOST_STARTS)
    assert supervise(children, clock=clock) == 7
    assert len(children.again) == 3 * MOST_STARTS + 1


def test_crashes_between_wishes_are_counted_all_the_same():
    clock = FakeClock()
    children = Children(clock, *["wish", "crash"] * MOST_STARTS)
    assert supervise(children, clock=clock) == KILLED
    assert not children.kinds


def test_who_dies_on_a_wish_says_so():
    clock = FakeClock()
    die = [sys.executable, "-c", "import sys; from server import supervisor; supervisor.die(int(sys.argv[1]))"]
    lines = [*[CRASH] * (MOST_STARTS - 1), None, END]

    def command(line: int, again: bool) -> Sequence[str]:
        return lines.pop(0) or [*die, str(line)]

    assert supervise(command, clock=clock) == 7
    assert not lines
