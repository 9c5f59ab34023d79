"""Messages and notes: straight to the store's writer, acknowledged after the commit, then told to everyone.

In one transaction: find the conversation, remove duplicates, check the sender's right, number, insert. The router is
not asked; it only hears who wrote, where that matters to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
import structlog
from msgspec import UnsetType

from router import commands, events, model
from server.clock import Clock
from server.desk import audience, views
from server.desk.audience import Hub
from server.desk.identity import AgentIdentity, BotIdentity, VisitorIdentity
from server.desk.sending import Appended, Plain, Sending, Sendings, Streamed
from server.desk.watchers import Watchers
from server.desk.writers import Later, Writers
from server.session.ports import Peer, Ticket
from server.store import entries, routing
from server.store.base import Failed, Store, StoreUnavailable, Tx
from server.store.entries import Draft, Log, Target
from server.wire import replies
from server.wire.codec import encode
from server.wire.codes import ErrorCode, Refused
from server.wire.events import EntryEvent
from server.wire.parts import Person
from server.wire.requests import BotMessageSend, MessageSend, NoteAdd, Stream
from server.wire.times import rfc3339

Identity = VisitorIdentity | AgentIdentity | BotIdentity
TEXT_CHARS = 8000
# After these whoever writes next is news, and what a bot was about to say is cut.
CHANGES_OF_HANDS = (
    events.ConversationClosed,
    events.ConversationAssigned,
    events.ConversationReturned,
    events.ConversationHandedOver,
    events.ConversationGivenToBot,
)
_DOUBTFUL = 10_000
_UNKNOWN = "…"  # stands for a text that is not known; never stored
_log = structlog.get_logger(__name__)
_WRITERS = {writer.value: writer for writer in model.Writer}


def check_text(text: str, most: int = TEXT_CHARS) -> str:
    """The text of a message; raises `Refused` when it is empty or has more than `most` characters."""
    if len(text) > most:
        raise Refused(ErrorCode.TOO_LARGE, f"A message may have {most} characters.", field="text")
    if not text.strip():
        raise Refused(ErrorCode.BAD_REQUEST, "The text is empty.", field="text")
    return text


def append(tx: Tx, conversation: str, draft: Draft, identity: Identity, *, log: Log) -> Appended:
    """Store a message or note once, or find it; raises `Refused`."""
    assert draft.client_id is not None
    place = entries.target(tx, conversation, log)
    if place is None or not _may_know(tx, conversation, place, identity):
        raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
    known = entries.earlier(
        tx, place.n, sender=draft.sender, client_id=draft.client_id, text=draft.text, body=draft.body, log=log
    )
    if known is not None:
        return _found(conversation, draft, place, known)
    _check_right(tx, conversation, place, identity, log)
    seq = entries.append(tx, place, draft, log)
    return Appended(row=entries.entry_of(conversation, seq, draft), place=place, first=True)


def _found(conversation: str, draft: Draft, place: Target, known: entries.Earlier) -> Appended:
    if not known.same:
        said = "This client_id was used for another text, or other replies or cards."
        raise Refused(ErrorCode.CLIENT_ID_CONFLICT, said, field="client_id")
    row = entries.entry_of(conversation, known.seq, replace(draft, at=known.at))
    return Appended(row=row, place=place, first=False)


def _may_know(tx: Tx, conversation: str, place: Target, identity: Identity) -> bool:
    """Whether the sender may know that this conversation exists; what is not theirs does not exist for them."""
    match identity:
        case VisitorIdentity():
            return place.visitor == identity.visitor and place.site == identity.site
        case AgentIdentity():
            return (
                identity.supervises or place.owner == identity.agent or routing.knows(tx, identity.agent, conversation)
            )
        case BotIdentity():
            return place.bot == identity.bot


def _check_right(tx: Tx, conversation: str, place: Target, identity: Identity, log: Log) -> None:
    if log == "note" and isinstance(identity, AgentIdentity):
        owns = identity.supervises or routing.holds(tx, identity.agent, conversation)
        if owns:
            return
    else:
        owns = isinstance(identity, VisitorIdentity) or place.owner == identity.person
    if place.state == "closed":
        raise Refused(ErrorCode.CLOSED, "This conversation is closed.")
    if not owns:
        raise Refused(ErrorCode.NOT_OWNER, "This conversation is not yours.")


class Messages:
    """Sends messages and notes."""

    def __init__(
        self,
        *,
        store: Store,
        hub: Hub,
        clock: Clock,
        tell: Callable[[commands.Command], None],
        text_chars: Callable[[], int] = lambda: TEXT_CHARS,
        later: Later | None = None,
    ) -> None:
        """`tell` reaches the router. `text_chars`: how long a text may be now. `later`: as in `Writers`."""
        self._store = store
        self._hub = hub
        self._clock = clock
        self.text_chars = text_chars
        self.counts = {"visitor": 0, "agent": 0, "bot": 0, "note": 0}  # stored by their requests, since the start
        self.watchers = Watchers()
        self._writers = Writers(tell, now=clock.now, later=later)
        self._doubtful: dict[tuple[str, str, str], bool] = {}
        self._series = Sendings(one=_append, told=self._told)
        self.asked: Callable[[str, str, str], None] = lambda _bot, _conversation, _text: None
        self.answered: Callable[[str, str], None] = lambda _bot, _conversation: None

    def send(self, peer: Peer, request: MessageSend) -> Ticket:
        """Queue it behind what this connection sent before; the ticket ends when it was answered."""
        return self._submit(peer, request, "entry", request.text)

    def note(self, peer: Peer, request: NoteAdd) -> Ticket:
        """The same for a note."""
        return self._submit(peer, request, "note", request.text)

    def send_of_bot(self, peer: Peer, request: BotMessageSend) -> Ticket:
        """The same for what a bot says."""
        return self._submit(peer, request, "entry", request.text, body_of(request))

    def send_streamed(
        self, peer: Peer, request: Stream, text: str | None, on_end: Callable[[Exception | None], None]
    ) -> Ticket:
        """The same for a stream that is at its end. ``text`` None: of the whole nothing is known but its name."""
        body = None if text is None else body_of(request)
        return self._submit(
            peer, request, "entry", _UNKNOWN if text is None else text, body, known=text is None, on_end=on_end
        )

    def forget(self, conversation: str) -> None:
        """It was closed, or changed hands: whoever writes next is news."""
        self._writers.forget(conversation)

    def say_who_wrote(self, conversation: str) -> None:
        """Have the router know at once: before the conversation is given away, or where two seconds are long."""
        self._writers.say(conversation)

    def known_as(self, identity: VisitorIdentity, name: str) -> None:
        """The visitor exists: all their pages write under the name that was given on one of them."""
        identities = [peer.identity for peer in self._hub.peers(audience.of_visitor(identity.visitor, identity.site))]
        for each in (identity, *identities):
            each.known = True
            each.name = name

    def _submit(  # noqa: PLR0913 - the parts of one message
        self,
        peer: Peer,
        request: Any,
        log: Log,
        text: str,
        body: dict[str, Any] | None = None,
        *,
        known: bool = False,
        on_end: Callable[[Exception | None], None] | None = None,
    ) -> Ticket:
        text = check_text(text, self.text_chars())
        identity: Identity = peer.identity
        if isinstance(identity, VisitorIdentity):
            role, sender = "visitor", identity.visitor
        elif isinstance(identity, AgentIdentity):
            role, sender = "agent", identity.agent
        else:
            role, sender = "bot", identity.bot
        make = Sending if on_end is None else partial(Streamed, on_end=on_end)
        sending = make(
            request=request,
            peer=peer,
            identity=identity,
            log=log,
            conversation=request.conversation,
            client_id=request.client_id,
            role=role,
            sender=sender,
            name=identity.name,
            text=text,
            at=self._clock.now(),
            body=body,
            known=known,
        )
        try:
            self._store.append(self._series, sending, lane=identity.lane)
        except StoreUnavailable:
            identity.lane.broken = True
            raise _unavailable() from None
        return sending

    def _told(self, items: Sequence[Sending], outcomes: Sequence[Appended | Plain | Failed]) -> None:
        """Answer and tell: first the sender, then everyone; message after message, as they are in the log."""
        for item, outcome in zip(items, outcomes, strict=True):
            if isinstance(outcome, Failed):
                self._not_stored(item, outcome.error)
                continue
            try:
                if isinstance(outcome, Plain):
                    self._sent_plainly(item, outcome)
                else:
                    self._sent(item, outcome)
            except Exception as fault:  # noqa: BLE001 - our bug; those who wrote in the same commit must not pay for it
                _log.exception("a stored message could not be told", conversation=item.conversation)
                item.finish(fault)
            else:
                item.finish()

    def _not_stored(self, item: Sending, error: Exception) -> None:
        if isinstance(error, StoreUnavailable):
            self._doubt(item)
            error = _unavailable()
        item.finish(error)

    def _sent_plainly(self, item: Sending, plain: Plain) -> None:
        at = rfc3339(item.at)
        item.peer.send(encode(replies.Sent(re=item.request.id, seq=plain.seq, at=at)))
        if self._doubtful:
            self._settle(item)
        frame = encode(
            EntryEvent(
                conversation=item.conversation,
                seq=plain.seq,
                kind="message",
                sender=Person(role=item.role, id=item.sender, name=item.name),  # type: ignore[arg-type] # one of three
                text=item.text,
                at=at,
                client_id=item.client_id,
            )
        )
        self.counts[item.role] += 1
        for topic in plain.topics:
            self._hub.publish(topic, frame)
        if self.watchers:
            self.watchers.tell(item.conversation, frame)
        self._writers.wrote(item.conversation, _WRITERS[item.role], item.at)
        if plain.bot is not None:
            self._with_bot(plain.bot, item.conversation, item.role, item.text)

    def _sent(self, item: Sending, appended: Appended) -> None:
        row = appended.row
        item.peer.send(encode(replies.Sent(re=item.request.id, seq=row.seq, at=rfc3339(row.at))))
        doubtful = self._settle(item)
        if not (appended.first or doubtful):
            return
        if item.log == "note":
            self.publish_note(appended)
        else:
            self.publish(appended)

    def _doubt(self, item: Sending) -> None:
        """It may have been kept all the same: then nobody was told, until it is sent again."""
        self._doubtful[item.conversation, item.sender, item.client_id] = True
        while len(self._doubtful) > _DOUBTFUL:
            self._doubtful.pop(next(iter(self._doubtful)))

    def _settle(self, item: Sending) -> bool:
        """Whether it was doubtful; it is no longer."""
        return self._doubtful.pop((item.conversation, item.sender, item.client_id), False)

    def publish(self, appended: Appended) -> None:
        """Tell everyone in the conversation of a new message, and the router who wrote it."""
        row, place = appended.row, appended.place
        self.counts[row.role] += 1
        frame = encode(views.entry_event(row))
        for topic in audience.of_place(row.conversation, place):
            self._hub.publish(topic, frame)
        self.watchers.tell(row.conversation, frame)
        self.wrote(row.conversation, model.Writer(row.role))
        if place.owner is not None and place.owner == place.bot:
            self._with_bot(place.owner, row.conversation, row.role, row.text)

    def _with_bot(self, bot: str, conversation: str, role: str, text: str) -> None:
        if role == "bot":
            self.answered(bot, conversation)
        else:
            self.asked(bot, conversation, text)

    def tell_agent(self, agent: str, frame: bytes) -> None:
        """What concerns one agent alone, at all their consoles."""
        self._hub.publish(audience.of_agent(agent), frame)

    def publish_note(self, appended: Appended) -> None:
        """Tell the team."""
        self.counts["note"] += 1
        agents = dict.fromkeys(each for each in (appended.place.owner, appended.row.sender) if each)
        frame = encode(views.note_event(appended.row))
        for agent in agents:
            self._hub.publish(audience.of_agent(agent), frame)
        self.watchers.tell(appended.row.conversation, frame)

    def wrote(self, conversation: str, writer: model.Writer) -> None:
        """The router cares who wrote last and roughly when, not how often."""
        self._writers.wrote(conversation, writer, self._clock.now())


def body_of(request: BotMessageSend | Stream) -> dict[str, Any] | None:
    """What a bot's message has beside its text, as its entry keeps it."""
    body: dict[str, Any] = {}
    if not isinstance(request.replies, UnsetType):
        body["replies"] = request.replies
    if not isinstance(request.cards, UnsetType):
        body["cards"] = msgspec.to_builtins(request.cards)
    return body or None


def _append(tx: Tx, sending: Sending) -> Appended:
    if sending.known:
        return _find(tx, sending)
    return append(tx, sending.conversation, sending.draft(), sending.identity, log=sending.log)


def _find(tx: Tx, sending: Sending) -> Appended:
    """What was stored under this name; raises `Refused`, `gone` when nothing was."""
    place = entries.target(tx, sending.conversation)
    if place is None or not _may_know(tx, sending.conversation, place, sending.identity):
        raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
    known = entries.earlier(tx, place.n, sender=sending.sender, client_id=sending.client_id, text=sending.text)
    if known is None:
        _check_right(tx, sending.conversation, place, sending.identity, sending.log)
        raise Refused(ErrorCode.GONE, "Of this stream nothing is known here: send its text.", field="text")
    row = entries.entry_of(sending.conversation, known.seq, replace(sending.draft(), at=known.at))
    return Appended(row=row, place=place, first=False)


def _unavailable() -> Refused:
    return Refused(ErrorCode.UNAVAILABLE, "Not stored. Send the same again.", retry_after_ms=500)
