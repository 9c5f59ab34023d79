"""Token buckets, each of them one number.

A bucket is the moment at which it is full again. Full means that `at_once` requests may come in one go; from then on
one more every `60 / per_minute` seconds. That is the generic cell rate algorithm (ITU-T I.371): the same bound as a
bucket of tokens that is filled drop by drop, with nothing to be filled. A bucket that is full again is as good as one
that was never there, so a table of them forgets those by itself.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

MOST_AT_REST: Final = 50_000
_ROUNDING_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Rate:
    """`at_once` requests in one go, then `per_minute` of them; both 0: as many as one likes."""

    at_once: int
    per_minute: int

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if (self.at_once > 0) != (self.per_minute > 0) or min(self.at_once, self.per_minute) < 0:
            raise ValueError("a rate is two numbers above 0, or twice 0 for no limit")

    @property
    def limits(self) -> bool:
        """Whether there is a limit at all."""
        return self.at_once > 0

    @property
    def interval_s(self) -> float:
        """From one request to the next, once the bucket is empty."""
        return 60.0 / self.per_minute

    @property
    def reach_s(self) -> float:
        """How long an empty bucket takes to be full. A hair more, or the last of `at_once` would fall to rounding."""
        return self.at_once * self.interval_s + _ROUNDING_S


def take(full_at: float, rate: Rate, now: float) -> tuple[float, float]:
    """Take one from a bucket: the bucket after it, and 0; or the bucket as it was, and the seconds until there is one.

    `full_at` may come from another rate: a bucket is never emptier than empty, so a raised limit holds at once.
    """
    limit = now + rate.reach_s
    after = max(full_at, now) + rate.interval_s
    if after <= limit:
        return after, 0.0
    return min(full_at, limit), min(rate.interval_s, after - limit)


class Bucket:
    """A place for one number that several connections share. `holders`: how many hold on to it."""

    __slots__ = ("full_at", "holders", "name")

    def __init__(self, name: Hashable) -> None:
        self.name = name
        self.full_at = 0.0
        self.holders = 0


class Buckets:
    """Buckets by name. One that nobody holds is kept until it is full again, and there are at most `at_rest` of those:
    who comes with more names than that pushes out the oldest.
    """

    def __init__(self, at_rest: int = MOST_AT_REST) -> None:
        self._most = at_rest
        self._held: dict[Hashable, Bucket] = {}
        self._resting: OrderedDict[Hashable, Bucket] = OrderedDict()  # by the time they were let go

    def __len__(self) -> int:
        return len(self._held) + len(self._resting)

    def hold(self, name: Hashable) -> Bucket:
        """The bucket of that name; it stays until it is let go as often as it was held."""
        bucket = self._held.get(name)
        if bucket is None:
            bucket = self._resting.pop(name) if name in self._resting else Bucket(name)
            self._held[name] = bucket
        bucket.holders += 1
        return bucket

    def let_go(self, bucket: Bucket, now: float) -> None:
        """Hold it no longer."""
        bucket.holders -= 1
        if bucket.holders:
            return
        del self._held[bucket.name]
        if bucket.full_at > now:
            self._rest(bucket, now)

    def fill(self) -> None:
        """Every bucket is full again."""
        self._resting.clear()
        for bucket in self._held.values():
            bucket.full_at = 0.0

    def take(self, name: Hashable, rate: Rate, now: float) -> float:
        """Take one from the bucket of that name: 0, or the seconds until there is one."""
        if not rate.limits:
            return 0.0
        bucket = self.hold(name)
        bucket.full_at, wait_s = take(bucket.full_at, rate, now)
        self.let_go(bucket, now)
        return wait_s

    def _rest(self, bucket: Bucket, now: float) -> None:
        self._resting[bucket.name] = bucket
        while self._resting:
            oldest = next(iter(self._resting.values()))
            if oldest.full_at > now and len(self._resting) <= self._most:
                return
            del self._resting[oldest.name]
