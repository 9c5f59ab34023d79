"""The messages on their way from the event loop to the writer: who shares a commit with whom, and when the loop rests.

What one turn of the loop has read is handed to the writer together, at its end. At a lively pace (`company`) it is kept
until `LONGEST_WAIT` after the batch before, and the loop sleeps meanwhile instead of waking up for each message: the
next ones wait for it in their sockets, and are read together. It sleeps, too, while a batch is being committed, until
the writer rings. So a batch costs two sleeps of the loop and one of the writer, however many it is made of.

Neither is done while a transaction of its own is under way: somebody waits for a bell (decision 42). Then, and at a
quiet pace, a turn's messages are handed over at once. Readers ring, too, when they have an answer. What else other
threads have for the loop, and timers, wait for as long as it sleeps: a millisecond at most.
"""

from __future__ import annotations

import asyncio

from server.clock import Clock
from server.store.sqlite.company import ENOUGH, LONGEST_WAIT, Company
from server.store.sqlite.queue import Member, WriteQueue
from server.store.sqlite.rest import Rest

_TOO_SHORT = 0.0001  # seconds; a sleep takes half as long to begin and end


class Gathering:
    """Used on the event loop; `rest.ring` by writer and readers, once the loop has been given what they have."""

    def __init__(self, queue: WriteQueue, clock: Clock, rest: Rest) -> None:
        self.rest = rest
        self._queue = queue
        self._clock = clock
        self._company = Company()
        self._loop = asyncio.get_running_loop()
        self._scheduled = False
        self._came = 0  # in this turn
        self._handed_at = 0.0
        self._others = 0
        self._hoped: float | None = None  # while one waits for others: how many were expected then
        self._joined = 0  # how many have come since
        self._slept_out = False

    def add(self, member: Member) -> None:
        """Have it written with the others of this turn; raises `StoreUnavailable` when that is not possible now."""
        self._queue.put(member)
        self._came += 1
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._end_turn)

    def begin_other(self) -> None:
        """Something is under way that nobody is to be kept waiting for."""
        self._others += 1

    def end_other(self) -> None:
        self._others -= 1

    def told(self) -> None:
        """Outcomes or answers were told. What that has made ready has its turn before the loop sleeps again."""
        self._loop.call_soon(self.rest.heard)

    def _end_turn(self) -> None:
        now = self._clock.monotonic()
        came, self._came = self._came, 0
        self._company.arrived(came, now)
        self._joined += came
        waiting = len(self._queue)
        left = LONGEST_WAIT - (now - self._handed_at)
        if self._is_to_wait(waiting, left):
            self._loop.call_soon(self._gather, left)  # behind whatever else this turn has made ready
        else:
            self._scheduled = False
            self._hand_over(waiting, now)

    def _is_to_wait(self, waiting: int, left: float) -> bool:
        over = self._slept_out or left < _TOO_SHORT
        if over or self._others or not 0 < waiting < ENOUGH:
            return False
        if self._hoped is None:
            self._hoped = self._company.wait_for(left)
            self._joined = 0
        return self._hoped is not None

    def _gather(self, left: float) -> None:
        if not self._others:
            self._slept_out = not self.rest.sleep(left)
        self._loop.call_soon(self._end_turn)  # behind a look at the sockets

    def _hand_over(self, waiting: int, now: float) -> None:
        hoped, self._hoped = self._hoped, None
        self._slept_out = False
        if not waiting:
            return  # a transaction of its own has taken them along
        if hoped is not None and not self._others:  # cut short, it says nothing about the pace
            self._company.waited(hoped, self._joined)
        self._handed_at = now
        self._queue.hand_over()
        if waiting < ENOUGH and not self._others and self._company.lively:
            self._loop.call_soon(self._await_outcome)

    def _await_outcome(self) -> None:
        if not (self._scheduled or self._others):
            self.rest.sleep(LONGEST_WAIT)
