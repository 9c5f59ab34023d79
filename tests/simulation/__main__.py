"""`python -m tests.simulation --seed N [--trace]` plays one seed again; `--seeds FROM TO` plays many."""

from __future__ import annotations

import argparse
import sys

from server.clock import processor
from tests.simulation.world import Outcome, simulate


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description="Play simulated runs again.")
    parser.add_argument("--seed", type=int, help="the run to play")
    parser.add_argument("--seeds", type=int, nargs=2, metavar=("FROM", "TO"), help="the runs to play, TO not included")
    parser.add_argument("--trace", action="store_true", help="print what happened, line by line")
    parser.add_argument("--bots", type=int, default=0, help="connections of a bot that answers first")
    asked = parser.parse_args(arguments)
    seeds = [asked.seed] if asked.seed is not None else range(*(asked.seeds or (0, 100)))
    began = processor()
    bad, messages = 0, 0
    for seed in seeds:
        outcome = simulate(seed, bots=asked.bots, traced=asked.trace)
        messages += outcome.messages
        if asked.trace:
            print(*outcome.trace, sep="\n")
        if outcome.faults:
            bad += 1
            _show(outcome)
    seconds = processor() - began
    print(f"{len(seeds)} runs, {bad} with faults, {messages} answers, {len(seeds) / seconds:.1f} runs a second of CPU")
    return 1 if bad else 0


def _show(outcome: Outcome) -> None:
    print(f"seed {outcome.seed}: {outcome.plan}", flush=True)
    for fault in outcome.faults[:5]:
        print(f"  {fault}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
