"""Emptying the write-ahead log into the database file.

A long log is copied back beside the writer, by a thread with a connection of its own, while commits go on behind it.
What has come meanwhile the writer copies itself: a few pages, after which the log starts over. Had the writer to copy
all of it, every commit would wait for that, 4 to 9 ms more than once a second at 2,000 messages a second.

Two connections that checkpoint and commit at once are safe from SQLite 3.51.3 on, which `connection` insists on.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import apsw

from server.store.sqlite.connection import BUSY_MS

PAGE_BYTES = 4096
PASSIVE_PAGES = 4000
TRUNCATE_PAGES = 64 * 1024 * 1024 // PAGE_BYTES


def _nobody() -> None:
    """To be nudged."""


class Helper(Protocol):
    """Checkpoints while the writer goes on; `Beside`."""

    def copy_back(self) -> Future[None]:
        """Begin; the future fails with what SQLite raised."""


class Beside:
    """A thread, and a connection that nobody else uses."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="frontdesk-checkpoint")
        self._thread.submit(int).result()  # it begins now: there may be no room for a thread when it is needed

    def copy_back(self) -> Future[None]:
        return self._thread.submit(_copy_back, self._connection)

    def close(self) -> None:
        """Once what was begun has ended. The log stays as it is."""
        self._thread.shutdown()
        self._connection.close()


class Checkpointer:
    """Copies back every 4,000 pages (16 MiB), waiting for nobody; cuts a log grown past 64 MiB when nothing is queued.

    A reader that stays in an old state keeps the log from starting over; then the next try is due as many pages later,
    so that its presence costs no sync at every commit. Without a `helper` the writer's connection does everything.
    """

    def __init__(
        self, connection: apsw.Connection, helper: Helper | None = None, nudge: Callable[[], None] = _nobody
    ) -> None:
        """`nudge` is called, on any thread, when the helper has failed: `after_commit` is to be called for it."""
        self.pages = 0  # in the log, by the last commit
        self.commits = 0  # that have written to it; one that changes nothing does not
        self._due = PASSIVE_PAGES
        self._connection = connection
        self._helper = helper
        self._nudge = nudge
        self._helping: Future[None] | None = None
        connection.set_wal_hook(self._committed)

    def _committed(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        if pages <= self.pages:
            self._due = PASSIVE_PAGES  # the log has started over: else a commit makes it longer
        self.pages = pages
        self.commits += 1
        return apsw.SQLITE_OK

    def after_commit(self, *, idle: bool) -> None:
        """Do what is due. Raises what SQLite raises, also beside, but for another being in the way."""
        if self._helping is not None:
            self._finish(self._helping)
        elif self.pages >= self._due:
            self._due = self.pages + PASSIVE_PAGES
            if idle and self.pages >= TRUNCATE_PAGES:
                self.truncate()
            elif self._helper is None:
                _copy_back(self._connection)
            else:
                self._helping = self._helper.copy_back()
                self._helping.add_done_callback(self._helped)

    def truncate(self) -> None:
        """Copy everything back and cut the log to nothing, unless somebody is in the way: nobody is waited for."""
        self._connection.set_busy_timeout(0)
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:
            return
        finally:
            self._connection.set_busy_timeout(BUSY_MS)
        self.pages = 0
        self._due = PASSIVE_PAGES

    @property
    def failed(self) -> BaseException | None:
        """What the helper has failed with, where nobody has been told yet."""
        return self._helping.exception() if self._helping is not None and self._helping.done() else None

    def _helped(self, helping: Future[None]) -> None:
        if helping.exception() is not None:
            self._nudge()

    def _finish(self, helping: Future[None]) -> None:
        if not helping.done():
            return
        self._helping = None
        helping.result()
        _copy_back(self._connection)


def _copy_back(connection: apsw.Connection) -> None:
    connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
