"""The conversations of a plan, one after the other.

Everything about a conversation (when it comes, of which class it is, how long it takes, how patient it is) is drawn
here, by its number and from a stream of its own for each property: it meets the same luck under every method and
setting, so that two runs differ by what was changed alone (common random numbers).
"""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, islice, repeat
from math import exp, log, sqrt
from random import Random

from router.lab.plan import Arrivals, Kind, Plan, Service

# at_ms, kind, service_ms, patience_ms, accept_ms, wrap_up_ms; -1: endless patience, drawn when it rings, as configured.
Arrival = tuple[int, int, int, int, int, int]

_BLOCK = 4096


def stream(seed: int, name: str) -> Random:
    """The generator of one property, whatever the others have drawn."""
    return Random(f"{seed} {name}")  # noqa: S311 - luck, no secret


def arrivals(plan: Plan) -> Iterator[Arrival]:
    """At most `plan.conversations`, in the order of their time."""
    found = _recorded(plan) if plan.arrivals.visits else _random(plan)
    return islice(found, plan.conversations)


def _random(plan: Plan) -> Iterator[Arrival]:
    return zip(
        moments(plan.arrivals, stream(plan.seed, "arrivals")),
        kinds(plan.kinds, stream(plan.seed, "classes")),
        services(plan.service, stream(plan.seed, "service")),
        patiences(plan.patience_ms, stream(plan.seed, "patience")),
        repeat(-1),
        repeat(-1),
        strict=False,
    )


def _recorded(plan: Plan) -> Iterator[Arrival]:
    drawn = services(plan.service, stream(plan.seed, "service"))
    left = patiences(plan.patience_ms, stream(plan.seed, "patience"))
    for visit, service_ms, more_ms in zip(plan.arrivals.visits, drawn, left, strict=False):
        patience_ms = visit.patience_ms
        if patience_ms is None:  # was served: at least as patient as that, and an exponential time is without memory
            patience_ms = -1 if more_ms < 0 else visit.waited_ms + more_ms
        yield (
            visit.at_ms,
            visit.kind,
            service_ms if visit.service_ms is None else visit.service_ms,
            patience_ms,
            -1 if visit.accept_ms is None else visit.accept_ms,
            -1 if visit.wrap_up_ms is None else visit.wrap_up_ms,
        )


def moments(arrivals: Arrivals, luck: Random) -> Iterator[int]:
    """A Poisson process: unit steps on the integral of the rate, read back as time. Ends where the rate stays 0."""
    spent = 0.0
    pieces = _pieces(arrivals)
    begin, end, rate, before = next(pieces)
    while True:
        for number in _unit_exponentials(luck):
            spent += number
            while spent > before + rate * (end - begin):
                before += rate * (end - begin)
                following = next(pieces, None)
                if following is None:
                    return
                begin, end, rate, _ = following
            yield round(begin + (spent - before) / rate)


def _pieces(arrivals: Arrivals) -> Iterator[tuple[float, float, float, float]]:
    """`(begin, end, rate, 0)` on and on."""
    starts = [start for start, _ in arrivals.pieces]
    rates = [rate for _, rate in arrivals.pieces]
    offset, period_ms = 0.0, arrivals.period_ms
    while True:
        ends = [*starts[1:], period_ms or float("inf")]
        for start, end, rate in zip(starts, ends, rates, strict=True):
            if rate == 0 and end == float("inf"):
                return
            yield offset + start, offset + end, rate, 0.0
        offset += period_ms


def _unit_exponentials(luck: Random) -> list[float]:
    draw = luck.random
    return [-log(1.0 - draw()) for _ in range(_BLOCK)]


def kinds(known: tuple[Kind, ...], luck: Random) -> Iterator[int]:
    """Of which class each is, by their shares."""
    if len(known) == 1:
        yield from repeat(0)
    bounds = list(accumulate(kind.share for kind in known))
    whole, draw = bounds[-1], luck.random
    while True:
        yield from [bisect_right(bounds, draw() * whole) for _ in range(_BLOCK)]


def services(service: Service, luck: Random) -> Iterator[int]:
    """How long each takes, in whole milliseconds."""
    mean_ms = service.mean_ms
    if service.distribution == "deterministic":
        yield from repeat(round(mean_ms))
    if service.distribution == "lognormal":
        variance = log(1.0 + service.cv * service.cv)
        centre, width, normal = log(mean_ms) - variance / 2, sqrt(variance), luck.gauss
        while True:
            yield from [round(exp(normal(centre, width))) for _ in range(_BLOCK)]
    while True:
        yield from [round(number * mean_ms) for number in _unit_exponentials(luck)]


def patiences(mean_ms: float | None, luck: Random) -> Iterator[int]:
    """How long each would wait, in whole milliseconds; -1: for ever."""
    if not mean_ms:
        yield from repeat(-1 if mean_ms is None else 0)
    while True:
        yield from [round(number * (mean_ms or 0.0)) for number in _unit_exponentials(luck)]
