"""Readers: a few threads, each read in one transaction, beside the writer and never in its way."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, TypeVar

import apsw

from server.clock import Clock
from server.store.base import StoreUnavailable, Transaction
from server.store.sqlite.connection import UNAVAILABLE, SqliteTx, perform

T = TypeVar("T")

ATTEMPTS = 5
LONGEST_READ = 30.0  # seconds; a reader in an old state keeps the log from starting over
_STEPS_BETWEEN_LOOKS = 10_000


class Reader:
    """One connection, used by one thread at a time."""

    def __init__(self, connection: apsw.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock
        self._until = 0.0
        connection.set_progress_handler(self._is_overdue, _STEPS_BETWEEN_LOOKS)

    def read(self, transaction: Transaction[T]) -> T:
        """Run it in one state of the database; again, from the start, while another is in the way."""
        try:
            return self._insist(transaction)
        except apsw.ReadOnlyError:
            raise  # the transaction tried to write: its own fault
        except UNAVAILABLE as error:
            raise StoreUnavailable(f"The database could not be read: {error}") from error

    def close(self) -> None:
        self._connection.close()

    def _insist(self, transaction: Transaction[T]) -> T:
        for _ in range(ATTEMPTS - 1):
            try:
                return self._attempt(transaction)
            except apsw.BusyError:
                continue
        return self._attempt(transaction)

    def _attempt(self, transaction: Transaction[T]) -> T:
        self._until = self._clock.monotonic() + LONGEST_READ
        self._connection.execute("BEGIN")
        tx = SqliteTx(self._connection)
        try:
            value = perform(transaction, tx)
        finally:
            tx.end()
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        if tx.failure is not None:
            raise tx.failure
        return value

    def _is_overdue(self) -> bool:
        return self._clock.monotonic() > self._until


class Readers:
    """A bounded number of reads waits for a few readers; a caller who goes away takes his place in the line along."""

    def __init__(self, readers: Sequence[Reader], limit: int) -> None:
        self._readers = readers
        self._free: SimpleQueue[Reader] = SimpleQueue()
        for reader in readers:
            self._free.put(reader)
        self._limit = limit
        self._room = threading.BoundedSemaphore(limit)
        self._threads = ThreadPoolExecutor(len(readers), thread_name_prefix="frontdesk-reader")

    async def read(self, transaction: Transaction[T], ended: Callable[[], None]) -> T:
        """Its value. ``ended`` is called, on any thread, once the event loop has been given the outcome."""
        if not self._room.acquire(blocking=False):
            raise StoreUnavailable(f"{self._limit} reads are waiting already.")
        try:
            reading = self._threads.submit(self._read, transaction)
        except RuntimeError as error:
            self._room.release()
            raise StoreUnavailable("The store is closed.") from error
        reading.add_done_callback(self._leave)
        told = asyncio.wrap_future(reading)
        reading.add_done_callback(lambda _: ended())  # behind the one that hands it to the loop
        return await told

    def close(self) -> None:
        """Let the running and waiting reads finish, then close. Blocks."""
        self._threads.shutdown(wait=True)
        for reader in self._readers:
            reader.close()

    def _read(self, transaction: Transaction[T]) -> T:
        reader = self._free.get()
        try:
            return reader.read(transaction)
        finally:
            self._free.put(reader)

    def _leave(self, _: Future[Any]) -> None:
        self._room.release()
