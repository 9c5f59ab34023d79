"""Emptying the write-ahead log into the database file. The writer's connection does it, and no other."""

from __future__ import annotations

import apsw

from server.store.sqlite.connection import BUSY_MS

PAGE_BYTES = 4096
PASSIVE_PAGES = 4000
TRUNCATE_PAGES = 64 * 1024 * 1024 // PAGE_BYTES


class Checkpointer:
    """Copies back every 4,000 pages (16 MiB), waiting for nobody; cuts a log grown past 64 MiB when nothing is queued.

    A reader that stays in an old state keeps the log from starting over; then the next try is due as many pages later,
    so that its presence costs no sync at every commit.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self.pages = 0  # in the log, by the last commit
        self.commits = 0  # that have written to it; one that changes nothing does not
        self._due = PASSIVE_PAGES
        self._connection = connection
        connection.set_wal_hook(self._committed)

    def _committed(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        if pages <= self.pages:
            self._due = PASSIVE_PAGES  # the log has started over: else a commit makes it longer
        self.pages = pages
        self.commits += 1
        return apsw.SQLITE_OK

    def after_commit(self, *, idle: bool) -> None:
        """Do what is due. Raises what SQLite raises, but for another being in the way."""
        if self.pages < self._due:
            return
        self._due = self.pages + PASSIVE_PAGES
        if idle and self.pages >= TRUNCATE_PAGES:
            self.truncate()
        else:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)

    def truncate(self) -> None:
        """Copy everything back and cut the log to nothing, unless a reader is in the way: nobody is waited for."""
        self._connection.set_busy_timeout(0)
        try:
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.BusyError:
            return
        finally:
            self._connection.set_busy_timeout(BUSY_MS)
        self.pages = 0
        self._due = PASSIVE_PAGES
