"""What a visitor thought of it: five answers with names, changed if they like, never pressed upon them."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Locator, expect

from tests.e2e.accessibility import in_both_themes, overflow
from tests.e2e.people import People
from tests.e2e.visitor import Visitor

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}}


def answers(visitor: Visitor) -> Locator:
    return visitor.panel.get_by_role("group", name="How was it?")


async def talked(people: People, **looks: Any) -> Visitor:
    """Ada has answered, and the visitor has ended it."""
    ada = await people.agent("ada")
    visitor = await people.pair(ada, "Marta", **looks)
    await ada.say("Hello Marta")
    await visitor.reads("You: Hello", "Ada: Hello Marta")
    await visitor.end()
    return visitor


async def test_rated_by_keyboard_and_changed(people: People):
    visitor = await talked(people, **STILL)
    keyboard = visitor.page.keyboard
    assert await in_both_themes(visitor.page) == []
    # The way on is where the focus is; the question is asked on the way back.
    await expect(visitor.again).to_be_focused()
    await keyboard.press("Shift+Tab")
    await expect(answers(visitor).get_by_role("radio", name="Great")).to_be_focused()
    await keyboard.press("Space")
    await keyboard.press("ArrowLeft")
    await expect(answers(visitor).get_by_role("radio", name="Good")).to_be_checked()
    await keyboard.press("Tab")
    await expect(visitor.panel.get_by_label("What should we know? (optional)")).to_be_focused()
    await keyboard.type("Ada was quick")
    assert await in_both_themes(visitor.page) == []
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    thanks = visitor.panel.get_by_text("Thank you. Your answer: Good.")
    await expect(thanks).to_be_visible()
    assert await in_both_themes(visitor.page) == []

    await visitor.panel.get_by_role("button", name="Change it").click()
    await expect(answers(visitor).get_by_role("radio", name="Good")).to_be_checked()
    await answers(visitor).get_by_text("Great").click()
    await expect(visitor.panel.get_by_label("What should we know? (optional)")).to_have_value("Ada was quick")
    await visitor.panel.get_by_role("button", name="Send your answer").click()
    await expect(visitor.panel.get_by_text("Thank you. Your answer: Great.")).to_be_visible()
    # Remembered as long as this page is there.
    await visitor.launcher.click()
    await visitor.launcher.click()
    await expect(visitor.panel.get_by_text("Thank you. Your answer: Great.")).to_be_visible()


async def test_it_fits_a_small_screen(people: People):
    visitor = await talked(people, **NARROW)
    await answers(visitor).get_by_text("Awful").click()
    await expect(visitor.panel.get_by_role("button", name="Send your answer")).to_be_visible()
    assert await overflow(visitor.page) == []
    places = [await box.bounding_box() for box in await answers(visitor).locator("label").all()]
    assert len(places) == 5
    assert all(place is not None and place["width"] >= 44 and place["height"] >= 44 for place in places)


async def test_who_was_never_answered_is_not_asked(people: People):
    visitor = await people.visitor(**STILL)
    await visitor.open()
    await visitor.say("Is anybody here?")
    await expect(visitor.place).to_be_visible()
    await visitor.end()
    await expect(answers(visitor)).to_have_count(0)
