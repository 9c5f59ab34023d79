"""New settings on a live router: who and what is gone lets go in this step; lowered limits only stop new holds."""

from router.bots import take_all_from
from router.commands import Configure
from router.conversation import Conversation
from router.conversations import owned_by, return_to_line, wrap_up_over
from router.eligibility import fits
from router.errors import CommandRejected, Rejection
from router.events import Configured, ConversationMoved
from router.model import AgentId, ConversationState, HoldKind, OfferState
from router.offers import end_offer, rings_in_order, withdraw_from
from router.order import key_at
from router.state import State
from router.step import Step


def configure(step: Step, command: Configure) -> None:
    settings = command.settings
    if settings.default_department not in settings.departments:
        raise CommandRejected(Rejection.NOT_FOUND, "the default department does not exist")
    for agent in sorted(set(step.state.agents) - set(settings.agents)):
        _let_go(step, agent)
    for bot in sorted(set(step.state.bots) - set(settings.bots)):
        take_all_from(step, step.state.bots[bot], "bot_removed")
    step.emit(Configured(at=step.now, settings=settings))
    _move_out_of_removed(step)
    _withdraw_what_no_longer_fits(step)


def _let_go(step: Step, agent_id: AgentId) -> None:
    agent = step.state.agents[agent_id]
    withdraw_from(step, agent)
    for conversation in owned_by(step, agent):
        return_to_line(step, conversation, agent_id)
    for hold in [hold for hold in agent.holds.values() if hold.kind is HoldKind.WRAP_UP]:
        wrap_up_over(step, agent_id, hold.conversation)


def _move_out_of_removed(step: Step) -> None:
    state = step.state
    homeless = [conversation for conversation in state.conversations.values() if _is_homeless(state, conversation)]
    for conversation in sorted(homeless, key=lambda conversation: conversation.order):
        for offer in [offer for offer in conversation.offers.values() if offer.transfer_from is None]:
            end_offer(step, offer, OfferState.WITHDRAWN)
        default = state.lines[state.settings.default_department].settings
        key = key_at(default, since_at=conversation.since_at, head_start_ms=conversation.head_start_ms)
        step.emit(ConversationMoved(at=step.now, conversation=conversation.id, department=default.id, key_at=key))


def _is_homeless(state: State, conversation: Conversation) -> bool:
    return conversation.department not in state.lines and conversation.state is not ConversationState.CLOSED


def _withdraw_what_no_longer_fits(step: Step) -> None:
    """Rings of a department the agent left, soft rings of one that stopped ringing all, soft rings without a slot."""
    state = step.state
    for agent_id in sorted(state.agents):
        agent = state.agents[agent_id]
        for offer in [offer for offer in rings_in_order(step, agent) if offer.transfer_from is None]:
            conversation = state.conversations[offer.conversation]
            foreign = agent_id not in state.pool_of(conversation).eligible
            soft = offer.soft and (not state.line_of(conversation).soft or fits(state, agent, conversation) is not None)
            if foreign or soft:
                end_offer(step, offer, OfferState.WITHDRAWN)
