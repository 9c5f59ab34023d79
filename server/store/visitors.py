"""Visitors: they begin to exist with their first conversation."""

from __future__ import annotations

from server.store.base import Tx
from server.store.rows import VisitorRow

_COLUMNS = "id, site, name, email, language, timezone, subject, visits"


def find(tx: Tx, visitor: str) -> VisitorRow | None:
    """The visitor of that id."""
    row = tx.one(f"SELECT {_COLUMNS} FROM visitor WHERE id = ?", (visitor,))
    if row is None:
        return None
    return VisitorRow(
        id=row[0],
        site=row[1],
        name=row[2],
        email=row[3],
        language=row[4],
        timezone=row[5],
        subject=row[6],
        visits=row[7],
    )


def put(tx: Tx, workspace: int, visitor: VisitorRow, *, at: int) -> None:
    """A visit begins: create the visitor or count one more visit; an empty name or e-mail keeps the known one."""
    tx.run(
        "INSERT INTO visitor (id, workspace, site, name, email, language, timezone, subject, visits, created_at, "
        "seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "name = CASE WHEN excluded.name = '' THEN visitor.name ELSE excluded.name END, "
        "email = CASE WHEN excluded.email = '' THEN visitor.email ELSE excluded.email END, "
        "language = excluded.language, timezone = excluded.timezone, visits = visitor.visits + 1, "
        "seen_at = excluded.seen_at",
        (
            visitor.id,
            workspace,
            visitor.site,
            visitor.name,
            visitor.email,
            visitor.language,
            visitor.timezone,
            visitor.subject,
            at,
            at,
        ),
    )


def rename(tx: Tx, visitor: str, *, name: str, email: str) -> None:
    """The visitor gave a name or e-mail; empty ones change nothing."""
    tx.run(
        "UPDATE visitor SET name = CASE WHEN ? = '' THEN name ELSE ? END, "
        "email = CASE WHEN ? = '' THEN email ELSE ? END WHERE id = ?",
        (name, name, email, email, visitor),
    )
