"""A message for later: left while nobody is here, kept, brought to whoever comes."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect

from tests.e2e.accessibility import in_both_themes, overflow
from tests.e2e.people import People

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}}


async def test_a_message_left_while_nobody_is_here(people: People):
    visitor = await people.visitor(**STILL)
    await visitor.open()
    await visitor.say("My order 17 is broken")
    await expect(visitor.place).to_contain_text("No one is here right now")
    offer = visitor.panel.get_by_role("button", name="Leave a message for later")
    await offer.click()
    await expect(visitor.panel.get_by_label("Name", exact=True)).to_be_focused()
    assert await in_both_themes(visitor.page) == []
    await visitor.panel.get_by_label("Name", exact=True).fill("Marta")
    message = visitor.panel.get_by_label("Message", exact=True)
    await message.fill("Please write to me")
    await offer.click()
    # Without an address nobody could answer: the browser asks for it.
    await expect(visitor.panel.get_by_label("E-mail", exact=True)).to_be_focused()
    await visitor.panel.get_by_label("E-mail", exact=True).fill("marta@example.org")
    await offer.click()
    await expect(visitor.place).to_have_text("We have your message")
    await visitor.reads("You: My order 17 is broken", "You: Please write to me")
    await expect(visitor.box).to_have_value("")
    assert await in_both_themes(visitor.page) == []
    await visitor.page.close()

    ada = await people.agent("ada")
    await expect(ada.ring("Marta")).to_contain_text("left a message")
    await ada.accept("Marta")
    await expect(ada.page.locator(".top")).to_contain_text("left a message")
    await expect(ada.page.locator(".strip")).to_contain_text("marta@example.org")


async def test_it_fits_a_small_screen_and_can_be_left_again(people: People):
    visitor = await people.visitor(**NARROW)
    await visitor.open()
    await visitor.box.fill("Hello")
    await visitor.panel.get_by_role("button", name="Leave a message for later").click()
    await expect(visitor.panel.get_by_label("Message", exact=True)).to_have_value("Hello")
    assert await overflow(visitor.page) == []
    await visitor.panel.get_by_role("button", name="Back", exact=True).click()
    await expect(visitor.box).to_have_value("Hello")
    await expect(visitor.box).to_be_focused()
