"""A server for each module, people for each test, and the server's log beside a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest

from tests.blackbox.people import People
from tests.blackbox.process import Server


@pytest.fixture(scope="module")
def workspace_file() -> str:
    """A module that needs its own departments and agents overrides this; empty is the demo's own workspace."""
    return ""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, workspace_file: str) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), workspace_file) as server:
        yield server


@pytest.fixture
def own_server(tmp_path: Path, workspace_file: str) -> Iterator[Server]:
    """For a test that kills it."""
    with Server(tmp_path, workspace_file) as server:
        yield server


@pytest.fixture
async def people(server: Server) -> AsyncIterator[People]:
    people = People(server)
    yield people
    await people.go_home()


@pytest.fixture
async def own_people(own_server: Server) -> AsyncIterator[People]:
    people = People(own_server)
    yield people
    await people.go_home()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [(f"log of {server.address}", server.tail()) for server in Server.running]
    return report
