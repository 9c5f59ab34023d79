"""Rules decide what a conversation needs, and the line follows them: over real sockets, on one server."""

from __future__ import annotations

import json

import pytest

from tests.blackbox.people import People, all_have_heard, whoever_rings
from tests.blackbox.wire import Agent, Visitor
from tests.blackbox.workspace import agent, department, table, workspace

SKILLS = {"dan": {"danish": 8}, "dora": {"danish": 4}, "bill": {"billing": 5}}


def skilled(key: str, slots: int, departments: dict[str, int], skills: dict[str, int], **more: object) -> str:
    written = "{ " + ", ".join(f"{name} = {level}" for name, level in skills.items()) + " }"
    lines = [f"skills = {written}", *[f"{name} = {json.dumps(value)}" for name, value in more.items()]]
    return agent(key, slots, departments).replace("\n\n", "\n" + "\n".join(lines) + "\n\n", 1)


def rule(name: str, when: str, **actions: str | int | list[str]) -> str:
    return table("[[rule]]", name=name, when=when, **actions)


QUEUED = """
[[department.message]]
when = "queued"
text.en = "In English, {name}: {department}"
text.sv = "P\u00e5 svenska: nummer {place} i {department}"
"""

RULES = [
    rule("topic without asking", 'form.topic == "billing"', tags=["billing"]) + "prefer = { billing = 3 }\n",
    rule("danish", 'department == "help" && visitor.language == "da"', tags=["da"]) + "require = { danish = 5 }\n",
    rule("danish again", 'visitor.language == "da"', tags=["second"]) + "require = { danish = 10 }\n",
    rule("pricing", 'page.path.startsWith("/pricing") && page.query.plan == "gold"', department="hidden"),
    rule("urgent", 'text.contains("urgent")', head_start=600, tags=["urgent"]),
    rule("swedish", 'text.startsWith("[sv]")', language="sv"),
    rule("for Dan", 'has(form.who) && form.who == "dan"', agent="dan", agent_seconds=60),
    rule("for Eve", 'has(form.who) && form.who == "eve"', agent="eve", agent_seconds=60),
    rule("for Fay", 'has(form.who) && form.who == "fay"', agent="fay"),
    rule("ranked", 'text == "ranked"', head_start=1),
    rule("other site", 'site == "other"', tags=["other"], department="hidden"),
    rule("slow pattern", 'text.startsWith("aaaa") && text.matches("(a+)+$")', tags=["slow"]),
    rule("often", "visitor.visits == 2 && visitor.returning", tags=["second visit"]),
    rule("again", 'department == "again" && visitor.repeat', tags=["repeat"]) + "require = { senior = 5 }\n",
]


@pytest.fixture(scope="module")
def workspace_file() -> str:
    other = table("[[site]]", key="other", name="Other", origins=["https://other.example"], departments=["help"])
    return workspace(
        ["help", "strict", "again", "last", "eager"],
        other,
        department("help", method="priority") + QUEUED,
        department("strict", order="strict") + QUEUED,
        department("hidden"),
        department("again", method="priority", repeat_days=1),
        department("last", method="priority", prefer_last_agent=60),
        department("eager", method="round_robin"),
        skilled("dan", 2, {"help": 90}, SKILLS["dan"]),
        skilled("dora", 2, {"help": 20}, SKILLS["dora"]),
        skilled("bill", 2, {"help": 50}, SKILLS["bill"]),
        skilled("eve", 2, {"help": 95}, {}, substitutes=["bill"], leave=["2000-01-01/2999-12-31"]),
        skilled("fay", 1, {"help": 95}, {}, substitutes=["bill"]),
        skilled("hid", 2, {"hidden": 50}, {}),
        skilled("one", 1, {"strict": 50}, {"danish": 1}),
        skilled("junior", 3, {"again": 10}, {"senior": 1}),
        skilled("senior", 3, {"again": 90}, {"senior": 6}),
        skilled("la", 2, {"last": 90}, {}),
        skilled("lb", 2, {"last": 10}, {}),
        *RULES,
        grace_seconds=1,
    )


async def come(people: People, department: str, text: str = "Hello", *, site: str = "demo", **more: object) -> Visitor:
    """A new visitor whose conversation has begun: `form` goes with the start, all else with the page."""
    form = more.pop("form", None)
    visitor = await people.visitor(site, **more)
    await visitor.start(department, text, **({"form": form} if form else {}))
    return visitor


async def rung(team: list[Agent], visitor: Visitor) -> str:
    """Who it rings at, alone; it is accepted there."""
    chosen, offer = await whoever_rings(team, visitor.conversation)
    await all_have_heard(*team)
    assert [each.me["key"] for each in team if each.ringing(visitor.conversation)] == [chosen.me["key"]]
    await chosen.accept(offer)
    await visitor.active()
    return str(chosen.me["key"])


async def test_a_required_level_keeps_everybody_else_out(people: People) -> None:
    team = await people.team("dan", "dora", "bill")
    # By priority it would be Dora, whose level is 4 of 5; the region of the language does not matter.
    first = await come(people, "help", language="da-DK")
    assert await rung(team, first) == "dan"
    seen = team[0].conversations[first.conversation]
    assert seen["tags"] == ["da", "second"]
    assert seen["needs"]["require"] == {"danish": 5}, "the first rule that says it decides"
    assert await rung(team, await come(people, "help", language="en")) == "dora"
    assert await rung(team, await come(people, "help", language="da")) == "dan"
    # Dan is full: the next one waits, though Dora and Bill are free; somebody younger passes it.
    third = await come(people, "help", language="da")
    assert await rung(team, await come(people, "help", language="en")) == "dora"
    await all_have_heard(*team, third)
    assert (third.state, third.queue["place"], third.queue["serving"]) == ("waiting", 1, True)
    await team[0].request("conversation.close", conversation=first.conversation)
    assert await rung(team, third) == "dan"


async def test_preferred_skills_come_before_the_method(people: People) -> None:
    team = await people.team("dan", "dora", "bill")
    assert await rung(team, await come(people, "help", form={"topic": "billing"})) == "bill"
    assert await rung(team, await come(people, "help", form={"topic": "billing"})) == "bill"
    # Preferred, not required: when Bill is full it is anybody, by the method.
    assert await rung(team, await come(people, "help", form={"topic": "billing"})) == "dora"
    # The rule fails where the form has no topic; the conversation goes on with the others.
    plain = await come(people, "help", "urgent", form={"name": "Zo\u00eb"})
    assert await rung(team, plain) == "dora"
    assert team[1].conversations[plain.conversation]["tags"] == ["urgent"]


async def test_the_page_sends_it_where_visitors_cannot_go(people: People) -> None:
    hid, *_ = await people.team("hid", "dora")
    page = {"url": "https://shop.example/pricing/all?plan=gold&x=%C3%A6", "title": "Prices", "referrer": ""}
    visitor = await come(people, "help", page=page)
    await hid.takes(visitor.conversation)
    assert visitor.conversations[visitor.conversation]["department"]["key"] == "hidden"
    other = await come(people, "help", page=page | {"url": "https://shop.example/pricing?plan=free"})
    assert other.conversations[other.conversation]["department"]["key"] == "help"
    stranger = await people.visitor()
    assert (await stranger.refused("conversation.start", client_id="s", department="hidden", text="x"))["code"] in {
        "bad_request",
        "not_found",
        "forbidden",
    }
    elsewhere = await come(people, "help", site="other")
    await hid.takes(elsewhere.conversation)
    assert hid.conversations[elsewhere.conversation]["tags"] == ["other"]


async def test_a_head_start_passes_those_who_came_before(people: People) -> None:
    (dora,) = await people.team("dora")
    for _ in range(2):
        await rung([dora], await come(people, "help"))
    busy = list(dora.state["holds"])
    early = await come(people, "help")
    urgent = await come(people, "help", "it is urgent")
    await early.reach(lambda: early.queue.get("place") == 2)
    assert urgent.queue["place"] == 1
    await dora.request("conversation.close", conversation=busy[0]["conversation"])
    await rung([dora], urgent)
    await early.reach(lambda: early.queue.get("place") == 1)


async def test_in_strict_order_a_head_start_is_a_rank(people: People) -> None:
    (one,) = await people.team("one")
    first = await come(people, "strict")
    await rung([one], first)
    early = await come(people, "strict")
    with pytest.raises(AssertionError):
        await early.reach(lambda: early.state != "waiting", within_s=1.2)
    # A second's head start, a wait that is longer: in the other order the older one would be the first.
    ranked = await come(people, "strict", "ranked")
    await early.reach(lambda: early.queue.get("place") == 2)
    await one.request("conversation.close", conversation=first.conversation)
    await rung([one], ranked)


async def test_notices_are_in_the_language_the_rule_says(people: People) -> None:
    (one,) = await people.team("one")
    await rung([one], await come(people, "strict"))
    visitor = await come(people, "strict", "[sv] Hej")
    await visitor.reach(lambda: "P\u00e5 svenska: nummer 1 i Strict" in notices(visitor))
    other = await come(people, "strict", form={"name": "Zo\u00eb"})
    await other.reach(lambda: "In English, Zo\u00eb: Strict" in notices(other))


def notices(visitor: Visitor) -> list[str]:
    return [entry["text"] for entry in visitor.transcript.in_order() if entry["kind"] == "notice"]


async def test_the_agent_a_rule_names_is_waited_for(people: People) -> None:
    dan, dora, bill = await people.team("dan", "dora", "bill")
    assert await rung([dan, dora, bill], await come(people, "help", form={"who": "dan"})) == "dan"
    assert await rung([dan, dora, bill], await come(people, "help", form={"who": "dan"})) == "dan"
    for hold in list(dan.state["holds"]):
        await dan.request("conversation.close", conversation=hold["conversation"])
    await dan.set_status("away", reason="coffee")
    third = await come(people, "help", form={"who": "dan"})
    await all_have_heard(dan, dora, bill, third)
    assert third.state == "waiting", "kept for Dan, though Dora is free"
    await dan.leave(abruptly=True)
    assert await rung([dora, bill], third) == "dora", "nobody present it could be kept for"


async def test_full_or_away_the_substitute_comes_first(people: People) -> None:
    team = await people.team("dan", "dora", "bill", "fay")
    assert await rung(team, await come(people, "help", form={"who": "fay"})) == "fay"
    assert await rung(team, await come(people, "help", form={"who": "fay"})) == "bill"
    await team[3].set_status("away", reason="lunch")
    assert await rung(team, await come(people, "help", form={"who": "fay"})) == "bill"


async def test_on_leave_the_substitute_comes_first(people: People) -> None:
    team = await people.team("dan", "dora", "bill", "eve")
    assert await rung(team, await come(people, "help", form={"who": "eve"})) == "bill"


async def test_the_agent_of_last_time_comes_first(people: People) -> None:
    team = await people.team("la", "lb")
    await team[1].set_status("offline")
    visitor = await come(people, "last")
    assert await rung(team, visitor) == "la"
    await visitor.end_conversation()
    await visitor.reach(lambda: visitor.state == "closed")
    await team[1].set_status("available")
    assert await rung(team, await come(people, "last")) == "lb", "by priority"
    await visitor.start("last", "me again")
    assert await rung(team, visitor) == "la"


async def test_who_comes_back_is_known(people: People) -> None:
    team = await people.team("junior", "senior")
    visitor = await come(people, "again")
    assert await rung(team, visitor) == "junior"
    assert team[0].conversations[visitor.conversation]["tags"] == []
    await visitor.end_conversation()
    await visitor.reach(lambda: visitor.state == "closed")
    await visitor.start("again", "still broken")
    assert await rung(team, visitor) == "senior"
    assert team[1].conversations[visitor.conversation]["tags"] == ["second visit", "repeat"]
    await visitor.end_conversation()
    await visitor.reach(lambda: visitor.state == "closed")
    # Elsewhere it is no repeat, and it is the third visit.
    await visitor.start("help", "hello there")
    dora = await people.agent("dora")
    await rung([dora], visitor)
    assert dora.conversations[visitor.conversation]["tags"] == []


async def test_a_slow_pattern_costs_nobody_anything(people: People) -> None:
    (dora,) = await people.team("dora")
    visitor = await come(people, "help", "a" * 7000 + "!")
    await rung([dora], visitor)
    assert "a" * 7000 + "!" in visitor.transcript.texts()
