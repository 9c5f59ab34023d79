"""`python -m tests.history FILE.jsonl [--database PATH]`: judges a recorded run; 1 if anything is wrong."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from tests.history import database
from tests.history.checker import check
from tests.history.record import Story
from tests.history.report import report


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.history", description="Judge a recorded run.")
    parser.add_argument("file", type=Path, help="the records, one JSON object a line")
    parser.add_argument("--database", type=Path, help="the SQLite file at the end of the run")
    parser.add_argument("--partial", action="store_true", help="not everybody who wrote was recorded")
    parser.add_argument("--most", type=int, default=5, help="how many violations are shown (5)")
    asked = parser.parse_args(arguments)
    history = Story(asked.file)
    with database.opened(asked.database) if asked.database else nullcontext() as end:
        violations = check(history, end, complete=not asked.partial)
    print(report(history, violations, most=asked.most))
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
