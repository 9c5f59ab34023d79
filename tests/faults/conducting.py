"""Runs the rows and says which are green: one pytest over their tests, and a table by row."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from tests.faults.rows import BY_NUMBER, ROWS, Row

ROOT = Path(__file__).resolve().parents[2]
HERE = "tests/faults"
KILLS = {"full": "200", "quick": "10"}
Verdict = Literal["green", "RED", "n/a", "NO TEST", "skipped", "SKIPPED", "PARTLY"]
# Green, or what the table says cannot occur or cannot be caused here.
GOOD: frozenset[Verdict] = frozenset({"green", "n/a", "skipped"})


@dataclass(slots=True)
class Result:
    """What the tests of one row said."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)  # why each of them was
    awaited: set[str] = field(default_factory=set)  # nobody has heard of these: the run was broken off
    seconds: float = 0.0

    def verdict(self, row: Row) -> Verdict:
        """In capitals what fails the run. Nothing is green of which nothing ran."""
        if row.absent:
            return "n/a"
        if self.failed:
            return "RED"
        if self.awaited or not all(_allowed(row, why) for why in self.skipped.values()):
            return "PARTLY" if self.passed else "SKIPPED"
        if self.passed:
            return "green"
        return "skipped" if self.skipped else "NO TEST"


def _allowed(row: Row, why: str) -> bool:
    """Whether the table says that a test of this row may be skipped for that reason: whoever runs it is not root."""
    return why in row.without_root


class ByRow:
    """A plugin: keeps the tests of the wanted rows, and files their reports under them."""

    def __init__(self, wanted: Collection[int]) -> None:
        self.wanted = wanted
        self.results: dict[int, Result] = defaultdict(Result)
        self._rows: dict[str, set[int]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        kept: list[pytest.Item] = []
        away: list[pytest.Item] = []
        for item in items:
            rows = rows_of(item) & set(self.wanted)
            self._rows[item.nodeid] = rows
            for number in rows:
                self.results[number].awaited.add(item.nodeid)
            (kept if rows else away).append(item)
        config.hook.pytest_deselected(items=away)
        items[:] = kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for number in self._rows.get(report.nodeid, ()):
            result = self.results[number]
            result.seconds += report.duration
            if report.when == "teardown":
                result.awaited.discard(report.nodeid)
            if report.failed:
                result.failed.append(f"{report.nodeid} ({report.when})")
            elif report.skipped:
                result.skipped[report.nodeid] = reason(report)
            elif report.when == "call":
                result.passed += 1


def reason(report: pytest.TestReport) -> str:
    """Why a test was skipped; one that was expected to fail, and did, proves nothing either."""
    if hasattr(report, "wasxfail"):
        return f"it is expected to fail: {report.wasxfail}"
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return said.removeprefix("Skipped: ")


def rows_of(item: pytest.Item) -> set[int]:
    """By its marker, and by the table."""
    marked = {int(marker.args[0]) for marker in item.iter_markers("row")}
    return marked | {row.number for row in ROWS if any(covers(one, item.nodeid) for one in row.elsewhere)}


def covers(named: str, nodeid: str) -> bool:
    """Whether a test is the named one, in the named file, or one of its cases."""
    return nodeid == named or nodeid.startswith((f"{named}::", f"{named}["))


def conduct(wanted: Collection[int], *, full: bool, seed: int, quiet: bool = False) -> tuple[int, dict[int, Result]]:
    """Run them in this process; pytest's own exit code, and the results by row."""
    form = "full" if full else "quick"
    os.environ |= {"FRONTDESK_FAULTS": form, "FRONTDESK_KILLS": KILLS[form], "FRONTDESK_SEED": str(seed)}
    os.chdir(ROOT)
    asked = sorted({HERE, *(named for number in wanted for named in BY_NUMBER[number].elsewhere)})
    plugin = ByRow(wanted)
    options = ["-p", "no:cacheprovider", "-p", "no:xdist", "--tb=short", "-rN", "-q" if quiet else "-v"]
    # What is promised in seconds is held; whoever hangs is ended all the same.
    code = pytest.main([*options, "--timeout=2400" if full else "--timeout=120", *asked], plugins=[plugin])
    return int(code), plugin.results


def table(results: dict[int, Result], wanted: Collection[int]) -> str:
    """For a terminal."""
    lines = [f"{'row':>3}  {'verdict':<8} {'seconds':>8} {'tests':>6}  fault"]
    for row in ROWS:
        if row.number not in wanted:
            continue
        result = results.get(row.number, Result())
        verdict = result.verdict(row)
        seconds, tests = ("", "") if row.absent else (f"{result.seconds:.1f}", str(result.passed + len(result.failed)))
        lines.append(f"{row.number:>3}  {verdict:<8} {seconds:>8} {tests:>6}  {row.fault}{_because(row, result)}")
    return "\n".join(lines)


def _because(row: Row, result: Result) -> str:
    if row.absent:
        return f" ({row.absent})"
    return (
        "".join(f"\n{'':30}failed: {name}" for name in result.failed)
        + "".join(f"\n{'':30}skipped, because {why}: {name}" for name, why in result.skipped.items())
        + "".join(f"\n{'':30}not run to its end: {name}" for name in sorted(result.awaited))
    )


def markdown() -> str:
    """The table of docs/faults.md."""
    lines = ["| row | fault | what is promised | how it is caused |", "|---|---|---|---|"]
    for row in ROWS:
        promised = f"n/a: {row.absent}" if row.absent else row.expected
        lines.append(f"| {row.number} | {row.fault} | {promised} | {row.how} |")
    return "\n".join(lines) + "\n"


def summary(results: dict[int, Result], wanted: Iterable[int], began: float) -> tuple[bool, str]:
    """Whether every wanted row is green or cannot occur, and one line about it."""
    verdicts = {number: results.get(number, Result()).verdict(BY_NUMBER[number]) for number in sorted(wanted)}
    bad = [number for number, verdict in verdicts.items() if verdict not in GOOD]
    green = sum(verdict == "green" for verdict in verdicts.values())
    absent = sum(verdict == "n/a" for verdict in verdicts.values())
    skipped = sum(len(results[number].skipped) for number in verdicts if number in results)
    line = f"{green} rows green, {absent} n/a, {len(bad)} not: {bad or 'none'}; {time.monotonic() - began:,.0f} s"
    return not bad, f"{line}; {skipped} tests were skipped" if skipped else line
