"""What agents do with offers and conversations: decline, transfer, pick, wrap up; each story has its own department."""

from __future__ import annotations

import asyncio

import pytest

from tests.blackbox.people import People, all_have_heard
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Visitor, fresh
from tests.blackbox.workspace import agent, department, workspace

DEPARTMENTS = ["refusing", "leaving", "moving", "arriving", "crowded", "single", "wrapping", "missing"]


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return workspace(
        DEPARTMENTS,
        *[department(key) for key in DEPARTMENTS if key not in {"refusing", "wrapping", "missing"}],
        department("refusing", method="priority", reject_delay=0),
        department("wrapping", wrap_up=600),
        department("missing", method="priority", ring_seconds=1, miss_delay=600),
        agent("rosa", 2, {"refusing": 1}),
        agent("rolf", 2, {"refusing": 2}),
        agent("lena", 2, {"leaving": 50}),
        agent("mona", 3, {"moving": 50}),
        agent("mike", 1, {"arriving": 50}),
        agent("mary", 1, {"arriving": 50}),
        agent("carl", 2, {"crowded": 50}),
        agent("cora", 2, {"crowded": 50}),
        agent("sven", 1, {"single": 50}),
        agent("wilma", 1, {"wrapping": 50}),
        agent("mia", 1, {"missing": 1}),
        agent("max", 1, {"missing": 2}),
    )


async def owner(visitor: Visitor, key: str) -> None:
    """Waits until the visitor is told that this agent is responsible."""

    def told() -> bool:
        conversation = visitor.conversations[visitor.conversation]
        return (conversation["state"], (conversation["agent"] or {}).get("key")) == ("active", key)

    await visitor.reach(told)


async def test_declined_goes_to_the_next_at_once(people: People) -> None:
    rosa, rolf = await people.team("rosa", "rolf")
    visitor = await people.visitor()
    conversation = await visitor.start("refusing")
    offer = await rosa.rings(conversation)
    await all_have_heard(rolf)
    assert rolf.offers == {}
    await rosa.decline(offer)
    assert await rosa.offer_ended(offer) == "declined"
    await rolf.takes(conversation)
    await owner(visitor, "rolf")
    # The one who declined is asked about others, not about this one.
    another = await people.visitor()
    await rosa.rings(await another.start("refusing"))


async def test_all_declined_waits_and_is_still_served(people: People) -> None:
    rosa, rolf = await people.team("rosa", "rolf")
    visitor = await people.visitor()
    conversation = await visitor.start("refusing")
    await rosa.decline(await rosa.rings(conversation))
    await rolf.decline(await rolf.rings(conversation))
    await visitor.reach(lambda: visitor.state == "waiting" and visitor.queue.get("serving") is True)
    await all_have_heard(rosa, rolf)
    assert (rosa.offers, rolf.offers) == ({}, {})
    await rosa.request("conversation.pick", conversation=conversation)
    await owner(visitor, "rosa")


@pytest.mark.slow
async def test_missed_goes_to_the_next(people: People) -> None:
    mia, max_ = await people.team("mia", "max")
    visitor = await people.visitor()
    offer = await mia.rings(await visitor.start("missing"))
    assert await mia.offer_ended(offer) == "missed"
    assert (await mia.refused("offer.accept", offer=offer["offer"]))["code"] == "gone"
    await max_.takes(visitor.conversation)
    await owner(visitor, "max")


@pytest.mark.slow
async def test_a_ring_nobody_confirms_goes_on(people: People) -> None:
    rosa, rolf = await people.team("rosa", "rolf")
    rosa.confirms = False
    visitor = await people.visitor()
    offer = await rosa.rings(await visitor.start("refusing"))
    assert await rosa.offer_ended(offer, within_s=8) == "withdrawn"
    await rolf.takes(visitor.conversation)


async def test_who_leaves_ends_the_ring(people: People) -> None:
    lena = await people.agent("lena")
    visitor = await people.visitor()
    offer = await lena.rings(await visitor.start("leaving"))
    await visitor.request("conversation.close", conversation=visitor.conversation)
    assert await lena.offer_ended(offer) == "withdrawn"
    assert (await lena.refused("offer.accept", offer=offer["offer"]))["code"] == "gone"
    assert (await lena.refused("offer.decline", offer=offer["offer"]))["code"] == "gone"
    await lena.uses(0)


async def test_leaving_available_ends_the_ring(people: People) -> None:
    lena = await people.agent("lena")
    visitor = await people.visitor()
    offer = await lena.rings(await visitor.start("leaving"))
    await lena.set_status("busy")
    await lena.uses(0)
    assert await lena.offer_ended(offer) == "withdrawn"
    assert (await lena.refused("offer.accept", offer=offer["offer"]))["code"] == "gone"
    await visitor.reach(lambda: visitor.state == "waiting")
    await lena.set_status("available")
    again = await lena.rings(visitor.conversation)
    assert again["offer"] != offer["offer"]


async def test_accepting_twice_is_one_acceptance(people: People) -> None:
    lena = await people.agent("lena")
    tab = await people.agent("lena", "")
    visitor = await people.visitor()
    offer = await lena.rings(await visitor.start("leaving"))
    await tab.rings(visitor.conversation)
    replies = await asyncio.gather(*[console.ask("offer.accept", offer=offer["offer"]) for console in (lena, tab)])
    assert [reply["ok"] for reply in replies] in ([True, False], [False, True])
    assert [reply["error"]["code"] for reply in replies if not reply["ok"]] == ["gone"]
    await lena.uses(1)
    # The same request sent again is the same request.
    named = {"offer": offer["offer"], "client_id": fresh("accept")}
    another = await people.visitor()
    named["offer"] = (await lena.rings(await another.start("leaving")))["offer"]
    first = await lena.request("offer.accept", **named)
    again = await lena.request("offer.accept", **named)
    assert first["conversation"]["id"] == again["conversation"]["id"] == another.conversation
    await lena.uses(2)


async def test_somebody_elses_offer_is_not_found(people: People) -> None:
    lena, mona = await people.team("lena", "mona")
    visitor = await people.visitor()
    offer = await lena.rings(await visitor.start("leaving"))
    foreign = await mona.refused("offer.accept", offer=offer["offer"])
    nowhere = await mona.refused("offer.accept", offer="o_nowhere")
    assert foreign == nowhere
    assert foreign["code"] in {"not_found", "gone"}
    await lena.accept(offer)
    await owner(visitor, "lena")


async def test_a_conversation_is_transferred_to_a_department(people: People) -> None:
    mona, mike = await people.team("mona", "mike")
    visitor = await people.pair("moving", mona)
    conversation = visitor.conversation
    await mona.request(
        "conversation.transfer", conversation=conversation, to={"department": "arriving"}, note="wants a bicycle"
    )
    await mona.uses(0)
    offer = await mike.rings(conversation)
    assert offer["conversation"]["department"]["key"] == "arriving"
    accepted = await mike.accept(offer)
    assert "transferred" in [entry["kind"] for entry in accepted["entries"]]
    await owner(visitor, "mike")
    await visitor.say(conversation, "hello mike")
    await mike.holds(conversation, visitor.transcript.last)
    assert mike.transcripts[conversation].entries == visitor.transcript.entries
    # The one who gave it away has nothing to say in it any more, and the note was not for the visitor.
    error = await mona.refused("message.send", conversation=conversation, client_id=fresh("m"), text="me too")
    assert error["code"] in {"not_owner", "forbidden", "not_found"}
    assert [frame for frame in visitor.heard if "bicycle" in str(frame)] == []


async def test_a_transfer_to_an_agent_keeps_the_conversation_until_accepted(people: People) -> None:
    mona, mike = await people.team("mona", "mike")
    visitor = await people.pair("moving", mona)
    conversation = visitor.conversation
    await mona.request("conversation.transfer", conversation=conversation, to={"agent": "mike"})
    offer = await mike.rings(conversation)
    assert offer["soft"] is False
    assert offer["expires_at"] is not None
    await mona.say(conversation, "one moment, please")
    await visitor.reach(lambda: "one moment, please" in visitor.transcript.texts())
    assert visitor.state == "active"
    await mike.accept(offer)
    await owner(visitor, "mike")
    await mike.say(conversation, "mike speaking")
    await mona.uses(0)
    await mike.uses(1)


async def test_a_refused_transfer_leaves_it_with_the_sender(people: People) -> None:
    mona, mary = await people.team("mona", "mary")
    visitor = await people.pair("moving", mona)
    conversation = visitor.conversation
    await mona.request("conversation.transfer", conversation=conversation, to={"agent": "mary"})
    offer = await mary.rings(conversation)
    await all_have_heard(mona)
    mona.events.clear()
    heard = len(mona.heard)
    await mary.decline(offer)
    assert await mary.offer_ended(offer) == "declined"
    # The sender is told: something about this conversation comes.
    await mona.reach(lambda: conversation in str(list(mona.heard)[heard:]))
    await mona.say(conversation, "it stays with me")
    await visitor.reach(lambda: "it stays with me" in visitor.transcript.texts())
    await owner(visitor, "mona")
    await mary.uses(0)


async def test_a_transfer_to_who_cannot_take_it_is_a_conflict(people: People) -> None:
    mona, mike = await people.team("mona", "mike")
    mary = await people.agent("mary", "busy")
    visitor = await people.pair("moving", mona)
    await people.pair("arriving", mike)

    async def error(to: Frame) -> str:
        request = {"conversation": visitor.conversation, "to": to}
        return str((await mona.refused("conversation.transfer", **request))["code"])

    assert await error({"agent": "mike"}) == "conflict", "mike's only slot is taken"
    assert await error({"agent": "mary"}) == "conflict", "mary is busy"
    assert await error({"agent": "sven"}) == "conflict", "sven is not there"
    assert await error({"agent": "nobody"}) in {"not_found", "bad_request"}
    assert await error({"department": "nowhere"}) in {"not_found", "bad_request"}
    assert await error({}) == "bad_request"
    assert await error({"agent": "mike", "department": "arriving"}) == "bad_request"
    await mona.say(visitor.conversation, "still mine")
    assert mary.offers == {}


async def test_an_agent_without_a_slot_cannot_pick(people: People) -> None:
    sven = await people.agent("sven")
    first = await people.visitor()
    await sven.rings(await first.start("single"))
    # The ring holds the one slot; the second waits in the line.
    second = await people.visitor()
    conversation = await second.start("single")
    await second.reach(lambda: second.queue.get("place") == 2)
    assert (await sven.refused("conversation.pick", conversation=conversation))["code"] == "conflict"
    await sven.uses(1)
    await sven.takes(first.conversation)
    assert (await sven.refused("conversation.pick", conversation=conversation))["code"] == "conflict"
    await second.all_heard()
    assert second.state == "waiting"


async def test_an_agent_picks_from_the_line(people: People) -> None:
    carl = await people.agent("carl")
    first = await people.visitor()
    offer = await carl.rings(await first.start("crowded"))
    second = await people.visitor()
    conversation = await second.start("crowded", "pick me")
    await second.reach(lambda: second.queue.get("place") == 2)
    picked = await carl.request("conversation.pick", conversation=conversation)
    assert picked["conversation"]["agent"]["key"] == "carl"
    await owner(second, "carl")
    await carl.say(conversation, "here I am")
    await second.reach(lambda: "here I am" in second.transcript.texts())
    await carl.uses(2)
    # Picking once more changes nothing, a colleague comes too late, and the ring went on meanwhile.
    await carl.ask("conversation.pick", conversation=conversation)
    cora = await people.agent("cora", "busy")
    too_late = await cora.refused("conversation.pick", conversation=conversation)
    assert too_late["code"] in {"conflict", "gone", "not_found"}
    assert [entry["kind"] for entry in await second.whole_history(conversation)].count("joined") == 1
    assert carl.state["slots"] == {"used": 2, "max": 2}
    await carl.accept(offer)
    await owner(first, "carl")


async def test_the_line_is_told_to_agents(people: People) -> None:
    carl = await people.agent("carl", "busy")
    visitor = await people.visitor()
    conversation = await visitor.start("crowded")

    def line(event: Frame) -> bool:
        told = event.get("department") or {}
        return (event.get("on"), told.get("key"), told.get("waiting")) == ("department", "crowded", 1)

    told = (await carl.until(line))["department"]
    assert [item["conversation"] for item in told["line"]] == [conversation]
    assert told["oldest_at"]


async def test_wrap_up_holds_the_slot_until_it_is_ended(people: People) -> None:
    wilma = await people.agent("wilma")
    visitor = await people.pair("wrapping", wilma)
    await wilma.request("conversation.close", conversation=visitor.conversation)
    await wilma.reach(lambda: "wrap_up" in [hold["kind"] for hold in wilma.state["holds"]])
    told = wilma.state
    assert [(hold["conversation"], hold["kind"]) for hold in told["holds"]] == [(visitor.conversation, "wrap_up")]
    assert told["slots"] == {"used": 1, "max": 1}
    assert told["holds"][0]["until"] is not None

    another = await people.visitor()
    conversation = await another.start("wrapping")
    await another.reach(lambda: another.queue.get("place") == 1)
    await wilma.all_heard()
    assert wilma.offers == {}
    await wilma.leave()
    reply = await wilma.enter()
    assert [held["id"] for held in reply["snapshot"]["conversations"]] == [visitor.conversation]

    await wilma.request("wrap_up.end", conversation=visitor.conversation)
    await wilma.takes(conversation)
    await owner(another, "wilma")
