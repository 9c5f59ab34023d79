"""What waits for the writer: bounded, in order, handed over in batches."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from server.clock import Clock
from server.store.base import Committed, Failed, Lane, Series, StoreUnavailable, Transaction
from server.store.sqlite.company import LONGEST_WAIT, Company

_NEVER = sys.maxsize


@dataclass(slots=True)
class Job:
    """A transaction of its own."""

    series: ClassVar[None] = None

    transaction: Transaction[Any]
    then: Callable[[Committed[Any] | Failed], None]
    lane: Lane | None


@dataclass(slots=True)
class Member:
    """One of a series."""

    series: Series[Any, Any]
    item: Any
    lane: Lane | None


class WriteQueue:
    """`put` from the event loop, `take` from the writer thread.

    The writer is woken once for a batch, not once for a write: `_wake_at` is the number of waiting jobs it sleeps for.
    It sleeps at a gate, a lock that only a waker opens: a condition variable costs several times as much. Only those of
    a series wait for company: a transaction of its own is a step of the router, and somebody waits for its bell.
    """

    def __init__(self, limit: int, batch: int, clock: Clock) -> None:
        self._limit = limit
        self._batch = batch
        self._clock = clock
        self._company = Company()
        self._jobs: deque[Job | Member] = deque()
        self._arrived = 0
        self._closed = False
        self._taken_at = 0.0  # when the last batch was
        self._nudged = False
        self._hurried = False  # one that does not wait for company is waiting
        self._wake_at = _NEVER
        self._lock = threading.Lock()
        self._gate = threading.Lock()
        self._gate.acquire()

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def finished(self) -> bool:
        """Closed, and nothing left to take."""
        return self._closed and not self._jobs

    def put(self, job: Job | Member) -> None:
        """Add it; raises `StoreUnavailable` when that is not possible now."""
        with self._lock:
            if self._closed:
                raise StoreUnavailable("The store is closed.")
            if len(self._jobs) >= self._limit:
                raise StoreUnavailable(f"{self._limit} writes are waiting already.")
            self._jobs.append(job)
            self._arrived += 1
            if job.series is None:
                self._hurried = True
                if self._wake_at != _NEVER:
                    self._wake()
            elif len(self._jobs) >= self._wake_at:
                self._wake()

    def nudge(self) -> None:
        """Have `take` return, though it be with nothing."""
        with self._lock:
            self._nudged = True
            if self._wake_at != _NEVER:
                self._wake()

    def take(self, idle: float | None = None) -> list[Job | Member]:
        """The next batch; empty after `idle` seconds without one, when nudged, or when finished."""
        self._wait_for_company()
        if not self._jobs:
            self._sleep(1, idle)
        self._taken_at = self._clock.monotonic()
        with self._lock:
            taken = [self._jobs.popleft() for _ in range(min(len(self._jobs), self._batch))]
            self._hurried = self._hurried and bool(self._jobs)
            self._nudged = False
            return taken

    def close(self) -> None:
        """Nothing more is put; what waits is still taken."""
        with self._lock:
            self._closed = True
            if self._wake_at != _NEVER:
                self._wake()

    def _wait_for_company(self) -> None:
        """At a lively pace, also for the first: to be woken for it, and again for the last, would cost twice."""
        with self._lock:
            arrived, self._arrived = self._arrived, 0
            waiting = len(self._jobs)
        now = self._clock.monotonic()
        self._company.arrived(arrived, now)
        # Those who are here have come since the last batch was taken: a slow commit was their wait.
        left = LONGEST_WAIT - min(LONGEST_WAIT, now - self._taken_at) if waiting else LONGEST_WAIT
        wanted = self._company.wait_for(waiting, seconds=left)
        if wanted > waiting and not self._hurried:
            self._sleep(wanted, left)
            if not self._hurried:  # cut short, it says nothing about the pace
                self._company.waited(wanted - waiting, len(self._jobs) - waiting)

    def _sleep(self, count: int, seconds: float | None) -> None:
        """Until so many jobs wait, it is closed, or the time is over."""
        with self._lock:
            if len(self._jobs) >= count or self._closed or self._hurried or self._nudged:
                return
            self._wake_at = count
        if self._gate.acquire(timeout=-1 if seconds is None else seconds):
            return
        with self._lock:
            if self._wake_at == _NEVER:  # woken while the time ran out
                self._gate.acquire()
            self._wake_at = _NEVER

    def _wake(self) -> None:
        self._wake_at = _NEVER
        self._gate.release()
