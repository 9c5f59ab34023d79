"""Who can take what: the closed list of DESIGN §5.1.

Theory
======

An agent and a conversation are a *takeable pair* when no clause of the list excludes them. The clauses fall into three
groups by what they look at, and each group is kept where it is cheapest:

- *the conversation alone* (state, visitor there, quarantine, the pause after a restart): decides between `ready` and
  `held` in its line, so that nobody ever steps over a conversation that cannot be proposed to anyone;
- *the agent alone, in one department* (status, reachable, a free slot, the member's cap, breathing, resting, ringing):
  is the agent's *standing* in the line, recomputed by `review` whenever something about the agent changes. Those with
  nothing against them are `open`, sorted by the method's measure;
- *the pair* (a higher cost, room kept for an older conversation, a refusal): asked here, for those who are open.

Every clause has a deadline or a waking event. Time alone changes an answer in five places (breathing, rest, a refusal
lapses, the visitor's blip, a soft ring is no longer fresh); each has an entry in `router.deadlines`. Everything else
changes by an event, which wakes the agent or the conversation it is about. So after a step in which every takeable
pair was served, a pair can become takeable only by touching one of its two, and `router.dispatch` looks at no others.

A soft offer (ring_all) holds nothing, therefore the clauses about being disturbed (breathing, resting, ringing) do not
apply to it. A directed offer takes the slot while it rings; if it took the last one from under an older conversation
that rings there softly, the older one would have been overtaken without a chance. Hence `ROOM_FOR_OLDER`, which lapses
when the older one has had its `ring_ms`.
"""

from router.agent import Agent
from router.conversation import Conversation
from router.line import Line
from router.methods import rank
from router.model import AgentId, Clause, Member, OfferState, Order, Status
from router.state import State


def review(state: State, agent: Agent) -> None:
    """Bring the agent's standing in all their lines up to date."""
    serving = agent.present and agent.status is Status.AVAILABLE
    for department, member in agent.members.items():
        line = state.lines[department]
        standing = _standing(state, agent, member, line)
        line.stand(agent.id, standing, rank(agent, line) if standing is None else None, serving=serving)


def _standing(state: State, agent: Agent, member: Member, line: Line) -> Clause | None:
    """The first clause about the agent alone that keeps them from serving this line."""
    if agent.status is not Status.AVAILABLE:
        return Clause.STATUS
    if not agent.reachable:
        return Clause.UNREACHABLE
    if agent.free < 1:
        return Clause.FULL
    if member.max_slots and room_under_cap(state, agent, member) < 1:
        return Clause.CAP
    return None if line.soft else _disturbed(agent, state.now)


def _disturbed(agent: Agent, now: int) -> Clause | None:
    """(f) and (g): no second directed offer while resting, breathing or ringing."""
    if agent.breathing_until is not None and now < agent.breathing_until:
        return Clause.BREATHING
    if agent.rest_until is not None and now < agent.rest_until:
        return Clause.RESTING
    if agent.directed >= agent.settings.rings_at_once:
        return Clause.RINGING
    return None


def room_under_cap(state: State, agent: Agent, member: Member) -> int:
    """Slots left under the member's own cap in that department."""
    taken = sum(
        hold.cost
        for hold in agent.holds.values()
        if state.conversations[hold.conversation].department == member.department
    )
    return member.max_slots - taken


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


def pair_excluded(state: State, line: Line, agent: Agent, conversation: Conversation) -> Clause | None:
    """What keeps this open member from this ready conversation, if anything."""
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


def excluded(state: State, line: Line, agent: Agent, conversation: Conversation) -> Clause | None:
    """The first clause against this member of the line for this ready conversation, or None: takeable."""
    standing = line.standing.get(agent.id, Clause.NOT_MEMBER)
    return standing if standing is not None else pair_excluded(state, line, agent, conversation)
