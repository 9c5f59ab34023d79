"""From the start of a conversation to its close: lines, returns, transfers to departments, idle visitors."""

from typing import Final

from router.agent import Agent
from router.commands import (
    CloseByAgent,
    CloseByVisitor,
    ConnectVisitor,
    DisconnectVisitor,
    EndWrapUp,
    Quarantine,
    StartConversation,
    TransferToDepartment,
    Wrote,
)
from router.conversation import Conversation
from router.entrance import bot_for, department_for, reservation_for
from router.errors import CommandRejected, Rejection
from router.events import (
    ConversationClosed,
    ConversationReturned,
    ConversationStarted,
    IdleAsked,
    MessageWritten,
    Quarantined,
    VisitorConnected,
    VisitorDisconnected,
    WrapUpEnded,
)
from router.model import AgentId, ConversationId, ConversationState, HoldKind, OfferState, Writer
from router.offers import end_offers_of, owned
from router.order import key_at
from router.step import Step

_BOT: Final = ConversationState.BOT  # looked up under a name: a quarter of a microsecond each time


def start(step: Step, command: StartConversation) -> None:
    """To the bot, or into the line of the asked department or of one it overflows to, with the seniority its head start
    gives.
    """
    state = step.state
    if command.conversation in state.conversations:
        raise CommandRejected(Rejection.CONFLICT, "the conversation exists already")
    if command.department not in state.lines:
        raise CommandRejected(Rejection.NOT_FOUND, "no such department")
    bot = bot_for(state, command)
    if command.trial and bot is None:
        raise CommandRejected(Rejection.CONFLICT, "the bot is not connected, or has its fill of conversations")
    department = department_for(state, command) if bot is None else command.department
    if department is None:
        raise CommandRejected(Rejection.LINE_FULL, "the line is full")
    settings = state.lines[department].settings
    step.emit(
        ConversationStarted(
            at=step.now,
            conversation=command.conversation,
            visitor=command.visitor,
            department=department,
            arrival=state.arrival + 1,
            key_at=key_at(settings, since_at=step.now, head_start_ms=command.head_start_ms),
            head_start_ms=command.head_start_ms,
            cost=command.cost,
            needs=command.needs,
            reservation=reservation_for(state, command) if bot is None else None,
            asked=command.department if department != command.department else None,
            rules=command.rules,
            left=command.left,
            bot=bot,
            spoke=command.spoke,
            trial=command.trial,
        )
    )


def transfer_to_department(step: Step, command: TransferToDepartment) -> None:
    """Into another line, with what it had waited before (time spent talking is not waiting) and with its needs."""
    conversation = owned(step, command.agent, step.open_conversation(command.conversation))
    line = step.state.lines.get(command.to)
    if line is None:
        raise CommandRejected(Rejection.NOT_FOUND, "no such department")
    end_offers_of(step, conversation, OfferState.WITHDRAWN)
    step.emit(
        ConversationReturned(
            at=step.now,
            conversation=conversation.id,
            department=command.to,
            previous=command.agent,
            reason="transferred",
            key_at=key_at(
                line.settings,
                since_at=step.now - conversation.waited_ms,
                head_start_ms=conversation.head_start_ms,
            ),
            line_entry=conversation.line_entry + 1,
        )
    )


def return_to_line(step: Step, conversation: Conversation, owner: AgentId) -> None:
    """Its owner is gone: back under the original key."""
    end_offers_of(step, conversation, OfferState.WITHDRAWN)
    step.emit(
        ConversationReturned(
            at=step.now,
            conversation=conversation.id,
            department=conversation.department,
            previous=owner,
            reason="agent_gone",
            key_at=conversation.key_at,
            line_entry=conversation.line_entry + 1,
        )
    )


def owned_by(step: Step, agent: Agent) -> list[Conversation]:
    """The active conversations of this agent, oldest first."""
    active = [hold.conversation for hold in agent.holds.values() if hold.kind is HoldKind.ACTIVE]
    return sorted((step.state.conversations[one] for one in active), key=lambda conversation: conversation.order)


# Closing.


def close_by_agent(step: Step, command: CloseByAgent) -> None:
    conversation = step.open_conversation(command.conversation)
    if conversation.owner != command.agent and not command.any_owner:
        owned(step, command.agent, conversation)
    close(step, conversation, by="agent", closed_by=command.agent)


def close_by_visitor(step: Step, command: CloseByVisitor) -> None:
    close(step, step.open_conversation(command.conversation), by="visitor")


def close(step: Step, conversation: Conversation, *, by: str, closed_by: AgentId | None = None) -> None:
    """The end. Rings are withdrawn in the same step; an owner's wrap-up begins."""
    if conversation.offers:
        end_offers_of(step, conversation, OfferState.WITHDRAWN)
    wrap_up_ms, owner = step.state.lines[conversation.department].wrap_up_ms, conversation.owner
    step.emit(
        ConversationClosed(
            at=step.now,
            conversation=conversation.id,
            by=by,
            agent=owner,
            closed_by=closed_by,
            wrap_up_until=step.now + wrap_up_ms if wrap_up_ms and owner is not None else None,
            bot=conversation.bot if conversation.state is _BOT else None,
        )
    )


def end_wrap_up(step: Step, command: EndWrapUp) -> None:
    hold = step.agent(command.agent).holds.get(command.conversation)
    if hold is None or hold.kind is not HoldKind.WRAP_UP:
        raise CommandRejected(Rejection.GONE, "there is no such wrap-up")
    wrap_up_over(step, command.agent, command.conversation)


def wrap_up_over(step: Step, agent: AgentId, conversation: ConversationId) -> None:
    step.emit(WrapUpEnded(at=step.now, agent=agent, conversation=conversation))


# Visitors: a report about a conversation that has ended comes late and is nobody's fault, so it is ignored.


def _living(step: Step, conversation: ConversationId) -> Conversation | None:
    found = step.state.conversations.get(conversation)
    return None if found is None or found.state is ConversationState.CLOSED else found


def connect_visitor(step: Step, command: ConnectVisitor) -> None:
    conversation = _living(step, command.conversation)
    if conversation is not None and conversation.visitor_left_at is not None:
        step.emit(VisitorConnected(at=step.now, conversation=conversation.id))


def disconnect_visitor(step: Step, command: DisconnectVisitor) -> None:
    conversation = _living(step, command.conversation)
    if conversation is not None and conversation.visitor_left_at is None:
        step.emit(VisitorDisconnected(at=step.now, conversation=conversation.id))


def wrote(step: Step, command: Wrote) -> None:
    """Only what was written in an active conversation or to a bot changes anything: who waits for whom, since when.

    Of those who answer only the owner counts: what the other wrote before it was theirs is told late.
    """
    conversation = _living(step, command.conversation)
    if conversation is None or (conversation.owner is None and conversation.state is not _BOT):
        return
    visitor = command.writer is Writer.VISITOR
    if not visitor and (command.writer is Writer.BOT) is not (conversation.state is _BOT):
        return
    if not visitor or not conversation.awaiting_reply or conversation.asked_at is not None:
        step.emit(
            MessageWritten(
                at=step.now,
                conversation=conversation.id,
                writer=command.writer,
                written_at=_asked_before(step, conversation, command),
            )
        )
    if visitor and conversation.owner is not None and not step.state.agents[conversation.owner].present:
        return_to_line(step, conversation, conversation.owner)


def _asked_before(step: Step, conversation: Conversation, command: Wrote) -> int | None:
    """When the bot was asked, if that was a while ago; not before it had the conversation."""
    if command.written_at is None or command.writer is not Writer.VISITOR or conversation.state is not _BOT:
        return None
    at = max(command.written_at, conversation.entered_line_at or 0)
    return at if at < step.now else None


def idle(step: Step, conversation: Conversation) -> None:
    """The visitor has been silent though answered: ask, and close when even that is not answered."""
    if conversation.asked_at is None:
        step.emit(IdleAsked(at=step.now, conversation=conversation.id))
    else:
        close(step, conversation, by="idle")


def quarantine(step: Step, command: Quarantine) -> None:
    """Out of routing, its deadlines with it; one that is wrapped up also has deadlines."""
    conversation = step.state.conversations.get(command.conversation)
    if conversation is None:
        raise CommandRejected(Rejection.NOT_FOUND, "no such conversation")
    end_offers_of(step, conversation, OfferState.WITHDRAWN)
    step.emit(Quarantined(at=step.now, conversation=conversation.id, until=step.now + command.for_ms))
