"""The router's memory: agents, conversations, and the indexes over them.

Records are changed only by `router.evolve`, event by event. Indexes (lines, deadlines, who was touched) follow from the
records and the clock alone; `router.invariants` recomputes them.
"""

from bisect import bisect_left, insort
from typing import Final

from router.agent import Agent
from router.bot import Bot
from router.conversation import Conversation, Shelf
from router.deadlines import Deadlines
from router.line import Line, Pool
from router.model import (
    NO_NEEDS,
    AgentId,
    BotId,
    ConversationId,
    DepartmentId,
    Offer,
    OfferId,
    Order,
    Reservation,
    WorkspaceSettings,
)
from router.needs import Opening, meets, opening, preference

# Members of enumerations under names of this module: to look one up costs a quarter of a microsecond.
_READY: Final = Shelf.READY
_HELD: Final = Shelf.HELD
_RESERVED: Final = Shelf.RESERVED


class State:
    """All that the router knows. `settings` and `seed` apart, a fold of events and the clock."""

    def __init__(self, settings: WorkspaceSettings) -> None:
        self.settings = settings
        self.now = 0
        self.arrival = 0
        self.assignments = 0
        self.pause_until: int | None = None
        self.awaited: set[AgentId] = set()
        self.agents: dict[AgentId, Agent] = {}
        self.bots: dict[BotId, Bot] = {}
        self.conversations: dict[ConversationId, Conversation] = {}
        self.keeping_room: set[AgentId] = set()  # the agents with fresh soft rings
        self.reserved: dict[AgentId, set[ConversationId]] = {}  # those in line that are reserved for an agent
        self.offers: dict[OfferId, Offer] = {}
        self.lines: dict[DepartmentId, Line] = {}
        self.unsettled: set[AgentId] = set()  # changed since `router.eligibility.settle`
        self.deadlines = Deadlines()
        self.plain = True  # so is every pool of every line
        self.costly = False  # a conversation that costs more than one slot was ever here
        # Touched since the last dispatch: only pairs with one of these can have become takeable.
        self.woken_agents: set[AgentId] = set()
        self.woken_conversations: set[ConversationId] = set()
        # In line without an offer since the last look at the wait messages, or whose department (un)staffed itself.
        self.untold: set[ConversationId] = set()
        # Records changed since the last `Router.take_changes`.
        self.changed_agents: set[AgentId] = set()
        self.changed_conversations: set[ConversationId] = set()
        # Of which nothing has changed but who wrote last, since when: the longest unsaid first.
        self.written_conversations: dict[ConversationId, None] = {}

    def add_fresh(self, agent: Agent, order: Order) -> None:
        """A soft offer rings freshly at the agent: directed offers leave room for it."""
        insort(agent.fresh, order)
        self.keeping_room.add(agent.id)

    def drop_fresh(self, agent: Agent, order: Order) -> None:
        index = bisect_left(agent.fresh, order)
        if index < len(agent.fresh) and agent.fresh[index] == order:
            del agent.fresh[index]
        if not agent.fresh:
            self.keeping_room.discard(agent.id)

    def wake_everybody(self) -> None:
        """Look at all pairs: after a pause, a rebuild, new settings."""
        self.woken_agents.update(self.agents)
        for agent in self.agents.values():
            agent.was_open = False
        for conversation in self.conversations.values():
            if conversation.ready:
                self.woken_conversations.add(conversation.id)

    def unsettle(self, agent: Agent) -> None:
        """Something about the agent changed: their standing and their row are to be looked at anew."""
        agent.version += 1
        self.unsettled.add(agent.id)

    def forget_touched(self) -> None:
        self.woken_agents = set()
        self.woken_conversations = set()

    def line_of(self, conversation: Conversation) -> Line:
        return self.lines[conversation.department]

    # Pools.

    def pool_of(self, conversation: Conversation) -> Pool:
        """Where it waits, or would: the pool of its needs in the line of its department. Made when there is none."""
        line = self.lines[conversation.department]
        step = conversation.widening_step
        if not step and conversation.needs is NO_NEEDS:
            return line.base
        pool = line.by_needs.get((conversation.needs, step))
        if pool is None:
            opened = opening(conversation.needs, line.settings.widen[:step])
            pool = line.pools[opened] if opened in line.pools else self.make_pool(line, opened)
            line.by_needs[conversation.needs, step] = pool
        return pool

    def make_pool(self, line: Line, opened: Opening) -> Pool:
        """A pool for conversations that ask for this, with everybody who is eligible for them."""
        for spare in line.spare():
            self._drop_pool(line, spare)
        people = self._people(line, opened)
        eligible = {
            agent: preference(skills, opened.prefer)
            for agent in people
            if meets(skills := self.agents[agent].settings.skills, opened.require)
        }
        team = tuple(self.agents[agent] for agent in people)
        pool = line.pools[opened] = Pool(line, opened, team, eligible)
        for agent in team:
            if agent.id in eligible:
                agent.pools.append(pool)
                agent.settled = None
                pool.serving += agent.serving
        self.unsettled.update(eligible)
        self._forget_near()
        return pool

    def _people(self, line: Line, opened: Opening) -> tuple[AgentId, ...]:
        if opened.any_agent:
            return tuple(self.settings.agents)
        if not opened.departments:
            return tuple(line.members)
        lines = [line, *(self.lines[each] for each in opened.departments if each in self.lines)]
        return tuple(agent for agent in self.settings.agents if any(agent in each.members for each in lines))

    def _drop_pool(self, line: Line, pool: Pool) -> None:
        del line.pools[pool.opening]
        line.by_needs.clear()
        for agent in pool.eligible:
            self.agents[agent].pools.remove(pool)
        self._forget_near()

    def _forget_near(self) -> None:
        for line in self.lines.values():
            for pool in line.pools.values():
                pool.near = None

    def near(self, pool: Pool) -> tuple[Pool, ...]:
        """The pools that share an eligible agent with this one, itself included."""
        if pool.near is None:
            others = (other for agent in pool.eligible for other in self.agents[agent].pools)
            pool.near = tuple(dict.fromkeys((pool, *others)))
        return pool.near

    def place(self, conversation: Conversation) -> int:
        """1 + those in line with a smaller key that share an eligible agent with it."""
        order = conversation.order
        return 1 + sum(pool.ahead(order) for pool in self.near(self.pool_of(conversation)))

    def serving(self, conversation: Conversation) -> bool:
        """An eligible agent is present and available."""
        return self.pool_of(conversation).serving > 0

    # Keeping conversations in their pool's indexes.

    def visitor_there(self, conversation: Conversation) -> bool:
        """Who left a message for later need not be here."""
        left_at = conversation.visitor_left_at
        return left_at is None or conversation.left or self.now < left_at + self.settings.blip_ms

    def is_reserved(self, conversation: Conversation, pool: Pool) -> bool:
        """Its reservation runs, and somebody of it is present and eligible."""
        reservation = conversation.reservation
        if reservation is None or self.now >= reservation.until:
            return False
        return any(
            agent in pool.eligible and self.agents[agent].present
            for agent in reservation.agents
            if agent in self.agents
        )

    def shelve(self, conversation: Conversation) -> None:
        """Put a conversation where it belongs in the pools, now. Coming to be ready wakes it."""
        if not conversation.in_line or conversation.department not in self.lines:
            self._take_away(conversation)
        else:
            directed = conversation.directed_offer is not None
            pool, order = self.pool_of(conversation), conversation.order
            kind = self._kind(conversation, pool, directed=directed)
            if pool is not conversation.pool or kind is not conversation.shelf or order != conversation.placed:
                self._take_away(conversation)
                pool.put(order, ready=kind is _READY)
                conversation.pool, conversation.shelf, conversation.placed = pool, kind, order
                if kind is not _HELD:
                    self.woken_conversations.add(conversation.id)
            if directed:
                pool.ringing.add(conversation.id)
            else:
                pool.ringing.discard(conversation.id)
        if conversation.reservation is not None:
            self._note_reservation(conversation, conversation.reservation)

    def hold_back(self, conversation: Conversation, pool: Pool) -> None:
        """It rings for one agent: what `shelve` would come to."""
        if conversation.shelf is _READY:
            pool.take_out(conversation.order, ready=True)
            pool.put(conversation.order, ready=False)
        conversation.shelf = _HELD
        pool.ringing.add(conversation.id)

    def unshelve(self, conversation: Conversation) -> None:
        """It is in no line any more: what `shelve` would come to."""
        self._take_away(conversation)
        if conversation.reservation is not None:
            self._note_reservation(conversation, conversation.reservation)

    def _take_away(self, conversation: Conversation) -> None:
        """Out of the pool in which it stands, if any."""
        pool, order = conversation.pool, conversation.placed
        if pool is not None and order is not None:
            pool.take_out(order, ready=conversation.shelf is _READY)
            pool.ringing.discard(conversation.id)
            conversation.pool = conversation.placed = None
            conversation.shelf = _HELD

    def _kind(self, conversation: Conversation, pool: Pool, *, directed: bool) -> Shelf:
        if directed or conversation.quarantined_until is not None or not self.visitor_there(conversation):
            return _HELD
        if conversation.reservation is not None and self.is_reserved(conversation, pool):
            return _RESERVED
        return _READY

    def _note_reservation(self, conversation: Conversation, reservation: Reservation) -> None:
        runs = conversation.in_line and conversation.quarantined_until is None and self.now < reservation.until
        for agent in reservation.agents:
            noted = self.reserved.setdefault(agent, set())
            (noted.add if runs else noted.discard)(conversation.id)
            if not noted:
                del self.reserved[agent]
