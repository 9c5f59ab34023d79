"""Who shares a commit with whom: on a loop of its own, with a clock that only a sleep moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from server.store.base import StoreUnavailable
from server.store.sqlite.company import ENOUGH, LONGEST_WAIT
from server.store.sqlite.gathering import Gathering
from server.store.sqlite.queue import Job, Member, WriteQueue
from server.store.sqlite.rest import Rest
from tests.support.clock import FakeClock

SERIES: Any = object()


class FineClock(FakeClock):
    """One that knows parts of a millisecond."""

    def __init__(self) -> None:
        super().__init__()
        self._seconds = 0.0

    def monotonic(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> int:
        self._seconds += seconds
        return super().advance(seconds)


class Desk(WriteQueue, Rest):
    """The queue and the sleep of a gathering, with what happened to them in order."""

    def __init__(self, clock: FineClock, limit: int = 1000) -> None:
        WriteQueue.__init__(self, limit, 256)
        self.clock = clock
        self.happened: list[str | int] = []
        self.meanwhile: Callable[[], None] = _nothing

    def hand_over(self) -> None:
        super().hand_over()
        self.happened.append(len(self.take()))

    def sleep(self, seconds: float) -> bool:
        self.happened.append(f"sleep {seconds * 1000:.1f}")
        self.clock.advance(seconds)
        self.meanwhile()
        return False

    def heard(self) -> None:
        self.happened.append("heard")


def _nothing() -> None:
    """Goes on."""


def _none(_given: object) -> None:
    """A transaction that does nothing, and whoever hears of it."""


class Talk:
    """A gathering and those who write."""

    def __init__(self, limit: int = 1000) -> None:
        self.clock = FineClock()
        self.desk = Desk(self.clock, limit)
        self.gathering = Gathering(self.desk, self.clock, self.desk)

    def write(self, count: int = 1) -> None:
        for _ in range(count):
            self.gathering.add(Member(SERIES, None, None))

    async def turns(self, count: int = 6) -> list[str | int]:
        """What happens in so many turns of the loop."""
        for _ in range(count):
            await asyncio.sleep(0)
        happened, self.desk.happened = self.desk.happened, []
        return happened

    async def become_lively(self) -> None:
        """Two writes a millisecond, for a fifth of a second; then a pause of a moment."""
        for _ in range(200):
            self.clock.advance(0.001)
            self.write(2)
            await self.turns()
        self.clock.advance(LONGEST_WAIT)


@pytest.fixture
async def talk() -> Talk:
    return Talk()


async def test_at_a_quiet_pace_a_turn_is_handed_over_at_its_end(talk: Talk):
    talk.write(3)
    assert len(talk.desk) == 3
    assert await talk.turns(1) == [3]
    assert await talk.turns() == []


async def test_after_a_pause_nobody_waits_and_the_loop_sleeps_while_it_is_written(talk: Talk):
    await talk.become_lively()
    talk.write()
    assert await talk.turns() == [1, "sleep 1.0"]


async def test_soon_after_a_batch_the_next_is_kept_and_the_loop_sleeps(talk: Talk):
    await talk.become_lively()
    talk.write()
    assert await talk.turns(1) == [1]
    talk.clock.advance(0.0004)
    talk.write()
    assert await talk.turns(2) == ["sleep 0.6"]  # not for the outcome as well: there is news already
    talk.write(2)  # what was in the sockets meanwhile
    assert await talk.turns() == [3, "sleep 1.0"]


async def test_enough_are_handed_over_at_once(talk: Talk):
    await talk.become_lively()
    talk.write()
    await talk.turns(1)
    talk.write(ENOUGH)
    assert await talk.turns() == [ENOUGH]


async def test_what_a_turn_has_made_ready_goes_before_the_sleep(talk: Talk):
    await talk.become_lively()
    talk.write()
    await talk.turns(1)
    loop = asyncio.get_running_loop()
    loop.call_soon(loop.call_soon, talk.desk.happened.append, "flushed")
    talk.write()
    assert await talk.turns(2) == ["flushed", "sleep 1.0"]


async def test_nobody_sleeps_before_what_was_told_has_had_its_turn(talk: Talk):
    talk.desk.happened.clear()
    loop = asyncio.get_running_loop()
    loop.call_soon(talk.desk.happened.append, "flushed")  # as telling does
    talk.gathering.told()
    assert await talk.turns() == ["flushed", "heard"]


async def test_while_something_else_is_under_way_nobody_waits(talk: Talk):
    await talk.become_lively()
    talk.gathering.begin_other()
    talk.write()
    assert await talk.turns() == [1]
    talk.write(2)
    assert await talk.turns() == [2]
    talk.gathering.end_other()
    talk.clock.advance(LONGEST_WAIT)
    talk.write()
    assert await talk.turns() == [1, "sleep 1.0"]


async def test_what_begins_during_a_sleep_ends_the_wait(talk: Talk):
    await talk.become_lively()
    talk.write()
    await talk.turns(1)
    talk.clock.advance(0.0002)
    talk.desk.meanwhile = talk.gathering.begin_other
    talk.write()
    assert await talk.turns() == ["sleep 0.8", 1]


async def test_waits_that_bring_nobody_become_rare(talk: Talk):
    await talk.become_lively()
    slept = 0
    for _ in range(300):
        talk.write()
        slept += str(await talk.turns()).count("sleep 0.")
        talk.write(5)
        await talk.turns()
    assert slept < 60


async def test_a_full_queue_refuses_and_the_rest_is_written():
    talk = Talk(limit=2)
    talk.write(2)
    with pytest.raises(StoreUnavailable):
        talk.write()
    assert await talk.turns() == [2]


async def test_who_begins_right_behind_the_turn_is_not_kept_waiting_either(talk: Talk):
    await talk.become_lively()
    talk.write()
    await talk.turns(1)
    talk.write()
    asyncio.get_running_loop().call_soon(talk.gathering.begin_other)
    assert await talk.turns() == [1]


async def test_what_a_transaction_of_its_own_takes_along_is_not_handed_over_again(talk: Talk):
    await talk.become_lively()
    talk.write()
    await talk.turns(1)
    talk.write()

    def step() -> None:
        talk.desk.put(Job(_none, _none, None))
        talk.desk.happened.append(f"took {len(talk.desk.take())}")

    talk.desk.meanwhile = step
    assert await talk.turns() == ["sleep 1.0", "took 2"]


async def test_a_clock_that_stands_still_keeps_nobody_for_ever(talk: Talk):
    await talk.become_lively()
    talk.write()
    await talk.turns(1)
    talk.desk.clock = FineClock()  # the sleep moves another one
    talk.write()
    assert await talk.turns() == ["sleep 1.0", 1, "sleep 1.0"]
