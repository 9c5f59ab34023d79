"""Putting a copy of the database into a data directory, as another history than the one its clients have read.

Nothing is believed of the file: it is copied first, the copy checked and brought up to date, and only a copy that is
fit to serve takes the place. What was there is moved aside whole, with its log, and never deleted.

Between moving the old one aside and naming the new one there is no database for a moment. A process that dies just
then leaves a directory that no server starts on; restoring once more is the way on.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import apsw

from server.store.base import StoreError, Tx
from server.store.migrate import known_migrations, migrate, schema_of
from server.store.sqlite.backup import insist_sound, sync
from server.store.sqlite.connection import SqliteTx, connect_writer
from server.store.sqlite.directory import DATABASE, LOCK, DataDirectory

_SIDES = ("", "-wal", "-shm")
_LEFT_BY_US = frozenset({LOCK, "control.sock", "lost+found"})
_ASIDE = "replaced-"
_PARTIAL = ".restoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """``schema``: that of the file, before it was brought up to date. ``aside``: where what was there is now."""

    schema: int
    aside: Path | None


def restore(
    backup: Path, data: Path, *, stamp: str, now: int, renew: Callable[[Tx], None], replace: bool = False
) -> Restored:
    """Make the backup the database of this data directory.

    Args:
        backup: a file that `back_up` made.
        data: the data directory; created if it is not there.
        stamp: names the folder for what is moved aside.
        now: for the record of migrations.
        renew: what turns the copy into another history, in one transaction of it.
        replace: whether what is there may be moved aside.

    Raises:
        StoreError: the file is no backup, damaged or of a newer Frontdesk; a server runs; something is there already.
            The directory is as it was.
    """
    _insist_whole(backup)
    directory = DataDirectory.take(data)
    try:
        _insist_free(data, replace=replace)
        partial = data / (_PARTIAL + DATABASE)
        try:
            _copy(backup, partial)
            schema = _make_fit(partial, backup, now=now, renew=renew)
            aside = _move_aside(data, stamp)
            partial.rename(data / DATABASE)
            sync(data)
        finally:
            for side in _SIDES:
                partial.with_name(partial.name + side).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{backup} could not be restored to {data}: {error.strerror}.") from error
    finally:
        directory.release()
    return Restored(schema=schema, aside=aside)


def _insist_whole(backup: Path) -> None:
    """A database in use is more than its file."""
    wal = backup.with_name(backup.name + "-wal")
    try:
        if not backup.is_file():
            raise StoreError(f"There is no file {backup}.")
        if wal.exists() and wal.stat().st_size > 0:
            raise StoreError(
                f'{backup} is no backup but a database in use: {wal.name} belongs to it. Make a copy with "frontdesk '
                'backup".'
            )
    except OSError as error:
        raise StoreError(f"{backup} cannot be read: {error.strerror}.") from error


def _insist_free(data: Path, *, replace: bool) -> None:
    found = {each.name for each in data.iterdir() if not each.name.startswith((_ASIDE, _PARTIAL))} - _LEFT_BY_US
    if not found or (replace and DATABASE in found):
        return
    if DATABASE in found:
        raise StoreError(
            f"There is a database in {data} already. With --replace it is moved aside; or choose another --data."
        )
    raise StoreError(f"{data} is not empty, and what is in it is not Frontdesk's. Choose another --data.")


def _copy(backup: Path, partial: Path) -> None:
    for side in _SIDES:
        partial.with_name(partial.name + side).unlink(missing_ok=True)
    with (
        backup.open("rb") as source,
        os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as copy,
    ):
        shutil.copyfileobj(source, copy, 1024 * 1024)


def _make_fit(partial: Path, backup: Path, *, now: int, renew: Callable[[Tx], None]) -> int:
    """Check the copy, bring it up to date, make it another history; its schema until then."""
    try:
        connection = connect_writer(partial)
        try:
            schema = _schema(connection, backup)
            insist_sound(connection, str(backup))
            migrate(connection, known_migrations(), now=now)
            _renew(connection, renew)
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        finally:
            connection.close()
    except apsw.NotADBError as error:
        raise StoreError(f"{backup} is no database.") from error
    except apsw.Error as error:
        raise StoreError(f"{backup} could not be restored: {error}") from error
    sync(partial)
    return schema


def _schema(connection: apsw.Connection, backup: Path) -> int:
    ours = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migration'").fetchone()
    if ours is None:
        raise StoreError(f"{backup} is no backup of Frontdesk.")
    return schema_of(connection)


def _renew(connection: apsw.Connection, renew: Callable[[Tx], None]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    tx = SqliteTx(connection)
    try:
        renew(tx)
    finally:
        tx.end()
    connection.execute("COMMIT")


def _move_aside(data: Path, stamp: str) -> Path | None:
    """The old database with its log, in a folder of its own."""
    sides = [data / (DATABASE + side) for side in _SIDES]
    if not any(each.exists() for each in sides):
        return None
    aside = data / (_ASIDE + stamp)
    aside.mkdir(mode=0o700)
    for each in sides:
        if each.exists():
            each.rename(aside / each.name)
    sync(aside)
    return aside
