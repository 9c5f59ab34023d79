"""The desk: what a connection may ask, and who is here. Everything a client does comes through `Desk`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec import UnsetType

from router import commands, model
from server.clock import Clock
from server.desk import audience, masking, views
from server.desk.accounts import Accounts, Admission
from server.desk.agent_requests import AgentRequests
from server.desk.audience import Hub
from server.desk.bot_access import BotAccess
from server.desk.bot_watch import BotWatch
from server.desk.engine import Engine
from server.desk.everyones import Everyones
from server.desk.handing_over import HandingOver
from server.desk.identity import AgentIdentity, BotIdentity, VisitorIdentity
from server.desk.incidents import Incidents
from server.desk.leaving import Leaving
from server.desk.messages import Messages
from server.desk.network import as_kept
from server.desk.opening import Openings
from server.desk.origins import Origins
from server.desk.partaking import Partaking, person
from server.desk.policy import Handler, Handlers, Policy
from server.desk.streams import Later, Streams
from server.desk.supervision import Supervision
from server.desk.visitor_requests import VisitorRequests
from server.desk.workers import Workers
from server.desk.writers import THICK_MS
from server.session.ports import Peer
from server.store.base import Store, StoreUnavailable
from server.wire import events as wire
from server.wire import parts, replies
from server.wire import requests as ask
from server.wire.codec import encode
from server.wire.codes import CloseCode, ErrorCode, Refused
from server.wire.requests import Endpoint


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
    bots: BotAccess
    bot_watch: BotWatch
    workers: Workers
    handing_over: HandingOver
    clock: Clock
    later: Later

    @property
    def now(self) -> Callable[[], int]:
        return self.clock.now


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
        self._messages = rooms.messages
        self._partaking = Partaking(rooms.engine)
        self._everyones = Everyones(
            store=rooms.store,
            hub=rooms.hub,
            clock=rooms.clock,
            engine=rooms.engine,
            partaking=self._partaking,
            watchers=rooms.messages.watchers,
            workers=rooms.workers,
            incidents=rooms.incidents,
        )
        self._bots = rooms.bots
        self._bot_watch = rooms.bot_watch
        self._workers = rooms.workers
        self.streams = Streams(
            hub=rooms.hub,
            engine=rooms.engine,
            messages=rooms.messages,
            clock=rooms.clock,
            later=rooms.later,
            own=self._partaking.mine,
        )
        rooms.workers.on_dropped = self.streams.dropped
        self._handing_over = rooms.handing_over
        rooms.messages.asked = self._bot_asked
        rooms.messages.answered = self._bot_answered
        self._handlers: dict[Endpoint, Handlers] = {
            "visitor": Handlers(ask.VisitorRequest, self._visitor_table(rooms), opening=ask.IdentifyVisitor),
            "agent": Handlers(ask.AgentRequest, self._agent_table(rooms), opening=ask.IdentifyAgent),
            "bot": Handlers(ask.BotRequest, self._bot_table(rooms), opening=ask.IdentifyBot),
        }
        self._pipelined = frozenset().union(*(handlers.pipelined for handlers in self._handlers.values()))

    def _visitor_table(self, rooms: Rooms) -> dict[type, Handler]:
        own = Policy.VISITOR_OF_CONVERSATION
        return {
            ask.ConversationStart: Handler(policy=Policy.VISITOR, run=rooms.visitors.start),
            ask.VisitorClose: Handler(policy=own, run=rooms.visitors.close),
            ask.ConversationRate: Handler(policy=own, run=rooms.visitors.rate),
            ask.ConversationHuman: Handler(policy=own, run=rooms.handing_over.ask_human),
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

    def _bot_table(self, rooms: Rooms) -> dict[type, Handler]:
        owner = Policy.BOT_OWNER
        return {
            ask.BotMessageSend: Handler(policy=owner, run=rooms.messages.send_of_bot, pipelines=True),
            ask.NoteAdd: Handler(policy=owner, run=rooms.messages.note, pipelines=True),
            ask.Stream: Handler(policy=owner, run=self.streams.grow, pipelines=True),
            ask.Thinking: Handler(policy=owner, run=self.streams.think),
            ask.Handoff: Handler(policy=owner, run=rooms.handing_over.hand_over),
            ask.ConversationClose: Handler(policy=owner, run=rooms.handing_over.close),
            **self._shared_table(),
        }

    def _shared_table(self) -> dict[type, Handler]:
        return {
            ask.History: Handler(policy=Policy.PARTICIPANT, run=self._everyones.history),
            ask.Typing: Handler(policy=Policy.PARTICIPANT, run=self._everyones.typing),
            ask.Read: Handler(policy=Policy.PARTICIPANT, run=self._everyones.mark_read),
            ask.Ping: Handler(policy=Policy.ANYONE_IDENTIFIED, run=self._everyones.ping),
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
                case ask.IdentifyBot() as bot:
                    await self._identify_bot(peer, bot)
                case _:
                    raise Refused(ErrorCode.BAD_REQUEST, "This cannot be asked here.", field="do")
        except StoreUnavailable:
            raise Refused(ErrorCode.UNAVAILABLE, "Not ready yet. Try again.", retry_after_ms=1000) from None

    def perform(self, peer: Peer, request: Any) -> Any:
        run = self._handlers[peer.endpoint].find(type(request), peer.identity).run
        # As `_masked`, which would cost each message a call.
        return run(peer, masking.masked(request) if self._engine.directory.workspace.mask_cards else request)

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
            if isinstance(request, ask.Stream):
                self.streams.lost(peer, request)

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
            case BotIdentity():
                self._bot_left(peer, peer.identity)
            case _:
                pass

    # Who is here.

    def agent_is_here(self, agent: str) -> bool:
        return bool(self._hub.peers(audience.of_agent(agent)))

    def visitor_is_here(self, visitor: str, site: str) -> bool:
        return bool(self._hub.peers(audience.of_visitor(visitor, site)))

    def bot_is_here(self, bot: str) -> bool:
        return bool(self._hub.peers(audience.of_bot(bot)))

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
        for bot in self._engine.directory.bots:
            self._hub.publish(audience.of_bot(bot), frame)
        self._bot_watch.erase(conversations)

    def reopen_agents(self, agents: frozenset[str]) -> None:
        """Have these agents connect again: who they are is settled when they identify."""
        for peer in self._hub.peers(audience.AGENTS):
            if peer.identity.agent in agents:
                peer.close(CloseCode.RESEND, "settings changed")

    def reopen_everybody(self) -> None:
        """Have all connections come back: something was committed of which nobody could be told."""
        directory = self._engine.directory
        topics = [audience.AGENTS, *map(audience.of_site, directory.sites), *map(audience.of_bot, directory.bots)]
        for peer in dict.fromkeys(peer for topic in topics for peer in self._hub.peers(topic)):
            peer.close(CloseCode.RESEND, "please come back")

    async def _identify_visitor(self, peer: Peer, request: ask.IdentifyVisitor, origin: str | None) -> None:
        self._openings.insist_there(request.site)
        if not self._origins.accepts_on_site(request.site, origin, peer.host):
            peer.close(CloseCode.ORIGIN, "this page may not open that site")
            return
        identity, lost = await self._openings.visitor(peer, request)
        if not isinstance(request.trial, UnsetType):
            identity.trial = await self._bots.redeem_trial(request.trial, request.site, identity.visitor)
            if identity.trial not in self._engine.directory.bots:
                raise Refused(ErrorCode.UNAUTHORISED, "This try-out has expired. Begin another.", field="trial")
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

    async def _identify_bot(self, peer: Peer, request: ask.IdentifyBot) -> None:
        admission = await self._bots.redeem(request.token)
        found = None if admission is None else self._engine.directory.bots.get(admission.bot)
        if admission is None or found is None:
            peer.close(CloseCode.BAD_CREDENTIALS, "this token is no good")
            return
        limits = self._engine.directory.limits
        if self._is_one_too_many(peer, audience.of_bot(found.id), limits.connections_per_bot):
            return
        identity = BotIdentity(
            bot=found.id,
            key=found.settings.key,
            name=found.settings.name,
            token_hash=admission.token_hash,
            worker=request.name,
        )
        peer.identity = identity
        await self._openings.open_bot(peer, request, identity)
        if self._bots.has_ended(admission.token_hash) or found.id not in self._engine.directory.bots:
            peer.close(CloseCode.REVOKED, "revoked")
            return
        kept = as_kept(peer.address, self._engine.directory.workspace.addresses)
        identity.line = self._bot_watch.connected(found.id, session=peer.session, address=kept, worker=request.name)
        self._engine.tell(commands.ConnectBot(bot=model.BotId(found.id)))

    def _bot_asked(self, bot: str, conversation: str, text: str) -> None:
        """A visitor whom a bot answers wrote."""
        self._bot_watch.asked(bot, conversation)
        if self._is_hasty(bot):
            self._messages.say_who_wrote(conversation)
        self._handing_over.asked(conversation, text)

    def _bot_answered(self, bot: str, conversation: str) -> None:
        """A bot wrote. Where its time would be over before the router is told of it, that is told now."""
        self._bot_watch.answered(bot, conversation)
        by = self._engine.router.answer_by(model.ConversationId(conversation))
        if self._is_hasty(bot) or (by is not None and by - self._now() <= 2 * THICK_MS):
            self._messages.say_who_wrote(conversation)

    def _is_hasty(self, bot: str) -> bool:
        """Whether it has hardly more time to answer than the router is told late of who wrote."""
        found = self._engine.directory.bots.get(bot)
        return found is not None and 0 < found.settings.reply_seconds * 1000 <= 2 * THICK_MS

    def _bot_left(self, peer: Peer, identity: BotIdentity) -> None:
        """Others go on with what it had."""
        if identity.line is not None:
            identity.line.left()
        self.streams.left(peer.session)
        self._workers.go(identity.bot, peer.session)
        if not self.bot_is_here(identity.bot):
            self._engine.tell_in_turn(lambda: self._bot_gone(identity.bot))

    def _bot_gone(self, bot: str) -> commands.Command | None:
        """Unless it came back meanwhile, or is configured no more."""
        known = bot in self._engine.directory.bots
        return commands.DisconnectBot(bot=model.BotId(bot)) if known and not self.bot_is_here(bot) else None

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
            if found is not None and self._partaking.owner(found.id) == agent.agent:
                topic = audience.of_visitor(found.visitor, found.site)
                frame = encode(views.presence(found.id, person(agent), here=here))
                self._hub.publish_lossy(topic, f"presence:{found.id}", frame)

    def _tell_of_owner(self, peer: Peer, visitor: VisitorIdentity) -> None:
        """A page that has just opened learns whether whoever answers is here."""
        found = self._engine.open.of_visitor(visitor.visitor, visitor.site)
        owner = None if found is None else self._engine.directory.agent(self._partaking.owner(found.id) or "")
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
        topic = self._partaking.topic_of_owner(found)
        if topic is not None:
            person = parts.Person(role="visitor", id=visitor, name="")
            frame = encode(views.presence(found.id, person, here=here))
            self._hub.publish_lossy(topic, f"presence:{found.id}", frame)
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

    def forget(self, conversation: str) -> None:
        """It was closed, and that was told: nothing is kept of it."""
        self._everyones.forget(conversation)
