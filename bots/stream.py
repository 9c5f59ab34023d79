"""A message that grows before the visitor's eyes, and is committed as one when it is finished."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self

from bots.line import Line, Written, written
from bots.records import Card

EVERY_S: Final = 0.1
"""Pieces are collected that long: the server shows no more than ten a second."""


def extras(replies: Sequence[str], cards: Sequence[Card]) -> dict[str, Any]:
    """Quick replies and cards, as the wire has them."""
    found: dict[str, Any] = {}
    if replies:
        found["replies"] = list(replies)
    if cards:
        found["cards"] = [card.frame() for card in cards]
    return found


class Stream:
    """Write into it as an asynchronous context manager; leaving commits what was written as one message.

    A lost connection does no harm: what was written so far begins anew on the next. Left by an exception, what the
    visitor has seen is committed, too; left by a cancellation (a timeout, say), it is taken back. Where nothing was
    written, nothing is committed.
    """

    def __init__(
        self, line: Line, *, conversation: str, stream_id: str, replies: Sequence[str] = (), cards: Sequence[Card] = ()
    ) -> None:
        self._line = line
        self._conversation = conversation
        self._id = stream_id
        self._extras = extras(replies, cards)
        self._text = ""
        self._shown = 0
        self._connection = 0
        self._cancel: Callable[[], None] | None = None
        self.written = Written()
        """What became of it; known when the stream is left."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        if not self._text.strip() or (kind is not None and not issubclass(kind, Exception)):
            self._take_back()
            return
        if not self._line.owns(self._conversation):
            # What was left in the middle is no answer: perhaps another worker is about to give the whole.
            self.written = Written(refused="not_owner")
            return
        finished = {"stream_id": self._id, "text": self._text, "final": True, **self._extras}
        self.written = await written(self._line.ask("stream", self._conversation, **finished))

    @property
    def text(self) -> str:
        """All that was written so far."""
        return self._text

    def offer(self, *, replies: Sequence[str] = (), cards: Sequence[Card] = ()) -> None:
        """Quick replies and cards that the message will have."""
        self._extras = extras(replies, cards)

    async def write(self, delta: str) -> bool:
        """Add a piece. False when the conversation is no longer the bot's, so that there is no point in going on."""
        self._text += delta
        if self._cancel is None and delta:
            self._show()
            self._cancel = self._line.later(EVERY_S, self._again)
        return self._line.owns(self._conversation)

    def _again(self) -> None:
        self._cancel = None
        if self._shown < len(self._text):
            self._show()
            self._cancel = self._line.later(EVERY_S, self._again)

    def _show(self) -> None:
        """Tell the visitor's page: the new piece, or all of it on a connection that has not heard of it."""
        if not self._line.connection:
            return
        if self._connection == self._line.connection:
            piece = {"delta": self._text[self._shown :]}
        else:
            self._connection = self._line.connection
            piece = {"text": self._text}
        self._shown = len(self._text)
        self._line.tell("stream", self._conversation, stream_id=self._id, **piece)

    def _take_back(self) -> None:
        """The visitor waits for the rest no longer. With the connection on which it grew, it has gone already."""
        if self._connection and self._connection == self._line.connection:
            self._line.tell("stream", self._conversation, stream_id=self._id, text="")

    def _stop(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None
