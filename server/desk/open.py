"""The open conversations as the engine knows them without asking: whose they are, where, and in which language.

Only the engine's task changes this, in step with the router: a conversation is here from the moment its start was
handled until its close was. `find` therefore answers for what is about to be committed, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from router import events
from server.store.routed import RoutedRow

_ENDED_KNOWN = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenConversation:
    """Whose it is, on which site, and the language the visitor reads. ``left``: a message left by one who went.

    ``bot``: the one that has or had it: it goes on hearing of it.
    """

    id: str
    visitor: str
    site: str
    language: str
    department: str
    left: bool = False
    bot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A conversation that was closed a while ago, and who had it then, agent or bot."""

    conversation: OpenConversation
    agent: str | None


@dataclass(slots=True)
class OpenConversations:
    """By conversation, and by visitor and site: there is at most one, beside messages left for later."""

    _by_id: dict[str, OpenConversation] = field(default_factory=dict)
    _by_visitor: dict[tuple[str, str], str] = field(default_factory=dict)
    _closed: dict[str, str | None] = field(default_factory=dict)  # with who had it
    _moved: dict[str, str] = field(default_factory=dict)
    _given: dict[str, str] = field(default_factory=dict)  # to a bot
    _by_bot: dict[str, dict[str, None]] = field(default_factory=dict)
    _expected: dict[str, OpenConversation] = field(default_factory=dict)
    _ended: dict[str, Ended] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[RoutedRow]) -> OpenConversations:
        """From the rows of a rebuild."""
        found = cls()
        for row in rows:
            if row.state != "closed":
                found.add(_of(row))
        return found

    def add(self, conversation: OpenConversation) -> None:
        """It was started."""
        self._by_id[conversation.id] = conversation
        if conversation.bot is not None:
            self._by_bot.setdefault(conversation.bot, {})[conversation.id] = None
        if not conversation.left:
            self._by_visitor[conversation.visitor, conversation.site] = conversation.id

    def expect(self, conversation: OpenConversation) -> None:
        """It is about to be started: `follow` adds it if the router takes it."""
        self._expected[conversation.id] = conversation

    def find(self, visitor: str, site: str) -> str | None:
        """The visitor's open conversation on that site."""
        return self._by_visitor.get((visitor, site))

    def get(self, conversation: str) -> OpenConversation | None:
        return self._by_id.get(conversation)

    def is_open(self, conversation: str) -> bool:
        """Not closed, not even in the batch that is being handled."""
        return conversation in self._by_id and conversation not in self._closed

    def all(self) -> tuple[OpenConversation, ...]:
        """Every open conversation."""
        return tuple(self._by_id.values())

    def of_bot(self, bot: str) -> tuple[str, ...]:
        """What that bot has or had, the oldest first."""
        return tuple(self._by_bot.get(bot, ()))

    def of_visitor(self, visitor: str, site: str) -> OpenConversation | None:
        """The visitor's open conversation on that site."""
        conversation = self.find(visitor, site)
        return None if conversation is None else self._by_id.get(conversation)

    def language(self, conversation: str) -> str:
        """The visitor's language, or nothing for a conversation that is not open."""
        found = self._by_id.get(conversation)
        return "" if found is None else found.language

    def department(self, conversation: str) -> str | None:
        """The department it was in until this batch."""
        found = self._by_id.get(conversation)
        return None if found is None else found.department

    def follow(self, happened: tuple[events.Event, ...]) -> tuple[events.Event, ...]:
        """Take note of what was closed by these events; hands them on."""
        for event in happened:
            match event:
                case events.ConversationStarted():
                    # The line may have been full: then it is another department's.
                    expected = self._expected[event.conversation]
                    self.add(replace(expected, department=event.department, bot=event.bot))
                case events.ConversationClosed():
                    self._close(event.conversation, event.agent or event.bot)
                case events.ConversationReturned() | events.ConversationMoved() | events.ConversationHandedOver():
                    self._moved[event.conversation] = event.department
                case events.ConversationGivenToBot():
                    self._given[event.conversation] = event.bot
                case _:
                    pass
        return happened

    def ended(self, conversation: str) -> Ended | None:
        """One of the newest that were closed since the last rebuild: what is told of it late finds it closed."""
        return self._ended.get(conversation)

    def _close(self, conversation: str, agent: str | None) -> None:
        self._closed[conversation] = agent
        found = self._by_id.get(conversation)
        if found is not None and not found.left:
            self._by_visitor.pop((found.visitor, found.site), None)

    def settle(self) -> None:
        """The batch is committed: forget what it closed (its last entries still had to be worded)."""
        for conversation, department in self._moved.items():
            if conversation in self._by_id:
                self._by_id[conversation] = replace(self._by_id[conversation], department=department)
        for conversation, bot in self._given.items():
            found = self._by_id.get(conversation)
            if found is not None:
                self._without_bot(found)
                self._by_id[conversation] = replace(found, bot=bot)
                self._by_bot.setdefault(bot, {})[conversation] = None
        for closed, agent in self._closed.items():
            found = self._by_id.pop(closed, None)
            if found is not None:
                self._without_bot(found)
                self._ended[closed] = Ended(conversation=found, agent=agent)
        while len(self._ended) > _ENDED_KNOWN:
            del self._ended[next(iter(self._ended))]
        self._moved.clear()
        self._given.clear()
        self._expected.clear()
        self._closed.clear()

    def _without_bot(self, conversation: OpenConversation) -> None:
        theirs = self._by_bot.get(conversation.bot or "", {})
        theirs.pop(conversation.id, None)
        if conversation.bot is not None and not theirs:
            self._by_bot.pop(conversation.bot, None)


def _of(row: RoutedRow) -> OpenConversation:
    return OpenConversation(
        id=row.id,
        visitor=row.visitor,
        site=row.site,
        language=row.language,
        department=row.department,
        left=row.left,
        bot=row.bot,
    )
