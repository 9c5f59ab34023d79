"""Who DESIGN §5.2 wants among the takeable, read naively off the settings and the records."""

from __future__ import annotations

from fractions import Fraction

from router.model import AgentId, DepartmentSettings, Method, Skills, WorkspaceSettings
from router.snapshot import AgentRecord, ConversationRecord


def best(
    settings: WorkspaceSettings, conversation: ConversationRecord, takeable: list[AgentRecord], now: int
) -> tuple[set[AgentId], str]:
    """All agents who may be chosen (more than one: by lot), and the decision's reason."""
    reservation = conversation.reservation
    if reservation is not None and now < reservation.until:
        named = [each for each in reservation.agents if any(agent.id == each for agent in takeable)]
        if named and all(agent.id in reservation.agents for agent in takeable):
            return {named[0]}, "reserved"
    if any(agent.id == conversation.previous for agent in takeable):
        assert conversation.previous is not None
        return {conversation.previous}, "previous_agent"
    late = {refusal.agent for refusal in conversation.refusals} | {conversation.sender}
    unrefused = [agent for agent in takeable if agent.id not in late] or takeable
    department = settings.departments[conversation.department]
    steps = department.widen[: conversation.widening_step]
    prefer = () if any(step.drop_preferred for step in steps) else conversation.needs.prefer
    keys = {agent.id: (-_met(settings, agent, prefer), *_key(settings, department, agent)) for agent in unrefused}
    return {agent for agent, key in keys.items() if key == min(keys.values())}, "method"


def _met(settings: WorkspaceSettings, agent: AgentRecord, prefer: Skills) -> int:
    return sum(weight for skill, weight in prefer if skill in settings.agents[agent.id].skills)


def _key(settings: WorkspaceSettings, department: DepartmentSettings, agent: AgentRecord) -> tuple[object, ...]:
    members = settings.agents[agent.id].members
    priority = next((m.priority for m in members if m.department == department.id), 1_000)
    running = len(agent.holds)
    share = Fraction(sum(hold.cost for hold in agent.holds), settings.agents[agent.id].max_slots)
    idle = agent.assigned_at
    turn = dict(agent.turns).get(department.id, 0)
    member = any(m.department == department.id for m in members)
    order = list(settings.agents).index(agent.id) if member else 1_000
    by_method: dict[Method, tuple[object, ...]] = {
        Method.MAX_UTILIZATION: (-running, idle),
        Method.AVERAGE_UTILIZATION: (running, share, idle),
        Method.PRIORITY: (priority, running, idle),
        Method.RANDOM: (),
        Method.ROUND_ROBIN: (turn, order, idle),
        Method.LONGEST_IDLE: (idle,),
    }
    key = by_method[department.method]
    if department.method is Method.AVERAGE_UTILIZATION and department.measure == "share":
        key = (share, running, idle)
    return (priority, *key) if department.tiers else key
