"""First promises beside what became of them, and beside the queue-length oracle that knows the true rates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from statistics import fmean

from router import commands as c
from router.estimate import Estimator, Wait
from router.estimate.stages import Moments, quantiles
from router.lab.plan import Plan
from router.lab.promise import kept
from router.lab.run import run
from router.router import Router

BATCHES = 16
Oracle = Callable[[int], Moments]


@dataclass(slots=True, kw_only=True)
class Told:
    """`oracle`: mean and variance by the queue-length formula."""

    command: c.StartConversation
    promise: Wait
    oracle: Moments
    wait_ms: int = 0
    served: bool = False


class Judge:
    """Asks for everybody who has to wait, once the warm-up is over, at the moment they have come."""

    def __init__(self, router: Router, *, first: int, oracle: Oracle) -> None:
        self._router = router
        self._first = first
        self._oracle = oracle
        self._arriving: tuple[int, c.StartConversation] | None = None
        self.estimator = Estimator(router)
        self.told: dict[int, Told] = {}

    def arriving(self, number, command, now):  # noqa: ARG002 - a watcher's signature
        self._arriving = (number, command) if number >= self._first else None

    def happened(self, events):
        self.estimator.follow(events)

    def settled(self, now):
        if self._arriving is None:
            return
        (number, command), self._arriving = self._arriving, None
        queue = self._router.queue(command.conversation)
        promise = self.estimator.wait_of(command.conversation, now)
        if queue is not None and promise is not None:
            self.told[number] = Told(command=command, promise=promise, oracle=self._oracle(queue.place - 1))

    def waited(self, number, wait_ms, *, served):
        if number in self.told:
            self.told[number].wait_ms, self.told[number].served = wait_ms, served


def judged(plan: Plan, oracle: Oracle) -> list[Told]:
    judges: list[Judge] = []

    def watch(router: Router) -> Judge:
        judges.append(Judge(router, first=plan.warm_up, oracle=oracle))
        return judges[0]

    run(plan, watchers=[watch])
    return [judges[0].told[number] for number in sorted(judges[0].told)]


def queue_length(slots: int, mean_ms: float, patience_ms: float | None = None) -> Oracle:
    """QL (QLm with patience) with the true rates."""
    leaving = 1 / patience_ms if patience_ms else 0.0

    def moments(ahead: int) -> Moments:
        rates = [slots / mean_ms + each * leaving for each in range(ahead + 1)]
        return sum(1 / rate for rate in rates), sum(1 / rate**2 for rate in rates)

    return moments


def coverage(rows: list[Told], of: Callable[[Told], float]) -> tuple[float, float]:
    """The share of waits within what was promised (who left is censored), and its standard error by batches."""
    whole = _kept(rows, of)
    size = len(rows) // BATCHES
    parts = [_kept(rows[number * size : (number + 1) * size], of) for number in range(BATCHES)]
    centre = fmean(parts)
    return whole, sqrt(sum((part - centre) ** 2 for part in parts) / (BATCHES - 1) / BATCHES)


def _kept(rows: list[Told], of: Callable[[Told], float]) -> float:
    share = kept([(row.wait_ms, round(of(row)), row.served) for row in rows])
    assert share is not None
    return share


def p80(row: Told) -> float:
    return row.promise.p80_ms


def shown(row: Told) -> float:
    return row.promise.high_ms


def oracle_p80(row: Told) -> float:
    return quantiles(*row.oracle)[1]


def error_ratio(rows: list[Told]) -> float:
    """Squared error of the median as told, against that of the oracle's mean, among those who were served."""
    served = [row for row in rows if row.served]
    ours = fmean([(row.promise.p50_ms - row.wait_ms) ** 2 for row in served])
    return ours / fmean([(row.oracle[0] - row.wait_ms) ** 2 for row in served])
