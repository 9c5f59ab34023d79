"""Agents who get slower with every conversation they have at once.

All conversations of an agent go on at one pace, 1 / (1 + slowdown · (n - 1)) with n of them open, so the agent has a
clock of work of their own: a conversation that takes `w` ends when that clock has gone on by `w`, whatever comes and
goes meanwhile. So each agent needs one timer, for the conversation that ends first.
"""

from heapq import heappop, heappush
from math import ceil

from router.model import ConversationId


class Pace:
    """One agent's clock of work."""

    __slots__ = ("_ends", "_since", "_slowdown", "_work", "version")

    def __init__(self, slowdown: float) -> None:
        self._slowdown = slowdown
        self._ends: list[tuple[float, ConversationId]] = []
        self._work = 0.0
        self._since = 0
        self.version = 0

    def begin(self, conversation: ConversationId, service_ms: int, now: int) -> int:
        """It is the agent's now; when to look again."""
        self._bring_up(now)
        heappush(self._ends, (self._work + service_ms, conversation))
        return self._next(now)

    def end(self, now: int) -> tuple[ConversationId, int | None]:
        """The one that ends now, and when to look again (None: nothing is left)."""
        self._bring_up(now)
        work, conversation = heappop(self._ends)
        self._work = work
        return conversation, self._next(now) if self._ends else None

    def _slowness(self) -> float:
        return 1.0 + self._slowdown * (len(self._ends) - 1)

    def _bring_up(self, now: int) -> None:
        if self._ends:
            self._work += (now - self._since) / self._slowness()
        self._since = now

    def _next(self, now: int) -> int:
        self.version += 1
        return max(now, now + ceil((self._ends[0][0] - self._work) * self._slowness()))
