"""What every console shows of the whole team: colleagues and lines, told at most every quarter of a second.

Everybody hears of everybody: told at each commit, a team of 500 in a busy minute would send itself millions of frames.
The first change after a quiet moment is told at once; what follows within the interval is told together behind its end,
each colleague and line once, as of the last commit.

A line is read from the database, within a commit, so that it is of that very version; it may be long, and somebody's
ring waits for the commit. So only a commit that is told reads lines, those too that changed in the ones before it. When
none comes by itself, one is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from router.snapshot import AgentRecord
from server.desk import audience, views
from server.desk.audience import Subscriptions
from server.desk.directory import Directory
from server.desk.job import Done, Job, changing_nothing
from server.store.rows import LineRow
from server.wire import events as wire
from server.wire.codec import encode
from server.wire.codes import ErrorCode, Refused

INTERVAL_S = 0.25

Later = Callable[[float, Callable[[], None]], object]
"""``loop.call_later`` in the server."""


class Overview:
    """Collects what changed and tells it: records and rows, of which frames are made only when they are told.

    ``submit`` takes jobs to the engine, and may refuse them.
    """

    def __init__(self, hub: Subscriptions, later: Later, submit: Callable[[Job], None]) -> None:
        self._hub = hub
        self._later = later
        self._submit = submit
        self._v = 0
        self._directory: Directory | None = None
        self._colleagues: dict[str, AgentRecord] = {}
        self._lines: dict[str, LineRow] = {}
        self._unread: dict[str, None] = {}  # departments whose lines have changed since they were read
        self._resting = False
        self._asking = False

    def to_read(self) -> frozenset[str] | None:
        """Departments whose lines the next commit is to read beside those that it changes; None: it need not read any.

        Between its plan and `changed`, whoever begins to listen is shown the lines as they are then.
        """
        if self._resting or not self._hub.peers(audience.AGENTS):
            return None
        return frozenset(self._unread)

    def changed(
        self,
        v: int,
        directory: Directory,
        colleagues: Iterable[AgentRecord] = (),
        lines: Iterable[LineRow] = (),
        unread: Iterable[str] = (),
    ) -> None:
        """These are as of commit `v`, which is the newest, under the settings of then.

        ``unread``: departments whose lines it has changed and not read.
        """
        self._v, self._directory = v, directory
        self._colleagues.update((each.id, each) for each in colleagues)
        for line in lines:
            self._lines[line.department] = line
            self._unread.pop(line.department, None)
        self._unread.update(dict.fromkeys(unread))
        if not self._resting:
            self._go_on(directory)

    def forget(self, agents: Iterable[str], departments: Iterable[str]) -> None:
        """These are no more: what was still to be told of them is not."""
        for agent in agents:
            self._colleagues.pop(agent, None)
        for department in departments:
            self._lines.pop(department, None)
            self._unread.pop(department, None)

    def _go_on(self, directory: Directory) -> None:
        self._forget_removed(directory)
        if not self._hub.peers(audience.AGENTS):
            self._unread.clear()
        if self._unread:
            self._ask()  # the rest is told with it: told now, nobody would be told of the lines for another while
        elif self._colleagues or self._lines:
            self._tell(directory)

    def _forget_removed(self, directory: Directory) -> None:
        """Who was removed by a commit that nobody could be told of is not known to `forget`."""
        agents = [each for each in self._colleagues if each not in directory.agents]
        departments = [each for each in (*self._lines, *self._unread) if each not in directory.departments]
        self.forget(agents, departments)

    def _ask(self) -> None:
        """Have a commit made that reads the lines, unless one comes before it."""
        if self._asking:
            return
        self._asking = True
        try:
            self._submit(changing_nothing(self._answered))
        except Refused as refused:
            self._answered(refused)

    def _answered(self, end: Done | Refused) -> None:
        match end:
            case Refused(code=ErrorCode.INTERNAL):
                # The lines cannot be read, and asked for again and again they would keep the desk from its work.
                self._unread.clear()
                self._asking = False
            case Refused():
                self._later(INTERVAL_S, self._ask_again)  # nobody rests meanwhile: any commit may read them
            case _:
                self._asking = False

    def _ask_again(self) -> None:
        self._asking = False
        if not self._resting and self._directory is not None:
            self._go_on(self._directory)

    def _tell(self, directory: Directory) -> None:
        if self._hub.peers(audience.AGENTS):
            if self._colleagues:
                colleagues = [views.colleague(each, directory) for each in self._colleagues.values()]
                self._publish(wire.AgentsEvent(v=self._v, agents=colleagues))
            for line in self._lines.values():
                self._publish(wire.DepartmentEvent(v=self._v, department=views.department(line, directory)))
        self._colleagues.clear()
        self._lines.clear()
        self._rest()

    def _publish(self, event: wire.AgentsEvent | wire.DepartmentEvent) -> None:
        self._hub.publish_in_portions(audience.AGENTS, encode(event))

    def _rest(self) -> None:
        self._resting = True
        self._later(INTERVAL_S, self._rested)

    def _rested(self) -> None:
        self._resting = False
        if self._directory is not None:
            self._go_on(self._directory)
