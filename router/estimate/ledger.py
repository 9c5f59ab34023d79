"""The running account of one department: what happened in it and for how long it could have, see `learned`."""

from math import sqrt

from router.estimate.learned import LearnedDepartment, Rate, Stream
from router.model import DepartmentId, Needs

_DAY_MS = 86_400_000.0
# Forgetting: service and leaving change with the season and the staff, arrivals with the hour.
_SERVICE_MEMORY, _SERVICE_MS = 500.0, 14 * _DAY_MS
_LEAVING_MEMORY, _LEAVING_MS = 300.0, 14 * _DAY_MS
_ARRIVALS_MS = (240_000.0, 900_000.0, 3_600_000.0)
_RING_MEMORY = 200.0
_STREAM_MEMORY = 300.0
_STREAMS = 32
_FOREVER = float("inf")
# Of an arrival rate: no less than this is the time it is counted over.
_ARRIVALS_AT_LEAST_MS = 60_000.0
# A longer memory of arrivals is believed while a shorter one is off by no more than so many standard deviations.
_AGREES = 2.0
# How much the service rate of all times counts against that of the times when somebody waits.
_CALM = 30.0

# Before anything was seen, and how many events that is worth.
SERVICE_PRIOR_MS, SERVICE_PRIOR = 480_000.0, 4.0
PATIENCE_PRIOR_MS, PATIENCE_PRIOR = 1_800_000.0, 1.0
RING_PRIOR_MS, RING_PRIOR = 5_000.0, 4.0
_RETURN_PRIOR, _ABSENCES_PRIOR = 1.0, 3.0
# How much what the whole workspace has seen counts in a department.
_SHARED = 10.0

StreamKey = tuple[Needs, int]


class Ledger:
    """What is known of one department."""

    __slots__ = (
        "absences",
        "arrivals",
        "department",
        "leaving",
        "pressed",
        "returns",
        "rings",
        "rung_ms",
        "rung_ms2",
        "service",
        "streams",
    )

    def __init__(self, department: DepartmentId, at: int) -> None:
        self.department = department
        self.service = Rate(at, horizon_ms=_SERVICE_MS, memory=_SERVICE_MEMORY)
        self.pressed = Rate(at, horizon_ms=_SERVICE_MS, memory=_SERVICE_MEMORY)
        self.leaving = Rate(at, horizon_ms=_LEAVING_MS, memory=_LEAVING_MEMORY)
        self.arrivals = tuple(Rate(at, horizon_ms=horizon_ms, memory=_FOREVER) for horizon_ms in _ARRIVALS_MS)
        for rate in self.arrivals:
            rate.level = 1
        self.returns = self.absences = 0.0
        self.rings = self.rung_ms = self.rung_ms2 = 0.0
        self.streams: dict[StreamKey, float] = {}

    @classmethod
    def resumed(cls, known: LearnedDepartment, at: int) -> "Ledger":
        ledger = cls(known.department, at)
        ledger.service.count, ledger.service.exposure = known.completions, known.occupied_ms
        ledger.pressed.count, ledger.pressed.exposure = known.pressed, known.pressed_ms
        ledger.leaving.count, ledger.leaving.exposure = known.leavings, known.waited_ms
        for rate, (count, exposure_ms) in zip(ledger.arrivals, known.arrivals, strict=False):
            rate.count, rate.exposure = count, exposure_ms
        ledger.returns, ledger.absences = known.returns, known.absences
        ledger.rings, ledger.rung_ms, ledger.rung_ms2 = known.rings, known.rung_ms, known.rung_ms2
        ledger.streams = {(stream.needs, stream.head_start_ms): stream.weight for stream in known.streams}
        return ledger

    def learned(self) -> LearnedDepartment:
        return LearnedDepartment(
            department=self.department,
            completions=self.service.count,
            occupied_ms=self.service.exposure,
            pressed=self.pressed.count,
            pressed_ms=self.pressed.exposure,
            leavings=self.leaving.count,
            waited_ms=self.leaving.exposure,
            returns=self.returns,
            absences=self.absences,
            rings=self.rings,
            rung_ms=self.rung_ms,
            rung_ms2=self.rung_ms2,
            arrivals=tuple((rate.count, rate.exposure) for rate in self.arrivals),
            streams=tuple(
                Stream(needs=needs, head_start_ms=head_start_ms, weight=weight)
                for (needs, head_start_ms), weight in self.streams.items()
            ),
        )

    def advance(self, at: int) -> None:
        for rate in (self.service, self.pressed, self.leaving, *self.arrivals):
            rate.advance(at)

    def expose(self, at: int, *, slots: int, waiting: int) -> None:
        """From now on so many more slots are taken, and so many more people wait (or fewer)."""
        if slots:
            self.service.expose(at, slots)
        if waiting:
            self.leaving.expose(at, waiting)
        taken_while_waiting = self.service.level if self.leaving.level else 0
        if taken_while_waiting != self.pressed.level:
            self.pressed.expose(at, taken_while_waiting - self.pressed.level)

    def completed(self, at: int, cost: int) -> None:
        """So many slots have come free for somebody else."""
        self.service.happened(at, cost)
        if self.leaving.level:
            self.pressed.happened(at, cost)

    def entered(self, at: int, needs: Needs, head_start_ms: int) -> None:
        """Somebody came into the line with so much seniority."""
        for rate in self.arrivals:
            rate.happened(at)
        kept = 1.0 - 1.0 / _STREAM_MEMORY
        streams = self.streams
        for one in streams:
            streams[one] *= kept
        key = (needs, head_start_ms)
        streams[key] = streams.get(key, 0.0) + 1.0
        if len(streams) > _STREAMS:
            del streams[min(streams, key=lambda one: streams[one])]

    def rang(self, ms: int) -> None:
        """A conversation was accepted after its offers rang for so long."""
        kept = 1.0 - 1.0 / _RING_MEMORY
        self.rings = self.rings * kept + 1.0
        self.rung_ms = self.rung_ms * kept + ms
        self.rung_ms2 = self.rung_ms2 * kept + float(ms) * ms

    # What follows from it.

    def ring(self) -> tuple[float, float]:
        """Mean and variance of the time from a free slot to the acceptance."""
        rings = self.rings + RING_PRIOR
        mean = (self.rung_ms + RING_PRIOR * RING_PRIOR_MS) / rings
        square = (self.rung_ms2 + RING_PRIOR * 2.0 * RING_PRIOR_MS * RING_PRIOR_MS) / rings
        return mean, max(square - mean * mean, 0.0)

    def returning(self) -> float:
        """The share of those who are away that come back in time."""
        return (self.returns + _RETURN_PRIOR) / (self.absences + _ABSENCES_PRIOR)

    def pace(self, whole: float) -> float:
        """Completions of a taken slot when somebody waits, when agents are full and may be slower than else."""
        usual = own(self.service, whole)
        return (self.pressed.count + _CALM) / (self.pressed.exposure + _CALM / usual)

    def arriving_rate(self) -> float:
        """By the longest memory with which all shorter ones agree (Lepski): steady while it is steady, quick else."""
        for index in range(len(self.arrivals) - 1, 0, -1):
            known = self.arrivals[index]
            rate = known.count / max(known.exposure, _ARRIVALS_AT_LEAST_MS)
            if all(_agrees(shorter, rate) for shorter in self.arrivals[:index]):
                return rate
        shortest = self.arrivals[0]
        return shortest.count / max(shortest.exposure, _ARRIVALS_AT_LEAST_MS)

    def arriving(self) -> list[tuple[Needs, int, float]]:
        """Needs, head start and rate (each millisecond) of those who come."""
        whole = sum(self.streams.values())
        if not whole:
            return []
        rate = self.arriving_rate()
        return [(needs, head_start, rate * weight / whole) for (needs, head_start), weight in self.streams.items()]


def _agrees(recent: Rate, rate: float) -> bool:
    """A count that is forgotten exponentially has half the variance of its mean."""
    expected = rate * recent.exposure
    return abs(recent.count - expected) <= _AGREES * sqrt(expected / 2.0) + 1.0


def shared(rates: list[Rate], prior_ms: float, prior: float) -> float:
    """The rate of the whole workspace, shrunk to one in `prior_ms`, which is worth `prior` events."""
    count, exposure = sum(rate.count for rate in rates), sum(rate.exposure for rate in rates)
    return (count + prior) / (exposure + prior * prior_ms)


def own(rate: Rate, whole: float) -> float:
    """The rate of one department, shrunk to that of the whole workspace."""
    return (rate.count + _SHARED) / (rate.exposure + _SHARED / whole)
