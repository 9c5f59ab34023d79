"""For all tests: how many run at once, what begins first, whose assertions are rewritten, which examples are tried."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings
from structlog.dev import ConsoleRenderer, plain_traceback

# Contracts are imported by more than one folder: their assertions are to speak wherever they fail.
pytest.register_assert_rewrite("tests.store.contract", "tests.store.series")

# A run tries the same examples as the run before it, so that what fails is what was changed, and no test is timed.
# `FRONTDESK_PROPERTIES=5000 pytest tests` searches where nobody has looked yet; what it finds becomes a test.
SEARCH = os.environ.get("FRONTDESK_PROPERTIES")
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", max_examples=int(SEARCH or 100), deadline=None)
settings.load_profile("search" if SEARCH else "same")

# What fails on purpose is logged as Python would print it. Where rich is installed, structlog would draw each local
# variable of each frame instead, which takes seconds.
ConsoleRenderer.get_active().exception_formatter = plain_traceback

HERE = Path(__file__).parent
# What takes a minute or more for a file goes first, so that no process has to wait for the last of them alone.
LONGEST_FIRST = ("router/test_compiled.py", "e2e", "faults", "blackbox", "simulation", "bots", "crowd", "http")


@pytest.hookimpl(optionalhook=True)  # the conducted rows run without xdist
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: half of a test's time is waiting for a browser or for a server's start."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported for the tests stays until the end: to look through it for rubbish, now or later, is vain."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    path = item.path.relative_to(HERE).as_posix()
    return next((turn for turn, first in enumerate(LONGEST_FIRST) if path.startswith(first)), len(LONGEST_FIRST))
