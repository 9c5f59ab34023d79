"""When a commit could not be told: whoever is connected comes back for a fresh snapshot, but not again and again.

A telling that fails is a bug of ours, and one that stays fails at every commit it is about. So everybody is asked back
at once the first time, then after pauses that double up to a minute; and a conversation that was in two tellings that
failed running is put aside, with an alarm, as the engine does with one that it cannot route.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

LONGEST_PAUSE_S = 60.0
_FIRST_PAUSE_S = 1.0
_CALM_S = 300.0  # without a failure, after which the next one counts as the first
_MOST_SUSPECTS = 1000

Later = Callable[[float, Callable[[], None]], object]
"""Calls back after so many seconds."""


class Untold:
    """Bounds what follows from a failure to tell.

    Args:
        reopen: has all connections come back.
        quarantine: puts a conversation aside.
        later: calls back after so many seconds.
        monotonic: seconds.
    """

    def __init__(
        self,
        *,
        reopen: Callable[[], None],
        quarantine: Callable[[str], None],
        later: Later,
        monotonic: Callable[[], float],
    ) -> None:
        self.failures = 0
        self._reopen = reopen
        self._quarantine = quarantine
        self._later = later
        self._monotonic = monotonic
        self._pause_s = 0.0
        self._failed_at: float | None = None
        self._free_at = 0.0
        self._waiting = False
        self._suspects: frozenset[str] = frozenset()
        self._aside: set[str] = set()

    def failed(self, conversations: Iterable[str] = ()) -> None:
        """A commit about these conversations is on disk, and not everybody heard of it."""
        now = self._monotonic()
        self.failures += 1
        if self._failed_at is not None and now - self._failed_at > _CALM_S:
            self._pause_s, self._suspects = 0.0, frozenset()
            self._aside.clear()
        self._failed_at = now
        self._blame(frozenset(conversations))
        if self._waiting:
            return
        if now >= self._free_at:
            self._ask_back()
        else:
            self._waiting = True
            self._later(self._free_at - now, self._ask_back)

    def _ask_back(self) -> None:
        self._waiting = False
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2 or _FIRST_PAUSE_S)
        self._free_at = self._monotonic() + self._pause_s
        self._reopen()

    def _blame(self, conversations: frozenset[str]) -> None:
        again = (self._suspects & conversations) - self._aside
        self._suspects = conversations
        if len(self._aside) < _MOST_SUSPECTS:
            for conversation in sorted(again):
                self._aside.add(conversation)
                self._quarantine(conversation)
