"""What whoever watches over the server is told in numbers: lines, promises, rules that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from router import events, model
from server.clock import Clock
from server.desk.engine import Engine, Told
from server.desk.promises import DepartmentFigures, Promises

WINDOW_S = 86_400
_PENDING = model.OfferState.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class LineGauge:
    """One department's line now. ``oldest_wait_s``: of the first in it, 0 when nobody waits."""

    department: str
    waiting: int
    oldest_wait_s: float
    serving: bool


class Gauges:
    """Reads of what is known already; `told` listens to commits."""

    def __init__(
        self, *, engine: Engine, clock: Clock, promises: Promises, rule_failures: Callable[[], Mapping[str, int]]
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._promises = promises
        self.rule_failures = rule_failures
        self._made: Counter[str] = Counter()
        self._ended: Counter[str] = Counter({end.value: 0 for end in model.OfferState if end is not _PENDING})

    def told(self, told: Told) -> None:
        """A commit."""
        for event in told.events:
            if isinstance(event, events.WaitPromised):
                self._made[told.directory.department_named(event.department).key] += 1
            elif isinstance(event, events.OfferEnded):
                self._ended[event.end.value] += 1

    def promises_made(self) -> Mapping[str, int]:
        """By department (key), since the server started."""
        return self._made

    def offers_ended(self) -> Mapping[str, int]:
        """By how they ended, since the server started."""
        return self._ended

    def lines(self) -> list[LineGauge]:
        """Every department's line."""
        now = self._clock.now()
        return [self._line(department, now) for department in self._engine.directory.departments]

    def _line(self, department: str, now: int) -> LineGauge:
        view = self._engine.router.queues(model.DepartmentId(department))
        return LineGauge(
            department=self._engine.directory.departments[department].settings.key,
            waiting=view.waiting,
            oldest_wait_s=0.0 if view.oldest_at is None else max(0, now - view.oldest_at) / 1000,
            serving=self._engine.router.serving(model.DepartmentId(department)),
        )

    async def kept(self) -> tuple[DepartmentFigures, ...]:
        """How each department kept what it promised in the last 24 hours. Raises `StoreUnavailable`."""
        report = await self._promises.report(WINDOW_S)
        return tuple(each for each in report.departments if each.key)
