"""The whole story: two visitors, two agents, and a server that dies in the middle of it."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.blackbox.process import Server
from tests.e2e.agent import Agent
from tests.e2e.people import People
from tests.e2e.visitor import Visitor

pytestmark = pytest.mark.slow

RECONNECTING = "Reconnecting … what you write is kept and sent."
# Longer than the pause between two tries to reconnect.
BACK_WITHIN_MS = 40_000


async def sit_down(people: People, *names: str) -> list[Agent]:
    """Two consoles in one browser, by the links of the demo page."""
    office = people.office = await people.newcomer()
    demo = await office.new_page()
    await demo.goto(people.url)
    seats = []
    for name in names:
        async with office.expect_page() as opened:
            await demo.get_by_role("link", name=f"Sit down as {name}").click()
        seats.append(people.seated(await opened.value, name.lower()))
        await expect(seats[-1].status).to_have_accessible_name("Status: Offline")
    return seats


async def both_are_served(people: People, ada: Agent, ben: Agent) -> tuple[Visitor, Visitor]:
    """Jonas comes to Ada; Marta to Ben, who declines, and so to Ada too, who hands her to Ben."""
    await ada.be("Available")
    jonas = await people.visitor("Jonas")
    await jonas.say("My lamp came broken")
    await expect(ada.ring("Jonas")).to_contain_text("“My lamp came broken”")
    await ada.accept("Jonas")
    await expect(jonas.hears("Ada joined")).to_be_visible()

    await ben.be("Available")
    marta = await people.visitor("Marta")
    await marta.say("Does the pen take any ink?")
    await expect(ada.rings).to_have_count(0)
    await ben.decline("Marta")
    await ada.accept("Marta")
    await expect(marta.hears("Ada joined")).to_be_visible()
    await ada.say("Good question, Ben knows")
    await marta.reads("You: Does the pen take any ink?", "Ada: Good question, Ben knows")

    await ada.transfer("Ben", note="Pens are yours")
    await expect(ben.ring("Marta")).to_contain_text("Ada hands this to you")
    await expect(ben.ring("Marta")).to_contain_text("Pens are yours")
    await ben.accept("Marta")
    await expect(marta.hears("You are being passed on to Ben")).to_be_visible()
    await expect(marta.hears("Ben joined")).to_be_visible()
    await expect(ada.row("Marta")).to_have_count(0)
    await marta.say("Hello Ben")
    await ben.reads("Marta: Does the pen take any ink?", "Ada: Good question, Ben knows", "Marta: Hello Ben")
    return jonas, marta


async def the_server_dies(server: Server, ada: Agent, jonas: Visitor) -> None:
    """Killed while both write without waiting; both go on writing into the outage."""
    await jonas.say("one", "two", "three")
    await ada.say("eins", "zwei", "drei")
    server.kill()
    await expect(jonas.status).to_have_text(RECONNECTING)
    await expect(ada.banners).to_contain_text(RECONNECTING)
    await jonas.say("four", "five")
    await ada.say("vier", "fuenf")
    await expect(jonas.panel.get_by_text("Waiting to send").last).to_be_visible()
    await expect(ada.log.get_by_text("Kept, sent when we are back").last).to_be_visible()


async def everybody_goes_on(ada: Agent, jonas: Visitor) -> None:
    """The pages find back by themselves, and nothing waits any more."""
    await expect(jonas.status).to_be_empty(timeout=BACK_WITHIN_MS)
    await expect(ada.banners).not_to_contain_text("Reconnecting", timeout=BACK_WITHIN_MS)
    await expect(jonas.panel.get_by_text("Waiting to send")).to_have_count(0)
    await expect(ada.log.get_by_text("Kept, sent when we are back")).to_have_count(0)
    await expect(jonas.bubbles).to_have_count(11)
    await expect(ada.bubbles).to_have_count(11)


@pytest.mark.timeout(180)
async def test_first_conversation(own_server: Server, own_people: People):
    ada, ben = await sit_down(own_people, "Ada", "Ben")
    jonas, marta = await both_are_served(own_people, ada, ben)
    await ada.look_at("Jonas")

    await the_server_dies(own_server, ada, jonas)
    own_server.start()
    await everybody_goes_on(ada, jonas)

    seen = await jonas.bubbles.all_text_contents()
    assert [text for text in seen if text.startswith("You: ")] == [
        f"You: {text}" for text in ("My lamp came broken", "one", "two", "three", "four", "five")
    ]
    assert [text for text in seen if text.startswith("Ada: ")] == [
        f"Ada: {text}" for text in ("eins", "zwei", "drei", "vier", "fuenf")
    ]
    # Ada sees the same order; and so does a page that has nothing but what the server kept.
    told = [text.replace("Ada: ", "You: ") if "Ada: " in text else text.replace("You: ", "Jonas: ") for text in seen]
    await ada.reads(*told)
    await jonas.page.reload()
    await jonas.reads(*seen)
    await ada.page.reload()
    await ada.look_at("Jonas")
    await ada.reads(*told)

    # Marta and Ben only waited; they go on where they were.
    await ben.say("Any ink but India ink")
    await expect(marta.bubbles.last).to_have_text("Ben: Any ink but India ink")
    await ben.close("ink explained")
    await expect(marta.hears("Ben ended the conversation")).to_be_visible()
    await jonas.end()
    await expect(ada.hears("closed the conversation")).to_be_visible()
    await expect(ada.row("Jonas")).to_have_count(0)
    await expect(own_people.agents[0].page.get_by_text("0 of 3")).to_be_visible()
