"""Automated wait messages: who is told what at the end of a step. When a rule may speak is in `router.wait_rules`."""

from dataclasses import dataclass
from typing import assert_never

from router.commands import PromiseWait
from router.conversation import Conversation
from router.events import NoticeDue, WaitPromised
from router.model import ConversationState, MessageRule, Promise
from router.state import State
from router.step import Step
from router.wait_rules import counts_ahead, is_spent, name_of, speaks_from


def tell(step: Step) -> None:
    """After the dispatch: tell those who have to wait. In the pause after a restart nobody knows yet who has to.

    Looked at are those who came to stand in line, whose prospects changed, or whose time for a message has come.
    """
    state = step.state
    if not state.untold:
        return
    untold, state.untold = state.untold, set()
    if state.pause_until is not None:
        return
    listening = [
        conversation
        for conversation in map(state.conversations.get, untold)
        if conversation is not None and _listens(state, conversation)
    ]
    for conversation in sorted(listening, key=lambda conversation: conversation.order):
        _tell(step, conversation)


def _listens(state: State, conversation: Conversation) -> bool:
    """In line, here to be told, and there is something that may be said. The quarantined are left in peace."""
    if not conversation.in_line or conversation.left or conversation.quarantined_until is not None:
        return False
    return bool(state.line_of(conversation).settings.messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prospect:
    """What a conversation in line is told about: where it stands, and whether anybody serves."""

    place: int
    serving: bool
    waiting: bool
    swept: bool


def _tell(step: Step, conversation: Conversation) -> None:
    state = step.state
    prospect = _Prospect(
        place=state.place(conversation),
        serving=state.serving(conversation),
        waiting=conversation.state is ConversationState.WAITING,
        swept=step.sweeps,
    )
    messages = state.line_of(conversation).settings.messages
    for number, rule in enumerate(messages):
        if _has_something_to_say(rule, name_of(messages, number), conversation, prospect, state.now):
            _say(step, conversation, number, prospect)


def _has_something_to_say(
    rule: MessageRule, name: str, conversation: Conversation, prospect: _Prospect, now: int
) -> bool:
    since = speaks_from(rule, name, conversation)
    too_early = since is None or now < since
    too_near = counts_ahead(rule) and prospect.place - 1 < rule.min_ahead
    if too_early or too_near or is_spent(rule, name, conversation):
        return False
    match rule.when:
        case "queued":
            return prospect.waiting and prospect.serving
        case "nobody":
            return prospect.waiting and not prospect.serving
        case "returned":
            return conversation.returned
        case "place":
            known = conversation.told_place
            return prospect.swept and known is not None and prospect.place < known
        case "every" | "waited" | "estimate_passed":
            return True
        case _:
            assert_never(rule.when)


def _say(step: Step, conversation: Conversation, number: int, prospect: _Prospect) -> None:
    messages = step.state.line_of(conversation).settings.messages
    said = conversation.said_of(name_of(messages, number))
    step.emit(
        NoticeDue(
            at=step.now,
            conversation=conversation.id,
            department=conversation.department,
            line_entry=conversation.line_entry,
            rule=number,
            when=messages[number].when,
            occurrence=1 if said is None else said.count + 1,
            place=prospect.place,
            serving=prospect.serving,
            previous=conversation.previous if messages[number].when == "returned" else None,
        )
    )


def sweep_places(step: Step) -> None:
    """Look again at everybody whom a new place, or enough others ahead, gives something to hear."""
    step.sweeps = True
    state = step.state
    for line in state.lines.values():
        if any(rule.when in {"place", "every"} for rule in line.settings.messages):
            state.untold.update(conversation for _, _, conversation in line.orders())


def promise_wait(step: Step, command: PromiseWait) -> None:
    """Remember what the visitor was told first in this line entry. Who left a message is told nothing."""
    conversation = step.state.conversations.get(command.conversation)
    if conversation is None or not conversation.in_line or conversation.left or conversation.promise is not None:
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
