"""The team's overview: at once after a quiet moment, then together, each as of the last commit."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from server.desk import audience
from server.desk.overview import INTERVAL_S, Overview
from server.session.hub import Hub
from server.wire import parts
from tests.desk.support.peer import ScriptedPeer


class Watched:
    def __init__(self) -> None:
        self.hub = Hub()
        self.peer = ScriptedPeer("agent", "s_1")
        self.hub.subscribe(self.peer, audience.AGENTS)
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.overview = Overview(self.hub, lambda seconds, call: self.timers.append((seconds, call)))

    def rest(self) -> None:
        [(seconds, call)] = self.timers
        assert seconds == INTERVAL_S
        self.timers.clear()
        call()

    def told(self) -> list[Any]:
        """What was told since the last look: versions, with ids and what they show."""
        frames, self.peer.frames = self.peer.frames, []
        return [
            (frame["v"], {each["id"]: each["free"] for each in frame["agents"]})
            if frame["on"] == "agents"
            else (frame["v"], frame["department"]["id"], frame["department"]["waiting"])
            for frame in map(json.loads, map(json.dumps, frames))
        ]


def colleague(id: str, free: int) -> parts.Colleague:
    return parts.Colleague(id=id, key=id, name=id, status="available", reachable=True, free=free)


def department(id: str, waiting: int) -> parts.Department:
    return parts.Department(id=id, key=id, name=id, waiting=waiting, oldest_at=None, line=[])


def test_the_first_change_is_told_at_once_and_the_rest_together():
    it = Watched()
    it.overview.changed(1, [colleague("a", 3)])
    assert it.told() == [(1, {"a": 3})]
    it.overview.changed(2, [colleague("a", 2)], [department("d", 1)])
    it.overview.changed(3, [colleague("b", 2)], [department("d", 2), department("e", 1)])
    assert it.told() == []
    it.rest()
    assert it.told() == [(3, {"a": 2, "b": 2}), (3, "d", 2), (3, "e", 1)]
    it.rest()
    assert it.told() == []
    it.overview.changed(4, [colleague("a", 1)])
    assert it.told() == [(4, {"a": 1})]


def test_a_change_of_nothing_starts_no_rest():
    it = Watched()
    it.overview.changed(1)
    assert it.timers == []
    it.overview.changed(2, [colleague("a", 3)])
    assert it.told() == [(2, {"a": 3})]


def test_what_was_removed_is_not_told_of_any_more():
    it = Watched()
    it.overview.changed(1, [colleague("a", 3)])
    it.overview.changed(2, [colleague("a", 2), colleague("b", 2)], [department("d", 1)])
    it.overview.forget(["a"], ["d"])
    it.rest()
    assert it.told() == [(1, {"a": 3}), (2, {"b": 2})]
