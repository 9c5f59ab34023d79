"""`python -m tests.faults`: every row in its full form. `million`: the proof run. `soak`: an hour of coming and going.
`markdown`: the table of the docs.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.faults import conducting, million, soak
from tests.faults.rows import ROWS


def numbers(text: str) -> set[int]:
    """`1-12,20` and the like."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found & {row.number for row in ROWS}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    whole = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    whole.add_argument("--rows", type=numbers, default=numbers("1-99"), help="only these: 1-12,20")
    whole.add_argument("--quick", action="store_true", help="as in make test: small counts, no promised times")
    whole.add_argument("--seed", type=int, default=1, help="of the moments of faults (1)")
    doing = whole.add_subparsers(dest="doing")
    doing.add_parser("markdown", help="print the table")
    proof = doing.add_parser("million", help="messages without end under kills, stops and cuts")
    proof.add_argument("--messages", type=int, default=1_000_000)
    proof.add_argument("--seed", type=int, default=1)
    proof.add_argument("--visitors", type=int, default=200, help="at a time (200)")
    proof.add_argument("--pace", type=int, default=8_000, help="messages between two faults, about (8000)")
    proof.add_argument("--folder", type=Path, help="where the data is put; it is kept if anything is wrong")
    long = doing.add_parser("soak", help="fifty visitors a second, and nothing may grow (row 74)")
    long.add_argument("--minutes", type=float, default=60.0)
    long.add_argument("--seed", type=int, default=1)
    return whole


def main(arguments: list[str]) -> int:
    asked = parser().parse_args(arguments)
    match asked.doing:
        case "markdown":
            print(conducting.markdown(), end="")
            return 0
        case "million":
            plan = million.Plan(messages=asked.messages, seed=asked.seed, visitors=asked.visitors, pace=asked.pace)
            return million.run(plan, asked.folder)
        case "soak":
            return soak.run(asked.minutes, asked.seed)
        case _:
            return rows(asked.rows, full=not asked.quick, seed=asked.seed)


def rows(wanted: set[int], *, full: bool, seed: int) -> int:
    began = time.monotonic()
    code, results = conducting.conduct(wanted, full=full, seed=seed)
    print()
    print(conducting.table(results, wanted))
    good, line = conducting.summary(results, wanted, began)
    print(line)
    return 0 if good and code == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
