"""Waiting: limits, overflow, hours, what is said meanwhile, the range that is told, who may serve as time goes by."""

from __future__ import annotations

import json

import pytest

from tests.blackbox.people import People, all_have_heard
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Agent, Visitor, fresh
from tests.blackbox.workspace import agent, department, table, workspace


def says(when: str, text: str, **more: int) -> str:
    return table("  [[department.message]]", when=when, **more) + f"text.en = {json.dumps(text)}\n"


def widen(after: int, what: str) -> str:
    return f"  [[department.widen]]\n  after = {after}\n  {what}\n"


CLOSED = ["2000-01-01/2999-12-31"]
NEVER = ["mon-sun 00:00-00:01"]
TALK = [
    says("queued", "queued: number {place}. {wait}"),
    says("every", "every: {place}", seconds=1, min_ahead=0, min_interval=0, max_count=2),
    says("waited", "waited one second", seconds=1, min_interval=0),
    says("place", "now number {place}", min_interval=0),
    says("nobody", "nobody is here, {name}"),
]


@pytest.fixture(scope="module")
def workspace_file() -> str:
    every = ["short", "chain", "shut", "away", "empty", "talk", "wide", "open", "any", "there", "spare", "home", "back"]
    return workspace(
        every,
        department("short", max_line=1),
        department("chain", max_line=1, overflow=["empty", "there"]),
        department("shut", holidays=CLOSED),
        department("away", holidays=CLOSED, overflow=["shut", "there"]),
        department("empty") + says("nobody", "nobody is here, {name}"),
        department("talk") + "".join(TALK),
        department("wide", method="priority") + widen(1, "lower_levels = 2") + widen(2, 'add_departments = ["spare"]'),
        department("open") + widen(1, "drop_preferred = true\n  any_agent = true"),
        department("any"),
        department("there"),
        department("spare"),
        department("home", method="priority"),
        department("back") + says("returned", "{agent} is gone, you are number {place}"),
        agent("short", 1, {"short": 50}),
        agent("chained", 1, {"chain": 50}),
        agent("there", 3, {"there": 50}),
        agent("talker", 1, {"talk": 50}),
        agent("spare", 1, {"spare": 50}).replace("\n\n", "\nskills = { danish = 9 }\n\n", 1),
        agent("wide", 1, {"wide": 50}).replace("\n\n", "\nskills = { danish = 3 }\n\n", 1),
        agent("lost", 1, {"back": 50}),
        agent("best", 1, {"home": 1}),
        agent("worst", 1, {"home": 100}),
        table("[[rule]]", name="level", when='department == "wide"') + "require = { danish = 5 }\n",
        blip_seconds=1,
        grace_seconds=1,
    )


async def begin(people: People, department: str, text: str = "Hello", **fields: object) -> Visitor:
    visitor = await people.visitor()
    await visitor.start(department, text, **fields)
    return visitor


async def full(people: People, key: str, department: str) -> tuple[Agent, Visitor]:
    """An agent of one slot, who has it taken."""
    only = await people.agent(key)
    return only, await people.pair(department, only)


def notices(visitor: Visitor) -> list[str]:
    return [entry["text"] for entry in visitor.transcript.in_order() if entry["kind"] == "notice"]


def where(visitor: Visitor) -> str:
    return str(visitor.conversations[visitor.conversation]["department"]["key"])


async def refused(people: People, department: str) -> Frame:
    visitor = await people.visitor()
    start = {"client_id": fresh("start"), "department": department, "text": "x"}
    error = await visitor.refused("conversation.start", **start)
    assert visitor.conversations == {}
    return error


async def test_a_full_line_is_refused_and_has_room_again(people: People) -> None:
    _, served = await full(people, "short", "short")
    first = await begin(people, "short")
    assert (await refused(people, "short"))["code"] == "line_full"
    await first.end_conversation()
    await begin(people, "short")
    assert (await refused(people, "short"))["code"] == "line_full"
    assert served.state == "active"


async def test_a_full_line_runs_over_along_the_chain(people: People) -> None:
    there = await people.agent("there")
    await full(people, "chained", "chain")
    first = await begin(people, "chain")
    assert (where(first), first.state) == ("chain", "waiting")
    # The first of the chain has nobody, the second has.
    second = await begin(people, "chain")
    assert where(second) == "there"
    await there.takes(second.conversation)


async def test_outside_the_hours_it_is_refused_or_goes_on(people: People) -> None:
    there = await people.agent("there")
    error = await refused(people, "shut")
    assert error["code"] == "outside_hours"
    moved = await begin(people, "away")
    assert where(moved) == "there"
    await there.takes(moved.conversation)
    site = (await people.visitor()).snapshot["site"]
    is_open = {each["key"]: each["open"] for each in site["departments"]}
    assert (is_open["shut"], is_open["there"]) == (False, True)


async def test_that_nobody_is_here_is_said(people: People) -> None:
    visitor = await begin(people, "empty", form={"name": "Zo\u00eb"})
    await visitor.reach(lambda: "nobody is here, Zo\u00eb" in notices(visitor))
    assert (visitor.queue["serving"], visitor.queue["wait"]) == (False, None)


async def test_a_message_can_be_left(people: People) -> None:
    for name in ("empty", "shut"):
        visitor = await people.visitor()
        left = {"client_id": fresh("left"), "form": {"name": "Zo\u00eb", "email": "zoe@example.org"}, "text": "Call me"}
        reply = await visitor.request("message.leave", department=name, **left)
        again = await visitor.request("message.leave", department=name, **left)
        assert reply["at"] == again["at"]
        error = await visitor.refused("message.leave", department=name, **(left | {"text": "other"}))
        assert error["code"] == "client_id_conflict"
    visitor = await people.visitor()
    await visitor.refused("message.leave", client_id=fresh("left"), form={}, text="")


async def test_everything_that_is_said_meanwhile(people: People) -> None:
    talker, served = await full(people, "talker", "talk")
    first, second = await begin(people, "talk"), await begin(people, "talk")
    await first.reach(lambda: any(text.startswith("queued: number 1.") for text in notices(first)))
    await second.reach(lambda: any(text.startswith("queued: number 2.") for text in notices(second)))
    for visitor in (first, second):
        await visitor.reach(lambda visitor=visitor: len([t for t in notices(visitor) if t.startswith("every")]) == 2)  # type: ignore[misc]
        assert notices(visitor).count("waited one second") == 1
    await first.end_conversation()
    await second.reach(lambda: "now number 1" in notices(second))
    # Whoever has been picked up is told nothing more.
    await talker.request("conversation.close", conversation=served.conversation)
    await talker.takes(second.conversation)
    told = notices(second)
    assert len([text for text in told if text.startswith("every")]) == 2
    assert not any("{" in text for text in told), told
    assert not any("nobody" in text for text in told), told


async def test_who_lost_their_agent_is_told_whom(people: People) -> None:
    lost, visitor = await full(people, "lost", "back")
    await visitor.say(visitor.conversation, "are you there?")
    await lost.leave(abruptly=True)
    await visitor.reach(lambda: "Lost is gone, you are number 1" in notices(visitor))


async def test_the_range_is_a_range_and_ends_with_the_service(people: People) -> None:
    only, _ = await full(people, "short", "short")
    visitor = await begin(people, "short")
    await visitor.reach(lambda: visitor.queue.get("wait") is not None)
    seen = [frame["queue"] for frame in visitor.heard if frame.get("on") == "queue"] + [visitor.queue]
    for queue in seen:
        assert queue["wait"] is None or 0 <= queue["wait"]["low_s"] < queue["wait"]["high_s"], queue
        assert queue["ahead"] == queue["place"] - 1
    await only.set_status("away", reason="lunch")
    await visitor.reach(lambda: visitor.queue["serving"] is False)
    assert visitor.queue["wait"] is None
    await only.set_status("available")
    await visitor.reach(lambda: visitor.queue["serving"] is True and visitor.queue["wait"] is not None)


async def test_levels_go_down_and_other_departments_help_as_time_goes_by(people: People) -> None:
    wide, spare = await people.team("wide", "spare")
    visitor = await begin(people, "wide")
    await all_have_heard(wide, spare)
    assert (wide.offers, spare.offers, visitor.state) == ({}, {}, "waiting")
    await wide.takes(visitor.conversation)
    second = await begin(people, "wide")
    with pytest.raises(AssertionError):
        await spare.rings(second.conversation, within_s=1.2)
    await spare.takes(second.conversation)


async def test_in_the_end_anybody_may_serve(people: People) -> None:
    there = await people.agent("there")
    visitor = await begin(people, "open")
    await all_have_heard(there)
    assert there.ringing(visitor.conversation) is None
    offer = await there.rings(visitor.conversation)
    assert offer["why"]["widening_step"] == 1
    await there.accept(offer)


async def test_handed_to_another_department_it_keeps_what_it_waited(people: People) -> None:
    there = await people.agent("there")
    short, served = await full(people, "short", "short")
    moved = await begin(people, "there")
    with pytest.raises(AssertionError):
        await moved.reach(lambda: moved.state == "active", within_s=0.7)
    await there.takes(moved.conversation)
    late = await begin(people, "short")
    await there.request("conversation.transfer", conversation=moved.conversation, to={"department": "short"}, note="x")
    await moved.reach(lambda: moved.state == "waiting")
    # It had waited longer than the one who is there already, though it came to this line later.
    with pytest.raises(AssertionError):
        await late.reach(lambda: late.queue.get("place") == 3, within_s=0.3)
    await short.request("conversation.close", conversation=served.conversation)
    await short.takes(moved.conversation)
    assert late.state == "waiting"


async def test_priority_goes_from_1_to_100(people: People) -> None:
    best, worst = await people.team("best", "worst")
    await people.pair("home", best)
    await people.pair("home", worst)
