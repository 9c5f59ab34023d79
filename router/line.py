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
from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import merge
from itertools import islice

from sortedcontainers import SortedList

from router.agent import Agent
from router.model import AgentId, Clause, ConversationId, DepartmentSettings, Member, Method, Needs, Order
from router.needs import CLOSED, Opening

# An agent's place among the open ones: the method's measure, and the id to make it unique.
Rank = tuple[float | str, ...]
# What the method puts first (smallest); `router.methods` has one for each.
Measure = Callable[[Agent, "Line"], Rank]

# Pools without anybody in them are kept, up to so many: the next one who asks for the same finds it.
_POOLS = 256


class Pool:
    """One opening of one line. `team`, `people`: members and opened agents, and their ids, as the settings have them.

    `eligible`: those of them with the required skills, and how much of what is preferred they meet.
    `serving`: how many of them are present and available. `plain`: directed offers, and nobody has a cap of their own.
    """

    __slots__ = (
        "counts",
        "eligible",
        "first",
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
        "team",
    )

    def __init__(
        self, line: "Line", opening: Opening, team: tuple[Agent, ...], eligible: Mapping[AgentId, int]
    ) -> None:
        self.line = line
        self.plain = not line.soft and not line.capped
        self.opening = opening
        self.team = team
        self.people = tuple(agent.id for agent in team)
        self.eligible = eligible
        self.ready: SortedList[Order] = SortedList()
        self.held: list[Order] = []  # sorted, and short
        self.first: Order | None = None  # of those ready
        self.ringing: set[ConversationId] = set()
        self.open: list[Rank] = []
        self.ranks: dict[AgentId, Rank] = {}
        self.standing: dict[AgentId, Clause | None] = {}
        self.counts: Counter[Clause] = Counter()
        self.serving = 0
        self.near: tuple[Pool, ...] | None = None

    def __len__(self) -> int:
        return len(self.ready) + len(self.held)

    def put(self, order: Order, *, ready: bool) -> None:
        """A conversation comes to stand here."""
        if not ready:
            insort(self.held, order)
            return
        self.ready.add(order)
        if self.first is None or order < self.first:
            self.first = order

    def take_out(self, order: Order, *, ready: bool) -> None:
        """A conversation goes from here."""
        if not ready:
            del self.held[bisect_left(self.held, order)]
        elif order == self.first:
            rest = self.ready
            rest.pop(0)
            self.first = rest[0] if len(rest) else None
        else:
            self.ready.remove(order)

    def ahead(self, order: Order) -> int:
        return self.ready.bisect_left(order) + bisect_left(self.held, order)

    def next_ready(self, after: Order) -> Order | None:
        """The first ready conversation behind `after`."""
        index = self.ready.bisect_right(after)
        return self.ready[index] if index < len(self.ready) else None

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
    """The line of a department and the people behind the counter."""

    __slots__ = (
        "by_needs",
        "capped",
        "measure",
        "members",
        "pools",
        "settings",
        "soft",
        "timed",
        "turn_order",
        "turned",
    )

    def __init__(self, settings: DepartmentSettings, members: Mapping[AgentId, Member], measure: Measure) -> None:
        self.settings = settings
        self.measure = measure
        self.soft = settings.method is Method.RING_ALL
        self.timed = bool(settings.messages or settings.widen or settings.ring_waves)  # waiting alone changes something
        self.turned = settings.method in {Method.ROUND_ROBIN, Method.LONGEST_IDLE}  # the measure is not seen elsewhere
        self.members = members
        self.capped = any(member.max_slots for member in members.values())
        self.turn_order = {agent: number for number, agent in enumerate(members)}
        self.pools: dict[Opening, Pool] = {}
        self.by_needs: dict[tuple[Needs, int], Pool] = {}  # pools found before, by needs and widening step

    @property
    def base(self) -> Pool:
        """For those who ask for nothing: all members."""
        return self.pools[CLOSED]

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
