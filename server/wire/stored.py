"""What is stored of a visitor, as they may have it: the answers of the API and of `frontdesk visitor`."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from server.wire import parts
from server.wire.parts import Time


class StoredVisitor(Struct, kw_only=True, frozen=True):
    """The person. ``subject`` and ``attributes``: what their site vouches for. ``erased_at``: nothing else is left."""

    id: str
    site: str
    name: str
    email: str
    language: str
    timezone: str
    subject: str | None
    attributes: dict[str, Any]
    visits: int
    conversations: int
    created_at: Time
    seen_at: Time
    erased_at: Time | None


class VisitorsFound(Struct, kw_only=True, frozen=True):
    """Those who gave an address, the newest visit first, at most 100."""

    visitors: list[StoredVisitor]


class StoredOffer(Struct, kw_only=True, frozen=True):
    """Somebody was asked to take the conversation; ``reason``: what they said when they declined."""

    agent: str
    state: str
    made_at: Time
    ended_at: Time | None
    reason: str


class StoredPromise(Struct, kw_only=True, frozen=True):
    """A wait that was promised, and what became of it."""

    department: str
    at: Time
    place: int
    low_ms: int
    high_ms: int
    ended: str | None
    realised_ms: int | None


class StoredEvent(Struct, kw_only=True, frozen=True):
    """What happened to the conversation; ``body`` is the record of it, without a word that was said."""

    kind: str
    at: Time
    body: Any


class StoredRequest(Struct, kw_only=True, frozen=True):
    """A request that named itself. Of what it held a hash is kept, so that a resend can be told from another."""

    do: str
    at: Time


class StoredConversation(Struct, kw_only=True, frozen=True):
    """One conversation with all that belongs to it. ``left``: a message left for later."""

    id: str
    site: str
    department: parts.Named
    agent: parts.Named | None
    state: str
    left: bool
    language: str
    started_at: Time
    closed_at: Time | None
    page: dict[str, str]
    form: dict[str, str]
    tags: list[str]
    outcome: str | None
    score: int | None
    comment: str
    entries: list[parts.Entry]
    notes: list[parts.Entry]
    offers: list[StoredOffer]
    promises: list[StoredPromise]
    events: list[StoredEvent]


class VisitorExport(Struct, kw_only=True, frozen=True):
    """Everything that is stored of one visitor, as of one moment."""

    format: str
    exported_at: Time
    visitor: StoredVisitor
    conversations: list[StoredConversation]
    requests: list[StoredRequest]


class ErasedAnswer(Struct, kw_only=True, frozen=True):
    """What an erasure came to."""

    visitor: str
    conversations: int
    entries: int
    notes: int


class RemovedAnswer(Struct, kw_only=True, frozen=True):
    """What was removed because it is old, or would be; ``days`` 0: everything is kept."""

    days: int
    conversations: int
    visitors: int
    dry_run: bool
