"""Bots over real sockets: killed and resumed, two at once, handing over, and whatever a broken one may do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.blackbox.bots import Bot, revoke_all, token_of
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.wire import Visitor
from tests.blackbox.workspace import agent, department, table, workspace


@pytest.fixture(scope="module")
def workspace_file() -> str:
    bot = table("[[bot]]", key="faq", name="Fay", reply_seconds=2, grace_seconds=1)
    slow = table("[[bot]]", key="slow", reply_seconds=0)
    return workspace(
        ["support", "sales", "quiet"],
        department("support", first="bot:faq", accept="auto"),
        department("sales", first="bot:slow", max_line=1),
        department("quiet", first="bot:slow"),
        agent("ada", 3, {"support": 1}),
        agent("ben", 1, {"sales": 1}),
        bot,
        slow,
    )


@pytest.fixture(scope="module")
def token(server: Server) -> str:
    return token_of(server)


@pytest.fixture(scope="module")
def slow_token(server: Server) -> str:
    return token_of(server, "slow")


@pytest.fixture
async def bots() -> AsyncIterator[list[Bot]]:
    known: list[Bot] = []
    yield known
    await asyncio.gather(*[bot.leave() for bot in known])


async def came(bots: list[Bot], server: Server, token: str) -> Bot:
    bot = Bot(server, token)
    bots.append(bot)
    await bot.enter()
    return bot


async def in_state(visitor: Visitor, *states: str) -> None:
    await visitor.reach(lambda: visitor.state in states)


async def test_killed_in_mid_conversation_and_resumed_nothing_is_answered_twice(
    people: People, bots: list[Bot], server: Server, slow_token: str
):
    fay = await came(bots, server, slow_token)
    vera = await people.visitor()
    c = await vera.start("quiet", "One")
    await fay.holds(c, 1)
    assert await fay.answer(c, 1, "First") == 3
    await vera.say(c, "Two")
    await fay.holds(c, 4)
    # It answers, and dies before it hears that this was stored.
    await fay.tell("message.send", id="x", conversation=c, client_id="re-4-0", text="Second")
    await vera.holds(c, 5)
    await fay.leave(abruptly=True)
    await vera.say(c, "Three")
    await fay.enter()
    assert fay.mine() == {c}
    await fay.holds(c, 6)
    for seq, text in ((1, "First"), (4, "Second"), (6, "Third")):
        await fay.answer(c, seq, text)
    await vera.holds(c, 7)
    said = [entry["text"] for entry in await vera.whole_history(c) if entry["kind"] == "message"]
    assert said == ["One", "First", "Two", "Second", "Three", "Third"]


async def test_two_workers_share_and_answer_once(people: People, bots: list[Bot], server: Server, slow_token: str):
    one, two = await came(bots, server, slow_token), await came(bots, server, slow_token)
    visitors = [await people.visitor() for _ in range(4)]
    talks = [await visitor.start("quiet", "Hello") for visitor in visitors]
    await one.reach(lambda: len(one.mine()) == 2)
    await two.reach(lambda: len(two.mine()) == 2)
    assert one.mine() | two.mine() == set(talks)
    assert {await one.answer(talks[0], 1, "Hi"), await two.answer(talks[0], 1, "Hi")} == {3}
    other = await two.refused("message.send", conversation=talks[0], client_id="re-1-0", text="Another answer")
    assert other["code"] == "client_id_conflict"
    await one.leave(abruptly=True)
    await two.reach(lambda: two.mine() == set(talks))
    await visitors[0].say(talks[0], "Still there?")
    await two.holds(talks[0], 4)


async def test_it_hands_over_to_nobody_to_a_full_line_to_ada_and_gets_it_back(
    people: People, bots: list[Bot], server: Server, slow_token: str
):
    fay = await came(bots, server, slow_token)
    vera, nils = await people.visitor(), await people.visitor()
    c = await vera.start("sales", "I want a bike")
    reply = await fay.request("handoff", conversation=c, summary="A bike")
    assert (reply["handoff"], reply["reason"]) == ("failed", "nobody")
    ben = await people.agent("ben", "available")
    d = await nils.start("sales", "Me too")
    assert (await fay.request("handoff", conversation=d, summary="Another bike"))["handoff"] == "queued"
    await ben.takes(d)
    e = await (await people.visitor()).start("sales", "And me")
    assert (await fay.request("handoff", conversation=e))["handoff"] == "queued"
    reply = await fay.request("handoff", conversation=c, summary="A bike")
    assert (reply["handoff"], reply["reason"]) == ("failed", "line_full")
    reply = await fay.request("handoff", conversation=c, to={"department": "support"}, summary="A bike")
    assert (reply["handoff"], reply["reason"]) == ("failed", "nobody")
    ada = await people.agent("ada", "available")
    sent = [
        asyncio.create_task(fay.ask("message.send", conversation=c, client_id=f"m{n}", text=f"Wait {n}"))
        for n in range(5)
    ]
    handed = asyncio.create_task(fay.ask("handoff", conversation=c, to={"department": "support"}, summary="A red bike"))
    late = [
        asyncio.create_task(fay.ask("message.send", conversation=c, client_id=f"l{n}", text=f"Late {n}"))
        for n in range(5)
    ]
    assert all(reply["ok"] for reply in await asyncio.gather(*sent))
    assert (await handed)["handoff"] == "queued"
    assert {reply["error"]["code"] for reply in await asyncio.gather(*late)} == {"not_owner"}
    await ada.reach(lambda: c in ada.conversations and ada.conversations[c]["agent"] is not None)
    note = next(each for each in (await ada.request("history", conversation=c))["notes"] if each["kind"] == "handoff")
    assert note["text"] == "A red bike"
    await asyncio.gather(*ada.errands)
    await ada.request("conversation.transfer", conversation=c, to={"bot": "slow"})
    await fay.answer(c, 1, "Me again")
    assert (await ada.refused("message.send", conversation=c, client_id="m9", text="Mine?"))["code"] == "not_owner"


async def test_asked_for_a_person_it_says_once_what_it_was_about(
    people: People, bots: list[Bot], server: Server, slow_token: str
):
    fay = await came(bots, server, slow_token)
    ben = await people.agent("ben", "available")
    vera = await people.visitor()
    c = await vera.start("sales", "I want a bike")
    assert (await fay.request("note.add", conversation=c, client_id="n1", text="Asked twice"))["seq"] == 1
    await vera.request("conversation.human", conversation=c)
    await fay.reach(lambda: any(frame.get("on") == "handoff.queued" for frame in fay.heard))
    said = {"conversation": c, "client_id": "handoff.queued-0", "summary": "A red bike"}
    reply = await fay.request("handoff", **said)
    assert reply["handoff"] == "queued"
    assert (await fay.request("handoff", **said))["at"] == reply["at"]
    for other in ({"summary": "And a bell"}, {"to": {"department": "support"}, "summary": "A bike"}, {}):
        assert (await fay.refused("handoff", conversation=c, **other))["code"] == "not_owner"
    for write in ("message.send", "note.add"):
        assert (await fay.refused(write, conversation=c, client_id="m1", text="Wait"))["code"] == "not_owner"
    await ben.takes(c)
    notes = (await ben.request("history", conversation=c))["notes"]
    told = [(note["kind"], note["from"]["role"], note["text"]) for note in notes]
    assert told == [("message", "bot", "Asked twice"), ("handoff", "bot", "A red bike")]
    heard = json.dumps([*vera.heard, *await vera.whole_history(c)])
    assert "A red bike" not in heard
    assert "Asked twice" not in heard


async def test_gone_or_silent_it_strands_nobody(people: People, bots: list[Bot], server: Server, token: str):
    fay = await came(bots, server, token)
    vera, nils = await people.visitor(), await people.visitor()
    await vera.start("support", "Hello?")
    await in_state(vera, "waiting", "offered", "active")
    await nils.start("support", "Hello?")
    await fay.leave(abruptly=True)
    await in_state(nils, "waiting", "offered", "active")
    assert [entry["reason"] for entry in vera.transcript.entries.values() if entry["kind"] == "left"] == ["unanswered"]


async def test_a_revoked_token_ends_its_sockets_and_opens_none(bots: list[Bot], server: Server):
    token = token_of(server, "passing")
    fay = await came(bots, server, token)
    await asyncio.to_thread(revoke_all, server, "passing")
    assert await fay.ended() == 4501
    await fay.connect()
    await fay.tell("identify", id="1", protocol=1, token=token)
    assert await fay.ended() == 4500


async def test_a_page_is_no_bot(server: Server, token: str):
    assert token
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"ws://{server.address}/ws/bot", origin=f"http://{server.address}", proxy=None)  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


BAD: dict[str, tuple[str, dict[str, object], str]] = {
    "a foreign conversation": ("message.send", {"conversation": "c_none", "client_id": "x", "text": "x"}, "not_found"),
    "no replies": ("message.send", {"replies": []}, "bad_request"),
    "too many replies": ("message.send", {"replies": ["x"] * 11}, "bad_request"),
    "a long reply": ("message.send", {"replies": ["x" * 81]}, "bad_request"),
    "too many cards": ("message.send", {"cards": [{"title": "x"}] * 11}, "bad_request"),
    "a card without a title": ("message.send", {"cards": [{"text": "x"}]}, "bad_request"),
    "a link that is a script": (
        "message.send",
        {"cards": [{"title": "x", "links": [{"text": "x", "url": "javascript:alert(1)"}]}]},
        "bad_request",
    ),
    "a link of two lines": (
        "message.send",
        {"cards": [{"title": "x", "links": [{"text": "x", "url": "https://x.example/\nx"}]}]},
        "bad_request",
    ),
    "markup": ("message.send", {"cards": [{"title": "x", "html": "<b>"}]}, "bad_request"),
    "a long text": ("message.send", {"text": "x" * 8001}, "too_large"),
    "a frame too large": (
        "message.send",
        {"cards": [{"title": "x", "text": "y" * 2000}] * 10, "text": "z" * 60_000},
        "too_large",
    ),
    "a long stream": ("stream", {"stream_id": "s", "delta": "x" * 8001}, "too_large"),
    "a stream that skips": ("stream", {"stream_id": "t", "delta": "x", "offset": 7}, "gone"),
    "a note without words": ("note.add", {"client_id": "x", "text": " "}, "bad_request"),
    "a status": ("status.set", {"status": "available"}, "bad_request"),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_wrong_is_coded_and_the_visitor_unharmed(
    people: People, bots: list[Bot], server: Server, slow_token: str, name: str
):
    do, fields, code = BAD[name]
    fay = await came(bots, server, slow_token)
    vera = await people.visitor()
    c = await vera.start("quiet", "Hello")
    base: dict[str, object] = {} if do == "status.set" else {"conversation": c}
    if do == "message.send":
        base |= {"client_id": "x", "text": "x"}
    assert (await fay.refused(do, **{**base, **fields}))["code"] == code
    await fay.holds(c, 1)
    seq = await fay.answer(c, 1, "Fine")
    await vera.holds(c, seq)
    assert [entry["text"] for entry in vera.transcript.entries.values() if entry["kind"] == "message"] == [
        "Hello",
        "Fine",
    ]


async def test_more_streams_than_anybody_reads(people: People, bots: list[Bot], server: Server, slow_token: str):
    fay = await came(bots, server, slow_token)
    vera = await people.visitor()
    c = await vera.start("quiet", "Hello")
    for n in range(4):
        assert (await fay.request("stream", conversation=c, stream_id=f"s{n}", delta="x"))["ok"]
    assert (await fay.refused("stream", conversation=c, stream_id="s4", delta="x"))["code"] == "conflict"
    for n in range(500):
        await fay.tell("stream", conversation=c, stream_id="s0", delta="y", offset=1 + n)
    end = await fay.request("stream", conversation=c, stream_id="s0", delta=".", offset=501, final=True)
    await vera.holds(c, end["seq"])
    said = next(entry for entry in vera.transcript.entries.values() if entry.get("client_id") == "s0")
    assert said["text"] == "x" + "y" * 500 + "."
    grown = [frame for frame in vera.heard if frame.get("on") == "stream" and frame["stream_id"] == "s0"]
    assert len(grown) < 100


async def test_a_bot_that_never_reads_is_cut_and_its_visitors_go_on(
    people: People, bots: list[Bot], server: Server, slow_token: str
):
    deaf = await connect(f"ws://{server.address}/ws/bot", proxy=None, max_queue=1, compression=None, ping_interval=None)
    await deaf.recv()
    await deaf.send(json.dumps({"do": "identify", "id": "1", "protocol": 1, "token": slow_token}))
    await deaf.recv()
    deaf.transport.pause_reading()
    try:
        visitors = [await people.visitor() for _ in range(4)]
        talks = [await visitor.start("quiet", "Hello") for visitor in visitors]
        both = list(zip(visitors, talks, strict=True))
        fay = await came(bots, server, slow_token)
        assert fay.mine() == set()
        # As much as it takes to fill the buffers of both ends and the room of a bot's connection.
        for _ in range(2_000):
            if fay.mine():
                break
            await asyncio.gather(*[visitor.say(talk, "x" * 8000) for visitor, talk in both])
        await fay.reach(lambda: fay.mine() == set(talks))
        for visitor, talk in both:
            seq = await fay.answer(talk, 1, "Here I am")
            await visitor.holds(talk, seq)
    finally:
        deaf.transport.abort()
