"""Every refusal is counted, and logged in few words: one line for each place, code and second, with their number.

Whoever floods the server does not flood its log. A line names the place (the endpoint of a socket, `upgrade`, `http`),
the code and one example, the session it happened in first or the origin that was refused; never what was asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import structlog

from server.wire.codes import ErrorCode

SUMMED_S: Final = 1.0

Later: TypeAlias = Callable[[float, Callable[[], None]], object]

_log = structlog.get_logger("refusals")


class Refusals:
    """All of this process. `later` calls after so many seconds (a loop's `call_later`)."""

    def __init__(self, later: Later | None = None) -> None:
        """Without `later` nothing is logged."""
        self._later = later
        self._counts: Counter[tuple[str, ErrorCode]] = Counter()
        self._unsaid: Counter[tuple[str, ErrorCode]] = Counter()
        self._examples: dict[tuple[str, ErrorCode], str] = {}

    @property
    def counts(self) -> Mapping[tuple[str, ErrorCode], int]:
        """By place and code, since the start."""
        return self._counts

    def note(self, where: str, code: ErrorCode, *, example: str = "") -> None:
        """An error reply leaves."""
        key = (where, code)
        self._counts[key] += 1
        if self._later is None:
            return
        if not self._unsaid:
            self._later(SUMMED_S, self._say)
        self._unsaid[key] += 1
        self._examples.setdefault(key, example)

    def _say(self) -> None:
        for (where, code), count in self._unsaid.items():
            _log.info("refused", where=where, code=code.value, count=count, example=self._examples[where, code])
        self._unsaid.clear()
        self._examples.clear()
