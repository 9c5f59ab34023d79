"""Waits where no formula fits: agents shared by several pools, and later arrivals that go first.

The line is rehearsed some times over: slots come free one after the other, each goes to the first in line who is in one
of its pools, people leave, and people with a head start arrive in between and are put where their key says. What is
drawn at random is only *which* of these happens next. The times between are integrated out: a step of a Markov chain
with the total rate r takes 1/r on average, with variance 1/r², so

    E W = E[sum of 1/r],  Var W = E[sum of 1/r²] + Var[sum of 1/r]

and few rehearsals do. Everybody in line is in the same ones (common random numbers), and the generator is seeded alike
each time, so that neighbours and successive estimates differ by what differs, not by luck.

Who leaves in a rehearsal no longer keeps others from a slot but waits on as a shadow: the wait that is told is the wait
of somebody who stays.
"""

from bisect import bisect_right, insort
from dataclasses import dataclass, replace
from itertools import accumulate
from math import log
from random import Random

from router.estimate.staff import Group
from router.estimate.stages import Moments

_NOBODY = 1 << 60
# Steps of all rehearsals together; how many rehearsals at least and at most.
_STEPS = 3_000
_FEWEST, _MOST = 12, 96
# So many steps for each that is expected, up to so many of these, one for each in line, and so many more are tried in
# one rehearsal while others come in between. It takes more only where nearly as many come as are served; the rest of it
# is then reckoned on average, and where as many come as are served, and for ever (strict head starts), it is this.
_TRIED, _TRIED_PEOPLE, _TRIED_MORE = 4, 600, 300
_ENDLESS_MS = 12 * 3_600_000.0
# So many rehearsals like that say enough.
_FEW_ENDLESS = 4
# In a longer line the spread of a wait is small beside it, and few rehearsals of the whole will do; the first of it
# are rehearsed by themselves: nobody behind them can make them wait.
_LONG = 600
_FRONT, _WHOLE_RUNS = 300, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who waits, by key, and what comes: rates are events each millisecond.

    Of each in line: `keys` (before now, in ms: larger is older), `pools`, `costs`, `there` (the chance to be there when
    their turn comes), `leaves` (may lose patience). `streams`: pool, head start and rate of those who come later.
    """

    keys: list[int]
    pools: list[int]
    costs: list[int]
    there: list[float]
    leaves: list[bool]
    groups: list[Group]
    streams: list[tuple[int, int, float]]
    leaving: float
    pool_count: int


def rehearse_line(scene: Scene, *, seed: int) -> list[Moments]:
    """`rehearse` at a bounded price: about 3,000 steps, and 4 for each in a long line."""
    people = len(scene.keys)
    if people <= _LONG:
        return rehearse(scene, runs=_runs(scene), seed=seed)
    front = replace(
        scene,
        keys=scene.keys[:_FRONT],
        pools=scene.pools[:_FRONT],
        costs=scene.costs[:_FRONT],
        there=scene.there[:_FRONT],
        leaves=scene.leaves[:_FRONT],
    )
    whole = rehearse(scene, runs=_WHOLE_RUNS, seed=seed)
    return rehearse(front, runs=_runs(front), seed=seed) + whole[_FRONT:]


def _runs(scene: Scene) -> int:
    return max(_FEWEST, min(_MOST, int(_STEPS / _expected(scene))))


def _expected(scene: Scene) -> float:
    """How many are served before everybody in line was: they themselves, and who comes in between."""
    youngest = scene.keys[-1]
    lasting = len(scene.keys) / sum(group.rate for group in scene.groups)
    coming = sum(rate * min(lasting, max(0, head_start - youngest)) for _, head_start, rate in scene.streams)
    return len(scene.keys) + coming


def rehearse(scene: Scene, *, runs: int, seed: int) -> list[Moments]:
    """Mean and variance (ms) of everybody's wait for a slot. Everybody's pool must be in a group."""
    people = len(scene.keys)
    sums = _Sums(people)
    shared = _Shared(scene)
    done = endless = 0
    while done < runs and endless < _FEW_ENDLESS:
        endless += _Run(shared, Random(seed * 8191 + done), sums).go()  # noqa: S311 - a rehearsal, not a secret
        done += 1
    return sums.moments(done)


class _Sums:
    """Over the rehearsals: of everybody's clock, its square, and the variance the clock hides."""

    __slots__ = ("hidden", "square", "time")

    def __init__(self, people: int) -> None:
        self.time = [0.0] * people
        self.square = [0.0] * people
        self.hidden = [0.0] * people

    def moments(self, runs: int) -> list[Moments]:
        found: list[Moments] = []
        for time, square, hidden in zip(self.time, self.square, self.hidden, strict=True):
            mean = time / runs
            found.append((mean, hidden / runs + max(square - time * mean, 0.0) / (runs - 1)))
        return found


class _Shared:
    """What all rehearsals of one scene share. A place is twice the number in line; who comes later stands between."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.people = len(scene.keys)
        self.before_now = [-key for key in scene.keys]  # ascending, as the line is
        self.queues: list[list[int]] = [[] for _ in range(scene.pool_count)]
        for number, pool in enumerate(scene.pools):
            self.queues[pool].append(2 * number)
        self.may_leave = [number for number in range(self.people) if scene.leaves[number]]
        self.unsure = [number for number in range(self.people) if scene.there[number] < 1.0]
        youngest = scene.keys[-1] if scene.keys else 0
        # A stream goes before the youngest until its head start is worth less than the youngest's seniority.
        until = sorted({head_start - youngest for _, head_start, _ in scene.streams if head_start > youngest})
        self.phases: list[tuple[float, list[tuple[int, int, float]], float]] = []
        for end in until:
            coming = [stream for stream in scene.streams if stream[1] - youngest >= end]
            self.phases.append((end, coming, sum(rate for _, _, rate in coming)))
        self.phases.append((float("inf"), [], 0.0))
        self.tries = int(_TRIED * min(_expected(scene), _TRIED_PEOPLE)) + self.people + _TRIED_MORE

    def comes(self, coming: list[tuple[int, int, float]], drawn: float, clock: float) -> tuple[int, int]:
        """Into which pool and where in line."""
        pool, head_start = coming[-1][:2]
        for among, starts, rate in coming:
            drawn -= rate
            if drawn < 0.0:
                pool, head_start = among, starts
                break
        return pool, 2 * bisect_right(self.before_now, clock - head_start) - 1


class _Run:
    """One rehearsal. `gone`: no longer keeps anybody from a slot (never there, left, or served)."""

    __slots__ = (
        "busy",
        "clock",
        "costs",
        "cumulative",
        "draw",
        "gone",
        "groups",
        "heads",
        "hidden",
        "left",
        "may_leave",
        "queues",
        "shared",
        "sums",
        "waiting",
    )

    def __init__(self, shared: _Shared, random: Random, sums: _Sums) -> None:
        scene = shared.scene
        self.shared = shared
        self.sums = sums
        self.draw = random.random
        self.queues = [[*queue, _NOBODY] for queue in shared.queues]
        self.heads = [0] * len(self.queues)
        self.gone = bytearray(shared.people)
        for number in shared.unsure:
            self.gone[number] = self.draw() >= scene.there[number]
        self.costs = scene.costs.copy()
        self.may_leave = shared.may_leave
        self.waiting = sum(1 for number in self.may_leave if not self.gone[number])
        self.left = shared.people
        self.clock = self.hidden = 0.0
        self._work(scene.groups)

    def _work(self, groups: list[Group]) -> None:
        self.groups = groups
        self.cumulative = list(accumulate(group.rate for group in groups))
        self.busy = self.cumulative[-1]

    def go(self) -> bool:
        """Until everybody has had their turn. True: others came for too long, and that was cut short."""
        draw, leaving = self.draw, self.shared.scene.leaving
        phases = iter(self.shared.phases)
        phase_end, coming, arriving = next(phases)
        tries = self.shared.tries
        while self.left:
            tries -= arriving > 0.0
            if tries < 0 and arriving:
                self.clock = phase_end = min(phase_end, self.clock + self._passed_for(arriving))
            while self.clock >= phase_end:
                phase_end, coming, arriving = next(phases)
            total = self.busy + arriving + leaving * self.waiting
            if arriving:  # until when they come is a matter of the clock
                self.clock -= log(1.0 - draw()) / total
            else:
                step = 1.0 / total
                self.clock += step
                self.hidden += step * step
            drawn = draw() * total
            if drawn < self.busy:
                self._serve(drawn)
            elif drawn < self.busy + arriving:
                self._come(coming, drawn - self.busy)
            elif self.waiting:
                self._leave()
        return tries < 0

    def _passed_for(self, arriving: float) -> float:
        """How much longer it takes on average to serve those in line because others come in between."""
        spare = self.busy - arriving
        return min(self.left * arriving / (self.busy * spare), _ENDLESS_MS) if spare > 0.0 else _ENDLESS_MS

    def _serve(self, drawn: float) -> None:
        """A slot of one group is free: for the first there, and the shadows before them note when."""
        group = self.groups[bisect_right(self.cumulative, drawn)] if len(self.groups) > 1 else self.groups[0]
        queues, heads, gone = self.queues, self.heads, self.gone
        while True:
            place, among = _NOBODY, -1
            for pool in group.pools:
                head = queues[pool][heads[pool]]
                if head < place:
                    place, among = head, pool
            if among < 0:
                if len(self.groups) > 1:
                    self._work([one for one in self.groups if one is not group])
                return
            number = place >> 1
            if place & 1 == 0 and not gone[number] and self.costs[number] > 1:
                self.costs[number] -= 1
                return
            heads[among] += 1
            if place & 1 or self._turn(number):
                return

    def _turn(self, number: int) -> bool:
        """Note the moment. False for a shadow: the slot goes on to the next."""
        sums, clock = self.sums, self.clock
        sums.time[number] += clock
        sums.square[number] += clock * clock
        sums.hidden[number] += self.hidden
        self.left -= 1
        if self.gone[number]:
            return False
        self.gone[number] = 1
        self.waiting -= self.shared.scene.leaves[number]
        return True

    def _come(self, coming: list[tuple[int, int, float]], drawn: float) -> None:
        pool, place = self.shared.comes(coming, drawn, self.clock)
        if place < 2 * self.shared.people and not _idle(pool, self.groups, self.shared.scene.groups):
            insort(self.queues[pool], place, lo=self.heads[pool])

    def _leave(self) -> None:
        while True:
            number = self.may_leave[int(self.draw() * len(self.may_leave))]
            if not self.gone[number]:
                break
        self.gone[number] = 1
        self.waiting -= 1
        if 4 * self.waiting < len(self.may_leave):
            self.may_leave = [one for one in self.may_leave if not self.gone[one]]


def _idle(pool: int, active: list[Group], groups: list[Group]) -> bool:
    """A group without anybody to serve takes whoever comes."""
    return len(active) < len(groups) and any(pool in group.pools and group not in active for group in groups)
