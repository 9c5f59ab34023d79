"""All simulated visitors of one demo: sent in bounded numbers, each with a socket of their own, gone when it stops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from itertools import count as counter
from typing import Any, Final

import aiohttp
import structlog

from server.crowd.stories import STORIES
from server.crowd.visitor import Manner, Shop, Visitor

log = structlog.get_logger("crowd")

MOST: Final = 60
"""Who is here at once, at most; more are not let in."""

# Means of exponential times: between two who come together, and how long they sit in the line before they give up.
BETWEEN_S: Final = 0.6
PATIENCE_S: Final = (90.0, 600.0)
THINK_S: Final = (2.0, 7.0)

Pause = Callable[[float], Awaitable[None]]


class Crowd:
    """Sends visitors. Owns their tasks: `working` starts it, and at its end nobody is left.

    Args:
        site: the key of the site they come to; None while there is none.
        chance: draws who comes and how they behave.
        pause: lets that many seconds pass.
    """

    def __init__(self, *, site: Callable[[], str | None], chance: random.Random, pause: Pause) -> None:
        self._site = site
        self._chance = chance
        self._pause = pause
        self._serial = counter(1)
        self._visits: set[asyncio.Task[None]] = set()
        self._web: aiohttp.ClientSession | None = None
        self._url = ""
        self._run = f"{chance.getrandbits(64):016x}"

    @property
    def here(self) -> int:
        """How many are on their way or in the chat."""
        return len(self._visits)

    @contextlib.asynccontextmanager
    async def working(self, url: str) -> AsyncIterator[None]:
        """As long as this lasts, visitors come to the server at `url`."""
        async with aiohttp.ClientSession() as web:
            self._web, self._url = web, url.rstrip("/")
            try:
                yield
            finally:
                self._web = None
                visits = tuple(self._visits)
                for visit in visits:
                    visit.cancel()
                await asyncio.gather(*visits, return_exceptions=True)

    def send(self, count: int, *, mean_gap_s: float = BETWEEN_S) -> int:
        """So many come, one after another; the answer is how many there was room for."""
        if self._web is None:
            return 0
        sent = max(0, min(count, MOST - self.here))
        delay_s = 0.0
        for story in self._chosen(sent):
            visit = asyncio.create_task(self._visit(self._web, story, delay_s), name="simulated visitor")
            self._visits.add(visit)
            visit.add_done_callback(self._visits.discard)
            delay_s += self._chance.expovariate(1 / mean_gap_s)
        return sent

    def _chosen(self, count: int) -> list[int]:
        """Different people as long as there are any."""
        people: list[int] = []
        while len(people) < count:
            people += self._chance.sample(range(len(STORIES)), k=len(STORIES))
        return people[:count]

    async def _visit(self, web: aiohttp.ClientSession, story: int, delay_s: float) -> None:
        site = self._site()
        low, high = THINK_S
        manner = Manner(
            patience_s=self._chance.uniform(*PATIENCE_S),
            think_s=tuple(self._chance.uniform(low, high) for _ in STORIES[story].answers),
        )
        try:
            await self._pause(delay_s)
            if site is None:
                return
            async with web.ws_connect(f"{self._url}/ws/visitor", headers={"Origin": self._url}) as socket:
                await Visitor(
                    _Socket(socket),
                    STORIES[story],
                    manner,
                    shop=Shop(site=site, url=self._url),
                    pause=self._pause,
                    client_id=self._client_id,
                ).visit()
        except (aiohttp.ClientError, OSError) as error:
            # The server is stopping, or does not take any more: they try another time.
            log.info("a simulated visitor went away", reason=str(error))
        except Exception:
            log.exception("a simulated visitor failed")

    def _client_id(self) -> str:
        return f"crowd-{self._run}-{next(self._serial)}"


class _Socket:
    """A WebSocket of aiohttp as a visitor needs it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, frame: Mapping[str, Any]) -> None:
        await self._socket.send_str(json.dumps(frame))

    async def receive(self) -> dict[str, Any] | None:
        message = await self._socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            return None
        frame: dict[str, Any] = json.loads(message.data)
        return frame
