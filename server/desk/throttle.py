"""How often somebody may try: some attempts for nothing, then a delay that doubles with each further one.

Kept in memory and bounded: who floods it with names pushes out the oldest ones, and a restart forgets everything. That
is no loss: what it slows down is guessing, and guessing takes longer than either.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from server.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`free` attempts, then 1, 2, 4 … seconds between them, at most `max_seconds`; forgotten after `forget_seconds`."""

    free: int = 10
    max_seconds: int = 60
    forget_seconds: int = 3600
    names: int = 10_000


class Throttle:
    """Attempts by name (an account, an address)."""

    def __init__(self, clock: Clock, pace: Pace | None = None) -> None:
        self._clock = clock
        self._pace = pace or Pace()
        # Name -> (attempts, when the last one was made), the least recently used first.
        self._attempts: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_ms(self, name: str) -> int:
        """How long this name has to wait for its next attempt; 0 = it may try now."""
        attempts, last = self._attempts.get(name, (0, 0.0))
        if attempts < self._pace.free:
            return 0
        # The exponent is bounded, or a patient guesser makes us count with numbers of any length.
        delay = min(self._pace.max_seconds, 2 ** min(attempts - self._pace.free, 32))
        return max(0, int(1000 * (last + delay - self._clock.monotonic())))

    def attempted(self, name: str) -> None:
        """Count an attempt before its outcome is known, so that many at once gain nothing."""
        now = self._clock.monotonic()
        attempts, last = self._attempts.pop(name, (0, now))
        if now - last > self._pace.forget_seconds:
            attempts = 0
        self._attempts[name] = (attempts + 1, now)
        if len(self._attempts) > self._pace.names:
            self._attempts.popitem(last=False)

    def succeeded(self, name: str) -> None:
        """It was no guessing: forget the attempts."""
        self._attempts.pop(name, None)

    def took_back(self, name: str) -> None:
        """This attempt was no guessing: it does not count, those before it do."""
        attempts, last = self._attempts.get(name, (0, 0.0))
        if attempts > 1:
            self._attempts[name] = (attempts - 1, last)
        else:
            self._attempts.pop(name, None)

    def __len__(self) -> int:
        return len(self._attempts)
