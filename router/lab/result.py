"""From counts to figures, each with its standard error.

A figure is computed once over all counted conversations. Its error comes from the same figure over equal batches, one
after the other in time: s / sqrt(batches) (the method of batch means). Conversations near each other meet the same
crowd, so their waits are no independent numbers; batches long against a busy spell nearly are. With few conversations
in a batch, or agents nearly always busy, errors come out too small.

A wait is the time from arrival until somebody accepted or the visitor left. `within` counts who was answered by then,
among all who came in.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import sqrt
from statistics import fmean, stdev

from router.lab.tally import REFUSED, SERVED, Mark, Tally, batch_bounds
from router.model import AgentId

Figures = dict[str, "float | Figures | None"]
WITHIN_S = (20, 30, 60)
_QUANTILES = ((0.5, "p50_s"), (0.9, "p90_s"), (0.95, "p95_s"))


class Result:
    """The figures of a run. `counted`: conversations after the warm-up; `bounds`: where the batches begin and end."""

    def __init__(self, tally: Tally) -> None:
        self.tally = tally
        self._everybody: tuple[Figures, Figures] | None = None  # worth remembering: they are sorted
        came = tally.came
        self.bounds = [bound for bound in batch_bounds(tally.plan) if bound < came] + [came]
        self.counted = came - self.bounds[0] if len(self.bounds) > 1 else 0

    # Conversations.

    def waits(self, chosen: Callable[[int], bool] | None = None) -> tuple[Figures, Figures]:
        """Figures and errors of the waits of all conversations, or of those of the chosen classes."""
        if chosen is None and self._everybody is not None:
            figures, mistakes = self._everybody
            return dict(figures), dict(mistakes)
        tally, spans = self.tally, list(zip(self.bounds, self.bounds[1:], strict=False))
        batches = [_sample(tally, range(begin, end), chosen) for begin, end in spans]
        everybody = [wait for batch in batches for wait in batch]
        whole = _wait_figures(everybody)
        mistakes = errors([_wait_figures(batch) for batch in batches], whole)
        if everybody:
            ordered = sorted(wait for wait, _ in everybody)
            mistakes |= {name: _quantile_error(ordered, batches, share) for share, name in _QUANTILES}
        if chosen is None:
            self._everybody = (dict(whole), dict(mistakes))
        return whole, mistakes

    def count(self, end: int, chosen: Callable[[int], bool] | None = None) -> int:
        """How many of the counted conversations ended so."""
        ends, kinds = self.tally.ends, self.tally.kinds
        numbers = range(self.bounds[0], self.bounds[-1])
        return sum(ends[number] == end and (chosen is None or chosen(kinds[number])) for number in numbers)

    # Agents.

    def agents(self) -> tuple[Figures, Figures]:
        """`occupancy` (slots used, times time, of the slots there) and `assigned` of each agent, by key."""
        figures: Figures = {}
        mistakes: Figures = {}
        for agent, desk in self.tally.desks.items():
            whole = self._desk(agent, self.tally.marks[:1] + self.tally.marks[-1:])
            parts = self._desk(agent, self.tally.marks)
            key = desk.settings.key
            figures[key] = {"occupancy": whole[0][0], "assigned": whole[0][1]}
            mistakes[key] = {"occupancy": error([share for share, _ in parts])}
        return figures, mistakes

    def utilization(self) -> tuple[float | None, float | None]:
        """Of all slots together."""
        marks = self.tally.marks
        parts = [_used(before, after) for before, after in _pairs(marks)]
        return (_used(marks[0], marks[-1]) if len(marks) > 1 else None), error(parts)

    def gini(self) -> tuple[float | None, float | None]:
        """How unequally the occupancy is spread: 0 is even, near 1 means that one does everything."""
        marks = self.tally.marks
        parts = [
            gini([_occupancy(before, after, agent) or 0.0 for agent in self.tally.desks])
            for before, after in _pairs(marks)
        ]
        ends = (marks[:1] + marks[-1:]) if len(marks) > 1 else []
        whole = [gini([_occupancy(one, two, agent) or 0.0 for agent in self.tally.desks]) for one, two in _pairs(ends)]
        return (whole[0] if whole else None), error(parts)

    def _desk(self, agent: AgentId, marks: Sequence[Mark]) -> list[tuple[float | None, int]]:
        return [
            (_occupancy(one, two, agent), two.areas[agent][2] - one.areas[agent][2]) for one, two in _pairs(marks)
        ] or [(None, 0)]


def _pairs(marks: Sequence[Mark]) -> Iterable[tuple[Mark, Mark]]:
    return pairwise(marks)


def _occupancy(before: Mark, after: Mark, agent: AgentId) -> float | None:
    one, two = before.areas[agent], after.areas[agent]
    return (two[0] - one[0]) / (two[1] - one[1]) if two[1] > one[1] else None


def _used(before: Mark, after: Mark) -> float | None:
    area = sum(after.areas[agent][0] - before.areas[agent][0] for agent in after.areas)
    capacity = sum(after.areas[agent][1] - before.areas[agent][1] for agent in after.areas)
    return area / capacity if capacity else None


def gini(values: Sequence[float]) -> float:
    """Of numbers that are not negative; 0 when all are 0."""
    total = sum(values)
    if not total:
        return 0.0
    count = len(values)
    weighted = sum((2 * rank - count - 1) * value for rank, value in enumerate(sorted(values), start=1))
    return weighted / (count * total)


# Waits.

_Wait = tuple[int, bool]  # milliseconds, served


def _sample(tally: Tally, numbers: range, chosen: Callable[[int], bool] | None) -> list[_Wait]:
    """The waits of those who came in."""
    waits, ends, kinds = tally.waits, tally.ends, tally.kinds
    if chosen is None:
        return [(waits[n], ends[n] == SERVED) for n in numbers if ends[n] != REFUSED]
    return [(waits[n], ends[n] == SERVED) for n in numbers if ends[n] != REFUSED and chosen(kinds[n])]


def _wait_figures(sample: list[_Wait]) -> Figures:
    count = len(sample)
    if not count:
        return _nobody()
    waits = sorted(wait for wait, _ in sample)
    waiting = [wait for wait, served in sample if wait or not served]
    figures: Figures = {
        "p_wait": len(waiting) / count,
        "mean_s": fmean(waits) / 1000,
        "mean_waiting_s": fmean(waiting) / 1000 if waiting else None,
    }
    figures |= {name: _quantile(waits, share) / 1000 for share, name in _QUANTILES}
    answered = [wait for wait, served in sample if served]
    figures["within"] = {str(limit_s): sum(wait <= limit_s * 1000 for wait in answered) / count for limit_s in WITHIN_S}
    figures["served"] = len(answered) / count
    return figures


def _nobody() -> Figures:
    names = ("p_wait", "mean_s", "mean_waiting_s", *(name for _, name in _QUANTILES))
    figures: Figures = dict.fromkeys(names)
    figures["within"] = {str(limit_s): None for limit_s in WITHIN_S}
    figures["served"] = None
    return figures


def _quantile(ordered: Sequence[int], share: float) -> float:
    """Between the two nearest."""
    position = share * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


# Errors.


def _quantile_error(ordered: Sequence[int], batches: Sequence[Sequence[_Wait]], share: float) -> float | None:
    """Of a quantile q: the error of the share below q, over the density at q (quantiles of batches are biased)."""
    quantile = _quantile(ordered, share)
    below = error(fmean(wait <= quantile for wait, _ in batch) for batch in batches if batch)
    if below is None:
        return None
    near = (1.0 - share) / 2
    width = _quantile(ordered, share + near) - _quantile(ordered, share - near)
    return below * width / (2 * near) / 1000


def error(parts: Iterable[float | None]) -> float | None:
    """The standard error of a figure, from the same figure of each batch."""
    known = [part for part in parts if part is not None]
    return stdev(known) / sqrt(len(known)) if len(known) > 1 else None


def errors(parts: Sequence[Figures], shape: Figures) -> Figures:
    """The same for a tree of figures."""
    found: Figures = {}
    for name, value in shape.items():
        each = [part[name] for part in parts]
        if isinstance(value, dict):
            found[name] = errors([one for one in each if isinstance(one, dict)], value)
        else:
            found[name] = error(one for one in each if not isinstance(one, dict))
    return found


def passed_over(tally: Tally) -> int:
    """The most often that a free agent was passed over in a row."""
    return tally.longest_skip
