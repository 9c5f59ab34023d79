"""Frames to whoever is subscribed, on whichever node: published on the bus, delivered by each node's hub."""

from __future__ import annotations

from collections.abc import Callable

from server.bus.base import Bus
from server.desk.audience import Subscriptions
from server.session.ports import Peer

# A frame goes as it is, and a frame is an object of JSON. In front of a lossy one are this, which no JSON begins with,
# and the key of the frame that it replaces; in front of what waits for its turn another, and its name; and in
# front of what is handed on in portions a third.
_LOSSY = b"\x01"
_TURN = b"\x02"
_PORTIONS = b"\x03"
_END = b"\x00"


class Fanout:
    """Holds `server.desk.audience.Hub` for all nodes; subscriptions are those of this one."""

    def __init__(self, bus: Bus, local: Subscriptions) -> None:
        self._bus = bus
        self._local = local
        self._turns: dict[str, dict[bytes, tuple[str, Callable[[], None]]]] = {}  # by session and name
        self._named = 0
        self.stop: Callable[[], None] = bus.subscribe(self._deliver)

    def subscribe(self, peer: Peer, topic: str) -> None:
        self._local.subscribe(peer, topic)

    def unsubscribe(self, peer: Peer, topic: str) -> None:
        self._local.unsubscribe(peer, topic)

    def drop(self, peer: Peer) -> None:
        self._turns.pop(peer.session, None)
        self._local.drop(peer)

    def replace(self, old: Peer, new: Peer) -> None:
        self._local.replace(old, new)

    def in_turn(self, peer: Peer, topic: str, call: Callable[[], None]) -> None:
        self._named += 1
        name = f"{peer.session} {self._named}".encode()
        self._turns.setdefault(peer.session, {})[name] = (topic, call)
        self._bus.publish(topic, _TURN + name)

    def out_of_turn(self, peer: Peer, topic: str) -> None:
        waiting = self._turns.pop(peer.session, {})
        others = {name: each for name, each in waiting.items() if each[0] != topic}
        if others:
            self._turns[peer.session] = others

    def peers(self, topic: str) -> tuple[Peer, ...]:
        return self._local.peers(topic)

    def publish(self, topic: str, frame: bytes) -> None:
        self._bus.publish(topic, frame)

    def publish_in_portions(self, topic: str, frame: bytes) -> None:
        self._bus.publish(topic, _PORTIONS + frame)

    def publish_lossy(self, topic: str, key: str, frame: bytes) -> None:
        self._bus.publish(topic, _LOSSY + key.encode() + _END + frame)

    def _deliver(self, topic: str, payload: bytes) -> None:
        if payload.startswith(_LOSSY):
            key, _, frame = payload[1:].partition(_END)
            self._local.publish_lossy(topic, key.decode(), frame)
        elif payload.startswith(_TURN):
            self._take_turn(payload[1:])
        elif payload.startswith(_PORTIONS):
            self._local.publish_in_portions(topic, payload[1:])
        else:
            self._local.publish(topic, payload)

    def _take_turn(self, name: bytes) -> None:
        """It is of another node, or void by now, when it is not known here."""
        session = name.partition(b" ")[0].decode()
        waiting = self._turns.get(session, {})
        found = waiting.pop(name, None)
        if not waiting:
            self._turns.pop(session, None)
        if found is not None:
            found[1]()
