"""Figures and their errors, against small examples done by hand and against what theory says."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import sqrt
from typing import Any, cast

import pytest

from router.lab.figures import figures
from router.lab.result import Result, error, gini
from router.lab.run import run
from router.lab.tally import LEFT, SERVED, Tally, batch_bounds
from router.model import Method
from tests.router.lab.plans import MINUTE_MS, plan


def counted(waits: list[int], ends: list[int], *, warm_up: int = 0) -> Tally:
    """A tally of nothing but these waits."""
    tally = Tally.of(replace(plan(conversations=len(waits)), warm_up=warm_up))
    for number, (wait, end) in enumerate(zip(waits, ends, strict=True)):
        tally.waits[number], tally.ends[number] = wait, end
    tally.came = len(waits)
    for _ in Result(tally).bounds:
        tally.mark(0)
    return tally


def test_figures_of_waits():
    ends = [SERVED, SERVED, SERVED, LEFT, SERVED]
    whole, _ = Result(counted([0, 10_000, 30_000, 60_000, 40_000], ends)).waits()
    assert whole["p_wait"] == 0.8
    assert whole["mean_s"] == 28
    assert whole["mean_waiting_s"] == 35
    assert whole["p50_s"] == 30
    assert whole["p90_s"] == pytest.approx(52)
    assert whole["within"] == {"20": 0.4, "30": 0.6, "60": 0.8}, "who left was not answered"


def test_who_leaves_at_once_had_to_wait():
    whole, _ = Result(counted([0, 0], [SERVED, LEFT])).waits()
    assert whole["p_wait"] == 0.5


def test_the_warm_up_is_not_counted():
    whole, _ = Result(counted([99_000] * 40 + [1_000] * 60, [SERVED] * 100, warm_up=40)).waits()
    assert whole["mean_s"] == 1


def test_nobody_is_no_number():
    result = figures(run(replace(plan(conversations=1), warm_up=0)))
    assert cast("dict[str, Any]", result["wait"])["mean_waiting_s"] is None
    assert cast("dict[str, Any]", result["se"])["wait"]["mean_s"] is None, "one batch knows nothing of its error"


def test_the_error_of_independent_numbers_is_the_textbook_one():
    """Alternating waits in equal batches, by hand: batches of mean 1 and 3 in turn, s = 1.016, / sqrt(32)."""
    waits = ([1_000] * 30 + [3_000] * 30) * 16
    _, errors = Result(counted(waits, [SERVED] * len(waits))).waits()
    assert errors["mean_s"] == pytest.approx(sqrt(32 / 31) / sqrt(32))


def test_error():
    assert error([1.0, None, 3.0]) == pytest.approx(1.0)
    assert error([1.0, None]) is None


@pytest.mark.parametrize(
    ("values", "expected"), [([1, 1, 1], 0), ([0, 0, 0], 0), ([0, 0, 3], 2 / 3), ([1, 3], 0.25), ([3, 1], 0.25)]
)
def test_gini(values: list[float], expected: float):
    assert gini(values) == pytest.approx(expected)


def test_batches_cover_what_is_counted():
    for conversations, warm_up in ((1, 0), (29, 0), (61, 0), (1000, 40), (100_000, 5_000)):
        bounds = batch_bounds(replace(plan(conversations=conversations), warm_up=warm_up))
        assert (bounds[0], bounds[-1]) == (warm_up, conversations)
        assert len(bounds) <= 33
        assert all(b - a >= 30 for a, b in pairwise(bounds)) or len(bounds) == 2


@pytest.mark.parametrize("method", [Method.RANDOM, Method.MAX_UTILIZATION])
def test_a_short_run_agrees_with_erlang_c(method: Method):
    """M/M/6 at 80 %: within four of its own standard errors. (The long runs are in docs/routing-proof.md.)"""
    result = run(replace(plan(method=method, rate_per_min=0.96, conversations=12_000, seed=2), warm_up=500))
    _agrees(figures(result), ("p_wait", "mean_s", "p95_s"))


def test_a_short_run_agrees_with_erlang_a():
    busy = replace(plan(rate_per_min=1.5, conversations=12_000, seed=2), patience_ms=3.0 * MINUTE_MS, warm_up=500)
    found = figures(run(busy))
    _agrees(found, ("p_wait", "mean_s", "p90_s"))
    _near(found["abandoned_share"], found["reference"], found["se"], "abandoned_share")
    _near(found["utilization"], found["reference"], found["se"], "utilization")


def _agrees(found: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        _near(found["wait"][name], found["reference"], found["se"]["wait"], name)


def _near(value: Any, reference: Any, errors: Any, name: str) -> None:
    assert 0 < errors[name] < 0.25 * value, f"{name}: an error so large would prove nothing"
    assert value == pytest.approx(reference[name], abs=4 * errors[name]), name
