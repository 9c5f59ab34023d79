"""What came of the conversations that began with a bot, counted from the rows: it survives restarts."""

from __future__ import annotations

from dataclasses import dataclass

from server.store.base import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class BotDayRow:
    """Conversations that a bot had and that ended in a stretch of time; ``deflected``: people never had them.

    Deflected are those that the visitor or the bot ended, after the bot wrote.
    """

    ended: int
    deflected: int


def count(tx: Tx, bot: str, *, since: int, until: int) -> BotDayRow:
    """Of the conversations closed from ``since`` until before ``until``; try-outs are none of them."""
    row = tx.one(
        "SELECT COUNT(*), SUM(CASE WHEN EXISTS (SELECT 1 FROM entry e"
        " WHERE e.conversation = c.n AND e.kind = 'closed' AND e.role IN ('visitor', 'bot'))"
        " AND EXISTS (SELECT 1 FROM entry e WHERE e.conversation = c.n AND e.kind = 'message' AND e.role = 'bot')"
        " AND NOT EXISTS (SELECT 1 FROM event v WHERE v.conversation = c.id"
        " AND v.kind IN ('ConversationHandedOver', 'ConversationAssigned'))"
        " THEN 1 ELSE 0 END) FROM conversation c"
        " WHERE c.bot = ? AND c.closed_at >= ? AND c.closed_at < ? AND c.trial = 0",
        (bot, since, until),
    )
    return BotDayRow(ended=0 if row is None else int(row[0]), deflected=0 if row is None else int(row[1] or 0))
