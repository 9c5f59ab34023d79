"""The bus of a single node: delivery in process, in the same turn of the event loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

import structlog

from server.bus.base import BusStatistics, Listener

MAX_WAITING: Final = 10_000

_log = structlog.get_logger("bus")


class MemoryBus:
    """Delivers before `publish` returns, unless a listener is publishing: then right after what is being delivered."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._listeners: dict[object, Listener] = {}
        self._in_order: tuple[tuple[object, Listener], ...] = ()  # the same, to go through while it changes
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._max_waiting = max_waiting
        self._delivering = False
        self._open = False
        self._published = 0
        self._lost = 0

    async def start(self) -> None:
        self._open = True

    async def close(self) -> None:
        self._open = False
        self._waiting.clear()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        ticket = object()
        self._listeners[ticket] = listener
        self._in_order = tuple(self._listeners.items())

        def unsubscribe() -> None:
            self._listeners.pop(ticket, None)
            self._in_order = tuple(self._listeners.items())

        return unsubscribe

    def publish(self, topic: str, payload: bytes) -> None:
        self._published += 1
        if not self._open or len(self._waiting) >= self._max_waiting:
            self._lost += 1
            return
        self._waiting.append((topic, payload))
        if self._delivering:
            return
        self._delivering = True
        try:
            while self._waiting:
                topic, payload = self._waiting.popleft()
                for ticket, listener in self._in_order:
                    # One of those before it may have unsubscribed it.
                    if ticket in self._listeners:
                        try:
                            listener(topic, payload)
                        except Exception:  # noqa: BLE001 - a listener's fault is its own
                            _log.exception("listener failed", topic=topic)
        finally:
            self._delivering = False

    def statistics(self) -> BusStatistics:
        return BusStatistics(published=self._published, lost=self._lost, waiting=len(self._waiting))
