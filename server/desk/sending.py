"""Messages on the fast way to the log: many of them in one go, at a known place, without a look into the database.

What is right is said by `messages.append`, for one message. A *plain* one is a message of the conversation's own
visitor, agent or bot, text and nothing else, while it is open: its number and its readers are known from the head of
the conversation, which is read once and kept as long as nobody else changes its row. That a message is new is not asked
but tried: the unique key of the log is the judge, and when it objects, all of them are made one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from server.desk import audience
from server.desk.identity import AgentIdentity, BotIdentity, VisitorIdentity
from server.session.ports import Peer, Ticket
from server.store import entries
from server.store.base import Failed, Tx
from server.store.entries import Draft, Log, Numbering
from server.store.rows import EntryRow
from server.wire.codes import Refused

HEADS = 50_000  # conversations remembered at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """A message as it was stored. ``first``: by this very request; otherwise it was there already."""

    row: EntryRow
    place: entries.Target
    first: bool


class Plain(NamedTuple):
    """A plain message was stored: its number, the topics of those who read it, and the bot that answers there."""

    seq: int
    topics: tuple[str, ...]
    bot: str | None


class Sending(Ticket, kw_only=True):
    """A message or note on its way to the log. ``body``: what a bot's message has beside its text.

    ``known``: it is to be there already, whatever its text, and is not stored if it is not.
    """

    peer: Peer
    identity: VisitorIdentity | AgentIdentity | BotIdentity
    log: Log
    conversation: str
    client_id: str
    role: str
    sender: str
    name: str
    text: str
    at: int
    body: dict[str, Any] | None = None
    known: bool = False

    def draft(self) -> Draft:
        return Draft(
            kind="message",
            role=self.role,
            sender=self.sender,
            name=self.name,
            text=self.text,
            at=self.at,
            client_id=self.client_id,
            body=self.body,
        )


class Streamed(Sending, kw_only=True):
    """The end of a stream; ``on_end`` hears of it first."""

    on_end: Callable[[Exception | None], None]

    def finish(self, error: Exception | None = None) -> None:
        self.on_end(error)
        # Not super(): a struct is made anew by its metaclass.
        Sending.finish(self, error)


class _Head:
    """An open conversation: who may write plainly, who reads, and the number of its last entry."""

    __slots__ = ("bot", "n", "owner", "site", "top", "topics", "visitor")

    def __init__(self, conversation: str, place: entries.Target) -> None:
        self.n = place.n
        self.visitor = place.visitor
        self.site = place.site
        self.owner = place.owner
        self.top = place.top
        self.topics = audience.of_place(conversation, place)
        self.bot = place.owner if place.owner == place.bot else None

    def is_plain(self, item: Sending) -> bool:
        if item.log == "note":
            return False
        identity = item.identity
        if isinstance(identity, VisitorIdentity):
            return identity.visitor == self.visitor and identity.site == self.site
        return item.sender == self.owner and item.body is None and not item.known


class Sendings:
    """Holds `server.store.base.Series`."""

    table = "conversation"

    def __init__(
        self,
        *,
        one: Callable[[Tx, Sending], Appended],
        told: Callable[[Sequence[Sending], Sequence[Appended | Plain | Failed]], None],
    ) -> None:
        self.one: Callable[[Tx, Sending], Appended | Plain] = one
        self.told = told
        self._heads: dict[str, _Head] = {}
        self._ids: dict[int, str] = {}

    def many(self, tx: Tx, items: Sequence[Sending]) -> list[Appended | Plain | Failed]:
        outcomes: list[Appended | Plain | Failed] = []
        rows: list[Numbering] = []
        for item in items:
            head = self._heads.get(item.conversation) or self._load(tx, item.conversation)
            if head is None or not head.is_plain(item):
                entries.append_numbered(tx, rows)
                rows = []
                outcomes.append(self._alone(tx, item))
                continue
            head.top = seq = head.top + 1
            rows.append((head.n, seq, item.role, item.sender, item.name, item.client_id, item.text, item.at))
            outcomes.append(Plain(seq, head.topics, head.bot))
        entries.append_numbered(tx, rows)
        return outcomes

    def changed(self, key: int) -> None:
        conversation = self._ids.pop(key, None)
        if conversation is not None:
            del self._heads[conversation]

    def forget(self) -> None:
        self._heads.clear()
        self._ids.clear()

    def _alone(self, tx: Tx, item: Sending) -> Appended | Plain | Failed:
        """It refuses before it writes, so a refusal has nothing to take back."""
        head = self._heads.get(item.conversation)
        if head is not None:
            self.changed(head.n)
        try:
            return self.one(tx, item)
        except Refused as refused:
            # It is kept with the message: without the calls it went through, which hold on to the whole batch.
            return Failed(refused.with_traceback(None))

    def _load(self, tx: Tx, conversation: str) -> _Head | None:
        place = entries.target(tx, conversation)
        if place is None or place.state == "closed":
            return None
        if len(self._heads) >= HEADS:
            self.changed(self._heads[next(iter(self._heads))].n)
        head = self._heads[conversation] = _Head(conversation, place)
        self._ids[head.n] = conversation
        return head
