"""One process of the server: the whole of it over the simulated disk, from its start until it is killed.

The session's real `Connection` runs on the simulated line; what `Connections` adds (the upgrade, the count of open
connections) and plain HTTP are left out. Everything runs in the process's own context, so that it ends as a process
does: between two callbacks, and with nothing of it going on.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from server.bus.base import BusStatistics, Listener
from server.clock import Clock
from server.desk.passwords import Passwords
from server.session.bounds import Bounds
from server.session.connection import Connection
from server.session.connections import Connections
from server.session.limits import Rates
from server.session.protocol import Terms
from server.session.setting import Caller, Setting
from server.store.installation import Installation
from server.wire.requests import Endpoint
from tests.desk.support.bench import DeskBench
from tests.desk.support.client import ORIGIN
from tests.simulation.disk import Disk, SimulatedStore
from tests.simulation.loop import LIFE, Loop
from tests.simulation.network import Line

BEGINS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


class SimulatedClock:
    """Holds `server.clock.Clock`: the loop's time, which every process of an installation shares."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def now(self) -> int:
        return BEGINS + int(self._loop.time() * 1000)

    def monotonic(self) -> float:
        return self._loop.time()


class LateBus:
    """Holds `server.bus.base.Bus`: what is said of one topic arrives in its order, and later than it was said."""

    def __init__(self, loop: Loop, chance: random.Random, longest_s: float) -> None:
        self._loop = loop
        self._chance = chance
        self._longest_s = longest_s
        self._listeners: dict[object, Listener] = {}
        self._arrives_at: dict[str, float] = {}
        self._under_way: dict[str, deque[bytes]] = {}
        self._published = 0

    def publish(self, topic: str, payload: bytes) -> None:
        self._published += 1
        at = self._loop.time() + self._chance.uniform(0, self._longest_s)
        self._arrives_at[topic] = at = max(at, self._arrives_at.get(topic, 0.0))
        # Timers of one moment go off in any order.
        self._under_way.setdefault(topic, deque()).append(payload)
        self._loop.call_at(at, self._deliver, topic)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        key = object()
        self._listeners[key] = listener
        return lambda: _dropped(self._listeners.pop(key, None))

    def statistics(self) -> BusStatistics:
        return BusStatistics(published=self._published, lost=0, waiting=0)

    async def start(self) -> None:
        """Nothing to connect."""

    async def close(self) -> None:
        self._listeners.clear()

    def _deliver(self, topic: str) -> None:
        payload = self._under_way[topic].popleft()
        for listener in tuple(self._listeners.values()):
            listener(topic, payload)


def _dropped(_listener: Listener | None) -> None:
    """Unsubscribed."""


class _Later(list[Callable[[], None]]):
    """Where the bench collects what is due later: here it comes when it is due."""

    def __init__(self, loop: Loop, seconds: float) -> None:
        super().__init__()
        self._loop = loop
        self._seconds = seconds

    def append(self, call: Callable[[], None], /) -> None:
        self._loop.call_later(self._seconds, call)


class Process(DeskBench):
    """A bench whose store is simulated, whose engine runs by itself, and whose visitors come over lines."""

    def __init__(
        self, loop: Loop, disk: Disk, chance: random.Random, *, installation: Installation, passwords: Passwords
    ) -> None:
        clock: Any = SimulatedClock(loop)
        self.inner = SimulatedStore(disk)
        store: Any = self.inner
        super().__init__(store, clock, passwords, chance.getrandbits(64))
        self.store = store
        self.installation = installation
        self.connections: dict[Connection, None] = {}
        self.lines: dict[Line, None] = {}
        self.up = False
        self.bus_is_late = 0.0
        self._loop = loop
        self._chance = chance
        self._later = _Later(loop, 0.25)
        self.soon = loop.call_soon
        self._setting: Setting
        self._session = 0

    async def run(self) -> None:
        """From the start on, until it is killed or a part of it dies."""
        await self.start()
        if self.bus_is_late:
            late = LateBus(self._loop, self._chance, self.bus_is_late)
            self.hub.stop()
            self.hub._bus = late
            self.hub.stop = late.subscribe(self.hub._deliver)
        terms = Terms(server="frontdesk/simulated")
        bounds = Bounds.make(self.clock.monotonic, rates=Rates())
        self.house = Connections(self.desk, terms=terms, bounds=bounds, chance=self._chance)
        self._setting = self.house._setting
        self.up = True
        async with asyncio.TaskGroup() as group:
            group.create_task(self.engine.run(), name="engine")
            group.create_task(self.queues.run(asyncio.sleep), name="queues")
            self.beside(group)

    def beside(self, group: asyncio.TaskGroup) -> None:
        """What else runs while the server does."""

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self._loop.call_later(seconds, call)

    def take(self, line: Line, endpoint: Endpoint) -> None:
        """Somebody has connected."""
        self.lines[line] = None
        self._session += 1
        face: Any = line
        connection = Connection(
            self._setting,
            Caller(endpoint=endpoint, address="192.0.2.1", origin=ORIGIN if endpoint == "visitor" else None),
            ws=face,
            transport=face,
            drain=line.drain,
            session=f"s_{self._session}",
            jitter=self._chance.uniform(-1, 1),
        )
        self.connections[connection] = None
        task = self._loop.create_task(self._serve(connection, line), name=connection.session)
        task.add_done_callback(self._served)

    async def _serve(self, connection: Connection, line: Line) -> None:
        try:
            if line.cable.cancelled_after is None:
                await self.house._run(connection)
            else:
                await _Cancelled(self.house._run(connection), line.cable.cancelled_after)
        finally:
            del self.connections[connection]
            self.lines.pop(line, None)
            line.cut()

    def _served(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception() is not None:
            self._loop.faults.append(f"a connection failed: {task.exception()!r}")

    def forgets_nobody(self) -> list[str]:
        """Who is still subscribed though their connection has ended."""
        peers: set[Any] = {*self.local._topics, *(peer for found in self.local._peers.values() for peer in found)}
        return sorted(peer.session for peer in peers - set(self.connections))


class _Cancelled:
    """A coroutine whose task is cancelled when it waits for the so-manyth time."""

    def __init__(self, work: Coroutine[Any, Any, None], at: int) -> None:
        self._work = work
        self._at = at

    def __await__(self) -> Generator[Any, Any, None]:
        waits = 0
        thrown: BaseException | None = None
        while True:
            try:
                waited_for = self._work.send(None) if thrown is None else self._work.throw(thrown)
            except StopIteration:
                return
            waits += 1
            if waits == self._at:
                self.strike()
            thrown = None
            try:
                yield waited_for
            except BaseException as error:  # noqa: BLE001 - passed on
                thrown = error

    def strike(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()


def in_life(life: int, call: Callable[..., Any], *arguments: Any) -> Any:
    """As that process: whatever it starts is part of it."""

    def inside() -> Any:
        LIFE.set(life)
        return call(*arguments)

    return contextvars.copy_context().run(inside)


_: type[Clock] = SimulatedClock
