"""What a bot was told and said: given to the visitor with the rest, and gone with the rest."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.wire.codec import encode
from tests.desk.support.bot_cases import WITH_BOT, asked, fay
from tests.desk.support.story import Story, story
from tests.desk.test_erasure import CANARY, PAGE, erase, holding, in_files, privacy_of, while_the_desk_works


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, WITH_BOT) as told:
        yield told


async def talked_with_a_bot(it: Story) -> str:
    """Everywhere that a bot can say something, it says who it speaks with."""
    it.vera = await it.desk.visitor(page=PAGE)
    await asked(it)
    c: str = it.more["c"]
    await it.vera.ask("message.send", conversation=c, client_id="m1", text=f"I am {CANARY}")
    cards = [{"title": CANARY, "text": CANARY, "links": [{"text": CANARY, "url": f"https://x.example/{CANARY}"}]}]
    bot = fay(it)
    await bot.ask(
        "message.send", conversation=c, client_id=CANARY, text=f"Hello {CANARY}", replies=[CANARY], cards=cards
    )
    await bot.ask("stream", conversation=c, stream_id="s1", delta=CANARY)
    await bot.ask("stream", conversation=c, stream_id="s1", delta="!", final=True)
    await bot.ask("stream", conversation=c, stream_id="s2", delta=CANARY)
    await bot.ask("handoff", conversation=c, client_id=CANARY, summary=f"This is {CANARY}", reason=CANARY)
    await it.desk.accept(it.ada)
    await it.ada.ask("conversation.transfer", conversation=c, to={"bot": "faq"}, note=CANARY)
    await bot.ask("conversation.close", conversation=c, outcome=CANARY, tags=[CANARY])
    return c


async def test_an_export_has_what_the_bot_said(it: Story):
    await talked_with_a_bot(it)
    export = await while_the_desk_works(it, privacy_of(it).export(it.vera.me))
    talk = json.loads(encode(export))["conversations"][0]
    said = next(entry for entry in talk["entries"] if entry["kind"] == "message" and entry["from"]["role"] == "bot")
    assert (said["text"], said["replies"], said["cards"][0]["title"]) == (f"Hello {CANARY}", [CANARY], CANARY)
    assert talk["notes"][0]["text"] == f"This is {CANARY}"
    assert talk["agent"] is None


async def test_nothing_is_left_of_it(it: Story):
    c = await talked_with_a_bot(it)
    await it.desk.wait(5)
    assert await holding(it) != []
    await erase(it, it.vera.me)
    assert await holding(it) == []
    assert in_files(it) == []
    assert fay(it).told("erased")[-1]["conversations"] == [c]


async def test_a_card_number_in_a_link_is_masked_and_the_link_stays_one(it: Story):
    await asked(it)
    c: str = it.more["c"]
    links = [{"text": "4242 4242 4242 4242", "url": "https://x.example/?card=4242424242424242"}]
    sent = {"conversation": c, "client_id": "re-1-0", "text": "Look", "cards": [{"title": "Receipt", "links": links}]}
    assert (await fay(it).ask("message.send", **sent))["ok"]
    assert (await fay(it).ask("message.send", **sent))["ok"]
    shown = it.vera.told("entry")[-1]["cards"]
    assert shown == [{"title": "Receipt", "links": [{"text": "•••• 4242", "url": "https://x.example/?card=••••4242"}]}]
    again = await it.vera.ask("history", conversation=c)
    assert [entry["cards"] for entry in again["entries"] if "cards" in entry] == [shown]
