"""Who is there and who is not: lost agents, lost visitors, and what becomes of their conversations. Graces: seconds."""

from __future__ import annotations

import pytest

from tests.blackbox.people import People, all_have_heard
from tests.blackbox.wire import Visitor
from tests.blackbox.workspace import agent, department, workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return workspace(
        ["support", "sales"],
        department("support", method="priority", reject_delay=0),
        department("sales", method="ring_all"),
        agent("ada", 2, {"support": 1, "sales": 50}),
        agent("ben", 2, {"support": 2, "sales": 50}),
        agent("cleo", 2, {"support": 3}),
        grace_seconds=1,
        blip_seconds=0,
        hold_place_seconds=2,
    )


async def test_a_lost_agents_conversation_moves_on_with_its_history(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada, "first")
    await ada.say(visitor.conversation, "I will look it up")
    # The visitor waits for a reply: that is what makes the conversation move.
    await visitor.say(visitor.conversation, "and?")
    ben = await people.agent("ben")
    await ada.leave(abruptly=True)
    accepted = await ben.takes(visitor.conversation)
    texts = [entry["text"] for entry in accepted["entries"] if entry["kind"] == "message"]
    assert texts == ["first", "I will look it up", "and?"]
    await visitor.reach(lambda: (visitor.conversations[visitor.conversation]["agent"] or {}).get("key") == "ben")
    await ben.say(visitor.conversation, "Ben here")
    await visitor.reach(lambda: visitor.transcript.texts()[-1] == "Ben here")
    # The one who was lost keeps the status and has the slot back.
    await ada.enter()
    assert (ada.state["status"], ada.state["slots"]["used"]) == ("available", 0)
    assert visitor.transcript.entries == ben.transcripts[visitor.conversation].entries


async def test_within_the_grace_nothing_moves(people: People) -> None:
    ada, ben = await people.team("ada", "ben")
    visitor = await people.pair("support", ada)
    await visitor.say(visitor.conversation, "hello?")
    await ada.leave(abruptly=True)
    await ada.enter()
    await ada.say(visitor.conversation, "still me")
    await visitor.reach(lambda: visitor.transcript.texts()[-1] == "still me")
    assert visitor.conversations[visitor.conversation]["agent"]["key"] == "ada"
    await all_have_heard(ben)
    assert ben.offers == {}


async def test_a_second_tab_keeps_the_agent_present(people: People) -> None:
    cleo = await people.agent("cleo")
    clock = await people.pair("support", cleo)
    ada = await people.agent("ada")
    tab = await people.agent("ada", "")
    visitor = await people.pair("support", ada)
    ben = await people.agent("ben")
    await visitor.say(visitor.conversation, "hello?")
    await clock.say(clock.conversation, "hello?")
    await ada.leave(abruptly=True)
    await cleo.leave(abruptly=True)
    # Cleo, who was lost later and has no second tab, loses her conversation: Ada's grace would be over by now.
    await tab.decline(await tab.rings(clock.conversation))
    await ben.takes(clock.conversation)
    await tab.say(visitor.conversation, "from the other tab")
    await visitor.reach(lambda: visitor.transcript.texts()[-1] == "from the other tab")
    assert visitor.conversations[visitor.conversation]["agent"]["key"] == "ada"


async def test_going_offline_hands_the_conversation_over(people: People) -> None:
    ada = await people.agent("ada")
    visitor = await people.pair("support", ada, "please")
    ben = await people.agent("ben")
    await ada.set_status("offline")
    await ben.takes(visitor.conversation)
    await visitor.reach(lambda: (visitor.conversations[visitor.conversation]["agent"] or {}).get("key") == "ben")
    await ada.uses(0)


@pytest.mark.parametrize("division", ["support", "sales"])
async def test_an_agent_who_vanishes_stops_ringing_at_once(people: People, division: str) -> None:
    ada = await people.agent("ada")
    visitor = await people.visitor()
    await ada.rings(await visitor.start(division))
    ben = await people.agent("ben")
    await ada.leave(abruptly=True)
    await ben.takes(visitor.conversation)
    await visitor.active()
    await ada.enter()
    assert (ada.offers, ada.state["slots"]["used"]) == ({}, 0)


async def test_a_visitor_who_left_gives_up_the_place(people: People) -> None:
    gone = await people.visitor()
    conversation = await gone.start("support", "in a hurry")
    waiting = await people.visitor()
    await waiting.start("support")
    await waiting.reach(lambda: waiting.queue.get("place") == 2)
    await gone.leave(abruptly=True)
    await waiting.reach(lambda: waiting.queue.get("place") == 1)

    page = Visitor(people.server.address, token=gone.credentials["token"])
    await page.enter()
    history = await page.history(conversation)
    assert [entry["text"] for entry in history if entry["kind"] == "message"] == ["in a hurry"]
    assert history[-1]["kind"] == "closed"
    await page.leave()


async def test_an_absent_visitor_is_not_offered_and_comes_next(people: People) -> None:
    gone = await people.visitor()
    await gone.start("support")
    waiting = await people.visitor()
    await waiting.start("support")
    await waiting.reach(lambda: waiting.queue.get("place") == 2)
    await gone.leave()
    ada = await people.agent("ada")
    await ada.takes(waiting.conversation)
    await ada.all_heard()
    assert ada.ringing(gone.conversation) is None
    reply = await gone.enter()
    assert reply["snapshot"]["conversation"]["id"] == gone.conversation
    await ada.takes(gone.conversation)
    await gone.active()


async def test_a_reload_keeps_the_place(people: People) -> None:
    first = await people.visitor()
    await first.start("support")
    second = await people.visitor()
    await second.start("support")
    await first.leave(abruptly=True)
    await first.enter()
    await second.reach(lambda: second.queue.get("place") == 2)
    await first.reach(lambda: first.queue.get("place") == 1)
    ada = await people.agent("ada")
    await ada.takes(first.conversation)
    await ada.takes(second.conversation)
