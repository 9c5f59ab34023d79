"""What every console shows of the whole team: colleagues and lines, told at most every quarter of a second.

Everybody hears of everybody: told at each commit, a team of 500 in a busy minute would send itself millions of frames.
The first change after a quiet moment is told at once; what follows within the interval is told together at its end,
each colleague and line once, as of the last commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from server.desk import audience
from server.desk.audience import Subscriptions
from server.wire import events as wire
from server.wire import parts
from server.wire.codec import encode

INTERVAL_S = 0.25

Later = Callable[[float, Callable[[], None]], object]
"""``loop.call_later`` in the server."""


class Overview:
    """Collects what changed and tells it."""

    def __init__(self, hub: Subscriptions, later: Later) -> None:
        self._hub = hub
        self._later = later
        self._v = 0
        self._colleagues: dict[str, parts.Colleague] = {}
        self._departments: dict[str, parts.Department] = {}
        self._resting = False

    def changed(
        self, v: int, colleagues: Iterable[parts.Colleague] = (), departments: Iterable[parts.Department] = ()
    ) -> None:
        """These are as of commit `v`, which is the newest."""
        self._v = v
        self._colleagues.update((each.id, each) for each in colleagues)
        self._departments.update((each.id, each) for each in departments)
        if not self._resting and (self._colleagues or self._departments):
            self._tell()

    def forget(self, agents: Iterable[str], departments: Iterable[str]) -> None:
        """These are no more: what was still to be told of them is not."""
        for agent in agents:
            self._colleagues.pop(agent, None)
        for department in departments:
            self._departments.pop(department, None)

    def _tell(self) -> None:
        if self._colleagues:
            self._publish(wire.AgentsEvent(v=self._v, agents=list(self._colleagues.values())))
        for department in self._departments.values():
            self._publish(wire.DepartmentEvent(v=self._v, department=department))
        self._colleagues.clear()
        self._departments.clear()
        self._resting = True
        self._later(INTERVAL_S, self._rested)

    def _publish(self, event: wire.AgentsEvent | wire.DepartmentEvent) -> None:
        if self._hub.peers(audience.AGENTS):
            self._hub.publish_in_portions(audience.AGENTS, encode(event))

    def _rested(self) -> None:
        self._resting = False
        if self._colleagues or self._departments:
            self._tell()
