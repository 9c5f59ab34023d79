"""What may be lost: typing, read marks, presence, the place in line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.desk import open as opened
from server.desk.queues import SWEEP_S
from tests.desk.support.client import Client
from tests.desk.support.story import Story, story


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


def heard(client: Client, kind: str) -> list[dict[str, object]]:
    return [event for event in client.peer.lossy if event["on"] == kind]


async def test_typing_is_told_to_the_other_side_only(it: Story):
    c = await it.talk()
    twin = await it.desk.again(it.vera)
    reply = await it.vera.ask("typing", conversation=c, active=True)
    assert "at" not in reply
    await it.ada.ask("typing", conversation=c, active=False)
    assert [(event["from"], event["active"]) for event in heard(it.ada, "typing")] == [
        ({"role": "visitor", "id": it.vera.me, "name": ""}, True)
    ]
    for page in (it.vera, twin):
        assert [(event["from"], event["active"]) for event in heard(page, "typing")] == [
            ({"role": "agent", "id": it.ada.me, "name": "Ada"}, False)
        ]
    assert heard(it.ben, "typing") == heard(it.sue, "typing") == []


async def test_typing_alone_in_line_is_told_to_nobody(it: Story):
    c = await it.desk.start_conversation(it.vera)
    assert (await it.vera.ask("typing", conversation=c, active=True))["ok"]
    assert not any(heard(client, "typing") for client in it.desk.clients)


async def test_read_marks_only_grow_and_not_beyond_what_is_written(it: Story):
    c = await it.talk()
    for seq in (1, 2, 1, 2, 99, 0):
        assert (await it.ada.ask("read", conversation=c, seq=seq))["ok"]
    assert [event["seq"] for event in heard(it.vera, "read")] == [1, 2]
    assert heard(it.ada, "read") == []
    await it.vera.ask("read", conversation=c, seq=2)
    assert [event["seq"] for event in heard(it.ada, "read")] == [2]
    await it.ada.ask("conversation.close", conversation=c)
    it.desk.check_memory()


async def test_the_owner_hears_whether_the_visitor_is_here(it: Story):
    await it.talk()
    twin = await it.desk.again(it.vera)
    await it.vera.leave()
    assert [event["here"] for event in heard(it.ada, "presence")] == [True]
    await twin.leave()
    await it.desk.visitor(it.vera.credentials["token"])
    assert [event["here"] for event in heard(it.ada, "presence")] == [True, False, True]
    assert heard(it.ben, "presence") == []


async def test_places_are_told_when_they_change(it: Story):
    await it.ring()
    nils = await it.desk.visitor()
    second = await it.desk.start_conversation(nils)
    it.desk.queues.sweep()
    it.desk.queues.sweep()
    assert [event["queue"] for event in heard(nils, "queue")] == [
        {"place": 2, "ahead": 1, "wait": {"low_s": 0, "high_s": 60}, "serving": True}
    ]
    await it.desk.accept(it.ada)
    it.desk.queues.sweep()
    # It rings at Ada now, and is the first.
    assert [event["conversation"] for event in heard(nils, "queue")] == [second, second]
    assert heard(nils, "queue")[-1]["queue"] == {
        "place": 1,
        "ahead": 0,
        "wait": {"low_s": 0, "high_s": 60},
        "serving": True,
    }
    await it.gone(it.ada)
    await it.desk.wait(21)
    it.desk.queues.sweep()
    last = heard(nils, "queue")[-1]["queue"]
    assert last == {"place": 2, "ahead": 1, "wait": None, "serving": False}
    await nils.ask("conversation.close", conversation=second)
    count = len(heard(nils, "queue"))
    it.desk.queues.sweep()
    assert len(heard(nils, "queue")) == count
    assert second not in it.desk.queues._told


async def test_places_are_swept_at_most_every_two_seconds(it: Story):
    pauses: list[float] = []
    go_on = asyncio.Event()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await go_on.wait()

    sweeping = asyncio.create_task(it.desk.queues.run(pause))
    for _ in range(3):
        it.desk.queues.changed()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert pauses == [SWEEP_S]
    go_on.set()
    for _ in range(4):
        await asyncio.sleep(0)
    assert pauses == [SWEEP_S, SWEEP_S], "what changed meanwhile is looked at once"
    sweeping.cancel()


async def test_what_ended_is_known_for_a_while(it: Story, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opened, "_ENDED_KNOWN", 2)
    said = []
    for n in range(4):
        c = await it.desk.start_conversation(it.vera, client_id=f"s{n}")
        await it.vera.ask("conversation.close", conversation=c)
        said.append(c)
    codes = [(await it.vera.ask("typing", conversation=c, active=True))["error"]["code"] for c in said]
    assert codes == ["not_found", "not_found", "closed", "closed"]
