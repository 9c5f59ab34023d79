"""Whether a write should wait a moment for others, so that they share one commit.

A commit costs the same for one row as for ten; alone, that is most of what a message costs. So at a lively pace it pays
to let a write wait up to a millisecond. It does not pay

* when the next one is not to be expected within that time: a quiet desk answers at once;
* when enough are waiting already: at saturation the last commit's duration has gathered them;
* for those whom a slow commit has kept waiting: its duration counts as their wait;
* when those who write wait for their answers, so that nobody comes while they wait. The pace alone cannot tell this,
  but the result does: a wait that brought less than half of what it was meant to bring was in vain, and after each in a
  row twice as many chances are left out.

Pace is a count that fades: each arrival adds one, and within 50 ms it falls to its e-th part.
"""

from __future__ import annotations

from math import exp

LONGEST_WAIT = 0.001  # seconds
ENOUGH = 8  # rows in one commit; beyond that a larger batch saves little
WORTH_IT = 2.0  # others expected in what is left of the wait: of all of it, from about 2,000 writes a second
_FADE = 0.050  # seconds
_MOST_LEFT_OUT = 64


class Company:
    """The rule. Fed by the queue, which has the lock."""

    def __init__(self) -> None:
        self._count = 0.0
        self._counted_at = 0.0
        self._left_out = 0
        self._leave_out = 0

    def arrived(self, count: int, now: float) -> None:
        """So many more writes have come up to `now` (monotonic seconds)."""
        self._count = self._count * exp((self._counted_at - now) / _FADE) + count
        self._counted_at = now

    def wait_for(self, waiting: int, *, seconds: float = LONGEST_WAIT) -> int:
        """How many should be waiting before a commit begins, where `seconds` are left to wait; not more than `waiting`
        when it should begin now.
        """
        expected = self._count / _FADE * seconds
        if waiting >= ENOUGH or expected < WORTH_IT:
            return waiting
        if self._leave_out > 0:
            self._leave_out -= 1
            return waiting
        return min(waiting + int(expected), ENOUGH)

    def waited(self, hoped: int, came: int) -> None:
        """A wait for `hoped` more has brought `came`."""
        if came * 2 >= hoped:
            self._left_out = 0
            return
        self._left_out = min(max(1, self._left_out * 2), _MOST_LEFT_OUT)
        self._leave_out = self._left_out
