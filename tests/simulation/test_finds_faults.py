"""The simulation finds what is wrong: with one thing taken out of the server, a run fails soon."""

from __future__ import annotations

import pytest

from tests.simulation.broken import ALL, Broken
from tests.simulation.seeds import failed, kept
from tests.simulation.world import simulate

SOON = 300  # seeds


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("broken", ALL, ids=lambda broken: broken.__name__)
def test_what_is_broken_is_found(broken: Broken):
    with broken() as spoil:
        assert any(simulate(seed, spoil=spoil).faults for seed in range(SOON)), "nothing was found"


@pytest.mark.parametrize(("seed", "bots", "why"), list(kept()))
def test_what_failed_once_does_not_fail_again(seed: int, bots: int, why: str):
    faults = simulate(seed, bots=bots).faults
    assert not faults, f"{why}\n{failed(seed, faults)}"
