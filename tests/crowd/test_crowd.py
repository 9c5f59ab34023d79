"""All of them: so many and no more, each different, and nobody is left behind."""

from __future__ import annotations

import asyncio
import random

from server.crowd.crowd import MOST, Crowd


def crowd(*, seed: int = 1) -> tuple[Crowd, asyncio.Queue[float]]:
    """They stay on their way for ever; the queue has how long each was to wait."""
    waits: asyncio.Queue[float] = asyncio.Queue()

    async def for_ever(seconds: float) -> None:
        waits.put_nowait(seconds)
        await asyncio.get_running_loop().create_future()

    return Crowd(site=lambda: "demo", chance=random.Random(seed), pause=for_ever), waits


async def test_nobody_comes_before_there_is_a_server():
    found, _ = crowd()
    assert found.send(3) == 0


async def test_there_is_room_for_so_many():
    found, _ = crowd()
    async with found.working("http://127.0.0.1:1/"):
        assert found.send(MOST - 1) == MOST - 1
        assert found.send(10) == 1
        assert found.send(10) == 0
        assert found.here == MOST
    assert found.here == 0


async def test_they_come_one_after_another():
    found, waits = crowd()
    async with found.working("http://127.0.0.1:1/"):
        found.send(10)
        delays = [await waits.get() for _ in range(10)]
    assert delays[0] == 0
    assert delays == sorted(delays)
    assert 1 < delays[-1] < 30


async def test_after_the_end_nobody_comes():
    found, _ = crowd()
    async with found.working("http://127.0.0.1:1/"):
        pass
    assert found.send(1) == 0


async def test_without_a_site_nobody_knocks():
    came = asyncio.Event()

    async def at_once(_seconds: float) -> None:
        came.set()

    # Nothing listens there: whoever knocked would be logged as gone.
    found = Crowd(site=lambda: None, chance=random.Random(1), pause=at_once)
    async with found.working("http://127.0.0.1:1/"):
        assert found.send(1) == 1
        await came.wait()
        await asyncio.sleep(0)
        assert found.here == 0
