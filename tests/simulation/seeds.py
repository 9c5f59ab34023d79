"""Which runs the tests play: FRONTDESK_SEEDS of them (2,000), in chunks that the test files share among themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tests.simulation.world import simulate

SEEDS = int(os.environ.get("FRONTDESK_SEEDS", "2000"))
LONGEST_S = 120 + SEEDS // 10  # of one chunk, where others work too; it takes a few seconds
FILES = 4
CHUNKS = 10  # of each file
KEPT = Path(__file__).with_name("kept_seeds.txt")


def chunks(file: int) -> list[range]:
    """Of the test file of this number, from 0."""
    return [range(file + FILES * chunk, SEEDS, FILES * CHUNKS) for chunk in range(CHUNKS)]


def kept() -> Iterator[tuple[int, int, str]]:
    """Runs that failed once: the seed, connections of a bot, and why."""
    for line in KEPT.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            run, _, why = line.partition(" ")
            seed, _, bots = run.partition("+")
            yield int(seed), int(bots or 0), why


def play(seeds: range) -> None:
    """Each of them; raises with the seed and what was wrong."""
    for seed in seeds:
        faults = simulate(seed).faults
        assert not faults, failed(seed, faults)


def failed(seed: int, faults: list[str]) -> str:
    """For whoever wants to see it again."""
    told = "\n".join(faults)
    return f"seed {seed} (python -m tests.simulation --seed {seed} --trace):\n{told}"
