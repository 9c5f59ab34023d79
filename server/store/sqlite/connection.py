"""Connections to the file: how they are set up, what a transaction sees of one, which errors are the database's own.

The version is no formality: before 3.51.3 a checkpoint that meets another connection's commit could corrupt the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import apsw

from server.store.base import Duplicate, Params, Row, StoreError, Transaction, Tx

T = TypeVar("T")

OLDEST_SQLITE = (3, 51, 3)
BUSY_MS = 5000
STATEMENTS_CACHED = 256

# The database could not: the caller may try again. Anything else is a fault of the transaction, and its outcome.
UNAVAILABLE = (
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.FullError,
    apsw.InterruptError,
    apsw.IOError,
    apsw.LockedError,
    apsw.NoMemError,
    apsw.NotADBError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.ReadOnlyError,
)
_DUPLICATE = frozenset({apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY})
_FAILED_SYNC = frozenset({apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC})


def is_fatal(error: BaseException) -> bool:
    """Whether the process must not go on.

    After a failed sync nobody knows what the page cache has thrown away, and the next sync may well succeed without it;
    only reading the file anew tells. A file known to be damaged must not be written on.
    """
    damaged = isinstance(error, apsw.CorruptError | apsw.NotADBError)
    return damaged or getattr(error, "extendedresult", 0) in _FAILED_SYNC


class _Ended:
    """Stands in for the connection once a transaction is over."""

    def execute(self, *_: object) -> NoReturn:
        raise RuntimeError("This transaction is over: a Tx lives only inside the function it was handed to.")

    executemany = execute

    def changes(self) -> NoReturn:
        self.execute()


_ENDED = _Ended()


class SqliteTx:
    """Holds `server.store.base.Tx`.

    `failure` keeps an error of the database even if the transaction caught it: the connection may have rolled back by
    then, so whatever the transaction returns afterwards is worth nothing.
    """

    __slots__ = ("_connection", "failure")

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection: apsw.Connection | _Ended = connection
        self.failure: apsw.Error | None = None

    def all(self, sql: str, params: Params = ()) -> list[Row]:
        try:
            return self._connection.execute(sql, params).fetchall()
        except UNAVAILABLE as error:
            self.failure = error
            raise

    def one(self, sql: str, params: Params = ()) -> Row | None:
        try:
            row: Row | None = self._connection.execute(sql, params).fetchone()
        except UNAVAILABLE as error:
            self.failure = error
            raise
        return row

    def run(self, sql: str, params: Params = ()) -> int:
        try:
            self._connection.execute(sql, params)
        except UNAVAILABLE as error:
            self.failure = error
            raise
        return self._connection.changes()

    def many(self, sql: str, rows: Iterable[Params]) -> None:
        try:
            self._connection.executemany(sql, rows)
        except UNAVAILABLE as error:
            self.failure = error
            raise
        except apsw.ConstraintError as error:
            if getattr(error, "extendedresult", 0) in _DUPLICATE:
                raise Duplicate(str(error)) from error
            raise

    def end(self) -> None:
        """From here on every use raises."""
        self._connection = _ENDED


def perform(transaction: Transaction[T], tx: Tx) -> T:
    """Call it. `StopIteration`, which no future can carry, becomes a `RuntimeError`, as in a generator."""
    try:
        return transaction(tx)
    except StopIteration as error:
        raise RuntimeError("The transaction raised StopIteration.") from error


def sqlite_version() -> str:
    """Of the library that is used."""
    return apsw.sqlite_lib_version()


def check_version(version: str) -> None:
    """Raise `StoreError` for a SQLite that could corrupt the file."""
    if tuple(int(part) for part in version.split(".")) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise StoreError(
            f"SQLite {version} is too old: Frontdesk needs {oldest} or newer, as the package apsw brings it."
        )


def connect_writer(path: Path, vfs: str | None = None) -> apsw.Connection:
    """A connection that may write, every commit synced before it returns. Only `checkpoint` has it checkpoint."""
    connection = _connect(path, vfs)
    _demand(connection, "journal_mode", "WAL", "wal")
    _demand(connection, "synchronous", "FULL", 2)
    _demand(connection, "secure_delete", "ON", 1)  # deleted is overwritten; see `rewriting`
    connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


def connect_reader(path: Path, vfs: str | None = None) -> apsw.Connection:
    """A connection that only reads. It waits for others a fifth of the writer's time: `readers` tries five times."""
    connection = _connect(path, vfs)
    connection.set_busy_timeout(BUSY_MS // 5)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _connect(path: Path, vfs: str | None) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(str(path), flags, vfs, STATEMENTS_CACHED)
    connection.set_busy_timeout(BUSY_MS)
    # Only `checkpoint` empties the log, also at the end: after a failed sync it must stay as it is.
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    # "text" in double quotes is a column, as in PostgreSQL.
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    _demand(connection, "foreign_keys", "ON", 1)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("PRAGMA cache_size = -16384")
    return connection


def _demand(connection: apsw.Connection, pragma: str, value: str, expected: object) -> None:
    """Set it and look: a PRAGMA that SQLite cannot follow is ignored in silence."""
    connection.execute(f"PRAGMA {pragma} = {value}")
    found: Any = connection.execute(f"PRAGMA {pragma}").fetchone()
    if found != (expected,):
        raise StoreError(f"The database does not accept {pragma} = {value}; is the data directory on a local disk?")
