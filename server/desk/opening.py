"""Opening a connection: who is it, what do they see, what did they miss. The only way in and the only way back.

The snapshot is read from the store in one read transaction, with its ``v``. Frames published while it is being read are
kept back by a `Gate` and follow the reply, so that nothing falls between the snapshot and the events.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from msgspec import UnsetType
from msgspec.structs import replace

from router import model
from router.snapshot import AgentRecord
from server.clock import Clock
from server.desk import acquaintance, audience, history, views
from server.desk.accounts import IDLE_MS
from server.desk.audience import Hub
from server.desk.countries import Countries
from server.desk.directory import Directory
from server.desk.history import Missed
from server.desk.identity import AgentIdentity, BotIdentity, VisitorIdentity
from server.desk.ids import Ids
from server.desk.recognition import Recognition
from server.desk.views import Standing
from server.desk.workers import Workers
from server.session.ports import Peer
from server.store import accounts, conversations, routing, visitors, workspaces
from server.store.base import Store, Tx
from server.store.installation import Installation
from server.store.rows import ConversationRow, VisitorRow
from server.wire import parts, replies
from server.wire.codec import encode
from server.wire.codes import CloseCode, ErrorCode, Refused
from server.wire.requests import Endpoint, IdentifyAgent, IdentifyBot, IdentifyVisitor, Resume
from server.wire.times import rfc3339

SHOWN_AFTER_CLOSE_MS = 3_600_000
Snapshot = TypeVar("Snapshot", replies.VisitorSnapshot, replies.AgentSnapshot, replies.BotSnapshot)


class Gate:
    """Stands in for a peer that is still opening: keeps what is published and hands it on afterwards."""

    def __init__(self, peer: Peer) -> None:
        self.endpoint: Endpoint = peer.endpoint
        self.session = peer.session
        self.address = peer.address
        self.host = peer.host
        self.country = peer.country
        self.identity = peer.identity
        self._peer = peer
        self._kept: list[bytes] = []

    @property
    def unsent(self) -> int:
        return sum(map(len, self._kept))

    def send(self, frame: bytes) -> None:
        self._kept.append(frame)

    def send_lossy(self, key: str, frame: bytes) -> None:
        """What is lossy need not wait."""

    def close(self, code: CloseCode, reason: str) -> None:
        self._peer.close(code, reason)

    def open(self) -> None:
        """The reply is on its way: let the rest follow."""
        for frame in self._kept:
            self._peer.send(frame)
        self._kept.clear()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen(Generic[Snapshot]):
    """What one read transaction saw for one reader."""

    v: int
    snapshot: Snapshot
    missed: Missed
    visitor: VisitorRow | None = None


class Openings:
    """Answers ``identify``."""

    def __init__(  # noqa: PLR0913 - the seams it stands between
        self,
        *,
        store: Store,
        hub: Hub,
        clock: Clock,
        ids: Ids,
        installation: Installation,
        directory: Callable[[], Directory],
        directory_at: Callable[[int], Directory],
        places: Callable[[str], Standing | None],
        countries: Countries,
        workers: Workers,
        bots_here: Callable[[], frozenset[str]],
    ) -> None:
        """`bots_here`: those that a new conversation may go to; from any thread."""
        self._store = store
        self._hub = hub
        self._clock = clock
        self._installation = installation
        self._recognition = Recognition(
            store,
            clock=clock,
            ids=ids,
            secret=installation.secret,
            workspace=lambda: directory().workspace_id,
        )
        self._directory = directory
        self._directory_at = directory_at
        self._places = places
        self._countries = countries
        self._workers = workers
        self._bots_here = bots_here
        self.counts: Counter[tuple[str, str]] = Counter()  # by role, and whether fresh, resumed or reset

    def insist_there(self, site: str) -> None:
        """Raises `Refused`: there is no such site."""
        if site not in self._directory().sites:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such site.", field="site")

    async def visitor(self, peer: Peer, request: IdentifyVisitor) -> tuple[VisitorIdentity, bool]:
        """Who the visitor is, and whether the token they came with was another's. Raises `Refused`."""
        found = await self._recognition.recognise(request)
        vouched = found.vouched
        if vouched is not None and self._directory().workspace.mask_cards:
            vouched = acquaintance.masked(vouched)
        page = {} if isinstance(request.page, UnsetType) else _page(request.page)
        identity = VisitorIdentity(
            visitor=found.visitor,
            site=request.site,
            token=found.token,
            name="" if vouched is None else vouched.name,
            language=request.language,
            timezone=request.timezone,
            country=self._countries.of(said=peer.country, address=peer.address, timezone=request.timezone),
            page=page,
            known=found.known,
            vouched=vouched,
        )
        return identity, found.lost

    async def open_visitor(
        self, peer: Peer, request: IdentifyVisitor, identity: VisitorIdentity, *, lost: bool
    ) -> None:
        """Subscribe, read, answer."""
        gate = self._gate(peer, audience.of_visitor(identity.visitor, identity.site), audience.of_site(identity.site))
        seen = await self._see(gate, lambda tx: self._see_visitor(tx, identity, request.resume))
        if seen.visitor is not None and not identity.name:
            identity.name = seen.visitor.name
        shown = seen.snapshot.conversation
        me = replies.VisitorMe(id=identity.visitor, name=identity.name, token=identity.token)
        snapshot = replace(seen.snapshot, conversation=shown and self._placed(shown))
        found = self._found("visitor", peer, request, seen, lost=lost)
        self._answer(peer, gate, encode(replies.VisitorIdentified(me=me, snapshot=snapshot, **found)))

    async def open_agent(self, peer: Peer, request: IdentifyAgent, identity: AgentIdentity) -> None:
        """Subscribe, read, answer."""
        gate = self._gate(peer, audience.of_agent(identity.agent), audience.AGENTS)
        seen = await self._see(gate, lambda tx: self._see_agent(tx, identity, request.resume))
        offers = [replace(offer, conversation=self._placed(offer.conversation)) for offer in seen.snapshot.offers]
        me = replies.AgentMe(id=identity.agent, key=identity.key, name=identity.name, role=identity.role)
        snapshot = replace(seen.snapshot, offers=offers)
        found = self._found("agent", peer, request, seen)
        self._answer(peer, gate, encode(replies.AgentIdentified(me=me, snapshot=snapshot, **found)))

    async def open_bot(self, peer: Peer, request: IdentifyBot, identity: BotIdentity) -> None:
        """Subscribe, take over what is waiting for a connection, read, answer."""
        gate = self._gate(peer, audience.of_bot(identity.bot))
        claimed = [] if isinstance(request.resume, UnsetType) else list(request.resume.positions)
        mine = self._workers.come(identity.bot, gate, claimed)
        try:
            seen = await self._see(gate, lambda tx: self._see_bot(tx, identity, mine, request.resume))
        except BaseException:
            self._workers.go(identity.bot, peer.session)
            raise
        me = replies.BotMe(id=identity.bot, key=identity.key, name=identity.name)
        found = self._found("bot", peer, request, seen)
        self._answer(peer, gate, encode(replies.BotIdentified(me=me, snapshot=seen.snapshot, **found)))
        self._workers.replace(peer)

    def _gate(self, peer: Peer, *topics: str) -> Gate:
        gate = Gate(peer)
        for topic in topics:
            self._hub.subscribe(gate, topic)
        return gate

    async def _see(self, gate: Gate, see: Callable[[Tx], Seen[Snapshot]]) -> Seen[Snapshot]:
        """In one read transaction, while the gate keeps back what is published."""
        try:
            return await self._store.read(see)
        except BaseException:
            self._hub.drop(gate)
            raise

    def _found(
        self,
        role: str,
        peer: Peer,
        request: IdentifyVisitor | IdentifyAgent | IdentifyBot,
        seen: Seen[Snapshot],
        *,
        lost: bool = False,
    ) -> dict[str, Any]:
        """The part of the answer that is everyone's."""
        missed = seen.missed
        reset = missed.reset or lost
        self.counts[role, "reset" if reset else "fresh" if isinstance(request.resume, UnsetType) else "resumed"] += 1
        return {
            "re": request.id,
            "session": peer.session,
            "epoch": self._installation.epoch,
            "v": seen.v,
            "now": rfc3339(self._clock.now()),
            "missed": missed.entries,
            "missed_notes": missed.notes,
            "more": missed.more,
            "dropped": missed.dropped,
            "reset": reset,
        }

    def _answer(self, peer: Peer, gate: Gate, reply: bytes) -> None:
        """The reply, then what was published meanwhile, then everything live: in one turn of the loop."""
        peer.send(reply)
        gate.open()
        self._hub.replace(gate, peer)

    def _see_bot(
        self, tx: Tx, identity: BotIdentity, mine: tuple[str, ...], resume: Resume | UnsetType
    ) -> Seen[replies.BotSnapshot]:
        v, directory = self._settings(tx)
        found = directory.bots.get(identity.bot)
        if found is None:
            raise Refused(ErrorCode.UNAUTHORISED, "This token is no good.")
        rows = {row.id: row for row in conversations.find_all(tx, mine).values() if row.bot == identity.bot}
        named = [] if isinstance(resume, UnsetType) else list(resume.positions)
        ended = {
            row.id: row
            for row in conversations.find_all(tx, named).values()
            if row.bot == identity.bot and row.state == "closed"
        }
        still = [row for row in rows.values() if row.state != "closed"]
        return Seen(
            v=v,
            snapshot=replies.BotSnapshot(
                bot=views.bot(
                    found,
                    connections=len(self._hub.peers(audience.of_bot(identity.bot))),
                    conversations=sum(row.owner == identity.bot for row in still),
                ),
                conversations=[self._for_bot(tx, row, directory) for row in still],
            ),
            missed=history.missed(tx, {**rows, **ended}, resume, epoch=self._installation.epoch, with_notes=False),
        )

    def _for_bot(self, tx: Tx, row: ConversationRow, directory: Directory) -> parts.Conversation:
        person = visitors.find(tx, row.visitor)
        assert person is not None
        return views.conversation_for_bot(row, person, directory)

    def _placed(self, conversation: parts.Conversation) -> parts.Conversation:
        """With its place in line, which only the router knows and only the loop's thread may ask."""
        return replace(conversation, queue=views.queue(self._places(conversation.id)))

    def _settings(self, tx: Tx) -> tuple[int, Directory]:
        """The version this transaction sees, and the settings of then."""
        v = workspaces.version(tx, self._directory().workspace_id)
        return v, self._directory_at(v)

    def _see_visitor(
        self, tx: Tx, identity: VisitorIdentity, resume: Resume | UnsetType
    ) -> Seen[replies.VisitorSnapshot]:
        v, directory = self._settings(tx)
        if identity.site not in directory.sites:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such site.", field="site")
        _insist_not_erased(tx, identity)
        positions = {} if isinstance(resume, UnsetType) else resume.positions
        person = visitors.find(tx, identity.visitor) if identity.known else None
        known = self._known_to_visitor(tx, identity, list(positions)) if person is not None else {}
        newest = max(known.values(), key=lambda row: row.n, default=None)
        shown = None
        if newest is not None and person is not None:
            shown = views.conversation_for_visitor(newest, person, directory, None)
        records = self._records(tx, directory).values()
        serving = views.serving_departments(records, directory)
        return Seen(
            v=v,
            snapshot=replies.VisitorSnapshot(
                site=views.site(identity.site, directory, serving, now=self._clock.now(), bots_here=self._bots_here()),
                conversation=shown,
            ),
            missed=history.missed(tx, known, resume, epoch=self._installation.epoch, with_notes=False),
            visitor=person,
        )

    def _known_to_visitor(self, tx: Tx, identity: VisitorIdentity, named: list[str]) -> dict[str, ConversationRow]:
        """The open conversation, one that ended a moment ago, and whichever of their own the client names."""
        own = {
            row.id: row
            for row in conversations.find_all(tx, named).values()
            if (row.visitor, row.site) == (identity.visitor, identity.site)
        }
        last = conversations.last_of_visitor(tx, identity.visitor, identity.site)
        since = self._clock.now() - SHOWN_AFTER_CLOSE_MS
        if last is not None and (last.closed_at is None or last.closed_at > since):
            own[last.id] = last
        return own

    def _see_agent(self, tx: Tx, identity: AgentIdentity, resume: Resume | UnsetType) -> Seen[replies.AgentSnapshot]:
        v, directory = self._settings(tx)
        # Asked once more, now that we are subscribed: a login that ended meanwhile would find no socket to close.
        still = accounts.token_agent(tx, identity.token_hash, now=self._clock.now(), idle_ms=IDLE_MS)
        if still is None or still[0] != identity.agent or identity.agent not in directory.agents:
            raise Refused(ErrorCode.UNAUTHORISED, "Please log in.")
        records = self._records(tx, directory)
        own = records.get(identity.agent)
        held = [] if own is None else [hold.conversation for hold in own.holds if hold.kind is not model.HoldKind.OFFER]
        rows = conversations.find_all(tx, held)
        snapshot = replies.AgentSnapshot(
            agent=views.agent(own, directory) if own else views.new_agent(identity.agent, directory),
            offers=self._offers(tx, identity.agent, directory),
            conversations=[self._for_agent(tx, row, directory) for row in rows.values()],
            departments=[
                views.department(conversations.line(tx, department, limit=views.LINE_SHOWN), directory)
                for department in directory.departments
            ],
            agents=[
                views.colleague(records[agent], directory)
                if agent in records
                else views.new_colleague(agent, directory)
                for agent in directory.agents
            ],
        )
        return Seen(
            v=v,
            snapshot=snapshot,
            missed=history.missed(
                tx,
                {**rows, **_ended_meanwhile(tx, identity, resume)},
                resume,
                epoch=self._installation.epoch,
                with_notes=True,
            ),
        )

    def _records(self, tx: Tx, directory: Directory) -> dict[str, AgentRecord]:
        """The router's records of those who are configured."""
        stored = routing.agent_records(tx, directory.workspace_id).items()
        return {agent: views.decode_agent(record) for agent, record in stored if agent in directory.agents}

    def _offers(self, tx: Tx, agent: str, directory: Directory) -> list[parts.Offer]:
        rings = [routing.ring(tx, offer) for offer in routing.pending_offers(tx, agent)]
        rows = conversations.find_all(tx, (ring.offer.conversation for ring in rings))
        return [
            views.offer(ring, self._for_agent(tx, rows[ring.offer.conversation], directory), directory)
            for ring in rings
        ]

    def _for_agent(self, tx: Tx, row: ConversationRow, directory: Directory) -> parts.Conversation:
        person = visitors.find(tx, row.visitor)
        assert person is not None
        return views.conversation_for_agent(row, person, directory, None)


def _ended_meanwhile(tx: Tx, identity: AgentIdentity, resume: Resume | UnsetType) -> dict[str, ConversationRow]:
    """Conversations that the client names and that ended with this agent meanwhile: how they ended is told.

    Of others' nothing comes this way, to supervisors neither: what they look at is asked for, and recorded.
    """
    named = [] if isinstance(resume, UnsetType) else list(resume.positions)
    return {row.id: row for row in conversations.find_all(tx, named).values() if row.owner == identity.agent}


def _insist_not_erased(tx: Tx, identity: VisitorIdentity) -> None:
    """Asked once more, now that we are subscribed: an erasure that began meanwhile would find no socket to close."""
    erased, erasing = visitors.erased(tx, identity.visitor)
    if erasing or (erased and identity.vouched is None):
        raise Refused(ErrorCode.UNAVAILABLE, "You have been erased. Please come back.", retry_after_ms=2_000)


def _page(page: parts.Page) -> dict[str, str]:
    return {"url": page.url, "title": page.title, "referrer": page.referrer}
