"""What every console shows of the whole team: colleagues and lines, told at most every quarter of a second.

Everybody hears of everybody: told at each commit, a team of 500 in a busy minute would send itself millions of frames.
The first change after a quiet moment is told at once; what follows within the interval is told together at its end,
each colleague and line once, as of the last commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from router.snapshot import AgentRecord
from server.desk import audience, views
from server.desk.audience import Subscriptions
from server.desk.directory import Directory
from server.store.rows import LineRow
from server.wire import events as wire
from server.wire.codec import encode

INTERVAL_S = 0.25

Later = Callable[[float, Callable[[], None]], object]
"""``loop.call_later`` in the server."""


class Overview:
    """Collects what changed and tells it: records and rows, of which frames are made only when they are told."""

    def __init__(self, hub: Subscriptions, later: Later) -> None:
        self._hub = hub
        self._later = later
        self._v = 0
        self._directory: Directory | None = None
        self._colleagues: dict[str, AgentRecord] = {}
        self._lines: dict[str, LineRow] = {}
        self._resting = False

    def changed(
        self, v: int, directory: Directory, colleagues: Iterable[AgentRecord] = (), lines: Iterable[LineRow] = ()
    ) -> None:
        """These are as of commit `v`, which is the newest, under the settings of then."""
        self._v, self._directory = v, directory
        self._colleagues.update((each.id, each) for each in colleagues)
        self._lines.update((each.department, each) for each in lines)
        if not self._resting and (self._colleagues or self._lines):
            self._tell(directory)

    def forget(self, agents: Iterable[str], departments: Iterable[str]) -> None:
        """These are no more: what was still to be told of them is not."""
        for agent in agents:
            self._colleagues.pop(agent, None)
        for department in departments:
            self._lines.pop(department, None)

    def _tell(self, directory: Directory) -> None:
        if self._hub.peers(audience.AGENTS):
            if self._colleagues:
                colleagues = [views.colleague(each, directory) for each in self._colleagues.values()]
                self._publish(wire.AgentsEvent(v=self._v, agents=colleagues))
            for line in self._lines.values():
                self._publish(wire.DepartmentEvent(v=self._v, department=views.department(line, directory)))
        self._colleagues.clear()
        self._lines.clear()
        self._resting = True
        self._later(INTERVAL_S, self._rested)

    def _publish(self, event: wire.AgentsEvent | wire.DepartmentEvent) -> None:
        self._hub.publish_in_portions(audience.AGENTS, encode(event))

    def _rested(self) -> None:
        self._resting = False
        if self._directory is not None and (self._colleagues or self._lines):
            self._tell(self._directory)
