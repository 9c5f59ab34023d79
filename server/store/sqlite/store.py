"""`SqliteStore`: the parts put together, and the way between the event loop and their threads."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import apsw
import structlog

from server.clock import Clock, pause
from server.histogram import Histogram
from server.store.base import Committed, Failed, Item, Lane, Series, StoreError, StoreUnavailable, Transaction, V
from server.store.migrate import known_migrations, migrate
from server.store.sqlite.backup import Copying, back_up
from server.store.sqlite.checkpoint import Beside
from server.store.sqlite.connection import UNAVAILABLE, check_version, connect_reader, connect_writer
from server.store.sqlite.directory import DataDirectory
from server.store.sqlite.gathering import Gathering
from server.store.sqlite.members import Outcome, runs
from server.store.sqlite.queue import Job, Member, WriteQueue
from server.store.sqlite.readers import LONGEST_READ, Reader, Readers
from server.store.sqlite.rest import Rest
from server.store.sqlite.writer import Jobs, Writer

T = TypeVar("T")

log = structlog.get_logger(__name__)

EXIT_FATAL = 70  # EX_SOFTWARE
READERS_LEAVE_WITHIN_S = 2 * LONGEST_READ
_BETWEEN_TRIES_S = 0.02


@dataclass(frozen=True, slots=True)
class Options:
    """Bounds. `vfs` names SQLite's door to the disk: tests put a faulty one in."""

    queue: int = 10_000  # writes waiting, and reads waiting
    batch: int = 256  # transactions in one commit
    readers: int = 2
    vfs: str | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """Since the start, but for `queued`, `wal_pages` and `last_commit_ms`, which are of now."""

    queued: int
    commits: int
    transactions: int  # committed; divided by `commits`: how well they share
    failures: int  # transactions failed for want of the database
    last_commit_ms: float
    wal_pages: int
    wal_bytes: int  # of the file, which keeps its size when it is emptied
    commit_seconds: Histogram
    commit_sizes: Histogram
    taken_apart: int  # runs of a series that had to be made one by one


def exit_at_once(_error: BaseException) -> None:
    """The careful answer to a disk that lost a sync: no further step of this process."""
    os._exit(EXIT_FATAL)


@dataclass(slots=True)
class _Parts:
    """What `open` has built on a thread, for the loop to take over."""

    directory: DataDirectory
    connection: apsw.Connection
    beside: Beside
    readers: Readers
    clock: Clock
    options: Options

    @classmethod
    def build(cls, path: Path, clock: Clock, options: Options) -> _Parts:
        """Blocks; raises `StoreError`, and leaves nothing open then."""
        check_version(apsw.sqlite_lib_version())
        with ExitStack() as undo:
            directory = DataDirectory.take(path)
            undo.callback(directory.release)
            try:
                directory.create_database()
                connection = connect_writer(directory.database, options.vfs)
                undo.callback(connection.close)
                migrate(connection, known_migrations(), now=clock.now())
                beside = Beside(connect_writer(directory.database, options.vfs))
                undo.callback(beside.close)
                readers = [_open_reader(directory, clock, options, undo) for _ in range(options.readers)]
            except (apsw.Error, OSError) as error:
                raise StoreError(f"The database {directory.database} cannot be opened: {error}") from error
            undo.pop_all()
        return cls(directory, connection, beside, Readers(readers, options.queue), clock, options)

    def shut(self, writer: Writer | None = None) -> None:
        """Close everything; blocks. After a fatal error the log stays as it is, for the next start to judge."""
        self.readers.close()
        self.beside.close()
        if writer is not None:
            writer.end()
        try:
            if writer is not None and not writer.fatal:
                writer.checkpointer.truncate()
        except UNAVAILABLE as error:
            log.warning("The write-ahead log could not be emptied at the end.", error=repr(error))
        self.connection.close()
        self.directory.release()


def _open_reader(directory: DataDirectory, clock: Clock, options: Options, undo: ExitStack) -> Reader:
    reader = Reader(connect_reader(directory.database, options.vfs), clock)
    undo.callback(reader.close)
    return reader


class SqliteStore:
    """Holds `server.store.base.Store`. Its methods are called on the event loop it was opened on."""

    def __init__(self, parts: _Parts, on_fatal: Callable[[BaseException], None]) -> None:
        """Use `open`."""
        self._parts = parts
        self._loop = asyncio.get_running_loop()
        self._queue = WriteQueue(parts.options.queue, parts.options.batch)
        self._gathering = Gathering(self._queue, parts.clock, Rest())
        self._writer = Writer(
            parts.connection,
            self._queue,
            clock=parts.clock,
            tell=self._tell_on_loop,
            on_fatal=on_fatal,
            helper=parts.beside,
        )
        self._thread = threading.Thread(target=self._writer.run, name="frontdesk-writer", daemon=True)
        self._thread.start()
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        clock: Clock,
        options: Options | None = None,
        on_fatal: Callable[[BaseException], None] = exit_at_once,
    ) -> SqliteStore:
        """Take the data directory, bring the schema up to date, start the threads.

        Args:
            path: the data directory; created for its owner only if it is not there.
            clock: for the record of migrations, the pace of writing and the longest read.
            options: bounds.
            on_fatal: told, on the writer thread, when this process must not go on (a failed sync, a damaged file). The
                store then refuses everything; the process is to end with a non-zero status.

        Raises:
            StoreError: with a sentence for the person who wanted to start it.
        """
        building = asyncio.create_task(asyncio.to_thread(_Parts.build, path, clock, options or Options()))
        try:
            parts = await asyncio.shield(building)
        except asyncio.CancelledError:
            building.add_done_callback(_shut_unwanted)
            raise
        return cls(parts, on_fatal)

    def submit(
        self, transaction: Transaction[T], *, then: Callable[[Committed[T] | Failed], None], lane: Lane | None = None
    ) -> None:
        self._put(Job(transaction, then, lane))

    def append(self, series: Series[Item, V], item: Item, *, lane: Lane | None = None) -> None:
        try:
            self._gathering.add(Member(series, item, lane))
        except StoreUnavailable:
            _break(lane)
            raise

    async def write(self, transaction: Transaction[T], *, lane: Lane | None = None) -> T:
        """As `Store.write`. Giving up waiting does not take the transaction back."""
        told: asyncio.Future[T] = self._loop.create_future()
        self.submit(transaction, then=partial(_resolve, told), lane=lane)
        return await told

    async def read(self, transaction: Transaction[T]) -> T:
        """As `Store.read`. The transaction may be run again from its start, so it must do nothing but read."""
        return await self._parts.readers.read(transaction, self._ring_for_answer)

    async def backup(self, target: Path) -> None:
        """Write a checked, consistent copy to `target`, replacing a file of that name; raises `StoreError`.

        Whoever gives up waiting gives up the copy.
        """
        if self._closing is not None:
            raise StoreError("The store is closed.")
        copying = Copying()
        try:
            await asyncio.to_thread(self._back_up, target, copying)
        except asyncio.CancelledError:
            copying.cancel()
            raise

    async def leave_no_trace(self, *, rewrite: bool = True) -> None:
        """What earlier commits changed or deleted is in none of the database's files when this returns.

        Without ``rewrite``, old copies may stay in the gaps of pages; the writer is then held for a moment only.

        Raises:
            StoreError: it could not be done, or somebody has read in an old state for longer than a read may take.
        """
        chores = self._writer.chores
        asked = chores.rewrite() if rewrite else chores.empty_log()
        until = self._parts.clock.monotonic() + READERS_LEAVE_WITHIN_S
        while True:
            await self.write(lambda _tx: None)  # the writer does its chores behind a batch
            if await asyncio.wrap_future(asked):
                return
            if self._parts.clock.monotonic() > until:
                raise StoreError("Somebody reads the database in an old state, perhaps a backup: try again later.")
            await pause(_BETWEEN_TRIES_S)
            asked = chores.empty_log()

    @property
    def healthy(self) -> bool:
        return self._writer.healthy

    def statistics(self) -> Statistics:
        writer = self._writer
        return Statistics(
            queued=len(self._queue),
            commits=writer.commits,
            transactions=writer.committed,
            failures=writer.failures,
            last_commit_ms=writer.last_commit_ms,
            wal_pages=writer.checkpointer.pages,
            wal_bytes=_size(self._parts.directory.database.with_name(f"{self._parts.directory.database.name}-wal")),
            commit_seconds=writer.commit_seconds,
            commit_sizes=writer.commit_sizes,
            taken_apart=writer.members.taken_apart,
        )

    async def close(self) -> None:
        if self._closing is None:
            self._queue.close()
            self._closing = asyncio.create_task(asyncio.to_thread(self._finish), name="close the store")
        await asyncio.shield(self._closing)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _finish(self) -> None:
        self._thread.join()
        self._parts.shut(self._writer)

    def _back_up(self, target: Path, copying: Copying) -> None:
        connection = connect_writer(self._parts.directory.database, self._parts.options.vfs)
        try:
            back_up(connection, target, copying)
        finally:
            connection.close()

    def _put(self, job: Job) -> None:
        try:
            self._queue.put(job)
        except StoreUnavailable:
            _break(job.lane)
            raise
        self._gathering.begin_other()

    def _tell_on_loop(self, jobs: Jobs, outcomes: list[Outcome]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._told, jobs, outcomes)
        except RuntimeError:  # The loop has ended without closing the store: there is nobody left to tell.
            log.warning("Outcomes of writes could not be told.", writes=len(jobs))
        else:
            self._gathering.rest.ring()

    def _ring_for_answer(self) -> None:
        """The loop has been given what a reader has found."""
        try:
            self._loop.call_soon_threadsafe(self._gathering.told)
        except RuntimeError:  # as above
            return
        self._gathering.rest.ring()

    def _told(self, jobs: Jobs, outcomes: list[Outcome]) -> None:
        for job in jobs:
            if job.series is None:
                self._gathering.end_other()
        try:
            _tell(jobs, outcomes)
        finally:
            self._gathering.told()


def _break(lane: Lane | None) -> None:
    """A write was refused: a later one of this lane would overtake it."""
    if lane is not None:
        lane.broken = True


def _tell(jobs: Jobs, outcomes: list[Outcome]) -> None:
    """As `runs`, neighbours of one series together: but most often all of them are."""
    series = jobs[0].series if jobs else None
    items = [job.item for job in jobs if isinstance(job, Member) and job.series is series]
    if series is not None and len(items) == len(jobs):
        _guarded(series.told, items, outcomes)
        return
    found = iter(outcomes)
    for each, group in runs(jobs):
        if each is None:
            for job in group:
                _guarded(job.then, next(found))
        else:
            items = [member.item for member in group]
            _guarded(each.told, items, list(islice(found, len(items))))


def _guarded(listener: Callable[..., None], *told: object) -> None:
    try:
        listener(*told)
    except Exception:
        log.exception("A listener to a write's outcome failed.")


def _resolve(told: asyncio.Future[Any], outcome: Committed[Any] | Failed) -> None:
    if told.done():
        return  # the waiting task was cancelled
    if isinstance(outcome, Committed):
        told.set_result(outcome.value)
    else:
        told.set_exception(outcome.error)


def _shut_unwanted(building: asyncio.Task[_Parts]) -> None:
    """The caller of `open` went away meanwhile."""
    if not building.cancelled() and building.exception() is None:
        building.result().shut()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
