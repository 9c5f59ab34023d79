"""What the owner does to a bot is felt at once by whoever dialled in as it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from server.control import requests as ask
from server.control.bots import BotTokenMade, BotTokens
from tests.blackbox.process import Server
from tests.blackbox.wire import Client
from tests.control.asking import applied, asked, done, exported, without

AT_ONCE_S = 1.0


class Bot(Client):
    """A bot's connection."""

    path = "/ws/bot"

    def _take_snapshot(self) -> None:
        """What it has is of no interest here."""


@pytest.fixture
async def bots(own_server: Server) -> AsyncIterator[list[Bot]]:
    made: list[Bot] = []
    yield made
    for each in made:
        await each.leave()


async def token(server: Server, **more: Any) -> BotTokenMade:
    answer = await done(server.data, ask.TokenCreate(bot="faq", **more))
    return msgspec.json.decode(answer.found, type=BotTokenMade)


async def dials_in(server: Server, made: BotTokenMade, bots: list[Bot]) -> Bot:
    bot = Bot(server.address, {"token": made.token})
    bots.append(bot)
    await bot.connect()
    await bot.identify()
    return bot


async def test_a_token_that_is_revoked_takes_its_connections_along(own_server: Server, bots: list[Bot]):
    first = await token(own_server, label="old")
    second = await token(own_server, label="new")
    assert (first.bot_made, second.bot_made) == (True, False)
    old, again, new = [await dials_in(own_server, made, bots) for made in (first, first, second)]
    assert old.me["key"] == "faq"
    await done(own_server.data, ask.TokenRevoke(token=first.id))
    assert await old.ended(AT_ONCE_S) == 4501
    assert await again.ended(AT_ONCE_S) == 4501
    assert (await new.ask("ping"))["ok"]
    await old.connect()
    await old.tell("identify", id="again", protocol=1, token=first.token)
    assert await old.ended() == 4500
    found = msgspec.json.decode((await done(own_server.data, ask.TokenList(bot="faq"))).found, type=BotTokens)
    assert [(each.label, each.good, each.used_at is not None) for each in found.tokens] == [
        ("old", False, True),
        ("new", True, True),
    ]


async def test_a_bot_that_is_removed_is_out_and_its_tokens_are_no_more(own_server: Server, bots: list[Bot]):
    before = await exported(own_server.data)
    made = await token(own_server)
    bot = await dials_in(own_server, made, bots)
    lines = await applied(own_server.data, without(await exported(own_server.data), "bot", "faq"), prune=True)
    assert lines == ('- bot "faq"',)
    assert await bot.ended(AT_ONCE_S) == 4501
    assert await exported(own_server.data) == before
    await bot.connect()
    await bot.tell("identify", id="again", protocol=1, token=made.token)
    assert await bot.ended() == 4500
    refused = await asked(own_server.data, ask.TokenList(bot="faq"))
    assert refused.error == 'There is no bot "faq".'


async def test_a_bot_whose_settings_change_stays_connected(own_server: Server, bots: list[Bot]):
    made = await token(own_server)
    bot = await dials_in(own_server, made, bots)
    text = (await exported(own_server.data)).replace('name = "faq"', 'name = "Questions"\nreply_seconds = 5')
    assert await applied(own_server.data, text) == (
        '~ bot "faq": name "faq" -> "Questions"',
        '~ bot "faq": reply_seconds 30 -> 5',
    )
    assert (await bot.ask("ping"))["ok"]
    again = await dials_in(own_server, made, bots)
    assert again.snapshot["bot"]["reply_seconds"] == 5
    assert again.me["name"] == "Questions"
