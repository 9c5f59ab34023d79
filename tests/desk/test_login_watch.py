"""A login that has ended by itself has no open socket for long."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from server.desk.accounts import IDLE_MS, TOKEN_MS
from server.desk.audience import of_bot
from server.desk.bot_access import BotAccess
from server.desk.bot_watch import KEPT_MS, BotWatch
from server.desk.login_watch import EVERY_S, LoginWatch
from server.wire.codes import CloseCode
from tests.desk.support.peer import ScriptedPeer
from tests.desk.support.story import Story, story


@pytest.fixture
async def it(tmp_path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


@pytest.fixture
def bots(it: Story) -> BotAccess:
    return BotAccess(it.desk.store, clock=it.desk.clock, random_bytes=it.desk.random.randbytes)


@pytest.fixture
def bot_watch(it: Story) -> BotWatch:
    return BotWatch(it.desk.clock)


@pytest.fixture
def watch(it: Story, bots: BotAccess, bot_watch: BotWatch) -> LoginWatch:
    return LoginWatch(it.desk.hub, it.desk.accounts, bots, watch=bot_watch)


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


async def test_a_bots_connection_ends_with_its_token(
    it: Story, bots: BotAccess, bot_watch: BotWatch, watch: LoginWatch
):
    peers = {}
    for days in (1, 2):
        made = await bots.create(it.desk.engine.directory.workspace_id, "b_faq", days=days)
        admission = await bots.redeem(made.token)
        assert admission is not None
        peers[days] = ScriptedPeer("bot", f"s_{days}")
        peers[days].identity = admission
        it.desk.hub.subscribe(peers[days], of_bot("b_faq"))
        bot_watch.connected("b_faq", session=f"s_{days}", address="")
    await watch.look()
    assert [peer.closed for peer in peers.values()] == [None, None]
    it.desk.clock.advance(86_400)
    await watch.look()
    assert [peer.closed for peer in peers.values()] == [CloseCode.REVOKED, None]
    assert it.ada.peer.closed is None


async def test_logs_of_connections_end_on_the_way(it: Story, bot_watch: BotWatch, watch: LoginWatch):
    line = bot_watch.connected("b_faq", session="s_1", address="")
    line.left()
    it.desk.clock.advance(KEPT_MS / 1000)
    await watch.look()
    assert not bot_watch._bots["b_faq"].gone
