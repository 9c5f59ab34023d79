"""The objects that frames are made of: SITE, CONVERSATION, AGENT, DEPARTMENT, COLLEAGUE, OFFER, ENTRY, QUEUE.

Names are those of the public protocol. A field that only agents see is left out (``UNSET``) for visitors; a field whose
absence means something is ``null``. Times are RFC 3339 strings in UTC with milliseconds.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Time = Annotated[str, Meta(description="UTC, RFC 3339 with milliseconds")]

# Of an entry or note. Bounded to what JavaScript and SQL count exactly.
Number = Annotated[int, Meta(ge=0, le=2**53 - 1)]

Status = Literal["available", "busy", "away", "offline"]
ConversationState = Literal["bot", "waiting", "offered", "active", "closed"]
EntryKind = Literal["message", "notice", "joined", "left", "transferred", "closed", "file", "whisper", "handoff"]
Role = Literal["visitor", "agent", "bot", "system"]
HoldKind = Literal["offer", "active", "wrap_up"]
OfferEnd = Literal["accepted", "taken", "declined", "missed", "withdrawn"]


class Named(Struct, kw_only=True, frozen=True):
    """An agent, bot or department as others may see it."""

    id: str
    key: str
    name: str


class Person(Struct, kw_only=True, frozen=True):
    """Who wrote, types, reads or is here. ``name`` may be empty for a visitor who gave none."""

    role: Role
    id: str
    name: str


class Page(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The visitor's page as the widget reports it. A label, never trusted."""

    url: Annotated[str, Meta(max_length=2048)] = ""
    title: Annotated[str, Meta(max_length=500)] = ""
    referrer: Annotated[str, Meta(max_length=2048)] = ""


# What a bot offers the visitor to say next, at a press.
_SAYS = r"\S"  # what is to be read or pressed is not blank
QuickReply = Annotated[str, Meta(min_length=1, max_length=80, pattern=_SAYS)]
QuickReplies = Annotated[list[QuickReply], Meta(min_length=1, max_length=10)]


class Link(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """An address that a card leads to; ``text`` is what is to be read on it."""

    text: Annotated[str, Meta(min_length=1, max_length=80, pattern=_SAYS)]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s\x00-\x1f]+$(?!\n)", max_length=2048)]


class Card(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something a bot shows beside its words: plain text and links, never markup."""

    title: Annotated[str, Meta(min_length=1, max_length=200, pattern=_SAYS)]
    text: Annotated[str, Meta(max_length=2000)] = ""
    links: Annotated[list[Link], Meta(max_length=5)] = []
    replies: Annotated[list[QuickReply], Meta(max_length=10)] = []


Cards = Annotated[list[Card], Meta(min_length=1, max_length=10)]


class VisitorPart(Struct, kw_only=True, frozen=True):
    """A visitor; everything but ``id`` and ``name`` is for agents only.

    ``verified``: their site has signed who they are, and ``attributes``; if not, name and e-mail are what they typed.
    """

    id: str
    name: str
    email: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    timezone: str | UnsetType = UNSET
    verified: bool | UnsetType = UNSET
    visits: int | UnsetType = UNSET
    attributes: dict[str, Any] | UnsetType = UNSET
    here: bool | UnsetType = UNSET


class Wait(Struct, kw_only=True, frozen=True):
    """A promised range of waiting, in seconds from now."""

    low_s: int
    high_s: int


class Queue(Struct, kw_only=True, frozen=True):
    """Where a waiting conversation stands. ``serving``: an eligible agent is present and available."""

    place: int
    ahead: int
    wait: Wait | None
    serving: bool


class Top(Struct, kw_only=True, frozen=True):
    """The number of the last entry and note (0 = none). Visitors see no notes."""

    entries: int
    notes: int | UnsetType = UNSET


class Transfer(Struct, kw_only=True, frozen=True):
    """The conversation rings at a colleague while its agent keeps it."""

    to: Named
    expires_at: Time | None


class Candidate(Struct, kw_only=True, frozen=True):
    """One agent in a decision: the measure compared, or the clause that excluded them (DESIGN §5.1).

    ``preference``: the weights of the preferred skills that they meet, added up.
    """

    agent: Named
    excluded: str | None
    running: int
    used: int
    max: int
    priority: int
    measure: str = ""
    preference: int = 0


class Why(Struct, kw_only=True, frozen=True):
    """The stored reason of an offer: how many could take it, who came next, why the others could not."""

    method: str
    reason: str
    takeable: int
    chosen: Candidate | None
    runner_up: Candidate | None
    excluded: dict[str, int]
    candidates: list[Candidate]
    widening_step: int
    rules: list[str]


class Rating(Struct, kw_only=True, frozen=True):
    """What the visitor thought of it, from 1 to 5."""

    score: int
    comment: str


class Conversation(Struct, kw_only=True, frozen=True):
    """One conversation, as the reader may see it. ``left``: a message left for later, whose visitor does not wait.

    ``bot``: the one that answers, or did when it was closed. ``form``: what the visitor filled in, for bots. ``trial``:
    a try-out from the settings page, which people never get.
    """

    id: str
    state: ConversationState
    department: Named
    visitor: VisitorPart
    agent: Named | None
    bot: Named | None
    top: Top
    queue: Queue | None
    started_at: Time
    left: bool = False
    trial: bool | UnsetType = UNSET
    form: dict[str, str] | UnsetType = UNSET
    language: str | UnsetType = UNSET
    page: Page | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    needs: dict[str, Any] | UnsetType = UNSET
    outcome: str | UnsetType | None = UNSET
    rating: Rating | UnsetType | None = UNSET
    entered_line_at: Time | UnsetType | None = UNSET
    waited_ms: int | UnsetType = UNSET
    previous_agent: Named | UnsetType | None = UNSET
    transfer: Transfer | UnsetType | None = UNSET
    why: Why | UnsetType | None = UNSET


class Entry(Struct, kw_only=True, frozen=True, rename={"sender": "from"}):
    """One numbered entry (or note) of a conversation.

    By kind: ``notice`` has ``notice`` (queued, nobody, returned, idle …), of those who wait also ``place`` and, with a
    range, ``low_s`` and ``high_s``; ``joined`` has ``waited_ms``; ``transferred`` has ``to``; ``left`` and ``closed``
    have ``reason``; a bot's ``message`` may have ``replies`` and ``cards``; ``handoff``, a note, is a bot's summary.
    ``erased``: the visitor was, and with them the text; number and kind stay.
    """

    conversation: str
    seq: int
    kind: EntryKind
    # Renamed on the wire: `from` is a Python keyword.
    sender: Person
    text: str
    at: Time
    client_id: str | UnsetType = UNSET
    notice: str | UnsetType = UNSET
    place: int | UnsetType = UNSET
    low_s: int | UnsetType = UNSET
    high_s: int | UnsetType = UNSET
    waited_ms: int | UnsetType = UNSET
    to: Named | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    replies: list[str] | UnsetType = UNSET
    cards: list[Card] | UnsetType = UNSET
    erased: bool | UnsetType = UNSET


class Hold(Struct, kw_only=True, frozen=True):
    """What takes one or more of an agent's slots. ``until``: end of the ring or of the wrap-up."""

    conversation: str
    kind: HoldKind
    cost: int
    until: Time | None


class Slots(Struct, kw_only=True, frozen=True):
    """Used slots and their limit; ``used`` may be above a limit that was lowered."""

    used: int
    max: int


class Agent(Struct, kw_only=True, frozen=True):
    """The agent's own state."""

    id: str
    key: str
    name: str
    status: Status
    reason: str
    slots: Slots
    holds: list[Hold]
    skills: dict[str, int]
    role: Literal["agent", "supervisor", "admin"]


class Bot(Struct, kw_only=True, frozen=True):
    """A bot, to itself: how many connections and open conversations it has. ``reply_seconds`` 0: no hurry."""

    id: str
    key: str
    name: str
    reply_seconds: int
    connections: int
    conversations: int


class LineItem(Struct, kw_only=True, frozen=True):
    """One waiting conversation in a department's line."""

    conversation: str
    visitor: VisitorPart
    entered_at: Time
    ringing: bool = False


class Department(Struct, kw_only=True, frozen=True):
    """A department's line as agents see it: the first 50, oldest key first."""

    id: str
    key: str
    name: str
    waiting: int
    oldest_at: Time | None
    line: list[LineItem]


class Colleague(Struct, kw_only=True, frozen=True):
    """Another agent, as agents see them."""

    id: str
    key: str
    name: str
    status: Status
    reachable: bool
    free: int


class Offer(Struct, kw_only=True, frozen=True):
    """A conversation proposed to the reader. ``soft``: rings without holding a slot; ``auto``: accepted already."""

    offer: str
    conversation: Conversation
    method: str
    soft: bool
    auto: bool
    expires_at: Time | None
    why: Why
    text: str
    transfer_from: Named | None
    note: str


class SiteDepartment(Struct, kw_only=True, frozen=True):
    """A department as a visitor may choose it. ``open``: within hours and somebody is serving.

    ``in_hours`` is the clock's part of that; outside, ``opens_at`` says when it opens (``null``: not within a year).
    ``bot``: a bot that is here answers first, open or not.
    """

    id: str
    key: str
    name: str
    open: bool
    in_hours: bool
    opens_at: Time | None
    bot: bool = False


class Site(Struct, kw_only=True, frozen=True):
    """One embedding of the widget."""

    key: str
    name: str
    look: dict[str, Any]
    departments: list[SiteDepartment]


class Position(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """How far a client has read a conversation, or its top."""

    entries: Number
    notes: Number = 0
