"""The fast way to the log comes to the same as the slow one: numbered, refused and found as if each had come alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from server.desk import sending
from tests.desk.support.client import Client, Pending
from tests.desk.support.story import WRAP_UP, Story, story
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


def heads(it: Story) -> dict[str, Any]:
    return it.desk.messages._series._heads


async def test_a_head_is_read_once(it: Story):
    c = await it.talk()
    await it.vera.ask("message.send", conversation=c, client_id="1", text="One")
    head = heads(it)[c]
    await it.ada.ask("message.send", conversation=c, client_id="2", text="Two")
    assert heads(it)[c] is head
    assert head.top == 4


async def test_who_takes_over_is_known_at_once(it: Story):
    c = await it.talk()
    await it.ada.ask("message.send", conversation=c, client_id="1", text="Mine")
    assert heads(it)[c].owner == it.ada.me
    await it.ben.ask("status.set", status="available")
    await it.ada.ask("conversation.transfer", conversation=c, to={"agent": it.ben.me})
    offer = it.ben.told("offer")[-1]["offer"]
    await it.ben.ask("offer.accept", offer=offer)
    assert c not in heads(it)
    late = await it.ada.ask("message.send", conversation=c, client_id="2", text="Still mine?")
    assert late["error"]["code"] == "not_owner"
    now = await it.ben.ask("message.send", conversation=c, client_id="1", text="Mine now")
    assert now["ok"]
    assert heads(it)[c].owner == it.ben.me
    assert it.ben.told("entry")[-1]["seq"] == it.vera.told("entry")[-1]["seq"] == now["seq"]


async def test_a_message_that_cannot_be_told_costs_the_others_of_its_commit_nothing(
    it: Story, monkeypatch: pytest.MonkeyPatch
):
    c = await it.talk()
    await it.vera.ask("message.send", conversation=c, client_id="1", text="One")
    tell = it.desk.messages._sent_plainly

    def stumble(item: Any, plain: Any) -> None:
        if item.client_id == "2":
            raise RuntimeError("a fault of ours")
        tell(item, plain)

    monkeypatch.setattr(it.desk.messages, "_sent_plainly", stumble)
    it.desk.store.hold_writes()
    send(it.ada, c, "2")
    second = send(it.vera, c, "3")
    it.desk.store.release()
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await it.desk.settle()
    await it.desk.settle()
    assert second.reply["ok"]
    assert it.ada.told("entry")[-1]["text"] == "3"


async def test_a_refused_message_does_not_hold_on_to_its_batch(it: Story, monkeypatch: pytest.MonkeyPatch):
    """The refusal is kept with the message; the calls it went through know all others of the commit."""
    calls: list[TracebackType | None] = []
    tell = it.desk.messages._not_stored

    def note(item: Any, error: Exception) -> None:
        calls.append(error.__traceback__)
        tell(item, error)

    monkeypatch.setattr(it.desk.messages, "_not_stored", note)
    answer = await it.vera.ask("message.send", conversation="c_nothing", client_id="1", text="One")
    assert answer["error"]["code"] == "not_found"
    assert calls == [None]


async def test_a_message_behind_the_close_in_one_commit_sees_it(it: Story):
    c = await it.talk()
    await it.vera.ask("message.send", conversation=c, client_id="1", text="One")
    it.desk.store.hold_writes()
    first = send(it.vera, c, "2")
    closing = it.ada.begin("conversation.close", conversation=c)
    working = asyncio.ensure_future(it.desk.engine.work_off())
    await until(lambda: it.desk.store.held == 2)
    last = send(it.vera, c, "3")
    it.desk.store.release()
    await working
    await it.desk.settle()
    assert outcome(first) == 4
    assert closing.reply["ok"]
    assert outcome(last) == "closed"
    assert heads(it) == {}


async def test_a_closed_conversation_finds_what_was_sent_before(it: Story):
    c = await it.talk()
    first = await it.vera.ask("message.send", conversation=c, client_id="1", text="One")
    await it.ada.ask("conversation.close", conversation=c)
    again = send(it.vera, c, "1", "One"), send(it.vera, c, "2")
    await it.desk.settle()
    assert [outcome(each) for each in again] == [first["seq"], "closed"]


async def test_notes_and_messages_between_keep_their_order_and_numbers(it: Story):
    c = await it.talk()
    asked = [
        send(it.ada, c, "1"),
        send(it.ada, c, "n1", do="note.add"),
        send(it.ada, c, "2"),
        send(it.sue, c, "n1", do="note.add"),
        send(it.sue, c, "3"),
        send(it.vera, c, "1"),
        send(it.ada, "c_nowhere", "4"),
    ]
    await it.desk.settle()
    assert list(map(outcome, asked)) == [3, 1, 4, 2, "not_owner", 5, "not_found"]


async def test_heads_are_bounded(it: Story, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sending, "HEADS", 1)
    c = await it.talk()
    assert outcome(await _sent(it, c, "1")) == 3
    series = it.desk.messages._series
    series._heads["c_other"] = head = sending._Head("c_other", next(iter(heads(it).values())))
    head.n = -1
    series._ids[-1] = "c_other"
    series.changed(heads(it)[c].n)
    assert outcome(await _sent(it, c, "2")) == 4
    assert list(heads(it)) == [c]
    assert len(series._ids) == 1


async def _sent(it: Story, conversation: str, client_id: str) -> Pending:
    asked = send(it.vera, conversation, client_id)
    await it.desk.settle()
    return asked


@pytest.mark.parametrize("seed", range(6))
async def test_many_together_come_out_as_one_after_another(it: Story, seed: int):
    """Messages, resends and other texts under the same name, of three connections, in batches of any size."""
    chance = random.Random(seed)
    c = await it.talk()
    tops, known, expected = 2, {}, []
    asked: list[Pending] = []
    twin = await it.desk.again(it.vera)
    for _ in range(12):
        for _ in range(chance.randrange(1, 9)):
            who = chance.choice([it.vera, twin, it.ada])
            name = f"m{chance.randrange(25)}"
            text = name if chance.random() < 0.9 else "another"
            key = (who.me, name)
            if key not in known:
                tops += 1
                known[key] = (tops, text)
            expected.append(known[key][0] if known[key][1] == text else "client_id_conflict")
            asked.append(send(who, c, name, text))
        await it.desk.settle()
    assert list(map(outcome, asked)) == expected
    assert [row[0] for row in await it.desk.entries(c)] == list(range(1, tops + 1))
