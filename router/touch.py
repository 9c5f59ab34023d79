"""Taking a record to change it: that it changed is noted here, for storing it and for looking at it again."""

from router.agent import Agent
from router.conversation import Conversation
from router.model import AgentId, ConversationId
from router.state import State


def agent_of(state: State, agent_id: AgentId) -> Agent:
    """The agent, about whom something changes."""
    agent = state.agents[agent_id]
    agent.version += 1  # as `State.unsettle` does; written out, for every event comes by here
    state.unsettled.add(agent_id)
    state.changed_agents.add(agent_id)
    return agent


def wake(state: State, agent: Agent) -> None:
    """Look at their pools at the end of the step; that something changes about them is noted by `agent_of`."""
    state.woken_agents.add(agent.id)


def conversation_of(state: State, conversation: ConversationId) -> Conversation:
    """The conversation, in which something changes."""
    state.changed_conversations.add(conversation)
    return state.conversations[conversation]
