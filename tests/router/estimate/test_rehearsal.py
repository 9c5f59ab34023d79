"""Rehearsals against formulas, where there are any. Each tolerance is four standard errors of what is drawn."""

from __future__ import annotations

from itertools import repeat
from math import sqrt

import pytest

from router.estimate.rehearsal import Scene, rehearse, rehearse_line
from router.estimate.staff import Group
from router.estimate.stages import queue_ahead


def scene(pools, groups, *, streams=(), leaving=0.0, keys=None, **more):
    count = len(pools)
    return Scene(
        **{
            "keys": keys or [0] * count,
            "pools": list(pools),
            "costs": [1] * count,
            "there": [1.0] * count,
            "leaves": [True] * count,
            "groups": groups,
            "streams": list(streams),
            "leaving": leaving,
            "pool_count": 1 + max([*pools, *(stream[0] for stream in streams)]),
            **more,
        }
    )


def test_with_one_pool_nothing_is_drawn_and_the_formula_comes_out():
    found = rehearse(scene([0] * 8, [Group((0,), 0.05, 0, 0)]), runs=2, seed=1)
    for rehearsed, exact in zip(found, queue_ahead(repeat(1.0, 8), 0.05, 0.0), strict=True):
        assert rehearsed == pytest.approx(exact)


def test_who_leaves_shortens_the_wait_of_those_who_stay_as_qlm_says():
    runs = 4_000
    found = rehearse(scene([0] * 12, [Group((0,), 0.05, 0, 0)], leaving=0.005), runs=runs, seed=2)
    for (mean, variance), exact in zip(found, queue_ahead(repeat(1.0, 12), 0.05, 0.005), strict=True):
        assert mean == pytest.approx(exact[0], abs=4 * sqrt(exact[1] / runs))
        assert variance == pytest.approx(exact[1], rel=4 * sqrt(8 / runs))


def test_a_shared_agent_serves_the_older_one_first():
    """Older Q waits for agent 2 alone, P behind for 1 or 2: E = (1 + r2 / (r1 + r2)) / (r1 + r2)."""
    one, two, runs = 0.02, 0.03, 4_000
    groups = [Group((1,), one, 0, 0), Group((0, 1), two, 0, 0)]
    found = rehearse(scene([0, 1], groups), runs=runs, seed=3)
    both = one + two
    assert found[0][0] == pytest.approx(1 / two, abs=4 / two / sqrt(runs))
    expected = (1 + two / both) / both
    assert found[1][0] == pytest.approx(expected, abs=4 * expected / sqrt(runs))


@pytest.mark.parametrize(("lasts", "at_least"), [(10**15, 12 * 3_600_000), (3_600_000, 3_600_000)])
def test_where_more_come_than_are_served_a_rehearsal_ends_all_the_same(lasts, at_least):
    """Those in front of everybody come faster than slots come free, for as long as their head start lasts."""
    crowd = scene([0] * 5, [Group((0,), 0.05, 0, 0)], streams=[(0, lasts, 0.5)])
    found = rehearse(crowd, runs=10, seed=6)
    assert at_least <= found[-1][0] < at_least * 1.1
    assert found[0][0] <= found[-1][0]


def test_who_may_be_overtaken_for_ever_waits_for_a_whole_busy_period():
    """(n + 1) / (r - o), with variance (n + 1)(r + o) / (r - o)^3: first passage of a birth-death process."""
    rate, over, runs = 0.05, 0.02, 6_000
    found = rehearse(scene([0] * 5, [Group((0,), rate, 0, 0)], streams=[(0, 10**12, over)]), runs=runs, seed=4)
    for ahead, (mean, variance) in enumerate(found):
        exact = (ahead + 1) / (rate - over)
        spread = (ahead + 1) * (rate + over) / (rate - over) ** 3
        assert mean == pytest.approx(exact, abs=4 * sqrt(spread / runs))
        assert variance == pytest.approx(spread, rel=0.25)


def test_a_head_start_is_worth_only_what_it_is_more_than_the_wait_so_far():
    """Who has waited longer than anybody's head start cannot be overtaken."""
    groups = [Group((0,), 0.05, 0, 0)]
    jumpers = [(0, 300_000, 0.03)]
    safe = rehearse(scene([0] * 3, groups, keys=[400_000] * 3, streams=jumpers), runs=50, seed=5)
    assert [mean for mean, _ in safe] == pytest.approx([20.0, 40.0, 60.0])
    young = rehearse(scene([0] * 3, groups, keys=[0] * 3, streams=jumpers), runs=200, seed=5)
    assert young[2][0] > 1.5 * safe[2][0]


def test_who_is_away_is_passed_over():
    groups = [Group((0,), 0.05, 0, 0)]
    found = rehearse(scene([0] * 3, groups, there=[0.0, 0.0, 1.0]), runs=2, seed=6)
    assert [mean for mean, _ in found] == pytest.approx([20.0, 20.0, 20.0])


def test_the_same_seed_rehearses_the_same():
    groups = [Group((1,), 0.02, 0, 0), Group((0, 1), 0.03, 0, 0)]
    scenes = scene([0, 1] * 10, groups, streams=[(0, 60_000, 0.001)], leaving=0.001)
    assert rehearse(scenes, runs=5, seed=7) == rehearse(scenes, runs=5, seed=7)
    assert rehearse(scenes, runs=5, seed=7) != rehearse(scenes, runs=5, seed=8)


def test_a_long_line_is_rehearsed_in_two_parts_that_agree():
    """800 in one pool of two groups: whatever is drawn, the n-th departure of all is the n-th person's."""
    groups = [Group((0,), 0.02, 0, 0), Group((0,), 0.03, 0, 0)]
    found = rehearse_line(scene([0] * 800, groups), seed=9)
    assert [mean for mean, _ in found] == pytest.approx([20.0 * (n + 1) for n in range(800)])
