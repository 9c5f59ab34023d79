"""Visitors: they begin to exist with their first conversation."""

from __future__ import annotations

import json
from collections.abc import Sequence

from server.store.base import Tx
from server.store.rows import VisitorRow

_COLUMNS = "id, site, name, email, language, timezone, subject, visits, attributes"


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
        attributes=json.loads(row[8]),
    )


def put(tx: Tx, workspace: int, visitor: VisitorRow, *, at: int) -> None:
    """A visit begins: create the visitor or count one more visit; an empty name or e-mail keeps the known one."""
    tx.run(
        "INSERT INTO visitor (id, workspace, site, name, email, language, timezone, subject, attributes, visits, "
        "created_at, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "name = CASE WHEN excluded.name = '' THEN visitor.name ELSE excluded.name END, "
        "email = CASE WHEN excluded.email = '' THEN visitor.email ELSE excluded.email END, "
        "language = excluded.language, timezone = excluded.timezone, subject = excluded.subject, "
        "attributes = excluded.attributes, visits = visitor.visits + 1, "
        # Whom their site vouches for may come back as who they are, once all is gone.
        "erased_at = CASE WHEN visitor.erasing = 0 THEN NULL ELSE visitor.erased_at END, "
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
            json.dumps(visitor.attributes),
            at,
            at,
        ),
    )


def erased(tx: Tx, visitor: str) -> tuple[bool, bool]:
    """Whether the visitor was erased, and whether that is still being done."""
    row = tx.one("SELECT erased_at IS NOT NULL, erasing FROM visitor WHERE id = ?", (visitor,))
    return (False, False) if row is None else (bool(row[0]), bool(row[1]))


def turn(tx: Tx, visitor: str) -> tuple[int, tuple[tuple[int, int], ...]] | None:
    """The highest number of their tokens that was used, and the lower ones that are good until a time."""
    row = tx.one("SELECT token_number, tokens_ending FROM visitor WHERE id = ?", (visitor,))
    return None if row is None else (row[0], tuple((number, until) for number, until in json.loads(row[1])))


def take_turn(tx: Tx, visitor: str, number: int, ending: Sequence[tuple[int, int]]) -> None:
    """A token of that number was used for the first time."""
    tx.run("UPDATE visitor SET token_number = ?, tokens_ending = ? WHERE id = ?", (number, json.dumps(ending), visitor))


def rename(tx: Tx, visitor: str, *, name: str, email: str) -> None:
    """The visitor gave a name or e-mail; empty ones change nothing."""
    tx.run(
        "UPDATE visitor SET name = CASE WHEN ? = '' THEN name ELSE ? END, "
        "email = CASE WHEN ? = '' THEN email ELSE ? END WHERE id = ?",
        (name, name, email, email, visitor),
    )
