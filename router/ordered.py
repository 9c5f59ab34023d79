"""Those who wait, kept sorted: short lists one behind the other.

Python's own lists are sorted and searched in C, but whatever comes or goes moves all that is behind it. So a long line
is many lists of a few hundred, none of them empty; a short one is a single list. The first goes at the price of a look.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from router.model import Order

# A list that grows beyond it is cut in two.
_LONGEST: Final = 512


class Ordered:
    """Orders from the smallest to the largest, no two equal. `first`: the smallest of all."""

    __slots__ = ("_before", "_count", "_lists", "first")

    def __init__(self) -> None:
        self.first: Order | None = None
        self._lists: list[list[Order]] = []
        self._count = 0
        self._before: list[int] | None = None  # how many stand before each list, until something changes

    def add(self, order: Order) -> None:
        lists = self._lists
        self._count += 1
        self._before = None
        if not lists:
            lists.append([order])
            self.first = order
            return
        at = self._list_of(order) if len(lists) > 1 else 0
        found = lists[at]
        if order > found[-1]:
            found.append(order)  # most come last
        else:
            insort(found, order)
            self.first = lists[0][0]
        if len(found) > _LONGEST:
            half = len(found) // 2
            lists.insert(at + 1, found[half:])
            del found[half:]

    def remove(self, order: Order) -> None:
        """Raises ValueError when it is not there."""
        lists = self._lists
        at = self._list_of(order) if len(lists) > 1 else 0
        found = lists[at] if lists else []
        place = 0 if order == self.first else bisect_left(found, order)
        if place >= len(found) or found[place] != order:
            raise ValueError(f"{order} is not here")
        del found[place]
        self._count -= 1
        self._before = None
        if not found:
            del lists[at]
        if not place:
            self.first = lists[0][0] if lists else None

    def ahead(self, order: Order) -> int:
        """How many are smaller."""
        lists = self._lists
        if len(lists) < 2:
            return bisect_left(lists[0], order) if lists else 0
        if self._before is None:
            self._before = list(accumulate(map(len, lists), initial=0))
        at = self._list_of(order)
        return self._before[at] + bisect_left(lists[at], order)

    def after(self, order: Order) -> Order | None:
        """The smallest that is larger."""
        lists = self._lists
        if not lists:
            return None
        at = self._list_of(order)
        found = lists[at]
        place = bisect_right(found, order)
        if place < len(found):
            return found[place]
        return lists[at + 1][0] if at + 1 < len(lists) else None

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Order]:
        for found in self._lists:
            yield from found

    def _list_of(self, order: Order) -> int:
        """The number of the last list that begins with nothing larger, or 0: where it stands, or would."""
        lists = self._lists
        low, high = 0, len(lists)
        while high - low > 1:
            middle = (low + high) // 2
            if order < lists[middle][0]:
                high = middle
            else:
                low = middle
        return low
