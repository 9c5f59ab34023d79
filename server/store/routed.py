"""What the router's memory is rebuilt from: of each conversation that it knows, only what is needed for that."""

from __future__ import annotations

from dataclasses import dataclass

from server.store.base import Tx


@dataclass(frozen=True, slots=True)
class RoutedRow:
    """An open conversation, or a closed one with a wrap-up. ``routing`` is the router's record (JSON).

    ``bot``: the one that has or had it.
    """

    id: str
    visitor: str
    site: str
    department: str
    state: str
    language: str
    left: bool
    routing: str
    bot: str | None = None


def routed(tx: Tx, workspace: int) -> list[RoutedRow]:
    """All of them, the oldest first."""
    rows = tx.all(
        "SELECT id, visitor, site, department, state, language, left_message <> 0, routing, bot FROM conversation "
        "WHERE workspace = ? AND routing IS NOT NULL ORDER BY n",
        (workspace,),
    )
    return [RoutedRow(*row) for row in rows]


def last_writers(tx: Tx, workspace: int) -> dict[str, tuple[str, int]]:
    """By open conversation that has a message: the role of whoever wrote last, and when."""
    rows = tx.all(
        "SELECT c.id, e.role, e.at FROM conversation c JOIN entry e ON e.conversation = c.n AND e.seq = "
        "(SELECT seq FROM entry WHERE conversation = c.n AND kind = 'message' ORDER BY seq DESC LIMIT 1) "
        "WHERE c.workspace = ? AND c.routing IS NOT NULL AND c.state <> 'closed' ORDER BY c.n",
        (workspace,),
    )
    return {row[0]: (row[1], row[2]) for row in rows}
