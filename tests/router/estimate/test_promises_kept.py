"""The hit rate of first promises in simulated traffic, learned from the run itself: short runs of what
docs/routing-proof.md shows over long ones.

A run is seeded, so it comes out the same each time. What a figure may be off is its target's width and two of its
own standard errors.
"""

from __future__ import annotations

import pytest

from router.lab.plan import Arrivals, Kind, Plan, Service
from router.model import DepartmentId
from router.needs import needs_of
from tests.router.building import agent, department, workspace
from tests.router.estimate.judging import coverage, error_ratio, judged, oracle_p80, p80, queue_length, shown

MIN = 60_000
MEAN = 10 * MIN
SUPPORT = DepartmentId("support")
PLAIN = (Kind(name="all", department=SUPPORT),)
VIPS = (
    Kind(name="plain", department=SUPPORT, share=0.7),
    Kind(name="vip", department=SUPPORT, share=0.3, head_start_ms=5 * MIN),
)
TEN = workspace(department(), *[agent(f"a{number}", max_slots=3) for number in range(10)])
TWO = workspace(
    department("support"),
    department("sales"),
    *[agent(f"a{number}", "support") for number in range(4)],
    *[agent(f"b{number}", "sales") for number in range(3)],
    *[agent(f"x{number}", "support", "sales") for number in range(3)],
)
SKILLED = workspace(
    department(),
    *[agent(f"g{number}", skills={"de": 5}) for number in range(4)],
    *[agent(f"e{number}", skills={"en": 5}) for number in range(3)],
    *[agent(f"x{number}", skills={"de": 5, "en": 5}) for number in range(3)],
)


def plan(settings=TEN, *, kinds=PLAIN, patience=None, count=6_000, per_min=2.7, arrivals=None):
    return Plan(
        settings=settings,
        seed=1,
        conversations=count,
        warm_up=1_500,
        arrivals=arrivals or Arrivals(pieces=((0.0, per_min / MIN),)),
        service=Service(mean_ms=MEAN),
        kinds=kinds,
        patience_ms=patience,
    )


def within(found, low, high):
    share, error = found
    return low - 2 * error <= share <= high + 2 * error and error < 0.04


@pytest.mark.slow
@pytest.mark.parametrize(("per_min", "patience"), [(2.7, None), (3.0, 20 * MIN), (3.2, 5 * MIN)])
def test_in_steady_state_as_good_as_knowing_the_rates(per_min, patience):
    rows = judged(plan(per_min=per_min, patience=patience), queue_length(30, MEAN, patience))
    assert len(rows) > 1_000
    assert within(coverage(rows, p80), 0.77, 0.83)
    assert coverage(rows, shown)[0] >= 0.80
    assert error_ratio(rows) <= 1.10


@pytest.mark.slow
def test_later_arrivals_with_a_head_start_are_reckoned_with():
    rows = judged(plan(kinds=VIPS, per_min=3.0, patience=60 * MIN, count=6_000), queue_length(30, MEAN, 60 * MIN))
    plain = [row for row in rows if not row.command.head_start_ms]
    assert within(coverage(rows, p80), 0.77, 0.83)
    assert within(coverage(plain, p80), 0.77, 0.83)
    assert coverage(rows, shown)[0] >= 0.80
    ignoring, error = coverage(plain, oracle_p80)
    assert ignoring + 3 * error < 0.77, "a formula that ignores head starts must be seen to fail here"


@pytest.mark.slow
def test_when_the_load_swings_threefold():
    swinging = Arrivals(pieces=((0.0, 1.35 / MIN), (30.0 * MIN, 4.05 / MIN)), period_ms=60.0 * MIN)
    rows = judged(plan(kinds=VIPS, arrivals=swinging, patience=10 * MIN, count=4_000), queue_length(30, MEAN))
    assert within(coverage(rows, p80), 0.75, 0.85)
    assert coverage(rows, shown)[0] >= 0.80


@pytest.mark.slow
def test_departments_that_share_some_agents():
    kinds = (
        Kind(name="support", department=SUPPORT, share=0.55),
        Kind(name="sales", department=DepartmentId("sales"), share=0.45),
    )
    rows = judged(plan(TWO, kinds=kinds, count=4_000), queue_length(30, MEAN))
    for which in ("support", "sales"):
        assert within(coverage([row for row in rows if row.command.department == which], p80), 0.77, 0.83)
    assert coverage(rows, shown)[0] >= 0.80


@pytest.mark.slow
def test_agents_of_different_skills():
    kinds = (
        Kind(name="de", department=SUPPORT, share=0.5, needs=needs_of(require=[("de", 3)])),
        Kind(name="en", department=SUPPORT, share=0.3, needs=needs_of(require=[("en", 3)])),
        Kind(name="any", department=SUPPORT, share=0.2),
    )
    rows = judged(plan(SKILLED, kinds=kinds, count=4_000, per_min=2.9, patience=20 * MIN), queue_length(30, MEAN))
    assert within(coverage(rows, p80), 0.77, 0.83)
    assert coverage(rows, shown)[0] >= 0.80
