"""Every message once, in order, by those who may; notes stay with the team."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from router import commands
from server.desk.messages import TEXT_CHARS
from tests.desk.support.client import Client, Pending
from tests.desk.support.story import WRAP_UP, Story, story, transfer_to
from tests.support.until import until


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path, WRAP_UP) as told:
        yield told


def send(
    client: Client, conversation: str, client_id: str, text: str | None = None, do: str = "message.send"
) -> Pending:
    return client.begin(do, conversation=conversation, client_id=client_id, text=text or client_id)


def outcome(asked: Pending) -> Any:
    return asked.reply["seq"] if asked.reply["ok"] else asked.reply["error"]["code"]


async def texts(it: Story, conversation: str, log: str = "entry") -> list[str]:
    return [row[3] for row in await it.desk.entries(conversation, log) if row[1] == "message"]


async def test_a_message_is_numbered_acknowledged_and_told_to_every_session(it: Story):
    c = await it.talk()
    twin, ada2 = await it.desk.again(it.vera), await it.desk.again(it.ada)
    reply = await it.vera.ask("message.send", conversation=c, client_id="m1", text="Hello?")
    assert reply["seq"] == 3
    for client in (it.vera, twin, it.ada, ada2):
        entry = client.told("entry")[-1]
        assert (entry["seq"], entry["at"], entry["client_id"], entry["text"]) == (3, reply["at"], "m1", "Hello?")
        assert entry["from"] == {"role": "visitor", "id": it.vera.me, "name": ""}
    assert [event for event in it.ben.told("entry") + it.sue.told("entry") if event["conversation"] == c] == []
    frames = it.vera.peer.frames
    assert frames.index(reply) < frames.index(it.vera.told("entry")[-1])


async def test_a_resend_stores_nothing_and_tells_nobody(it: Story):
    c = await it.talk()
    first = await it.vera.ask("message.send", conversation=c, client_id="m1", text="Once")
    heard = len(it.ada.told("entry"))
    for client in (it.vera, await it.desk.again(it.vera)):
        again = await client.ask("message.send", conversation=c, client_id="m1", text="Once")
        assert (again["seq"], again["at"]) == (first["seq"], first["at"])
    assert len(it.ada.told("entry")) == heard
    other = await it.vera.ask("message.send", conversation=c, client_id="m1", text="Twice")
    assert other["error"]["code"] == "client_id_conflict"
    assert await texts(it, c) == ["Hello", "Once"]


async def test_resends_pipelined_with_their_first_are_one(it: Story):
    c = await it.talk()
    asked = [send(it.vera, c, name) for name in ("a", "b", "a", "b", "c")]
    await it.desk.settle()
    assert list(map(outcome, asked)) == [3, 4, 3, 4, 5]
    assert [event["seq"] for event in it.ada.told("entry")[-3:]] == [3, 4, 5]


async def test_two_tabs_and_the_agent_interleaved_without_gaps(it: Story):
    c = await it.talk()
    twin = await it.desk.again(it.vera)
    asked = [
        send(client, c, f"{who}{number}")
        for number in range(20)
        for who, client in (("v", it.vera), ("t", twin), ("a", it.ada))
    ]
    await it.desk.settle()
    assert sorted(map(outcome, asked)) == list(range(3, 63))
    assert [event["seq"] for event in twin.told("entry") if event["kind"] == "message"] == list(range(3, 63))
    said = await texts(it, c)
    for who in "vta":
        assert [text for text in said if text[0] == who] == [f"{who}{number}" for number in range(20)]


async def test_nothing_overtakes_a_message_that_failed(it: Story):
    c = await it.talk()
    it.desk.store.fail_writes()
    asked = [send(it.vera, c, name) for name in ("a", "b", "c")]
    await it.desk.settle()
    assert list(map(outcome, asked)) == ["unavailable"] * 3
    late = send(it.vera, c, "d")
    await it.desk.settle()
    assert outcome(late) == "unavailable", "this connection is to be closed; its later messages wait for the resend"
    # Others are not held up, and the same person's next connection sends everything again.
    other = send(it.ada, c, "x")
    twin = await it.desk.again(it.vera)
    asked = [send(twin, c, name) for name in ("a", "b", "c", "d")]
    await it.desk.settle()
    assert [outcome(each) for each in (other, *asked)] == [3, 4, 5, 6, 7]
    assert await texts(it, c) == ["Hello", "x", "a", "b", "c", "d"]


async def test_an_answer_that_was_lost(it: Story):
    c = await it.talk()
    it.desk.store.fail_writes(1, committed=True)
    lost = send(it.vera, c, "a")
    await it.desk.settle()
    assert outcome(lost) == "unavailable"
    twin = await it.desk.again(it.vera)
    again = send(twin, c, "a")
    await it.desk.settle()
    assert outcome(again) == 3
    assert await texts(it, c) == ["Hello", "a"]
    # Those who were not told the first time are told now, once.
    assert [event["text"] for event in it.ada.told("entry")][-1] == "a"
    heard = len(it.ada.told("entry"))
    again = send(twin, c, "a")
    await it.desk.settle()
    assert len(it.ada.told("entry")) == heard
    await it.desk.check_law()


async def test_a_refusal_breaks_no_order(it: Story):
    c = await it.talk()
    asked = [send(it.vera, c, "a"), send(it.vera, "c_none", "b"), send(it.vera, c, "a", "other"), send(it.vera, c, "d")]
    await it.desk.settle()
    assert list(map(outcome, asked)) == [3, "not_found", "client_id_conflict", 4]


async def test_texts_that_are_no_messages(it: Story):
    c = await it.talk()
    for text, code in (("", "bad_request"), (" \n\t", "bad_request"), ("x" * (TEXT_CHARS + 1), "too_large")):
        for client, do in ((it.vera, "message.send"), (it.ada, "message.send"), (it.ada, "note.add")):
            reply = await client.ask(do, conversation=c, client_id="m", text=text)
            assert reply["error"]["code"] == code
            assert reply["error"]["field"] == "text"
        nils = await it.desk.visitor()
        assert (await nils.ask("conversation.start", client_id="s", text=text))["error"]["code"] == code
    hard = "\x00 \u202e <b>&amp;</b> \U0001f9d1\u200d\U0001f33e " + "x" * (TEXT_CHARS - 40)
    assert (await it.vera.ask("message.send", conversation=c, client_id="m", text=hard))["ok"]
    assert it.ada.told("entry")[-1]["text"] == hard
    assert (await texts(it, c))[-1] == hard


# Who may.


async def test_only_the_owner_writes(it: Story):
    c = it.more["c"] = await it.talk()
    await it.ben.ask("status.set", status="available")
    await transfer_to(it, agent="ben")
    for client, code in ((it.ben, "not_owner"), (it.sue, "not_owner")):
        asked = send(client, c, "m")
        await it.desk.settle()
        assert outcome(asked) == code
    await it.desk.accept(it.ben)
    mine, yours = send(it.ben, c, "m"), send(it.ada, c, "m")
    await it.desk.settle()
    assert outcome(yours) == "not_owner"
    assert isinstance(outcome(mine), int)


async def test_who_lost_it_by_picking_may_know_it_too(it: Story):
    c = it.more["c"] = await it.desk.start_conversation(it.vera)
    await it.ada.ask("status.set", status="busy")
    assert (await it.ada.ask("conversation.pick", conversation=c))["ok"]
    assert (await transfer_to(it, department="sales"))["ok"]
    asked = [send(it.ada, c, "m"), send(it.ben, c, "m")]
    await it.desk.settle()
    assert list(map(outcome, asked)) == ["not_owner", "not_found"]


async def test_after_the_end_nothing_is_written_but_what_was_is_known(it: Story):
    c = await it.talk()
    before = [send(it.vera, c, "v"), send(it.ada, c, "a")]
    await it.vera.ask("conversation.close", conversation=c)
    after = [send(it.vera, c, "v2"), send(it.ada, c, "a2"), send(it.vera, c, "v"), send(it.ada, c, "a")]
    await it.desk.settle()
    assert list(map(outcome, after)) == ["closed", "closed", *map(outcome, before)]
    assert (await it.desk.entries(c))[-1][1] == "closed"


async def test_a_message_races_with_the_close(it: Story):
    c = await it.talk()
    it.desk.store.hold_writes()
    close = it.ada.begin("conversation.close", conversation=c)
    first = send(it.vera, c, "ahead")
    working = asyncio.ensure_future(it.desk.engine.work_off())
    await until(lambda: it.desk.store.held == 2)
    second = send(it.vera, c, "behind")
    it.desk.store.release()
    await working
    await it.desk.settle()
    assert close.reply["ok"]
    assert [outcome(first), outcome(second)] == [3, "closed"]
    assert [event["seq"] for event in it.vera.told("entry")] == [1, 2, 3, 4]
    assert not it.desk.messages._writers.last


# Notes.


async def test_notes_never_reach_visitors(it: Story):
    c = it.more["c"] = await it.talk()
    await it.ben.ask("status.set", status="available")
    await it.ada.ask("note.add", conversation=c, client_id="n1", text="Secret")
    await it.sue.ask("note.add", conversation=c, client_id="n1", text="Secret too")
    await transfer_to(it, agent="ben", note="Secret as well")
    await it.ben.ask("offer.decline", offer=it.ben.offer["offer"], reason="Secret reason")
    await it.ada.ask("conversation.close", conversation=c, outcome="Secret outcome", tags=["Secret tag"])
    await it.ada.ask("note.add", conversation=c, client_id="n2", text="Secret to the end")
    twin = await it.desk.again(it.vera, resume={"epoch": it.vera.identified["epoch"], "positions": {}})
    history = await twin.ask("history", conversation=c, limit=500, notes_after=0)
    assert history["notes"] == []
    await twin.ask("ping")
    said = [*it.vera.peer.frames, *twin.peer.frames]
    assert "Secret" not in str(said)
    assert not [frame for frame in said if frame.get("on") == "note"]
    pong = twin.peer.frames[-1]
    assert pong["positions"][c]["notes"] == 0


async def test_notes_have_their_own_numbers(it: Story):
    c = await it.talk()
    asked = [send(it.ada, c, "x"), send(it.ada, c, "x", do="note.add"), send(it.sue, c, "x", do="note.add")]
    await it.desk.settle()
    assert list(map(outcome, asked)) == [3, 1, 2]
    assert [event["seq"] for event in it.ada.told("note")] == [1, 2]
    assert [event["seq"] for event in it.sue.told("note")] == [2]


async def test_who_may_add_notes(it: Story):
    c = it.more["c"] = await it.talk()
    await it.ben.ask("status.set", status="available")
    asked = send(it.ben, c, "n", do="note.add")
    await it.desk.settle()
    assert outcome(asked) == "not_found"
    await transfer_to(it, agent="ben")
    asked = send(it.ben, c, "n", do="note.add")
    await it.desk.settle()
    assert outcome(asked) == "not_owner"
    await it.ada.ask("conversation.close", conversation=c)
    asked = send(it.ada, c, "n", do="note.add")
    await it.desk.settle()
    assert outcome(asked) == 2, "while it is wrapped up"
    await it.ada.ask("wrap_up.end", conversation=c)
    late, known = send(it.ada, c, "late", do="note.add"), send(it.ada, c, "n", do="note.add")
    await it.desk.settle()
    assert [outcome(late), outcome(known)] == ["closed", 2]


async def test_what_is_written_while_it_rings_is_read_by_whoever_accepts(it: Story):
    c = await it.ring()
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="Please hurry")
    assert it.ada.told("entry") == it.ben.told("entry") == []
    accepted = await it.ada.ask("offer.accept", offer=it.ada.offer["offer"])
    assert "Please hurry" in [entry["text"] for entry in accepted["entries"]]


# What the router hears.


async def test_the_router_hears_who_wrote_last_and_roughly_when(it: Story):
    c = await it.talk()
    heard: list[commands.Command] = []
    tell = it.desk.messages._writers._tell
    it.desk.messages._writers._tell = lambda command: (heard.append(command), tell(command))[1]  # type: ignore[func-returns-value]
    for number in range(3):
        await it.vera.ask("message.send", conversation=c, client_id=f"{number}", text="Hello?")
    assert len(heard) == 1
    await it.ada.ask("message.send", conversation=c, client_id="a1", text="Here")
    assert len(heard) == 2
    await it.desk.wait(6)
    await it.ada.ask("message.send", conversation=c, client_id="a2", text="And here")
    assert len(heard) == 3


async def test_silence_counts_from_the_last_word(it: Story):
    c = await it.talk()
    await it.ada.ask("message.send", conversation=c, client_id="a1", text="First")
    await it.desk.wait(400)
    await it.ada.ask("message.send", conversation=c, client_id="a2", text="Second")
    await it.desk.wait(400)
    assert [row[1] for row in await it.desk.entries(c)] == ["message", "joined", "message", "message"]
    await it.desk.wait(201)
    assert (await it.desk.entries(c))[-1][1] == "notice"
    await it.desk.wait(200)
    await it.ada.ask("message.send", conversation=c, client_id="a3", text="Third")
    await it.desk.wait(200)
    assert (await it.desk.entries(c))[-1][1] == "message", "closed though it was asked again"


async def test_a_new_owner_who_answers_has_answered(it: Story):
    c = it.more["c"] = await it.talk()
    await it.ben.ask("status.set", status="available")
    await it.ada.ask("message.send", conversation=c, client_id="a1", text="First")
    await transfer_to(it, department="sales")
    await it.desk.accept(it.ben)
    await it.ben.ask("message.send", conversation=c, client_id="b1", text="I am Ben")
    await it.gone(it.ben)
    await it.desk.wait(21)
    assert it.vera.reading().state()["conversation"]["state"] == "active", "answered: it waits for the visitor's word"
    await it.vera.ask("message.send", conversation=c, client_id="v1", text="Hello?")
    assert it.vera.reading().state()["conversation"]["agent"] is None
