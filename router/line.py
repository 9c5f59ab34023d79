"""One department at run time: who waits, in which order, and who could serve, by the method's measure.

Inside a line, conversations that ask for the same form a *pool*: they have the same eligible agents, in the same order
of preference. Both sides of a pool are kept sorted so that the hot path never walks through all agents or all who wait:

- `ready` are the conversations that may be proposed to any eligible agent now; `held` are those in line that may not
  (ringing for one agent, reserved, visitor away, quarantined). One in line is in exactly one of them.
- `open` are the eligible agents whom nothing of their own keeps from serving here, by the method's measure; `standing`
  says of every eligible agent what does. Both are brought up to date by `router.eligibility.settle`, not at every
  change: with all agents busy nobody looks at them.
"""

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import Final

from router.agent import Agent
from router.model import AgentId, Clause, ConversationId, DepartmentSettings, Member, Method, Needs, Order
from router.needs import CLOSED, Opening
from router.ordered import Ordered
from router.table import Table

# An agent's place among the open ones: the method's measure, and the id to make it unique.
Rank = tuple[float | str, ...]
# What the method puts first (smallest); `router.methods` has one for each.
Measure = Callable[[Agent, "Line"], Rank]
# The same in words.
Describe = Callable[[Agent, DepartmentSettings], str]

# Pools without anybody in them are kept, up to so many: the next one who asks for the same finds it.
_POOLS: Final = 256


class Pool:
    """One opening of one line. `team`, `people`: members and opened agents, and their ids, as the settings have them.

    `eligible`: those of them with the required skills, and how much of what is preferred they meet.
    `serving`: how many of them are present and available. `plain`: directed offers, and nobody has a cap of their own.
    """

    __slots__ = (
        "counts",
        "eligible",
        "held",
        "line",
        "near",
        "open",
        "opening",
        "people",
        "plain",
        "ranks",
        "ready",
        "ringing",
        "serving",
        "standing",
        "table",
        "team",
    )

    def __init__(self, line: "Line", opening: Opening, team: tuple[Agent, ...], eligible: dict[AgentId, int]) -> None:
        self.line = line
        self.plain = not line.soft and not line.capped
        self.opening = opening
        self.team = team
        self.people = tuple(agent.id for agent in team)
        self.eligible = eligible
        self.ready = Ordered()
        self.held: list[Order] = []  # sorted, and short
        self.ringing: set[ConversationId] = set()
        self.open: list[Rank] = []
        self.ranks: dict[AgentId, Rank] = {}
        self.standing: dict[AgentId, Clause | None] = {}
        self.counts: Counter[Clause] = Counter()
        self.serving = 0
        self.near: tuple[Pool, ...] | None = None
        self.table: Table | None = None  # of its decision records

    def __len__(self) -> int:
        return len(self.ready) + len(self.held)

    def put(self, order: Order, *, ready: bool) -> None:
        """A conversation comes to stand here."""
        if ready:
            self.ready.add(order)
        else:
            insort(self.held, order)

    def take_out(self, order: Order, *, ready: bool) -> None:
        """A conversation goes from here."""
        if ready:
            self.ready.remove(order)
        else:
            del self.held[bisect_left(self.held, order)]

    def ahead(self, order: Order) -> int:
        return self.ready.ahead(order) + bisect_left(self.held, order)

    def next_ready(self, after: Order) -> Order | None:
        """The first ready conversation behind `after`."""
        return self.ready.after(after)

    def stand(self, agent: AgentId, standing: Clause | None, rank: Rank | None) -> None:
        """Note what keeps this agent from serving here (None: nothing, then `rank` is their place)."""
        before = self.ranks.get(agent)
        if before != rank:
            if before is not None:
                del self.open[bisect_left(self.open, before)], self.ranks[agent]
            if rank is not None:
                insort(self.open, rank)
                self.ranks[agent] = rank
        self._count(agent, standing)

    def _count(self, agent: AgentId, standing: Clause | None) -> None:
        before = self.standing.get(agent)
        if before is not standing:
            if before is not None:
                self.counts[before] -= 1
            if standing is not None:
                self.counts[standing] += 1
        self.standing[agent] = standing


class Line:
    """The line of a department and the people behind the counter.

    `base`: the pool of those who ask for nothing, with all members; there from when the line is made. `method` and what
    follows it are of the settings: to ask a frozen value is dearer.
    """

    __slots__ = (
        "auto",
        "base",
        "by_needs",
        "capped",
        "describe",
        "measure",
        "members",
        "method",
        "pools",
        "ring_ms",
        "settings",
        "soft",
        "timed",
        "turn_order",
        "turned",
        "wrap_up_ms",
    )

    base: Pool

    def __init__(
        self, settings: DepartmentSettings, members: dict[AgentId, Member], measure: Measure, describe: Describe
    ) -> None:
        self.settings = settings
        self.measure = measure
        self.describe = describe
        self.method = settings.method
        self.auto = settings.accept == "auto"
        self.ring_ms = settings.ring_ms
        self.wrap_up_ms = settings.wrap_up_ms
        self.soft = settings.method is Method.RING_ALL
        self.timed = bool(settings.messages or settings.widen or settings.ring_waves)  # waiting alone changes something
        self.turned = settings.method in {Method.ROUND_ROBIN, Method.LONGEST_IDLE}  # the measure is not seen elsewhere
        self.members = members
        self.capped = any(member.max_slots for member in members.values())
        self.turn_order = {agent: number for number, agent in enumerate(members)}
        self.pools: dict[Opening, Pool] = {}
        self.by_needs: dict[tuple[Needs, int], Pool] = {}  # pools found before, by needs and widening step

    def waiting(self) -> int:
        """How many wait in line, without those ringing for one agent alone."""
        return sum(len(pool) - len(pool.ringing) for pool in self.pools.values())

    def __len__(self) -> int:
        return sum(len(pool) for pool in self.pools.values())

    def orders(self) -> Iterator[Order]:
        """All in line, by key."""
        return merge(*self._sides())

    def _sides(self) -> Iterator[Iterable[Order]]:
        for pool in self.pools.values():
            yield from (side for side in (pool.ready, pool.held) if side)

    def first(self, count: int) -> list[ConversationId]:
        """The first `count` in line, by key."""
        return [conversation for _, _, conversation in islice(self.orders(), count)]

    def spare(self) -> list[Pool]:
        """The pools to let go of when there are too many."""
        if len(self.pools) <= _POOLS:
            return []
        return [pool for opening, pool in self.pools.items() if not len(pool) and opening is not CLOSED]
