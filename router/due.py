"""What happens when time has come: one deed for each kind of deadline."""

from functools import partial

from router.bots import bot_gone, unanswered
from router.conversations import close, idle, return_to_line, wrap_up_over
from router.deadlines import Due, Key
from router.errors import DeadlineFailed
from router.events import ConversationWidened, PauseEnded, QuarantineEnded
from router.model import AgentId, BotId, ConversationId
from router.offers import not_confirmed, ring_over
from router.presence import gone
from router.step import Step
from router.watch import due_at


def fire_due(step: Step) -> None:
    """Everything due by now, in the order of its time.

    Stamped with now: a router that slept does not offer and count misses in the past. A deed that raises is our bug,
    and would raise again at the next step: `DeadlineFailed` names the conversation, so that it can be quarantined.
    """
    state = step.state

    true_at = partial(due_at, state)
    while (key := state.deadlines.pop(state.now, true_at)) is not None:
        try:
            _fire(step, key)
        except Exception as error:
            due, one, _ = key
            of_conversation = ConversationId(one) if one in state.conversations else None
            raise DeadlineFailed(due.name, of_conversation) from error


def _fire(step: Step, key: Key) -> None:
    due, one, two = key
    match due:
        case Due.PAUSE:
            step.emit(PauseEnded(at=step.now))
        case Due.GRACE:
            gone(step, step.state.agents[AgentId(one)])
        case Due.BOT_GONE:
            bot_gone(step, step.state.bots[BotId(one)])
        case Due.CONFIRM:
            not_confirmed(step, step.state.agents[AgentId(two)])
        case Due.RING:
            ring_over(step, step.state.conversations[ConversationId(one)].offers[AgentId(two)])
        case Due.UNANSWERED:
            unanswered(step, step.state.conversations[ConversationId(one)])
        case Due.BREATHING | Due.REST:
            _wake(step, AgentId(one))
        case _:
            _fire_conversation(step, due, ConversationId(one))


def _wake(step: Step, agent: AgentId) -> None:
    step.state.unsettle(step.state.agents[agent])
    step.state.woken_agents.add(agent)


def _fire_conversation(step: Step, due: Due, conversation_id: ConversationId) -> None:
    conversation = step.state.conversations[conversation_id]
    match due:
        case Due.AUTO_CONFIRM if conversation.owner is not None:
            owner = conversation.owner
            not_confirmed(step, step.state.agents[owner])
            return_to_line(step, conversation, owner)
        case Due.WRAP_UP if conversation.owner is not None:
            wrap_up_over(step, conversation.owner, conversation_id)
        case Due.PLACE:
            close(step, conversation, by="abandoned")
        case Due.IDLE:
            idle(step, conversation)
        case Due.QUARANTINE:
            step.emit(QuarantineEnded(at=step.now, conversation=conversation_id))
        case Due.BLIP | Due.RESERVED:
            step.state.shelve(conversation)
        case Due.LAPSE | Due.WAVE:
            step.state.woken_conversations.add(conversation_id)
        case Due.WIDEN:
            step.emit(
                ConversationWidened(at=step.now, conversation=conversation_id, step=conversation.widening_step + 1)
            )
        case Due.NOTICE:
            step.state.untold.add(conversation_id)
        case _:
            raise AssertionError(f"{due} is not about a conversation")
