"""The part of the fold that keeps bots: who is connected, which conversations they have, until when they may answer."""

from router import events as e
from router.bot import Bot
from router.conversation import Conversation
from router.deadlines import Due
from router.model import BotId, Writer
from router.state import State
from router.touch import conversation_of
from router.watch import watch


def bot_connected(state: State, event: e.BotConnected) -> None:
    bot = state.bots[event.bot]
    bot.connected = True
    bot.grace_until = None


def bot_disconnected(state: State, event: e.BotDisconnected) -> None:
    _expect(state, state.bots[event.bot], event.grace_until)


def bot_gone(state: State, event: e.BotGone) -> None:
    state.bots[event.bot].grace_until = None


def cut_off_bots(state: State, at: int) -> None:
    """A restart of ours: all are expected back, those also of whom nothing is known but a conversation."""
    for bot in state.bots.values():
        if bot.connected or bot.grace_until is not None or bot.has:
            _expect(state, bot, at + bot.settings.grace_ms)


def _expect(state: State, bot: Bot, until: int) -> None:
    bot.connected = False
    bot.grace_until = until
    watch(state, Due.BOT_GONE, bot.id)


def take_bot(state: State, conversation: Conversation, bot: BotId, at: int, *, asked: bool) -> None:
    """The bot has it from now on. `asked`: there is something to answer."""
    conversation.bot = bot
    conversation.awaiting_reply = asked
    conversation.entered_line_at = conversation.quiet_since = at
    conversation.asked_at = None
    state.bots[bot].has.add(conversation.id)
    if asked:
        ask_bot(state, conversation, at)
    for due in (Due.IDLE, Due.PLACE):
        watch(state, due, conversation.id)


def ask_bot(state: State, conversation: Conversation, at: int) -> None:
    """The time to answer begins."""
    bot = None if conversation.bot is None else state.bots.get(conversation.bot)
    reply_ms = 0 if bot is None else bot.settings.reply_ms
    conversation.bot_asked_at = at
    conversation.bot_until = at + reply_ms if reply_ms else None
    watch(state, Due.UNANSWERED, conversation.id)


def ask_again(state: State, conversation: Conversation, at: int) -> None:
    """After a restart the time to answer begins anew. Who wrote last may be known better than by the old record."""
    conversation.bot_asked_at = conversation.bot_until = None
    if conversation.awaiting_reply:
        ask_bot(state, conversation, at)


def written_with_bot(state: State, conversation: Conversation, event: e.MessageWritten) -> None:
    """The bot answers, or the visitor asks: told once, until it is answered."""
    if event.writer is Writer.BOT:
        conversation.bot_asked_at = conversation.bot_until = None
    else:
        ask_bot(state, conversation, event.at if event.written_at is None else event.written_at)


def worked(state: State, event: e.BotWorked) -> None:
    conversation_of(state, event.conversation).bot_until = event.until


def leave_bot(state: State, conversation: Conversation) -> None:
    """No bot has it any more; which one had it stays known."""
    bot = None if conversation.bot is None else state.bots.get(conversation.bot)
    if bot is not None:
        bot.has.discard(conversation.id)
    conversation.bot_asked_at = conversation.bot_until = None
