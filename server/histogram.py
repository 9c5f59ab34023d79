"""Counts of values by size, as Prometheus wants them. Cheap enough for every commit and every turn of the loop.

One thread writes; any may read: what it reads may be a moment old, never wrong by more than what is being written.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

# Seconds, for what should take milliseconds; and for what should take much less.
MILLISECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
MICROSECONDS: Final = (0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0)
MANY: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Histogram:
    """How many values were at most as large as each of `bounds` (ascending), and their sum."""

    __slots__ = ("_counts", "bounds", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.total = 0.0
        self._counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        """One more."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def buckets(self) -> list[tuple[str, float]]:
        """By upper bound, the last of them `+Inf`, how many were at most that."""
        names = [*map(_number, self.bounds), "+Inf"]
        return list(zip(names, map(float, accumulate(self._counts)), strict=True))


def _number(bound: float) -> str:
    return f"{bound:g}" if bound >= 0.001 else f"{bound:.6f}".rstrip("0")
