"""A short sleep of the event loop's thread, which other threads may end."""

from __future__ import annotations

import threading


class Rest:
    """`sleep` and `heard` on the loop, `ring` on any thread.

    While the loop sleeps here it looks at no socket and at no timer. It does not sleep while somebody who has rung is
    not heard yet: what they have for the loop waits in its line already.
    """

    def __init__(self) -> None:
        self._rung = 0
        self._sleeping = False
        self._lock = threading.Lock()
        self._gate = threading.Lock()  # only a waker opens it; cheaper than a condition variable
        self._gate.acquire()

    def ring(self) -> None:
        """There is something for the loop."""
        with self._lock:
            self._rung += 1
            if self._sleeping:
                self._sleeping = False
                self._gate.release()

    def heard(self) -> None:
        """One of those who have rung, or are about to, had their turn."""
        with self._lock:
            self._rung -= 1

    def sleep(self, seconds: float) -> bool:
        """Until somebody rings, at most so long; whether somebody has."""
        with self._lock:
            if self._rung > 0:
                return True
            self._sleeping = True
        if self._gate.acquire(timeout=seconds):
            return True
        with self._lock:
            if not self._sleeping:  # rung for while the time ran out
                self._gate.acquire()
            self._sleeping = False
            return False
