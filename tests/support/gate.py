"""Holds a thread at a known place until the test lets it go: order without sleeping."""

from __future__ import annotations

import asyncio
import threading

PATIENCE = 30.0  # seconds after which a test that forgot to open is failed


class Gate:
    def __init__(self) -> None:
        self._reached = threading.Event()
        self._opened = threading.Event()

    def pass_through(self) -> None:
        """On the held thread: say that it is here, and wait."""
        self._reached.set()
        assert self._opened.wait(PATIENCE), "nobody opened the gate"

    async def reached(self) -> None:
        """In the test: wait until the thread is there."""
        assert await asyncio.to_thread(self._reached.wait, PATIENCE), "nobody came to the gate"

    def open(self) -> None:
        self._opened.set()
