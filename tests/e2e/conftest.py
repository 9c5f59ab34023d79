"""One browser for all, a server for each module, people for each test, and the server's log beside a failure."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.blackbox.process import Server
from tests.e2e.chromium import chromium
from tests.e2e.people import People

HERE = Path(__file__).parent
WITHIN_S = 20


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            # The browser belongs to the loop it was started in.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=WITHIN_S * 1000)
    async with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def workspace_file() -> str:
    """A module that needs its own departments and agents overrides this; empty is the demo's own workspace."""
    return ""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, workspace_file: str) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server"), workspace_file) as server:
        yield server


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """For a test that kills it."""
    with Server(tmp_path) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def people(browser: Browser, server: Server) -> AsyncIterator[People]:
    people = People(browser, server)
    yield people
    await people.go_home()


@pytest_asyncio.fixture(loop_scope="session")
async def own_people(browser: Browser, own_server: Server) -> AsyncIterator[People]:
    people = People(browser, own_server)
    yield people
    await people.close()
    assert people.faults == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections += [(f"log of {server.address}", server.tail()) for server in Server.running]
    return report
