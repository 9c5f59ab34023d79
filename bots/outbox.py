"""What is to be answered by the server: sent in order, and again in order until there is an answer.

The server keeps the order when it refuses for now: it refuses all that comes behind, too. So after such a refusal
nothing is sent until all that is under way has been answered and the time has passed that it asked for; then
everything goes again, oldest first.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bots.errors import RETRYABLE, Refused

WINDOW: Final = 128
INTERNAL_ATTEMPTS: Final = 5
"""A request that the server fails at so often by its own fault is given up."""
_FIRST_S: Final = 0.25
_MOST_S: Final = 5.0


@dataclass(slots=True)
class _Ask:
    text: str
    attempts: int = 0


class Outbox:
    """Requests by their tickets, which grow."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._asked: dict[int, _Ask] = {}
        self._unsent: list[int] = []
        self._flying: set[int] = set()
        self._hold_until = 0.0
        self._held = False

    def __len__(self) -> int:
        return len(self._asked)

    def add(self, ticket: int, text: str) -> None:
        self._asked[ticket] = _Ask(text)
        heapq.heappush(self._unsent, ticket)

    def to_send(self, now: float) -> Iterator[str]:
        """What may go now; it counts as sent."""
        if self._held:
            if self._flying or now < self._hold_until:
                return
            self._held = False
        while self._unsent and len(self._flying) < WINDOW:
            ticket = heapq.heappop(self._unsent)
            ask = self._asked[ticket]
            ask.attempts += 1
            self._flying.add(ticket)
            yield ask.text

    def answered(self, ticket: int, reply: Mapping[str, Any], now: float) -> dict[str, Any] | Refused | None:
        """Take an answer; None while it is not the last word."""
        ask = self._asked.get(ticket)
        if ask is None or ticket not in self._flying:
            return None
        self._flying.remove(ticket)
        if reply["ok"]:
            del self._asked[ticket]
            return dict(reply)
        error = reply["error"]
        code = error["code"]
        if code in RETRYABLE and not (code == "internal" and ask.attempts >= INTERNAL_ATTEMPTS):
            heapq.heappush(self._unsent, ticket)
            self._hold(now, error.get("retry_after_ms"), ask.attempts)
            return None
        del self._asked[ticket]
        return Refused(code, error.get("message", ""), field=error.get("field") or "")

    def lost(self) -> None:
        """The connection is gone: whatever has no answer goes again on the next."""
        for ticket in self._flying:
            heapq.heappush(self._unsent, ticket)
        self._flying.clear()
        self._held = False

    @property
    def due(self) -> float | None:
        """When to look again."""
        return self._hold_until if self._held and not self._flying and self._unsent else None

    def _hold(self, now: float, after_ms: int | None, attempts: int) -> None:
        wait_s = after_ms / 1000 if after_ms is not None else self._pause_s(attempts)
        self._hold_until = max(self._hold_until, now + wait_s) if self._held else now + wait_s
        self._held = True

    def _pause_s(self, attempts: int) -> float:
        return min(_MOST_S, _FIRST_S * 2.0 ** min(attempts - 1, 10)) * self._chance.uniform(0.5, 1.0)
