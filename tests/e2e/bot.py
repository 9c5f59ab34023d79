"""A bot beside the browser: dials in as any does, and answers as the test says."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import bots
from tests.blackbox.process import COMMAND, Server


async def token(server: Server, bot: str) -> str:
    """A token as the owner of the server makes it."""
    made = await asyncio.to_thread(
        subprocess.run,
        [COMMAND, "token", "create", bot, "--data", str(server.data)],
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()


@asynccontextmanager
async def answering(
    server: Server,
    key: str,
    answer: Callable[[bots.Message], Awaitable[object]],
    *,
    secret: str = "",
    taken: Callable[[bots.HandedOver], Awaitable[object]] | None = None,
) -> AsyncIterator[bots.Bot]:
    """The bot of this key, connected, answering every message like this. `taken`: what it does when it lost one."""

    async def work() -> None:
        async for event in bot:
            if isinstance(event, bots.Message):
                await answer(event)
            elif isinstance(event, bots.HandedOver) and taken is not None:
                await taken(event)

    async with bots.Bot(f"http://{server.address}", token=secret or await token(server, key), name="worker 1") as bot:
        working = asyncio.create_task(work())
        try:
            yield bot
        finally:
            working.cancel()
            # Its token may have been revoked meanwhile; whatever else went wrong is the test's to know.
            with contextlib.suppress(asyncio.CancelledError, bots.Denied):
                await working
