"""What is wrong with some settings, said so that a person finds the place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from msgspec import Struct

Path = tuple[str | int, ...]
"""Where something stands: keys as the file writes them and places in lists, `("department", 0, "ring_seconds")`."""


class Problem(Struct, frozen=True):
    """One thing wrong; `record` names what it is in for people, `line` is 0 where no text is at hand."""

    path: Path
    record: str
    message: str
    line: int = 0

    @property
    def key(self) -> str:
        """The innermost key concerned, or "" if it is the document as a whole."""
        return next((part for part in reversed(self.path) if isinstance(part, str)), "")

    def describe(self) -> str:
        """Record and message, without the line."""
        return f"{self.record}: {self.message}" if self.record else self.message


class SettingsError(Exception):
    """Settings that cannot be used. Its text is one sentence: the line if known, the place, what is wrong there.

    `problems` holds everything found; message, line and key are those of the first.
    """

    def __init__(self, message: str, line: int = 0, key: str = "", *, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(message, line, key)
        self.message = message
        self.line = line
        self.key = key
        self.problems = problems

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Self:
        """The error for these problems (at least one). It speaks of the one highest up in the text, if any is in it."""
        ordered = tuple(sorted(problems, key=lambda problem: (problem.line == 0, problem.line)))
        first = ordered[0]
        return cls(first.describe(), first.line, first.key, problems=ordered)

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.message}{self._more()}"

    def _more(self) -> str:
        match len(self.problems):
            case 0 | 1:
                return ""
            case 2:
                return " (and 1 more problem)"
            case count:
                return f" (and {count - 1} more problems)"
