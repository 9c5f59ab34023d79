"""What happens in a bot's conversations, and what a bot can do about it.

Answers are named after what they answer (``re-7-0`` is the first answer to entry 7): the same answer given twice, by
this process after a lost connection or by another worker, is one entry, and another answer to the same is refused.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bots.errors import LOST, Refused
from bots.line import Handoff, Line, Written, written
from bots.records import Card, Conversation, Entry, Named
from bots.stream import Stream, extras


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in a conversation.

    ``name``: by which answers to it are named. What writes returns what became of it and raises only `Refused` for
    what is wrong by itself (too long, a malformed card) and `BotError` when the bot is over.
    """

    conversation: Conversation
    name: str
    line: Line = field(repr=False, compare=False)
    answers: Iterator[int] = field(default_factory=itertools.count, repr=False, compare=False)

    async def reply(self, text: str, *, replies: Sequence[str] = (), cards: Sequence[Card] = ()) -> Written:
        """Say something to the visitor, perhaps with up to ten quick replies and cards."""
        named = {"client_id": self.next_name(), "text": text}
        return await written(self.line.ask("message.send", self.conversation.id, **named, **extras(replies, cards)))

    def stream(self, *, replies: Sequence[str] = (), cards: Sequence[Card] = ()) -> Stream:
        """Say something piece by piece: ``async with event.stream() as out: await out.write("…")``."""
        return Stream(
            self.line, conversation=self.conversation.id, stream_id=self.next_name(), replies=replies, cards=cards
        )

    async def thinking(self, title: str = "", *, active: bool = True) -> None:
        """Show that an answer is being worked on, and at what; lossy. It gives the bot more time to answer."""
        told: dict[str, Any] = {"active": active, **({"title": title} if title else {})}
        self.line.tell("thinking", self.conversation.id, **told)

    async def typing(self, *, active: bool = True) -> None:
        """Show that the bot types; lossy."""
        self.line.tell("typing", self.conversation.id, active=active)

    async def handoff(self, *, department: str = "", agent: str = "", summary: str = "", reason: str = "") -> Handoff:
        """Give the conversation to people: to its own department's line, or by key or id to another or to an agent.

        ``summary`` is the first thing that the agent sees, ``reason`` is kept for whoever looks at it later.
        """
        to = {name: value for name, value in (("department", department), ("agent", agent)) if value}
        given = {"to": to, "summary": summary, "reason": reason}
        fields = {name: value for name, value in given.items() if value}
        try:
            answer = await self.line.ask("handoff", self.conversation.id, client_id=self.next_name(), **fields)
        except Refused as refused:
            if refused.code in LOST:
                return Handoff(queued=False, reason=refused.code)
            raise
        return Handoff(queued=answer["handoff"] == "queued", reason=answer.get("reason", ""))

    async def close(self, *, outcome: str = "", tags: Sequence[str] = ()) -> Written:
        """End the conversation."""
        fields: dict[str, Any] = {"outcome": outcome} if outcome else {}
        if tags:
            fields["tags"] = list(tags)
        return await written(
            self.line.ask("conversation.close", self.conversation.id, client_id=self.next_name(), **fields)
        )

    def entries(self) -> tuple[Entry, ...]:
        """What was said, as far as it is known here now: the last 50 entries at most, oldest first."""
        return self.line.entries(self.conversation.id)

    @property
    def text_chars(self) -> int:
        """How many characters an answer may have."""
        return self.line.text_chars

    def next_name(self) -> str:
        """A name for the next thing that is said to this."""
        return f"{self.name}-{next(self.answers)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(Event):
    """The conversation is the bot's from the start. ``spoke``: the visitor wrote, and a `Message` says what."""

    entry: Entry
    spoke: bool

    @property
    def seq(self) -> int:
        """The number of its entry."""
        return self.entry.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Event):
    """The visitor wrote, and the bot is to answer."""

    entry: Entry

    @property
    def text(self) -> str:
        """What they wrote."""
        return self.entry.text

    @property
    def seq(self) -> int:
        """Its number."""
        return self.entry.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(Event):
    """The conversation is in line for a person; the bot only reads on.

    ``reason``: ``handoff`` (the bot's own), ``asked`` (the visitor), ``unanswered``, ``bot_gone``, ``bot_removed``.
    """

    reason: str

    async def summarise(self, text: str) -> Written:
        """Tell those who have it now what it was about: a note that the visitor never sees, first in their console.

        For what the bot did not give itself, once each time: false, with ``not_owner``, when it has a summary already
        or went on to others, and ``closed`` when it is over.
        """
        asking = self.line.ask("handoff", self.conversation.id, client_id=self.next_name(), summary=text)
        return await written(asking)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Event):
    """``agent`` has taken what the bot gave."""

    agent: Named


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed(Event):
    """Nobody could take it: the conversation stays with the bot, which had better say so.

    ``reason``: ``nobody``, ``line_full``, ``outside_hours``, ``trial``.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned(Event):
    """An agent gave the conversation back: it is the bot's again. ``agent``: their name."""

    entry: Entry
    agent: str

    @property
    def seq(self) -> int:
        """The number of its entry."""
        return self.entry.seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed(Event):
    """It is over. ``reason`` as in the entry: who or what closed it."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing(Event):
    """The visitor types, or stopped. Lossy, and only told to who wants it."""

    active: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overheard(Event):
    """Any other entry: agents' messages after a hand-over, notices, the bot's own words. Only told to who wants it."""

    entry: Entry
