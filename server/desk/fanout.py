"""Frames to whoever is subscribed, on whichever node: published on the bus, delivered by each node's hub."""

from __future__ import annotations

from collections.abc import Callable

from server.bus.base import Bus
from server.desk.audience import Hub
from server.session.ports import Peer

# A frame goes as it is, and a frame is an object of JSON. In front of a lossy one are this, which no JSON begins with,
# and the key of the frame that it replaces.
_LOSSY = b"\x01"
_END = b"\x00"


class Fanout:
    """Holds `server.desk.audience.Hub` for all nodes; subscriptions are those of this one."""

    def __init__(self, bus: Bus, local: Hub) -> None:
        self._bus = bus
        self._local = local
        self.stop: Callable[[], None] = bus.subscribe(self._deliver)

    def subscribe(self, peer: Peer, topic: str) -> None:
        self._local.subscribe(peer, topic)

    def unsubscribe(self, peer: Peer, topic: str) -> None:
        self._local.unsubscribe(peer, topic)

    def drop(self, peer: Peer) -> None:
        self._local.drop(peer)

    def peers(self, topic: str) -> tuple[Peer, ...]:
        return self._local.peers(topic)

    def publish(self, topic: str, frame: bytes) -> None:
        self._bus.publish(topic, frame)

    def publish_lossy(self, topic: str, key: str, frame: bytes) -> None:
        self._bus.publish(topic, _LOSSY + key.encode() + _END + frame)

    def _deliver(self, topic: str, payload: bytes) -> None:
        if not payload.startswith(_LOSSY):
            self._local.publish(topic, payload)
        else:
            key, _, frame = payload[1:].partition(_END)
            self._local.publish_lossy(topic, key.decode(), frame)
