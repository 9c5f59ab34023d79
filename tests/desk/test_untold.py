from __future__ import annotations

from collections.abc import Callable

import pytest

from server.desk.untold import LONGEST_PAUSE_S, Untold


class World:
    """Time that passes when it is told to, and what was done in it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.reopened: list[float] = []
        self.aside: list[str] = []
        self.due: list[tuple[float, Callable[[], object]]] = []
        self.untold = Untold(
            reopen=lambda: self.reopened.append(self.now),
            quarantine=self.aside.append,
            later=lambda seconds, call: self.due.append((self.now + seconds, call)),
            monotonic=lambda: self.now,
        )

    def until(self, moment: float) -> None:
        while self.due and self.due[0][0] <= moment:
            self.now, call = self.due.pop(0)
            call()
        self.now = moment


@pytest.fixture
def world() -> World:
    return World()


def test_once_everybody_is_asked_back_at_once(world):
    world.untold.failed(["c_1"])
    assert (world.reopened, world.aside, world.due) == ([0.0], [], [])


def test_a_failure_that_stays_asks_back_ever_more_seldom_and_never_not_at_all(world):
    for second in range(600):
        world.until(float(second))
        world.untold.failed()
    gaps = [after - before for before, after in zip(world.reopened, world.reopened[1:], strict=False)]
    assert gaps[:6] == [1, 2, 4, 8, 16, 32]
    assert set(gaps[6:]) == {LONGEST_PAUSE_S}
    # Whoever missed the last one is asked back too.
    world.until(world.now + LONGEST_PAUSE_S)
    assert world.reopened[-1] >= 599
    assert world.untold.failures == 600


def test_the_conversation_of_two_failures_running_is_put_aside_once(world):
    world.untold.failed(["c_1", "c_2"])
    world.untold.failed(["c_2", "c_3"])
    world.untold.failed(["c_2", "c_3"])
    world.untold.failed(["c_4"])
    assert world.aside == ["c_2", "c_3"]


def test_after_a_calm_a_failure_is_the_first_again(world):
    for _ in range(4):
        world.untold.failed(["c_1"])
    world.until(1000.0)
    asked = len(world.reopened)
    world.untold.failed(["c_1"])
    assert world.reopened[asked:] == [1000.0]
    assert world.aside == ["c_1"]
