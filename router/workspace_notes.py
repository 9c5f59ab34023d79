"""The part of the fold that concerns everybody: new settings, a restart, and the pause after it."""

from router import events as e
from router.agent import Agent
from router.bot_notes import ask_again, cut_off_bots
from router.deadlines import Due
from router.indexes import rebuild_indexes
from router.model import ConversationState
from router.presence_notes import restaff, start_grace
from router.state import State
from router.touch import agent_of
from router.wait_notes import note_place
from router.watch import watch_conversation


def configured(state: State, event: e.Configured) -> None:
    state.settings = event.settings
    rebuild_indexes(state)
    for conversation in state.conversations.values():
        if conversation.pool is not None:
            note_place(state, conversation)
    _look_at_everybody(state)


def restarted(state: State, event: e.Restarted) -> None:
    """Everybody was cut off by us: nobody's absence or silence counts from before now."""
    state.pause_until = event.pause_until
    state.deadlines.want(event.pause_until, Due.PAUSE)
    for agent in state.agents.values():
        if agent.connected or agent.present:
            _cut_off(state, agent_of(state, agent.id))
    for conversation in state.conversations.values():
        if conversation.state is not ConversationState.CLOSED:
            state.changed_conversations.add(conversation.id)
            conversation.visitor_left_at = conversation.quiet_since = event.at
            conversation.asked_at = None if conversation.asked_at is None else event.at
            state.shelve(conversation)
            if conversation.state is ConversationState.BOT:
                ask_again(state, conversation, event.at)
            watch_conversation(state, conversation)
    cut_off_bots(state, event.at)


def _cut_off(state: State, agent: Agent) -> None:
    agent.connected = agent.deaf = False
    if agent.present:
        state.awaited.add(agent.id)
        start_grace(state, agent)
    restaff(state, agent)


def pause_ended(state: State, event: e.PauseEnded) -> None:  # noqa: ARG001
    state.pause_until = None
    state.awaited.clear()
    _look_at_everybody(state)


def _look_at_everybody(state: State) -> None:
    state.wake_everybody()
    state.untold.update(one.id for one in state.conversations.values() if one.in_line)
