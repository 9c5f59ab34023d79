"""How well promised waits are kept, judged as DESIGN §5.8 says: the first promise made to each who has to wait.

Whoever leaves before being served would have waited longer than they did: their waits are censored, and the shares are
those of Kaplan and Meier (1958). To leave them out would flatter the promise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from statistics import fmean

from router import commands as c
from router import events as e
from router.estimate import Estimator
from router.lab.result import Figures
from router.model import ConversationId
from router.router import Router

_BATCHES = 20


@dataclass(slots=True, kw_only=True)
class _Promised:
    p50_ms: int
    p80_ms: int
    high_ms: int
    wait_ms: int = 0
    served: bool = False


class PromiseWatch:
    """Has one of every `every` conversations that come from number `first` on promised a wait, if it has to wait."""

    def __init__(self, router: Router, *, first: int, every: int) -> None:
        self._estimator = Estimator(router)
        self._first = first
        self._every = every
        self._asked: tuple[int, ConversationId] | None = None
        self._promised: dict[int, _Promised] = {}

    def arriving(self, number: int, command: c.StartConversation, now: int) -> None:  # noqa: ARG002
        """One to ask for, once it is in line."""
        if number >= self._first and (number - self._first) % self._every == 0:
            self._asked = (number, command.conversation)

    def happened(self, events: tuple[e.Event, ...]) -> None:
        """The estimator learns from everything."""
        self._estimator.follow(events)

    def settled(self, now: int) -> None:
        """Whoever arrived last and was not served at once is told now."""
        if self._asked is None:
            return
        (number, conversation), self._asked = self._asked, None
        wait = self._estimator.wait_of(conversation, now)
        if wait is not None:
            self._promised[number] = _Promised(p50_ms=wait.p50_ms, p80_ms=wait.p80_ms, high_ms=wait.high_ms)

    def waited(self, number: int, wait_ms: int, *, served: bool) -> None:
        """Its promise can be judged."""
        found = self._promised.get(number)
        if found is not None:
            found.wait_ms, found.served = wait_ms, served

    def figures(self) -> tuple[Figures, Figures]:
        """Coverage of the p80 and of the shown range, bias and error of the p50; and their standard errors."""
        rows = [self._promised[number] for number in sorted(self._promised)]
        if not rows:
            return {"told": 0}, {}
        size = max(1, len(rows) // _BATCHES)
        batches = [rows[start : start + size] for start in range(0, size * (len(rows) // size), size)]
        whole = _judge(rows)
        parts = [_judge(batch) for batch in batches]
        spread: Figures = {name: _error([part[name] for part in parts]) for name in whole if name != "told"}
        return {**whole}, spread


def _judge(rows: Sequence[_Promised]) -> dict[str, float | None]:
    served = [row for row in rows if row.served]
    mean_ms = fmean([row.wait_ms for row in served]) if served else 0.0
    errors = [row.p50_ms - row.wait_ms for row in served]
    return {
        "told": len(rows),
        "coverage_p80": kept([(row.wait_ms, row.p80_ms, row.served) for row in rows]),
        "coverage_shown": kept([(row.wait_ms, row.high_ms, row.served) for row in rows]),
        "bias_s": fmean(errors) / 1000 if errors else None,
        "rase": fmean([each * each for each in errors]) / mean_ms**2 if mean_ms else None,
    }


def kept(rows: Sequence[tuple[int, int, bool]]) -> float | None:
    """The share of promises kept among `(waited, promised, served)`: Kaplan-Meier of waited / promised at 1."""
    if not rows:
        return None
    ratios = sorted((waited / max(promised, 1), not served) for waited, promised, served in rows)
    at_risk, unserved = len(ratios), 1.0
    for ratio, tied in groupby(ratios, key=lambda row: row[0]):
        if ratio > 1.0:
            break
        gone = [censored for _, censored in tied]
        unserved *= 1.0 - gone.count(False) / at_risk
        at_risk -= len(gone)
    return 1.0 - unserved


def _error(parts: Sequence[float | None]) -> float | None:
    known = [part for part in parts if part is not None]
    if len(known) < 2:
        return None
    centre = fmean(known)
    return sqrt(sum((part - centre) ** 2 for part in known) / (len(known) - 1) / len(known))
