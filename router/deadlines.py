"""When something becomes due. Timers are data: an entry says only *look here then*; the record says what is true.

A deadline that moves later or vanishes is not searched for in the heap: its entry is checked against the record when
it comes up (`due_at`), and dropped or put back. So a message that restarts an idle timer costs a look-up, not a push.
"""

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from heapq import heapify, heappop, heappush, heapreplace
from typing import Final, NewType


class Due(IntEnum):
    """What may become due, in the order in which things due at the same moment are done."""

    PAUSE = 1  # the rest after a restart is over
    GRACE = 2  # agent: gone now
    BOT_GONE = 3  # bot: gone now
    CONFIRM = 4  # conversation, agent: the ring was not confirmed
    AUTO_CONFIRM = 5  # conversation: the automatic assignment was not confirmed
    RING = 6  # conversation, agent: a directed offer is missed, a soft one counts a miss
    WRAP_UP = 7  # agent, conversation
    PLACE = 8  # conversation: the visitor has been away too long
    IDLE = 9  # conversation: ask, then close
    UNANSWERED = 10  # conversation: the bot has let the visitor wait too long
    QUARANTINE = 11  # conversation
    # The rest only makes somebody takeable again, or not: no event, the clauses of §5.1 read the clock.
    BREATHING = 12  # agent
    REST = 13  # agent
    BLIP = 14  # conversation: the visitor no longer counts as being there
    LAPSE = 15  # conversation, agent: a refusal no longer excludes
    WIDEN = 16  # conversation: the next widening step has come
    WAVE = 17  # conversation, number of the wave: more agents may ring
    RESERVED = 18  # conversation: the reservation is over
    NOTICE = 19  # conversation, number of the wait message: it may have something to say


# What is due, and whose record says when.
Key = NewType("Key", tuple[Due, str, str])
NEVER: Final = (1 << 62) - 1
DueAt = Callable[[Due, str, str], int | None]


class Deadlines:
    """A heap of moments to look at, at most one live entry for each key. `soonest`: the first moment, true or not.

    Beside it a row, for what is always due the same time later and never moves: there an entry is true or over.
    """

    __slots__ = ("_heap", "_looks", "_row", "soonest")

    def __init__(self) -> None:
        self._heap: list[tuple[int, Key]] = []
        self._looks: dict[Key, int] = {}
        self._row: deque[tuple[int, Key]] = deque()
        self.soonest = NEVER

    def want(self, at: int, due: Due, one: str = "", two: str = "") -> None:
        """Look at this record at `at`, if not already earlier."""
        key, heap = Key((due, one, two)), self._heap
        before = self._looks.get(key)
        if before is None or at < before:
            self._looks[key] = at
            heappush(heap, (at, key))
            if before is not None:
                self._tidy()
            self.soonest = min(self.soonest, at)

    def want_in_turn(self, at: int, due: Due, one: str, two: str) -> None:
        """The same for what comes in the order of its time and then is due, or never: no search, no second look."""
        row, entry = self._row, (at, Key((due, one, two)))
        if row and at <= row[-1][0] and entry < row[-1]:
            self.want(at, due, one, two)
        else:
            row.append(entry)
            self.soonest = min(self.soonest, at)

    def forget(self, due: Due, one: str = "", two: str = "") -> None:
        """The record is gone. Its entry would stay until it comes up, which may be long after."""
        if self._looks.pop(Key((due, one, two)), None) is not None:
            self._tidy()

    def next(self, due_at: DueAt, *, until: int = NEVER) -> int | None:
        """The moment of the next true deadline up to `until`; untrue entries on the way are put right."""
        heap, row = self._heap, self._row
        while heap or row:
            in_turn = self._row_is_first()
            at, key = row[0] if in_turn else heap[0]
            self.soonest = at
            if at > until:
                return None
            due, one, two = key
            if in_turn:
                if due_at(due, one, two) == at:
                    return at
                row.popleft()
            elif self._looks.get(key) != at:
                heappop(heap)
            else:
                true = due_at(due, one, two)
                if true == at:
                    return at
                self._correct(key, true if true is not None and true > at else None)
        self.soonest = NEVER
        return None

    def pop(self, now: int, due_at: DueAt) -> Key | None:
        """Take the first that is due at `now`, or None."""
        return None if self.next(due_at, until=now) is None else self._forget_first()

    def wanted(self, due: Due, one: str, two: str) -> int | None:
        """When this record will be looked at (for the invariants)."""
        key = Key((due, one, two))
        looks = [at for at, each in self._row if each == key]
        if key in self._looks:
            looks.append(self._looks[key])
        return min(looks, default=None)

    def clear(self) -> None:
        self._heap.clear()
        self._looks.clear()
        self._row.clear()
        self.soonest = NEVER

    def __len__(self) -> int:
        return len(self._heap) + len(self._row)

    def _tidy(self) -> None:
        """Once most entries have been replaced by earlier ones or forgotten, those that count are kept."""
        heap = self._heap
        if len(heap) > 64 and len(heap) > 4 * len(self._looks):
            heap[:] = [(at, key) for key, at in self._looks.items()]
            heapify(heap)

    def _row_is_first(self) -> bool:
        """Things due at the same moment go by their keys, wherever they stand."""
        if not self._row or not self._heap:
            return bool(self._row)
        at, key = self._row[0]
        other_at, other = self._heap[0]
        return at < other_at or (at == other_at and key < other)

    def _correct(self, key: Key, true: int | None) -> None:
        """The first of the heap is due later, or never."""
        if true is None:
            del self._looks[key]
            heappop(self._heap)
        else:
            self._looks[key] = true
            heapreplace(self._heap, (true, key))

    def _forget_first(self) -> Key:
        """The true one that `next` has found."""
        if self._row_is_first():
            _, key = self._row.popleft()
        else:
            _, key = heappop(self._heap)
            del self._looks[key]
        self.soonest = min(self._heap[0][0] if self._heap else NEVER, self._row[0][0] if self._row else NEVER)
        return key
