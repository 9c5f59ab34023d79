"""Who can take what: the closed list of DESIGN §5.1.

Theory
======

An agent and a conversation are a *takeable pair* when no clause of the list excludes them. The clauses fall into three
groups by what they look at, and each group is kept where it is cheapest:

- *the conversation alone* (state, visitor there, quarantine, the pause after a restart): decides between `ready` and
  `held` in its pool, so that nobody ever steps over a conversation that cannot be proposed to anyone;
- *the conversation's asking* (member or opened, skills at the level of its widening step, a reservation): which pool it
  is in, and there, for a reserved one, a shelf of its own that only the agents of the reservation look at;
- *the agent alone, in one department* (status, reachable, a free slot, the member's cap, breathing, resting, ringing):
  is the agent's *standing*. Those with nothing against them are `open` in their pools, sorted by the method's measure;
- *the pair* (a higher cost, room kept for an older conversation, a refusal, a ring wave that is full): asked here, for
  those who are open.

Every clause has a deadline or a waking event. Time alone changes an answer in eight places (breathing, rest, a refusal
lapses, the visitor's blip, a soft ring is no longer fresh, widening, a ring wave, the end of a reservation); each has
an entry in `router.deadlines`. Everything else changes by an event, which wakes the agent or the conversation it is
about. So after a step in which every takeable pair was served, a pair can become takeable only by touching one of its
two, and `router.dispatch` looks at no others.

A soft offer (ring_all) holds nothing, therefore the clauses about being disturbed (breathing, resting, ringing) do not
apply to it. A directed offer takes the slot while it rings; if it took the last one from under an older conversation
that rings there softly, the older one would have been overtaken without a chance. Hence `ROOM_FOR_OLDER`, which lapses
when the older one has had its `ring_ms`.
"""

from typing import Final

from router.agent import Agent
from router.conversation import Conversation
from router.line import Line, Pool
from router.methods import rank
from router.model import AgentId, Clause, Member, OfferState, Order, Status
from router.state import State

# The agent alone.


# (b), (c), (d): what keeps the agent from serving anywhere.
_Standings = tuple[Clause | None, Clause | None]
# The member of an enumeration is looked up at a fifth of the price under a name.
_AVAILABLE: Final = Status.AVAILABLE
_OTHER_STATUS: Final[_Standings] = (Clause.STATUS, Clause.STATUS)
_UNREACHABLE: Final[_Standings] = (Clause.UNREACHABLE, Clause.UNREACHABLE)
_FULL: Final[_Standings] = (Clause.FULL, Clause.FULL)
_RINGING: Final = Clause.RINGING
_CAP: Final = Clause.CAP


def standings(agent: Agent, now: int) -> _Standings:
    """What keeps the agent from serving any ring_all line, and any other; the cap apart. Remembered for the moment."""
    if agent.standings_version == agent.version and agent.standings_at == now:
        return agent.standings
    if agent.status is not _AVAILABLE:
        found = _OTHER_STATUS
    elif not agent.connected or agent.deaf:
        found = _UNREACHABLE
    elif agent.used >= agent.max_slots:
        found = _FULL
    else:
        found = (None, disturbed(agent, now))
    agent.standings, agent.standings_version, agent.standings_at = found, agent.version, now
    return found


def disturbed(agent: Agent, now: int) -> Clause | None:
    """(f) and (g): no second directed offer while resting, breathing or ringing."""
    if agent.breathing_until is not None and now < agent.breathing_until:
        return Clause.BREATHING
    if agent.rest_until is not None and now < agent.rest_until:
        return Clause.RESTING
    if agent.directed >= agent.rings_at_once:
        return _RINGING
    return None


def capped(state: State, agent: Agent, line: Line) -> bool:
    """(d): the member's own cap inside the department is reached."""
    member = line.members.get(agent.id)
    return member is not None and bool(member.max_slots) and room_under_cap(state, agent, member) < 1


def room_under_cap(state: State, agent: Agent, member: Member) -> int:
    """Slots left under the member's own cap in that department."""
    taken = sum(
        hold.cost
        for hold in agent.holds.values()
        if state.conversations[hold.conversation].department == member.department
    )
    return member.max_slots - taken


def standing(state: State, agent: Agent, line: Line) -> Clause | None:
    """The first clause about the agent alone that keeps them from serving this line."""
    general, directed = standings(agent, state.now)
    clause = general if line.soft else directed
    return _CAP if clause is None and line.capped and capped(state, agent, line) else clause


def settle(state: State, *, but: AgentId | None = None) -> None:
    """Bring `open` and `standing` of every pool up to date with those who changed, but for one who changes again."""
    for agent_id in state.unsettled:
        agent = state.agents.get(agent_id) if agent_id != but else None
        if agent is not None:
            _settle_agent(state, agent)
    changes_again = but in state.unsettled
    state.unsettled.clear()
    if changes_again and but is not None:
        state.unsettled.add(but)


def _settle_agent(state: State, agent: Agent) -> None:
    settled = standings(agent, state.now)
    if settled[0] is not None and settled == agent.settled:
        return  # in no pool before, in none now, and for the same reason
    agent.settled = settled
    pools: list[Pool] = agent.pools
    for pool in pools:
        settle_in(state, agent, pool)


def settle_in(state: State, agent: Agent, pool: Pool) -> None:
    """The same for one agent in one pool."""
    clause = standing(state, agent, pool.line)
    pool.stand(agent.id, clause, rank(agent, pool) if clause is None else None)


# The pair.


def fits(state: State, agent: Agent, conversation: Conversation) -> Clause | None:
    """(d) without the room for others: does it fit the free slots and the member's cap?"""
    if agent.free < conversation.cost:
        return Clause.FULL
    member = agent.members.get(conversation.department)
    if member is not None and member.max_slots and room_under_cap(state, agent, member) < conversation.cost:
        return Clause.CAP
    return None


def keeps_room(state: State, agent: Agent, order: Order, cost: int) -> Clause | None:
    """(d), directed: leave room for the oldest older conversation that still rings freshly and softly there."""
    if agent.fresh and agent.fresh[0] < order:
        older = state.conversations[agent.fresh[0][2]]
        if agent.free < cost + older.cost:
            return Clause.ROOM_FOR_OLDER
    return None


def refused(state: State, agent: AgentId, conversation: Conversation, *, soft: bool) -> Clause | None:
    """(h): asked before, and said no; a miss counts as a no only for directed offers."""
    refusal = conversation.refusals.get(agent)
    if refusal is None or state.now >= refusal.at + state.settings.reoffer_ms:
        return None
    if soft and refusal.kind is not OfferState.DECLINED:
        return None
    return Clause.REFUSED


def wave_room(state: State, conversation: Conversation, line: Line) -> int | None:
    """(k): how many more agents may ring for it now; None: as many as there are."""
    waves = line.settings.ring_waves
    if not waves or not line.soft:
        return None
    come = [agents for after_ms, agents in waves if state.now >= conversation.entered_line_at + after_ms]
    if not come:
        return 0
    return max(0, come[-1] - len(conversation.offers)) if come[-1] else None


def pair_excluded(state: State, line: Line, agent: Agent, conversation: Conversation) -> Clause | None:
    """What keeps this open agent from this ready conversation, if anything; the wave apart."""
    if conversation.cost > 1:
        clause = fits(state, agent, conversation)
        if clause is not None:
            return clause
    if agent.fresh and not line.soft:
        clause = keeps_room(state, agent, conversation.order, conversation.cost)
        if clause is not None:
            return clause
    if conversation.refusals:
        return refused(state, agent.id, conversation, soft=line.soft)
    return None


def excluded(state: State, pool: Pool, agent: Agent, conversation: Conversation) -> Clause | None:  # noqa: PLR0911
    """The first clause of the whole list against this pair, or None: takeable. For those who ask why."""
    if agent.id not in pool.eligible:
        return Clause.SKILLS if agent.id in pool.people else Clause.NOT_MEMBER
    clause = standing(state, agent, pool.line) or pair_excluded(state, pool.line, agent, conversation)
    if clause is not None:
        return clause
    reservation = conversation.reservation
    if reservation is not None and agent.id not in reservation.agents and state.is_reserved(conversation, pool):
        return Clause.RESERVED
    if not state.visitor_there(conversation):
        return Clause.VISITOR_GONE
    if agent.id not in conversation.offers and wave_room(state, conversation, pool.line) == 0:
        return Clause.WAVE
    if state.pause_until is not None:
        return Clause.PAUSE
    return Clause.QUARANTINED if conversation.quarantined_until is not None else None
