"""What the server tells unasked, tagged by ``on``. State events carry the ``v`` of their commit, lossy ones none."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from server.wire import parts


class Event(Struct, kw_only=True, frozen=True, tag_field="on"):
    """Anything that happened."""


class Limits(Struct, kw_only=True, frozen=True):
    """What the server accepts."""

    frame_bytes: int
    text_chars: int


class Hello(Event, kw_only=True, frozen=True, tag="hello"):
    """The first frame of every connection."""

    protocol: int
    server: str
    heartbeat_ms: int
    identify_within_ms: int
    limits: Limits
    features: list[str]


class EntryEvent(parts.Entry, kw_only=True, frozen=True, tag_field="on", tag="entry", rename={"sender": "from"}):
    """A new entry; everyone in the conversation gets the same, the sender included."""


class NoteEvent(parts.Entry, kw_only=True, frozen=True, tag_field="on", tag="note", rename={"sender": "from"}):
    """A new note, for the team only; notes have their own numbers.

    One of the kind ``handoff`` may come while the conversation rings: then it is the OFFER's ``note`` from there on,
    unless that is a transfer.
    """


class ConversationEvent(Event, kw_only=True, frozen=True, tag="conversation"):
    """The conversation as it stands now, as the reader may see it."""

    v: int
    conversation: parts.Conversation


class QueueEvent(Event, kw_only=True, frozen=True, tag="queue"):
    """Place and wait of a waiting conversation; at most every 2 s, on change."""

    conversation: str
    queue: parts.Queue


class OfferEvent(parts.Offer, kw_only=True, frozen=True, tag_field="on", tag="offer"):
    """It rings."""

    v: int


class OfferEndedEvent(Event, kw_only=True, frozen=True, tag="offer.ended"):
    """It rings no more."""

    v: int
    offer: str
    why: parts.OfferEnd


class AgentEvent(Event, kw_only=True, frozen=True, tag="agent"):
    """The reader's own state."""

    v: int
    agent: parts.Agent


class BotEvent(Event, kw_only=True, frozen=True, tag="bot"):
    """The bot itself, as its settings are now."""

    v: int
    bot: parts.Bot


class DepartmentEvent(Event, kw_only=True, frozen=True, tag="department"):
    """A line as it stands now, for agents."""

    v: int
    department: parts.Department


class SiteEvent(Event, kw_only=True, frozen=True, tag="site"):
    """The site as it stands now, for visitors."""

    v: int
    site: parts.Site


class AgentsEvent(Event, kw_only=True, frozen=True, tag="agents"):
    """The colleagues who changed."""

    v: int
    agents: list[parts.Colleague]


class RemovedEvent(Event, kw_only=True, frozen=True, tag="removed"):
    """Agents and departments (by id) that are configured no more."""

    v: int
    agents: list[str]
    departments: list[str]


class ErasedEvent(Event, kw_only=True, frozen=True, tag="erased"):
    """All that these conversations held of their visitor is erased: a client forgets what it was shown of them."""

    v: int
    visitor: str
    conversations: list[str]


class DroppedEvent(Event, kw_only=True, frozen=True, tag="dropped"):
    """To a bot's connection: it hears no more of this conversation. Another connection of the bot has it, or another
    bot; whoever is given it again is told all of it.
    """

    conversation: str


class TypingEvent(Event, kw_only=True, frozen=True, tag="typing", rename={"sender": "from"}):
    """Somebody types or stopped. Lossy."""

    conversation: str
    sender: parts.Person
    active: bool
    text: str | UnsetType = UNSET


class ReadEvent(Event, kw_only=True, frozen=True, tag="read", rename={"sender": "from"}):
    """Somebody has seen all entries up to ``seq``. Lossy."""

    conversation: str
    sender: parts.Person
    seq: int


class PresenceEvent(Event, kw_only=True, frozen=True, tag="presence", rename={"sender": "from"}):
    """Somebody is here or has gone. Lossy."""

    conversation: str
    sender: parts.Person
    here: bool


class StreamEvent(Event, kw_only=True, frozen=True, tag="stream", rename={"sender": "from"}):
    """A bot's message that is not finished: ``text`` is all of it so far. Lossy.

    It ends with the entry whose ``client_id`` is its ``stream_id``, or with ``active`` false: it was cut, and there is
    no entry.
    """

    conversation: str
    sender: parts.Person
    stream_id: str
    text: str
    active: bool


class ThinkingEvent(Event, kw_only=True, frozen=True, tag="thinking", rename={"sender": "from"}):
    """A bot is at work on an answer, or has stopped. Lossy."""

    conversation: str
    sender: parts.Person
    active: bool
    title: str | UnsetType = UNSET


class HandoffQueued(Event, kw_only=True, frozen=True, tag="handoff.queued"):
    """To the bot: it waits for a person. ``reason``: handoff, asked, bot_gone, unanswered, bot_removed."""

    v: int
    conversation: str
    reason: str


class HandoffAccepted(Event, kw_only=True, frozen=True, tag="handoff.accepted"):
    """To the bot: ``agent`` has it now."""

    v: int
    conversation: str
    agent: parts.Named


class HandoffFailed(Event, kw_only=True, frozen=True, tag="handoff.failed"):
    """To the bot: it stays with it. ``reason``: nobody, line_full, outside_hours, trial."""

    v: int
    conversation: str
    reason: str


class HandoffReturned(Event, kw_only=True, frozen=True, tag="handoff.returned"):
    """To the bot: ``agent`` gave it the conversation, which it owns again."""

    v: int
    conversation: str
    agent: parts.Named


class Drain(Event, kw_only=True, frozen=True, tag="drain"):
    """The server restarts: reconnect after this time."""

    reconnect_in_ms: int


AnyEvent = (
    Hello
    | EntryEvent
    | NoteEvent
    | ConversationEvent
    | QueueEvent
    | OfferEvent
    | OfferEndedEvent
    | AgentEvent
    | BotEvent
    | DepartmentEvent
    | SiteEvent
    | AgentsEvent
    | RemovedEvent
    | ErasedEvent
    | DroppedEvent
    | TypingEvent
    | ReadEvent
    | PresenceEvent
    | StreamEvent
    | ThinkingEvent
    | HandoffQueued
    | HandoffAccepted
    | HandoffFailed
    | HandoffReturned
    | Drain
)
