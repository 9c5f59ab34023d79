"""What one person sent from one client, and what it was told of it: I1 (with the database), I2 and I4.

A message costs some 150 bytes here: the texts themselves are not kept.
"""

from __future__ import annotations

from array import array

from tests.history.record import Acked, Refused, Said

# Not "no" but "not now": the client sends the same again.
RETRYABLE = frozenset({"unavailable", "rate_limited", "internal"})
# The name was taken by another text: nothing is said about the first one.
OF_ANOTHER = "client_id_conflict"
_LOGS = {"note.add": "note"}


def log_of(do: str) -> str:
    """Where a request of this verb leaves its text."""
    return _LOGS.get(do, "entry")


class Outbox:
    """Messages by their place in the order of first sending, across all conversations."""

    def __init__(self, by: str, person: str, role: str) -> None:
        self.by = by
        self.person = person
        self.role = role
        self.places: dict[int, int] = {}
        self.texts = array("q")
        self.said_at = array("q")
        self.numbers = array("q")  # acknowledged; 0: not (yet)
        self.times = array("q")
        self.acked_at = array("q")
        self.found = bytearray()
        self.named: dict[int, str] = {}  # the conversation of a start, by place
        self.reworded: set[int] = set()
        self.refused: dict[int, str] = {}
        self._newest: dict[tuple[str, str], tuple[int, int]] = {}

    def say(self, said: Said, text: int, at: int) -> None:
        """One more attempt, or the first."""
        key = hash((said.conversation, log_of(said.do), said.client_id))
        place = self.places.get(key)
        if place is None:
            self.places[key] = len(self.texts)
            self.texts.append(text)
            self.said_at.append(at)
            self.numbers.append(0)
            self.times.append(0)
            self.acked_at.append(0)
            self.found.append(0)
        elif self.texts[place] != text:
            self.reworded.add(place)

    def place(self, conversation: str, log: str, client_id: str) -> int | None:
        """Where it stands in the order of sending: by its conversation, or as a start that led there."""
        found = self.places.get(hash((conversation, log, client_id)))
        return self.places.get(hash(("", log, client_id))) if found is None else found

    def ack(self, acked: Acked, place: int, at: int) -> str:
        """I2: the same answer each time, and never after a no. What is wrong, in words, or nothing."""
        if place in self.refused and place not in self.reworded:
            return f"{acked.client_id} was refused as {self.refused[place]}, and then acknowledged"
        time = hash((acked.at, acked.became))
        if self.acked_at[place] and (self.numbers[place], self.times[place]) != (acked.seq, time):
            return f"{acked.client_id} was acknowledged as {self.numbers[place]}, and again as {acked.seq}, {acked.at}"
        if not self.acked_at[place]:
            self.numbers[place], self.times[place], self.acked_at[place] = acked.seq, time, at
            if acked.became:
                self.named[place] = acked.became
        return ""

    def refuse(self, refused: Refused, place: int) -> str:
        """I2: no is not said of what was acknowledged. What is wrong, in words, or nothing."""
        if refused.code in RETRYABLE or refused.code == OF_ANOTHER or place in self.reworded:
            return ""
        if self.acked_at[place]:
            return f"{refused.client_id} was acknowledged, and then refused as {refused.code}"
        self.refused.setdefault(place, refused.code)
        return ""

    def forget(self) -> None:
        """What was answered: the server was set back to an earlier state, and says so to its clients."""
        for place in range(len(self.texts)):
            self.numbers[place] = self.times[place] = self.acked_at[place] = 0
        self.refused.clear()
        self.named.clear()
        self._newest.clear()

    def in_order(self, acked: Acked, place: int) -> str:
        """I4, as far as the answers tell: later sent, larger number. What is wrong, in words, or nothing."""
        log = (acked.conversation, log_of(acked.do))
        newest, number = self._newest.get(log, (-1, 0))
        if place > newest:
            self._newest[log] = (place, acked.seq)
        if (place > newest) == (acked.seq > number) or place == newest:
            return ""
        first, then = ("after", "before") if place > newest else ("before", "after")
        return f"{acked.client_id} was sent {first} what stands as {number}, and stands {then} it, as {acked.seq}"
