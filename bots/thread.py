"""One conversation as a bot follows it: entries in order and once, and which of them still want an answer.

A visitor's message wants an answer until there is one: a bot's message that is named after it (``re-7-0``) or after a
later one, any other message of a bot or an agent behind it. So nobody has to remember what was answered: it is read
from the conversation, by the process that comes after a crash as well as by another worker.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Final

from bots.records import Conversation, Entry

RECENT: Final = 50
_NAMED: Final = re.compile(r"re-(\d+)-\d+")


class Thread:
    """What is known of one conversation. ``top``: up to where entries must be known before any is judged."""

    __slots__ = (
        "_answered",
        "_beyond",
        "_new",
        "_waiting",
        "asked",
        "conversation",
        "last",
        "mine",
        "over",
        "recent",
        "top",
    )

    def __init__(self, conversation: Conversation, *, mine: bool) -> None:
        self.conversation = conversation
        self.mine = mine
        self.last = 0
        self.top = conversation.top
        self.asked = False  # for history, and not answered yet
        self.over = False  # and all that was said is told
        self.recent: deque[Entry] = deque(maxlen=RECENT)
        self._beyond: dict[int, Entry] = {}
        self._new: list[Entry] = []
        self._waiting: list[Entry] = []  # may want an answer, and nobody was told yet
        self._answered = 0

    def take(self, entry: Entry) -> None:
        """An entry, in whatever order they come. The first of all may have any number."""
        if entry.seq <= self.last:
            return
        if self.last and entry.seq > self.last + 1:
            self._beyond[entry.seq] = entry
            return
        self._apply(entry)
        while (next_one := self._beyond.pop(self.last + 1, None)) is not None:
            self._apply(next_one)

    def give_up_gap(self) -> None:
        """The server has nothing for it: go on behind it."""
        if self._beyond:
            self._apply(self._beyond.pop(min(self._beyond)))
            while (next_one := self._beyond.pop(self.last + 1, None)) is not None:
                self._apply(next_one)
        else:
            self.top = self.last

    @property
    def torn(self) -> bool:
        """Whether something is missing in the middle."""
        return bool(self._beyond)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, as far as can be known."""
        return self.last >= self.top and not self._beyond

    def news(self) -> Iterator[Entry]:
        """What has come since the last time and is to be told, once nothing is missing.

        Of what wants an answer only what has none, and only while the conversation is the bot's; else it waits.
        """
        if not self.whole:
            return
        new, self._new = self._new, []
        for entry in new:
            self._judge(entry)
        self.over = self.over or any(entry.kind == "closed" for entry in new)
        told = [entry for entry in new if not _asks(entry)]
        if self.mine:
            told += [entry for entry in self._waiting if not self.answered(entry.seq)]
            self._waiting = []
        yield from sorted(told, key=lambda entry: entry.seq)

    def answered(self, seq: int) -> bool:
        """Whether what has this number wants no answer any more."""
        return seq <= self._answered

    def put_back(self, entry: Entry) -> None:
        """It was told and nobody has looked at it: it waits again."""
        self._waiting = sorted([entry, *self._waiting], key=lambda each: each.seq)

    def first_time(self, joined: Entry) -> bool:
        """Whether the bot had the conversation never before it joined there."""
        before = [entry for entry in self.recent if entry.seq < joined.seq]
        complete = self.recent[0].seq == 1 if self.recent else False
        return complete and all(entry.kind not in ("joined", "left") for entry in before)

    def last_agent(self) -> str:
        """The name of whoever of the team was in it last."""
        return next((entry.name for entry in reversed(self.recent) if entry.role == "agent"), "")

    def _apply(self, entry: Entry) -> None:
        self.last = entry.seq
        self.recent.append(entry)
        self._new.append(entry)

    def _judge(self, entry: Entry) -> None:
        if _asks(entry):
            if entry.kind == "joined":  # and so a new beginning
                self._waiting = [each for each in self._waiting if each.kind == "message"]
            self._waiting.append(entry)
        elif entry.kind == "message" and entry.role in ("bot", "agent"):
            named = _NAMED.fullmatch(entry.client_id) if entry.role == "bot" else None
            self._answered = max(self._answered, int(named[1]) if named else entry.seq)
            self._waiting = [each for each in self._waiting if each.kind == "message" and not self.answered(each.seq)]


def _asks(entry: Entry) -> bool:
    """A visitor's message, or the bot's own coming in: what a bot may answer."""
    return (entry.kind == "message" and entry.role == "visitor") or (entry.kind == "joined" and entry.role == "bot")
