"""A consistent copy of the database while it is being written."""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from server.store.base import StoreError


def back_up(source: apsw.Connection, target: Path) -> None:
    """Write a checked copy to `target`, replacing a file of that name; `target` is never there half.

    Raises:
        StoreError: the copy could not be written, or is not sound; nothing is left behind.
    """
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        # SQLite accepts an empty file, and leaves its permissions alone.
        os.close(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))
        source.execute("VACUUM INTO ?", (str(partial),))
        _check(partial)
        _sync(partial)
        partial.rename(target)
        _sync(target.parent)
    except (OSError, apsw.Error) as error:
        raise StoreError(f"The backup {target} could not be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _check(path: Path) -> None:
    copy = apsw.Connection(str(path), apsw.SQLITE_OPEN_READONLY)
    try:
        problems = copy.execute("PRAGMA integrity_check").fetchall()
    finally:
        copy.close()
    if problems != [("ok",)]:
        raise StoreError(f"The copy of the database is damaged: {problems[0][0]}")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
