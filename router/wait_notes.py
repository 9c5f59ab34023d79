"""The part of the fold that keeps what waiting visitors were told: said, promised, and the place they know."""

from router.conversation import Conversation
from router.events import NoticeDue
from router.model import Said
from router.state import State
from router.wait_rules import name_of
from router.watch import watch_notices


def begin(state: State, conversation: Conversation) -> None:
    """A new entry into a line: what was said and promised belonged to the one that is over. Watch the line after it."""
    conversation.said = ()
    conversation.told_at = conversation.told_place = conversation.promise = None
    if state.lines[conversation.department].settings.messages:
        note_place(state, conversation)
        state.untold.add(conversation.id)


def note_place(state: State, conversation: Conversation) -> None:
    """The place that a nearer one is measured by, where nearer ones are told and none was told yet."""
    messages = state.line_of(conversation).settings.messages
    if conversation.told_place is None and any(rule.when == "place" for rule in messages):
        conversation.told_place = state.place(conversation)
        state.changed_conversations.add(conversation.id)


def note_said(state: State, conversation: Conversation, event: NoticeDue) -> None:
    """A rule spoke: the next one keeps its distance, and this one may be due again."""
    name = name_of(state.line_of(conversation).settings.messages, event.rule)
    others = (said for said in conversation.said if said.rule != name)
    conversation.said = (*others, Said(rule=name, count=event.occurrence, at=event.at))
    conversation.told_at = event.at
    conversation.told_place = event.place
    watch_notices(state, conversation)


def look_again(state: State, conversation: Conversation) -> None:
    """Something may have to be said, at the end of this step or at a moment that was not known before."""
    state.untold.add(conversation.id)
    watch_notices(state, conversation)
