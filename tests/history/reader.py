"""What one client has of each log, by the protocol's own rules: drop what is known, take the next, keep what lies
beyond a gap until it is filled (I5, I6); and the versions, slots and read marks it was told (I8, I9, I11).
"""

from __future__ import annotations

from tests.history.record import Heard, Identified, Identifying, Log, Read, Slots, Withheld

Place = tuple[str, str]  # conversation, log


class Shelf:
    """Of one log: the unbroken run up to `last`, and what lies beyond a gap."""

    __slots__ = ("beyond", "first", "last")

    def __init__(self) -> None:
        self.first = 0
        self.last = 0
        self.beyond: set[int] = set()

    def take(self, seq: int) -> None:
        if self.last == 0:
            self.first = self.last = seq
        elif seq == self.last + 1:
            self.last = seq
        elif seq > self.last:
            self.beyond.add(seq)
        else:
            self.first = min(self.first, seq)
        while self.beyond and self.last + 1 in self.beyond:
            self.last += 1
            self.beyond.discard(self.last)


class Reader:
    """One client across its connections. Its methods return what is wrong, in words, or nothing."""

    def __init__(self, by: str) -> None:
        self.by = by
        self.line = 0
        self.person = ""
        self.role = ""
        self.supervises = False
        self.open = False
        self.shelves: dict[Place, Shelf] = {}
        self._asked: Identifying | None = None
        self._asked_v = 0
        self._expected: dict[Place, int] = {}
        self._marks: dict[tuple[str, str], int] = {}
        self._slots: dict[str, tuple[int, int]] = {}

    def connected(self, line: int) -> None:
        self.line = line
        self.open = False
        self._expected.clear()
        self._marks.clear()

    @property
    def asked_epoch(self) -> str:
        """Of the positions it came with; empty: it came with none."""
        return "" if self._asked is None else self._asked.epoch

    def identifying(self, asked: Identifying, newest_v: int) -> None:
        """`newest_v`: the largest version that anybody was told before."""
        self._asked, self._asked_v = asked, newest_v

    def identified(self, told: Identified) -> str:
        """I9: a fresh snapshot is not older than what was known. Prepares what must be missed, and in what order."""
        self.person, self.role, self.supervises = told.person, told.role, told.supervises
        self.open = True
        self._expected.clear()
        if told.reset:
            self.shelves.clear()
        for conversation in told.dropped:
            self.shelves.pop((conversation, "entry"), None)
            self.shelves.pop((conversation, "note"), None)
        if self._asked is not None and not told.reset:
            logs: tuple[tuple[Log, dict[str, int]], ...] = (("entry", self._asked.entries), ("note", self._asked.notes))
            for log, positions in logs:
                for conversation, seq in positions.items():
                    if conversation not in told.dropped:
                        self._expected[conversation, log] = seq + 1
        if told.v < self._asked_v:
            return f"the snapshot is of version {told.v}, but {self._asked_v} had been told before it was asked for"
        return ""

    def heard(self, told: Heard) -> str:
        """I5: what was missed follows the position without a hole, and each list is in order."""
        place = (told.conversation, told.log)
        wrong = ""
        if told.way == "missed":
            expected = self._expected.get(place, told.seq)
            if told.seq != expected:
                wrong = f"after the position {expected - 1} of {told.conversation} comes {told.seq} ({told.log})"
            self._expected[place] = told.seq + 1
        shelf = self.shelves.get(place)
        if shelf is None:
            shelf = self.shelves[place] = Shelf()
        shelf.take(told.seq)
        return wrong

    def withheld(self, told: Withheld) -> None:
        """Who had a conversation and passed it on before a gap was filled does not get it filled any more (I5)."""
        for log in ("entry", "note"):
            shelf = self.shelves.get((told.conversation, log))
            if shelf is not None:
                shelf.beyond.clear()

    def last(self, place: Place) -> int:
        """Up to where the run goes; 0: nothing was heard of it."""
        shelf = self.shelves.get(place)
        return 0 if shelf is None else shelf.last

    def holes(self) -> list[tuple[Place, str]]:
        """I5, with nothing under way: what still lies beyond a gap."""
        return [
            (place, f"has {shelf.last} and {min(shelf.beyond)} of {place[0]}, nothing between ({place[1]})")
            for place, shelf in self.shelves.items()
            if shelf.beyond
        ]

    def marked(self, read: Read) -> str:
        """I11."""
        key = (read.conversation, read.reader)
        before = self._marks.get(key, 0)
        self._marks[key] = max(before, read.seq)
        if read.seq < before:
            return f"{read.reader} has seen {read.seq} of {read.conversation}, and {before} before"
        return ""

    def counted(self, slots: Slots) -> str:
        """I8: never more than there are, unless their number was lowered below what was taken."""
        used, _ = self._slots.get(slots.agent, (0, 0))
        self._slots[slots.agent] = (slots.used, slots.limit)
        if slots.used > slots.limit and slots.used > used:
            return f"{slots.agent} takes {slots.used} of {slots.limit} slots, and took {used} before"
        return ""
