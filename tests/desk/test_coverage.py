"""What was announced against what was realised, in numbers computed by hand."""

from __future__ import annotations

import random
from dataclasses import replace
from math import log
from typing import Any

import pytest

from server.desk.coverage import Figures, by_department, judge
from server.store.rows import PromiseRow

NOW = 10_000_000
MADE = PromiseRow(
    conversation="c",
    line_entry=1,
    department="d_1",
    at=NOW - 1_000_000,
    place=1,
    low_ms=60_000,
    high_ms=120_000,
    p50_ms=50_000,
    p80_ms=100_000,
)


def answered(wait_ms: int, **more: Any) -> PromiseRow:
    return replace(MADE, ended="assigned", ended_at=MADE.at + wait_ms, realised_ms=wait_ms, **more)


def left(after_ms: int, ended: str = "left") -> PromiseRow:
    return replace(MADE, ended=ended, ended_at=MADE.at + after_ms)


def waiting(for_ms: int) -> PromiseRow:
    return replace(MADE, at=NOW - for_ms)


def test_nothing_to_judge():
    assert judge([], now=NOW) == Figures(
        told=0,
        answered=0,
        left=0,
        otherwise=0,
        waiting=0,
        coverage_p80=None,
        coverage_p50=None,
        hit_rate=None,
        bias_s=None,
        rase=None,
    )


def test_without_leavers_it_is_the_share_within():
    found = judge([answered(each) for each in (40_000, 100_000, 110_000, 130_000)], now=NOW)
    assert (found.told, found.answered, found.left, found.otherwise, found.waiting) == (4, 4, 0, 0, 0)
    assert found.coverage_p50 == pytest.approx(1 / 4)
    assert found.coverage_p80 == pytest.approx(2 / 4), "as long as promised is within"
    assert found.hit_rate == pytest.approx(3 / 4)
    # 50 - (40 + 100 + 110 + 130) / 4
    assert found.bias_s == pytest.approx(-45)
    # (10² + 50² + 60² + 80²) / 4 over 95²
    assert found.rase == pytest.approx((100 + 2500 + 3600 + 6400) / 4 / 95**2)


def test_who_leaves_is_no_answer_and_no_failure():
    # Ratios of the p80: answered .2, left .5, answered .8, answered 1.3.
    # S(1) = 3/4 · 1/2: the leaver counts among those at risk until .5 only.
    found = judge([answered(20_000), left(50_000), answered(80_000), answered(130_000)], now=NOW)
    assert found.coverage_p80 == pytest.approx(1 - 3 / 4 * 1 / 2)
    assert (found.left, found.answered) == (1, 3)
    # Among the answered alone it would be 2/3, as if nobody had left.


def test_who_still_waits_is_censored_now():
    assert judge([answered(20_000), waiting(50_000)], now=NOW).coverage_p80 == pytest.approx(1 / 2)
    assert judge([answered(20_000), waiting(150_000)], now=NOW).coverage_p80 == pytest.approx(1 / 2)
    assert judge([waiting(50_000), answered(80_000)], now=NOW).coverage_p80 == pytest.approx(1)
    assert judge([waiting(50_000)], now=NOW).waiting == 1


@pytest.mark.parametrize("ended", ["closed", "moved"])
def test_what_ended_otherwise_is_censored_too(ended: str):
    found = judge([left(50_000, ended), answered(80_000)], now=NOW)
    assert (found.otherwise, found.left) == (1, 0)
    assert found.coverage_p80 == pytest.approx(1)


def test_an_answer_comes_ahead_of_a_leaving_at_the_same_moment():
    assert judge([left(80_000), answered(80_000)], now=NOW).coverage_p80 == pytest.approx(1 / 2)


def test_leavers_alone_say_nothing_before_the_promise_and_no_after_it():
    assert judge([left(99_000)], now=NOW).coverage_p80 is None
    assert judge([left(101_000)], now=NOW).coverage_p80 == 0


def test_a_promise_of_nothing():
    assert judge([answered(0, p80_ms=0)], now=NOW).coverage_p80 == 1
    assert judge([answered(1, p80_ms=0)], now=NOW).coverage_p80 == 0
    assert judge([answered(0)], now=NOW).rase is None


def test_each_department_by_itself():
    found = by_department([answered(40_000), replace(answered(140_000), department="d_2")], now=NOW)
    assert {department: figures.coverage_p80 for department, figures in found.items()} == {"d_1": 1, "d_2": 0}


def test_a_true_p80_is_kept_by_four_fifths_however_many_leave():
    """Exponential waits of very different means, each with its exact p80; patience that sends away a third."""
    chance = random.Random(7)
    promises = []
    for _ in range(20_000):
        mean = chance.choice((5_000, 60_000, 600_000))
        wait, patience = round(chance.expovariate(1 / mean)), round(chance.expovariate(1 / (2 * mean)))
        made = replace(MADE, p80_ms=round(mean * log(5)), p50_ms=round(mean * log(2)))
        if wait <= patience:
            promises.append(replace(made, ended="assigned", ended_at=made.at + wait, realised_ms=wait))
        else:
            promises.append(replace(made, ended="left", ended_at=made.at + patience))
    found = judge(promises, now=NOW)
    assert found.left / found.told == pytest.approx(1 / 3, abs=0.02)
    # A standard deviation of both is below half a per cent.
    assert found.coverage_p80 == pytest.approx(0.8, abs=0.02)
    assert found.coverage_p50 == pytest.approx(0.5, abs=0.02)
    naive = sum(each.realised_ms is not None and each.realised_ms <= each.p80_ms for each in promises) / found.answered
    assert naive > 0.88, "what counting the answered alone would claim"
