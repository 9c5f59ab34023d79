"""A router under test: what to ask about, one step, and all that must hold after it."""

from __future__ import annotations

from dataclasses import replace

from hypothesis.stateful import RuleBasedStateMachine

from router import commands as c
from router import events as e
from router import invariants
from router.conversation import Conversation
from router.errors import CommandRejected, Rejection
from router.evolve import apply
from router.model import (
    AgentId,
    BotId,
    ConversationId,
    ConversationState,
    DepartmentId,
    OfferId,
    WorkspaceSettings,
    Writer,
)
from router.order import STRICT
from router.router import Router
from router.snapshot import ConversationRecord, Snapshot, take_snapshot
from router.state import State
from tests.router.choice_oracle import best
from tests.router.strategies import AGENTS, BOTS, DEPARTMENTS
from tests.router.wait_oracle import Witness, destination, entrance

CONVERSATIONS = 6


def records(machine: World) -> tuple[ConversationRecord, ...]:
    return machine.router.snapshot().conversations


class World(RuleBasedStateMachine):
    """The router, a replica that hears its events, and the judges of every step. Rules are added by who inherits it."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000
        self.started = 0
        self.seed = 0
        self.router: Router
        self.replica: State
        self.pending: set[OfferId] = set()
        self.ended: set[OfferId] = set()
        self.used: dict[AgentId, int] = {}
        self.had: dict[BotId, int] = {}
        self.witness = Witness()

    # Names to ask about; now and then one that does not exist (any more).

    def department(self, number: int) -> DepartmentId:
        known = list(self.router.settings.departments)
        return known[number % len(known)] if number else DEPARTMENTS[-1]

    def conversation(self, number: int) -> ConversationId:
        known = [record.id for record in records(self)]
        return known[number % len(known)] if known and number < CONVERSATIONS - 1 else ConversationId("c_unknown")

    def active(self, number: int) -> tuple[ConversationId, AgentId]:
        owned = [(record.id, record.owner) for record in records(self) if record.owner is not None]
        if owned and number < CONVERSATIONS - 1:
            return owned[number % len(owned)]
        return self.conversation(number), AGENTS[number % len(AGENTS)]

    def with_bots(self) -> list[tuple[ConversationId, BotId]]:
        return [
            (record.id, record.bot)
            for record in records(self)
            if record.state is ConversationState.BOT and record.bot is not None
        ]

    def with_bot(self, number: int) -> tuple[ConversationId, BotId]:
        had = self.with_bots()
        if had and number < CONVERSATIONS - 1:
            return had[number % len(had)]
        return self.conversation(number), BOTS[number % len(BOTS)]

    def offers(self) -> list[tuple[OfferId, AgentId]]:
        return [(offer.id, offer.agent) for record in records(self) for offer in record.offers]

    def offer(self, number: int) -> tuple[OfferId, AgentId]:
        known = self.offers()
        return known[number % len(known)] if known else (OfferId("o_unknown-1"), AGENTS[number % len(AGENTS)])

    # One step, and what must hold after it.

    def do(self, command: c.Command, dt: int = 0) -> None:
        self.now += dt
        before = self.router.snapshot()
        workspace = self.router.settings
        happened, rejection = handle(self.router, command, self.now)
        self.rebuilt_behaves_the_same(workspace, before, command, happened, rejection)
        if rejection is not None:
            self.rejected_changes_nothing(workspace, before)
        for event in happened:
            self.younger_do_not_overtake(event)
            self.enters_where_it_may(event, command)
            self.people_get_what_they_may(event, command)
            self.only_the_owner_acts(event, command)
            self.witness.hears(event, self.replica, command)
            apply(self.replica, event)
            self.offers_end_once(event)
        self.events_replay()
        self.witness.misses_nothing(self.replica, self.router.now)
        self.no_hold_added_above_the_limit(happened)
        self.no_bot_given_more_than_it_may_have(happened)
        over = {agent.id for agent in self.router.snapshot().agents if agent.used > self.limit(agent.id)}
        invariants.check(self.router, lowered=over)

    def limit(self, agent: AgentId) -> int:
        return self.router.settings.agents[agent].max_slots

    def rebuilt_behaves_the_same(
        self,
        workspace: WorkspaceSettings,
        before: Snapshot,
        command: c.Command,
        happened: tuple[e.Event, ...],
        rejection: Rejection | None,
    ) -> None:
        twin = Router.rebuild(workspace, before, seed=self.seed)
        assert twin.snapshot() == before
        again = handle(twin, command, self.now)
        assert again == (happened, rejection)
        assert twin.snapshot() == self.router.snapshot()
        assert twin.next_deadline() == self.router.next_deadline()

    def rejected_changes_nothing(self, workspace: WorkspaceSettings, before: Snapshot) -> None:
        """But for what was due."""
        waited = Router.rebuild(workspace, before, seed=self.seed)
        waited.advance(self.now)
        assert waited.snapshot() == self.router.snapshot()

    def events_replay(self) -> None:
        kept, replayed = self.router.snapshot(), take_snapshot(self.replica)
        assert replace(replayed, counters=replace(replayed.counters, now=kept.counters.now)) == kept

    def enters_where_it_may(self, event: e.Event, command: c.Command) -> None:
        if not isinstance(event, e.ConversationStarted) or not isinstance(command, c.StartConversation):
            return
        bot = None if command.bot is None else self.replica.settings.bots.get(command.bot)
        had = [record for record in self.replica.conversations.values() if bot is not None and has(record, bot.id)]
        room = bot is not None and (not bot.max_conversations or len(had) < bot.max_conversations)
        if bot is not None and room and self.replica.bots[bot.id].connected and not command.left:
            assert (event.bot, event.department, event.asked) == (bot.id, command.department, None)
        else:
            assert not command.trial
            assert (event.bot, event.department, event.asked) == (None, *entrance(self.replica, command))

    def people_get_what_they_may(self, event: e.Event, command: c.Command) -> None:
        """A hand-over on wish, judged on the state just before it; what a bot lost by fault goes in any case."""
        if not isinstance(event, e.ConversationHandedOver | e.HandoffFailed):
            return
        had = self.replica.conversations[event.conversation]
        assert has(had, event.bot)
        here = self.replica.bots[event.bot].connected
        if isinstance(event, e.ConversationHandedOver):
            assert not had.trial
            began = event.key_at + had.head_start_ms * (
                STRICT if self.replica.settings.departments[event.department].order == "strict" else 1
            )
            assert began == had.started_at
            if event.reason not in {"handoff", "asked"}:
                assert event.department == had.department
                return
        assert isinstance(command, c.HandOver | c.AskHuman)
        asked = getattr(command, "department", None) or had.department
        found = destination(self.replica, had.needs, asked, command.overflow)
        if had.trial:
            found = "trial"
        elif not here:
            found = asked
        elif command.outside_hours:
            found = "outside_hours"
        assert found == (event.reason if isinstance(event, e.HandoffFailed) else event.department)

    def only_the_owner_acts(self, event: e.Event, command: c.Command) -> None:
        """Judged on the state just before: what an agent or a bot does is done by the one who has the conversation."""
        match event:
            case e.ConversationClosed(by="bot"):
                assert isinstance(command, c.CloseByBot)
                assert has(self.replica.conversations[event.conversation], command.bot)
            case e.ConversationHandedOver(reason="handoff"):
                assert isinstance(command, c.HandOver)
                assert has(self.replica.conversations[event.conversation], command.bot)
            case e.ConversationGivenToBot():
                assert self.replica.conversations[event.conversation].owner == event.agent
                assert self.replica.bots[event.bot].connected
            case e.MessageWritten(writer=Writer.BOT | Writer.AGENT):
                with_bot = self.replica.conversations[event.conversation].state is ConversationState.BOT
                assert with_bot == (event.writer is Writer.BOT)
            case e.BotWorked():
                conversation = self.replica.conversations[event.conversation]
                assert conversation.bot_until is not None
                assert conversation.bot_until < event.until
            case _:
                pass

    def no_bot_given_more_than_it_may_have(self, happened: tuple[e.Event, ...]) -> None:
        """A lowered limit only stops what is new."""
        had = {bot: len(self.router.conversations_of(bot)) for bot in self.router.settings.bots}
        for bot, count in had.items():
            limit = self.router.settings.bots[bot].max_conversations
            assert not limit or count <= max(limit, self.had.get(bot, 0)), happened
        self.had = had

    def offers_end_once(self, event: e.Event) -> None:
        if isinstance(event, e.OfferMade):
            assert event.offer.id not in self.pending | self.ended
            self.pending.add(event.offer.id)
        if isinstance(event, e.OfferEnded):
            self.pending.remove(event.offer)
            self.ended.add(event.offer)

    def no_hold_added_above_the_limit(self, happened: tuple[e.Event, ...]) -> None:
        for agent in self.router.snapshot().agents:
            assert agent.used <= max(self.limit(agent.id), self.used.get(agent.id, 0)), happened
        self.used = {agent.id: agent.used for agent in self.router.snapshot().agents}

    def younger_do_not_overtake(self, event: e.Event) -> None:
        """Law 6, and the choice of DESIGN §5.2: judged on the state just before a directed offer was made."""
        if not isinstance(event, e.OfferMade) or event.offer.soft or event.offer.transfer_from is not None:
            return
        self.replica.now = max(self.replica.now, event.at)
        snapshot = take_snapshot(self.replica)
        agents_now = {agent.id: agent for agent in snapshot.agents}
        offered = next(record for record in snapshot.conversations if record.id == event.offer.conversation)
        workspace = self.replica.settings
        for older in snapshot.conversations:
            if (older.key_at, older.arrival) < (offered.key_at, offered.arrival):
                assert not invariants.takeable(workspace, snapshot, agents_now[event.offer.agent], older)
        takeable = [agent for agent in snapshot.agents if invariants.takeable(workspace, snapshot, agent, offered)]
        chosen, reason = best(workspace, offered, takeable, snapshot.counters.now)
        assert event.offer.agent in chosen
        assert event.decision.reason == reason
        assert event.decision.takeable == len(takeable)
        told = {row.agent for row in event.decision.candidates if row.excluded is None}
        assert told == {agent.id for agent in takeable}

    def teardown(self) -> None:
        """Left alone, the router goes from deadline to deadline and never fires twice for the same moment."""
        for _ in range(20):
            due = self.router.next_deadline() if hasattr(self, "router") else None
            if due is None:
                return
            assert due > self.router.now
            self.do(c.Tick(), due - self.now)


def has(conversation: Conversation, bot: BotId) -> bool:
    """The bot has the conversation now."""
    return conversation.state is ConversationState.BOT and conversation.bot == bot


def handle(router: Router, command: c.Command, now: int) -> tuple[tuple[e.Event, ...], Rejection | None]:
    try:
        return router.handle(command, now), None
    except CommandRejected as rejected:
        return rejected.events, rejected.code
