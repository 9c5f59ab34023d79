"""The indexes from scratch: after a rebuild, and when the settings changed what they are made of."""

from collections.abc import Mapping

from router.agent import Agent
from router.eligibility import review
from router.line import Line
from router.methods import measure
from router.model import AgentId, AgentSettings, DepartmentId, DepartmentSettings, Member
from router.state import State
from router.watch import watch_everything


def rebuild_indexes(state: State) -> None:
    """Make lines, standings and deadlines anew from settings and records."""
    _know_agents(state)
    _make_lines(state)
    for conversation in state.conversations.values():
        conversation.shelf = None
        if conversation.department in state.lines:
            state.shelve(conversation)
    for agent in state.agents.values():
        review(state, agent)
    watch_everything(state)


def _know_agents(state: State) -> None:
    """Newcomers begin offline and away; those who are gone have been let go before."""
    configured = state.settings.agents
    for agent_id in [agent_id for agent_id in state.agents if agent_id not in configured]:
        del state.agents[agent_id]
        state.awaited.discard(agent_id)
        state.changed_agents.add(agent_id)
    for agent_id, settings in configured.items():
        members = _members(settings, state.settings.departments)
        agent = state.agents.get(agent_id)
        if agent is None:
            state.agents[agent_id] = Agent(settings=settings, members=members)
            state.changed_agents.add(agent_id)
        else:
            agent.settings, agent.members = settings, members


def _members(
    settings: AgentSettings, departments: Mapping[DepartmentId, DepartmentSettings]
) -> dict[DepartmentId, Member]:
    return {member.department: member for member in settings.members if member.department in departments}


def _make_lines(state: State) -> None:
    members: dict[DepartmentId, dict[AgentId, Member]] = {department: {} for department in state.settings.departments}
    for agent_id in state.settings.agents:
        for department, member in state.agents[agent_id].members.items():
            members[department][agent_id] = member
    state.lines = {
        department: Line(settings, members[department], measure(settings))
        for department, settings in state.settings.departments.items()
    }
    for department, line in state.lines.items():
        near = {department} | {other for agent in line.members for other in state.agents[agent].members}
        line.neighbours = tuple(state.lines[other] for other in state.lines if other in near)
