"""The formula of one pool, against exact values."""

from __future__ import annotations

from itertools import islice, repeat

import pytest

from router.estimate.stages import quantiles, queue_ahead


@pytest.mark.parametrize(
    ("ahead", "p50", "p80"),
    # Exact quantiles of Erlang(n + 1, 1), from the inverse of the regularised gamma function.
    [(0, 0.693147, 1.609438), (1, 1.678347, 2.994308), (4, 4.670909, 6.720979), (9, 9.668715, 12.518778)],
)
def test_without_leaving_the_wait_is_erlang(ahead, p50, p80):
    mean, variance = list(queue_ahead(repeat(1.0, ahead + 1), 1.0, 0.0))[-1]
    assert (mean, variance) == pytest.approx((ahead + 1, ahead + 1))
    told50, told80 = quantiles(mean, variance)
    assert told50 == pytest.approx(p50, rel=0.015)
    assert told80 == pytest.approx(p80, rel=0.008)


@pytest.mark.parametrize(
    ("ahead", "slots", "leaving", "mean"),
    [(20, 10, 0.0, 2.10), (20, 10, 0.5, 1.46), (50, 100, 0.0, 0.51), (50, 100, 1.0, 0.414)],
)
def test_leaving_shortens_it_as_qlm_says(ahead, slots, leaving, mean):
    found = list(islice(queue_ahead(repeat(1.0), slots, leaving), ahead + 1))[-1]
    assert found[0] == pytest.approx(mean, abs=0.005)
    assert found[1] == pytest.approx(sum(1 / (slots + k * leaving) ** 2 for k in range(ahead + 1)))


def test_who_is_half_there_is_half_a_stage_to_others_and_whole_to_themselves():
    waits = list(queue_ahead([1.0, 0.5, 1.0], 1.0, 0.0))
    assert [mean for mean, _ in waits] == pytest.approx([1.0, 2.0, 2.5])


def test_no_wait_has_no_quantiles():
    assert quantiles(0.0, 0.0) == (0.0, 0.0)
