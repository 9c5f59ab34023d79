"""Time that jumps, order that is drawn but for callbacks, and lives that end in mid-air."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator

import pytest

from tests.simulation.loop import LIFE, Loop, Stuck
from tests.simulation.process import _Cancelled, in_life


@pytest.fixture(params=[False, True], ids=["in-order", "shuffled"])
def loop(request: pytest.FixtureRequest) -> Iterator[Loop]:
    made = Loop(random.Random(1), shuffles=request.param)
    yield made
    made.close()


def test_time_jumps_to_the_next_timer(loop: Loop):
    async def wait() -> float:
        await asyncio.sleep(3600)
        return loop.time()

    assert loop.run_until_complete(wait()) == 3600


def test_what_waits_for_nothing_that_can_come_is_stuck(loop: Loop):
    never = loop.create_future()
    with pytest.raises(Stuck):
        loop.run_until_complete(never)


def test_callbacks_keep_their_order(loop: Loop):
    told: list[int] = []

    async def among_tasks() -> None:
        tasks = [asyncio.create_task(asyncio.sleep(0)) for _ in range(5)]
        for number in range(50):
            loop.call_soon(told.append, number)
        await asyncio.gather(*tasks)
        await asyncio.sleep(1)

    loop.run_until_complete(among_tasks())
    assert told == list(range(50))


@pytest.mark.parametrize("shuffles", [False, True])
def test_which_task_goes_on_is_drawn(shuffles: bool):
    orders = set()
    for seed in range(8):
        loop = Loop(random.Random(seed), shuffles=shuffles)
        told: list[int] = []
        loop.run_until_complete(_several(told))
        orders.add(tuple(told))
        loop.close()
    assert (len(orders) > 1) == shuffles


async def _several(told: list[int]) -> None:
    async def say(number: int) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
            told.append(number)

    await asyncio.gather(*(say(number) for number in range(4)))


def test_nothing_of_an_ended_life_happens_any_more(loop: Loop):
    told: list[str] = []

    async def live() -> None:
        try:
            while True:
                await asyncio.sleep(1)
                told.append("alive")
        finally:
            told.append("its end")

    def begin() -> asyncio.Task[None]:
        loop.call_later(5, told.append, "a timer")
        return loop.create_task(live())

    async def story() -> None:
        task = in_life(7, begin)
        await asyncio.sleep(2.5)
        loop.between(lambda: loop.end(7))
        await asyncio.sleep(10)
        assert task.cancelled()

    loop.run_until_complete(story())
    assert told == ["alive", "alive", "its end"]
    assert loop.faults == []


def test_an_ended_life_that_does_not_end_is_a_fault(loop: Loop):
    async def stubborn() -> None:
        for _ in range(1000):
            try:
                await asyncio.sleep(1)
            except asyncio.CancelledError:
                continue

    async def story() -> None:
        task = in_life(7, lambda: loop.create_task(stubborn(), name="stubborn"))
        await asyncio.sleep(0.5)
        loop.between(lambda: loop.end(7))
        await asyncio.sleep(1)
        task._log_destroy_pending = False

    loop.run_until_complete(story())
    assert loop.faults == ["tasks outlive their process: ['stubborn']"]


def test_a_task_whose_failure_nobody_looks_at_is_a_fault(loop: Loop):
    async def fail() -> None:
        loop.call_soon(lambda: 1 / 0)

    loop.run_until_complete(fail())
    loop.run_until_complete(asyncio.sleep(0))
    assert [fault for fault in loop.faults if "ZeroDivisionError" in fault]


def test_who_is_asked_outside_of_a_life_stays_outside(loop: Loop):
    assert in_life(3, LIFE.get) == 3
    assert LIFE.get() == 0


@pytest.mark.parametrize(("at", "told"), [(1, []), (2, [1]), (3, [1, 2]), (9, [1, 2, 3])])
def test_a_task_is_cancelled_at_the_wait_that_was_drawn(loop: Loop, at: int, told: list[int]):
    heard: list[int] = []
    cleaned: list[bool] = []

    async def work() -> None:
        try:
            for number in (1, 2, 3):
                await asyncio.sleep(1)
                heard.append(number)
        finally:
            cleaned.append(True)

    async def serve() -> None:
        await _Cancelled(work(), at)

    async def story() -> bool:
        task = asyncio.create_task(serve())
        await asyncio.wait([task])
        return task.cancelled()

    assert loop.run_until_complete(story()) == (len(told) < 3)
    assert (heard, cleaned) == (told, [True])
