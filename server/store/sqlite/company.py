"""Whether writes should wait a moment for others, so that they share one commit.

A commit costs nearly the same for one row as for ten; alone, that is most of what a message costs. So at a lively pace
it pays to begin one a millisecond after the other, and not sooner. It does not pay

* when not even one is to be expected from one such moment to the next: a quiet desk answers at once;
* when enough are waiting already: at saturation the last commit's duration has gathered them;
* when those who write wait for their answers, so that nobody comes while they wait. The pace alone cannot tell this,
  but the result does: when the last waits, the recent ones above all, brought less than half of what they were meant
  to bring, this one was in vain, and after each such in a row twice as many chances are left out.

Pace is a count that fades: each arrival adds one, and within 50 ms it falls to its e-th part.
"""

from __future__ import annotations

from math import exp

LONGEST_WAIT = 0.001  # seconds, from one batch to the next
ENOUGH = 8  # rows in one commit; beyond that a larger batch saves little
WORTH_IT = 1.0  # arrivals to be expected within the longest wait: from a thousand writes a second
_FADE = 0.050  # seconds
_REMEMBERED = 0.9  # of what earlier waits have brought
_MOST_LEFT_OUT = 64


class Company:
    """The rule. Fed by `gathering`, on the event loop."""

    def __init__(self) -> None:
        self._count = 0.0
        self._counted_at = 0.0
        self._left_out = 0
        self._leave_out = 0
        self._hoped = 0.0
        self._had = 0.0

    def arrived(self, count: int, now: float) -> None:
        """So many more writes have come up to `now` (monotonic seconds)."""
        self._count = self._count * exp((self._counted_at - now) / _FADE) + count
        self._counted_at = now

    @property
    def lively(self) -> bool:
        """Whether others are to be expected."""
        return self._count / _FADE * LONGEST_WAIT >= WORTH_IT

    def wait_for(self, seconds: float) -> float | None:
        """How many more are to be expected within `seconds`, if it is worth waiting for them."""
        if not self.lively:
            return None
        if self._leave_out > 0:
            self._leave_out -= 1
            return None
        return self._count / _FADE * seconds

    def waited(self, hoped: float, came: int) -> None:
        """A wait for `hoped` more has brought `came`."""
        self._hoped = self._hoped * _REMEMBERED + hoped
        self._had = self._had * _REMEMBERED + came
        if self._had * 2 >= self._hoped:
            self._left_out = 0
            return
        self._left_out = min(max(1, self._left_out * 2), _MOST_LEFT_OUT)
        self._leave_out = self._left_out
