"""A bot that says more than it may: refused and told when to come back, in order, and cut when it goes on all the same;
its visitors lose nothing, and whoever runs it sees what went over its connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.blackbox.bots import Bot, token_of
from tests.blackbox.connection import LostError, encoded
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Visitor
from tests.blackbox.workspace import agent, department, table, workspace

MOST = 20
FLOOD = 10_000


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return workspace(
        ["support", "quiet"],
        f"[limits]\nmessages_per_bot = [{MOST}, 3000]\n",
        department("support", first="bot:faq"),
        department("quiet", first="bot:calm"),
        agent("root", 1, {}, role="admin"),
        table("[[bot]]", key="faq", name="Fay", reply_seconds=0),
        table("[[bot]]", key="calm", name="Cal", reply_seconds=0),
    )


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    return token_of(server)


@pytest.fixture
async def fay(server: Server, token: str) -> AsyncIterator[Bot]:
    bot = Bot(server, token)
    await bot.enter()
    yield bot
    await bot.leave()


async def got(people: People, path: str) -> Any:
    """By REST, as the one who runs the bot."""
    headers = {"Authorization": f"Bearer {await people.token('root')}"}
    address = f"http://{people.server.address}/api/v1{path}"
    async with aiohttp.ClientSession() as http, http.get(address, headers=headers) as answer:
        assert answer.status == 200
        return await answer.json()


async def stopped(server: Server) -> int:
    """How much of what bots said was too much, as it is counted."""
    async with aiohttp.ClientSession() as http, http.get(f"http://{server.address}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    found = [line for line in lines if line.startswith("frontdesk_limited_total") and "messages_per_bot" in line]
    return int(float(found[0].split()[-1])) if found else 0


async def said_by_bot(visitor: Visitor, conversation: str) -> list[str]:
    entries = await visitor.whole_history(conversation)
    return [entry["text"] for entry in entries if entry["kind"] == "message" and entry["from"]["role"] == "bot"]


def refusals(bot: Bot) -> list[Frame]:
    return [frame["error"] for frame in bot.heard if not frame.get("ok", True)]


async def test_a_bot_that_waits_as_told_loses_and_reorders_nothing(people: People, fay: Bot, server: Server):
    vera = await people.visitor()
    c = await vera.start("support", "Hello")
    await fay.holds(c, 1)
    before = await stopped(server)
    texts = [f"message {number}" for number in range(3 * MOST)]
    for text in texts:
        await fay.post(c, text)
    await vera.say(c, "So much?")
    await fay.settled()
    assert {error["code"] for error in refusals(fay)} == {"rate_limited"}
    assert all(error["retry_after_ms"] > 0 for error in refusals(fay))
    assert await said_by_bot(vera, c) == texts
    assert await stopped(server) > before
    (seen,) = [each for each in await got(people, "/bots") if each["key"] == "faq"]
    assert seen["last_error"]["code"] == "rate_limited"


async def test_a_bot_that_goes_on_all_the_same_is_cut_and_its_visitor_is_served(people: People, fay: Bot):
    vera = await people.visitor()
    c = await vera.start("support", "Hello")
    await fay.holds(c, 1)

    async def flood() -> None:
        with contextlib.suppress(LostError):
            for number in range(FLOOD):
                frame = {"do": "message.send", "id": f"f{number}", "conversation": c}
                await fay.line.send(encoded(frame | {"client_id": f"f{number}", "text": f"buy {number}"}))

    async def go_on() -> None:
        for number in range(5):
            await vera.say(c, f"still here {number}")

    await asyncio.gather(flood(), go_on())
    assert await fay.ended() == 4008
    answers = [frame for frame in fay.heard if str(frame.get("re")).startswith("f")]
    assert set(Counter("ok" if frame["ok"] else frame["error"]["code"] for frame in answers)) <= {"ok", "rate_limited"}
    said = [int(text.removeprefix("buy ")) for text in await said_by_bot(vera, c)]
    assert said == list(range(len(said)))
    await fay.enter()
    assert fay.mine() == {c}
    await vera.holds(c, await fay.say(c, "That was too much, I am sorry"))


async def _as_told(fay: Bot, reply: Frame) -> None:
    """Wait until it may come again."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(reply.get("error", {}).get("retry_after_ms", 0) / 1000):
            await fay.line.ended.wait()


async def test_a_stream_of_which_a_piece_was_too_much_is_stored_whole_or_not_at_all(people: People, fay: Bot):
    vera = await people.visitor()
    c = await vera.start("support", "Hello")
    await fay.holds(c, 1)
    pieces = [f"word{number}, " for number in range(5 * MOST)]
    for piece in pieces:
        await fay.tell("stream", conversation=c, stream_id="s", delta=piece)
    await fay.all_heard()
    assert {"rate_limited", "gone"} >= {error["code"] for error in refusals(fay)} >= {"rate_limited"}
    codes: list[str] = []
    while codes[-1:] != ["ok"]:
        end: Frame = {"text": "".join(pieces)} if "gone" in codes else {}
        reply = await fay.ask("stream", conversation=c, stream_id="s", final=True, **end)
        codes.append("ok" if reply["ok"] else reply["error"]["code"])
        await _as_told(fay, reply)
    assert [code for code in codes if code != "rate_limited"] == ["gone", "ok"]
    assert await said_by_bot(vera, c) == ["".join(pieces)]


async def test_who_runs_it_sees_what_went_over_its_connection(people: People, server: Server):
    token = await asyncio.to_thread(token_of, server, "calm")
    cal = Bot(server, token)
    await cal.enter()
    vera = await people.visitor()
    c = await vera.start("quiet", "Where is my order?")
    await cal.holds(c, 1)
    await cal.answer(c, 1, f"I am {token}, tell nobody")
    assert (await cal.refused("message.send", conversation=c, client_id="x", text=""))["code"] == "bad_request"
    await cal.leave()
    logs = await got(people, "/bots/calm/frames")
    (log,) = logs
    assert token not in json.dumps(logs)
    frames = [(each["dir"], json.loads(each["frame"])) for each in log["frames"]]
    sent = [(frame["do"], frame["text"]) for way, frame in frames if way == "in"]
    assert sent == [("message.send", "I am fdb_..., tell nobody"), ("message.send", "")]
    came = [frame for way, frame in frames if way == "out"]
    assert any(frame.get("on") == "entry" and frame.get("text") == "Where is my order?" for frame in came)
    assert [frame["ok"] for frame in came if "re" in frame][-2:] == [True, False]
