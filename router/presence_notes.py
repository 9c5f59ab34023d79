"""The part of the fold that keeps who is here: status, connections, grace, who serves; visitors who come and go."""

from router import events as e
from router.agent import Agent
from router.deadlines import Due
from router.model import Status
from router.state import State
from router.touch import agent_of, conversation_of, wake
from router.transitions import CHOSEN, STATUS, StatusCause, step
from router.watch import watch, watch_line


def status_changed(state: State, event: e.StatusChanged) -> None:
    agent = agent_of(state, event.agent)
    was_here = agent.here
    cause = StatusCause.MISSED_OFFERS if event.automatic else CHOSEN[event.status]
    agent.status = step(STATUS, agent.status, cause)
    agent.reason = event.reason
    agent.misses = 0
    _note_presence(state, agent, was_here=was_here)


def agent_connected(state: State, event: e.AgentConnected) -> None:
    agent = agent_of(state, event.agent)
    was_here = agent.here
    agent.connected = True
    agent.deaf = False
    state.awaited.discard(agent.id)
    _note_presence(state, agent, was_here=was_here)


def agent_disconnected(state: State, event: e.AgentDisconnected) -> None:
    agent = agent_of(state, event.agent)
    was_here = agent.here
    agent.connected = agent.deaf = False
    _note_presence(state, agent, was_here=was_here)


def agent_deaf(state: State, event: e.AgentDeaf) -> None:
    agent = agent_of(state, event.agent)
    agent.deaf = True
    _forget_rings(agent)
    wake(state, agent)


def agent_gone(state: State, event: e.AgentGone) -> None:
    agent = agent_of(state, event.agent)
    agent.present = False
    agent.grace_until = None
    state.awaited.discard(agent.id)
    restaff(state, agent)


def _note_presence(state: State, agent: Agent, *, was_here: bool) -> None:
    """Grace runs from the moment an agent stops being here (disconnected or offline) until they are again."""
    if agent.here:
        agent.present = True
        agent.grace_until = None
    elif was_here:
        start_grace(state, agent)
    _forget_rings(agent)
    restaff(state, agent)


def _forget_rings(agent: Agent) -> None:
    """What rang there may be lost, and the agent be back before the step is over: to be looked at anew."""
    agent.was_open = False


def start_grace(state: State, agent: Agent) -> None:
    agent.grace_until = state.now + state.settings.grace_ms
    watch(state, Due.GRACE, agent.id)


def restaff(state: State, agent: Agent) -> None:
    """Wake the agent; where somebody serves from now on, or nobody any more, those in line may have to be told."""
    wake(state, agent)
    for conversation in [state.conversations[one] for one in state.reserved.get(agent.id, ())]:
        state.shelve(conversation)  # a reservation is void while nobody of it is present
    serving = agent.present and agent.status is Status.AVAILABLE
    if serving is not agent.serving:
        agent.serving = serving
        for pool in agent.pools:
            pool.serving += 1 if serving else -1
            if pool.serving == (1 if serving else 0):
                state.untold.update(conversation for _, _, conversation in (*pool.ready, *pool.held))


def visitor_connected(state: State, event: e.VisitorConnected) -> None:
    conversation = conversation_of(state, event.conversation)
    conversation.visitor_left_at = None
    state.shelve(conversation)


def visitor_disconnected(state: State, event: e.VisitorDisconnected) -> None:
    conversation = conversation_of(state, event.conversation)
    conversation.visitor_left_at = event.at
    state.shelve(conversation)
    watch_line(state, conversation)
