"""A consistent copy of the database while it is being written, or of one that nobody uses just now."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import apsw

from server.store.base import StoreError
from server.store.sqlite.connection import connect_writer
from server.store.sqlite.directory import DataDirectory


class Copying:
    """One copy in the making: `cancel` ends it soon, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: apsw.Connection | None = None
        self._cancelled = False

    def use(self, connection: apsw.Connection | None) -> None:
        """From here on this connection is the one at work."""
        with self._lock:
            self._connection = connection
            if self._cancelled and connection is not None:
                raise StoreError("The backup was given up.")

    def cancel(self) -> None:
        """Give it up: the statement under way fails, and none follows it."""
        with self._lock:
            self._cancelled = True
            if self._connection is not None:
                self._connection.interrupt()


def back_up(source: apsw.Connection, target: Path, copying: Copying | None = None) -> None:
    """Write a checked copy to `target`, replacing a file of that name; `target` is never there half.

    Raises:
        StoreError: the copy could not be written, or is not sound; nothing is left behind.
    """
    copying = copying or Copying()
    partial = partial_of(target)
    try:
        # SQLite accepts an empty file, and leaves its permissions alone.
        os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        copying.use(source)
        try:
            source.execute("VACUUM INTO ?", (str(partial),))
        finally:
            copying.use(None)
        _check(partial, copying)
        sync(partial)
        partial.rename(target)
        sync(target.parent)
    except (OSError, apsw.Error) as error:
        raise StoreError(f"The backup {target} could not be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def back_up_directory(data: Path, target: Path) -> None:
    """The same of a data directory that no process uses. Its schema stays as it is, however old.

    Raises:
        StoreError: as above, or a server runs on it.
    """
    directory = DataDirectory.take(data)
    try:
        connection = connect_writer(directory.database)
        try:
            back_up(connection, target)
        finally:
            connection.close()
    except apsw.Error as error:
        raise StoreError(f"The database {directory.database} cannot be read: {error}") from error
    finally:
        directory.release()


def partial_of(target: Path) -> Path:
    """Where a copy grows until it is whole."""
    return target.with_name(f".{target.name}.{os.getpid()}.partial")


def insist_sound(connection: apsw.Connection, what: str) -> None:
    """Raises `StoreError` for a damaged file."""
    problems = connection.execute("PRAGMA integrity_check").fetchall()
    if problems != [("ok",)]:
        raise StoreError(f"{what} is damaged: {problems[0][0]}")


def sync(path: Path) -> None:
    """Have the disk keep a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _check(path: Path, copying: Copying) -> None:
    copy = apsw.Connection(str(path), apsw.SQLITE_OPEN_READONLY)
    copying.use(copy)
    try:
        insist_sound(copy, "The copy of the database")
    finally:
        copying.use(None)
        copy.close()
