"""One log of one conversation as it was told to anybody: what each number means (I3)."""

from __future__ import annotations

from array import array

# A number this far above all others was made up; room is not taken for it.
FAR = 1_000_000


def content(kind: str, role: str, sender: str, client_id: int, text: int, at: str) -> int:
    """What an entry says, as a number; the client_id and the text come as their hashes. Never 0."""
    return hash((kind, role, sender, client_id, text, at)) or 1


class Book:
    """Contents by number, and where each was told first: 16 bytes a message."""

    __slots__ = ("_contents", "_told_at")

    def __init__(self) -> None:
        self._contents = array("q")
        self._told_at = array("q")

    @property
    def top(self) -> int:
        """The largest number that anybody was told."""
        return len(self._contents)

    def tell(self, seq: int, said: int, at: int) -> str:
        """A number with its content. What is wrong, in words, or nothing."""
        if not 1 <= seq <= self.top + FAR:
            return f"{seq} is no number of an entry"
        if seq > self.top:
            missing = seq - self.top
            self._contents.frombytes(bytes(8 * missing))
            self._told_at.frombytes(bytes(8 * missing))
        known = self._contents[seq - 1]
        if known == 0:
            self._contents[seq - 1], self._told_at[seq - 1] = said, at
        elif known != said:
            return f"{seq} is told with another content than in record {self._told_at[seq - 1]}"
        return ""

    def stands(self, seq: int, said: int) -> int:
        """Where it was told otherwise than it stands in the database; 0: nowhere."""
        if seq > self.top or self._contents[seq - 1] in {0, said}:
            return 0
        return self._told_at[seq - 1]

    def told_at(self, seq: int) -> int:
        """Where a number was told first."""
        return self._told_at[seq - 1] if 1 <= seq <= self.top else 0

    def told_above(self, seq: int) -> tuple[int, int] | None:
        """The first number above `seq` that anybody was told, and where."""
        for number in range(seq + 1, self.top + 1):
            if self._contents[number - 1]:
                return number, self._told_at[number - 1]
        return None
