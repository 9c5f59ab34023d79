"""What waits for the writer: bounded, in order, handed over in batches."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from server.store.base import Committed, Failed, Lane, Series, StoreUnavailable, Transaction


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
    """`put` and `hand_over` on the event loop, `take` on the writer thread.

    A member of a series is kept until it is handed over (`gathering`). A transaction of its own is not: it is a step of
    the router, somebody waits for its bell, and with it goes what is being kept, as the order is that of putting.

    The writer sleeps at a gate, a lock that only a waker opens: a condition variable costs several times as much.
    """

    def __init__(self, limit: int, batch: int) -> None:
        self._limit = limit
        self._batch = batch
        self._jobs: deque[Job | Member] = deque()
        self._to_take = 0  # of them; the others are being kept
        self._closed = False
        self._nudged = False
        self._asleep = False
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
            if job.series is None:
                self._let_go()

    def hand_over(self) -> None:
        """Nothing is kept any longer."""
        with self._lock:
            self._let_go()

    def nudge(self) -> None:
        """Have `take` return, though it be with nothing."""
        with self._lock:
            self._nudged = True
            self._wake()

    def take(self, idle: float | None = None) -> list[Job | Member]:
        """The next batch; empty after `idle` seconds without one, when nudged, or when finished."""
        if not self._to_take:
            self._sleep(idle)
        with self._lock:
            count = min(self._to_take, self._batch)
            self._to_take -= count
            self._nudged = False
            return [self._jobs.popleft() for _ in range(count)]

    def close(self) -> None:
        """Nothing more is put; what waits is still taken."""
        with self._lock:
            self._closed = True
            self._let_go()

    def _let_go(self) -> None:
        self._to_take = len(self._jobs)
        if self._to_take or self._closed:
            self._wake()

    def _sleep(self, seconds: float | None) -> None:
        """Until there is something to take, it is closed or nudged, or the time is over."""
        with self._lock:
            if self._to_take or self._closed or self._nudged:
                return
            self._asleep = True
        if self._gate.acquire(timeout=-1 if seconds is None else seconds):
            return
        with self._lock:
            if not self._asleep:  # woken while the time ran out
                self._gate.acquire()
            self._asleep = False

    def _wake(self) -> None:
        if self._asleep:
            self._asleep = False
            self._gate.release()
