"""Rows as the desk handles them: one frozen struct per table that it reads whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationRow:
    """One row of ``conversation``; ``page``, ``form`` and ``tags`` are decoded, ``routing`` is the router's JSON.

    ``left``: a message left for later by a visitor who does not wait. ``bot``: the one that has or had it. ``trial``:
    a try-out of that bot from the settings page, which goes to no people and counts nowhere.
    """

    n: int
    id: str
    site: str
    visitor: str
    department: str
    state: str
    owner: str | None
    entered_at: int
    assign_no: int
    version: int
    entries: int
    notes: int
    started_at: int
    closed_at: int | None
    language: str
    page: dict[str, str]
    form: dict[str, str]
    tags: list[str]
    outcome: str | None
    decision: str | None
    routing: str | None
    left: bool = False
    bot: str | None = None
    trial: bool = False
    score: int | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRow:
    """One row of ``promise``: the first range told in one stay in line; ``ended`` None while it lasts."""

    conversation: str
    line_entry: int
    department: str
    at: int
    place: int
    low_ms: int
    high_ms: int
    p50_ms: int
    p80_ms: int
    ended: str | None = None
    ended_at: int | None = None
    realised_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorRow:
    """One row of ``visitor``. ``subject``: whom their site calls them, if it vouched; ``attributes`` what it said."""

    id: str
    site: str
    name: str
    email: str
    language: str
    timezone: str
    subject: str | None
    visits: int
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One row of ``entry`` or ``note``, with the conversation's public id. ``body``: what the kind adds."""

    conversation: str
    seq: int
    kind: str
    role: str
    sender: str
    name: str
    client_id: str | None
    text: str
    body: dict[str, Any] | None
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow:
    """One row of ``offer``; ``decision`` is the router's JSON."""

    id: str
    conversation: str
    agent: str
    soft: bool
    state: str
    made_at: int
    expires_at: int | None
    transfer_from: str | None
    auto: bool
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RingRow:
    """A pending offer with what the agent is shown of it: the visitor's first words, the sender's note, or a bot's."""

    offer: OfferRow
    words: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A department's line: how many, since when the oldest, and the first of them by key."""

    department: str
    waiting: int
    oldest_at: int | None
    first: tuple[tuple[str, str, str, int, str], ...]  # conversation, visitor, visitor's name, entered at, state


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRow:
    """One row of ``hold``."""

    agent: str
    conversation: str
    kind: str
    cost: int
    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One row of ``event`` without its ``v`` and ``n``; ``conversation`` is the one it happened to, if it is one."""

    kind: str
    body: str
    at: int
    conversation: str | None = None
