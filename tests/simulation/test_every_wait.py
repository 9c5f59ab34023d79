"""Cancelled at the first wait of a connection, at the second, the third …: no place is left to chance.

In the seeds the wait is drawn. Here everybody's connection ends at the same one, again and again, until things are
mended: before it has said hello, while somebody identifies, in the middle of a request, while it waits for a frame.
"""

from __future__ import annotations

import pytest

from tests.simulation import process
from tests.simulation.seeds import failed
from tests.simulation.world import simulate

WAITS = 16  # identifying takes about seven; what comes after it is the same again for each frame
SEED = 5  # three visitors, two agents, a bot, and a disk that fails now and then


@pytest.fixture
def struck(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """At which wait somebody was cancelled, each time."""
    found: list[int] = []

    class Struck(process._Cancelled):
        def strike(self) -> None:
            found.append(self._at)
            super().strike()

    monkeypatch.setattr(process, "_Cancelled", Struck)
    return found


@pytest.mark.parametrize("wait", range(1, WAITS + 1))
def test_whoever_is_cancelled_at_this_wait_has_done_it_or_not(wait: int, struck: list[int]):
    faults = simulate(SEED, bots=1, cancels_at=wait).faults
    assert not faults, f"cancelled at wait {wait}: {failed(SEED, faults)}"
    assert set(struck) == {wait}
