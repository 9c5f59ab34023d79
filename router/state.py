"""The router's memory: agents, conversations, and the indexes over them.

Records are changed only by `router.evolve`, event by event. Indexes (lines, deadlines, who was touched) follow from the
records and the clock alone; `router.invariants` recomputes them.
"""

from bisect import bisect_left, insort

from router.agent import Agent
from router.conversation import Conversation
from router.deadlines import Deadlines
from router.line import Line
from router.model import AgentId, ConversationId, DepartmentId, Offer, OfferId, Order, WorkspaceSettings


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
        self.conversations: dict[ConversationId, Conversation] = {}
        self.keeping_room: set[AgentId] = set()  # the agents with fresh soft rings
        self.offers: dict[OfferId, Offer] = {}
        self.lines: dict[DepartmentId, Line] = {}
        self.deadlines = Deadlines()
        self.costly = False  # a conversation that costs more than one slot was ever here
        # Touched since the last dispatch: only pairs with one of these can have become takeable.
        self.woken_agents: set[AgentId] = set()
        self.woken_conversations: set[ConversationId] = set()
        # In line without an offer since the last look at the wait messages, or whose department (un)staffed itself.
        self.untold: set[ConversationId] = set()
        # Records changed since the last `Router.take_changes`.
        self.changed_agents: set[AgentId] = set()
        self.changed_conversations: set[ConversationId] = set()

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
        for line in self.lines.values():
            self.woken_conversations.update(conversation for _, _, conversation in line.ready)

    def forget_touched(self) -> None:
        self.woken_agents.clear()
        self.woken_conversations.clear()
        for line in self.lines.values():
            line.opened.clear()

    def line_of(self, conversation: Conversation) -> Line:
        return self.lines[conversation.department]

    # Keeping conversations in their line's indexes.

    def visitor_there(self, conversation: Conversation) -> bool:
        left_at = conversation.visitor_left_at
        return left_at is None or self.now < left_at + self.settings.blip_ms

    def shelve(self, conversation: Conversation) -> None:
        """Put a conversation where it belongs in the lines, now. Entering `ready` wakes it."""
        line = self.lines.get(conversation.department) if conversation.in_line else None
        directed = conversation.directed_offer is not None
        ready = not directed and conversation.quarantined_until is None and self.visitor_there(conversation)
        shelf = None if line is None else (line, ready, conversation.order)
        if conversation.shelf != shelf:
            self._move(conversation, shelf)
            if shelf is not None and ready:
                self.woken_conversations.add(conversation.id)
        if line is not None:
            line.note_ringing(conversation.id, ringing=directed)

    def _move(self, conversation: Conversation, shelf: tuple[Line, bool, Order] | None) -> None:
        if conversation.shelf is not None:
            line, ready, order = conversation.shelf
            (line.ready if ready else line.held).remove(order)
            line.note_ringing(conversation.id, ringing=False)
        if shelf is not None:
            line, ready, order = shelf
            (line.ready if ready else line.held).add(order)
        conversation.shelf = shelf
