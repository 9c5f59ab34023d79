"""After a commit: who is told what. Frames are made from what was committed, encoded once for each audience."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from router import events
from server.desk import audience, views
from server.desk.audience import Hub
from server.desk.engine import Told
from server.desk.hours_now import HoursNow
from server.desk.overview import Overview
from server.desk.views import Standing
from server.desk.watchers import Watchers
from server.desk.workers import Workers
from server.store.rows import ConversationRow, RingRow
from server.wire import events as wire
from server.wire import parts
from server.wire.codec import encode

Places = Callable[[str], Standing | None]
Serving = Callable[[], frozenset[str]]
Ringing = Callable[[str], Iterable[str]]
"""The agents at whom a conversation rings."""


class Pushes:
    """Turns commits into frames. Remembers only which departments it last called served, and which within hours."""

    def __init__(  # noqa: PLR0913 - the seams it stands between
        self,
        hub: Hub,
        *,
        places: Places,
        serving: Serving,
        ringing: Ringing,
        overview: Overview,
        watchers: Watchers | None = None,
        workers: Workers,
        bots_here: Callable[[], frozenset[str]],
    ) -> None:
        self._hub = hub
        self._watchers = Watchers() if watchers is None else watchers
        self._places = places
        self._serving = serving
        self._ringing = ringing
        self._overview = overview
        self._workers = workers
        self._bots_here = bots_here
        self._bots: frozenset[str] = frozenset()
        self._served: frozenset[str] = frozenset()
        self._hours = HoursNow()
        self._in_hours: frozenset[str] = frozenset()

    def told(self, told: Told) -> None:
        """Tell everyone concerned about one commit."""
        self._entries(told)
        self._notes(told)
        for ring in told.written.rings:
            self._ring(told, ring)
        self._offers_ended(told)
        # The oldest first: whoever ended one and began another in the same commit is left with the newer one.
        for row in sorted(told.written.conversations.values(), key=lambda row: row.n):
            self._conversation(told, row)
        self._joined(told)
        self._bots_told(told)
        records = [record for record in told.batch.agents.values() if record is not None]
        for record in records:
            self._send(
                audience.of_agent(record.id),
                wire.AgentEvent(v=told.written.v, agent=views.agent(record, told.directory)),
            )
        self._removed(told)
        self._overview.changed(told.written.v, told.directory, records, told.written.lines, told.written.unread)
        self._sites(told)

    def _entries(self, told: Told) -> None:
        """New entries, for the visitor and whoever has the conversation."""
        for row in told.written.entries:
            conversation = told.written.conversations[row.conversation]
            frame = encode(views.entry_event(row))
            self._hub.publish(audience.of_visitor(conversation.visitor, conversation.site), frame)
            for agent in _having(told, conversation):
                self._hub.publish(audience.of_agent(agent), frame)
            if conversation.bot is not None:
                self._hub.publish(audience.of_talk(row.conversation), frame)
            self._watchers.tell(row.conversation, frame)

    def _bots_told(self, told: Told) -> None:
        """What became of their conversations; and those that are new to them, with all there is."""
        for bot, brought in told.written.to_bots:
            self._workers.take(bot, brought, told.written.v)
        for event in told.events:
            said = _outcome(event, told)
            if said is not None:
                self._hub.publish(audience.of_talk(said.conversation), encode(said))
        for conversation in told.batch.closings:
            self._workers.forget(conversation)
        if told.before is not told.directory:
            self._bots_configured(told)

    def _bots_configured(self, told: Told) -> None:
        """What they write from now on is theirs under the name they have now."""
        for bot, now in told.directory.bots.items():
            before = told.before.bots.get(bot)
            peers = self._hub.peers(audience.of_bot(bot))
            if before is None or before == now or not peers:
                continue
            for peer in peers:
                peer.identity.key, peer.identity.name = now.settings.key, now.settings.name
                shown = views.bot(now, connections=len(peers), conversations=len(self._workers.of(peer)))
                peer.send(encode(wire.BotEvent(v=told.written.v, bot=shown)))

    def _joined(self, told: Told) -> None:
        """Whoever has just joined is here; told after the conversation, which names them."""
        for row in told.written.entries:
            if row.kind == "joined" and row.role == "agent":
                conversation = told.written.conversations[row.conversation]
                person = parts.Person(role="agent", id=row.sender, name=row.name)
                self._hub.publish_lossy(
                    audience.of_visitor(conversation.visitor, conversation.site),
                    f"presence:{row.conversation}",
                    encode(views.presence(row.conversation, person, here=True)),
                )

    def _notes(self, told: Told) -> None:
        """What the team is told by us, never the visitor."""
        for row in told.written.notes:
            frame = encode(views.note_event(row))
            for agent in _having(told, told.written.conversations[row.conversation]):
                self._hub.publish(audience.of_agent(agent), frame)
            self._watchers.tell(row.conversation, frame)

    def _conversation(self, told: Told, row: ConversationRow) -> None:
        visitor = told.written.visitors[row.visitor]
        place = self._places(row.id)
        ended_before = row.state == "closed" and row.id not in told.batch.closings
        if not ended_before and row.id not in told.written.overtaken:
            # Of one that had ended before, or was left behind, the visitor is told nothing more: they are shown their
            # newest, and may be in another by now.
            shown = views.conversation_for_visitor(row, visitor, told.directory, place)
            self._send(
                audience.of_visitor(row.visitor, row.site), wire.ConversationEvent(v=told.written.v, conversation=shown)
            )
        if row.bot is not None:
            # Whether somebody hears it is known once it is delivered: until then it may be given to a connection.
            mine = views.conversation_for_bot(row, visitor, told.directory)
            event = wire.ConversationEvent(v=told.written.v, conversation=mine)
            self._hub.publish(audience.of_talk(row.id), encode(event))
        agents = self._concerned(told, row)
        if agents or row.id in self._watchers:
            full = views.conversation_for_agent(row, visitor, told.directory, place)
            frame = encode(wire.ConversationEvent(v=told.written.v, conversation=full))
            for agent in agents:
                self._hub.publish(audience.of_agent(agent), frame)
            self._watchers.tell(row.id, frame)

    def _ring(self, told: Told, ring: RingRow) -> None:
        row = told.written.conversations[ring.offer.conversation]
        shown = views.conversation_for_agent(
            row, told.written.visitors[row.visitor], told.directory, self._places(row.id)
        )
        self._send(audience.of_agent(ring.offer.agent), views.offer_event(ring, shown, told.directory, told.written.v))

    def _offers_ended(self, told: Told) -> None:
        for event in told.events:
            if isinstance(event, events.OfferEnded):
                self._send(audience.of_agent(event.agent), _offer_ended(event, told.written.v))

    def _removed(self, told: Told) -> None:
        """Agents and departments that went with this commit."""
        if told.before is told.directory:
            return
        agents = [each for each in told.before.agents if each not in told.directory.agents]
        departments = [each for each in told.before.departments if each not in told.directory.departments]
        if agents or departments:
            self._overview.forget(agents, departments)
            self._send(audience.AGENTS, wire.RemovedEvent(v=told.written.v, agents=agents, departments=departments))

    def _sites(self, told: Told) -> None:
        """Sites whose departments opened or closed by this commit; all of them when settings changed."""
        serving, in_hours = self._serving(), self._hours.departments(told.directory, told.at)
        here = self._bots_here()
        with_bots = (
            frozenset(
                each.id for each in told.directory.departments.values() if views.first_bot(each, told.directory) in here
            )
            if here
            else frozenset()
        )
        changed = (serving ^ self._served) | (in_hours ^ self._in_hours) | (with_bots ^ self._bots)
        self._served, self._in_hours, self._bots = serving, in_hours, with_bots
        if any(isinstance(event, events.Configured) for event in told.events):
            changed = frozenset(told.directory.departments)
        if not changed:
            return
        for key in told.directory.sites:
            if any(department.id in changed for department in told.directory.site_departments(key)):
                self._send(
                    audience.of_site(key),
                    wire.SiteEvent(
                        v=told.written.v, site=views.site(key, told.directory, serving, now=told.at, bots_here=here)
                    ),
                )

    def _concerned(self, told: Told, row: ConversationRow) -> list[str]:
        """The agents who have the conversation or at whom it rings, and those who had it until this commit."""
        return list(dict.fromkeys([*_having(told, row), *self._ringing(row.id)]))

    def _send(self, topic: str, frame: Struct) -> None:
        if self._hub.peers(topic):
            self._hub.publish(topic, encode(frame))


def _having(told: Told, row: ConversationRow) -> list[str]:
    """The agents who have the conversation, and those who had it until this commit: its log is theirs."""
    owner = views.agent_of(row)
    agents = {} if owner is None else {owner: None}
    for event in told.events:
        match event:
            case events.ConversationAssigned(conversation=row.id, previous=previous) if previous is not None:
                agents[previous] = None
            case events.ConversationReturned(conversation=row.id, previous=previous):
                agents[previous] = None
            case events.ConversationGivenToBot(conversation=row.id, agent=previous):
                agents[previous] = None
            case _:
                pass
    return list(agents)


def _outcome(
    event: events.Event, told: Told
) -> wire.HandoffQueued | wire.HandoffAccepted | wire.HandoffFailed | wire.HandoffReturned | None:
    """What the bot is told of its hand-over."""
    v, directory = told.written.v, told.directory
    match event:
        case events.ConversationHandedOver():
            return wire.HandoffQueued(v=v, conversation=event.conversation, reason=event.reason)
        case events.HandoffFailed():
            return wire.HandoffFailed(v=v, conversation=event.conversation, reason=event.reason)
        case events.ConversationAssigned():
            agent = directory.agent_named(event.agent)
            row = told.written.conversations.get(event.conversation)
            if agent is None or row is None or row.bot is None:
                return None
            return wire.HandoffAccepted(v=v, conversation=event.conversation, agent=agent)
        case events.ConversationGivenToBot():
            agent = directory.agent_named(event.agent)
            assert agent is not None, "only nobody has no name"
            return wire.HandoffReturned(v=v, conversation=event.conversation, agent=agent)
        case _:
            return None


def _offer_ended(event: events.OfferEnded, v: int) -> wire.OfferEndedEvent:
    return wire.OfferEndedEvent(v=v, offer=event.offer, why=event.end.value)  # type: ignore[arg-type] # never pending
