"""How well the promises were kept: what was announced against what was realised, as plain numbers.

Who left before anyone answered is no answer and no failure: nobody knows how long it would have taken. They, and those
who still wait, are censored (Kaplan & Meier 1958) on the scale that makes promises comparable, waited / promised: with
r the ratio and S the estimated share of ratios beyond it, coverage is 1 - S(1). Counting only the answered would
flatter: the longest waits are the ones that people do not sit out.

Where the last known ratio is a censored one below 1, S(1) is not known and taken as S of the last answer: the coverage
is then at least the figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import inf

from server.store.rows import PromiseRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One group of promises.

    ``told`` = ``answered`` + ``left`` + ``otherwise`` (closed by the team, or moved by new settings) + ``waiting``.
    ``coverage_p80``: share answered within the unrounded p80 (meant: 0.8); ``coverage_p50``: within the p50 (0.5);
    ``hit_rate``: not later than the far end of the range as it was shown (meant: at least 0.8); leavers censored.
    ``bias_s``: mean of p50 minus realised, of the answered: above 0, too long was announced. As half of them should be
    longer than their median, and the long ones much longer, a perfect p50 has a bias somewhat below 0.
    ``rase``: mean squared error of the p50 over the squared mean wait, of the answered (0 is perfect, 1 is what the
    mean of exponential waits would get). None where there is nothing to judge.
    """

    told: int
    answered: int
    left: int
    otherwise: int
    waiting: int
    coverage_p80: float | None
    coverage_p50: float | None
    hit_rate: float | None
    bias_s: float | None
    rase: float | None


def judge(promises: Sequence[PromiseRow], *, now: int) -> Figures:
    """The figures of these promises; those without an end are still waiting at `now`."""
    realised = [(each.p50_ms, each.realised_ms) for each in promises if each.realised_ms is not None]
    ends = [each.ended for each in promises]
    left, waiting = ends.count("left"), ends.count(None)
    return Figures(
        told=len(promises),
        answered=len(realised),
        left=left,
        otherwise=len(promises) - len(realised) - left - waiting,
        waiting=waiting,
        coverage_p80=_within(promises, lambda each: each.p80_ms, now=now),
        coverage_p50=_within(promises, lambda each: each.p50_ms, now=now),
        hit_rate=_within(promises, lambda each: each.high_ms, now=now),
        bias_s=sum(p50 - wait for p50, wait in realised) / len(realised) / 1000 if realised else None,
        rase=_rase(realised),
    )


def by_department(promises: Iterable[PromiseRow], *, now: int) -> dict[str, Figures]:
    """The same for each department that promised something."""
    groups: dict[str, list[PromiseRow]] = {}
    for each in promises:
        groups.setdefault(each.department, []).append(each)
    return {department: judge(group, now=now) for department, group in groups.items()}


def _rase(realised: Sequence[tuple[int, int]]) -> float | None:
    total = sum(wait for _, wait in realised)
    if total == 0:
        return None
    return len(realised) * sum((p50 - wait) ** 2 for p50, wait in realised) / total**2


def _within(promises: Sequence[PromiseRow], promised: Callable[[PromiseRow], int], *, now: int) -> float | None:
    """The share that was answered within what was promised (Kaplan & Meier)."""
    # An answer comes before a leaving of the same ratio: the leaver was still there to be answered.
    ratios = sorted((_ratio(each, promised(each), now), each.realised_ms is None) for each in promises)
    at_risk, beyond, known = len(ratios), 1.0, False
    for ratio, censored in ratios:
        if ratio > 1:
            known = True
            break
        if not censored:
            beyond *= 1 - 1 / at_risk
            known = True
        at_risk -= 1
    return 1 - beyond if known else None


def _ratio(promise: PromiseRow, promised_ms: int, now: int) -> float:
    until = promise.realised_ms
    if until is None:
        until = max(0, (now if promise.ended_at is None else promise.ended_at) - promise.at)
    if promised_ms == 0:
        return 0.0 if until == 0 else inf
    return until / promised_ms
