"""The invariants a run is held to, by their numbers, and what is said when one is broken."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from enum import StrEnum


class Invariant(StrEnum):
    """What must hold; the numbers are those of docs/architecture.md, "How we know"."""

    I1 = "I1"  # What was acknowledged is in the log, under its number.
    I2 = "I2"  # One name, one entry, one answer.
    I3 = "I3"  # Numbers are 1…n, and a number means the same to everybody, always.
    I4 = "I4"  # Each sender's messages stand in the order of sending.
    I5 = "I5"  # What a reader has is one unbroken run from where it stood.
    I6 = "I6"  # With nothing under way, everybody has everything.
    I7 = "I7"  # A conversation has one owner at most.
    I8 = "I8"  # An agent's slots are those of their holds, and never more are taken than there are.
    I9 = "I9"  # Versions and epochs only grow.
    I11 = "I11"  # Read marks only grow.
    I12 = "I12"  # Nobody reads what is not theirs.
    I14 = "I14"  # A snapshot with the later events is a fresh snapshot.


SENTENCES = {
    Invariant.I1: "what was acknowledged is in the log",
    Invariant.I2: "one name, one entry, one answer",
    Invariant.I3: "numbers are 1…n, and a number means the same to everybody",
    Invariant.I4: "each sender's messages stand in the order of sending",
    Invariant.I5: "a reader has one unbroken run from where they stood",
    Invariant.I6: "in the end everybody has everything",
    Invariant.I7: "a conversation has one owner at most",
    Invariant.I8: "slots are those of the holds and never exceeded",
    Invariant.I9: "versions and epochs only grow",
    Invariant.I11: "read marks only grow",
    Invariant.I12: "nobody reads what is not theirs",
    Invariant.I14: "a snapshot with the later events is a fresh snapshot",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """`at`: how many records of the history, from the first on, it takes to see it."""

    invariant: Invariant
    says: str
    at: int
    conversation: str = ""
    by: str = ""

    def __str__(self) -> str:
        return f"{self.invariant} ({SENTENCES[self.invariant]}) at record {self.at}: {self.says}"


class Findings:
    """What was found: the first ones in full, the rest counted."""

    MOST = 200

    def __init__(self) -> None:
        self._kept: list[Violation] = []
        self.count = 0

    def add(self, invariant: Invariant, says: str, *, at: int, conversation: str = "", by: str = "") -> None:
        self.count += 1
        if len(self._kept) < self.MOST:
            self._kept.append(Violation(invariant=invariant, says=says, at=at, conversation=conversation, by=by))

    def sorted(self) -> list[Violation]:
        """The shortest prefix first."""
        return sorted(self._kept, key=lambda each: each.at)


def numbers(violations: Iterable[Violation]) -> set[Invariant]:
    """Which invariants are broken."""
    return {each.invariant for each in violations}
