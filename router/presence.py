"""Who is there: status, connections, grace, and the restart that cut everybody off."""

from router.agent import Agent
from router.commands import ConnectAgent, DisconnectAgent, SetStatus
from router.conversations import owned_by, return_to_line
from router.events import (
    AgentConnected,
    AgentDisconnected,
    AgentGone,
    PauseEnded,
    Restarted,
    StatusChanged,
)
from router.model import OfferState, Status
from router.offers import end_offers_of, withdraw_from
from router.step import Step


def set_status(step: Step, command: SetStatus) -> None:
    """Leaving `available` withdraws pending offers (no miss)."""
    agent = step.agent(command.agent)
    if (agent.status, agent.reason) == (command.status, command.reason):
        return
    step.emit(StatusChanged(at=step.now, agent=agent.id, status=command.status, reason=command.reason))
    if agent.status is not Status.AVAILABLE:
        withdraw_from(step, agent)


def connect(step: Step, command: ConnectAgent) -> None:
    agent = step.agent(command.agent)
    if not agent.reachable:
        step.emit(AgentConnected(at=step.now, agent=agent.id))


def disconnect(step: Step, command: DisconnectAgent) -> None:
    """Unreachable at once; what was assigned automatically and never confirmed goes on like an offer."""
    agent = step.agent(command.agent)
    if not agent.connected:
        return
    step.emit(AgentDisconnected(at=step.now, agent=agent.id))
    withdraw_from(step, agent)
    return_unconfirmed(step, agent)


def return_unconfirmed(step: Step, agent: Agent) -> None:
    for conversation in owned_by(step, agent):
        if conversation.unconfirmed is not None:
            return_to_line(step, conversation, agent.id)


def gone(step: Step, agent: Agent) -> None:
    """The grace is over: those who wait for a reply move on, transfers this agent began are withdrawn."""
    step.emit(AgentGone(at=step.now, agent=agent.id))
    for conversation in owned_by(step, agent):
        if conversation.awaiting_reply:
            return_to_line(step, conversation, agent.id)
        else:
            end_offers_of(step, conversation, OfferState.WITHDRAWN)


def restart(step: Step) -> None:
    """Nothing rings any more, nobody is connected; wait a moment for those who were here."""
    for conversation in sorted(step.state.conversations.values(), key=lambda conversation: conversation.order):
        end_offers_of(step, conversation, OfferState.WITHDRAWN)
    for agent in sorted(step.state.agents):
        return_unconfirmed(step, step.state.agents[agent])
    step.emit(Restarted(at=step.now, pause_until=step.now + step.state.settings.restart_pause_ms))


def end_pause_early(step: Step) -> None:
    """Everybody who was present is back."""
    if step.state.pause_until is not None and not step.state.awaited:
        step.emit(PauseEnded(at=step.now))
