"""A real server whose departments have a bot first, each another one; people to talk to; bots as programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.workspace import agent, department, table, workspace
from tests.bots.program import Program, Programs

# Each test has a department, and so a bot, of its own.
KEYS = ["killed", "workers", "faq", "alone", "model", "revoked", "back", "typed", "plain"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    departments = [department(key, first=f"bot:{key}") for key in KEYS]
    bots = [table("[[bot]]", key=key, name=key.title(), reply_seconds=60) for key in KEYS]
    everywhere = {key: 50 for key in KEYS if key != "alone"}
    text = workspace(KEYS, *departments, *bots, agent("ada", 5, everywhere))
    with Server(tmp_path_factory.mktemp("server"), text) as server:
        yield server


@pytest.fixture
async def people(server: Server) -> AsyncIterator[People]:
    people = People(server)
    yield people
    await people.go_home()


@pytest.fixture
async def programs(server: Server, tmp_path: Path) -> AsyncIterator[Programs]:
    """Starts bots as programs; whatever still runs at the end is killed."""
    programs = Programs(server, tmp_path)
    yield programs
    running: list[Program] = programs.running
    await asyncio.gather(*(program.kill() for program in running))
