"""One seed, one run: in this process or another, whatever the order of its sets."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from tests.simulation.plan import Plan
from tests.simulation.world import simulate

SEEDS = (3, 14, 61, 108)
_PRINT = (
    "import sys; from tests.simulation.world import simulate; print(*(simulate(int(n)).digest for n in sys.argv[1:]))"
)


def test_a_seed_is_played_the_same_again():
    first = [simulate(seed, traced=True) for seed in SEEDS]
    again = [simulate(seed, traced=True) for seed in SEEDS]
    assert [outcome.trace for outcome in first] == [outcome.trace for outcome in again]
    assert len({outcome.digest for outcome in first}) == len(SEEDS)


@pytest.mark.parametrize("order", ["1", "2"])
def test_also_in_another_process(order: str):
    said = subprocess.run(
        [sys.executable, "-c", _PRINT, *map(str, SEEDS)],
        env={**os.environ, "PYTHONHASHSEED": order},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.split() == [simulate(seed).digest for seed in SEEDS]


def test_each_misfortune_meets_some_and_spares_some():
    plans = [Plan.of(random.Random(f"{seed} plan")) for seed in range(60)]
    for name in set(Plan.__slots__) - {"bots", "cancels_at"}:
        values = {str(getattr(plan, name)) for plan in plans}
        assert len(values) > 1, name


def test_runs_are_full_of_life():
    outcomes = [simulate(seed) for seed in range(20)]
    assert sum(outcome.messages for outcome in outcomes) > 20 * 20
    assert sum(outcome.commits for outcome in outcomes) > 20 * 20
    assert sum(outcome.failures for outcome in outcomes) > 5
