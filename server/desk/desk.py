"""The desk: what a connection may ask, and who is here. Everything a client does comes through `Desk`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec import UnsetType

from router import commands, model
from server.desk import audience, history, masking, views
from server.desk.accounts import Accounts, Admission
from server.desk.agent_requests import AgentRequests
from server.desk.audience import Hub
from server.desk.engine import Engine
from server.desk.identity import AgentIdentity, VisitorIdentity
from server.desk.incidents import Incidents
from server.desk.leaving import Leaving
from server.desk.messages import Messages
from server.desk.open import OpenConversation
from server.desk.opening import Openings
from server.desk.origins import Origins
from server.desk.policy import Handler, Handlers, Policy
from server.desk.reading import may_read
from server.desk.supervision import Supervision
from server.desk.visitor_requests import VisitorRequests
from server.session.ports import Peer
from server.store import conversations, entries, routing
from server.store.base import Store, StoreUnavailable, Tx
from server.wire import events as wire
from server.wire import parts, replies
from server.wire import requests as ask
from server.wire.codec import encode
from server.wire.codes import CloseCode, ErrorCode, Refused
from server.wire.requests import Endpoint
from server.wire.times import rfc3339

Identity = VisitorIdentity | AgentIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """What the desk is put together from."""

    store: Store
    hub: Hub
    engine: Engine
    accounts: Accounts
    openings: Openings
    messages: Messages
    visitors: VisitorRequests
    leaving: Leaving
    agents: AgentRequests
    origins: Origins
    incidents: Incidents
    supervision: Supervision
    now: Callable[[], int]


class Desk:
    """Holds `server.session.ports.Desk`."""

    def __init__(self, rooms: Rooms) -> None:
        self._store = rooms.store
        self._hub = rooms.hub
        self._engine = rooms.engine
        self._accounts = rooms.accounts
        self._openings = rooms.openings
        self._origins = rooms.origins
        self._now = rooms.now
        self._incidents = rooms.incidents
        self._watchers = rooms.messages.watchers
        self._read: dict[tuple[str, str], int] = {}
        self._handlers: dict[Endpoint, Handlers] = {
            "visitor": Handlers(ask.VisitorRequest, self._visitor_table(rooms), opening=ask.IdentifyVisitor),
            "agent": Handlers(ask.AgentRequest, self._agent_table(rooms), opening=ask.IdentifyAgent),
        }
        self._pipelined = frozenset().union(*(handlers.pipelined for handlers in self._handlers.values()))

    def _visitor_table(self, rooms: Rooms) -> dict[type, Handler]:
        own = Policy.VISITOR_OF_CONVERSATION
        return {
            ask.ConversationStart: Handler(policy=Policy.VISITOR, run=rooms.visitors.start),
            ask.VisitorClose: Handler(policy=own, run=rooms.visitors.close),
            ask.ConversationRate: Handler(policy=own, run=rooms.visitors.rate),
            ask.ConversationHuman: Handler(policy=own, run=self._ask_human),
            ask.MessageSend: Handler(policy=Policy.PARTICIPANT, run=rooms.messages.send, pipelines=True),
            ask.MessageLeave: Handler(policy=Policy.VISITOR, run=rooms.leaving.leave),
            **self._shared_table(),
        }

    def _agent_table(self, rooms: Rooms) -> dict[type, Handler]:
        return {
            ask.StatusSet: Handler(policy=Policy.AGENT, run=rooms.agents.set_status),
            ask.OfferSeen: Handler(policy=Policy.OFFERED_AGENT, run=rooms.agents.see_offer),
            ask.OfferAccept: Handler(policy=Policy.OFFERED_AGENT, run=rooms.agents.accept),
            ask.OfferDecline: Handler(policy=Policy.OFFERED_AGENT, run=rooms.agents.decline),
            ask.ConversationPick: Handler(policy=Policy.MEMBER, run=rooms.agents.pick),
            ask.ConversationTransfer: Handler(policy=Policy.OWNER, run=rooms.agents.transfer),
            ask.ConversationClose: Handler(policy=Policy.OWNER, run=rooms.agents.close),
            ask.WrapUpEnd: Handler(policy=Policy.OWNER, run=rooms.agents.end_wrap_up),
            ask.MessageSend: Handler(policy=Policy.OWNER, run=rooms.messages.send, pipelines=True),
            ask.ConversationWatch: Handler(policy=Policy.SUPERVISOR, run=rooms.supervision.watch),
            ask.ConversationTakeOver: Handler(policy=Policy.SUPERVISOR, run=rooms.supervision.take_over),
            ask.AgentSetStatus: Handler(policy=Policy.SUPERVISOR, run=rooms.supervision.set_status),
            ask.Whisper: Handler(policy=Policy.SUPERVISOR, run=rooms.supervision.whisper),
            ask.NoteAdd: Handler(policy=Policy.OWNER, run=rooms.messages.note, pipelines=True),
            **self._shared_table(),
        }

    def _shared_table(self) -> dict[type, Handler]:
        return {
            ask.History: Handler(policy=Policy.PARTICIPANT, run=self._history),
            ask.Typing: Handler(policy=Policy.PARTICIPANT, run=self._typing),
            ask.Read: Handler(policy=Policy.PARTICIPANT, run=self._mark_read),
            ask.Ping: Handler(policy=Policy.ANYONE_IDENTIFIED, run=self._ping),
        }

    # What a connection calls.

    def accepts_origin(self, endpoint: Endpoint, origin: str | None, host: str) -> bool:
        return self._origins.accepts(endpoint, origin, host)

    async def identify(self, peer: Peer, request: Any, origin: str | None) -> None:
        try:
            match self._masked(request):
                case ask.IdentifyVisitor() as visitor:
                    await self._identify_visitor(peer, visitor, origin)
                case ask.IdentifyAgent() as agent:
                    await self._identify_agent(peer, agent)
                case _:
                    raise Refused(ErrorCode.BAD_REQUEST, "This cannot be asked here.", field="do")
        except StoreUnavailable:
            raise Refused(ErrorCode.UNAVAILABLE, "Not ready yet. Try again.", retry_after_ms=1000) from None

    def perform(self, peer: Peer, request: Any) -> Any:
        return self._handlers[peer.endpoint].find(type(request), peer.identity).run(peer, self._masked(request))

    def _masked(self, request: Any) -> Any:
        """Nobody behind this sees a card number, and a resend is compared as it was stored."""
        return masking.masked(request) if self._engine.directory.workspace.mask_cards else request

    def pipelines(self, request: Any) -> bool:
        return type(request) in self._pipelined

    def refused(self, peer: Peer, request: Any, refused: Refused) -> None:
        if peer.identity is not None:
            self._incidents.refused(
                peer.identity.person,
                type(request).__struct_config__.tag,
                refused.code,
                target=getattr(request, "conversation", None) or getattr(request, "offer", None),
            )

    def heard(self, peer: Peer) -> None:
        identity = peer.identity
        if isinstance(identity, AgentIdentity) and self._engine.is_deaf(identity.agent):
            self._engine.tell(commands.ConnectAgent(agent=model.AgentId(identity.agent)))

    async def left(self, peer: Peer) -> None:
        self._hub.drop(peer)
        self._watchers.drop(peer)
        match peer.identity:
            case AgentIdentity(agent=agent) if not self.agent_is_here(agent):
                self._engine.tell_in_turn(lambda: self._agent_gone(agent))
                self._tell_visitors_of(peer.identity, here=False)
            case VisitorIdentity(visitor=visitor, site=site) if not self.visitor_is_here(visitor, site):
                self._visitor_here(visitor, site, here=False)
            case _:
                pass

    # Who is here.

    def agent_is_here(self, agent: str) -> bool:
        return bool(self._hub.peers(audience.of_agent(agent)))

    def visitor_is_here(self, visitor: str, site: str) -> bool:
        return bool(self._hub.peers(audience.of_visitor(visitor, site)))

    def close_bot(self, bot: str, *, token_hash: bytes | None = None) -> None:
        """End a bot's sockets: all of them, or those of one token."""
        for peer in self._hub.peers(audience.of_bot(bot)):
            if token_hash is None or peer.identity.token_hash == token_hash:
                peer.close(CloseCode.REVOKED, "revoked")

    def close_agent(self, agent: str, *, token_hash: bytes | None = None) -> None:
        """End an agent's sockets: all of them, or those of one login (logout, password changed, disabled)."""
        for peer in self._hub.peers(audience.of_agent(agent)):
            if token_hash is None or peer.identity.token_hash == token_hash:
                peer.close(CloseCode.REVOKED, "logged out")

    def close_visitor(self, visitor: str) -> None:
        """End a visitor's sockets for good, on every site: they are erased."""
        for site in self._engine.directory.sites:
            for peer in self._hub.peers(audience.of_visitor(visitor, site)):
                peer.close(CloseCode.REVOKED, "erased")

    def tell_erased(self, visitor: str, conversations: list[str], *, v: int) -> None:
        """Have the consoles forget what they were shown of an erased visitor."""
        frame = encode(wire.ErasedEvent(v=v, visitor=visitor, conversations=conversations))
        self._hub.publish(audience.AGENTS, frame)

    def reopen_agents(self, agents: frozenset[str]) -> None:
        """Have these agents connect again: who they are is settled when they identify."""
        for peer in self._hub.peers(audience.AGENTS):
            if peer.identity.agent in agents:
                peer.close(CloseCode.RESEND, "settings changed")

    def reopen_everybody(self) -> None:
        """Have all connections come back: something was committed of which nobody could be told."""
        topics = [audience.AGENTS, *map(audience.of_site, self._engine.directory.sites)]
        for peer in {peer for topic in topics for peer in self._hub.peers(topic)}:
            peer.close(CloseCode.RESEND, "please come back")

    async def _identify_visitor(self, peer: Peer, request: ask.IdentifyVisitor, origin: str | None) -> None:
        self._openings.insist_there(request.site)
        if not self._origins.accepts_on_site(request.site, origin, peer.host):
            peer.close(CloseCode.ORIGIN, "this page may not open that site")
            return
        identity, lost = await self._openings.visitor(peer, request)
        limits = self._engine.directory.limits
        if self._is_one_too_many(
            peer, audience.of_visitor(identity.visitor, identity.site), limits.connections_per_visitor
        ):
            return
        peer.identity = identity
        await self._openings.open_visitor(peer, request, identity, lost=lost)
        self._visitor_here(identity.visitor, identity.site, here=True)
        self._tell_of_owner(peer, identity)

    async def _identify_agent(self, peer: Peer, request: ask.IdentifyAgent) -> None:
        admission = await self._accounts.redeem(request.token)
        found = None if admission is None else self._engine.directory.agents.get(admission.agent)
        if admission is None or found is None:
            peer.close(CloseCode.BAD_CREDENTIALS, "log in again")
            return
        identity = AgentIdentity(
            agent=found.id,
            key=found.settings.key,
            name=found.settings.name,
            role=found.settings.role,
            token_hash=admission.token_hash,
        )
        limits = self._engine.directory.limits
        if self._is_one_too_many(peer, audience.of_agent(found.id), limits.connections_per_agent):
            return
        peer.identity = identity
        await self._openings.open_agent(peer, request, identity)
        self._engine.tell(commands.ConnectAgent(agent=model.AgentId(found.id)))
        self._tell_visitors_of(identity, here=True)

    def _is_one_too_many(self, peer: Peer, topic: str, most: int) -> bool:
        """Whether this person has as many connections as they may; then the new one is closed."""
        if not 0 < most <= len(self._hub.peers(topic)):
            return False
        peer.close(CloseCode.TOO_MANY_CONNECTIONS, "too many connections of one token")
        return True

    def _tell_visitors_of(self, agent: AgentIdentity, *, here: bool) -> None:
        """Whoever they answer sees whether they are here."""
        record = self._engine.router.agent(model.AgentId(agent.agent))
        for hold in () if record is None else record.holds:
            found = self._engine.open.get(hold.conversation)
            if found is not None and self._owner(found.id) == agent.agent:
                topic = audience.of_visitor(found.visitor, found.site)
                frame = encode(views.presence(found.id, _person(agent), here=here))
                self._hub.publish_lossy(topic, f"presence:{found.id}", frame)

    def _tell_of_owner(self, peer: Peer, visitor: VisitorIdentity) -> None:
        """A page that has just opened learns whether whoever answers is here."""
        found = self._engine.open.of_visitor(visitor.visitor, visitor.site)
        owner = None if found is None else self._engine.directory.agent(self._owner(found.id) or "")
        if found is not None and owner is not None:
            person = parts.Person(role="agent", id=owner.id, name=owner.settings.name)
            frame = encode(views.presence(found.id, person, here=self.agent_is_here(owner.id)))
            peer.send_lossy(f"presence:{found.id}", frame)

    def _agent_gone(self, agent: str) -> commands.Command | None:
        """Unless they came back meanwhile."""
        return None if self.agent_is_here(agent) else commands.DisconnectAgent(agent=model.AgentId(agent))

    def _visitor_came_or_went(self, visitor: str, site: str) -> commands.Command | None:
        found = self._engine.open.of_visitor(visitor, site)
        if found is None:
            return None
        here = self.visitor_is_here(visitor, site)
        command = commands.ConnectVisitor if here else commands.DisconnectVisitor
        return command(conversation=model.ConversationId(found.id))

    def _visitor_here(self, visitor: str, site: str, *, here: bool) -> None:
        # In turn, because a start of theirs may be under way.
        self._engine.tell_in_turn(lambda: self._visitor_came_or_went(visitor, site))
        found = self._engine.open.of_visitor(visitor, site)
        if found is None:
            return
        owner = self._owner(found.id)
        if owner is not None:
            person = parts.Person(role="visitor", id=visitor, name="")
            frame = encode(views.presence(found.id, person, here=here))
            self._hub.publish_lossy(audience.of_agent(owner), f"presence:{found.id}", frame)
            self._watchers.tell_lossy(found.id, f"presence:{found.id}", frame)

    # What plain HTTP asks.

    def agent_me(self, agent: str) -> replies.AgentMe | None:
        found = self._engine.directory.agent(agent)
        if found is None:
            return None
        said = found.settings
        return replies.AgentMe(id=found.id, key=said.key, name=said.name, role=said.role)

    def site_origins(self, site: str) -> tuple[str, ...] | None:
        found = self._engine.directory.sites.get(site)
        return None if found is None else found.origins

    def turned_away(self, agent: str, operation: str, code: ErrorCode, target: str | None) -> None:
        self._incidents.refused(agent, operation, code, target=target)

    def logged_out(self, admission: Admission) -> None:
        self.close_agent(admission.agent, token_hash=admission.token_hash)

    def alive(self) -> bool:
        return self._engine.alive

    def readiness(self) -> dict[str, bool]:
        return {"store": self._store.healthy, "engine": self._engine.ready}

    # What everyone may ask.

    def _history(self, peer: Peer, request: ask.History) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._answer_history(peer, request))

    async def _answer_history(self, peer: Peer, request: ask.History) -> None:
        identity: Identity = peer.identity
        with_notes = isinstance(identity, AgentIdentity)

        def page(tx: Tx) -> history.Page | None:
            row = conversations.find(tx, request.conversation)
            if row is None or not may_read(tx, row, identity):
                return None
            return history.page(tx, row, request, with_notes=with_notes)

        try:
            found = await self._store.read(page)
        except StoreUnavailable:
            raise Refused(ErrorCode.UNAVAILABLE, "Not ready. Try again.", retry_after_ms=1000) from None
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")
        if self._looks_on(identity, request.conversation):
            self._incidents.read(identity.person, request.conversation)
        peer.send(encode(replies.HistoryReply(re=request.id, entries=found.entries, notes=found.notes)))

    def _looks_on(self, identity: Identity, conversation: str) -> bool:
        """Whether they read as a supervisor, and not as the one who answers or at whom it rings."""
        if not (isinstance(identity, AgentIdentity) and identity.supervises):
            return False
        return self._owner(conversation) != identity.agent and identity.agent not in self._engine.ringing(conversation)

    def _ping(self, peer: Peer, request: ask.Ping) -> asyncio.Future[None]:
        return asyncio.ensure_future(self._answer_ping(peer, request))

    async def _answer_ping(self, peer: Peer, request: ask.Ping) -> None:
        identity: Identity = peer.identity
        try:
            found = await self._store.read(lambda tx: entries.tops(tx, _session_conversations(tx, identity)))
        except StoreUnavailable:
            raise Refused(ErrorCode.UNAVAILABLE, "Not ready. Try again.", retry_after_ms=1000) from None
        shows_notes = isinstance(identity, AgentIdentity)
        positions = {
            conversation: parts.Position(entries=top, notes=notes if shows_notes else 0)
            for conversation, (top, notes) in found.items()
        }
        peer.send(encode(replies.Pong(re=request.id, positions=positions, now=rfc3339(self._now()))))

    def _ask_human(self, peer: Peer, request: ask.ConversationHuman) -> None:
        self._mine(peer.identity, request.conversation)
        raise Refused(ErrorCode.CONFLICT, "No bot has this conversation.")

    def _typing(self, peer: Peer, request: ask.Typing) -> None:
        conversation = self._mine(peer.identity, request.conversation)
        frame = encode(
            wire.TypingEvent(conversation=conversation.id, sender=_person(peer.identity), active=request.active)
        )
        self._tell_others(peer, conversation, f"typing:{conversation.id}", frame)
        _received(peer, request.id)

    def _mark_read(self, peer: Peer, request: ask.Read) -> asyncio.Future[None]:
        conversation = self._mine(peer.identity, request.conversation)
        return asyncio.ensure_future(self._tell_read(peer, request, conversation))

    async def _tell_read(self, peer: Peer, request: ask.Read, conversation: OpenConversation) -> None:
        """Nobody has read what is not written yet: a mark above the top would call everything to come read."""
        sender = _person(peer.identity)
        key = (conversation.id, sender.id)
        if request.seq > self._read.get(key, 0):
            seq = min(request.seq, await self._top(conversation.id))
            if seq > self._read.get(key, 0) and self._engine.open.is_open(conversation.id):
                self._read[key] = seq
                frame = encode(wire.ReadEvent(conversation=conversation.id, sender=sender, seq=seq))
                self._tell_others(peer, conversation, f"read:{conversation.id}", frame)
        _received(peer, request.id)

    async def _top(self, conversation: str) -> int:
        try:
            found = await self._store.read(lambda tx: entries.tops(tx, [conversation]))
        except StoreUnavailable:
            raise Refused(ErrorCode.UNAVAILABLE, "Not ready. Try again.", retry_after_ms=1000) from None
        return found[conversation][0]

    def forget(self, conversation: str) -> None:
        """It was closed, and that was told: nothing is kept of it."""
        self._watchers.forget(conversation)
        for key in [key for key in self._read if key[0] == conversation]:
            del self._read[key]

    def _tell_others(self, peer: Peer, conversation: OpenConversation, key: str, frame: bytes) -> None:
        self._watchers.tell_lossy(conversation.id, f"{key}:{_person(peer.identity).role}", frame)
        if isinstance(peer.identity, AgentIdentity):
            topic = audience.of_visitor(conversation.visitor, conversation.site)
        else:
            owner = self._owner(conversation.id)
            if owner is None:
                return
            topic = audience.of_agent(owner)
        self._hub.publish_lossy(topic, f"{key}:{_person(peer.identity).role}", frame)

    def _owner(self, conversation: str) -> str | None:
        record = self._engine.router.conversation(model.ConversationId(conversation))
        return None if record is None else record.owner

    def _mine(self, identity: Identity, conversation: str) -> OpenConversation:
        """The open conversation, if this identity takes part in it; what is not theirs does not exist for them."""
        found = self._engine.open.get(conversation)
        if found is not None:
            match identity:
                case VisitorIdentity() if (found.visitor, found.site) == (identity.visitor, identity.site):
                    return found
                case AgentIdentity() if self._owner(conversation) == identity.agent:
                    return found
                case _:
                    pass
        if self._had(identity, conversation):
            raise Refused(ErrorCode.CLOSED, "This conversation is closed.")
        raise Refused(ErrorCode.NOT_FOUND, "There is no such conversation.", field="conversation")

    def _had(self, identity: Identity, conversation: str) -> bool:
        """Whether they took part in it when it was closed, not long ago."""
        ended = self._engine.open.ended(conversation)
        match identity:
            case _ if ended is None:
                return False
            case VisitorIdentity():
                return (ended.conversation.visitor, ended.conversation.site) == (identity.visitor, identity.site)
            case AgentIdentity():
                return ended.agent == identity.agent


def _session_conversations(tx: Tx, identity: Identity) -> list[str]:
    match identity:
        case VisitorIdentity():
            last = conversations.last_of_visitor(tx, identity.visitor, identity.site) if identity.known else None
            return [] if last is None else [last.id]
        case AgentIdentity():
            return [hold.conversation for hold in routing.holds_of(tx, identity.agent) if hold.kind != "offer"]


def _person(identity: Identity) -> parts.Person:
    match identity:
        case VisitorIdentity():
            return parts.Person(role="visitor", id=identity.visitor, name=identity.name)
        case AgentIdentity():
            return parts.Person(role="agent", id=identity.agent, name=identity.name)


def _received(peer: Peer, re: str | UnsetType) -> None:
    if not isinstance(re, UnsetType):
        peer.send(views.received(re))
