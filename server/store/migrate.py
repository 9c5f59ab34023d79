"""The schema's history: numbered files, each applied once, in order, in one transaction with the note that it was.

A process killed midway leaves either all of a file or nothing; the next start goes on from there. The table
`schema_migration` is the record; SQLite's `user_version` repeats its last number for a look without a table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import apsw

from server.store.base import StoreError

_FILE = re.compile(r"(\d{4})_(\w+)\.sql")
_RECORD = """
CREATE TABLE IF NOT EXISTS schema_migration (
  number      INTEGER PRIMARY KEY,
  name        TEXT NOT NULL,
  applied_at  INTEGER NOT NULL
)"""


@dataclass(frozen=True, slots=True)
class Migration:
    number: int
    name: str
    sql: str


def known_migrations() -> list[Migration]:
    """Those this Frontdesk carries, numbered 1, 2, 3… without a gap."""
    folder = resources.files("server.store") / "migrations"
    files = [(name, file) for file in folder.iterdir() if (name := _FILE.fullmatch(file.name))]
    found = [Migration(int(name[1]), name[2], file.read_text(encoding="utf-8")) for name, file in files]
    return sorted(found, key=lambda migration: migration.number)


def migrate(connection: apsw.Connection, migrations: Sequence[Migration], *, now: int) -> list[Migration]:
    """Apply what is missing; returns that.

    Raises:
        StoreError: the database is from a newer Frontdesk, or a migration failed, of which nothing was kept.
    """
    schema = schema_of(connection)
    if schema > len(migrations):
        raise StoreError(
            f"The data directory was written by a newer Frontdesk (schema {schema}; this one knows {len(migrations)}). "
            "Upgrade Frontdesk or choose another --data."
        )
    missing = [migration for migration in migrations if migration.number > schema]
    for migration in missing:
        _apply(connection, migration, now)
    return missing


def schema_of(connection: apsw.Connection) -> int:
    """The number of the last migration applied; 0 for an empty file."""
    row = connection.execute("PRAGMA user_version").fetchone()
    return int(row[0]) if row else 0


def _apply(connection: apsw.Connection, migration: Migration, now: int) -> None:
    # Rebuilding a table drops the one others refer to for a moment; the references are checked as a whole instead.
    # This PRAGMA does nothing inside a transaction.
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(migration.sql).fetchall()
        connection.execute(_RECORD)
        record = (migration.number, migration.name, now)
        connection.execute("INSERT INTO schema_migration (number, name, applied_at) VALUES (?, ?, ?)", record)
        connection.execute(f"PRAGMA user_version = {migration.number}")
        _check_references(connection)
        connection.execute("COMMIT")
    except (apsw.Error, StoreError) as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise StoreError(
            f"Migration {migration.number:04} ({migration.name}) failed, and nothing of it was kept: {error}"
        ) from error
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def _check_references(connection: apsw.Connection) -> None:
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        table, rowid, parent, _ = broken[0]
        raise StoreError(f"row {rowid} of {table} refers to nothing in {parent}")
