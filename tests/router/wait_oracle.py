"""DESIGN §5.6 and §5.7 read naively: where a start may enter, and what may and must be said to those who wait.

Judged on a state that has followed the events up to the one in question.
"""

from __future__ import annotations

from collections import defaultdict

from router import commands as c
from router import events as e
from router.conversation import Conversation
from router.model import ConversationId, ConversationState, DepartmentId, MessageRule, Needs, Status
from router.state import State
from router.wait_rules import name_of

REPEATED = {"every", "place"}
SILENT_BELOW = {"queued", "every", "place"}  # what `min_ahead` applies to


class Witness:
    """Hears everything that is said in one line entry, and knows how the entry began."""

    def __init__(self) -> None:
        self.said: dict[ConversationId, list[tuple[str, e.NoticeDue]]] = defaultdict(list)
        self.returned: set[ConversationId] = set()

    def hears(self, event: e.Event, state: State, command: c.Command) -> None:
        """Before `state` has followed the event."""
        match event:
            case e.ConversationStarted() | e.ConversationMoved():
                self._begins(event.conversation, returned=False)
            case e.ConversationHandedOver():
                self._begins(event.conversation, returned=False)
            case e.ConversationReturned():
                self._begins(event.conversation, returned=event.reason == "agent_gone")
            case e.NoticeDue():
                self._judges(event, state, swept=isinstance(command, c.SweepPlaces))
            case _:
                pass

    def _begins(self, conversation: ConversationId, *, returned: bool) -> None:
        self.said[conversation] = []
        (self.returned.add if returned else self.returned.discard)(conversation)

    def _judges(self, event: e.NoticeDue, state: State, *, swept: bool) -> None:
        conversation = state.conversations[event.conversation]
        messages = state.settings.departments[event.department].messages
        rule, name = messages[event.rule], name_of(messages, event.rule)
        before = self.said[event.conversation]
        assert conversation.in_line
        assert not conversation.left
        assert state.pause_until is None
        assert conversation.quarantined_until is None
        assert (event.department, event.line_entry) == (conversation.department, conversation.line_entry)
        assert (event.place, event.serving) == (state.place(conversation), state.serving(conversation))
        assert event.occurrence == 1 + sum(name == other for other, _ in before)
        assert event.occurrence <= (rule.max_count if rule.when in REPEATED else 1)
        assert rule.when not in SILENT_BELOW or event.place > rule.min_ahead
        if before and event.at < before[-1][1].at + rule.min_interval_ms:
            assert self._interrupts(rule, before)
        self._has_reason(event, rule, name, conversation, swept=swept)
        before.append((name, event))

    def _interrupts(self, rule: MessageRule, before: list[tuple[str, e.NoticeDue]]) -> bool:
        at = before[-1][1].at
        corrects = any(each.when == "nobody" and each.at == at for _, each in before)
        return rule.when in {"returned", "nobody"} or (rule.when == "queued" and corrects)

    def _has_reason(
        self, event: e.NoticeDue, rule: MessageRule, name: str, conversation: Conversation, *, swept: bool
    ) -> None:
        before = self.said[event.conversation]
        waiting = conversation.state is ConversationState.WAITING
        match event.when:
            case "queued":
                assert waiting
                assert event.serving
            case "nobody":
                assert waiting
                assert not event.serving
            case "returned":
                assert event.conversation in self.returned
            case "place":
                assert swept
                assert not before or event.place < before[-1][1].place
            case "every":
                last = [each.at for other, each in before if other == name]
                assert event.at >= (last[-1] if last else conversation.entered_line_at) + rule.seconds_ms
            case "waited":
                assert event.at >= conversation.entered_line_at + rule.seconds_ms
            case _:
                assert event.when == "estimate_passed"
                assert conversation.promise is not None
                assert event.at >= conversation.promise.at + conversation.promise.high_ms

    def misses_nothing(self, state: State, now: int) -> None:
        """After a step nothing is left unsaid that had to be said by now."""
        if state.pause_until is not None:
            return
        for conversation in state.conversations.values():
            if not conversation.in_line or conversation.left or conversation.quarantined_until is not None:
                continue
            messages = state.settings.departments[conversation.department].messages
            for number, rule in enumerate(messages):
                assert not self._is_missed(rule, name_of(messages, number), conversation, state, now), rule

    def _is_missed(self, rule: MessageRule, name: str, conversation: Conversation, state: State, now: int) -> bool:
        before = self.said[conversation.id]
        mine = [each.at for other, each in before if other == name]
        if len(mine) >= (rule.max_count if rule.when in REPEATED else 1) or rule.min_ahead:
            return False
        kept_back = bool(before) and now < before[-1][1].at + rule.min_interval_ms
        if kept_back and not self._interrupts(rule, before):
            return False
        waiting, entered_at = conversation.state is ConversationState.WAITING, conversation.entered_line_at
        promise = conversation.promise
        return {
            "queued": waiting and state.serving(conversation),
            "nobody": waiting and not state.serving(conversation),
            "returned": conversation.id in self.returned,
            "place": False,
            "every": rule.seconds_ms > 0 and now >= (mine[-1] if mine else entered_at) + rule.seconds_ms,
            "waited": now >= entered_at + rule.seconds_ms,
            "estimate_passed": promise is not None and now >= promise.at + promise.high_ms,
        }[rule.when]


def destination(
    state: State, needs: Needs, asked: DepartmentId, overflow: tuple[DepartmentId, ...]
) -> DepartmentId | str:
    """Whose line a bot's conversation enters on wish, or why none."""
    tried = [asked, *(each for each in overflow if each in state.settings.departments)]
    roomy = [each for each in tried if _has_room(state, each)]
    served = [each for each in roomy if _is_served(state, each, needs)]
    return served[0] if served else "nobody" if roomy else "line_full"


def entrance(state: State, command: c.StartConversation) -> tuple[DepartmentId | None, DepartmentId | None]:
    """Where it enters, and where it asked to if that is somewhere else; None: nowhere."""
    tried = [command.department, *(each for each in command.overflow if each in state.settings.departments)]
    roomy = [each for each in tried if _has_room(state, each)]
    served = [each for each in roomy if _is_served(state, each, command.needs)]
    last = [command.department] if command.left else roomy
    found = next(iter(served or last), None)
    return found, None if found == command.department else command.department


def _has_room(state: State, department: DepartmentId) -> bool:
    limit = state.settings.departments[department].max_line
    waiting = [
        conversation
        for conversation in state.conversations.values()
        if conversation.in_line
        and conversation.department == department
        and all(offer.soft for offer in conversation.offers.values())
    ]
    return not limit or len(waiting) < limit


def _is_served(state: State, department: DepartmentId, needs: Needs) -> bool:
    return any(
        agent.present
        and agent.status is Status.AVAILABLE
        and any(member.department == department for member in agent.settings.members)
        and all(agent.settings.skills.get(skill, 0) >= level for skill, level in needs.require)
        for agent in state.agents.values()
    )
