"""kill -9 in mid-conversation and a start on the same data: everybody finds what they left."""

from __future__ import annotations

import asyncio

import pytest

from tests.blackbox.people import People, all_have_heard
from tests.blackbox.process import Server
from tests.blackbox.wire import Client
from tests.blackbox.workspace import agent, department, workspace

COME_BACK_S = 5


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return workspace(
        ["support", "sales"],
        department("support", method="priority"),
        department("sales", method="ring_all"),
        agent("ada", 2, {"support": 1, "sales": 50}),
        agent("ben", 2, {"support": 2, "sales": 50}),
        agent("cleo", 2, {"support": 3, "sales": 50}),
    )


async def restart(server: Server, *clients: Client) -> None:
    """Kills and starts the server; everybody has noticed."""
    server.kill()
    for client in clients:
        await client.ended()
    await asyncio.to_thread(server.start)


async def test_an_open_conversation_goes_on_for_both(own_server: Server, own_people: People) -> None:
    ada = await own_people.agent("ada")
    visitor = await own_people.pair("support", ada)
    for number in range(5):
        await visitor.say(visitor.conversation, f"before {number}")
        await ada.say(visitor.conversation, f"answer {number}")
    epoch = visitor.epoch
    # Sent, and the server killed before anybody waits for the acknowledgement.
    await visitor.post(visitor.conversation, "at the last moment")
    await restart(own_server, ada, visitor)
    assert (await visitor.enter())["reset"] is False
    assert (await ada.enter())["reset"] is False
    assert visitor.epoch == epoch
    assert visitor.state == "active"
    assert visitor.conversations[visitor.conversation]["agent"]["key"] == "ada"
    assert ada.state["slots"] == {"used": 1, "max": 2}
    await visitor.settled()
    await ada.say(visitor.conversation, "where were we?")
    top = await visitor.say(visitor.conversation, "here")
    await ada.holds(visitor.conversation, top)
    await visitor.holds(visitor.conversation, top)
    await own_people.agree(visitor.conversation, visitor, ada)


async def test_what_was_acknowledged_is_there_without_any_client(own_server: Server, own_people: People) -> None:
    ada = await own_people.agent("ada")
    visitor = await own_people.pair("support", ada)
    note = {"conversation": visitor.conversation, "client_id": "note-1", "text": "remember this"}
    await ada.request("note.add", **note)
    seq = await visitor.say(visitor.conversation, "acknowledged")
    await restart(own_server, ada, visitor)
    page = await own_people.visitor(token=visitor.credentials["token"])
    assert page.transcript.entries[seq]["text"] == "acknowledged"
    console = await own_people.agent("ada", "")
    assert [entry["text"] for entry in console.notes[visitor.conversation].in_order()] == ["remember this"]
    again = await console.request("note.add", **note)
    assert again["seq"] == 1


@pytest.mark.parametrize("division", ["support", "sales"])
async def test_pending_offers_are_withdrawn_and_made_anew(
    own_server: Server, own_people: People, division: str
) -> None:
    ada = await own_people.agent("ada")
    visitor = await own_people.visitor()
    offer = await ada.rings(await visitor.start(division))
    await restart(own_server, ada, visitor)
    await ada.enter()
    assert offer["offer"] not in ada.offers
    await visitor.enter()
    anew = await ada.rings(visitor.conversation)
    assert anew["offer"] != offer["offer"]
    assert (await ada.refused("offer.accept", offer=offer["offer"]))["code"] == "gone"
    await ada.accept(anew)
    await visitor.active()
    assert ada.state["status"] == "available"


async def test_places_stay_in_the_order_of_the_line(own_server: Server, own_people: People) -> None:
    line = [await own_people.visitor() for _ in range(4)]
    for place, visitor in enumerate(line, start=1):
        await visitor.start("support")
        await visitor.reach(lambda visitor=visitor, place=place: visitor.queue.get("place") == place)  # type: ignore[misc]
    await restart(own_server, *line)
    # They come back the other way round, which is no way to jump the queue.
    for visitor in reversed(line):
        await visitor.enter()
    for place, visitor in enumerate(line, start=1):
        await visitor.reach(lambda visitor=visitor, place=place: visitor.queue.get("place") == place)  # type: ignore[misc]
        assert visitor.state == "waiting"
    ada = await own_people.agent("ada")
    for visitor in line[:2]:
        await ada.takes(visitor.conversation)
        await visitor.active()
    await line[2].reach(lambda: line[2].queue.get("place") == 1)
    await line[3].reach(lambda: line[3].queue.get("place") == 2)


async def test_statuses_are_kept(own_server: Server, own_people: People) -> None:
    ada = await own_people.agent("ada", "available")
    ben = await own_people.agent("ben", "busy")
    cleo = await own_people.agent("cleo", "")
    await cleo.set_status("away", reason="lunch")
    await restart(own_server, ada, ben, cleo)
    for console, status, reason in ((ada, "available", ""), (ben, "busy", ""), (cleo, "away", "lunch")):
        await console.enter()
        assert (console.state["status"], console.state["reason"] or "") == (status, reason)
    visitor = await own_people.visitor()
    await ada.takes(await visitor.start("support"))


async def test_who_was_there_gets_time_to_come_back(own_server: Server, own_people: People) -> None:
    ada, ben = await own_people.team("ada", "ben")
    visitor = await own_people.visitor()
    await ada.rings(await visitor.start("support"))
    await restart(own_server, ada, ben, visitor)
    # Ben and the visitor are faster; Ada, who comes first in this department, is waited for.
    await ben.enter()
    await visitor.enter()
    await all_have_heard(ben, visitor)
    await ada.enter()
    await ada.takes(visitor.conversation)
    await all_have_heard(ben)
    assert [event for event in ben.heard if event.get("on") == "offer"] == []


@pytest.mark.slow
async def test_who_does_not_come_back_is_not_waited_for_longer(own_server: Server, own_people: People) -> None:
    ada, ben = await own_people.team("ada", "ben")
    visitor = await own_people.visitor()
    await ada.rings(await visitor.start("support"))
    await restart(own_server, ada, ben, visitor)
    await ben.enter()
    await visitor.enter()
    await ben.rings(visitor.conversation, within_s=COME_BACK_S + 2)
    await ben.takes(visitor.conversation)
    await visitor.active()


async def test_a_second_restart_changes_nothing(own_server: Server, own_people: People) -> None:
    ada = await own_people.agent("ada")
    visitor = await own_people.pair("support", ada)
    await visitor.say(visitor.conversation, "one")
    for _ in range(2):
        await restart(own_server, ada, visitor)
    await visitor.enter()
    await ada.enter()
    await ada.say(visitor.conversation, "two")
    await visitor.reach(lambda: visitor.transcript.texts()[-2:] == ["one", "two"])
    assert visitor.transcript.entries == ada.transcripts[visitor.conversation].entries
