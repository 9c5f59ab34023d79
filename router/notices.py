"""Automated wait messages: `queued` and `nobody`, each once in a line entry.

A conversation is looked at when it comes to stand in line without an offer, and when its department gets its first
serving agent or loses the last one. The other wait messages come with their issue.
"""

from router.commands import PromiseWait
from router.conversation import Conversation
from router.events import NoticeDue, WaitPromised
from router.line import Line
from router.model import ConversationState, MessageRule, Promise
from router.state import State
from router.step import Step


def tell(step: Step) -> None:
    """After the dispatch: tell those who have to wait. In the pause after a restart nobody knows yet who has to."""
    state = step.state
    untold, state.untold = state.untold, set()
    if state.pause_until is not None:
        return
    waiting = [
        conversation
        for conversation in map(state.conversations.get, untold)
        if conversation is not None and conversation.state is ConversationState.WAITING
    ]
    for conversation in sorted(waiting, key=lambda conversation: conversation.order):
        line = state.line_of(conversation)
        for number, rule in enumerate(line.settings.messages):
            if number not in conversation.told and _is_due(rule, state, conversation):
                _tell(step, conversation, line, number)


def promise_wait(step: Step, command: PromiseWait) -> None:
    """Remember what the visitor was told first in this line entry."""
    conversation = step.state.conversations.get(command.conversation)
    if conversation is None or not conversation.in_line or conversation.promise is not None:
        return
    step.emit(
        WaitPromised(
            at=step.now,
            conversation=conversation.id,
            department=conversation.department,
            line_entry=conversation.line_entry,
            place=step.state.place(conversation),
            promise=Promise(
                at=step.now,
                low_ms=command.low_ms,
                high_ms=command.high_ms,
                p50_ms=command.p50_ms,
                p80_ms=command.p80_ms,
            ),
        )
    )


def sweep_places(step: Step) -> None:
    """Places changed: the `place` messages."""


def _is_due(rule: MessageRule, state: State, conversation: Conversation) -> bool:
    if rule.when == "queued":
        return state.serving(conversation) and state.place(conversation) - 1 >= rule.min_ahead
    return rule.when == "nobody" and not state.serving(conversation)


def _tell(step: Step, conversation: Conversation, line: Line, number: int) -> None:
    step.emit(
        NoticeDue(
            at=step.now,
            conversation=conversation.id,
            department=conversation.department,
            line_entry=conversation.line_entry,
            rule=number,
            when=line.settings.messages[number].when,
            occurrence=1,
            place=step.state.place(conversation),
            serving=step.state.serving(conversation),
        )
    )
