"""Connections that are no WebSockets: how many there may be, of one address and altogether.

Whoever comes in stands in the lobby until the connection has become a WebSocket, which the entrance counts. When it is
full, the one that has been idle for longest makes room: an open connection that asks nothing is a convenience, and
browsers and proxies open another without a word. If all of them are in the middle of a request, whoever comes is
turned away; a request has little time (`Line`), so that room is made soon.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Final, Protocol

# The names under which they are counted when they stop somebody.
CONNECTIONS: Final = "http_connections"
PER_ADDRESS: Final = "http_connections_per_address"

# How many are looked at for one that is idle: a flood must not cost more than it is worth.
_LOOKED_AT: Final = 32


class Guest(Protocol):
    """A connection."""

    @property
    def idle(self) -> bool:
        """Whether it is waiting to be asked something."""

    def cut_off(self) -> None:
        """End it now, whatever is still to be sent. The lobby has forgotten it already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """For how many; 0: as many as come."""

    connections: int = 10_000
    per_address: int = 1_000


class Lobby:
    """Of one process. `stopped` counts by limit what made room or was turned away."""

    def __init__(self, room: Room | None = None, stopped: Counter[str] | None = None) -> None:
        self._room = room or Room()
        self._stopped = Counter[str]() if stopped is None else stopped
        # In the order in which they came, or were last seen to be busy.
        self._everybody: OrderedDict[Guest, str] = OrderedDict()
        self._of: dict[str, OrderedDict[Guest, None]] = {}

    def __len__(self) -> int:
        return len(self._everybody)

    def comes(self, guest: Guest, address: str) -> bool:
        """Whether there is room. An empty address is nobody in particular: only the total holds for it."""
        theirs = self._of.get(address)
        if theirs is not None and 0 < self._room.per_address <= len(theirs) and not self._room_in(theirs, PER_ADDRESS):
            return False
        if 0 < self._room.connections <= len(self) and not self._room_in(self._everybody, CONNECTIONS):
            return False
        self._everybody[guest] = address
        if address:
            self._of.setdefault(address, OrderedDict())[guest] = None
        return True

    def leaves(self, guest: Guest) -> None:
        """It is over, or has become a WebSocket; harmless for one that is not there."""
        address = self._everybody.pop(guest, "")
        if not address:
            return
        theirs = self._of[address]
        del theirs[guest]
        if not theirs:
            del self._of[address]

    def _room_in(self, group: OrderedDict[Guest, str] | OrderedDict[Guest, None], limit: str) -> bool:
        self._stopped[limit] += 1
        for _ in range(min(_LOOKED_AT, len(group))):
            guest = next(iter(group))
            if guest.idle:
                self.leaves(guest)
                guest.cut_off()
                return True
            group.move_to_end(guest)
        return False
