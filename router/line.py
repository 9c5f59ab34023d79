"""One department at run time: who waits, in which order, and who could serve, by the method's measure.

Both sides are kept sorted so that the hot path never walks through all agents or all who wait:

- `ready` are the conversations that may be proposed to somebody now; `held` are those in line that may not (ringing for
  one agent, visitor away, quarantined). A conversation in line is in exactly one of them.
- `open` are the members whom nothing of their own keeps from serving here; `standing` says of every member what does.
  What depends on the pair (a refusal, room for an older conversation, its cost) is asked in `router.eligibility`.
"""

from collections import Counter
from collections.abc import Callable, Mapping

from sortedcontainers import SortedList

from router.agent import Agent
from router.model import AgentId, Candidate, Clause, ConversationId, DepartmentSettings, Member, Method, Order

# A member's place among the open ones: the method's measure, and the id to make it unique.
Rank = tuple[float | str, ...]
# What the method puts first (smallest); `router.methods` has one for each.
Measure = Callable[[Agent, "Line"], Rank]


class Line:
    """The line of a department and the people behind the counter."""

    __slots__ = (
        "counts",
        "held",
        "measure",
        "members",
        "neighbours",
        "open",
        "opened",
        "ranks",
        "ready",
        "ringing",
        "serving",
        "settings",
        "soft",
        "standing",
        "table",
        "turn_order",
    )

    def __init__(self, settings: DepartmentSettings, members: Mapping[AgentId, Member], measure: Measure) -> None:
        self.settings = settings
        self.measure = measure
        self.soft = settings.method is Method.RING_ALL
        self.members = members
        self.turn_order = {agent: number for number, agent in enumerate(members)}
        self.neighbours: tuple[Line, ...] = (self,)
        self.ready: SortedList[Order] = SortedList()
        self.held: SortedList[Order] = SortedList()
        self.ringing: set[ConversationId] = set()
        self.open: SortedList[Rank] = SortedList()
        self.opened: set[AgentId] = set()
        self.ranks: dict[AgentId, Rank] = {}
        self.standing: dict[AgentId, Clause | None] = {}
        self.counts: Counter[Clause] = Counter()
        self.serving: set[AgentId] = set()
        self.table: dict[AgentId, Candidate] = {}

    # Who waits.

    def waiting(self) -> int:
        """How many wait in line, without those ringing for one agent alone."""
        return len(self.ready) + len(self.held) - len(self.ringing)

    def ahead_here(self, order: Order) -> int:
        return self.ready.bisect_left(order) + self.held.bisect_left(order)

    def place(self, order: Order) -> int:
        """1 + those in line with a smaller key in the departments that share a member with this one."""
        return 1 + sum(line.ahead_here(order) for line in self.neighbours)

    def first(self, count: int) -> list[ConversationId]:
        """The first `count` in line, by key."""
        orders = [*self.ready[:count], *self.held[:count]]
        return [conversation for _, _, conversation in sorted(orders)[:count]]

    def next_ready(self, after: Order | None) -> Order | None:
        """The first ready conversation, or the first behind `after`."""
        index = 0 if after is None else self.ready.bisect_right(after)
        return self.ready[index] if index < len(self.ready) else None

    def note_ringing(self, conversation: ConversationId, *, ringing: bool) -> None:
        if ringing:
            self.ringing.add(conversation)
        else:
            self.ringing.discard(conversation)

    # Who could serve.

    def stand(self, agent: AgentId, standing: Clause | None, rank: Rank | None, *, serving: bool) -> None:
        """Note what keeps this member from serving here (None: nothing, then `rank` is their place)."""
        self._place(agent, rank)
        self.table.pop(agent, None)
        before = self.standing.get(agent, Clause.NOT_MEMBER)
        if before is not standing:
            if before is not None and before is not Clause.NOT_MEMBER:
                self.counts[before] -= 1
            if standing is not None:
                self.counts[standing] += 1
            self.standing[agent] = standing
        if serving:
            self.serving.add(agent)
        else:
            self.serving.discard(agent)

    def _place(self, agent: AgentId, rank: Rank | None) -> None:
        before = self.ranks.get(agent)
        if before == rank:
            return
        if before is not None:
            self.open.remove(before)
            del self.ranks[agent]
        if rank is not None:
            self.open.add(rank)
            self.ranks[agent] = rank
            if before is None:
                self.opened.add(agent)

    def is_open(self, agent: AgentId) -> bool:
        return agent in self.ranks
