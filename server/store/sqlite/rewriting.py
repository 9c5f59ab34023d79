"""Leaving no trace: what was changed or deleted is made to vanish from the files, too.

Three things keep what is gone. A freed place inside a page: `PRAGMA secure_delete` overwrites it. A page that was
divided: it keeps old copies in the gap between its directory and its content, which no PRAGMA reaches; only a `VACUUM`,
which writes every page anew, does. And the write-ahead log, which has all states since it was last emptied.

Both are the writer's own work, between two batches. A `VACUUM` holds it for as long as writing the whole file twice
takes (`docs/privacy.md` has figures), so it is done for an erasure, not for what is merely old.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

import apsw

from server.store.base import StoreError
from server.store.sqlite.checkpoint import Checkpointer


class Chores:
    """What the writer is asked to do with its connection when it is not in a transaction. Asked from any thread."""

    def __init__(self, connection: apsw.Connection, checkpointer: Checkpointer) -> None:
        self._connection = connection
        self._checkpointer = checkpointer
        self._lock = threading.Lock()
        self._asked: deque[tuple[Callable[[], bool], Future[bool]]] = deque()

    def rewrite(self) -> Future[bool]:
        """Have the whole file written anew, and the log emptied: False when a reader was in the way of that."""
        return self._ask(self._rewrite)

    def empty_log(self) -> Future[bool]:
        """Have only the log emptied."""
        return self._ask(self._empty)

    def do(self) -> None:
        """Do what was asked; on the writer's thread. What goes wrong is told to who asked."""
        while self._asked:
            with self._lock:
                chore, told = self._asked.popleft()
            try:
                told.set_result(chore())
            except apsw.Error as error:
                told.set_exception(StoreError(f"The database could not be written anew: {error}"))

    def give_up(self) -> None:
        """Nothing is done any more."""
        with self._lock:
            while self._asked:
                self._asked.popleft()[1].set_exception(StoreError("The store is closed."))

    def _ask(self, chore: Callable[[], bool]) -> Future[bool]:
        told: Future[bool] = Future()
        with self._lock:
            self._asked.append((chore, told))
        return told

    def _rewrite(self) -> bool:
        self._connection.execute("VACUUM").fetchall()
        return self._empty()

    def _empty(self) -> bool:
        self._checkpointer.truncate()
        return self._checkpointer.pages == 0
