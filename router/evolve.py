"""The one fold: every change of the router's records is an event applied here, so events replay to the same state.

Handlers decide, emit and never assign; this module assigns and never decides. Derived indexes (standing, lines, fresh
rings, deadlines, who was woken) are kept in the same place as the record they follow from.
"""

from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from router import events as e
from router.agent import Agent
from router.bot_notes import (
    bot_connected,
    bot_disconnected,
    bot_gone,
    leave_bot,
    take_bot,
    worked,
    written_with_bot,
)
from router.conversation import Conversation
from router.deadlines import Due
from router.model import (
    ConversationState,
    Hold,
    HoldKind,
    Offer,
    OfferState,
    Refusal,
    Reservation,
    Writer,
)
from router.presence_notes import (
    agent_connected,
    agent_deaf,
    agent_disconnected,
    agent_gone,
    status_changed,
    visitor_connected,
    visitor_disconnected,
)
from router.state import State
from router.touch import agent_of, conversation_of, wake
from router.transitions import CONVERSATION, HOLD, OFFER, Cause, Column, step
from router.wait_notes import begin, look_again, note_said
from router.watch import watch, watch_conversation, watch_idle, watch_line, watch_offer
from router.workspace_notes import configured, pause_ended, restarted


def apply(state: State, event: e.Event) -> None:
    """Fold one event into the state."""
    state.now = max(state.now, event.at)
    FOLDS[type(event)](state, event)


# Small steps shared by the folds.


# The columns of the tables, by what has happened: a change is one look-up, and what is in no table raises.
_OFFER_MADE: Final = Column(CONVERSATION, Cause.OFFER_MADE)
_LAST_OFFER_ENDED: Final = Column(CONVERSATION, Cause.LAST_OFFER_ENDED)
_ASSIGNED: Final = Column(CONVERSATION, Cause.ASSIGNED)
_RETURNED: Final = Column(CONVERSATION, Cause.RETURNED)
_HANDED_OVER: Final = Column(CONVERSATION, Cause.HANDED_OVER)
_GIVEN_TO_BOT: Final = Column(CONVERSATION, Cause.GIVEN_TO_BOT)
_MOVED: Final = Column(CONVERSATION, Cause.MOVED)
_CLOSED: Final = Column(CONVERSATION, Cause.CLOSED)
_HOLD_FOR_OFFER: Final = Column(HOLD, Cause.OFFER_MADE)
_HOLD_AS_OWNER: Final = Column(HOLD, Cause.ASSIGNED)
_HOLD_TO_WRAP_UP: Final = Column(HOLD, Cause.CLOSED_WITH_WRAP_UP)
_LET_GO: Final = Column(HOLD, Cause.LET_GO)
_OFFER_ENDS: Final = frozenset(OFFER[step(OFFER, None, OfferState.PENDING)])
# Members of enumerations under names of this module: to look one up costs a quarter of a microsecond.
_OFFER: Final = HoldKind.OFFER
_PENDING: Final = OfferState.PENDING
_ACCEPTED: Final = OfferState.ACCEPTED
_TAKEN: Final = OfferState.TAKEN
_DECLINED: Final = OfferState.DECLINED
_MISSED: Final = OfferState.MISSED
_STARTED: Final = Cause.STARTED
_WITH_BOT: Final = Cause.STARTED_WITH_BOT
_BOT: Final = ConversationState.BOT
_IDLE: Final = Due.IDLE
_Turn = Column[HoldKind, HoldKind | None]


def _set_hold(state: State, agent: Agent, conversation: Conversation, turn: _Turn, until: int | None = None) -> None:
    """Begin, turn or end the agent's hold of a conversation, as the table says."""
    holds, name, cost = agent.holds, conversation.id, conversation.cost
    before = holds.get(name)
    if before is None:
        kind = turn[None]
    else:
        was = before.kind
        kind = turn[was]
        agent.used -= cost
        if was is _OFFER:
            agent.directed -= 1
    if kind is None:
        del holds[name]
        return
    holds[name] = Hold(agent=agent.id, conversation=name, kind=kind, cost=cost, until=until, since=state.now)
    agent.used += cost
    if agent.used >= agent.max_slots:
        agent.was_open = False  # whoever is full, though it be within one step, rings for no more
    if kind is _OFFER:
        agent.directed += 1


def _forget(state: State, conversation: Conversation) -> None:
    del state.conversations[conversation.id]
    state.deadlines.forget(_IDLE, conversation.id)  # of all its deadlines the one that is usually far away


# Conversations.


def _started(state: State, event: e.ConversationStarted) -> None:
    state.arrival = event.arrival
    state.costly = state.costly or event.cost > 1
    conversation = Conversation(
        event.conversation,
        visitor=event.visitor,
        department=event.department,
        arrival=event.arrival,
        key_at=event.key_at,
        head_start_ms=event.head_start_ms,
        cost=event.cost,
        needs=event.needs,
        rules=event.rules,
        left=event.left,
        trial=event.trial,
    )
    conversation.entered_line_at = conversation.quiet_since = conversation.since_at = event.at
    conversation.started_at = event.at
    conversation.reservation = event.reservation
    state.conversations[conversation.id] = conversation
    state.changed_conversations.add(conversation.id)
    if event.bot is not None:
        conversation.state = step(CONVERSATION, None, _WITH_BOT)
        conversation.line_entry = 0
        take_bot(state, conversation, event.bot, event.at, asked=event.spoke)
        return
    conversation.state = step(CONVERSATION, None, _STARTED)
    state.shelve(conversation)
    begin(state, conversation)
    watch_line(state, conversation)


def _assigned(state: State, event: e.ConversationAssigned) -> None:
    conversation = conversation_of(state, event.conversation)
    previous, confirm = event.previous, event.confirm
    if previous is not None:
        before = agent_of(state, previous)
        _set_hold(state, before, conversation, _LET_GO)
        wake(state, before)
    if conversation.in_line:
        conversation.waited_ms += event.waited_ms
    elif event.bot is not None:
        leave_bot(state, conversation)
    conversation.state = _ASSIGNED[conversation.state]
    conversation.owner = event.agent
    conversation.assign_no = event.assign_no
    conversation.previous = conversation.sender = None
    conversation.returned = False
    conversation.quiet_since = event.at
    conversation.asked_at = None
    conversation.unconfirmed = confirm
    conversation.unconfirmed_at = None if confirm is None else event.at
    if confirm is not None:
        watch(state, Due.AUTO_CONFIRM, conversation.id)
    state.unshelve(conversation)
    if not conversation.awaiting_reply:
        watch_idle(state, conversation)
    _take(state, agent_of(state, event.agent), conversation, event)


def _take(state: State, agent: Agent, conversation: Conversation, event: e.ConversationAssigned) -> None:
    """The new owner's side of an assignment: slot, idle time, turn, breathing; a deed that ends a row of misses."""
    _set_hold(state, agent, conversation, _HOLD_AS_OWNER)
    state.assignments += 1
    agent.assigned_at = event.at
    agent.turns[conversation.department] = state.assignments
    agent.misses = 0
    breathing_until = agent.breathing_until = event.breathing_until
    if breathing_until is not None:
        watch(state, Due.BREATHING, agent.id)
    if agent.used < agent.max_slots:
        wake(state, agent)


def _returned(state: State, event: e.ConversationReturned) -> None:
    conversation = conversation_of(state, event.conversation)
    before = agent_of(state, event.previous)
    _set_hold(state, before, conversation, _LET_GO)
    conversation.state = _RETURNED[conversation.state]
    conversation.owner = None
    conversation.department = event.department
    conversation.rekey(event.key_at)
    conversation.awaiting_reply = True
    conversation.unconfirmed = conversation.unconfirmed_at = None
    conversation.returned = event.reason == "agent_gone"
    if conversation.returned:
        conversation.previous = event.previous
    else:
        conversation.sender = event.previous
        conversation.since_at = event.at - conversation.waited_ms
    _enter_line(state, conversation, event.at, event.line_entry)
    wake(state, before)


def _handed_over(state: State, event: e.ConversationHandedOver) -> None:
    conversation = conversation_of(state, event.conversation)
    leave_bot(state, conversation)
    conversation.state = _HANDED_OVER[conversation.state]
    conversation.department = event.department
    conversation.rekey(event.key_at)
    conversation.awaiting_reply = True
    conversation.since_at = conversation.started_at
    _enter_line(state, conversation, event.at, event.line_entry, event.reservation)


def _handoff_failed(state: State, event: e.HandoffFailed) -> None:
    """It is only told: everything is as it was."""


def _given_to_bot(state: State, event: e.ConversationGivenToBot) -> None:
    conversation = conversation_of(state, event.conversation)
    before = agent_of(state, event.agent)
    _set_hold(state, before, conversation, _LET_GO)
    conversation.state = _GIVEN_TO_BOT[conversation.state]
    conversation.owner = conversation.unconfirmed = conversation.unconfirmed_at = None
    take_bot(state, conversation, event.bot, event.at, asked=conversation.awaiting_reply)
    wake(state, before)


def _enter_line(
    state: State, conversation: Conversation, at: int, line_entry: int, reservation: Reservation | None = None
) -> None:
    conversation.entered_line_at = at
    conversation.line_entry = line_entry
    conversation.asked_at = None
    conversation.widening_step = 0
    conversation.reservation = reservation
    state.shelve(conversation)
    begin(state, conversation)
    watch_line(state, conversation)


def _moved(state: State, event: e.ConversationMoved) -> None:
    conversation = conversation_of(state, event.conversation)
    conversation.state = _MOVED[conversation.state]
    conversation.department = event.department
    conversation.rekey(event.key_at)
    state.shelve(conversation)
    if conversation.in_line:
        conversation.line_entry += 1
        conversation.returned = False
        begin(state, conversation)
    watch_conversation(state, conversation)
    for agent in state.agents.values():
        if conversation.id in agent.holds:
            wake(state, agent_of(state, agent.id))  # caps are counted by department


def _closed(state: State, event: e.ConversationClosed) -> None:
    conversation = conversation_of(state, event.conversation)
    conversation.state = _CLOSED[conversation.state]
    conversation.unconfirmed = conversation.unconfirmed_at = None
    state.unshelve(conversation)
    owner, wrap_up_until = event.agent, event.wrap_up_until
    if owner is not None:
        agent = agent_of(state, owner)
        turn = _LET_GO if wrap_up_until is None else _HOLD_TO_WRAP_UP
        _set_hold(state, agent, conversation, turn, wrap_up_until)
        wake(state, agent)
    elif event.bot is not None:
        leave_bot(state, conversation)
    if wrap_up_until is None:
        _forget(state, conversation)
    else:
        watch(state, Due.WRAP_UP, conversation.id)


def _wrap_up_ended(state: State, event: e.WrapUpEnded) -> None:
    conversation = conversation_of(state, event.conversation)
    agent = agent_of(state, event.agent)
    _set_hold(state, agent, conversation, _LET_GO)
    _forget(state, conversation)
    wake(state, agent)


def _written(state: State, event: e.MessageWritten) -> None:
    conversation = state.conversations[event.conversation]
    if event.writer is Writer.AGENT and conversation.unconfirmed is not None:  # more changes than who wrote last
        state.changed_conversations.add(conversation.id)
    else:
        state.written_conversations[conversation.id] = None
    conversation.awaiting_reply = event.writer is Writer.VISITOR
    if event.writer is Writer.AGENT:  # whoever writes has seen it
        conversation.unconfirmed = conversation.unconfirmed_at = None
    if conversation.state is _BOT:
        written_with_bot(state, conversation, event)
    conversation.quiet_since = event.at
    conversation.asked_at = None
    watch_idle(state, conversation)


def _idle_asked(state: State, event: e.IdleAsked) -> None:
    conversation = conversation_of(state, event.conversation)
    conversation.asked_at = event.at
    watch_idle(state, conversation)


def _notice_due(state: State, event: e.NoticeDue) -> None:
    note_said(state, conversation_of(state, event.conversation), event)


def _widened(state: State, event: e.ConversationWidened) -> None:
    conversation = conversation_of(state, event.conversation)
    conversation.widening_step = event.step
    state.shelve(conversation)
    watch(state, Due.WIDEN, conversation.id)
    state.untold.add(conversation.id)  # somebody may serve from now on


def _wait_promised(state: State, event: e.WaitPromised) -> None:
    conversation = conversation_of(state, event.conversation)
    conversation.promise = event.promise
    look_again(state, conversation)


def _quarantined(state: State, event: e.Quarantined) -> None:
    conversation = conversation_of(state, event.conversation)
    conversation.quarantined_until = event.until
    state.shelve(conversation)
    watch_conversation(state, conversation)


def _quarantine_ended(state: State, event: e.QuarantineEnded) -> None:
    conversation = conversation_of(state, event.conversation)
    conversation.quarantined_until = None
    state.shelve(conversation)
    watch_conversation(state, conversation)
    state.untold.add(conversation.id)


# Offers.


def _offer_made(state: State, event: e.OfferMade) -> None:
    offer = event.offer
    agent, conversation = agent_of(state, offer.agent), conversation_of(state, offer.conversation)
    conversation.offer_no += 1
    conversation.offers[agent.id] = offer
    agent.rings[conversation.id] = state.offers[offer.id] = offer
    if conversation.in_line:
        conversation.state = _OFFER_MADE[conversation.state]
    if offer.soft:
        if offer.miss_at is not None:
            state.add_fresh(agent, conversation.order)
    else:
        _set_hold(state, agent, conversation, _HOLD_FOR_OFFER, offer.expires_at)
        if conversation.pool is not None:
            state.hold_back(conversation, conversation.pool)
    watch_offer(state, offer)


def _offer_seen(state: State, event: e.OfferSeen) -> None:
    conversation = conversation_of(state, event.conversation)
    if conversation.unconfirmed == event.offer:
        conversation.unconfirmed = conversation.unconfirmed_at = None
    else:
        seen = replace(state.offers[event.offer], seen=True)
        _replace_offer(state, seen)
        watch_offer(state, seen)


def _miss_counted(state: State, event: e.OfferMissCounted) -> None:
    conversation = conversation_of(state, event.conversation)
    agent = agent_of(state, event.agent)
    agent.misses += 1
    state.drop_fresh(agent, conversation.order)
    _replace_offer(state, replace(state.offers[event.offer], miss_at=None))
    wake(state, agent)


def _replace_offer(state: State, offer: Offer) -> None:
    state.offers[offer.id] = offer
    state.conversations[offer.conversation].offers[offer.agent] = offer
    state.agents[offer.agent].rings[offer.conversation] = offer


def _offer_ended(state: State, event: e.OfferEnded) -> None:
    end, soft = event.end, event.soft
    if end not in _OFFER_ENDS:
        step(OFFER, _PENDING, end)
    conversation = conversation_of(state, event.conversation)
    agent = agent_of(state, event.agent)
    del state.offers[event.offer], conversation.offers[agent.id], agent.rings[conversation.id]
    if soft:
        state.drop_fresh(agent, conversation.order)
    if end is _ACCEPTED:  # the assignment that follows turns the hold
        return
    if not soft:
        _set_hold(state, agent, conversation, _LET_GO)
    if end is _DECLINED or end is _MISSED:
        _note_refusal(state, conversation, agent, event)
    if end is not _TAKEN:
        if soft and conversation.ready and state.line_of(conversation).settings.ring_waves:
            state.woken_conversations.add(conversation.id)  # the wave has room again
        if not conversation.offers and conversation.in_line:
            conversation.state = _LAST_OFFER_ENDED[conversation.state]
            state.untold.add(conversation.id)
        state.shelve(conversation)
    wake(state, agent)


def _note_refusal(state: State, conversation: Conversation, agent: Agent, event: e.OfferEnded) -> None:
    conversation.refusals[agent.id] = Refusal(agent=agent.id, kind=event.end, at=event.at)
    agent.misses = agent.misses + 1 if event.end is _MISSED else 0
    if event.rest_until is not None:
        agent.rest_until = max(event.rest_until, agent.rest_until or 0)
        watch(state, Due.REST, agent.id)
    watch(state, Due.LAPSE, conversation.id, agent.id)


FOLDS: Final[dict[type[e.Event], Callable[[State, Any], None]]] = {
    e.Configured: configured,
    e.Restarted: restarted,
    e.PauseEnded: pause_ended,
    e.ConversationStarted: _started,
    e.OfferMade: _offer_made,
    e.OfferSeen: _offer_seen,
    e.OfferMissCounted: _miss_counted,
    e.OfferEnded: _offer_ended,
    e.ConversationAssigned: _assigned,
    e.ConversationReturned: _returned,
    e.ConversationMoved: _moved,
    e.ConversationClosed: _closed,
    e.ConversationHandedOver: _handed_over,
    e.HandoffFailed: _handoff_failed,
    e.ConversationGivenToBot: _given_to_bot,
    e.WrapUpEnded: _wrap_up_ended,
    e.StatusChanged: status_changed,
    e.AgentConnected: agent_connected,
    e.AgentDisconnected: agent_disconnected,
    e.AgentDeaf: agent_deaf,
    e.AgentGone: agent_gone,
    e.BotConnected: bot_connected,
    e.BotDisconnected: bot_disconnected,
    e.BotGone: bot_gone,
    e.BotWorked: worked,
    e.VisitorConnected: visitor_connected,
    e.VisitorDisconnected: visitor_disconnected,
    e.MessageWritten: _written,
    e.IdleAsked: _idle_asked,
    e.NoticeDue: _notice_due,
    e.ConversationWidened: _widened,
    e.WaitPromised: _wait_promised,
    e.Quarantined: _quarantined,
    e.QuarantineEnded: _quarantine_ended,
}
