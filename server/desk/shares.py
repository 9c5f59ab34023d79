"""Which of a bot's connections gets which conversation. Nothing here knows sockets: a worker is any name.

A conversation sticks to the worker that it was given to. A new one goes to the worker that has the fewest, of equals to
the one that came first; when a worker goes, each of its conversations goes to whoever has the fewest then; and while
there is none, it waits for the next that comes.
"""

from __future__ import annotations

from collections.abc import Iterable


class Shares:
    """The conversations of one bot."""

    __slots__ = ("_of", "_worker")

    def __init__(self) -> None:
        self._of: dict[str, dict[str, None]] = {}  # by worker, in the order in which they came
        self._worker: dict[str, str] = {}

    def __len__(self) -> int:
        """How many workers there are."""
        return len(self._of)

    def worker(self, conversation: str) -> str | None:
        """Who has it; None while it waits, or if it was never heard of."""
        return self._worker.get(conversation)

    def of(self, worker: str) -> tuple[str, ...]:
        """What a worker has, in the order of giving."""
        return tuple(self._of.get(worker, ()))

    def come(self, worker: str, waiting: Iterable[str]) -> None:
        """One more, which gets everything that waits."""
        self._of.setdefault(worker, {})
        for conversation in waiting:
            self.move(conversation, worker)

    def go(self, worker: str) -> dict[str, str]:
        """One less; who has its conversations now. Those that wait are not among them."""
        left = self._of.pop(worker, {})
        for conversation in left:
            del self._worker[conversation]
        taken = {conversation: self.take(conversation) for conversation in left}
        return {conversation: found for conversation, found in taken.items() if found is not None}

    def take(self, conversation: str) -> str | None:
        """Who has it, from now on if nobody did; None when there is no worker."""
        if conversation not in self._worker and self._of:
            self.move(conversation, min(self._of, key=lambda worker: len(self._of[worker])))
        return self._worker.get(conversation)

    def move(self, conversation: str, worker: str) -> None:
        """It goes to this worker, whoever had it."""
        self.let_go(conversation)
        self._of[worker][conversation] = None
        self._worker[conversation] = worker

    def let_go(self, conversation: str) -> None:
        """It has ended, or is no longer this bot's."""
        worker = self._worker.pop(conversation, None)
        if worker is not None:
            del self._of[worker][conversation]
