"""Everything that can be asked of the router, in any order, at any time: what must hold, holds after every step."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from router import commands as c
from router.bot import Bot
from router.indexes import rebuild_indexes
from router.model import (
    NO_NEEDS,
    AgentId,
    BotId,
    ConversationId,
    ConversationState,
    DepartmentId,
    Needs,
    Status,
    VisitorId,
    WorkspaceSettings,
    Writer,
)
from router.router import Router
from router.state import State
from tests.router.strategies import AGENTS, BOTS, DEPARTMENTS, needs, steps, workspaces
from tests.router.world import CONVERSATIONS, World, records

agents = st.sampled_from(AGENTS)
bots = st.sampled_from(BOTS)
overflows: st.SearchStrategy[list[DepartmentId]] = st.lists(st.sampled_from(DEPARTMENTS), max_size=2) | st.just([])
numbers = st.integers(0, CONVERSATIONS - 1)


def there_are_conversations(machine: AnyCommandsInAnyOrder) -> bool:
    return bool(records(machine))


def something_rings(machine: AnyCommandsInAnyOrder) -> bool:
    return bool(machine.offers())


def a_bot_talks(machine: AnyCommandsInAnyOrder) -> bool:
    return bool(machine.with_bots())


def somebody_talks(machine: AnyCommandsInAnyOrder) -> bool:
    return any(record.owner is not None for record in records(machine))


class AnyCommandsInAnyOrder(World):
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
            written_at = self.now - 1_000 if rightly % 2 else None
            self.do(c.Wrote(conversation=conversation, writer=Writer.VISITOR, written_at=written_at), dt)
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


def test_states_are_words() -> None:
    """The machine above speaks of them."""
    assert {state.value for state in ConversationState} == {"bot", "waiting", "offered", "active", "closed"}


# `FRONTDESK_PROPERTIES=5000 pytest tests/router/test_properties.py` searches longer.
EXAMPLES = int(os.environ.get("FRONTDESK_PROPERTIES") or 100)

AnyCommandsInAnyOrder.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
# A failure is shrunk for up to five minutes.
TestAnyCommandsInAnyOrder: Any = pytest.mark.slow(pytest.mark.timeout(900)(AnyCommandsInAnyOrder.TestCase))
