"""For everyone: no violation axe can find, in either theme, narrow, from right to left, without motion."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, expect

from tests.blackbox.process import Server
from tests.e2e.accessibility import in_both_themes, overflow
from tests.e2e.people import People

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}}
# A word that has nowhere to break.
LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft" * 2


async def still_moving(page: Page) -> list[str]:
    """Animations and transitions that go on, shadow roots included."""
    moving: list[str] = await page.evaluate(
        """() => {
            const shadows = [...document.querySelectorAll("*")].map((one) => one.shadowRoot);
            return [document, ...shadows.filter(Boolean)].flatMap((root) => root.getAnimations())
                .filter(({effect}) => effect.getComputedTiming().activeDuration > 20)
                .map((one) => one.animationName ?? one.transitionProperty);
        }"""
    )
    return moving


async def test_axe_looks_into_the_widget_and_sees_colours(people: People):
    visitor = await people.visitor(**STILL)
    await visitor.open()
    await visitor.panel.evaluate(
        """(panel) => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(".greeting {color: #ccc} @media (prefers-color-scheme: dark) {.greeting {color: #333}}");
            panel.shadowRoot.adoptedStyleSheets = [...panel.shadowRoot.adoptedStyleSheets, sheet];
        }"""
    )
    assert [fault.split(":")[:2] for fault in await in_both_themes(visitor.page)] == [
        ["light", " color-contrast"],
        ["dark", " color-contrast"],
    ]


async def test_the_widget_while_waiting_and_talking(people: People):
    ada = await people.agent("ada", "Busy", **STILL)
    visitor = await people.visitor(**STILL)
    assert await in_both_themes(visitor.page) == []
    await visitor.open()
    assert await in_both_themes(visitor.page) == []
    await visitor.introduce("Marta", "marta@example.org")
    await visitor.say("May I change my order? See https://shop.example/orders/17")
    await expect(visitor.place).to_be_visible()
    assert await in_both_themes(visitor.page) == []
    await ada.be("Available")
    await expect(visitor.panel.get_by_text("It is ringing at the team now.")).to_be_visible()
    assert await in_both_themes(visitor.page) == []
    await ada.accept("Marta")
    await ada.say("Of course")
    await ada.box.press_sequentially("Which")
    await expect(visitor.panel.get_by_text("Ada is typing")).to_be_visible()
    assert await in_both_themes(visitor.page) == []
    await visitor.panel.get_by_role("button", name="End", exact=True).click()
    await expect(visitor.panel.get_by_text("End this conversation?")).to_be_visible()
    assert await in_both_themes(visitor.page) == []
    await visitor.panel.get_by_role("button", name="End it").click()
    await expect(visitor.again).to_be_visible()
    assert await in_both_themes(visitor.page) == []


async def test_the_chat_as_a_page(people: People):
    visitor = await people.visitor(url=f"{people.url}chat/demo", **STILL)
    assert await in_both_themes(visitor.page) == []
    await visitor.say("Hello")
    await expect(visitor.place).to_be_visible()
    assert await in_both_themes(visitor.page) == []


async def test_the_console(people: People):
    office = people.office = await people.newcomer(**STILL)
    login = await office.new_page()
    await login.goto(f"{people.url}console")
    assert await in_both_themes(login) == []
    await login.get_by_label("E-mail").fill("ada@demo.example")
    await login.get_by_label("Password").fill("wrong")
    await login.get_by_role("button", name="Sign in").click()
    await expect(login.get_by_role("alert")).not_to_be_empty()
    assert await in_both_themes(login) == []

    ada = await people.agent("ada", "")
    assert await in_both_themes(ada.page) == []
    await ada.be("Available")
    assert await in_both_themes(ada.page) == []
    marta = await people.visitor("Marta", **STILL)
    await marta.say("Hello from Marta")
    await expect(ada.ring("Marta")).to_be_visible()
    assert await in_both_themes(ada.page) == []
    await ada.accept("Marta")
    await ada.note("A note")
    await ada.say("Hello Marta")
    jonas = await people.visitor("Jonas", **STILL)
    await jonas.say("Hello from Jonas")
    await expect(ada.ring("Jonas")).to_be_visible()
    assert await in_both_themes(ada.page) == []


async def test_what_opens_in_the_console(people: People):
    ada = await people.agent("ada", **STILL)
    ben = await people.agent("ben")
    await people.agent("cleo", "Busy")
    await ben.be("Busy")
    await people.pair(ada, "Marta")
    await ada.page.bring_to_front()
    for button in ("Transfer", "Close"):
        await ada.page.get_by_role("button", name=button, exact=True).click()
        await expect(ada.page.locator("form.panel")).to_be_visible()
        assert await in_both_themes(ada.page) == []
    await ada.page.keyboard.press("Escape")
    await ada.status.click()
    await expect(ada.page.get_by_role("menu")).to_be_visible()
    assert await in_both_themes(ada.page) == []
    await ada.page.keyboard.press("Escape")
    await ada.page.keyboard.press("Escape")
    await ada.page.keyboard.press("?")
    await expect(ada.page.get_by_role("dialog")).to_be_visible()
    assert await in_both_themes(ada.page) == []


async def test_while_the_connection_is_lost(own_server: Server, own_people: People):
    ada = await own_people.agent("ada", **STILL)
    visitor = await own_people.pair(ada, "Marta", **STILL)
    await expect(visitor.hears("Ada joined")).to_be_visible()
    own_server.kill()
    await expect(visitor.status).to_contain_text("Reconnecting")
    await expect(ada.banners).to_contain_text("Reconnecting")
    await visitor.say("Kept")
    await ada.say("Kept as well")
    await expect(visitor.panel.get_by_text("Waiting to send")).to_be_visible()
    assert await in_both_themes(visitor.page) == []
    assert await in_both_themes(ada.page) == []


async def test_nothing_scrolls_sideways_at_320_pixels(people: People):
    ada = await people.agent("ada", **NARROW)
    assert await overflow(ada.page) == []
    visitor = await people.visitor(**NARROW)
    assert await overflow(visitor.page) == []
    await visitor.open()
    await visitor.introduce(LONG)
    assert await overflow(visitor.page) == []
    await visitor.say(LONG, f"https://shop.example/{LONG}")
    await expect(visitor.place).to_be_visible()
    assert await overflow(visitor.page) == []
    await expect(ada.rings).to_be_visible()
    assert await overflow(ada.page) == []
    await ada.rings.get_by_role("button", name="Accept").click()
    await ada.say(LONG)
    await expect(visitor.bubbles).to_have_count(3)
    assert await overflow(visitor.page) == []
    assert await overflow(ada.page) == []
    for name, close in (("Visitor", "Close the details"), ("Transfer", "Cancel"), ("Close", "Cancel")):
        await ada.page.get_by_role("button", name=name, exact=True).click()
        assert await overflow(ada.page) == []
        await ada.page.get_by_role("button", name=close).click()
    await ada.page.get_by_role("button", name="Back to the list").click()
    await expect(ada.row("Donau")).to_be_visible()
    assert await overflow(ada.page) == []

    page = await visitor.context.new_page()
    await page.goto(f"{people.url}chat/demo")
    await expect(page.locator("frontdesk-panel .bubble")).to_have_count(3)
    assert await overflow(page) == []


async def test_from_right_to_left(people: People):
    visitor = await people.visitor(url=f"{people.url}chat/demo?dir=rtl")
    await visitor.say("مرحبا", "Hello")
    await visitor.reads("You: مرحبا", "You: Hello")
    log, bubble = [await one.bounding_box() for one in (visitor.log, visitor.bubbles.last)]
    send = await visitor.panel.get_by_role("button", name="Send").bounding_box()
    box = await visitor.box.bounding_box()
    assert log is not None
    assert bubble is not None
    assert send is not None
    assert box is not None
    # One's own words lie at the end of the line, which is on the left here; so is what comes after the box.
    assert bubble["x"] + bubble["width"] / 2 < log["x"] + log["width"] / 2
    assert send["x"] < box["x"]
    assert await in_both_themes(visitor.page) == []


async def test_nothing_moves_for_who_asked_for_that(people: People):
    ada = await people.agent("ada", **STILL)
    visitor = await people.visitor("Marta", **STILL)
    await visitor.say("Hello")
    await expect(ada.ring("Marta")).to_be_visible()
    assert await still_moving(visitor.page) == []
    assert await still_moving(ada.page) == []
    await ada.accept("Marta")
    await ada.box.press_sequentially("One")
    await expect(visitor.panel.get_by_text("Ada is typing")).to_be_visible()
    assert await still_moving(visitor.page) == []
    assert await still_moving(ada.page) == []
