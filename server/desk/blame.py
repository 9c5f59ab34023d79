"""Whom a failure of the router is about: a conversation whose deadline cannot be handled would hold up all others."""

from __future__ import annotations

from collections import Counter

from router import model
from router.errors import DeadlineFailed


class Blame:
    """Counts what failed since the last commit. What is due comes up in every step, whoever asks for it."""

    def __init__(self) -> None:
        self._times: Counter[model.ConversationId] = Counter()

    def whom(self, error: Exception) -> model.ConversationId | None:
        """The conversation to put aside now: at every second failure of what is due for it, the first being retried."""
        if not isinstance(error, DeadlineFailed) or error.conversation is None:
            return None
        self._times[error.conversation] += 1
        return error.conversation if self._times[error.conversation] % 2 == 0 else None

    def settle(self) -> None:
        """Something was committed: what failed before it did so by chance."""
        self._times.clear()
