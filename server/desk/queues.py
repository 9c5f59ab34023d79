"""Places in line, told to waiting visitors when they change, at most every two seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from router import model
from server.desk import audience, views
from server.desk.audience import Hub
from server.desk.open import OpenConversations
from server.wire import events as wire
from server.wire.codec import encode

SWEEP_S = 2.0


class Queues:
    """Remembers what each waiting visitor was told last."""

    def __init__(
        self,
        hub: Hub,
        *,
        open_conversations: Callable[[], OpenConversations],
        places: Callable[[str], model.Queue | None],
    ) -> None:
        self._hub = hub
        self._open = open_conversations
        self._places = places
        self._told: dict[str, model.Queue] = {}
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Some line or somebody's presence is another one now."""
        self._changed.set()

    async def run(self, pause: Callable[[float], Awaitable[object]]) -> None:
        """Sweep when something changed; ``pause`` waits out the interval."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            self.sweep()
            await pause(SWEEP_S)

    def sweep(self) -> None:
        """Tell everyone whose place or prospect changed."""
        now: dict[str, model.Queue] = {}
        for conversation in self._open().all():
            place = self._places(conversation.id)
            if place is None:
                continue
            now[conversation.id] = place
            shown = views.queue(place)
            if self._told.get(conversation.id) != place and shown is not None:
                frame = encode(wire.QueueEvent(conversation=conversation.id, queue=shown))
                topic = audience.of_visitor(conversation.visitor, conversation.site)
                self._hub.publish_lossy(topic, f"queue:{conversation.id}", frame)
        self._told = now
