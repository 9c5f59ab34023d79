"""Who on this node wants to hear of what: topics and the peers subscribed to them.

A topic is any string; the desk makes them up. A frame is encoded once and handed to every subscriber's outbox in the
same turn of the event loop, so that all of them see frames in the order of publishing.
"""

from __future__ import annotations

from server.session.ports import Peer


class Hub:
    """The subscriptions of one node. Everything returns at once."""

    def __init__(self) -> None:
        # Dicts as ordered sets: delivery in the order of subscribing, the same in every run.
        self._peers: dict[str, dict[Peer, None]] = {}
        self._topics: dict[Peer, dict[str, None]] = {}

    def subscribe(self, peer: Peer, topic: str) -> None:
        """From the next frame on. Subscribing twice is subscribing once."""
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
        self.drop(old)

    def publish(self, topic: str, frame: bytes, *, except_peer: Peer | None = None) -> None:
        """Send to every subscriber, but for one."""
        peers = self._peers.get(topic)
        if peers is None:
            return
        # A copy: a peer that is cut may unsubscribe others while we are at it.
        for peer in tuple(peers):
            if peer is not except_peer:
                peer.send(frame)

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

    @staticmethod
    def _forget(index: dict, key: object, value: object) -> None:  # type: ignore[type-arg]
        inner = index.get(key)
        if inner is not None:
            inner.pop(value, None)
            if not inner:
                del index[key]
