"""Who DESIGN §5.2 wants among the takeable, read naively off the settings and the records."""

from __future__ import annotations

from fractions import Fraction

from router.model import AgentId, DepartmentSettings, Method, WorkspaceSettings
from router.snapshot import AgentRecord, ConversationRecord


def best(
    settings: WorkspaceSettings, conversation: ConversationRecord, takeable: list[AgentRecord]
) -> tuple[set[AgentId], str]:
    """All agents who may be chosen (more than one: by lot), and the decision's reason."""
    if any(agent.id == conversation.previous for agent in takeable):
        assert conversation.previous is not None
        return {conversation.previous}, "previous_agent"
    late = {refusal.agent for refusal in conversation.refusals} | {conversation.sender}
    unrefused = [agent for agent in takeable if agent.id not in late] or takeable
    department = settings.departments[conversation.department]
    keys = {agent.id: _key(settings, department, agent) for agent in unrefused}
    return {agent for agent, key in keys.items() if key == min(keys.values())}, "method"


def _key(settings: WorkspaceSettings, department: DepartmentSettings, agent: AgentRecord) -> tuple[object, ...]:
    priority = next(m.priority for m in settings.agents[agent.id].members if m.department == department.id)
    running = len(agent.holds)
    share = Fraction(sum(hold.cost for hold in agent.holds), settings.agents[agent.id].max_slots)
    idle = agent.assigned_at
    turn = dict(agent.turns).get(department.id, 0)
    order = list(settings.agents).index(agent.id)
    by_method: dict[Method, tuple[object, ...]] = {
        Method.MAX_UTILIZATION: (-running, idle),
        Method.AVERAGE_UTILIZATION: (running, share, idle),
        Method.PRIORITY: (priority, running, idle),
        Method.RANDOM: (),
        Method.ROUND_ROBIN: (turn, order),
        Method.LONGEST_IDLE: (idle,),
    }
    key = by_method[department.method]
    if department.method is Method.AVERAGE_UTILIZATION and department.measure == "share":
        key = (share, running, idle)
    return (priority, *key) if department.tiers else key
