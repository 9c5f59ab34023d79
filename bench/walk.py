"""Millions of random steps of the router, every one of them checked.

Where the tests' state machine (`tests/router/test_properties.py`) compares each step with a naive router, a twin and a
replay, and so takes milliseconds for one, this walks fast and far: after each step the cheap laws (slots, one
owner), after every few hundred the whole of `router.invariants` (takeable pairs, indexes, deadlines, places). A walk is
one seed; a broken invariant prints the seed and the step, and the same seed walks the same way again.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed

from router import commands as c
from router import invariants
from router.errors import CommandRejected
from router.invariants import Violated
from router.model import (
    AgentId,
    AgentSettings,
    BotId,
    BotSettings,
    ConversationId,
    DepartmentId,
    DepartmentSettings,
    HoldKind,
    Member,
    MessageRule,
    Method,
    OfferId,
    Status,
    VisitorId,
    WidenStep,
    WorkspaceSettings,
    Writer,
)
from router.needs import needs_of
from router.router import Router

_BEGAN = 1_800_000_000_000
_OPEN = 24  # conversations at once
_WHOLE_EVERY = 250  # steps between two looks at everything
_LEG = 50_000  # steps of one seed
_AGENTS = tuple(AgentId(f"a_{number}") for number in range(8))
_BOTS = (BotId("b_0"), BotId("b_1"))
_DEPARTMENTS = tuple(DepartmentId(f"d_{number}") for number in range(4))
_SKILLS = ("danish", "billing", "api")


def run(*, steps: int, jobs: int, seed: int) -> bool:
    """Walk that far, in legs of one seed each; print how it went. False: an invariant broke."""
    legs = [(seed + number, min(_LEG, steps - number * _LEG)) for number in range(-(-steps // _LEG))]
    began, walked, seen = time.monotonic(), 0, Counter[str]()
    broken: list[str] = []
    with ProcessPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(_leg, *leg) for leg in legs]):
            taken, kinds, fault = done.result()
            walked += taken
            seen.update(kinds)
            broken.extend(filter(None, [fault]))
            print(f"\r{walked:>12,} of {steps:,} steps", end="", flush=True)
    spent = time.monotonic() - began
    print(f"\r{walked:,} steps, seeds {seed} to {seed + len(legs) - 1}, {spent:,.0f} s, {jobs} at once")
    print("events: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(seen.items())))
    print("\n".join(broken) or "no invariant broken")
    return not broken


def _leg(seed: int, steps: int) -> tuple[int, Counter[str], str | None]:
    walk = Walk(seed)
    for step in range(steps):
        try:
            walk.step()
            if step % _WHOLE_EVERY == 0:
                invariants.check(walk.router, lowered=walk.over())
        except Violated as violated:
            return step, walk.kinds, f"seed {seed}, step {step}: {violated}"
    return steps, walk.kinds, None


class Walk:
    """One seed's router, and everything that can be asked of it."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a walk, not a secret
        self.router = Router(_workspace(self.chance), seed=seed)
        self.now = _BEGAN
        self.started = 0
        self.open: list[ConversationId] = []
        self.kinds: Counter[str] = Counter()
        self.used: dict[AgentId, int] = {}
        for agent in _AGENTS:
            self._ask(c.ConnectAgent(agent=agent))
            self._ask(c.SetStatus(agent=agent, status=Status.AVAILABLE))
        for bot in _BOTS:
            self._ask(c.ConnectBot(bot=bot))
        self._deeds: list[Callable[[], c.Command | None]] = [
            *[self._start] * 6,
            *[self._accept] * 9,
            *[self._see] * 5,
            *[self._close] * 4,
            *[self._come_or_go] * 3,
            *[self._visitor] * 2,
            *[self._hand_on] * 2,
            *[self._write] * 2,
            *[self._bot] * 3,
            self._bot_comes_or_goes,
            self._decline,
            self._pick,
            self._told,
            c.Tick,
            self._rare,
        ]

    def over(self) -> set[AgentId]:
        """Those whose limit was lowered below what they hold."""
        records = ((agent, self.router.agent(agent)) for agent in _AGENTS)
        limits = self.router.settings.agents
        return {agent for agent, record in records if record is not None and record.used > limits[agent].max_slots}

    def step(self) -> None:
        """Some time, one command, the cheap laws."""
        due = self.router.next_deadline()
        if due is not None and self.chance.random() < 0.2:
            self.now = max(self.now, due)
        else:
            self.now += self.chance.choice((0, 1, 200, 900, 2_500))
        command = self.chance.choice(self._deeds)()
        if command is not None:
            self._ask(command)

    def _ask(self, command: c.Command) -> None:
        try:
            happened = self.router.handle(command, self.now)
        except CommandRejected as rejected:
            happened = rejected.events
        changes = self.router.take_changes()
        for agent in changes.agents:
            self._check_slots(agent, command)
        for event in happened:
            self.kinds[type(event).__name__] += 1
        for one in changes.conversations:
            if self.router.conversation(one) is None and one in self.open:
                self.open.remove(one)

    def _check_slots(self, agent: AgentId, command: c.Command) -> None:
        """No hold above the limit is ever added, and nothing is held as active by two."""
        record = self.router.agent(agent)
        if record is None:
            return
        limit = self.router.settings.agents[agent].max_slots
        if record.used > max(limit, self.used.get(agent, 0)):
            raise Violated(f"{agent} holds {record.used} of {limit} after {command}")
        self.used[agent] = record.used
        for hold in record.holds:
            if hold.kind is HoldKind.ACTIVE:
                kept = self.router.conversation(hold.conversation)
                if kept is None or kept.owner != agent:
                    raise Violated(f"{agent} holds {hold.conversation}, which is not theirs, after {command}")

    # What may be asked.

    def _start(self) -> c.Command | None:
        if len(self.open) >= _OPEN:
            return None
        self.started += 1
        chance = self.chance
        skills = chance.sample(_SKILLS, chance.choice((0, 0, 1, 2)))
        self.open.append(ConversationId(f"c_{self.started}"))
        return c.StartConversation(
            conversation=self.open[-1],
            visitor=VisitorId("v"),
            department=chance.choice(_DEPARTMENTS),
            head_start_ms=chance.choice((0, 0, 3_000, 30_000)),
            cost=chance.choice((1, 1, 1, 1, 2)),
            needs=needs_of(
                require=[(skill, chance.randint(1, 4)) for skill in skills[:1]],
                prefer=[(skill, chance.randint(1, 3)) for skill in skills[1:]],
            ),
            reserve_for=tuple(chance.sample(_AGENTS, chance.choice((0, 0, 0, 1, 2)))),
            reserve_ms=5_000,
            overflow=tuple(chance.sample(_DEPARTMENTS, chance.choice((0, 1, 2)))),
            left=chance.random() < 0.05,
            bot=chance.choice((None, None, *_BOTS)),
            spoke=chance.random() < 0.7,
            trial=chance.random() < 0.05,
        )

    def _ringing(self) -> list[tuple[AgentId, ConversationId]]:
        return [(agent, one) for one in self.open for agent in self.router.ringing(one)]

    def _offer(self) -> tuple[AgentId, OfferId] | None:
        rings = self._ringing()
        if not rings:
            return None
        agent, one = self.chance.choice(rings)
        record = self.router.conversation(one)
        offers = [offer.id for offer in record.offers if offer.agent == agent] if record is not None else []
        return (agent, offers[0]) if offers else None

    def _accept(self) -> c.Command | None:
        found = self._offer()
        return None if found is None else c.AcceptOffer(agent=found[0], offer=found[1])

    def _see(self) -> c.Command | None:
        found = self._offer()
        return None if found is None else c.SeeOffer(agent=found[0], offer=found[1])

    def _decline(self) -> c.Command | None:
        found = self._offer()
        return None if found is None else c.DeclineOffer(agent=found[0], offer=found[1])

    def _one(self) -> ConversationId:
        return self.chance.choice(self.open) if self.open else ConversationId("c_unknown")

    def _owned(self) -> tuple[AgentId, ConversationId] | None:
        for one in self.chance.sample(self.open, len(self.open)):
            record = self.router.conversation(one)
            if record is not None and record.owner is not None:
                return record.owner, one
        return None

    def _close(self) -> c.Command | None:
        if self.chance.random() < 0.2:
            return c.CloseByVisitor(conversation=self._one())
        found = self._owned()
        if found is None:
            return None
        if self.chance.random() < 0.2:
            return c.EndWrapUp(agent=found[0], conversation=found[1])
        return c.CloseByAgent(agent=found[0], conversation=found[1])

    def _come_or_go(self) -> c.Command:
        agent = self.chance.choice(_AGENTS)
        chosen = self.chance.random()
        if chosen < 0.5:
            return c.ConnectAgent(agent=agent)
        if chosen < 0.6:
            return c.DisconnectAgent(agent=agent)
        if chosen < 0.9:
            return c.SetStatus(agent=agent, status=Status.AVAILABLE)
        return c.SetStatus(agent=agent, status=self.chance.choice(tuple(Status)))

    def _visitor(self) -> c.Command:
        if self.chance.random() < 0.8:
            return c.ConnectVisitor(conversation=self._one())
        return c.DisconnectVisitor(conversation=self._one())

    def _hand_on(self) -> c.Command | None:
        found = self._owned()
        if found is None:
            return None
        agent, one = found
        if self.chance.random() < 0.2:
            return c.GiveToBot(agent=agent, conversation=one, bot=self.chance.choice(_BOTS))
        if self.chance.random() < 0.5:
            return c.TransferToAgent(agent=agent, conversation=one, to=self.chance.choice(_AGENTS))
        return c.TransferToDepartment(agent=agent, conversation=one, to=self.chance.choice(_DEPARTMENTS))

    def _bot_comes_or_goes(self) -> c.Command:
        bot = self.chance.choice(_BOTS)
        return c.ConnectBot(bot=bot) if self.chance.random() < 0.75 else c.DisconnectBot(bot=bot)

    def _bot(self) -> c.Command:
        """What is done about a bot's conversation; now and then about one it has not got."""
        chance, bot = self.chance, self.chance.choice(_BOTS)
        had = self.router.conversations_of(bot)
        one = chance.choice(had) if had and chance.random() < 0.9 else self._one()
        hand_over = c.HandOver(
            bot=bot,
            conversation=one,
            department=chance.choice((None, *_DEPARTMENTS)),
            reserve_for=tuple(chance.sample(_AGENTS, chance.choice((0, 0, 1)))),
            reserve_ms=5_000,
            overflow=tuple(chance.sample(_DEPARTMENTS, chance.choice((0, 1)))),
            outside_hours=chance.random() < 0.1,
        )
        deeds: tuple[c.Command, ...] = (
            hand_over,
            c.AskHuman(conversation=one),
            c.BotWorking(bot=bot, conversation=one),
            c.Wrote(conversation=one, writer=Writer.BOT),
            c.Wrote(conversation=one, writer=Writer.VISITOR),
            c.CloseByBot(bot=bot, conversation=one),
        )
        return chance.choice(deeds)

    def _write(self) -> c.Command:
        return c.Wrote(conversation=self._one(), writer=self.chance.choice(tuple(Writer)))

    def _pick(self) -> c.Command:
        anywhere = self.chance.random() < 0.3
        return c.Pick(agent=self.chance.choice(_AGENTS), conversation=self._one(), any_department=anywhere)

    def _told(self) -> c.Command:
        if self.chance.random() < 0.5:
            return c.SweepPlaces()
        return c.PromiseWait(conversation=self._one(), low_ms=2_000, high_ms=4_000, p50_ms=2_000, p80_ms=4_000)

    def _rare(self) -> c.Command | None:
        match self.chance.randrange(40):
            case 0:
                return c.Configure(settings=_workspace(self.chance))
            case 1:
                self.router = Router.rebuild(self.router.settings, self.router.snapshot(), seed=self.started)
                return c.Restart()
            case 2:
                return c.Quarantine(conversation=self._one(), for_ms=2_000)
            case _:
                return None


def _workspace(chance: random.Random) -> WorkspaceSettings:
    """Another one each time, of the same people and departments."""
    widen = (
        (),
        (WidenStep(after_ms=2_000, lower_levels=2), WidenStep(after_ms=6_000, any_agent=True)),
        (WidenStep(after_ms=1_000, drop_preferred=True, add_departments=_DEPARTMENTS[:1]),),
    )
    messages = (
        MessageRule(when="queued"),
        MessageRule(when="every", seconds_ms=5_000),
        MessageRule(when="place"),
        MessageRule(when="nobody"),
    )
    departments = {
        each: DepartmentSettings(
            id=each,
            key=each,
            name=each,
            method=chance.choice(tuple(Method)),
            measure=chance.choice(("count", "share")),
            tiers=chance.random() < 0.3,
            accept=chance.choice(("ring", "ring", "auto")),
            order=chance.choice(("head_start", "head_start", "strict")),
            ring_ms=chance.choice((2_000, 8_000)),
            ring_waves=chance.choice(((), (), ((0, 1), (2_000, 3), (5_000, 0)))),
            miss_limit=chance.choice((0, 3)),
            wrap_up_ms=chance.choice((0, 1_500)),
            max_line=chance.choice((0, 4)),
            idle_ms=30_000,
            idle_close_ms=10_000,
            widen=chance.choice(widen),
            messages=messages,
        )
        for each in _DEPARTMENTS
    }
    agents = {
        each: AgentSettings(
            id=each,
            key=each,
            name=each,
            max_slots=chance.choice((1, 2, 3, 4)),
            breathing_ms=chance.choice((0, 0, 800)),
            rings_at_once=chance.choice((1, 1, 2)),
            skills={skill: chance.randint(1, 5) for skill in chance.sample(_SKILLS, chance.randint(0, 3))},
            members=tuple(
                Member(department=home, priority=chance.choice((1, 50)), max_slots=chance.choice((0, 0, 0, 1)))
                for home in chance.sample(_DEPARTMENTS, chance.randint(1, 3))
            ),
        )
        for each in _AGENTS
    }
    return WorkspaceSettings(
        departments=departments, agents=agents, default_department=_DEPARTMENTS[0], bots=_bots(chance)
    )


def _bots(chance: random.Random) -> dict[BotId, BotSettings]:
    """One of them, or both."""
    return {
        each: BotSettings(
            id=each,
            key=each,
            name=each,
            reply_ms=chance.choice((0, 4_000, 15_000)),
            grace_ms=chance.choice((0, 5_000)),
            max_conversations=chance.choice((0, 3)),
        )
        for each in chance.sample(_BOTS, chance.choice((1, 2, 2)))
    }
