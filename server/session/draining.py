"""How the connections of a server that ends are brought to an end: told first, then closed one by one over a while."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from server.session.timing import Timing
from server.wire import codec
from server.wire.events import Drain

FIRST_BACK_MS = 1000  # there may be somebody to come back to by then


class Departing(Protocol):
    """A connection, as it is seen off."""

    def send(self, frame: bytes) -> None: ...

    def send_off(self) -> None:
        """Close it for a restart, once what is under way on it has been answered."""


async def see_off(
    connections: Sequence[Departing], *, timing: Timing, chance: random.Random, gone: Callable[[], Awaitable[None]]
) -> None:
    """Tell all of them now, close each in its turn, and wait until they are gone, but not for ever.

    ``gone``: returns when no connection is left.
    """
    loop = asyncio.get_running_loop()
    count = len(connections)
    seconds = min(timing.drain_seconds, timing.drain_pace_seconds * count)
    with suppress(TimeoutError):
        async with asyncio.timeout(timing.drain_within_seconds):
            for place, connection in enumerate(connections):
                # They come back spread over the same while.
                back_ms = FIRST_BACK_MS + int(1000 * seconds * chance.random())
                connection.send(codec.encode(Drain(reconnect_in_ms=back_ms)))
                loop.call_later(seconds * place / count, connection.send_off)
                if place % 100 == 99:
                    await asyncio.sleep(0)  # replies go out between
            await gone()
