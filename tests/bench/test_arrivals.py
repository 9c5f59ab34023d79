from __future__ import annotations

from itertools import islice
from statistics import mean

from bench.arrivals import gaps


def test_arrivals_come_at_the_rate_and_know_nothing_of_one_another():
    found = list(islice(gaps(2000.0), 20_000))
    assert abs(mean(found) * 2000 - 1) < 0.02
    # Of a Poisson process the part 1 - e^-1 of the gaps is shorter than the mean one; of a steady beat none would be.
    assert abs(sum(gap < 1 / 2000 for gap in found) / len(found) - 0.632) < 0.01


def test_they_are_the_same_in_each_run():
    assert list(islice(gaps(2000.0), 100)) == list(islice(gaps(2000.0), 100))
