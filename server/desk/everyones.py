"""What visitors, agents and bots may all ask: to read, and to be seen typing and reading."""

from __future__ import annotations

import asyncio

from msgspec import UnsetType

from server.clock import Clock
from server.desk import audience, history, views
from server.desk.audience import Hub
from server.desk.engine import Engine
from server.desk.identity import AgentIdentity, BotIdentity, VisitorIdentity
from server.desk.incidents import Incidents
from server.desk.open import OpenConversation
from server.desk.partaking import Identity, Partaking, person
from server.desk.reached import Reached
from server.desk.reading import may_read
from server.desk.watchers import Watchers
from server.desk.workers import Workers
from server.session.ports import Peer
from server.store import conversations, entries, routing
from server.store.base import Store, Tx
from server.wire import events as wire
from server.wire import parts, replies
from server.wire import requests as ask
from server.wire.codec import encode
from server.wire.codes import ErrorCode, Refused
from server.wire.times import rfc3339


class Everyones:
    """Handlers of `server.desk.desk`'s tables."""

    def __init__(  # noqa: PLR0913 - the seams it stands between
        self,
        *,
        store: Store,
        hub: Hub,
        clock: Clock,
        engine: Engine,
        partaking: Partaking,
        watchers: Watchers,
        workers: Workers,
        incidents: Incidents,
    ) -> None:
        self._database = Reached(store, words="Not ready. Try again.")
        self._hub = hub
        self._now = clock.now
        self._engine = engine
        self._partaking = partaking
        self._watchers = watchers
        self._workers = workers
        self._incidents = incidents
        self._read: dict[tuple[str, str], int] = {}

    def history(self, peer: Peer, request: ask.History) -> asyncio.Future[None]:
        """A page of the log."""
        return asyncio.ensure_future(self._answer_history(peer, request))

    async def _answer_history(self, peer: Peer, request: ask.History) -> None:
        identity: Identity = peer.identity
        with_notes = isinstance(identity, AgentIdentity)

        def page(tx: Tx) -> history.Page | None:
            row = conversations.find(tx, request.conversation)
            if row is None or not may_read(tx, row, identity):
                return None
            return history.page(tx, row, request, with_notes=with_notes)

        found = await self._database.read(page)
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
        if self._looks_on(identity, request.conversation):
            self._incidents.read(identity.person, request.conversation)
        peer.send(encode(replies.HistoryReply(re=request.id, entries=found.entries, notes=found.notes)))

    def _looks_on(self, identity: Identity, conversation: str) -> bool:
        """Whether they read as a supervisor, and not as the one who answers or at whom it rings."""
        if not (isinstance(identity, AgentIdentity) and identity.supervises):
            return False
        return self._partaking.owner(conversation) != identity.agent and identity.agent not in self._engine.ringing(
            conversation
        )

    def ping(self, peer: Peer, request: ask.Ping) -> asyncio.Future[None]:
        """The tops of what this session has."""
        return asyncio.ensure_future(self._answer_ping(peer, request))

    async def _answer_ping(self, peer: Peer, request: ask.Ping) -> None:
        identity: Identity = peer.identity
        given = self._workers.of(peer) if isinstance(identity, BotIdentity) else ()
        found = await self._database.read(lambda tx: entries.tops(tx, given or _session_conversations(tx, identity)))
        shows_notes = isinstance(identity, AgentIdentity)
        positions = {
            conversation: parts.Position(entries=top, notes=notes if shows_notes else 0)
            for conversation, (top, notes) in found.items()
        }
        peer.send(encode(replies.Pong(re=request.id, positions=positions, now=rfc3339(self._now()))))

    def typing(self, peer: Peer, request: ask.Typing) -> None:
        """The others see it."""
        conversation = self._partaking.mine(peer.identity, request.conversation)
        frame = encode(
            wire.TypingEvent(conversation=conversation.id, sender=person(peer.identity), active=request.active)
        )
        self._tell_others(peer, conversation, f"typing:{conversation.id}", frame)
        _received(peer, request.id)

    def mark_read(self, peer: Peer, request: ask.Read) -> asyncio.Future[None]:
        """The others see how far."""
        conversation = self._partaking.mine(peer.identity, request.conversation)
        return asyncio.ensure_future(self._tell_read(peer, request, conversation))

    async def _tell_read(self, peer: Peer, request: ask.Read, conversation: OpenConversation) -> None:
        """Nobody has read what is not written yet: a mark above the top would call everything to come read."""
        sender = person(peer.identity)
        key = (conversation.id, sender.id)
        if request.seq > self._read.get(key, 0):
            seq = min(request.seq, await self._top(conversation.id))
            if seq > self._read.get(key, 0) and self._engine.open.is_open(conversation.id):
                self._read[key] = seq
                frame = encode(wire.ReadEvent(conversation=conversation.id, sender=sender, seq=seq))
                self._tell_others(peer, conversation, f"read:{conversation.id}", frame)
        _received(peer, request.id)

    async def _top(self, conversation: str) -> int:
        found = await self._database.read(lambda tx: entries.tops(tx, [conversation]))
        return found[conversation][0]

    def forget(self, conversation: str) -> None:
        """It was closed, and that was told: nothing is kept of it."""
        self._watchers.forget(conversation)
        for key in [key for key in self._read if key[0] == conversation]:
            del self._read[key]

    def _tell_others(self, peer: Peer, conversation: OpenConversation, key: str, frame: bytes) -> None:
        self._watchers.tell_lossy(conversation.id, f"{key}:{person(peer.identity).role}", frame)
        topic: str | None
        if isinstance(peer.identity, VisitorIdentity):
            topic = self._partaking.topic_of_owner(conversation)
            if topic is None:
                return
        else:
            topic = audience.of_visitor(conversation.visitor, conversation.site)
        self._hub.publish_lossy(topic, f"{key}:{person(peer.identity).role}", frame)


def _session_conversations(tx: Tx, identity: Identity) -> list[str]:
    match identity:
        case VisitorIdentity():
            last = conversations.last_of_visitor(tx, identity.visitor, identity.site) if identity.known else None
            return [] if last is None else [last.id]
        case AgentIdentity():
            return [hold.conversation for hold in routing.holds_of(tx, identity.agent) if hold.kind != "offer"]
        case BotIdentity():
            return []  # its connection knows them


def _received(peer: Peer, re: str | UnsetType) -> None:
    if not isinstance(re, UnsetType):
        peer.send(views.received(re))
