"""Which deadline follows from which record: one function says what is true, the others see that it is looked at.

`due_at` is the only definition of when something is due. `watch_*` are called by the fold whenever a record changed so
that a deadline may have come nearer; that it may have moved away or vanished needs no call (see `router.deadlines`).
"""

from collections.abc import Callable
from typing import Final

from router.conversation import Conversation
from router.deadlines import Due
from router.model import AgentId, BotId, ConversationId, ConversationState, HoldKind, Offer
from router.state import State
from router.wait_rules import due_at as notice_due_at
from router.wait_rules import name_of

# Members of enumerations under names of this module: to look one up costs a quarter of a microsecond.
_CONFIRM: Final = Due.CONFIRM
_RING: Final = Due.RING
_LAPSE: Final = Due.LAPSE
_QUARANTINE: Final = Due.QUARANTINE


def due_at(state: State, due: Due, one: str, two: str) -> int | None:
    """When this is due by the record as it is now; None: it is not."""
    if due in _ELSEWHERE:
        return _elsewhere_due_at(state, due, one)
    conversation = state.conversations.get(ConversationId(one))
    if conversation is None:
        return None
    if due in _OF_OFFER:
        offer = conversation.offers.get(AgentId(two))
        return None if offer is None else _offer_due_at(state, due, offer)
    if due is _LAPSE:
        at = _lapse_at(state, conversation, AgentId(two))
    elif due in _NUMBERED:
        at = _NUMBERED[due](state, conversation, int(two))
    else:
        at = _OF_CONVERSATION[due](state, conversation)
    return at if due is _QUARANTINE else _after_quarantine(conversation, at)


def _after_quarantine(conversation: Conversation, at: int | None) -> int | None:
    """What could not be handled is not tried again before the quarantine is over."""
    until = conversation.quarantined_until
    return at if at is None or until is None else max(at, until)


_ELSEWHERE: Final = {Due.PAUSE, Due.GRACE, Due.BOT_GONE, Due.BREATHING, Due.REST}
_OF_OFFER: Final = {Due.CONFIRM, Due.RING}


def _elsewhere_due_at(state: State, due: Due, one: str) -> int | None:
    """Of the workspace, of a bot or of an agent."""
    if due is Due.PAUSE:
        return state.pause_until
    if due is Due.BOT_GONE:
        bot = state.bots.get(BotId(one))
        return None if bot is None else bot.grace_until
    agent = state.agents.get(AgentId(one))
    if agent is None:
        return None
    if due is Due.GRACE:
        return agent.grace_until
    return agent.breathing_until if due is Due.BREATHING else agent.rest_until


def _lapse_at(state: State, conversation: Conversation, agent: AgentId) -> int | None:
    refusal = conversation.refusals.get(agent)
    if refusal is None or agent not in state.agents or not conversation.in_line:
        return None
    return refusal.at + state.settings.reoffer_ms


def _offer_due_at(state: State, due: Due, offer: Offer) -> int | None:
    if due is _RING:
        return offer.miss_at if offer.soft else offer.expires_at
    confirm_ms = state.settings.confirm_ms
    return offer.made_at + confirm_ms if confirm_ms and not offer.seen else None


def _confirmed_by(state: State, conversation: Conversation) -> int | None:
    since, confirm_ms = conversation.unconfirmed_at, state.settings.confirm_ms
    return since + confirm_ms if since is not None and confirm_ms else None


def _wrap_up_until(state: State, conversation: Conversation) -> int | None:
    if conversation.state is not ConversationState.CLOSED or conversation.owner is None:
        return None
    hold = state.agents[conversation.owner].holds.get(conversation.id)
    return hold.until if hold is not None and hold.kind is HoldKind.WRAP_UP else None


def _place_given_up_at(state: State, conversation: Conversation) -> int | None:
    """When an absent visitor loses the place, in line or with a bot. One who was already away gets the full time from
    coming there.
    """
    left_at = conversation.visitor_left_at
    if left_at is None or conversation.left:
        return None
    if not conversation.in_line and conversation.state is not ConversationState.BOT:
        return None
    return max(left_at, conversation.entered_line_at) + state.settings.hold_place_ms


def _blip_over_at(state: State, conversation: Conversation) -> int | None:
    left_at = conversation.visitor_left_at
    if left_at is None or conversation.left or not conversation.in_line:
        return None
    return left_at + state.settings.blip_ms


def _idle_at(state: State, conversation: Conversation) -> int | None:
    """Ask a visitor who was answered and says nothing; close when that is not answered either. 0 ms: never.

    Who left a message is not expected to say anything.
    """
    if conversation.awaiting_reply or conversation.left:
        return None
    if conversation.state is not ConversationState.ACTIVE and conversation.state is not ConversationState.BOT:
        return None
    line = state.lines.get(conversation.department)
    if line is None or not line.settings.idle_ms:  # None: being moved out of a removed department
        return None
    if conversation.asked_at is not None:
        return conversation.asked_at + line.settings.idle_close_ms
    return conversation.quiet_since + line.settings.idle_ms


def _unanswered_at(state: State, conversation: Conversation) -> int | None:  # noqa: ARG001
    """The last moment for the bot's answer. None outside state `bot`, where nobody owes one."""
    return conversation.bot_until


def _quarantined_until(state: State, conversation: Conversation) -> int | None:  # noqa: ARG001
    return conversation.quarantined_until


def _widens_at(state: State, conversation: Conversation) -> int | None:
    """When the next widening step comes; what was waited before this line entry counts."""
    line = state.lines.get(conversation.department) if conversation.in_line else None
    if line is None or conversation.widening_step >= len(line.settings.widen):
        return None
    after_ms = line.settings.widen[conversation.widening_step].after_ms
    return conversation.entered_line_at - conversation.waited_ms + after_ms


def _wave_at(state: State, conversation: Conversation, wave: int) -> int | None:
    """When this ring wave comes, counted from the entry into the line."""
    line = state.lines.get(conversation.department) if conversation.in_line else None
    if line is None or not line.soft or wave >= len(line.settings.ring_waves):
        return None
    return conversation.entered_line_at + line.settings.ring_waves[wave][0]


def _reserved_until(state: State, conversation: Conversation) -> int | None:  # noqa: ARG001
    return conversation.reservation.until if conversation.reservation is not None and conversation.in_line else None


_OF_CONVERSATION: Final[dict[Due, Callable[[State, Conversation], int | None]]] = {
    Due.AUTO_CONFIRM: _confirmed_by,
    Due.WRAP_UP: _wrap_up_until,
    Due.PLACE: _place_given_up_at,
    Due.BLIP: _blip_over_at,
    Due.IDLE: _idle_at,
    Due.UNANSWERED: _unanswered_at,
    Due.QUARANTINE: _quarantined_until,
    Due.WIDEN: _widens_at,
    Due.RESERVED: _reserved_until,
}


def _notice_at(state: State, conversation: Conversation, number: int) -> int | None:
    """Of one wait message, by its number among those of the department as it is configured."""
    line = state.lines.get(conversation.department)
    messages = () if line is None else line.settings.messages
    return notice_due_at(messages[number], name_of(messages, number), conversation) if number < len(messages) else None


_NUMBERED: Final = {Due.WAVE: _wave_at, Due.NOTICE: _notice_at}


# Seeing that it is looked at.


def watch_agent(state: State, agent_id: AgentId) -> None:
    for due in (Due.GRACE, Due.BREATHING, Due.REST):
        watch(state, due, agent_id)


def watch_offer(state: State, offer: Offer) -> None:
    """The end of the ring, or that it is not confirmed, whichever comes first.

    A ring that is not confirmed in time ends the offer, so its own end is watched from when it is confirmed
    (`OfferSeen`): most offers are accepted long before either, and every entry costs twice, coming and going.
    """
    ring_at, confirm_ms = offer.miss_at if offer.soft else offer.expires_at, state.settings.confirm_ms
    watch_ring = ring_at
    if confirm_ms and not offer.seen:
        confirm_at = offer.made_at + confirm_ms
        state.deadlines.want_in_turn(confirm_at, _CONFIRM, offer.conversation, offer.agent)
        if ring_at is not None and ring_at >= confirm_at:
            watch_ring = None
    if watch_ring is not None:
        state.deadlines.want(watch_ring, _RING, offer.conversation, offer.agent)


def watch_idle(state: State, conversation: Conversation) -> None:
    watch(state, Due.IDLE, conversation.id)


def watch_line(state: State, conversation: Conversation) -> None:
    """What time does to a conversation in line: the visitor's absence, wait messages, refusals that lapse."""
    if conversation.visitor_left_at is not None:
        watch(state, Due.BLIP, conversation.id)
        watch(state, Due.PLACE, conversation.id)
    line = state.lines.get(conversation.department)
    if line is not None and line.timed:
        watch_notices(state, conversation)
        watch(state, Due.WIDEN, conversation.id)
        for wave in range(len(line.settings.ring_waves)):
            watch(state, Due.WAVE, conversation.id, str(wave))
    if conversation.reservation is not None:
        watch(state, Due.RESERVED, conversation.id)
    for agent in conversation.refusals:
        watch(state, Due.LAPSE, conversation.id, agent)


def watch_notices(state: State, conversation: Conversation) -> None:
    line = state.lines.get(conversation.department)
    for number in range(0 if line is None else len(line.settings.messages)):
        watch(state, Due.NOTICE, conversation.id, str(number))


def watch_conversation(state: State, conversation: Conversation) -> None:
    for due in (Due.AUTO_CONFIRM, Due.WRAP_UP, Due.PLACE, Due.IDLE, Due.UNANSWERED, Due.QUARANTINE):
        watch(state, due, conversation.id)
    for offer in conversation.offers.values():
        watch_offer(state, offer)
    watch_line(state, conversation)


def watch_everything(state: State) -> None:
    """After a rebuild or with new settings."""
    state.deadlines.clear()
    watch(state, Due.PAUSE)
    for agent in state.agents:
        watch_agent(state, agent)
    for bot in state.bots:
        watch(state, Due.BOT_GONE, bot)
    for conversation in state.conversations.values():
        watch_conversation(state, conversation)


# What has no event only wakes somebody: once past it needs no second look.
_WAKES: Final = {Due.BREATHING, Due.REST, Due.BLIP, Due.LAPSE, Due.WAVE, Due.RESERVED, Due.NOTICE}


def watch(state: State, due: Due, one: str = "", two: str = "") -> None:
    """Look at this record when it says that this is due."""
    at = due_at(state, due, one, two)
    if at is not None and (at > state.now or due not in _WAKES):
        state.deadlines.want(at, due, one, two)
