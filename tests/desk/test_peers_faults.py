"""What users of other routers reported, where it takes a server to tell; the rest is in tests/router."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from router import model
from tests.desk.support.bench import bench, settings
from tests.desk.support.story import Story, story


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[Story]:
    async with story(tmp_path) as told:
        yield told


async def test_only_the_owner_answers(it: Story):
    """chatwoot#12079: two agents answer the same visitor; ownership is not enforced."""
    c = await it.talk()
    await it.ben.ask("status.set", status="available")
    refused = await it.ben.ask("message.send", conversation=c, client_id="m1", text="Me too")
    assert refused["ok"] is False
    assert (await it.ada.ask("message.send", conversation=c, client_id="m1", text="Hello"))["ok"]
    assert [text for _, kind, role, text in await it.desk.entries(c) if (kind, role) == ("message", "agent")] == [
        "Hello"
    ]


async def test_two_accepts_in_one_batch_are_one_assignment(it: Story):
    """Rocket.Chat#22206: one inquiry is taken by two agents, who both talk to the customer."""
    await it.ada.ask("status.set", status="available")
    await it.ben.ask("status.set", status="available")
    c = await it.desk.start_conversation(it.vera, department="sales")
    both = [each.begin("offer.accept", offer=each.offer["offer"]) for each in (it.ada, it.ben)]
    await it.desk.settle()
    assert sorted(each.reply["ok"] for each in both) == [False, True]
    assert next(each.reply["error"]["code"] for each in both if not each.reply["ok"]) == "gone"
    joined = [kind for _, kind, *_ in await it.desk.entries(c) if kind == "joined"]
    assert joined == ["joined"]
    await it.desk.check_router()


async def test_what_was_said_to_who_waits_is_there_after_a_reload(it: Story):
    """Rocket.Chat.Livechat#406: the waiting message vanishes when the page is reloaded."""
    c = await it.desk.start_conversation(it.vera)
    said = [text for _, kind, _, text in await it.desk.entries(c) if kind == "notice"]
    assert said
    await it.vera.leave()
    again = await it.desk.again(it.vera)
    assert again.identified is not None
    missed = [entry["text"] for entry in again.identified["missed"] if entry["kind"] == "notice"]
    assert missed == said


async def test_an_agent_with_a_second_device_is_not_offline_when_the_first_goes(it: Story):
    """chatwoot#5763, #5436: the web page is closed but the phone is open, and the agent is shown offline."""
    await it.ada.ask("status.set", status="available")
    phone = await it.desk.again(it.ada)
    await it.desk.leave(it.ada)
    await it.desk.start_conversation(it.vera)
    assert phone.offer["conversation"]["visitor"]["id"] == it.vera.me
    record = it.desk.engine.router.agent(model.AgentId(phone.me))
    assert record is not None
    assert (record.connected, record.status) == (True, model.Status.AVAILABLE)


async def test_a_second_tab_does_not_change_the_status(it: Story):
    """Rocket.Chat#23563: opening any second client silently sets the agent available."""
    await it.ada.ask("status.set", status="away", reason="lunch")
    tab = await it.desk.again(it.ada)
    await it.desk.start_conversation(it.vera)
    assert tab.told("offer") == it.ada.told("offer") == []
    assert tab.snapshot["agent"]["status"] == "away"


async def test_the_visitor_sees_that_the_agent_vanished(it: Story):
    """livehelperchat#1078: the operator vanishes in the middle of a chat and the visitor sees nothing."""
    c = await it.talk()
    await it.vera.ask("message.send", conversation=c, client_id="m1", text="Are you there?")
    await it.gone(it.ada)
    await it.desk.wait(21)
    kinds = [entry["kind"] for entry in it.vera.told("entry")]
    assert "left" in kinds[kinds.index("joined") :]
    assert it.vera.told("conversation")[-1]["conversation"]["state"] == "waiting"


async def test_an_agent_who_vanished_gets_the_slot_back_and_the_line_moves(tmp_path: Path):
    """livehelperchat#1073, freeswitch#2540: what rang at one who went stays with them, and they stay taken."""
    async with bench(tmp_path, settings(support={"ring_seconds": 30})) as desk:
        ada, ben = await desk.agent("ada", status="available"), await desk.agent("ben")
        vera = await desk.visitor()
        await desk.start_conversation(vera)
        await ada.ask("offer.seen", offer=ada.offer["offer"])
        await ben.ask("status.set", status="available")
        await desk.leave(ada)
        assert ben.offer["conversation"]["visitor"]["id"] == vera.me
        record = desk.engine.router.agent(model.AgentId(ada.me))
        assert record is not None
        assert record.holds == ()
