"""The one place of the shell that asks the world for the time. Everything else takes a `Clock`."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Protocol


class Clock(Protocol):
    """Two hands. Both may be read from any thread."""

    def now(self) -> int:
        """Whole milliseconds since 1970 UTC, for what is stored or shown. Never runs backwards."""

    def monotonic(self) -> float:
        """Seconds since some moment, for measuring how long something takes."""


class SystemClock:
    """The machine's clock, straightened.

    When the machine's clock is set back, this one does not stand still, for then no deadline would fall due until the
    clocks agree again: it goes on at nine tenths of the pace. A minute set back is made good after ten.
    """

    def __init__(
        self, wall_ns: Callable[[], int] = time.time_ns, monotonic_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._wall_ns = wall_ns
        self._monotonic_ns = monotonic_ns
        self._lock = threading.Lock()
        self._shown = wall_ns()
        self._shown_at = monotonic_ns()

    def now(self) -> int:
        with self._lock:
            at = self._monotonic_ns()
            slowed = self._shown + (at - self._shown_at) * 9 // 10
            self._shown = max(self._wall_ns(), slowed)
            self._shown_at = at
            return self._shown // 1_000_000

    def monotonic(self) -> float:
        return self._monotonic_ns() / 1_000_000_000


def processor() -> float:
    """Seconds of the processor that this process has had, for what has to be told apart from its neighbours' work."""
    return time.process_time()


async def pause(seconds: float) -> None:
    """Let that time pass. Handed to whoever has to wait, so that tests need not."""
    await asyncio.sleep(seconds)
