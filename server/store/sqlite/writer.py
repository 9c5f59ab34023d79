"""The writer thread: group commit.

A batch is one transaction of SQLite and one sync; `members` performs what it is made of. Outcomes are told after the
commit, refusals too: a refusal may rest on what a neighbour has written.

When the database itself fails, nothing of the batch is kept and every member is told so, each breaking its lane. After
a failed sync the outcome is unknown, and the process is told to end (`on_fatal`, called on this thread): a resend after
the restart finds out. The schema has no deferred constraints: one member's violation would show at the commit of all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import apsw
import structlog

from server.clock import Clock
from server.histogram import MANY, MILLISECONDS, Histogram
from server.store.base import Failed, Tx
from server.store.sqlite.checkpoint import Checkpointer, Helper
from server.store.sqlite.connection import UNAVAILABLE, is_fatal
from server.store.sqlite.members import Members, Outcome, running, unavailable
from server.store.sqlite.queue import Job, Member, WriteQueue
from server.store.sqlite.rewriting import Chores

log = structlog.get_logger(__name__)

Jobs: TypeAlias = list[Job | Member]

PROBE_SECONDS = 1.0  # between tries to write while nobody else does, after a failure


class Writer:
    """Owns the writing connection while `run` runs. Its figures may be read from anywhere."""

    def __init__(
        self,
        connection: apsw.Connection,
        queue: WriteQueue,
        *,
        clock: Clock,
        tell: Callable[[Jobs, list[Outcome]], None],
        on_fatal: Callable[[BaseException], None],
        helper: Helper | None = None,
    ) -> None:
        self.healthy = True
        self.fatal = False
        self.commits = 0
        self.committed = 0
        self.failures = 0
        self.last_commit_ms = 0.0
        self.commit_seconds = Histogram(MILLISECONDS)
        self.commit_sizes = Histogram(MANY)  # transactions in one commit
        self.checkpointer = Checkpointer(connection, helper, queue.nudge)
        self.members = Members(connection)
        self.chores = Chores(connection, self.checkpointer)
        self._connection = connection
        self._queue = queue
        self._clock = clock
        self._tell = tell
        self._on_fatal = on_fatal

    def run(self) -> None:
        """The thread's life: until the queue is finished."""
        try:
            while not self._queue.finished:
                jobs = self._queue.take(idle=None if self.healthy else PROBE_SECONDS)
                self._tell(jobs, self._answer(jobs))
                self._checkpoint()
                self._do_chores()
        except BaseException as error:  # noqa: BLE001 - a dead writer must not go unnoticed, whatever killed it.
            self._give_up(error)

    def _answer(self, jobs: Jobs) -> list[Outcome]:
        """One outcome for each job, whatever happens."""
        if self.fatal:
            return [unavailable(None) for _ in jobs]
        try:
            if not (jobs or self.healthy):
                self._commit([_probe()])
            return self._commit(jobs) if jobs else []
        except BaseException as error:  # noqa: BLE001 - as above; those who wait are to be told first.
            self._give_up(error)
            return [unavailable(error) for _ in jobs]

    def _commit(self, jobs: Jobs) -> list[Outcome]:
        """One outcome for each job."""
        try:
            return self._run_all(jobs)
        except Exception as error:  # noqa: BLE001 - what a member raised is an outcome and does not come here.
            return self._fail_all(jobs, error)

    def _run_all(self, jobs: Jobs) -> list[Outcome]:
        if not running(jobs):
            return [unavailable(None) for _ in jobs]
        self._connection.execute("BEGIN IMMEDIATE")
        outcomes = self.members.perform(jobs)
        committed = len(outcomes) - [type(outcome) for outcome in outcomes].count(Failed)
        if committed:
            self._finish(committed)
        else:
            self._connection.execute("ROLLBACK")
        return outcomes

    def _finish(self, committed: int) -> None:
        began = self._clock.monotonic()
        written = self.checkpointer.commits
        self._connection.execute("COMMIT")
        took_s = self._clock.monotonic() - began
        self.last_commit_ms = took_s * 1000
        self.commit_seconds.observe(took_s)
        self.commit_sizes.observe(committed)
        self.commits += 1
        self.committed += committed
        if not self.healthy and self.checkpointer.commits > written:  # A commit without changes proves nothing.
            log.info("The database can be written again.")
            self.healthy = True

    def _fail_all(self, jobs: Jobs, error: Exception) -> list[Outcome]:
        if self.healthy or not isinstance(error, UNAVAILABLE):
            log.error("The database could not write.", error=repr(error), writes=len(jobs))
        self.healthy = False
        self.failures += len(jobs)
        self.members.forget()
        for job in jobs:
            if job.lane is not None:
                job.lane.broken = True
        if is_fatal(error):
            self._give_up(error)
        else:
            self._roll_back()
        return [unavailable(error) for _ in jobs]

    def _roll_back(self) -> None:
        """SQLite may have done so by itself. Should it fail, the next BEGIN fails too and brings us here again."""
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except apsw.Error:
            log.exception("The database could not roll back.")

    def _checkpoint(self) -> None:
        if self.fatal:
            return
        try:
            self.checkpointer.after_commit(idle=len(self._queue) == 0)
        except UNAVAILABLE as error:
            log.warning("The write-ahead log could not be emptied.", error=repr(error))
            if is_fatal(error):
                self._give_up(error)

    def end(self) -> None:
        """The thread is over: what the helper has failed with meanwhile is heard after all."""
        error = self.checkpointer.failed
        if error is not None and is_fatal(error):
            self._give_up(error)

    def _do_chores(self) -> None:
        if self.fatal or self._queue.finished:
            self.chores.give_up()
        else:
            self.chores.do()

    def _give_up(self, error: BaseException) -> None:
        """Touch the file no more; what still waits is told so."""
        if self.fatal:
            return
        self.healthy = False
        self.fatal = True
        self._queue.close()
        log.critical("The store gives up: the process must end.", error=repr(error))
        self._on_fatal(error)


def _probe() -> Job:
    """A write that changes nothing but reaches the disk, as a row written as it was would not: SQLite compares."""

    def write_the_header(tx: Tx) -> None:
        version = tx.one("PRAGMA user_version")
        if version is not None:
            tx.run(f"PRAGMA user_version = {version[0]:d}")

    return Job(write_the_header, lambda _: None, None)
