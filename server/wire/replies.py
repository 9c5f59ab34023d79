"""What the server answers: ``re`` echoes the request's ``id``; ``at`` is there exactly when something was committed."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from server.wire import parts
from server.wire.codes import ErrorCode


class Reply(Struct, kw_only=True, frozen=True):
    """A plain yes: without ``at`` it means only "received"; with it, "committed"."""

    re: str
    ok: Literal[True] = True
    at: parts.Time | UnsetType = UNSET


class ErrorBody(Struct, kw_only=True, frozen=True):
    """Why not. ``message`` is for people and holds no internals."""

    code: ErrorCode
    message: str
    field: str | UnsetType = UNSET
    retry_after_ms: int | UnsetType = UNSET


class ErrorReply(Struct, kw_only=True, frozen=True):
    """A no; ``re`` is null when the request's id could not be read."""

    re: str | None
    error: ErrorBody
    ok: Literal[False] = False


class VisitorMe(Struct, kw_only=True, frozen=True):
    """The visitor, to themselves; the browser keeps ``token``."""

    id: str
    name: str
    token: str


class AgentMe(Struct, kw_only=True, frozen=True):
    """The agent, to themselves."""

    id: str
    key: str
    name: str
    role: Literal["agent", "supervisor", "admin"]


class BotMe(Struct, kw_only=True, frozen=True):
    """The bot, to itself."""

    id: str
    key: str
    name: str


class VisitorSnapshot(Struct, kw_only=True, frozen=True):
    """All that a visitor's page shows, but for entries."""

    site: parts.Site
    conversation: parts.Conversation | None


class AgentSnapshot(Struct, kw_only=True, frozen=True):
    """All that a console shows, but for entries. ``conversations`` are those in the agent's own holds."""

    agent: parts.Agent
    offers: list[parts.Offer]
    conversations: list[parts.Conversation]
    departments: list[parts.Department]
    agents: list[parts.Colleague]


class BotSnapshot(Struct, kw_only=True, frozen=True):
    """The bot and its open conversations: those of this connection, as several share them."""

    bot: parts.Bot
    conversations: list[parts.Conversation]


class Identified(Struct, kw_only=True, frozen=True):
    """What all openings share: the snapshot's place in history and what was missed."""

    re: str
    session: str
    epoch: str
    v: int
    now: parts.Time
    missed: list[parts.Entry]
    missed_notes: list[parts.Entry]
    more: list[str]
    dropped: list[str]
    reset: bool
    ok: Literal[True] = True


class VisitorIdentified(Identified, kw_only=True, frozen=True):
    """Answer to a visitor's ``identify``."""

    me: VisitorMe
    snapshot: VisitorSnapshot


class AgentIdentified(Identified, kw_only=True, frozen=True):
    """Answer to an agent's ``identify``."""

    me: AgentMe
    snapshot: AgentSnapshot


class BotIdentified(Identified, kw_only=True, frozen=True):
    """Answer to a bot's ``identify``; there are no notes."""

    me: BotMe
    snapshot: BotSnapshot


class Sent(Struct, kw_only=True, frozen=True):
    """Answer to ``message.send`` and ``note.add``, after the commit."""

    re: str
    seq: int
    at: parts.Time
    ok: Literal[True] = True


class ConversationReply(Struct, kw_only=True, frozen=True):
    """Carries the conversation as it stands after the commit."""

    re: str
    conversation: parts.Conversation
    at: parts.Time
    ok: Literal[True] = True


class AcceptedReply(Struct, kw_only=True, frozen=True):
    """Answer to ``offer.accept``, ``conversation.pick``, ``take_over``, ``watch``: with the last 50 entries, notes."""

    re: str
    conversation: parts.Conversation
    entries: list[parts.Entry]
    notes: list[parts.Entry]
    at: parts.Time
    ok: Literal[True] = True


class HandoffReply(Struct, kw_only=True, frozen=True):
    """Answer to ``handoff`` and ``conversation.human``: it is in line, or it stays with the bot, and why."""

    re: str
    handoff: Literal["queued", "failed"]
    at: parts.Time
    reason: str | UnsetType = UNSET
    ok: Literal[True] = True


class AgentReply(Struct, kw_only=True, frozen=True):
    """Answer to ``status.set`` and ``agent.set_status``."""

    re: str
    agent: parts.Agent
    at: parts.Time
    ok: Literal[True] = True


class HistoryReply(Struct, kw_only=True, frozen=True):
    """Answer to ``history``; visitors get no notes."""

    re: str
    entries: list[parts.Entry]
    notes: list[parts.Entry]
    ok: Literal[True] = True


class Pong(Struct, kw_only=True, frozen=True):
    """Answer to ``ping``: the top of each conversation of this session, which finds a lost last entry."""

    re: str
    positions: dict[str, parts.Position]
    now: parts.Time
    ok: Literal[True] = True


AnyReply = (
    Reply
    | ErrorReply
    | VisitorIdentified
    | AgentIdentified
    | BotIdentified
    | Sent
    | ConversationReply
    | AcceptedReply
    | HandoffReply
    | AgentReply
    | HistoryReply
    | Pong
)
