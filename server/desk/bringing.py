"""A conversation with its log, as somebody is given it who knew nothing of it."""

from __future__ import annotations

from dataclasses import dataclass

from server.desk import history
from server.store import conversations, entries, visitors
from server.store.base import Tx
from server.store.rows import ConversationRow, EntryRow, VisitorRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A conversation as it stands, with the newest of its log."""

    row: ConversationRow
    visitor: VisitorRow
    log: tuple[EntryRow, ...]


def bring(tx: Tx, conversation: str) -> Brought | None:
    """All of it; None when there is no such conversation (any more)."""
    row = conversations.find(tx, conversation)
    person = None if row is None else visitors.find(tx, row.visitor)
    if row is None or person is None:
        return None
    return Brought(row=row, visitor=person, log=tuple(entries.last(tx, row.id, row.n, limit=history.FIRST_PAGE)))
