"""Messages left for later: taken at any hour, once, and brought to whoever is free."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from server.desk.leaving import MOST_LEFT
from server.settings.workspace import WaitMessage
from tests.desk.support.bench import bench, settings
from tests.desk.support.client import Client
from tests.desk.support.story import Story, story

FORM = {"name": "Vera", "email": "vera@example.org"}


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


async def leave(client: Client, text: str = "Please write to me", **more: Any) -> dict[str, Any]:
    fields = {"client_id": "l1", "form": FORM, "text": text, **more}
    return await client.ask("message.leave", **fields)


async def test_a_message_is_kept_while_nobody_is_here(it: Story):
    reply = await leave(it.vera)
    assert reply["ok"]
    assert reply["at"]
    left = reply["conversation"]
    assert (left["left"], left["state"], left["queue"]) == (True, "waiting", None)
    assert [row[1:4] for row in await it.desk.entries(left["id"])] == [("message", "visitor", "Please write to me")]
    [heard] = it.vera.told("entry")
    assert (heard["conversation"], heard["seq"], heard["client_id"]) == (left["id"], 1, "l1")
    assert it.vera.told("queue") == []


async def test_nobody_who_left_is_told_of_waiting(tmp_path: Path):
    messages = tuple(WaitMessage(when=when, min_ahead=0) for when in ("queued", "nobody", "every"))
    async with bench(tmp_path, settings(support={"messages": messages})) as desk:
        visitor = await desk.visitor()
        reply = await leave(visitor)
        for _ in range(3):
            await desk.wait(60)
            desk.queues.sweep()
            await desk.settle()
        assert [row[1] for row in await desk.entries(reply["conversation"]["id"])] == ["message"]
        assert visitor.told("queue") == []


async def test_it_comes_to_whoever_is_free_though_the_visitor_has_gone(it: Story):
    left = (await leave(it.vera))["conversation"]["id"]
    await it.gone(it.vera)
    await it.desk.wait(3600)
    await it.ada.ask("status.set", status="available")
    assert it.ada.offer["conversation"]["left"] is True
    assert it.ada.offer["conversation"]["visitor"]["email"] == "vera@example.org"
    assert await it.desk.accept(it.ada) == left


async def test_the_same_again_is_the_same_message(it: Story):
    first = await leave(it.vera)
    again = await leave(it.vera)
    assert again["conversation"]["id"] == first["conversation"]["id"]
    assert again["at"] == first["at"]
    assert len(it.vera.told("entry")) == 1
    other = await leave(it.vera, text="Something else")
    assert other["error"]["code"] == "client_id_conflict"
    assert len(await it.desk.entries(first["conversation"]["id"])) == 1


async def test_it_survives_a_restart(it: Story):
    left = (await leave(it.vera))["conversation"]["id"]
    await it.desk.restart()
    await it.desk.settle()
    await it.desk.wait(600)
    ada = await it.desk.agent("ada", status="available")
    assert ada.offer["conversation"]["id"] == left
    assert ada.offer["conversation"]["left"] is True
    visitor = await it.desk.visitor(it.vera.credentials["token"])
    again = await leave(visitor)
    assert again["conversation"]["id"] == left


async def test_who_waits_leaves_the_line_and_takes_along_what_they_wrote(it: Story):
    waited = await it.desk.start_conversation(it.vera, "My order 7 is broken")
    await it.vera.ask("message.send", conversation=waited, client_id="m1", text="Are you there?")
    # The name of a message of the old one is no obstacle.
    left = (await leave(it.vera, client_id="m1"))["conversation"]["id"]
    assert left != waited
    texts = [row[3] for row in await it.desk.entries(left)]
    assert texts == ["My order 7 is broken", "Are you there?", "Please write to me"]
    assert [event["text"] for event in it.vera.told("entry") if event["conversation"] == left] == texts
    assert (await it.desk.entries(waited))[-1][1] == "closed"
    assert it.vera.reading().conversation_ids() == [left]
    await it.desk.check_law()


async def test_who_left_one_may_begin_a_conversation_and_another_message(it: Story):
    left = (await leave(it.vera))["conversation"]["id"]
    begun = await it.desk.start_conversation(it.vera, "Hello")
    assert begun != left
    assert (await it.desk.entries(left))[-1][1] == "message"
    more = (await leave(it.vera, client_id="l2"))["conversation"]["id"]
    assert more not in (left, begun)
    await it.desk.check_law()


async def test_nobody_fills_the_line_with_messages(it: Story):
    for number in range(MOST_LEFT):
        assert (await leave(it.vera, client_id=f"l{number}"))["ok"]
    refused = await leave(it.vera, client_id="one-too-many")
    assert refused["error"]["code"] == "rate_limited"
    assert refused["error"]["retry_after_ms"] > 0
    assert (await leave(it.vera, client_id="l0"))["ok"], "the same again has its outcome"


async def test_what_becomes_of_an_older_one_does_not_take_the_place_of_the_newest(it: Story):
    older = (await leave(it.vera))["conversation"]["id"]
    newer = (await leave(it.vera, client_id="l2"))["conversation"]["id"]
    await it.vera.ask("conversation.close", conversation=older)
    assert it.vera.reading().conversation_ids() == [newer]
    await it.desk.check_law()
    begun = await it.desk.start_conversation(it.vera, "Hello", department="sales")
    await it.ada.ask("status.set", status="available")
    assert it.vera.reading().conversation_ids() == [begun]
    await it.desk.check_law()


async def test_who_talks_to_somebody_writes_there(it: Story):
    c = await it.talk()
    reply = await leave(it.vera)
    assert reply["error"]["code"] == "conflict"
    assert len(it.vera.reading().conversation_ids()) == 1
    assert not it.desk.engine.open._expected
    assert it.desk.engine.open.find(it.vera.me, "demo") == c


async def test_a_full_line_takes_messages(tmp_path: Path):
    async with bench(tmp_path, settings(support={"max_line": 1})) as desk:
        await desk.start_conversation(await desk.visitor())
        late = await desk.visitor()
        refused = await late.ask("conversation.start", client_id="s1", text="Hello")
        assert refused["error"]["code"] == "line_full"
        assert (await leave(late))["ok"]


async def test_a_closed_department_takes_messages(tmp_path: Path):
    async with bench(tmp_path, settings(support={"holidays": ("2026-01-01",), "hours": ("mon 08:00-08:01",)})) as desk:
        assert (await leave(await desk.visitor()))["ok"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "form"),
        ({"name": "Vera"}, "form"),
        ({"contact": "+45 12 34 56 78"}, "form"),
        ({"email": "   "}, "form"),
        ({"email": "vera"}, "form.email"),
        ({"email": "vera@example"}, "form.email"),
        ({"email": "vera@exa mple.org"}, "form.email"),
        ({"email": "a@b@example.org"}, "form.email"),
        ({"email": "v@" + "x" * 260 + ".org"}, "form.email"),
        ({"email": "nothing", "name": "Vera", "contact": "+45 12 34 56 78"}, "form.email"),
    ],
)
async def test_without_a_way_back_nothing_is_kept(it: Story, form: dict[str, str], field: str):
    reply = await leave(it.vera, form=form)
    assert (reply["error"]["code"], reply["error"]["field"]) == ("bad_request", field)
    assert it.vera.reading().conversation_ids() == []


@pytest.mark.parametrize("form", [{"email": " vera@example.org "}, {"name": "Vera", "contact": "+45 12 34 56 78"}])
async def test_a_way_back(it: Story, form: dict[str, str]):
    assert (await leave(it.vera, form=form))["ok"]


async def test_an_empty_message_or_an_unknown_department(it: Story):
    assert (await leave(it.vera, text="  "))["error"]["code"] == "bad_request"
    assert (await leave(it.vera, department="nowhere"))["error"]["code"] == "not_found"
    assert (await leave(it.vera, department="sales"))["conversation"]["department"]["key"] == "sales"


async def test_two_at_once_are_one(it: Story):
    twin = await it.desk.again(it.vera)
    asked = [
        client.begin("message.leave", client_id="l1", form=FORM, text="Please write to me")
        for client in (it.vera, twin)
    ]
    await it.desk.settle()
    assert asked[0].reply["conversation"]["id"] == asked[1].reply["conversation"]["id"]


async def test_a_failed_commit_keeps_nothing_and_the_next_try_does(it: Story):
    waited = await it.desk.start_conversation(it.vera, "Hello")
    it.desk.store.fail_writes()
    assert (await leave(it.vera))["error"]["code"] == "unavailable"
    assert it.desk.engine.open.find(it.vera.me, "demo") == waited
    assert (await leave(it.vera))["ok"]
    assert it.desk.engine.open.find(it.vera.me, "demo") is None
