"""Bots and the conversations they have: presence, hand-over to people, and the visitor whom no bot can strand.

Theory
======

A conversation in state `bot` is in no line and nobody's slot. It belongs to its bot as an active one belongs to its
agent, and the owner is a function of the state: who may write is asked of the record and remembered nowhere else.

*By wish it goes only where somebody is.* The bot hands it over, or the visitor asks for a human: where nobody serves,
no line has room or it is outside hours, `HandoffFailed` says so and the bot keeps it, for a bot that talks is better
than a line in which nobody will come. A bot that is not connected cannot talk, so from there it goes in any case.

*By fault it always goes to the line*, also to a full one and one that nobody serves: the bot is gone beyond its grace,
removed from the settings, or leaves a message unanswered for `reply_ms` (while it says that it is working, up to
`PATIENCE` times that). So a conversation in state `bot` has a bot that is connected or expected back, and a message in
it has an end to its waiting, if the settings set one.

*With the key of its start*: what was spent with the bot counts as waiting.

A try-out (`trial`) never goes to people: what would bring it there by fault ends it.
"""

from typing import Final

from router.bot import Bot
from router.commands import (
    AskHuman,
    BotWorking,
    CloseByBot,
    ConnectBot,
    DisconnectBot,
    GiveToBot,
    HandOver,
)
from router.conversation import Conversation
from router.conversations import close
from router.entrance import destination_for, reservation_for
from router.errors import CommandRejected, Rejection
from router.events import (
    BotConnected,
    BotDisconnected,
    BotGone,
    BotWorked,
    ConversationGivenToBot,
    ConversationHandedOver,
    HandoffFailed,
)
from router.model import (
    BotId,
    ConversationId,
    ConversationState,
    DepartmentId,
    HandoffFailure,
    HandOverReason,
    OfferState,
    Reservation,
)
from router.offers import end_offers_of, owned
from router.order import key_at
from router.step import Step

# A bot that says it is working may take so many times its `reply_ms` for one answer.
PATIENCE: Final = 4


# Presence.


def connect_bot(step: Step, command: ConnectBot) -> None:
    bot = step.bot(command.bot)
    if not bot.connected:
        step.emit(BotConnected(at=step.now, bot=bot.id))


def disconnect_bot(step: Step, command: DisconnectBot) -> None:
    bot = step.bot(command.bot)
    if bot.connected:
        step.emit(BotDisconnected(at=step.now, bot=bot.id, grace_until=step.now + bot.settings.grace_ms))


def bot_gone(step: Step, bot: Bot) -> None:
    """The grace is over: what it has goes on without it."""
    step.emit(BotGone(at=step.now, bot=bot.id))
    take_all_from(step, bot, "bot_gone")


def take_all_from(step: Step, bot: Bot, reason: HandOverReason) -> None:
    """Its conversations to the line, oldest first."""
    had = [step.state.conversations[one] for one in bot.has]
    for conversation in sorted(had, key=lambda conversation: conversation.order):
        failed_by(step, conversation, bot.id, reason)


# To people.


def hand_over(step: Step, command: HandOver) -> None:
    conversation = _had_by(step, command.bot, command.conversation)
    to = conversation.department if command.department is None else command.department
    if to not in step.state.lines:
        raise CommandRejected(Rejection.NOT_FOUND, "no such department")
    _on_wish(step, conversation, command, to, reason="handoff", words=command.reason)


def ask_human(step: Step, command: AskHuman) -> None:
    conversation = step.open_conversation(command.conversation)
    if conversation.state is not ConversationState.BOT:
        raise CommandRejected(Rejection.CONFLICT, "no bot has the conversation")
    _on_wish(step, conversation, command, conversation.department, reason="asked")


def _on_wish(
    step: Step,
    conversation: Conversation,
    command: HandOver | AskHuman,
    to: DepartmentId,
    *,
    reason: HandOverReason,
    words: str = "",
) -> None:
    bot = step.state.bots[_bot_of(conversation)]
    department, failure = _destination(step, conversation, command, to, bot)
    if department is None:
        step.emit(
            HandoffFailed(
                at=step.now, conversation=conversation.id, bot=bot.id, reason=failure, asked=reason == "asked"
            )
        )
        return
    _to_line(
        step,
        conversation,
        bot.id,
        reason,
        department=department,
        reservation=reservation_for(step.state, command),
        words=words,
        instead_of=to if department != to else None,
    )


def _destination(
    step: Step, conversation: Conversation, command: HandOver | AskHuman, to: DepartmentId, bot: Bot
) -> tuple[DepartmentId | None, HandoffFailure]:
    """Whose line, or None and why not."""
    if conversation.trial:
        return None, "trial"
    if not bot.connected:
        return to, "nobody"
    if command.outside_hours:
        return None, "outside_hours"
    return destination_for(step.state, conversation.needs, to, command.overflow)


def failed_by(step: Step, conversation: Conversation, bot: BotId, reason: HandOverReason) -> None:
    """The bot cannot be left with it: to the line of its department, whoever is there."""
    if conversation.trial:
        close(step, conversation, by="abandoned")
    else:
        _to_line(step, conversation, bot, reason, department=conversation.department)


def unanswered(step: Step, conversation: Conversation) -> None:
    failed_by(step, conversation, _bot_of(conversation), "unanswered")


def _to_line(  # noqa: PLR0913 - what there is to say of a hand-over
    step: Step,
    conversation: Conversation,
    bot: BotId,
    reason: HandOverReason,
    *,
    department: DepartmentId,
    reservation: Reservation | None = None,
    words: str = "",
    instead_of: DepartmentId | None = None,
) -> None:
    """Into the line as if it had waited there since it began."""
    settings = step.state.lines[department].settings
    step.emit(
        ConversationHandedOver(
            at=step.now,
            conversation=conversation.id,
            department=department,
            bot=bot,
            reason=reason,
            key_at=key_at(settings, since_at=conversation.started_at, head_start_ms=conversation.head_start_ms),
            line_entry=conversation.line_entry + 1,
            reservation=reservation,
            words=words,
            instead_of=instead_of,
        )
    )


# To a bot, and with it.


def give_to_bot(step: Step, command: GiveToBot) -> None:
    """The slot is let go at once: a bot that can have it has it."""
    conversation = owned(step, command.agent, step.open_conversation(command.conversation))
    if conversation.state is not ConversationState.ACTIVE:
        raise CommandRejected(Rejection.CLOSED, "the conversation is closed")
    bot = step.bot(command.bot)
    if not bot.connected:
        raise CommandRejected(Rejection.CONFLICT, "the bot is not connected")
    if bot.full:
        raise CommandRejected(Rejection.CONFLICT, "the bot has as many conversations as it may have")
    end_offers_of(step, conversation, OfferState.WITHDRAWN)
    step.emit(
        ConversationGivenToBot(
            at=step.now, conversation=conversation.id, bot=bot.id, agent=command.agent, words=command.words
        )
    )


def close_by_bot(step: Step, command: CloseByBot) -> None:
    close(step, _had_by(step, command.bot, command.conversation), by="bot")


def working(step: Step, command: BotWorking) -> None:
    """More time for the answer. A sign that comes late is nobody's fault, so it is ignored."""
    conversation = step.state.conversations.get(command.conversation)
    bot = step.state.bots.get(command.bot)
    if conversation is None or bot is None or conversation.id not in bot.has:
        return
    asked_at, until, reply_ms = conversation.bot_asked_at, conversation.bot_until, bot.settings.reply_ms
    if asked_at is None or until is None:
        return
    later = min(step.now + reply_ms, asked_at + PATIENCE * reply_ms)
    if later > until:
        step.emit(BotWorked(at=step.now, conversation=conversation.id, until=later))


def _had_by(step: Step, bot: BotId, conversation: ConversationId) -> Conversation:
    """The conversation if this bot has it, or a refusal."""
    found = step.open_conversation(conversation)
    if found.id not in step.bot(bot).has:
        raise CommandRejected(Rejection.NOT_OWNER, "the conversation is not the bot's")
    return found


def _bot_of(conversation: Conversation) -> BotId:
    """Of one in state `bot`."""
    if conversation.bot is None:
        raise AssertionError(f"{conversation.id} has no bot")
    return conversation.bot
