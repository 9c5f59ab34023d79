"""A server of its own for each test, the people who come to it, and what belongs to which form."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.blackbox.conftest import pytest_runtest_makereport
from tests.blackbox.people import People
from tests.faults.extent import FULL
from tests.faults.proxy import Proxy
from tests.faults.serving import WORKSPACE, Serving

__all__ = ["pytest_runtest_makereport"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes minutes is for the full form."""
    if FULL:
        return
    away = [item for item in items if item.get_closest_marker("full") is not None]
    if away:
        config.hook.pytest_deselected(items=away)
        items[:] = [item for item in items if item not in away]


@pytest.fixture(scope="module")
def workspace_file() -> str:
    """A module that needs its own departments and agents overrides this."""
    return WORKSPACE


@pytest.fixture(scope="module")
def faulty() -> bool:
    """A module whose servers are to fail on demand overrides this."""
    return False


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where data directories are kept to be copied."""
    return tmp_path_factory.mktemp("templates")


@pytest.fixture(scope="module")
def serving(
    tmp_path_factory: pytest.TempPathFactory, templates: Path, workspace_file: str, faulty: bool
) -> Iterator[Serving]:
    with Serving(tmp_path_factory.mktemp("serving"), templates, workspace_file, faulty=faulty) as server:
        yield server


@pytest.fixture
async def proxy(serving: Serving) -> AsyncIterator[Proxy]:
    async with Proxy(serving.port) as proxy:
        yield proxy


@pytest.fixture
async def people(serving: Serving, proxy: Proxy) -> AsyncIterator[People]:
    people = People(serving)
    yield people
    proxy.mend()
    await people.go_home()
    people.judge(database=True, complete=False)


@pytest.fixture
def own_serving(tmp_path: Path, templates: Path, workspace_file: str, faulty: bool) -> Iterator[Serving]:
    """For a test that kills it."""
    with Serving(tmp_path, templates, workspace_file, faulty=faulty) as server:
        yield server


@pytest.fixture
async def own_proxy(own_serving: Serving) -> AsyncIterator[Proxy]:
    async with Proxy(own_serving.port) as proxy:
        yield proxy


@pytest.fixture
async def own_people(own_serving: Serving, own_proxy: Proxy) -> AsyncIterator[People]:
    """They are let go as they are: what a test has done to its server is no other test's."""
    people = People(own_serving)
    yield people
    everybody = [*people.visitors, *people.agents]
    for client in everybody:
        await client.leave(abruptly=True)
    assert [fault for client in everybody for fault in client.contradictions()] == []
    people.judge(database=True, complete=False)
