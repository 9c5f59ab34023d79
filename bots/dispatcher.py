"""Has events handled: conversations side by side, the events of one in their order."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from bots.errors import BotError, Denied, Ended
from bots.events import Event

log = logging.getLogger("bots")

FAILED: Final = "bot_failed"
Handler = Callable[[Event], Awaitable[object]]


class Dispatcher:
    """One task for each conversation that has something to be handled.

    `begins` is asked when an event's turn has come: whether it still is to be handled.
    """

    def __init__(self, handler: Handler, begins: Callable[[Event], bool]) -> None:
        self._handler = handler
        self._begins = begins
        self._waiting: dict[str, deque[Event]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def give(self, event: Event) -> None:
        """To be handled after what was given before for the same conversation."""
        name = event.conversation.id
        waiting = self._waiting.get(name)
        if waiting is not None:
            waiting.append(event)
            return
        self._waiting[name] = deque([event])
        task = asyncio.create_task(self._work(name), name=f"conversation {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait for what has begun; what has not stays undone, for whoever comes next."""
        for waiting in self._waiting.values():
            waiting.clear()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def cancel(self) -> None:
        """Let nothing go on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self, name: str) -> None:
        waiting = self._waiting[name]
        try:
            while waiting:
                event = waiting.popleft()
                if self._begins(event):
                    await self._handle(event)
        finally:
            del self._waiting[name]

    async def _handle(self, event: Event) -> None:
        try:
            await self._handler(event)
        except (Denied, Ended):
            pass  # whoever waits for events is told
        except Exception as fault:  # noqa: BLE001 - whatever a handler may raise
            await self._give_up(event, fault)

    async def _give_up(self, event: Event, fault: Exception) -> None:
        """A person is to go on; the visitor must not wait for a program that is broken."""
        log.error("handling %s of %s failed", type(event).__name__, event.conversation.id, exc_info=fault)
        if not event.line.owns(event.conversation.id):
            return
        try:
            await event.handoff(reason=FAILED)
        except BotError as again:
            log.warning("and it could not be handed over: %s", again)
