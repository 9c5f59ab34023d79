"""The indexes from scratch: after a rebuild, and when the settings changed what they are made of."""

from collections.abc import Mapping

from router.agent import Agent
from router.bot import Bot
from router.line import Line
from router.methods import measure, words
from router.model import AgentId, AgentSettings, ConversationState, DepartmentId, DepartmentSettings, Member, Status
from router.needs import CLOSED
from router.state import State
from router.watch import watch_everything


def rebuild_indexes(state: State) -> None:
    """Make lines, pools and deadlines anew from settings and records."""
    _know_agents(state)
    _know_bots(state)
    _make_lines(state)
    state.reserved.clear()
    for conversation in state.conversations.values():
        conversation.pool = conversation.placed = None
        state.shelve(conversation)
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
            state.agents[agent_id] = Agent(settings, members)
            state.changed_agents.add(agent_id)
        else:
            agent.configure(settings, members)


def _know_bots(state: State) -> None:
    """Newcomers begin not connected; what those had who are gone has been taken from them before."""
    known, state.bots = state.bots, {}
    for bot_id, settings in state.settings.bots.items():
        bot = state.bots[bot_id] = known.get(bot_id) or Bot(settings)
        bot.settings = settings
        bot.has = set()
    for conversation in state.conversations.values():
        if conversation.state is ConversationState.BOT and conversation.bot is not None:
            state.bots[conversation.bot].has.add(conversation.id)


def _members(
    settings: AgentSettings, departments: Mapping[DepartmentId, DepartmentSettings]
) -> dict[DepartmentId, Member]:
    return {member.department: member for member in settings.members if member.department in departments}


def _make_lines(state: State) -> None:
    members: dict[DepartmentId, dict[AgentId, Member]] = {department: {} for department in state.settings.departments}
    for agent_id in state.settings.agents:
        for department, member in state.agents[agent_id].members.items():
            members[department][agent_id] = member
    state.unsettled = set()
    state.lines = {
        department: Line(settings, members[department], measure(settings), words(settings))
        for department, settings in state.settings.departments.items()
    }
    state.plain = not any(line.soft or line.capped for line in state.lines.values())
    for agent in state.agents.values():
        agent.pools = []
        agent.serving = agent.present and agent.status is Status.AVAILABLE
        state.unsettle(agent)  # what was remembered of them was under other settings
    for line in state.lines.values():
        line.base = state.make_pool(line, CLOSED)
