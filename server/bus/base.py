"""The seam between those who tell and those who listen, on one node or on many.

Contract, held by every implementation (`tests/bus/contract.py`):

* The bus carries hints, not the truth: whoever must not miss something reads it from the store. A payload arrives at
  most once; it may be lost when the bus is overloaded or, between nodes, cut off. Losses are counted.
* What one publisher says of one topic arrives in the order of publishing. A payload published from inside a listener
  comes after the one being delivered, for every listener.
* Listeners run on the event loop, one payload at a time, and must not block. One that raises is logged and harms
  neither the publisher nor the other listeners.
* The publisher hears its own payloads too. `publish` never blocks and never raises.
* Payloads are opaque bytes; a topic is any string without control characters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Listener: TypeAlias = Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class BusStatistics:
    """Counts since the start."""

    published: int
    lost: int
    waiting: int


class Bus(Protocol):
    """All topics of one installation."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Tell every listener of every node."""

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Hear every payload published from now on; the result unsubscribes (idempotent, at once)."""

    def statistics(self) -> BusStatistics:
        """How much went through and how much was lost."""

    async def start(self) -> None:
        """Connect. Nothing is heard before."""

    async def close(self) -> None:
        """Nothing is heard after this. Idempotent."""
