"""What visitors were promised, and what became of it. One row for each stay in line in which a range was told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from server.store.base import Row, Tx
from server.store.rows import PromiseRow

Ending = Literal["assigned", "left", "closed", "moved"]

_COLUMNS = (
    "conversation, line_entry, department, at, place, low_ms, high_ms, p50_ms, p80_ms, ended, ended_at, realised_ms"
)


def put(tx: Tx, workspace: int, promise: PromiseRow) -> None:
    """A promise was made. Only the first of a line entry counts."""
    tx.run(
        f"INSERT INTO promise (workspace, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL) "
        "ON CONFLICT (conversation, line_entry) DO NOTHING",
        (
            workspace,
            promise.conversation,
            promise.line_entry,
            promise.department,
            promise.at,
            promise.place,
            promise.low_ms,
            promise.high_ms,
            promise.p50_ms,
            promise.p80_ms,
        ),
    )


def realise(tx: Tx, conversation: str, *, at: int) -> None:
    """Somebody has it: what was promised is judged from the moment it was said."""
    tx.run(
        "UPDATE promise SET ended = 'assigned', ended_at = ?, realised_ms = ? - at "
        "WHERE conversation = ? AND ended IS NULL",
        (at, at, conversation),
    )


def end(tx: Tx, conversation: str, *, ended: Ending, at: int) -> None:
    """The wait ended without an answer: of the promise only a lower bound is known."""
    tx.run(
        "UPDATE promise SET ended = ?, ended_at = ? WHERE conversation = ? AND ended IS NULL", (ended, at, conversation)
    )


def since(tx: Tx, workspace: int, *, at: int, limit: int) -> list[PromiseRow]:
    """Those made at or after `at`, the newest first, at most `limit`."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM promise WHERE workspace = ? AND at >= ? ORDER BY at DESC LIMIT ?",
        (workspace, at, limit),
    )
    return [_row(row) for row in rows]


def of_conversations(tx: Tx, conversations: Sequence[str]) -> list[PromiseRow]:
    """All that was promised in these conversations, in their order."""
    found: list[PromiseRow] = []
    for conversation in conversations:
        rows = tx.all(f"SELECT {_COLUMNS} FROM promise WHERE conversation = ? ORDER BY line_entry", (conversation,))
        found.extend(_row(row) for row in rows)
    return found


def _row(row: Row) -> PromiseRow:
    return PromiseRow(
        conversation=row[0],
        line_entry=row[1],
        department=row[2],
        at=row[3],
        place=row[4],
        low_ms=row[5],
        high_ms=row[6],
        p50_ms=row[7],
        p80_ms=row[8],
        ended=row[9],
        ended_at=row[10],
        realised_ms=row[11],
    )


def learned(tx: Tx, workspace: int) -> str | None:
    """What the estimate had learned when it was last kept (JSON)."""
    row = tx.one("SELECT body FROM learned WHERE workspace = ?", (workspace,))
    return None if row is None else str(row[0])


def put_learned(tx: Tx, workspace: int, body: str, *, at: int) -> None:
    """Keep what the estimate has learned."""
    tx.run(
        "INSERT INTO learned (workspace, body, at) VALUES (?, ?, ?) "
        "ON CONFLICT (workspace) DO UPDATE SET body = excluded.body, at = excluded.at",
        (workspace, body, at),
    )
