"""Messages and notes: straight to the store's writer, acknowledged after the commit, then told to everyone.

In one transaction: find the conversation, remove duplicates, check the sender's right, number, insert. The router is
not asked; it only hears who wrote, where that matters to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from router import commands, model
from server.clock import Clock
from server.desk import audience, views
from server.desk.audience import Hub
from server.desk.identity import AgentIdentity, VisitorIdentity
from server.session.ports import Peer
from server.store import entries, routing
from server.store.base import Committed, Failed, Store, StoreUnavailable, Tx
from server.store.entries import Draft, Log, Target
from server.store.rows import EntryRow
from server.wire import replies
from server.wire.codec import encode
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import MessageSend, NoteAdd
from server.wire.times import rfc3339

Identity = VisitorIdentity | AgentIdentity
TEXT_CHARS = 8000
_TELL_AGAIN_MS = 5_000
_DOUBTFUL = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """A message as it was stored. ``first``: by this very request; otherwise it was there already."""

    row: EntryRow
    place: Target
    first: bool


def check_text(text: str) -> str:
    """The text of a message; raises `Refused` when it is empty or too long."""
    if len(text) > TEXT_CHARS:
        raise Refused(ErrorCode.TOO_LARGE, f"A message may have {TEXT_CHARS} characters.", field="text")
    if not text.strip():
        raise Refused(ErrorCode.BAD_REQUEST, "The text is empty.", field="text")
    return text


def append(tx: Tx, conversation: str, draft: Draft, identity: Identity, *, log: Log) -> Appended:
    """Store a message or note once, or find it; raises `Refused`."""
    assert draft.client_id is not None
    place = entries.target(tx, conversation, log)
    if place is None or not _may_know(tx, conversation, place, identity):
        raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
    known = entries.earlier(tx, place.n, sender=draft.sender, client_id=draft.client_id, text=draft.text, log=log)
    if known is not None:
        return _found(conversation, draft, place, known)
    _check_right(tx, conversation, place, identity, log)
    seq = entries.append(tx, place, draft, log)
    return Appended(row=entries.entry_of(conversation, seq, draft), place=place, first=True)


def _found(conversation: str, draft: Draft, place: Target, known: entries.Earlier) -> Appended:
    if not known.same:
        raise Refused(ErrorCode.CLIENT_ID_CONFLICT, "This client_id was used for another text.", field="client_id")
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


def _check_right(tx: Tx, conversation: str, place: Target, identity: Identity, log: Log) -> None:
    if log == "note":
        assert isinstance(identity, AgentIdentity)
        if identity.supervises or routing.holds(tx, identity.agent, conversation):
            return
    if place.state == "closed":
        raise Refused(ErrorCode.CLOSED, "This conversation is closed.")
    if isinstance(identity, AgentIdentity) and (log == "note" or place.owner != identity.agent):
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
    ) -> None:
        """`tell` reaches the router."""
        self._store = store
        self._hub = hub
        self._clock = clock
        self._tell = tell
        self._last_writer: dict[str, tuple[model.Writer, int]] = {}
        self._doubtful: dict[tuple[str, str, str | None], bool] = {}

    def send(self, peer: Peer, request: MessageSend) -> asyncio.Future[None]:
        """Queue it behind what this connection sent before; the future ends when it was answered."""
        return self._submit(peer, request, "entry")

    def note(self, peer: Peer, request: NoteAdd) -> asyncio.Future[None]:
        """The same for a note."""
        return self._submit(peer, request, "note")

    def forget(self, conversation: str) -> None:
        """It was closed, or changed hands: whoever writes next is news."""
        self._last_writer.pop(conversation, None)

    def known_as(self, identity: VisitorIdentity, name: str) -> None:
        """The visitor exists: all their pages write under the name that was given on one of them."""
        identities = [peer.identity for peer in self._hub.peers(audience.of_visitor(identity.visitor, identity.site))]
        for each in (identity, *identities):
            each.known = True
            each.name = name

    def _submit(self, peer: Peer, request: MessageSend | NoteAdd, log: Log) -> asyncio.Future[None]:
        identity: Identity = peer.identity
        draft = self._draft(identity, check_text(request.text), request.client_id)
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def then(outcome: Committed[Appended] | Failed) -> None:
            match outcome:
                case Committed(appended):
                    self._sent(peer, request.id, appended, log)
                    _finish(ended, None)
                case Failed(error):
                    if isinstance(error, StoreUnavailable):
                        self._doubt(request.conversation, draft)
                    _finish(ended, error)

        try:
            self._store.submit(
                lambda tx: append(tx, request.conversation, draft, identity, log=log), then=then, lane=identity.lane
            )
        except StoreUnavailable as error:
            identity.lane.broken = True
            _finish(ended, error)
        return ended

    def _draft(self, identity: Identity, text: str, client_id: str) -> Draft:
        now = self._clock.now()
        if isinstance(identity, VisitorIdentity):
            role, sender, name = "visitor", identity.visitor, identity.name
        else:
            role, sender, name = "agent", identity.agent, identity.name
        return Draft(kind="message", role=role, sender=sender, name=name, text=text, at=now, client_id=client_id)

    def _sent(self, peer: Peer, re: str, appended: Appended, log: Log) -> None:
        row = appended.row
        peer.send(encode(replies.Sent(re=re, seq=row.seq, at=rfc3339(row.at))))
        doubtful = self._doubtful.pop((row.conversation, row.sender, row.client_id), False)
        if not (appended.first or doubtful):
            return
        if log == "note":
            self.publish_note(appended)
        else:
            self.publish(appended)

    def _doubt(self, conversation: str, draft: Draft) -> None:
        """It may have been kept all the same: then nobody was told, until it is sent again."""
        self._doubtful[conversation, draft.sender, draft.client_id] = True
        while len(self._doubtful) > _DOUBTFUL:
            self._doubtful.pop(next(iter(self._doubtful)))

    def publish(self, appended: Appended) -> None:
        """Tell everyone in the conversation of a new message, and the router who wrote it."""
        row, place = appended.row, appended.place
        frame = encode(views.entry_event(row))
        self._hub.publish(audience.of_visitor(place.visitor, place.site), frame)
        if place.owner is not None:
            self._hub.publish(audience.of_agent(place.owner), frame)
        self.wrote(row.conversation, model.Writer(row.role))

    def publish_note(self, appended: Appended) -> None:
        """Tell the team."""
        agents = dict.fromkeys(filter(None, (appended.place.owner, appended.row.sender)))
        frame = encode(views.note_event(appended.row))
        for agent in agents:
            self._hub.publish(audience.of_agent(agent), frame)

    def wrote(self, conversation: str, writer: model.Writer) -> None:
        """The router cares who wrote last and roughly when, not how often."""
        now = self._clock.now()
        last, at = self._last_writer.get(conversation, (None, 0))
        if last is not writer or now - at >= _TELL_AGAIN_MS:
            self._last_writer[conversation] = (writer, now)
            self._tell(commands.Wrote(conversation=model.ConversationId(conversation), writer=writer))


def _finish(ended: asyncio.Future[None], error: Exception | None) -> None:
    if ended.done():
        return
    match error:
        case None:
            ended.set_result(None)
        case StoreUnavailable():
            ended.set_exception(Refused(ErrorCode.UNAVAILABLE, "Not stored. Send the same again.", retry_after_ms=500))
        case _:
            ended.set_exception(error)
