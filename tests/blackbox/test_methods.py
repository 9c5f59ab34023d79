"""The routing methods over real sockets: who rings is computed from a table of running counts (DESIGN 5.2)."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections.abc import Callable

import pytest

from tests.blackbox.people import People, all_have_heard, whoever_rings
from tests.blackbox.wire import Agent, Visitor
from tests.blackbox.workspace import Value, agent, department, workspace

SLOTS = {"ann": 2, "bob": 3, "cid": 4}
PRIORITY = {"ann": 20, "bob": 10, "cid": 20}
DIRECTED: dict[str, dict[str, Value]] = {
    "max_utilization": {"method": "max_utilization"},
    "average_utilization": {"method": "average_utilization"},
    "by_share": {"method": "average_utilization", "measure": "share"},
    "priority": {"method": "priority"},
    "tiers": {"method": "average_utilization", "tiers": True},
    "longest_idle": {"method": "longest_idle"},
}


def keyed(name: str, key: str) -> str:
    """Each department has three agents of its own, so that nothing runs over from one story into another."""
    return f"{key}-{name.replace('_', '-')}"


@pytest.fixture(scope="module")
def workspace_file() -> str:
    names = [*DIRECTED, "ring_all", "round_robin"]
    settings = DIRECTED | {"ring_all": {"method": "ring_all"}, "round_robin": {"method": "round_robin"}}
    return workspace(
        [name.replace("_", "-") for name in names],
        *[department(name.replace("_", "-"), **settings[name]) for name in names],
        *[
            agent(keyed(name, key), slots, {name.replace("_", "-"): PRIORITY[key]})
            for name in names
            for key, slots in SLOTS.items()
        ],
    )


@dataclasses.dataclass
class Row:
    """One agent in the table."""

    agent: Agent
    key: str
    slots: int
    running: list[Visitor] = dataclasses.field(default_factory=list)
    accepted_at: int = 0

    @property
    def count(self) -> int:
        return len(self.running)

    @property
    def share(self) -> float:
        return self.count / self.slots


# The smallest of these rings; where two are equal, the one whose last acceptance is longest ago.
RULES: dict[str, Callable[[Row], tuple[float, ...]]] = {
    "max_utilization": lambda row: (-row.count,),
    "average_utilization": lambda row: (row.count, row.share),
    "by_share": lambda row: (row.share, row.count),
    "priority": lambda row: (PRIORITY[row.key], row.count),
    "tiers": lambda row: (PRIORITY[row.key], row.count, row.share),
    "longest_idle": lambda _: (),
}


def expected(table: list[Row], rule: Callable[[Row], tuple[float, ...]]) -> set[str]:
    """Who may ring next: one, unless several have never accepted anything."""
    free = [row for row in table if row.count < row.slots]
    best = min((*rule(row), row.accepted_at) for row in free)
    return {row.key for row in free if (*rule(row), row.accepted_at) == best}


async def seated(people: People, name: str) -> list[Row]:
    team = await people.team(*[keyed(name, key) for key in SLOTS])
    return [Row(member, key, slots) for member, (key, slots) in zip(team, SLOTS.items(), strict=True)]


@pytest.mark.parametrize("name", DIRECTED)
async def test_who_rings_follows_from_the_running_counts(people: People, name: str) -> None:
    table = await seated(people, name)
    chance = random.Random(name)
    for step in range(1, 25):
        busy = [row for row in table if row.running]
        full = all(row.count == row.slots for row in table)
        # Six arrivals first; then arrivals and closes by chance, and a close when all are full.
        if full or (step > 6 and busy and chance.random() < 0.4):
            row = chance.choice(busy)
            await close(row, row.running.pop(chance.randrange(row.count)))
            continue
        allowed = expected(table, RULES[name])
        visitor = await people.visitor()
        conversation = await visitor.start(name.replace("_", "-"))
        chosen, offer = await whoever_rings([row.agent for row in table], conversation)
        row = next(row for row in table if row.agent is chosen)
        counts = {row.key: (row.count, row.slots, row.accepted_at) for row in table}
        assert row.key in allowed, f"step {step}: {row.key} rings, expected {allowed} of {counts}"
        await all_have_heard(*[row.agent for row in table])
        assert [other.key for other in table if other.agent.ringing(conversation) and other is not row] == []
        await chosen.accept(offer)
        row.running.append(visitor)
        row.accepted_at = step


async def close(row: Row, visitor: Visitor) -> None:
    """Ends one conversation of the row; its slot is free when this returns."""
    await row.agent.request("conversation.close", conversation=visitor.conversation)
    await visitor.reach(lambda: visitor.state == "closed")


@pytest.mark.parametrize("name", DIRECTED)
async def test_all_slots_are_filled_and_none_twice(people: People, name: str) -> None:
    table = await seated(people, name)
    visitors = [await people.visitor() for _ in range(sum(SLOTS.values()) + 2)]
    taking = [asyncio.create_task(take_all(row, visitors)) for row in table]
    for visitor in visitors:
        await visitor.start(name.replace("_", "-"))
    await asyncio.gather(*taking)
    late = visitors[-2:]
    for place, visitor in enumerate(late, start=1):
        await visitor.reach(lambda visitor=visitor, place=place: visitor.queue.get("place") == place)  # type: ignore[misc]
        assert visitor.queue["serving"] is True
    for row in table:
        await row.agent.uses(row.slots)
        assert row.agent.offers == {}
    # The slot that becomes free rings for the older of the two, at the agent who is free.
    freed = table[1]
    await close(freed, freed.running[0])
    await freed.agent.takes(late[0].conversation)
    await late[0].active()
    await late[1].reach(lambda: late[1].queue.get("place") == 1)


async def take_all(row: Row, visitors: list[Visitor]) -> None:
    """Accepts until the slots are full."""
    while row.count < row.slots:
        await row.agent.reach(lambda: row.agent.offers != {})
        accepted = await row.agent.accept(next(iter(row.agent.offers.values())))
        row.running += [visitor for visitor in visitors if visitor.conversation == accepted["conversation"]["id"]]


async def test_round_robin_counts_differ_by_at_most_one(people: People) -> None:
    table = await seated(people, "round_robin")
    # Every conversation is closed at once, so that everybody stays takeable.
    counts = dict.fromkeys(SLOTS, 0)
    order: list[str] = []
    for _ in range(9):
        visitor = await people.visitor()
        conversation = await visitor.start("round-robin")
        chosen, offer = await whoever_rings([row.agent for row in table], conversation)
        row = next(row for row in table if row.agent is chosen)
        await chosen.accept(offer)
        await close(row, visitor)
        counts[row.key] += 1
        order.append(row.key)
        assert max(counts.values()) - min(counts.values()) <= 1, order
    assert order[:3] == order[3:6] == order[6:9]


async def test_ring_all_rings_at_all_and_the_first_accept_ends_the_others(people: People) -> None:
    table = await seated(people, "ring_all")
    visitor = await people.visitor()
    conversation = await visitor.start("ring-all")
    offers = {row.key: await row.agent.rings(conversation) for row in table}
    assert all(offer["soft"] for offer in offers.values())
    # A soft ring holds no slot.
    await table[0].agent.all_heard()
    assert table[0].agent.state["slots"]["used"] == 0
    await table[1].agent.accept(offers["bob"])
    assert await table[1].agent.offer_ended(offers["bob"]) == "accepted"
    for row in (table[0], table[2]):
        assert await row.agent.offer_ended(offers[row.key]) == "taken"
        late = await row.agent.refused("offer.accept", offer=offers[row.key]["offer"])
        assert late["code"] == "gone"
    await visitor.active()


async def test_ring_all_who_fills_up_loses_the_other_rings(people: People) -> None:
    table = await seated(people, "ring_all")
    ann, bob, cid = (row.agent for row in table)
    visitors = [await people.visitor() for _ in range(3)]
    conversations = [await visitor.start("ring-all") for visitor in visitors]
    offers = [[await row.agent.rings(conversation) for conversation in conversations] for row in table]

    await ann.accept(offers[0][0])
    await ann.accept(offers[0][1])
    # Both slots of hers are taken: the third ring ends for her alone.
    assert await ann.offer_ended(offers[0][2]) == "withdrawn"
    assert (await ann.refused("offer.accept", offer=offers[0][2]["offer"]))["code"] in {"gone", "conflict"}
    for other in (bob, cid):
        await other.reach(lambda other=other: len(other.offers) == 1)  # type: ignore[misc]
        assert other.ringing(conversations[2])

    # A full agent does not ring for what comes now, and joins when a slot becomes free.
    fourth = await people.visitor()
    conversation = await fourth.start("ring-all")
    await bob.rings(conversation)
    await cid.rings(conversation)
    await all_have_heard(ann)
    assert ann.offers == {}
    await ann.request("conversation.close", conversation=conversations[0])
    await ann.rings(conversations[2])
    await ann.rings(conversation)


async def test_ring_all_pipelined_accepts_never_exceed_the_slots(people: People) -> None:
    table = await seated(people, "ring_all")
    ann = table[0].agent
    visitors = [await people.visitor() for _ in range(5)]
    offers = [await ann.rings(await visitor.start("ring-all")) for visitor in visitors]
    replies = await asyncio.gather(*[ann.ask("offer.accept", offer=offer["offer"]) for offer in offers])
    assert [reply["ok"] for reply in replies] == [True, True, False, False, False]
    assert {reply["error"]["code"] for reply in replies if not reply["ok"]} <= {"gone", "conflict"}
    await ann.uses(2)


async def test_ring_all_declined_rings_on_at_the_others(people: People) -> None:
    table = await seated(people, "ring_all")
    ann, bob, cid = (row.agent for row in table)
    visitor = await people.visitor()
    conversation = await visitor.start("ring-all")
    offer = await ann.rings(conversation)
    await bob.rings(conversation)
    await ann.decline(offer)
    assert await ann.offer_ended(offer) == "declined"
    await all_have_heard(ann, bob)
    assert (ann.offers, len(bob.offers)) == ({}, 1)
    await cid.takes(conversation)
    await visitor.active()
