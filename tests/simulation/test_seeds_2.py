"""A quarter of the runs, so that the processes of a test run share them."""

from __future__ import annotations

import pytest

from tests.simulation.seeds import LONGEST_S, chunks, play


@pytest.mark.slow
@pytest.mark.timeout(LONGEST_S)
@pytest.mark.parametrize("seeds", chunks(2), ids=lambda seeds: f"from-{seeds.start}")
def test_nothing_is_lost_doubled_or_out_of_order_whatever_happens(seeds: range):
    play(seeds)
