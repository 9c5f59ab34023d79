"""When something becomes due. Timers are data: an entry says only *look here then*; the record says what is true.

A deadline that moves later or vanishes is not searched for in the heap: its entry is checked against the record when
it comes up (`due_at`), and dropped or put back. So a message that restarts an idle timer costs a look-up, not a push.
"""

from collections.abc import Callable
from enum import IntEnum
from heapq import heapify, heappop, heappush, heapreplace


class Due(IntEnum):
    """What may become due, in the order in which things due at the same moment are done."""

    PAUSE = 1  # the rest after a restart is over
    GRACE = 2  # agent: gone now
    CONFIRM = 3  # conversation, agent: the ring was not confirmed
    AUTO_CONFIRM = 4  # conversation: the automatic assignment was not confirmed
    RING = 5  # conversation, agent: a directed offer is missed, a soft one counts a miss
    WRAP_UP = 6  # agent, conversation
    PLACE = 7  # conversation: the visitor has been away too long
    IDLE = 8  # conversation: ask, then close
    QUARANTINE = 9  # conversation
    # The rest only makes somebody takeable again, or not: no event, the clauses of §5.1 read the clock.
    BREATHING = 10  # agent
    REST = 11  # agent
    BLIP = 12  # conversation: the visitor no longer counts as being there
    LAPSE = 13  # conversation, agent: a refusal no longer excludes
    WIDEN = 14  # conversation: the next widening step has come
    WAVE = 15  # conversation, number of the wave: more agents may ring
    RESERVED = 16  # conversation: the reservation is over
    NOTICE = 17  # conversation, number of the wait message: it may have something to say


Key = tuple[Due, str, str]
NEVER = 1 << 63
DueAt = Callable[[Due, str, str], int | None]


class Deadlines:
    """A heap of moments to look at, at most one live entry for each key. `soonest`: the first moment, true or not."""

    __slots__ = ("_heap", "_looks", "soonest")

    def __init__(self) -> None:
        self._heap: list[tuple[int, Due, str, str]] = []
        self._looks: dict[Key, int] = {}
        self.soonest = NEVER

    def want(self, at: int, due: Due, one: str = "", two: str = "") -> None:
        """Look at this record at `at`, if not already earlier."""
        key, heap = (due, one, two), self._heap
        before = self._looks.get(key, NEVER)
        if at < before:
            self._looks[key] = at
            heappush(heap, (at, due, one, two))
            if before is not NEVER and len(heap) > 64 and len(heap) > 4 * len(self._looks):
                heap[:] = [(at, *key) for key, at in self._looks.items()]  # most have been replaced by earlier ones
                heapify(heap)
            self.soonest = heap[0][0]

    def next(self, due_at: DueAt, *, until: int = NEVER) -> int | None:
        """The moment of the next true deadline up to `until`; untrue entries on the way are put right."""
        heap, looks = self._heap, self._looks
        while heap and heap[0][0] <= until:
            at, due, one, two = heap[0]
            if looks.get((due, one, two)) == at:
                true = due_at(due, one, two)
                if true == at:
                    self.soonest = at
                    return at
                del looks[due, one, two]
                if true is not None and true > at:
                    looks[due, one, two] = true
                    heapreplace(heap, (true, due, one, two))
                    continue
            heappop(heap)
        self.soonest = heap[0][0] if heap else NEVER
        return None

    def pop(self, now: int, due_at: DueAt) -> Key | None:
        """Take the first that is due at `now`, or None."""
        return None if self.next(due_at, until=now) is None else self._forget_first()

    def wanted(self, due: Due, one: str, two: str) -> int | None:
        """When this record will be looked at (for the invariants)."""
        return self._looks.get((due, one, two))

    def clear(self) -> None:
        self._heap.clear()
        self._looks.clear()
        self.soonest = NEVER

    def __len__(self) -> int:
        return len(self._heap)

    def _forget_first(self) -> Key:
        heap, looks = self._heap, self._looks
        _, due, one, two = heappop(heap)
        del looks[due, one, two]
        self.soonest = heap[0][0] if heap else NEVER
        return (due, one, two)
