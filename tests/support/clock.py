"""A clock that stands still until a test moves it."""

from __future__ import annotations

TEST_BEGINS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class FakeClock:
    """Holds `server.clock.Clock`. Both hands move together, and only forwards."""

    def __init__(self, now: int = TEST_BEGINS) -> None:
        self._begin = now
        self._passed = 0  # milliseconds

    def now(self) -> int:
        return self._begin + self._passed

    def monotonic(self) -> float:
        return self._passed / 1000

    def advance(self, seconds: float) -> int:
        """Let time pass; returns the new `now()`."""
        if seconds < 0:
            raise ValueError("A clock never runs backwards.")
        self._passed += round(seconds * 1000)
        return self.now()
