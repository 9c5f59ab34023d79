"""Departments open and close by the clock, and whoever looks at a site is told.

An opening is no event of the router's: a commit that changes nothing but the workspace's version carries it, so that
clients can tell it from what they have seen before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from server.clock import Clock
from server.desk.directory import Directory
from server.desk.job import Done, Job, changing_nothing
from server.wire.codes import Refused

_DAY_MS = 86_400_000
# A clock that is put right is noticed within this.
_LONGEST_S = 30.0


class HoursNow:
    """The departments within their hours, remembered until the next of them opens or closes."""

    def __init__(self) -> None:
        self._directory: Directory | None = None
        self._since = self._until = 0
        self._found: frozenset[str] = frozenset()

    def departments(self, directory: Directory, now: int) -> frozenset[str]:
        """Those that are open at that instant, by their hours."""
        if directory is not self._directory or not self._since <= now < self._until:
            self._directory, self._since = directory, now
            self._until = directory.hours_change_at(now) or now + _DAY_MS
            self._found = directory.open_at(now)
        return self._found


class Engine(Protocol):
    """The engine, as far as it is asked here."""

    directory: Directory

    def submit(self, job: Job, /) -> None:
        """Queue a job; may raise `Refused`."""


class HoursClock:
    """Has a commit made whenever a department opens or closes."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._now = HoursNow()
        self._told: tuple[Directory, frozenset[str]] | None = None

    async def run(self, pause: Callable[[float], Awaitable[object]]) -> None:
        """Look again and again; ``pause`` waits so many seconds."""
        while True:
            self.look()
            await pause(self.seconds())

    def look(self) -> None:
        """If something opened or closed since the last look, have it told.

        New settings tell themselves, as of their commit: what changed since is told by one more.
        """
        directory = self._engine.directory
        found = self._now.departments(directory, self._clock.now())
        if self._told is None or self._told[0] is not directory or self._told[1] != found:
            self._tell(directory, found)

    def seconds(self) -> float:
        """Until it is worth looking again."""
        now = self._clock.now()
        change = self._engine.directory.hours_change_at(now)
        return _LONGEST_S if change is None else min(_LONGEST_S, (change - now) / 1000 + 0.001)

    def _tell(self, directory: Directory, found: frozenset[str]) -> None:
        def then(end: Done | Refused) -> None:
            if isinstance(end, Done):
                self._told = directory, found

        try:
            self._engine.submit(changing_nothing(then))
        except Refused:
            return  # too much is waiting: the next look tries again
