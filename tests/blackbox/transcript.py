"""What one client holds of one conversation: numbered entries, taken over exactly once and without gaps."""

from __future__ import annotations

from typing import Any

Frame = dict[str, Any]


class Transcript:
    """Entries by number. What arrives beyond a gap waits until the gap is filled."""

    def __init__(self) -> None:
        self.entries: dict[int, Frame] = {}
        self.last = 0
        self.beyond: dict[int, Frame] = {}
        self.gaps: list[str] = []
        self.contradictions: list[str] = []

    def page(self, entries: list[Frame]) -> None:
        """Entries out of a reply: they may be older than what is here, and the first of all may have any number."""
        for entry in sorted(entries, key=lambda entry: int(entry["seq"])):
            if self._known(entry):
                continue
            if not self.entries or entry["seq"] <= self.last + 1:
                self._apply(entry)
            else:
                self.beyond[entry["seq"]] = entry

    def live(self, entry: Frame) -> bool:
        """An entry as it happens; False if something before it is missing and history must be asked."""
        if self._known(entry):
            return True
        if entry["seq"] <= self.last + 1:
            self._apply(entry)
            return True
        if not self.beyond:
            self.gaps.append(f"{entry['seq']} after {self.last}")
        self.beyond[entry["seq"]] = entry
        return False

    def in_order(self) -> list[Frame]:
        return [self.entries[seq] for seq in sorted(self.entries)]

    def texts(self) -> list[str]:
        """Of the messages only: notices, joins and the like carry other texts."""
        return [entry["text"] for entry in self.in_order() if entry["kind"] == "message"]

    def _known(self, entry: Frame) -> bool:
        seq = entry["seq"]
        known = self.entries.get(seq) or self.beyond.get(seq)
        if known is not None and known != entry:
            self.contradictions.append(f"{entry['conversation']} {seq}: first {known}, then {entry}")
        return known is not None

    def _apply(self, entry: Frame) -> None:
        self.entries[entry["seq"]] = entry
        self.last = max(self.last, entry["seq"])
        while (follower := self.beyond.pop(self.last + 1, None)) is not None:
            self.last += 1
            self.entries[self.last] = follower
