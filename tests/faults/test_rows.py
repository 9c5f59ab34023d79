"""Every row has a test or a reason, and every test has a row that knows of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.faults import conducting
from tests.faults.rows import BY_NUMBER, ROWS

ROOT = Path(__file__).resolve().parents[2]
PLAN = {*range(1, 53), 54, 56, 57, 59, 61, 62, 64, 65, 71, 73, 74, *range(75, 80)}


def named_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    }


def numbered() -> dict[str, int]:
    """Tests of this folder that carry a number in their name."""
    found = {}
    for path in Path(__file__).parent.glob("test_row_*.py"):
        for name in named_in(str(path.relative_to(ROOT))):
            number = re.match(r"test_row_(\d+)_", name)
            assert number, f"{name} names no row"
            found[name] = int(number[1])
    return found


def test_the_table_is_whole():
    assert [row.number for row in ROWS] == sorted(PLAN)
    assert len(BY_NUMBER) == len(ROWS)


def test_every_row_has_a_test_or_a_reason():
    here = set(numbered().values())
    for row in ROWS:
        has_tests = row.number in here or bool(row.elsewhere)
        assert has_tests is not bool(row.absent), row.number
        assert bool(row.expected) is not bool(row.absent), row.number


def test_every_numbered_test_has_a_row():
    assert set(numbered().values()) <= set(BY_NUMBER)


def test_what_is_named_elsewhere_is_there():
    for row in ROWS:
        for named in row.elsewhere:
            path, _, name = named.partition("::")
            assert (ROOT / path).is_file(), named
            assert not name or name in named_in(path), named


def test_marker_and_name_agree():
    for path in Path(__file__).parent.glob("test_row_*.py"):
        text = path.read_text(encoding="utf-8")
        marked = re.findall(r"^@pytest\.mark\.row\((\d+)\)", text, re.MULTILINE)
        named = re.findall(r"^(?:async )?def test_row_(\d+)_", text, re.MULTILINE)
        assert marked == named, path.name


def test_the_page_of_the_table_is_fresh():
    """`python -m tests.faults markdown`."""
    assert conducting.markdown() in (ROOT / "docs/faults.md").read_text(encoding="utf-8")


def test_a_row_without_a_passed_test_is_not_green():
    results = {1: conducting.Result(passed=1), 2: conducting.Result(), 3: conducting.Result(passed=5, failed=["one"])}
    good, line = conducting.summary(results, {1, 2, 3, 35}, 0)
    assert not good
    assert line.startswith("1 rows green, 1 n/a, 2 not: [2, 3]")
    assert conducting.summary(results, {1, 35}, 0)[0]


ALLOWED = BY_NUMBER[23].without_root[0]


@pytest.mark.parametrize(
    ("number", "passed", "why", "verdict", "good"),
    [
        (23, 1, ALLOWED, "green", True),
        (23, 0, ALLOWED, "skipped", True),
        (23, 1, "there is no browser", "PARTLY", False),
        (23, 0, "there is no browser", "SKIPPED", False),
        (24, 1, ALLOWED, "PARTLY", False),
    ],
)
def test_what_was_skipped_shows_and_fails_unless_the_table_allows_it(
    number: int, passed: int, why: str, verdict: str, good: bool
):
    results = {number: conducting.Result(passed=passed, skipped={"test_it": why})}
    assert conducting.summary(results, {number}, 0)[0] is good
    assert conducting.summary(results, {number}, 0)[1].endswith("; 1 tests were skipped")
    (line, below) = conducting.table(results, {number}).splitlines()[1:]
    assert line.split()[:2] == [str(number), verdict]
    assert below.strip() == f"skipped, because {why}: test_it"


def test_a_skipped_test_is_filed_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As pytest reports it, by decorator and from within."""
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        "def test_runs(): pass\n"
        "@pytest.mark.skipif(True, reason='one')\ndef test_one(): pass\n"
        "def test_two(): pytest.skip('two')\n"
        "@pytest.mark.xfail(reason='three')\ndef test_three(): assert False\n"
    )
    plugin = conducting.ByRow({23})
    monkeypatch.setattr(conducting, "rows_of", lambda _item: {23})
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:asyncio", f"--rootdir={tmp_path}"]
    pytest.main([*quiet, str(tmp_path / "test_some.py")], plugins=[plugin])
    found = plugin.results[23]
    assert sorted(found.skipped.values()) == ["it is expected to fail: three", "one", "two"]
    assert (found.passed, found.failed, found.awaited) == (1, [], set())


def test_what_a_broken_off_run_did_not_come_to_is_not_green():
    results = {20: conducting.Result(passed=1, awaited={"test_kills"}), 24: conducting.Result(awaited={"test_it"})}
    assert conducting.summary(results, {20, 24}, 0)[1].startswith("0 rows green, 0 n/a, 2 not: [20, 24]")
    assert "not run to its end: test_kills" in conducting.table(results, {20})


def test_only_these_may_be_skipped_and_only_as_somebody_else_than_root():
    """Every condition under which a test of this folder is skipped is in the table, and asks for root."""
    for path in Path(__file__).parent.glob("test_row_*.py"):
        text = path.read_text(encoding="utf-8")
        skips = re.findall(r"@pytest\.mark\.skipif\((.+), reason=\"(.+)\"\)\n(?:async )?def test_row_(\d+)_", text)
        assert text.count("skip") == len(skips), path.name
        for condition, why, number in skips:
            assert condition == "os.geteuid() != 0", path.name
            assert why in BY_NUMBER[int(number)].without_root, path.name
