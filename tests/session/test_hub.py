from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.session.hub import Hub
from server.wire.codes import CloseCode
from server.wire.requests import Endpoint


class Listener:
    """A peer that keeps what it is sent."""

    endpoint: Endpoint = "visitor"
    session = "s"
    address = ""
    host = ""
    country = ""
    identity: Any = None
    unsent = 0

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.on_frame: Callable[[], object] = lambda: None

    def send(self, frame: bytes) -> None:
        self.heard.append(frame)
        self.on_frame()

    def send_lossy(self, key: str, frame: bytes) -> None:
        self.heard.append(key.encode() + b":" + frame)

    def close(self, code: CloseCode, reason: str) -> None:
        pass


def test_a_frame_reaches_the_subscribers_of_its_topic_and_nobody_else():
    hub, ada, ben, cleo = Hub(), Listener(), Listener(), Listener()
    hub.subscribe(ada, "c_1")
    hub.subscribe(ben, "c_1")
    hub.subscribe(ben, "c_1")
    hub.subscribe(cleo, "c_2")
    hub.publish("c_1", b"x")
    hub.publish("c_1", b"y", except_peer=ada)
    hub.publish_lossy("c_2", "typing", b"z")
    hub.publish("c_3", b"nobody")
    assert ([b"x"], [b"x", b"y"], [b"typing:z"]) == (ada.heard, ben.heard, cleo.heard)


def test_who_has_unsubscribed_hears_no_more():
    hub, ada = Hub(), Listener()
    hub.subscribe(ada, "a")
    hub.subscribe(ada, "b")
    hub.unsubscribe(ada, "a")
    hub.unsubscribe(ada, "never")
    hub.publish("a", b"x")
    assert ("b",) == hub.topics(ada)
    hub.drop(ada)
    hub.drop(ada)
    hub.publish("b", b"x")
    assert [] == ada.heard


def test_nothing_is_kept_of_those_who_left():
    hub = Hub()
    for _ in range(100):
        peer = Listener()
        for topic in ("a", "b", "c"):
            hub.subscribe(peer, topic)
        hub.unsubscribe(peer, "b")
        hub.drop(peer)
    assert {"topics": 0, "peers": 0, "subscriptions": 0} == hub.counts()


def test_subscribers_may_come_and_go_while_a_frame_is_on_its_way():
    hub, ada, ben, cleo = Hub(), Listener(), Listener(), Listener()
    for peer in (ada, ben):
        hub.subscribe(peer, "t")
    ada.on_frame = lambda: (hub.drop(ada), hub.subscribe(cleo, "t"))  # type: ignore[func-returns-value]
    hub.publish("t", b"x")
    assert ([b"x"], [b"x"], []) == (ada.heard, ben.heard, cleo.heard)
    assert [ben, cleo] == list(hub.peers("t"))
