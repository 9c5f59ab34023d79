"""What the router's events leave in the log of a conversation: who joined, left, handed on, closed, and the notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from router import events
from router.model import OfferState
from server.desk import notices
from server.desk.directory import Directory
from server.store.entries import Draft, Log
from server.wire import parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry, or note, for the log of ``conversation``.

    ``wording``: what it says with the visitor's name, where it names them; without a text there is no entry.
    """

    conversation: str
    draft: Draft
    log: Log = "entry"
    wording: Callable[[str], str] | None = None


class Languages(Protocol):
    """Which languages a conversation is in, best first."""

    def __call__(self, conversation: str) -> tuple[str, ...]: ...


class Waits(Protocol):
    """The range that the visitor of a conversation in line is shown, if any."""

    def __call__(self, conversation: str, /) -> parts.Wait | None: ...


def lines(
    happened: tuple[events.Event, ...], directory: Directory, languages: Languages, waits: Waits
) -> Iterator[Line]:
    """The entries that these events add, in their order."""
    for event in happened:
        match event:
            case events.ConversationAssigned():
                yield from _assigned(event, directory, languages(event.conversation))
            case events.ConversationReturned():
                yield _returned(event, directory, languages(event.conversation))
            case (
                events.ConversationHandedOver()
                | events.HandoffFailed()
                | events.ConversationStarted(bot=str())
                | events.ConversationGivenToBot()
            ):
                yield from _of_bots(event, directory, languages(event.conversation))
            case events.ConversationClosed():
                yield _closed(event, directory, languages(event.conversation))
            case events.IdleAsked():
                said = notices.say("still_there", languages=languages(event.conversation))
                yield _notice(event.conversation, "still_there", said, event.at)
            case events.OfferEnded(transfer_from=str(), end=end) if end in _NOT_TAKEN:
                yield _not_taken(event, directory)
            case events.NoticeDue():
                yield from _due(event, directory, languages(event.conversation), waits(event.conversation))
            case _:
                pass


_NOT_TAKEN = frozenset({OfferState.DECLINED, OfferState.MISSED, OfferState.WITHDRAWN})


def _not_taken(event: events.OfferEnded, directory: Directory) -> Line:
    """A hand-over that came to nothing: the team is told in the notes, whose language is the workspace's."""
    notice = f"transfer_{event.end.value}"
    agent, keeper = (_agent_name(directory, each) for each in (event.agent, event.transfer_from))
    text = notices.say(notice, languages=(directory.workspace.language,), agent=agent, keeper=keeper)
    draft = Draft(kind="notice", role="system", sender="", name="", text=text, at=event.at, body={"notice": notice})
    return Line(conversation=event.conversation, draft=draft, log="note")


def _agent_name(directory: Directory, agent: str | None) -> str:
    named = directory.agent_named(agent)
    return named.name if named is not None else ""


def _assigned(event: events.ConversationAssigned, directory: Directory, languages: tuple[str, ...]) -> Iterator[Line]:
    name = _agent_name(directory, event.agent)
    if event.via == "transfer" and event.previous is not None:
        to = directory.agent_named(event.agent)
        yield _transferred(event.conversation, event.previous, to_part(to), directory, languages, event.at)
    text = notices.say("joined", languages=languages, agent=name)
    body: dict[str, object] = {"waited_ms": event.waited_ms}
    yield Line(
        conversation=event.conversation,
        draft=Draft(kind="joined", role="agent", sender=event.agent, name=name, text=text, at=event.at, body=body),
    )


def to_part(named: object) -> dict[str, str]:
    """A named part as the body of an entry keeps it."""
    return {field: getattr(named, field) for field in ("id", "key", "name")}


def _transferred(
    conversation: str, agent: str, to: dict[str, str], directory: Directory, languages: tuple[str, ...], at: int
) -> Line:
    name = _agent_name(directory, agent)
    text = notices.say("transferred", languages=languages, agent=name, to=to["name"])
    return Line(
        conversation=conversation,
        draft=Draft(kind="transferred", role="agent", sender=agent, name=name, text=text, at=at, body={"to": to}),
    )


_OfBots = (
    events.ConversationHandedOver | events.HandoffFailed | events.ConversationStarted | events.ConversationGivenToBot
)


def _of_bots(event: _OfBots, directory: Directory, languages: tuple[str, ...]) -> Iterator[Line]:
    match event:
        case events.ConversationHandedOver():
            yield _handed_over(event, directory, languages)
        case events.HandoffFailed():
            said = notices.say(f"handoff_{event.reason}", languages=languages, agent=_bot_name(directory, event.bot))
            yield _notice(event.conversation, "handoff_failed", said, event.at, reason=event.reason)
        case events.ConversationStarted():
            if event.bot is not None:
                yield _bot_joined(event.conversation, event.bot, directory, languages, event.at)
        case events.ConversationGivenToBot():
            yield from _given_to_bot(event, directory, languages)


def _bot_name(directory: Directory, bot: str) -> str:
    named = directory.bot_named(bot)
    return named.name if named is not None else ""


def _bot_joined(conversation: str, bot: str, directory: Directory, languages: tuple[str, ...], at: int) -> Line:
    name = _bot_name(directory, bot)
    text = notices.say("joined_bot", languages=languages, agent=name)
    draft = Draft(kind="joined", role="bot", sender=bot, name=name, text=text, at=at, body={"waited_ms": 0})
    return Line(conversation=conversation, draft=draft)


def _given_to_bot(
    event: events.ConversationGivenToBot, directory: Directory, languages: tuple[str, ...]
) -> Iterator[Line]:
    to = directory.bot_named(event.bot)
    yield _transferred(event.conversation, event.agent, to_part(to), directory, languages, event.at)
    yield _bot_joined(event.conversation, event.bot, directory, languages, event.at)


def _handed_over(event: events.ConversationHandedOver, directory: Directory, languages: tuple[str, ...]) -> Line:
    """The bot has left, and why; `bot_gone`, `unanswered` and `bot_removed` are one and the same to a visitor."""
    name = _bot_name(directory, event.bot)
    wished = event.reason in ("handoff", "asked")
    text = notices.say(
        "left_bot" if wished else "left_bot_gone",
        languages=languages,
        agent=name,
        department=directory.department_named(event.department).name,
    )
    body: dict[str, object] = {"reason": event.reason}
    draft = Draft(kind="left", role="bot", sender=event.bot, name=name, text=text, at=event.at, body=body)
    return Line(conversation=event.conversation, draft=draft)


def _returned(event: events.ConversationReturned, directory: Directory, languages: tuple[str, ...]) -> Line:
    if event.reason == "transferred":
        to = to_part(directory.department_named(event.department))
        return _transferred(event.conversation, event.previous, to, directory, languages, event.at)
    name = _agent_name(directory, event.previous)
    text = notices.say("left_agent_gone", languages=languages, agent=name)
    draft = Draft(
        kind="left",
        role="agent",
        sender=event.previous,
        name=name,
        text=text,
        at=event.at,
        body={"reason": event.reason},
    )
    return Line(conversation=event.conversation, draft=draft)


def _closed(event: events.ConversationClosed, directory: Directory, languages: tuple[str, ...]) -> Line:
    name = _agent_name(directory, event.closed_by)
    role = {"agent": "agent", "visitor": "visitor", "bot": "bot"}.get(event.by, "system")
    sender = event.closed_by if event.by == "agent" and event.closed_by is not None else ""
    if event.by == "bot" and event.bot is not None:
        sender, name = event.bot, _bot_name(directory, event.bot)
    text = notices.say(f"closed_{event.by}", languages=languages, agent=name)
    draft = Draft(kind="closed", role=role, sender=sender, name=name, text=text, at=event.at, body={"reason": event.by})
    return Line(conversation=event.conversation, draft=draft)


def _due(
    event: events.NoticeDue, directory: Directory, languages: tuple[str, ...], wait: parts.Wait | None
) -> Iterator[Line]:
    department = directory.departments[event.department]
    texts = department.settings.messages[event.rule].text
    wait = wait if event.serving else None
    of = {"department": department.settings.name, "agent": _agent_name(directory, event.previous)}
    wording = partial(_wait_words, event, texts, languages=languages, wait=wait, of=of)
    body: dict[str, object] = {"notice": event.when, "place": event.place}
    if wait is not None:
        body |= {"low_s": wait.low_s, "high_s": wait.high_s}
    draft = Draft(kind="notice", role="system", sender="", name="", text=wording(""), at=event.at, body=body)
    names = any("{name}" in text for text in texts.values())
    if names or draft.text:
        yield Line(conversation=event.conversation, draft=draft, wording=wording if names else None)


def _wait_words(
    event: events.NoticeDue,
    texts: Mapping[str, str],
    name: str,
    *,
    languages: tuple[str, ...],
    wait: parts.Wait | None,
    of: Mapping[str, str],
) -> str:
    return notices.wait_message(
        event.when,
        texts,
        languages=languages,
        wait=wait,
        place=str(event.place),
        ahead=str(event.place - 1),
        name=name,
        **of,
    )


def _notice(conversation: str, notice: str, text: str, at: int, **more: object) -> Line:
    body = {"notice": notice, **more}
    draft = Draft(kind="notice", role="system", sender="", name="", text=text, at=at, body=body)
    return Line(conversation=conversation, draft=draft)
