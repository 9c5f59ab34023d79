"""Bringing those who wait to those who can serve.

Theory
======

Before a step no takeable pair is left (DESIGN §1, law 6). A command or a deadline touches a few agents and
conversations, and by `router.eligibility` only pairs with a touched side can have become takeable. So one pass looks at

- every touched conversation that is ready, against all open agents of its pool, and
- for every touched agent who is open somewhere, at the conversations of those pools against the touched agents only,

merged over all pools in the one order of the workspace. Serving a conversation only takes away: slots fill, agents
ring, softly ringing conversations ask for room. Nothing that was passed over becomes takeable by what follows, so one
pass in key order is enough, and the first takeable conversation of every pool is served before any younger one (where
something is withdrawn on the way, that touches again, and a further pass looks at it).

The pass stops in a pool when no touched agent is open there any more. With all agents busy and thousands waiting, a
freed slot therefore looks at the first of each pool the agent is eligible in, and takes one of them.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Final

from router.agent import Agent
from router.chance import draw
from router.conversation import Conversation, Shelf
from router.decisions import record
from router.eligibility import (
    capped,
    keeps_room,
    pair_excluded,
    settle,
    standing,
    standings,
    wave_room,
)
from router.line import Pool, Rank
from router.methods import rank
from router.model import AgentId, Order, Reservation
from router.offers import make_offer, take
from router.state import State
from router.step import Step

# Sorts behind every agent id.
_LAST: Final = "\U0010ffff"
# How many of the next in rank are looked at to name a runner-up.
_RUNNERS_UP: Final = 8
# Where a head comes from that is a touched conversation, not the first of a pool.
_TOUCHED: Final = -1
_RESERVED: Final = Shelf.RESERVED


def dispatch(step: Step) -> None:
    """Until no takeable pair is left."""
    state = step.state
    if state.pause_until is not None:  # (l): its end touches everybody
        state.forget_touched()
        return
    while state.woken_agents or state.woken_conversations:
        alone = None
        if not state.woken_agents and len(state.woken_conversations) == 1:
            conversation = state.conversations.get(state.woken_conversations.pop())
            if conversation is not None:
                _propose(step, conversation, None)
            continue
        if len(state.woken_agents) == 1 and not state.woken_conversations:
            (agent,) = state.woken_agents
            alone = state.agents.get(agent)
            if alone is not None and agent not in state.reserved and _serve_alone(step, alone):
                continue
        _one_pass(step, alone)


def _serve_alone(step: Step, agent: Agent) -> bool:
    """The usual case, one agent came free: the first of their pools. False: a whole pass has to see what is left."""
    state = step.state
    general, directed = standings(agent, state.now)
    if general is not None:
        agent.was_open = False
        state.woken_agents.clear()
        return True
    pools: list[Pool] = agent.pools
    if not state.plain and any(pool.ready.first is not None and not pool.plain for pool in pools):
        agent.was_open = False
        return False
    agent.was_open = True
    pool = _first_of(pools)
    if pool is None or pool.ready.first is None or directed is not None:
        state.woken_agents.clear()
        return True
    conversation = state.conversations[pool.ready.first[2]]
    by_pair = conversation.cost > 1 or agent.fresh or conversation.refusals
    if by_pair and pair_excluded(state, pool.line, agent, conversation) is not None:
        return False
    state.woken_agents.clear()
    reason = "previous_agent" if conversation.previous == agent.id else "method"
    _offer(step, pool, conversation, (agent, None, reason))
    if standings(agent, state.now)[1] is not None:
        return True
    state.woken_agents.add(agent.id)
    return False


def _first_of(pools: list[Pool]) -> Pool | None:
    """The pool with the first of all who are ready there. Keys first: to compare whole orders is dearer."""
    found: Pool | None = None
    best: Order | None = None
    smallest = 0
    for pool in pools:
        order = pool.ready.first
        if order is not None:
            key_at = order[0]
            if best is None or key_at < smallest or (key_at == smallest and order < best):
                found, best, smallest = pool, order, key_at
    return found


def _one_pass(step: Step, alone: Agent | None) -> None:
    """`alone`: nobody else was touched when the pass began."""
    state = step.state
    pools = _open_where(state)
    conversations = {
        conversation.id: conversation.order
        for conversation in map(state.conversations.get, state.woken_conversations)
        if conversation is not None and conversation.ready
    }
    state.forget_touched()
    if conversations:
        alone = None
    elif not pools:
        return
    sources = list(pools.items())
    heads = [(order, _TOUCHED) for order in conversations.values()]
    heads += [(first, source) for source, (pool, _) in enumerate(sources) if (first := pool.ready.first) is not None]
    heapify(heads)
    while heads:
        if alone is not None and standings(alone, state.now)[0] is not None:
            return  # full: nothing of what is left can be for them
        order, source = heappop(heads)
        if source == _TOUCHED:
            _propose(step, state.conversations[order[2]], None)
            continue
        pool, agents = sources[source]
        following = _serve_one(step, pool, agents, order, touched=order[2] in conversations)
        if following is not None:
            heappush(heads, (following, source))


def _serve_one(step: Step, pool: Pool, agents: list[AgentId], order: Order, *, touched: bool) -> Order | None:
    """One conversation to one of these agents, and which is next. A touched one has been proposed to all by then."""
    state = step.state
    agents[:] = [agent for agent in agents if standing(state, state.agents[agent], pool.line) is None]
    if not agents:
        return None
    if not touched:
        _propose(step, state.conversations[order[2]], agents)
    agents[:] = [agent for agent in agents if _goes_on(state, pool, state.agents[agent], order)]
    return pool.next_ready(order) if agents else None


def _open_where(state: State) -> dict[Pool, list[AgentId]]:
    """The touched agents by the pools where they are open and somebody is ready.

    In a ring_all line an agent who was open before rings already for whatever fits one slot.
    """
    found: dict[Pool, list[AgentId]] = {}
    touched = state.woken_agents
    for agent_id in touched if len(touched) == 1 else sorted(touched):
        agent = state.agents.get(agent_id)
        if agent is None:
            continue
        if state.reserved and agent_id in state.reserved:
            state.woken_conversations |= state.reserved[agent_id]
        general, directed = standings(agent, state.now)
        if general is not None:
            agent.was_open = False
            continue
        rings_already = agent.was_open and not state.costly
        agent.was_open = True
        pools: list[Pool] = agent.pools
        for pool in pools:
            line = pool.line
            if pool.ready.first is None or (rings_already and not line.capped if line.soft else directed is not None):
                continue
            if not (line.capped and capped(state, agent, line)):
                found.setdefault(pool, []).append(agent_id)
    return found


def _goes_on(state: State, pool: Pool, agent: Agent, order: Order) -> bool:
    """Can anything behind this conversation be for this agent? Not when the last slot is kept for an older one."""
    if standing(state, agent, pool.line) is not None:
        return False
    return pool.line.soft or keeps_room(state, agent, order, 1) is None


def _propose(step: Step, conversation: Conversation, among: Sequence[AgentId] | None) -> None:
    """Offer a ready conversation to whom it should go, among these agents or all. One that no longer is, to nobody."""
    pool = conversation.pool
    if pool is None or not conversation.ready:
        return
    reservation = conversation.reservation
    if reservation is not None and conversation.shelf is _RESERVED:
        among = _of_reservation(step.state, pool, reservation)
    else:
        reservation = None
    if among is None:
        settle(step.state)
    if pool.line.soft:
        _ring_all(step, pool, conversation, pool.ranks if among is None else among)
    else:
        _ring_one(step, pool, conversation, among, reservation)


def _of_reservation(state: State, pool: Pool, reservation: Reservation) -> list[AgentId]:
    """Those it is kept for who are open here, the named one first."""
    return [agent for agent in reservation.agents if _is_open(state, pool, agent)]


def _is_open(state: State, pool: Pool, agent: AgentId) -> bool:
    return agent in pool.eligible and standing(state, state.agents[agent], pool.line) is None


def _ring_all(step: Step, pool: Pool, conversation: Conversation, among: Collection[AgentId]) -> None:
    state = step.state
    line = pool.line
    takeable = [
        agent
        for agent in sorted(among)
        if agent not in conversation.offers
        and _is_open(state, pool, agent)
        and pair_excluded(state, line, state.agents[agent], conversation) is None
    ]
    room = wave_room(state, conversation, line)
    not_yet: list[AgentId] = []
    if room is not None and room < len(takeable):
        takeable = _first_rung(step, pool, conversation, takeable)
        takeable, not_yet = takeable[:room], takeable[room:]
    if takeable:
        decision = record(step, pool, conversation, not_yet=not_yet)
        for agent in takeable:
            make_offer(step, state.agents[agent], conversation, decision, soft=True)


def _first_rung(step: Step, pool: Pool, conversation: Conversation, agents: list[AgentId]) -> list[AgentId]:
    """In the order in which a wave comes to them: by rank, equals by lot."""
    state = step.state
    turns = [
        (rank(state.agents[agent], pool)[:-1], draw(step.seed, conversation.arrival, conversation.offer_no + n), agent)
        for n, agent in enumerate(agents)
    ]
    return [agent for _, _, agent in sorted(turns)]


def _ring_one(
    step: Step,
    pool: Pool,
    conversation: Conversation,
    among: Sequence[AgentId] | None,
    reservation: Reservation | None,
) -> None:
    state = step.state
    if reservation is not None and among is not None:
        choice = _reserved(state, pool, conversation, among)
    elif among is not None and len(among) == 1:
        choice = _only(state, pool, conversation, among[0])
    else:
        ranks = pool.open
        if among is not None:
            ranks = sorted(rank(state.agents[agent], pool) for agent in among if _is_open(state, pool, agent))
        choice = _choose(step, pool, conversation, ranks)
    if choice is not None:
        _offer(step, pool, conversation, choice)


def _offer(step: Step, pool: Pool, conversation: Conversation, choice: "_Choice") -> None:
    chosen, runner_up, reason = choice
    decision = record(step, pool, conversation, chosen=chosen, runner_up=runner_up, reason=reason)
    auto = pool.line.auto
    offer = make_offer(step, chosen, conversation, decision, auto=auto)
    if auto:
        take(step, offer, via="offer", confirm=offer.id)


# The choice (DESIGN §5.2). It depends on who is takeable and on nothing else, so that a router rebuilt from its
# records, which does not remember who was touched, chooses the same.

# Chosen, runner-up, reason.
_Choice = tuple[Agent, Agent | None, str]
_Takeable = Callable[[AgentId], bool]


def _reserved(state: State, pool: Pool, conversation: Conversation, among: Sequence[AgentId]) -> _Choice | None:
    """The named agent, then the substitutes in their order."""
    takeable = [
        state.agents[agent]
        for agent in among
        if pair_excluded(state, pool.line, state.agents[agent], conversation) is None
    ]
    if not takeable:
        return None
    return takeable[0], takeable[1] if len(takeable) > 1 else None, "reserved"


def _only(state: State, pool: Pool, conversation: Conversation, agent_id: AgentId) -> _Choice | None:
    """One agent came free: the usual case."""
    agent = state.agents[agent_id]
    if standing(state, agent, pool.line) or pair_excluded(state, pool.line, agent, conversation):
        return None
    return agent, None, "previous_agent" if conversation.previous == agent_id else "method"


@dataclass(frozen=True, slots=True)
class _Choosing:
    """What a choice is about. `doubtful`: the agents whom something about the pair may exclude; None: any of them."""

    step: Step
    pool: Pool
    conversation: Conversation
    ranks: list[Rank]
    doubtful: Collection[AgentId] | None

    def takeable(self, agent: AgentId) -> bool:
        state = self.step.state
        return pair_excluded(state, self.pool.line, state.agents[agent], self.conversation) is None


def _choose(step: Step, pool: Pool, conversation: Conversation, ranks: list[Rank]) -> _Choice | None:
    """The agent and the runner-up: who lost it comes first, who refused it or sent it here last, else the method."""
    if not ranks:
        return None
    state = step.state
    last = set(conversation.refusals)
    if conversation.sender is not None:
        last.add(conversation.sender)
    doubtful = None if conversation.cost > 1 or ranks is not pool.open else last | state.keeping_room
    choosing = _Choosing(step, pool, conversation, ranks, doubtful)
    reason, chosen = "method", conversation.previous
    if chosen is not None and _is_open(state, pool, chosen) and choosing.takeable(chosen):
        reason = "previous_agent"
    else:
        chosen = _best(choosing, lambda agent: agent not in last and choosing.takeable(agent))
        if chosen is None and last:
            refusers = [each for each in ranks if _agent_of(each) in last]
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


def _end_of_tie(ranks: list[Rank], start: int) -> int:
    tie = ranks[start][:-1]
    if start + 1 == len(ranks) or ranks[start + 1][:-1] != tie:
        return start + 1
    return bisect_left(ranks, (*tie, _LAST))


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
        place = choosing.pool.ranks.get(agent)
        if place is not None and ranks[start] <= place <= ranks[end - 1]:
            position = bisect_left(ranks, place)
            if ranks[position] == place:  # not so for one who is open, but not among those looked at
                found.append(position)
    return sorted(found)


def _agent_of(place: Rank) -> AgentId:
    return AgentId(str(place[-1]))


def _runner_up(choosing: _Choosing, chosen: AgentId) -> AgentId | None:
    for place in choosing.ranks[:_RUNNERS_UP]:
        agent = _agent_of(place)
        if agent != chosen and choosing.takeable(agent):
            return agent
    return None
