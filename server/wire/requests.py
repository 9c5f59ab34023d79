"""What clients may send: a struct per ``do``, unknown fields refused. One union per endpoint says who may ask what."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from server.wire import parts

RequestId = Annotated[str, Meta(min_length=1, max_length=128)]
ClientId = Annotated[str, Meta(min_length=1, max_length=128)]
Ref = Annotated[str, Meta(min_length=1, max_length=128, description="an id, or a key where the object has one")]
Token = Annotated[str, Meta(min_length=1, max_length=4096)]
Note = Annotated[str, Meta(max_length=8000)]
Reason = Annotated[str, Meta(max_length=500)]
Label = Annotated[str, Meta(min_length=1, max_length=64)]


class Request(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """Any request that is answered: ``id`` is the client's, echoed as ``re``."""

    id: RequestId


class Lossy(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True, tag_field="do"):
    """A request that may go unanswered: without ``id`` only errors are answered, with ``"re":null``."""

    id: RequestId | UnsetType = UNSET


class Resume(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Where the client stood when it lost the connection."""

    epoch: Annotated[str, Meta(max_length=128)]
    positions: Annotated[dict[str, parts.Position], Meta(max_length=1000)]


class IdentifyVisitor(Request, kw_only=True, frozen=True, tag="identify"):
    """Opens a visitor's session. ``token``: the newest that an answer gave, each of which has its turn.

    ``identity``: a JWT by which the site says who the visitor is; one that is no good is ``unauthorised``, and the
    connection lives. ``trial``: a one-time ticket of the settings page: what is started here is a try-out of a bot.
    """

    protocol: int
    site: Ref
    token: Token | UnsetType = UNSET
    identity: Token | UnsetType = UNSET
    page: parts.Page | UnsetType = UNSET
    language: Annotated[str, Meta(max_length=35)] = ""
    timezone: Annotated[str, Meta(max_length=64)] = ""
    trial: Token | UnsetType = UNSET
    resume: Resume | UnsetType = UNSET


class IdentifyAgent(Request, kw_only=True, frozen=True, tag="identify"):
    """Opens an agent's session with a login token or a one-time ticket."""

    protocol: int
    token: Token
    resume: Resume | UnsetType = UNSET


class IdentifyBot(Request, kw_only=True, frozen=True, tag="identify"):
    """Opens one of a bot's sessions. ``name``: of this worker, for those who run it."""

    protocol: int
    token: Token
    name: Annotated[str, Meta(max_length=64)] = ""
    resume: Resume | UnsetType = UNSET


class ConversationStart(Request, kw_only=True, frozen=True, tag="conversation.start"):
    """Starts a conversation; onto an open one of this visitor and site the text is appended."""

    client_id: ClientId
    department: Ref | UnsetType = UNSET
    form: Annotated[dict[str, Annotated[str, Meta(max_length=2000)]], Meta(max_length=50)] | UnsetType = UNSET
    text: str | UnsetType = UNSET


class MessageLeave(Request, kw_only=True, frozen=True, tag="message.leave"):
    """Leaves a message for later: taken whoever is here, at any hour, however long the line.

    ``form`` has an ``email``, or a ``name`` and a ``contact``. Who waits leaves the line with it, and what they wrote
    there goes along; who is in a conversation with somebody writes there (``conflict``).
    """

    client_id: ClientId
    form: Annotated[dict[str, Annotated[str, Meta(max_length=2000)]], Meta(max_length=50)]
    text: str
    department: Ref | UnsetType = UNSET


class MessageSend(Request, kw_only=True, frozen=True, tag="message.send"):
    """Appends a message. Resent with the same ``client_id`` it answers with the first ``seq`` and stores nothing."""

    conversation: Ref
    client_id: ClientId
    text: str


class BotMessageSend(Request, kw_only=True, frozen=True, tag="message.send"):
    """Appends a bot's message, perhaps with quick replies and cards. Resent, it answers with the first ``seq``."""

    conversation: Ref
    client_id: ClientId
    text: str
    replies: parts.QuickReplies | UnsetType = UNSET
    cards: parts.Cards | UnsetType = UNSET


class Stream(Lossy, kw_only=True, frozen=True, tag="stream"):
    """A piece of a message that grows before the visitor's eyes; ``final`` makes it an entry and is answered as that.

    ``offset``: where the piece belongs, in characters: one that is not the next is answered ``conflict``. ``text``: the
    whole so far, ``delta`` included; it begins the stream anew where the connection has changed, and an empty one takes
    back what is shown. At ``final`` the ``client_id`` of the message is the ``stream_id``, and ``id`` is required.
    """

    conversation: Ref
    stream_id: ClientId
    delta: str = ""
    final: bool = False
    offset: Annotated[int, Meta(ge=0)] | UnsetType = UNSET
    text: str | UnsetType = UNSET
    replies: parts.QuickReplies | UnsetType = UNSET
    cards: parts.Cards | UnsetType = UNSET

    @property
    def client_id(self) -> str | UnsetType:
        """What names the write that this is at its end."""
        return self.stream_id if self.final else UNSET


class Thinking(Lossy, kw_only=True, frozen=True, tag="thinking"):
    """The bot is at work on an answer; ``title`` says at what. Lossy."""

    conversation: Ref
    active: bool
    title: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET


class HandoffTo(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """One of the two at most: a department's line, or an agent for whom it is kept for a while."""

    agent: Ref | UnsetType = UNSET
    department: Ref | UnsetType = UNSET


class Handoff(Request, kw_only=True, frozen=True, tag="handoff"):
    """Gives the conversation to people: from the answer on, if it is ``queued``, the bot reads but writes no more.

    ``summary`` is the first thing the agent sees, ``reason`` is for those who look at it later. A bot whose
    conversation went to people because the visitor asked for them, or the bot did not answer or was gone, may send one
    ``summary`` afterwards, without ``to``: it becomes the same note, moves nothing, and the answer is ``queued``.
    """

    conversation: Ref
    to: HandoffTo | UnsetType = UNSET
    summary: Note = ""
    reason: Reason = ""
    client_id: ClientId | UnsetType = UNSET


class ConversationHuman(Request, kw_only=True, frozen=True, tag="conversation.human"):
    """The visitor asks for a person instead of the bot that answers. Without a bot: ``conflict``."""

    conversation: Ref
    client_id: ClientId | UnsetType = UNSET


class NoteAdd(Request, kw_only=True, frozen=True, tag="note.add"):
    """Adds a note that no visitor ever sees."""

    conversation: Ref
    client_id: ClientId
    text: str


class History(Request, kw_only=True, frozen=True, tag="history"):
    """Reads entries with a number above ``after`` (the oldest of them) or below ``before`` (the newest of them).

    Notes have their own numbers: ``notes_after`` and ``notes_before``; without either, the newest ``limit`` notes come.
    """

    conversation: Ref
    after: parts.Number | UnsetType = UNSET
    before: parts.Number | UnsetType = UNSET
    notes_after: parts.Number | UnsetType = UNSET
    notes_before: parts.Number | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=500)] = 100


class Typing(Lossy, kw_only=True, frozen=True, tag="typing"):
    """Tells the others that the sender is typing. Lossy."""

    conversation: Ref
    active: bool
    text: Annotated[str, Meta(max_length=8000)] | UnsetType = UNSET


class Read(Lossy, kw_only=True, frozen=True, tag="read"):
    """The sender has seen all entries up to ``seq``. Monotone."""

    conversation: Ref
    seq: parts.Number


class Ping(Request, kw_only=True, frozen=True, tag="ping"):
    """Proof of life both ways; the answer tells the top of each conversation of this session."""


class ConversationClose(Request, kw_only=True, frozen=True, tag="conversation.close"):
    """Closes a conversation. ``outcome`` and ``tags`` are the agent's."""

    conversation: Ref
    client_id: ClientId | UnsetType = UNSET
    outcome: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    tags: Annotated[list[Label], Meta(max_length=50)] | UnsetType = UNSET


class VisitorClose(Request, kw_only=True, frozen=True, tag="conversation.close"):
    """The visitor ends the conversation."""

    conversation: Ref
    client_id: ClientId | UnsetType = UNSET


class StatusSet(Request, kw_only=True, frozen=True, tag="status.set"):
    """The agent chooses a status."""

    status: parts.Status
    reason: Reason = ""
    client_id: ClientId | UnsetType = UNSET


class OfferSeen(Lossy, kw_only=True, frozen=True, tag="offer.seen"):
    """The console confirms that it rang."""

    offer: Ref


class OfferAccept(Request, kw_only=True, frozen=True, tag="offer.accept"):
    """Takes the offered conversation. Late: ``gone``; no slot left: ``conflict``."""

    offer: Ref
    client_id: ClientId | UnsetType = UNSET


class OfferDecline(Request, kw_only=True, frozen=True, tag="offer.decline"):
    """Lets the offered conversation go to the next agent at once."""

    offer: Ref
    reason: Reason = ""
    client_id: ClientId | UnsetType = UNSET


class WrapUpEnd(Request, kw_only=True, frozen=True, tag="wrap_up.end"):
    """Ends the agent's wrap-up of a closed conversation; its slot is free."""

    conversation: Ref
    client_id: ClientId | UnsetType = UNSET
    outcome: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    tags: Annotated[list[Label], Meta(max_length=50)] | UnsetType = UNSET


class TransferTo(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Exactly one of the three."""

    agent: Ref | UnsetType = UNSET
    department: Ref | UnsetType = UNSET
    bot: Ref | UnsetType = UNSET


class ConversationTransfer(Request, kw_only=True, frozen=True, tag="conversation.transfer"):
    """Hands the conversation to a department's line or to a bot, or offers it to an agent while the sender keeps it."""

    conversation: Ref
    to: TransferTo
    note: Note = ""
    client_id: ClientId | UnsetType = UNSET


class ConversationPick(Request, kw_only=True, frozen=True, tag="conversation.pick"):
    """Takes a waiting conversation out of the line by hand."""

    conversation: Ref
    client_id: ClientId | UnsetType = UNSET


class ConversationRate(Request, kw_only=True, frozen=True, tag="conversation.rate"):
    """What the visitor thought of the conversation, also after its end. The last word counts."""

    conversation: Ref
    score: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(max_length=2000)] = ""
    client_id: ClientId | UnsetType = UNSET


class ConversationWatch(Request, kw_only=True, frozen=True, tag="conversation.watch"):
    """A supervisor looks on: the conversation, its entries and notes, and what happens until this connection ends.

    ``active`` false ends it. Watching is recorded; whoever is watched is not told.
    """

    conversation: Ref
    active: bool = True


class ConversationTakeOver(Request, kw_only=True, frozen=True, tag="conversation.take_over"):
    """A supervisor takes an open conversation, from its agent or out of any line. Without a free slot: ``conflict``."""

    conversation: Ref
    client_id: ClientId | UnsetType = UNSET


class AgentSetStatus(Request, kw_only=True, frozen=True, tag="agent.set_status"):
    """A supervisor chooses an agent's status."""

    agent: Ref
    status: parts.Status
    reason: Reason = ""
    client_id: ClientId | UnsetType = UNSET


class Whisper(Request, kw_only=True, frozen=True, tag="whisper"):
    """A supervisor's word to a conversation's agent: a note of kind ``whisper``. Without an agent: ``conflict``."""

    conversation: Ref
    text: str
    client_id: ClientId | UnsetType = UNSET


VisitorRequest = (
    IdentifyVisitor
    | ConversationStart
    | MessageSend
    | MessageLeave
    | History
    | Typing
    | Read
    | Ping
    | VisitorClose
    | ConversationRate
    | ConversationHuman
)
AgentRequest = (
    IdentifyAgent
    | MessageSend
    | NoteAdd
    | History
    | Typing
    | Read
    | Ping
    | ConversationClose
    | StatusSet
    | OfferSeen
    | OfferAccept
    | OfferDecline
    | WrapUpEnd
    | ConversationTransfer
    | ConversationPick
    | ConversationWatch
    | ConversationTakeOver
    | AgentSetStatus
    | Whisper
)

BotRequest = (
    IdentifyBot
    | BotMessageSend
    | NoteAdd
    | Stream
    | Thinking
    | History
    | Typing
    | Read
    | Ping
    | ConversationClose
    | Handoff
)

Endpoint = Literal["visitor", "agent", "bot"]
