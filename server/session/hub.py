"""Who on this node wants to hear of what: topics and the peers subscribed to them.

A topic is any string; the desk makes them up. A frame is encoded once and handed to every subscriber's outbox in the
same turn of the event loop, so that all of them see frames in the order of publishing. What nobody waits for is handed
to many in portions, with a pause after each: a write is a call into the kernel, during which no other thread may run
Python, and five hundred of them hold everybody up for 10 ms. Within one topic all frames keep their order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from server.session.ports import Peer

PORTION: Final = 16  # subscribers at once
PAUSE_S: Final = 0.005  # from one portion to the next
_MOST_PORTIONS: Final = 32  # of one round: of more subscribers, more at once, so that all have it within 0.2 s

Soon = Callable[[Callable[[], None]], object]
"""Calls back in a moment: after `PAUSE_S` in the server."""


@dataclass(slots=True)
class _Round:
    """Frames of one topic on their way to those who were subscribed when they were published."""

    topic: str
    frames: list[bytes]
    peers: deque[Peer]
    portion: int


class Hub:
    """The subscriptions of one node. Everything returns at once. Without `soon` nothing goes in portions."""

    def __init__(self, soon: Soon | None = None, *, portion: int = PORTION) -> None:
        # Dicts as ordered sets: delivery in the order of subscribing, the same in every run.
        self._peers: dict[str, dict[Peer, None]] = {}
        self._topics: dict[Peer, dict[str, None]] = {}
        self._soon = soon
        self._portion = portion
        self._rounds: deque[_Round] = deque()
        self._coming = False
        # By topic: what takes further frames, as it has not begun and nobody new has come. On a loop too busy to finish
        # one round before the next is published, that one grows instead of one more.
        self._growing: dict[str, _Round] = {}

    def subscribe(self, peer: Peer, topic: str) -> None:
        """From the next frame on. Subscribing twice is subscribing once."""
        self._growing.pop(topic, None)
        self._peers.setdefault(topic, {})[peer] = None
        self._topics.setdefault(peer, {})[topic] = None

    def unsubscribe(self, peer: Peer, topic: str) -> None:
        """No further frame of this topic; unknown pairs are passed over."""
        self._forget(self._peers, topic, peer)
        self._forget(self._topics, peer, topic)

    def drop(self, peer: Peer) -> None:
        """Unsubscribe from everything."""
        for topic in self._topics.pop(peer, {}):
            self._forget(self._peers, topic, peer)

    def replace(self, old: Peer, new: Peer) -> None:
        """What `old` is subscribed to is `new`'s from now on."""
        for topic in self.topics(old):
            self.subscribe(new, topic)
        for each in self._rounds:
            each.peers = deque(new if peer is old else peer for peer in each.peers)
        self.drop(old)

    def publish(self, topic: str, frame: bytes, *, except_peer: Peer | None = None) -> None:
        """Send to every subscriber, but for one."""
        if self._rounds:
            self._finish(topic)
        peers = self._peers.get(topic)
        if peers is None:
            return
        # A copy: a peer that is cut may unsubscribe others while we are at it.
        for peer in tuple(peers):
            if peer is not except_peer:
                peer.send(frame)

    def publish_in_portions(self, topic: str, frame: bytes) -> None:
        """The same bit by bit, so that who has something of their own to be told goes first."""
        peers = self._peers.get(topic, {})
        growing = self._growing.get(topic)
        if growing is not None:
            growing.frames.append(frame)
        elif self._soon is None or len(peers) <= self._portion:
            self.publish(topic, frame)
        else:
            self._finish_but_one(topic)
            portion = max(self._portion, -(-len(peers) // _MOST_PORTIONS))
            self._growing[topic] = begun = _Round(topic, [frame], deque(peers), portion)
            self._rounds.append(begun)
            self._come_back()

    def publish_lossy(self, topic: str, key: str, frame: bytes, *, except_peer: Peer | None = None) -> None:
        """The same with a frame that may be replaced by a later one of the same key, or dropped."""
        for peer in tuple(self._peers.get(topic, ())):
            if peer is not except_peer:
                peer.send_lossy(key, frame)

    def peers(self, topic: str) -> tuple[Peer, ...]:
        """The subscribers, in the order in which they came."""
        return tuple(self._peers.get(topic, ()))

    def topics(self, peer: Peer) -> tuple[str, ...]:
        """What a peer is subscribed to."""
        return tuple(self._topics.get(peer, ()))

    def counts(self) -> dict[str, int]:
        """For the metrics: how much there is of each."""
        subscriptions = sum(map(len, self._topics.values()))
        return {"topics": len(self._peers), "peers": len(self._topics), "subscriptions": subscriptions}

    def _go_on(self) -> None:
        """One portion."""
        self._coming = False
        if self._rounds:  # or all of it was finished early
            first = self._rounds[0]
            self._begin(first)
            self._hand(first, first.portion)
            self._tidy()

    def _begin(self, part: _Round) -> None:
        if self._growing.get(part.topic) is part:
            del self._growing[part.topic]

    def _come_back(self) -> None:
        if self._soon is not None and not self._coming:
            self._coming = True
            self._soon(self._go_on)

    def _finish(self, topic: str) -> None:
        """What is under way of this topic reaches the others now."""
        self._growing.pop(topic, None)
        for each in tuple(self._rounds):
            if each.topic == topic:
                self._hand(each, len(each.peers))
        self._tidy()

    def _finish_but_one(self, topic: str) -> None:
        """Two rounds of a topic at most: while subscribers come and go nothing grows, and rounds would pile up."""
        under_way = [each for each in self._rounds if each.topic == topic]
        for each in under_way[:-1]:
            self._hand(each, len(each.peers))
        if len(under_way) > 1:
            self._tidy()

    def _tidy(self) -> None:
        self._rounds = deque(each for each in self._rounds if each.peers)
        if self._rounds:
            self._come_back()

    def _hand(self, part: _Round, count: int) -> None:
        for _ in range(min(count, len(part.peers))):
            peer = part.peers.popleft()
            # Each send may cut this one, and unsubscribe others.
            for frame in part.frames:
                if part.topic in self._topics.get(peer, ()):
                    peer.send(frame)

    @staticmethod
    def _forget(index: dict, key: object, value: object) -> None:  # type: ignore[type-arg]
        inner = index.get(key)
        if inner is not None:
            inner.pop(value, None)
            if not inner:
                del index[key]
