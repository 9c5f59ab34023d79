"""The database of a simulated installation: SQLite in memory, which outlives processes, and a store on it that fails as
a disk may.

What a transaction does is the server's own code, and so is what a batch is made of (`members`); the writer's thread is
two moments of the loop instead: one at which a batch is committed, and a later one at which its outcomes are told.
Between them the process may die, with everything committed and nobody told.
"""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import random
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import apsw

from server.store.base import Committed, Failed, Item, Lane, Series, StoreUnavailable, Transaction, V
from server.store.sqlite.connection import STATEMENTS_CACHED, SqliteTx, perform
from server.store.sqlite.members import Members, Outcome, unavailable
from server.store.sqlite.queue import Job, Member
from server.store.sqlite.store import _resolve, _tell

T = TypeVar("T")
BATCH = 256


@dataclasses.dataclass(slots=True)
class Weather:
    """How the disk does: seconds, and chances of each commit or read."""

    quick: float = 0.001
    slow: float = 0.02
    fails: float = 0.0  # nothing of the batch is kept
    lies: float = 0.0  # all of it is kept, and said not to be
    read_fails: float = 0.0


class Disk:
    """The file, under all processes that come and go."""

    def __init__(self, content: bytes, chance: random.Random, weather: Weather) -> None:
        self.connection = apsw.Connection(":memory:", statementcachesize=STATEMENTS_CACHED)
        self.connection.deserialize("main", content)
        self.chance = chance
        self.weather = weather
        self.failures = 0
        self.commits = 0

    def wait(self) -> float:
        """How long something takes: mostly little."""
        if self.chance.random() < 0.8:
            return self.chance.uniform(0, self.weather.quick)
        return self.chance.uniform(0, self.weather.slow)

    def meets(self, chance: float) -> bool:
        """Whether a misfortune happens now."""
        happens = chance > 0 and self.chance.random() < chance
        self.failures += happens
        return happens


class SimulatedStore:
    """Holds `server.store.base.Store` for one process. `kill` is the end of it: nothing more is done or told."""

    def __init__(self, disk: Disk, *, queue: int = 10_000) -> None:
        self.disk = disk
        self.members = Members(disk.connection)
        self._loop = asyncio.get_running_loop()
        self._limit = queue
        self._jobs: deque[Job | Member] = deque()
        self._busy = False
        self._dead = False
        self._closed = False
        self._idle = asyncio.Event()
        self._reading = 0
        self._context = contextvars.copy_context()

    def kill(self) -> None:
        """The process is gone, and what it had not committed with it."""
        self._dead = True
        self._jobs.clear()
        self.disk.connection.set_update_hook(None)

    def submit(
        self, transaction: Transaction[T], *, then: Callable[[Committed[T] | Failed], None], lane: Lane | None = None
    ) -> None:
        self._put(Job(transaction, then, lane))

    def append(self, series: Series[Item, V], item: Item, *, lane: Lane | None = None) -> None:
        self._put(Member(series, item, lane))

    async def write(self, transaction: Transaction[T], *, lane: Lane | None = None) -> T:
        told: asyncio.Future[T] = self._loop.create_future()
        self.submit(transaction, then=partial(_resolve, told), lane=lane)
        return await told

    async def read(self, transaction: Transaction[T]) -> T:
        if self._closed:
            raise StoreUnavailable("The store is closed.")
        self._reading += 1
        try:
            await asyncio.sleep(self.disk.wait())
            if self.disk.meets(self.disk.weather.read_fails):
                raise StoreUnavailable("simulated")
            found = self._read(transaction)
            await asyncio.sleep(self.disk.wait())
            return found
        finally:
            self._reading -= 1
            self._rest()

    @property
    def healthy(self) -> bool:
        return True

    async def close(self) -> None:
        self._closed = True
        while self._jobs or self._busy or self._reading:
            self._idle.clear()
            await self._idle.wait()

    def _read(self, transaction: Transaction[T]) -> T:
        connection = self.disk.connection
        connection.execute("PRAGMA query_only = ON; BEGIN")
        tx = SqliteTx(connection)
        try:
            return perform(transaction, tx)
        finally:
            tx.end()
            connection.execute("ROLLBACK; PRAGMA query_only = OFF")

    def _put(self, job: Job | Member) -> None:
        if self._closed or len(self._jobs) >= self._limit:
            if job.lane is not None:
                job.lane.broken = True
            raise StoreUnavailable("The store is closed." if self._closed else "Too many writes are waiting.")
        if self._dead:
            return
        self._jobs.append(job)
        if not self._busy:
            self._busy = True
            self._later(self._commit)

    def _later(self, call: Callable[[], None]) -> None:
        self._loop.call_later(self.disk.wait(), call, context=self._context)

    def _commit(self) -> None:
        """As the writer's thread, up to its commit."""
        jobs = [self._jobs.popleft() for _ in range(min(BATCH, len(self._jobs)))]
        outcomes = self._answer(jobs)
        self._later(partial(self._told, jobs, outcomes))

    def _told(self, jobs: list[Job | Member], outcomes: list[Outcome]) -> None:
        _tell(jobs, outcomes)
        if self._jobs:
            self._later(self._commit)
        else:
            self._busy = False
            self._rest()

    def _rest(self) -> None:
        if not (self._jobs or self._busy or self._reading):
            self._idle.set()

    def _answer(self, jobs: list[Job | Member]) -> list[Outcome]:
        weather = self.disk.weather
        if self.disk.meets(weather.fails):
            return self._fail(jobs)
        outcomes = self._perform(jobs)
        if self.disk.meets(weather.lies):
            return self._fail(jobs)
        return outcomes

    def _fail(self, jobs: list[Job | Member]) -> list[Outcome]:
        self.members.forget()
        for job in jobs:
            if job.lane is not None:
                job.lane.broken = True
        return [unavailable(RuntimeError("simulated")) for _ in jobs]

    def _perform(self, jobs: list[Job | Member]) -> list[Outcome]:
        if all(job.lane is not None and job.lane.broken for job in jobs):
            return [unavailable(None) for _ in jobs]
        connection = self.disk.connection
        connection.execute("BEGIN IMMEDIATE")
        outcomes = self.members.perform(jobs)
        if any(not isinstance(outcome, Failed) for outcome in outcomes):
            connection.execute("COMMIT")
            self.disk.commits += 1
        else:
            connection.execute("ROLLBACK")
        return outcomes
