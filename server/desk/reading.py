"""Who may read a conversation: the one answer for its log, its history and its reasons."""

from __future__ import annotations

from server.desk.identity import AgentIdentity, BotIdentity, VisitorIdentity
from server.store import routing
from server.store.base import Tx
from server.store.rows import ConversationRow


def may_read(tx: Tx, row: ConversationRow, identity: VisitorIdentity | AgentIdentity | BotIdentity) -> bool:
    """Whether it is theirs to read; if not, it is to be told that there is no such conversation."""
    match identity:
        case VisitorIdentity():
            return (row.visitor, row.site) == (identity.visitor, identity.site)
        case BotIdentity():
            return row.bot == identity.bot
        case AgentIdentity():
            # Who handed it on may know that it goes on, but reads it no more.
            return identity.supervises or row.owner == identity.agent or routing.is_offered(tx, identity.agent, row.id)
