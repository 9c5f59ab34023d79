"""Bringing those who wait to those who can serve.

Theory
======

Before a step no takeable pair is left (DESIGN §1, law 6). A command or a deadline touches a few agents and
conversations, and by `router.eligibility` only pairs with a touched side can have become takeable. So one pass looks at

- every touched conversation that is ready, against all open members of its line, and
- for every touched agent who is open in a line, at the conversations of that line against the touched agents only,

merged over all lines in the one order of the workspace. Serving a conversation only takes away: slots fill, agents
ring, softly ringing conversations ask for room. Nothing that was passed over becomes takeable by what follows, so one
pass in key order is enough, and the first takeable conversation of every line is served before any younger one (where
something is withdrawn on the way, that touches again, and a further pass looks at it).

The pass stops in a line when no touched agent is open there any more. With all agents busy and thousands waiting, a
freed slot therefore looks at exactly one conversation.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush

from sortedcontainers import SortedList

from router.agent import Agent
from router.chance import draw
from router.conversation import Conversation
from router.decisions import record
from router.eligibility import keeps_room, pair_excluded
from router.line import Line, Rank
from router.model import AgentId, DepartmentId, Order
from router.offers import make_offer, take
from router.state import State
from router.step import Step

# Sorts behind every agent id.
_LAST = "\U0010ffff"
# How many of the next in rank are looked at to name a runner-up.
_RUNNERS_UP = 8
_TOUCHED = DepartmentId("")
# The open members of a line, or some of them, by rank.
_Ranks = SortedList[Rank] | list[Rank]


def dispatch(step: Step) -> None:
    """Until no takeable pair is left."""
    state = step.state
    if state.pause_until is not None:  # (l): its end touches everybody
        state.forget_touched()
        return
    while state.woken_agents or state.woken_conversations:
        _one_pass(step)


def _one_pass(step: Step) -> None:
    state = step.state
    conversations = {
        conversation.id: conversation.order
        for conversation in map(state.conversations.get, state.woken_conversations)
        if conversation is not None and conversation.ready
    }
    agents = _open_where(state)
    state.forget_touched()
    heads = [(order, _TOUCHED) for order in conversations.values()]
    for department in agents:
        _push_next(state.lines[department], department, None, heads)
    heapify(heads)
    while heads:
        order, department = heappop(heads)
        conversation = state.conversations.get(order[2])
        if conversation is not None and conversation.ready:
            touched = order[2] in conversations
            _propose(step, conversation, None if touched else agents[department])
        if department:
            line = state.lines[department]
            agents[department] = [agent for agent in agents[department] if _goes_on(state, line, agent, order)]
            if agents[department]:
                _push_next(line, department, order, heads)


def _open_where(state: State) -> dict[DepartmentId, list[AgentId]]:
    """The touched agents by line, where they are open.

    In a ring_all line an agent who was open before rings already for whatever fits one slot.
    """
    found: dict[DepartmentId, list[AgentId]] = {}
    for agent in sorted(state.woken_agents):
        known = state.agents.get(agent)
        for department in known.members if known is not None else ():
            line = state.lines[department]
            if line.is_open(agent) and (agent in line.opened or not line.soft or state.costly):
                found.setdefault(department, []).append(agent)
    return found


def _push_next(
    line: Line, department: DepartmentId, after: Order | None, heads: list[tuple[Order, DepartmentId]]
) -> None:
    order = line.next_ready(after)
    if order is not None:
        heappush(heads, (order, department))


def _goes_on(state: State, line: Line, agent: AgentId, order: Order) -> bool:
    """Can anything behind this conversation be for this agent? Not when the last slot is kept for an older one."""
    if not line.is_open(agent):
        return False
    return line.soft or keeps_room(state, state.agents[agent], order, 1) is None


def _propose(step: Step, conversation: Conversation, among: Collection[AgentId] | None) -> None:
    """Offer a ready conversation to whom it should go, among these members or all."""
    line = step.state.line_of(conversation)
    if line.soft:
        _ring_all(step, line, conversation, line.ranks if among is None else among)
    else:
        _ring_one(step, line, conversation, among)


def _ring_all(step: Step, line: Line, conversation: Conversation, among: Collection[AgentId]) -> None:
    state = step.state
    takeable = [
        agent
        for agent in sorted(among)
        if agent not in conversation.offers
        and line.is_open(agent)
        and pair_excluded(state, line, state.agents[agent], conversation) is None
    ]
    if takeable:
        decision = record(state, line, conversation, chosen=None, runner_up=None, reason="method")
        for agent in takeable:
            make_offer(step, state.agents[agent], conversation, decision, soft=True)


def _ring_one(step: Step, line: Line, conversation: Conversation, among: Collection[AgentId] | None) -> None:
    state = step.state
    ranks: _Ranks = line.open
    if among is not None:
        ranks = sorted(line.ranks[agent] for agent in among if line.is_open(agent))
    choice = _choose(step, line, conversation, ranks)
    if choice is None:
        return
    chosen, runner_up, reason = choice
    decision = record(state, line, conversation, chosen=chosen, runner_up=runner_up, reason=reason)
    auto = line.settings.accept == "auto"
    offer = make_offer(step, chosen, conversation, decision, auto=auto)
    if auto:
        take(step, offer, via="offer", confirm=offer.id)


# The choice (DESIGN §5.2). It depends on who is takeable and on nothing else, so that a router rebuilt from its
# records, which does not remember who was touched, chooses the same.

_Takeable = Callable[[AgentId], bool]


@dataclass(frozen=True, slots=True)
class _Choosing:
    """What a choice is about. `doubtful`: the members whom something about the pair may exclude; None: any of them."""

    step: Step
    line: Line
    conversation: Conversation
    ranks: _Ranks
    doubtful: Collection[AgentId] | None

    def takeable(self, agent: AgentId) -> bool:
        state = self.step.state
        return pair_excluded(state, self.line, state.agents[agent], self.conversation) is None


def _choose(
    step: Step, line: Line, conversation: Conversation, ranks: _Ranks
) -> tuple[Agent, Agent | None, str] | None:
    """The agent and the runner-up: who lost it comes first, who refused it or sent it here last, else the method."""
    state = step.state
    last = set(conversation.refusals)
    if conversation.sender is not None:
        last.add(conversation.sender)
    doubtful = None if conversation.cost > 1 else last | state.keeping_room
    choosing = _Choosing(step, line, conversation, ranks, doubtful)
    reason, chosen = "method", conversation.previous
    if chosen is not None and line.is_open(chosen) and choosing.takeable(chosen):
        reason = "previous_agent"
    else:
        chosen = _best(choosing, lambda agent: agent not in last and choosing.takeable(agent))
        if chosen is None and last:
            refusers = sorted(rank for agent in last if (rank := line.ranks.get(agent)) is not None)
            chosen = _best(replace(choosing, ranks=refusers), choosing.takeable)
    if chosen is None:
        return None
    runner_up = _runner_up(choosing, chosen)
    return state.agents[chosen], None if runner_up is None else state.agents[runner_up], reason


def _best(choosing: _Choosing, takeable: _Takeable) -> AgentId | None:
    """The first takeable by rank; among equals one by lot."""
    ranks = choosing.ranks
    start = 0
    while start < len(ranks):
        end = _end_of_tie(ranks, start)
        found = _by_lot(choosing, start, end, takeable)
        if found is not None:
            return found
        start = end
    return None


def _end_of_tie(ranks: _Ranks, start: int) -> int:
    tie = ranks[start][:-1]
    if start + 1 == len(ranks) or ranks[start + 1][:-1] != tie:
        return start + 1
    return _position(ranks, (*tie, _LAST))


def _position(ranks: _Ranks, rank: Rank) -> int:
    return bisect_left(ranks, rank) if isinstance(ranks, list) else ranks.bisect_left(rank)


def _by_lot(choosing: _Choosing, start: int, end: int, takeable: _Takeable) -> AgentId | None:
    """Uniform among the takeable of equal rank, without listing them where only a few can be excluded."""
    ranks = choosing.ranks
    if end == start + 1:
        only = _agent_of(ranks[start])
        return only if takeable(only) else None
    out = [position for position in _doubtful(choosing, start, end) if not takeable(_agent_of(ranks[position]))]
    count = end - start - len(out)
    if not count:
        return None
    conversation = choosing.conversation
    drawn = start + draw(choosing.step.seed, conversation.arrival, conversation.offer_no) % count
    for position in out:  # the count-th of those who are left
        if position <= drawn:
            drawn += 1
    return _agent_of(ranks[drawn])


def _doubtful(choosing: _Choosing, start: int, end: int) -> Collection[int]:
    """The positions between `start` and `end`, ascending, whose agents have to be asked about."""
    if choosing.doubtful is None:
        return range(start, end)
    ranks = choosing.ranks
    found = []
    for agent in choosing.doubtful:
        rank = choosing.line.ranks.get(agent)
        if rank is not None and ranks[start] <= rank <= ranks[end - 1]:
            position = _position(ranks, rank)
            if ranks[position] == rank:  # not so for one who is open, but not among those looked at
                found.append(position)
    return sorted(found)


def _agent_of(rank: Rank) -> AgentId:
    return AgentId(str(rank[-1]))


def _runner_up(choosing: _Choosing, chosen: AgentId) -> AgentId | None:
    for rank in choosing.ranks[:_RUNNERS_UP]:
        agent = _agent_of(rank)
        if agent != chosen and choosing.takeable(agent):
            return agent
    return None
