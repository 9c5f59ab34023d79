"""Who is chosen, beyond the running counts: luck, caps, waves, conversations that ring nowhere but are assigned."""

from __future__ import annotations

import collections
import json

import pytest

from tests.blackbox.people import People, all_have_heard, whoever_rings
from tests.blackbox.workspace import agent, department, table, workspace

LUCKY = ("lea", "luc", "lia")


def capped(key: str, slots: int, name: str, cap: int, priority: int) -> str:
    """A member who takes fewer conversations of this department than they have slots."""
    member = table("[[agent.member]]", department=name, priority=priority, max_slots=cap)
    return "\n".join([agent(key, slots, {"overtime": priority}), member])


@pytest.fixture(scope="module")
def workspace_file() -> str:
    waves = department("waves", method="ring_all") + f"ring_waves = {json.dumps([[0, 1], [1, 2], [2, 0]])}\n"
    return workspace(
        ["luck", "caps", "overtime", "waves", "auto"],
        department("luck", method="random"),
        department("caps", method="priority"),
        department("overtime", method="priority"),
        waves,
        department("auto", method="priority", accept="auto"),
        *[agent(key, 4, {"luck": 50}) for key in LUCKY],
        capped("cap", 3, "caps", 1, 1),
        capped("cup", 3, "caps", 0, 100),
        *[agent(f"wave-{n}", 2, {"waves": 50}) for n in range(3)],
        *[agent(f"auto-{n}", 2, {"auto": n}) for n in (1, 2)],
    )


async def test_luck_gives_everybody_a_fair_part(people: People) -> None:
    team = await people.team(*LUCKY)
    counts: collections.Counter[str] = collections.Counter(dict.fromkeys(LUCKY, 0))
    order: list[str] = []
    for _ in range(60):
        visitor = await people.visitor()
        chosen, offer = await whoever_rings(team, await visitor.start("luck"))
        assert offer["method"] == "random"
        await chosen.accept(offer)
        await chosen.request("conversation.close", conversation=visitor.conversation)
        await visitor.leave()
        counts[chosen.me["key"]] += 1
        order.append(chosen.me["key"])
    # 60 of a third each: fewer than 6 or more than 36 comes once in some hundred thousand runs.
    assert all(6 <= count <= 36 for count in counts.values()), counts
    assert any(order[n] == order[n + 1] for n in range(59)), "no luck in this: nobody ever twice in a row"


async def test_a_members_cap_holds_in_its_department_only(people: People) -> None:
    cap, cup = await people.team("cap", "cup")
    # Priority 1 before 100; of this department no more than one conversation.
    own = await people.pair("caps", cap)
    await people.pair("caps", cup)
    await people.pair("caps", cup)
    other = await people.pair("overtime", cap)
    await people.pair("overtime", cap)
    await cap.uses(3)
    await cup.takes(await (await people.visitor()).start("overtime"))
    late = await people.visitor()
    conversation = await late.start("caps")
    # The capped one has a slot again, but it is not one for this department.
    await cap.request("conversation.close", conversation=other.conversation)
    await cap.uses(2)
    await all_have_heard(cap, cup, late)
    assert (cap.ringing(conversation), late.state) == (None, "waiting")
    await cap.request("conversation.close", conversation=own.conversation)
    await cap.takes(conversation)


async def test_waves_ring_at_more_agents_as_time_goes_by(people: People) -> None:
    team = await people.team("wave-0", "wave-1", "wave-2")
    visitor = await people.visitor()
    conversation = await visitor.start("waves")
    first, offer = await whoever_rings(team, conversation)
    assert offer["soft"] is True
    await all_have_heard(*team)
    assert sum(each.ringing(conversation) is not None for each in team) == 1
    others = [each for each in team if each is not first]
    second, _ = await whoever_rings(others, conversation)
    await all_have_heard(*team)
    assert sum(each.ringing(conversation) is not None for each in team) == 2
    third = next(each for each in others if each is not second)
    await third.takes(conversation)
    for each in (first, second):
        await each.reach(lambda each=each: each.offers == {})  # type: ignore[misc]


async def test_a_wave_that_was_declined_rings_at_the_next_at_once(people: People) -> None:
    team = await people.team("wave-0", "wave-1", "wave-2")
    visitor = await people.visitor()
    conversation = await visitor.start("waves")
    first, offer = await whoever_rings(team, conversation)
    await first.decline(offer)
    others = [each for each in team if each is not first]
    chosen, offer = await whoever_rings(others, conversation)
    await chosen.accept(offer)
    await visitor.active()


async def test_assigned_at_once_and_kept_once_it_is_confirmed(people: People) -> None:
    one, _ = await people.team("auto-1", "auto-2")
    visitor = await people.visitor()
    conversation = await visitor.start("auto")
    await visitor.active()
    offer = await one.until(lambda event: event.get("on") == "offer")
    assert (offer["auto"], offer["soft"], offer["conversation"]["id"]) == (True, False, conversation)
    await one.uses(1)
    # Confirmed by `offer.seen` alone; three seconds later it is still there.
    with pytest.raises(AssertionError):
        await visitor.reach(lambda: visitor.state != "active", within_s=3.6)
    assert (await one.set_status("available"))["slots"]["used"] == 1
    await one.say(conversation, "Here I am")
    await visitor.reach(lambda: "Here I am" in visitor.transcript.texts())


async def test_assigned_and_never_confirmed_goes_on_without_a_miss(people: People) -> None:
    one, two = await people.team("auto-1", "auto-2")
    one.confirms = False
    visitor = await people.visitor()
    conversation = await visitor.start("auto")
    await visitor.active()
    assert visitor.conversations[conversation]["agent"]["key"] == "auto-1"
    await visitor.reach(lambda: (visitor.conversations[conversation]["agent"] or {}).get("key") == "auto-2")
    await two.uses(1)
    assert visitor.state == "active"
    # Unreachable until its next frame: what comes now goes to the other, too.
    second = await people.visitor()
    await second.start("auto")
    await second.active()
    assert second.conversations[second.conversation]["agent"]["key"] == "auto-2"
    one.confirms = True
    state = await one.set_status("available")
    assert (state["slots"]["used"], state["status"]) == (0, "available")
    third = await people.visitor()
    await third.start("auto")
    await third.active()
    assert third.conversations[third.conversation]["agent"]["key"] == "auto-1"
    await visitor.settled()
