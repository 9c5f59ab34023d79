"""A demo server for each module, and people who come to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.blackbox.people import People
from tests.blackbox.process import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
async def people(server: Server) -> AsyncIterator[People]:
    people = People(server)
    yield people
    await people.go_home()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """For a test that changes it for good."""
    with Server(tmp_path) as server:
        yield server


@pytest.fixture
async def own_people(own_server: Server) -> AsyncIterator[People]:
    people = People(own_server)
    yield people
    await people.go_home()
