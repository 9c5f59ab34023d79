"""Who may open one more connection: how many there are, of one address and altogether, and how many have not said yet
who they are.

One address may hold as many connections as an office has browsers, and open as many in a minute. Those that have not
identified are fewer: they cost as much and have shown nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil

from server.session.buckets import Rate
from server.session.limits import Limits
from server.wire.codes import ErrorCode, Refused

# The names under which they are counted when they stop somebody.
CONNECTIONS = "connections"
PER_ADDRESS = "connections_per_address"
CONNECTS = "connects_per_address"
UNIDENTIFIED = "unidentified"
UNIDENTIFIED_PER_ADDRESS = "unidentified_per_address"
IDENTIFIES = "identifies_per_address"

_FULL_MS = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """How many connections; 0: as many as come. An address may open `per_address` in a minute, too."""

    connections: int = 50_000
    per_address: int = 5_000
    unidentified: int = 10_000
    unidentified_per_address: int = 1_000
    # Of plain HTTP, not to be asked for: as many of one address as may be unidentified.
    plain: int = 10_000


class Entrance:
    """Counts those that are in. An empty address is nobody in particular: only the totals hold for it."""

    def __init__(self, most: Most, limits: Limits) -> None:
        self.open = 0
        self.unidentified = 0
        self._most = most
        self._limits = limits
        self._rate = Rate(most.per_address, most.per_address)
        self._open_of: Counter[str] = Counter()
        self._unidentified_of: Counter[str] = Counter()

    @property
    def most(self) -> int:
        """How many there may be; 0: as many as come."""
        return self._most.connections

    def insist(self, address: str) -> None:
        """Raise `Refused` when one more of this address may not come in now.

        `rate_limited` is about the address, `unavailable` about us: there is no room for anybody.
        """
        if _reached(self.open, self._most.connections):
            raise self._full(CONNECTIONS)
        if _reached(self.unidentified, self._most.unidentified):
            raise self._full(UNIDENTIFIED)
        if not address:
            return
        if _reached(self._open_of[address], self._most.per_address):
            raise self._too_many(PER_ADDRESS, _FULL_MS)
        if _reached(self._unidentified_of[address], self._most.unidentified_per_address):
            raise self._too_many(UNIDENTIFIED_PER_ADDRESS, _FULL_MS)
        self._insist_on_pace(CONNECTS, address)

    def insist_on_identify(self, address: str) -> None:
        """Raise `Refused` when this address has tried to identify too often."""
        if address:
            self._insist_on_pace(IDENTIFIES, address)

    def came(self, address: str) -> None:
        """A connection was opened."""
        self.open += 1
        self.unidentified += 1
        self._open_of[address] += 1
        self._unidentified_of[address] += 1

    def identified(self, address: str) -> None:
        """It said who it is. To be told once of each."""
        self.unidentified -= 1
        _less(self._unidentified_of, address)

    def left(self, address: str, *, identified: bool) -> None:
        """It was closed."""
        if not identified:
            self.identified(address)
        self.open -= 1
        _less(self._open_of, address)

    def _insist_on_pace(self, limit: str, address: str) -> None:
        wait_s = self._limits.buckets.take((limit, address), self._rate, self._limits.now())
        if wait_s > 0:
            raise self._too_many(limit, ceil(1000 * wait_s))

    def _too_many(self, limit: str, wait_ms: int) -> Refused:
        self._limits.stopped[limit] += 1
        said = "Too many connections from this address. Come back later."
        return Refused(ErrorCode.RATE_LIMITED, said, retry_after_ms=wait_ms)

    def _full(self, limit: str) -> Refused:
        self._limits.stopped[limit] += 1
        return Refused(ErrorCode.UNAVAILABLE, "The server is full.", retry_after_ms=_FULL_MS)


def _reached(count: int, most: int) -> bool:
    return 0 < most <= count


def _less(counts: Counter[str], address: str) -> None:
    """Addresses of which nobody is left are forgotten."""
    counts[address] -= 1
    if not counts[address]:
        del counts[address]
