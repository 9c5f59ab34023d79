"""A bot that answers first, hands over, is given conversations back, and is cut off and killed under like everybody."""

from __future__ import annotations

import pytest

from tests.simulation.seeds import failed
from tests.simulation.world import simulate

CHUNK = 20


@pytest.mark.parametrize("bots", [1, 2])
@pytest.mark.parametrize("chunk", range(2))
def test_runs_with_a_bot_are_good_runs(bots: int, chunk: int):
    for seed in range(chunk * CHUNK, (chunk + 1) * CHUNK):
        faults = simulate(seed, bots=bots).faults
        assert not faults, f"with --bots {bots}: {failed(seed, faults)}"


def test_bots_have_conversations_and_hand_them_over():
    trace = "\n".join(line for seed in range(20) for line in simulate(seed, bots=1, traced=True).trace)
    for what in ('"on":"handoff.queued"', '"on":"handoff.accepted"', '"on":"handoff.returned"', "faq answers"):
        assert what in trace
