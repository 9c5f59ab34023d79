"""Time and chance are handed in: only server/clock.py asks the world for either."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.arch.source import Source, sources

FORBIDDEN = re.compile(
    r"time\.(time|monotonic|perf_counter|process_time)(_ns)?|time\.(sleep|localtime|ctime|strftime)"
    r"|datetime\.datetime\.(now|utcnow|today)|datetime\.date\.today"
    r"|asyncio\.sleep"
    r"|random\.(?!Random$)\w+"
)

# Module -> why it may. Every row is a debt: keep the list short.
ALLOWED = {"server/clock.py": "the one clock of the shell"}


def faults(source: Source) -> Iterator[str]:
    yields = {id(node.func) for node in ast.walk(source.tree) if isinstance(node, ast.Call) and _only_yields(node)}
    for name, node in source.names:
        if FORBIDDEN.fullmatch(name) and id(node) not in yields:
            yield f"{source.path}:{node.lineno}: {name}: take a Clock or a random.Random as an argument"


def _only_yields(call: ast.Call) -> bool:
    """`asyncio.sleep(0)` waits for nothing; it lets the others run."""
    return len(call.args) == 1 and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0


def test_only_the_clock_knows_the_time():
    code = [source for source in sources("router", "server") if source.path not in ALLOWED]
    assert [fault for source in code for fault in faults(source)] == []


def test_no_exception_outlives_its_reason():
    needed = {source.path for source in sources("router", "server") if any(faults(source))}
    present = {source.path for source in sources("router", "server")}
    assert set() == (set(ALLOWED) & present) - needed


@pytest.mark.parametrize(
    "text",
    [
        "import time\nx = time.time()",
        "from time import monotonic as m\nx = m()",
        "import datetime as dt\nx = dt.datetime.now(dt.UTC)",
        "from datetime import datetime, UTC\nx = datetime.now(UTC)",
        "import asyncio\nasync def f():\n    await asyncio.sleep(1)",
        "from asyncio import sleep\nf = sleep",
        "import random\nx = random.choice([1])",
    ],
)
def test_finds(text):
    assert list(faults(Source("server/desk/a.py", text)))


@pytest.mark.parametrize(
    "text",
    [
        "import asyncio\nasync def f():\n    await asyncio.sleep(0)",
        "import random\nx = random.Random(7).choice([1])",
        "from datetime import datetime\nx = datetime.fromisoformat('2026-01-01')",
        "class A:\n    def time(self): return self.clock.time()",
    ],
)
def test_lets_pass(text):
    assert list(faults(Source("server/desk/a.py", text))) == []
