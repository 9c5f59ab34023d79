from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from server.bus.memory import MemoryBus
from tests.bus.contract import *  # noqa: F403 - the contract's tests run here


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    made = MemoryBus()
    await made.start()
    yield made
    await made.close()


@pytest.fixture
def settle() -> Callable[[], Awaitable[None]]:
    """A bus in memory has delivered when `publish` returns."""

    async def nothing() -> None:
        pass

    return nothing


async def test_nothing_is_heard_before_the_start():
    bus, heard = MemoryBus(), []
    bus.subscribe(lambda *said: heard.append(said))
    bus.publish("t", b"x")
    assert ([], 1) == (heard, bus.statistics().lost)


async def test_a_listener_that_answers_itself_for_ever_is_bounded():
    bus = MemoryBus(max_waiting=10)
    await bus.start()
    budget = [1_000]

    def chatter(topic: str, payload: bytes) -> None:
        budget[0] -= 1
        if budget[0] > 0:
            bus.publish(topic, payload)
            bus.publish(topic, payload)

    bus.subscribe(chatter)
    bus.publish("t", b"x")
    assert bus.statistics().lost > 900
    assert 0 == bus.statistics().waiting


async def test_a_listener_unsubscribed_by_the_one_before_it_hears_nothing():
    bus, heard = MemoryBus(), []
    await bus.start()
    ways_out: list[Callable[[], None]] = []
    bus.subscribe(lambda *_: ways_out[0]())
    ways_out.append(bus.subscribe(lambda *said: heard.append(said)))
    bus.publish("t", b"x")
    assert [] == heard
