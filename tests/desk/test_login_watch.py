"""A login that has ended by itself has no open socket for long."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.desk.accounts import IDLE_MS, TOKEN_MS
from server.desk.login_watch import EVERY_S, LoginWatch
from server.wire.codes import CloseCode
from tests.desk.support.story import Story, story


@pytest.fixture
async def it(tmp_path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


@pytest.fixture
def watch(it: Story) -> LoginWatch:
    return LoginWatch(it.desk.hub, it.desk.accounts)


async def test_an_open_console_is_in_use_until_the_login_is_too_old(it: Story, watch: LoginWatch):
    for _ in range(TOKEN_MS // (IDLE_MS - 1000)):
        it.desk.clock.advance((IDLE_MS - 1000) / 1000)
        await watch.look()
        assert it.ada.peer.closed is None
    it.desk.clock.advance(TOKEN_MS % (IDLE_MS - 1000) / 1000)
    await watch.look()
    assert it.ada.peer.closed is CloseCode.REVOKED


async def test_what_another_process_did_is_found(it: Story, watch: LoginWatch):
    await it.desk.accounts.disable(it.ada.me)
    await watch.look()
    assert it.ada.peer.closed is CloseCode.REVOKED
    assert it.ben.peer.closed is None


async def test_without_a_database_nobody_is_closed(it: Story, watch: LoginWatch):
    it.desk.store.fail_reads(1)
    await watch.look()
    assert it.ada.peer.closed is None


async def test_it_looks_again_and_again(it: Story, watch: LoginWatch):
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > 2:
            raise EOFError

    with pytest.raises(EOFError):
        await watch.run(pause)
    assert pauses == [EVERY_S] * 3
