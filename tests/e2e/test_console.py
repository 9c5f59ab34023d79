"""The agents' side: who may sit down, what the team sees and visitors never do, what a closed conversation leaves."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import WebSocket, expect

from tests.blackbox.workspace import agent, department, workspace
from tests.e2e.agent import Agent
from tests.e2e.people import People

RING_S = 2


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return workspace(
        ["support", "careful", "brisk"],
        department("support", reject_delay=0),
        department("careful", wrap_up=600),
        department("brisk", ring_seconds=RING_S, miss_limit=1, miss_delay=0),
        agent("ada", 3, {"support": 50, "careful": 50}),
        agent("ben", 3, {"support": 50}),
        agent("eve", 3, {"brisk": 50}),
    )


async def whoever_rings(one: Agent, other: Agent) -> tuple[Agent, Agent]:
    """Who rings, and who does not."""
    rings = {asyncio.create_task(agent.rings.wait_for()): agent for agent in (one, other)}
    done, pending = await asyncio.wait(rings, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    return (one, other) if rings[done.pop()] is one else (other, one)


async def test_signing_in_and_out(people: People):
    office = await people.newcomer()
    page = await office.new_page()
    await page.goto(f"{people.url}console")
    ada = people.seated(page, "ada")
    await page.get_by_label("E-mail").fill("ada@demo.example")
    await page.get_by_label("Password").fill("dema")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("alert")).to_have_text("That e-mail and password do not go together.")
    await page.get_by_label("Password").fill("demo")
    await page.get_by_label("Password").press("Enter")
    await expect(ada.status).to_be_visible()
    await expect(page).to_have_url(f"{people.url}console?as=ada")
    assert [(cookie["httpOnly"], cookie["sameSite"]) for cookie in await office.cookies()] == [(True, "Strict")]
    await page.reload()
    await expect(ada.status).to_be_visible()

    second = await office.new_page()
    await second.goto(f"{people.url}console?as=ada")
    await expect(second.get_by_role("button", name="Status:")).to_be_visible()
    await ada.log_out()
    await expect(page.get_by_text("You are logged out.")).to_be_visible()
    # The other tab had the same login: its socket is closed, not only its cookie gone.
    await expect(second.get_by_role("button", name="Sign in")).to_be_visible()
    await page.goto(f"{people.url}console?as=ada")
    await expect(page.get_by_text("Sign in to sit down.")).to_be_visible()


async def test_two_agents_in_one_browser_keep_apart(people: People):
    ada = await people.agent("ada")
    ben = await people.agent("ben", "Busy")
    await ada.page.reload()
    await ben.page.reload()
    await expect(ada.status).to_have_accessible_name("Status: Available")
    await expect(ben.status).to_have_accessible_name("Status: Busy")
    await ben.log_out()
    await expect(ben.page.get_by_role("button", name="Sign in")).to_be_visible()
    await expect(ada.status).to_have_accessible_name("Status: Available")


async def test_notes_are_for_the_team(people: People):
    heard: list[str] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: heard.append(str(frame)))

    ada = await people.agent("ada")
    visitor = await people.visitor("Marta")
    visitor.page.on("websocket", listen)
    await visitor.page.reload()
    await visitor.open()
    await visitor.introduce("Marta")
    await visitor.say("Hello")
    await ada.accept("Marta")
    await ada.note("Same bank as yesterday")
    await expect(ada.notes).to_contain_text("Same bank as yesterday")
    await ada.say("I am looking into it")
    await ada.reads("Marta: Hello", "You: I am looking into it")
    await ada.close("bank trouble")
    await expect(visitor.again).to_be_visible()
    await visitor.reads("You: Hello", "Ada: I am looking into it")
    assert any("I am looking into it" in frame for frame in heard)
    assert [frame for frame in heard if "Same bank" in frame or "bank trouble" in frame] == []


async def test_why_you(people: People):
    ada = await people.agent("ada")
    ben = await people.agent("ben")
    first = await people.visitor("Marta")
    await first.say("Hello")
    taker, other = await whoever_rings(ada, ben)
    await expect(taker.ring("Marta")).to_contain_text("Why you? Fewest running (0) of 2 who could take it.")
    await taker.accept("Marta")
    second = await people.visitor("Jonas")
    await second.say("Hello")
    await other.accept("Jonas")
    why = other.page.get_by_role("region", name="Why you?")
    await expect(why).to_contain_text("Fewest running (0) of 2 who could take it.")
    await expect(why).to_contain_text(f"Next would have been {taker.key.title()} (1 running).")
    third = await people.visitor("Eleni")
    await other.be("Busy")
    await third.say("Hello")
    name = other.key.title()
    await expect(taker.ring("Eleni")).to_contain_text(f"You are the only one who can take it. {name} not available.")


async def test_wrap_up(people: People):
    ada = await people.agent("ada")
    visitor = await people.visitor("Marta")
    await visitor.panel.get_by_role("radio", name="Careful").check()
    await visitor.say("Hello")
    await ada.accept("Marta")
    await visitor.end()
    wrap_up = ada.page.get_by_role("form", name="Wrap-up")
    await expect(wrap_up).to_contain_text(re.compile(r"Wrap-up · (9|10):\d\d left"))
    await expect(ada.list.get_by_role("region", name="Wrap-up")).to_contain_text("Marta")
    slots = ada.page.get_by_role("img", name="slots held")
    await expect(slots).to_have_accessible_name("1 of 3 slots held: 1 wrap-up, 2 free")
    await wrap_up.get_by_label("How did it go?").fill("order changed")
    await wrap_up.get_by_role("button", name="Done").click()
    await expect(ada.row("Marta")).to_have_count(0)
    await expect(slots).to_have_accessible_name("0 of 3 slots held: 3 free")


async def test_who_misses_rings_is_set_away_and_can_come_back(people: People):
    eve = await people.agent("eve")
    visitor = await people.visitor("Marta")
    await visitor.panel.get_by_role("radio", name="Brisk").check()
    await visitor.say("Hello")
    await expect(eve.ring("Marta")).to_be_visible()
    await expect(eve.banners).to_contain_text("You were set away after missed offers. Go back?")
    await expect(eve.status).to_have_accessible_name("Status: Away · missed offers")
    await expect(eve.rings).to_have_count(0)
    await eve.banners.get_by_role("button", name="Set available").click()
    await expect(eve.status).to_have_accessible_name("Status: Available")
    await expect(eve.banners).not_to_contain_text("missed offers")


async def test_somebody_else_closed_it(people: People):
    ada = await people.agent("ada")
    marta, jonas = [await people.pair(ada, name) for name in ("Marta", "Jonas")]
    await marta.end()
    await expect(ada.page.get_by_text("The conversation with Marta was closed by the visitor.")).to_be_visible()
    await jonas.end()
    closed = ada.page.get_by_text("This conversation is closed. You can read it until you open another.")
    await expect(closed).to_be_visible()


async def test_picking_from_the_line(people: People):
    ada = await people.agent("ada", "Busy")
    visitor = await people.visitor("Marta")
    await visitor.say("Hello")
    await ada.page.get_by_role("button", name="Pick").click()
    await ada.sees("Marta")
    await expect(visitor.hears("Ada joined")).to_be_visible()


async def test_what_the_visitor_thought_of_it(people: People):
    ada = await people.agent("ada")
    marta = await people.pair(ada, "Marta")
    await ada.say("Hello Marta")
    await expect(marta.bubbles).to_have_count(2)
    await ada.close("told")
    await marta.panel.get_by_role("group", name="How was it?").get_by_text("Good", exact=True).click()
    await marta.panel.get_by_label("What should we know?").fill("<b>Quick</b>")
    await marta.panel.get_by_role("button", name="Send your answer").click()
    rated = ada.log.locator(".rated")
    await expect(rated).to_contain_text("Marta rated this 4 of 5: “<b>Quick</b>”")
    await expect(ada.about).to_contain_text("4 of 5")
    jonas = await people.pair(ada, "Jonas")
    await ada.say("Hello Jonas")
    await expect(jonas.bubbles).to_have_count(2)
    await ada.close("told")
    await people.pair(ada, "Eleni")
    await jonas.panel.get_by_role("group", name="How was it?").get_by_text("Awful", exact=True).click()
    await jonas.panel.get_by_role("button", name="Send your answer").click()
    await expect(ada.page.get_by_text("Jonas rated the conversation 1 of 5.")).to_be_visible()
