"""Everything that can be asked of the router, in any order, at any time: what must hold, holds after every step."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from router import commands as c
from router import events as e
from router import invariants
from router.bot import Bot
from router.conversation import Conversation
from router.errors import CommandRejected, Rejection
from router.evolve import apply
from router.indexes import rebuild_indexes
from router.model import (
    NO_NEEDS,
    AgentId,
    BotId,
    ConversationId,
    ConversationState,
    DepartmentId,
    Needs,
    OfferId,
    Status,
    VisitorId,
    WorkspaceSettings,
    Writer,
)
from router.order import STRICT
from router.router import Router
from router.snapshot import ConversationRecord, Snapshot, take_snapshot
from router.state import State
from tests.router.choice_oracle import best
from tests.router.strategies import AGENTS, BOTS, DEPARTMENTS, needs, steps, workspaces
from tests.router.wait_oracle import Witness, destination, entrance

CONVERSATIONS = 6

agents = st.sampled_from(AGENTS)
bots = st.sampled_from(BOTS)
overflows: st.SearchStrategy[list[DepartmentId]] = st.lists(st.sampled_from(DEPARTMENTS), max_size=2) | st.just([])
numbers = st.integers(0, CONVERSATIONS - 1)


def records(machine: AnyCommandsInAnyOrder) -> tuple[ConversationRecord, ...]:
    return machine.router.snapshot().conversations


def there_are_conversations(machine: AnyCommandsInAnyOrder) -> bool:
    return bool(records(machine))


def something_rings(machine: AnyCommandsInAnyOrder) -> bool:
    return bool(machine.offers())


def a_bot_talks(machine: AnyCommandsInAnyOrder) -> bool:
    return bool(machine.with_bots())


def somebody_talks(machine: AnyCommandsInAnyOrder) -> bool:
    return any(record.owner is not None for record in records(machine))


class AnyCommandsInAnyOrder(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000
        self.started = 0
        self.router: Router
        self.replica: State
        self.pending: set[OfferId] = set()
        self.ended: set[OfferId] = set()
        self.used: dict[AgentId, int] = {}
        self.had: dict[BotId, int] = {}
        self.witness = Witness()

    @initialize(
        workspace=workspaces(),
        seed=st.integers(0, 2**64 - 1),
        absent=st.sets(agents, max_size=2),
        waiting=st.lists(numbers, max_size=4),
        accepted=st.integers(0, 3),
        asking=st.lists(bots, min_size=1, max_size=3) | st.just([]),
    )
    def open(
        self,
        workspace: WorkspaceSettings,
        seed: int,
        absent: set[AgentId],
        waiting: list[int],
        accepted: int,
        asking: list[BotId],
    ) -> None:
        self.seed = seed
        self.router = Router(workspace, seed=seed)
        self.replica = State(workspace)
        rebuild_indexes(self.replica)
        for agent in sorted(set(workspace.agents) - absent):
            self.do(c.ConnectAgent(agent=agent))
            self.do(c.SetStatus(agent=agent, status=Status.AVAILABLE))
        for department in waiting:
            self.start(0, department, 0, 1, NO_NEEDS, [], [], False, None, True, False)
        for bot in workspace.bots:
            self.do(c.ConnectBot(bot=bot))
        for bot in asking:
            self.start(0, 1, 0, 1, NO_NEEDS, [], [], False, bot, True, False)
        for _ in range(accepted):
            self.serve(0)

    # Rules: visitors.

    @rule(
        dt=steps,
        to=numbers,
        head_start=st.sampled_from([0, 0, 500, 3_000]),
        cost=st.sampled_from([1, 1, 1, 2]),
        needs=needs,
        reserve_for=st.lists(agents, max_size=2, unique=True) | st.just([]),
        overflow=overflows,
        left=st.sampled_from([False, False, False, True]),
        bot=st.sampled_from([None, *BOTS]),
        spoke=st.booleans(),
        trial=st.sampled_from([False, False, False, True]),
    )
    def start(  # noqa: PLR0917 - the fields of a start
        self,
        dt: int,
        to: int,
        head_start: int,
        cost: int,
        needs: Needs,
        reserve_for: list[AgentId],
        overflow: list[DepartmentId],
        left: bool,
        bot: BotId | None,
        spoke: bool,
        trial: bool,
    ) -> None:
        if len(records(self)) >= CONVERSATIONS:
            return
        name = ConversationId(f"c_{self.started}")
        self.started += 1
        self.do(
            c.StartConversation(
                conversation=name,
                visitor=VisitorId("v"),
                department=self.department(to),
                head_start_ms=head_start,
                cost=cost,
                needs=needs,
                reserve_for=tuple(reserve_for),
                reserve_ms=2_000,
                overflow=tuple(overflow),
                left=left,
                bot=bot,
                spoke=spoke,
                trial=trial,
            ),
            dt,
        )

    @precondition(there_are_conversations)
    @rule(dt=steps, number=numbers)
    def visitor_leaves(self, dt: int, number: int) -> None:
        self.do(c.DisconnectVisitor(conversation=self.conversation(number)), dt)

    @precondition(there_are_conversations)
    @rule(dt=steps, number=numbers)
    def visitor_returns(self, dt: int, number: int) -> None:
        self.do(c.ConnectVisitor(conversation=self.conversation(number)), dt)

    @precondition(there_are_conversations)
    @rule(dt=steps, number=numbers, writer=st.sampled_from(list(Writer)))
    def wrote(self, dt: int, number: int, writer: Writer) -> None:
        self.do(c.Wrote(conversation=self.active(number)[0], writer=writer), dt)

    @precondition(there_are_conversations)
    @rule(dt=steps, number=numbers, low=st.sampled_from([0, 500]), more=st.sampled_from([0, 500, 1_500]))
    def wait_is_promised(self, dt: int, number: int, low: int, more: int) -> None:
        told = c.PromiseWait(
            conversation=self.conversation(number), low_ms=low, high_ms=low + more, p50_ms=low, p80_ms=low + more
        )
        self.do(told, dt)

    @rule(dt=steps)
    def sweep_places(self, dt: int) -> None:
        self.do(c.SweepPlaces(), dt)

    @precondition(there_are_conversations)
    @rule(dt=steps, number=numbers)
    def visitor_closes(self, dt: int, number: int) -> None:
        self.do(c.CloseByVisitor(conversation=self.conversation(number)), dt)

    # Rules: agents.

    @rule(dt=steps, agent=agents)
    def connect(self, dt: int, agent: AgentId) -> None:
        self.do(c.ConnectAgent(agent=agent), dt)

    @rule(dt=steps, agent=agents)
    def disconnect(self, dt: int, agent: AgentId) -> None:
        self.do(c.DisconnectAgent(agent=agent), dt)

    @rule(dt=steps, agent=agents, status=st.sampled_from([*Status, Status.AVAILABLE, Status.AVAILABLE]))
    def set_status(self, dt: int, agent: AgentId, status: Status) -> None:
        self.do(c.SetStatus(agent=agent, status=status), dt)

    @precondition(something_rings)
    @rule(dt=steps, number=st.integers(0, 7), rightly=st.integers(0, 9), agent=agents)
    def accept(self, dt: int, number: int, rightly: int, agent: AgentId) -> None:
        offer, whose = self.offer(number)
        self.do(c.AcceptOffer(agent=whose if rightly else agent, offer=offer), dt)

    @rule(dt=steps)
    def serve(self, dt: int) -> None:
        """As on a good day: whatever rings is seen and taken, and somebody answers."""
        for offer, agent in self.offers():
            self.do(c.SeeOffer(agent=agent, offer=offer))
        for number, (offer, agent) in enumerate(self.offers()):
            self.do(c.AcceptOffer(agent=agent, offer=offer), 0 if number else dt)
        for record in records(self):
            if record.owner is not None and record.arrival % 2:
                self.do(c.Wrote(conversation=record.id, writer=Writer.AGENT))

    @precondition(something_rings)
    @rule(dt=steps, number=st.integers(0, 7))
    def decline(self, dt: int, number: int) -> None:
        offer, whose = self.offer(number)
        self.do(c.DeclineOffer(agent=whose, offer=offer), dt)

    @precondition(something_rings)
    @rule()
    def all_see(self) -> None:
        for offer, agent in self.offers():
            self.do(c.SeeOffer(agent=agent, offer=offer))

    @precondition(there_are_conversations)
    @rule(dt=steps, agent=agents, number=numbers, anywhere=st.booleans(), anybodys=st.booleans())
    def pick(self, dt: int, agent: AgentId, number: int, anywhere: bool, anybodys: bool) -> None:
        conversation = self.conversation(number)
        self.do(c.Pick(agent=agent, conversation=conversation, any_department=anywhere, any_owner=anybodys), dt)

    @precondition(somebody_talks)
    @rule(dt=steps, number=numbers, to=agents, then=st.sampled_from(["", "", "accept", "decline", "close", "leave"]))
    def transfer_to_agent(self, dt: int, number: int, to: AgentId, then: str) -> None:
        conversation, owner = self.active(number)
        self.do(c.TransferToAgent(agent=owner, conversation=conversation, to=to), dt)
        offers = [offer.id for record in records(self) for offer in record.offers if offer.transfer_from is not None]
        if offers and then == "accept":
            self.do(c.AcceptOffer(agent=to, offer=offers[0]))
        elif offers and then == "decline":
            self.do(c.DeclineOffer(agent=to, offer=offers[0]))
        elif then == "close":
            self.do(c.CloseByVisitor(conversation=conversation))
        elif then == "leave":
            self.do(c.DisconnectAgent(agent=owner))

    @precondition(somebody_talks)
    @rule(dt=steps, number=numbers, to=numbers)
    def transfer_to_department(self, dt: int, number: int, to: int) -> None:
        conversation, owner = self.active(number)
        self.do(c.TransferToDepartment(agent=owner, conversation=conversation, to=self.department(to)), dt)

    @precondition(somebody_talks)
    @rule(dt=steps, number=numbers, any_owner=st.integers(0, 5))
    def agent_closes(self, dt: int, number: int, any_owner: int) -> None:
        conversation, owner = self.active(number)
        self.do(c.CloseByAgent(agent=owner, conversation=conversation, any_owner=any_owner == 0), dt)

    @precondition(somebody_talks)
    @rule(dt=steps, number=numbers)
    def end_wrap_up(self, dt: int, number: int) -> None:
        conversation, owner = self.active(number)
        self.do(c.EndWrapUp(agent=owner, conversation=conversation), dt)

    # Rules: bots.

    @rule(dt=steps, bot=bots, to=numbers, spoke=st.booleans())
    def ask_a_bot(self, dt: int, bot: BotId, to: int, spoke: bool) -> None:
        """As on a good day: it is here, or comes."""
        self.do(c.ConnectBot(bot=bot))
        self.start(dt, to, 0, 1, NO_NEEDS, [], [], False, bot, spoke, False)

    @rule(dt=steps, bot=bots)
    def bot_connects(self, dt: int, bot: BotId) -> None:
        self.do(c.ConnectBot(bot=bot), dt)

    @rule(dt=steps, bot=bots)
    def bot_disconnects(self, dt: int, bot: BotId) -> None:
        self.do(c.DisconnectBot(bot=bot), dt)

    @precondition(a_bot_talks)
    @rule(
        dt=steps,
        number=numbers,
        rightly=st.integers(0, 5),
        bot=bots,
        to=st.none() | numbers,
        reserve_for=st.lists(agents, max_size=2, unique=True),
        overflow=overflows,
        closed=st.sampled_from([False, False, False, True]),
    )
    def hand_over(  # noqa: PLR0917 - the fields of a hand-over
        self,
        dt: int,
        number: int,
        rightly: int,
        bot: BotId,
        to: int | None,
        reserve_for: list[AgentId],
        overflow: list[DepartmentId],
        closed: bool,
    ) -> None:
        conversation, has = self.with_bot(number)
        self.do(
            c.HandOver(
                bot=has if rightly else bot,
                conversation=conversation,
                department=None if to is None else self.department(to),
                reserve_for=tuple(reserve_for),
                reserve_ms=2_000,
                overflow=tuple(overflow),
                outside_hours=closed,
            ),
            dt,
        )

    @precondition(a_bot_talks)
    @rule(dt=steps, number=numbers, overflow=overflows, closed=st.sampled_from([False, False, True]))
    def human_is_asked_for(self, dt: int, number: int, overflow: list[DepartmentId], closed: bool) -> None:
        conversation = self.with_bot(number)[0]
        self.do(c.AskHuman(conversation=conversation, overflow=tuple(overflow), outside_hours=closed), dt)

    @precondition(a_bot_talks)
    @rule(
        dt=steps,
        number=numbers,
        rightly=st.integers(0, 5),
        bot=bots,
        deed=st.sampled_from(["ask", "work", "say", "close"]),
    )
    def bot_does(self, dt: int, number: int, rightly: int, bot: BotId, deed: str) -> None:
        conversation, has = self.with_bot(number)
        whose = has if rightly else bot
        if deed == "ask":
            self.do(c.Wrote(conversation=conversation, writer=Writer.VISITOR), dt)
        elif deed == "work":
            self.do(c.BotWorking(bot=whose, conversation=conversation), dt)
        elif deed == "say":
            self.do(c.Wrote(conversation=conversation, writer=Writer.BOT), dt)
        else:
            self.do(c.CloseByBot(bot=whose, conversation=conversation), dt)

    @precondition(somebody_talks)
    @rule(dt=steps, number=numbers, bot=bots)
    def give_to_bot(self, dt: int, number: int, bot: BotId) -> None:
        conversation, owner = self.active(number)
        self.do(c.GiveToBot(agent=owner, conversation=conversation, bot=bot), dt)

    # Rules: the rest of the world.

    @rule(dt=st.sampled_from([1, 500, 1_000, 5_000, 30_000, -1_000]))
    def time_passes(self, dt: int) -> None:
        self.do(c.Tick(), dt)

    @rule(times=st.integers(1, 3))
    def timer_fires(self, times: int) -> None:
        for _ in range(times):
            due = self.router.next_deadline()
            if due is not None:
                self.do(c.Tick(), due - self.now)

    @precondition(there_are_conversations)
    @rule(dt=steps, number=numbers, for_ms=st.sampled_from([500, 2_000]))
    def quarantine(self, dt: int, number: int, for_ms: int) -> None:
        self.do(c.Quarantine(conversation=self.conversation(number), for_ms=for_ms), dt)

    @precondition(lambda self: self.started % 3 == 2)
    @rule(dt=steps, workspace=workspaces())
    def configure(self, dt: int, workspace: WorkspaceSettings) -> None:
        self.do(c.Configure(settings=workspace), dt)

    @rule(dt=st.sampled_from([0, 1_000, 60_000]), back=st.sets(agents), bots_known=st.booleans())
    def restart(self, dt: int, back: set[AgentId], bots_known: bool) -> None:
        """Bots' presence may have been kept or not."""
        if self.started % 2:
            return
        self.now += dt
        snapshot = self.router.snapshot()
        if not bots_known:
            snapshot = replace(snapshot, bots=())
            self.replica.bots = {name: Bot(bot.settings) for name, bot in self.replica.bots.items()}
            rebuild_indexes(self.replica)
        self.router = Router.rebuild(self.router.settings, snapshot, seed=self.seed)
        self.do(c.Restart())
        for agent in sorted(back):
            self.do(c.ConnectAgent(agent=agent))

    @rule()
    def everybody_is_here(self) -> None:
        for agent in self.router.settings.agents:
            self.do(c.ConnectAgent(agent=agent))
            self.do(c.SetStatus(agent=agent, status=Status.AVAILABLE))
        for bot in self.router.settings.bots:
            self.do(c.ConnectBot(bot=bot))

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


def test_states_are_words() -> None:
    """The machine above speaks of them."""
    assert {state.value for state in ConversationState} == {"bot", "waiting", "offered", "active", "closed"}


# `FRONTDESK_PROPERTIES=5000 pytest tests/router/test_properties.py` searches longer.
EXAMPLES = int(os.environ.get("FRONTDESK_PROPERTIES", "100"))

AnyCommandsInAnyOrder.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
# A failure is shrunk for up to five minutes.
TestAnyCommandsInAnyOrder: Any = pytest.mark.slow(pytest.mark.timeout(900)(AnyCommandsInAnyOrder.TestCase))
