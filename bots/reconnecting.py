"""When to come back: soon at first, then less and less often, and never all bots at the same moment."""

from __future__ import annotations

import random
from typing import Final

_FIRST_S: Final = 0.25
_MOST_S: Final = 8.0  # well within a bot's grace of 20 s, after which its conversations go to people
_FLOODED_S: Final = 5.0
_STEADY_S: Final = 30.0
FLOODING: Final = 4008


class Reconnecting:
    """The time of the next attempt."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._failures = 0
        self._since: float | None = None
        self._told: float | None = None
        self.at = 0.0

    def here(self, now: float) -> None:
        """It worked; only a connection that lasts makes the next pause short again."""
        self._since = now
        self._told = None

    def told(self, now: float, in_ms: int) -> None:
        """The server restarts and says when to come back; it has spread its clients itself."""
        self._told = now + in_ms / 1000

    def lost(self, now: float, code: int) -> None:
        """The connection is gone, or did not come about."""
        if self._since is not None and now - self._since >= _STEADY_S:
            self._failures = 0
        self._since = None
        pause_s = min(_MOST_S, _FIRST_S * 2.0 ** min(self._failures, 10)) * self._chance.uniform(0.5, 1.0)
        self._failures += 1
        if code == FLOODING:
            pause_s = max(pause_s, _FLOODED_S)
        self.at = now + pause_s
        if self._told is not None:
            self.at, self._told, self._failures = max(now, self._told), None, 0
