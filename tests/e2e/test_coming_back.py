"""The conversation is the visitor's, not the page's: reloads, other pages, a closed panel, a second tab."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.e2e.people import People
from tests.e2e.visitor import Visitor

SAID = ("You: Hello", "Ada: What can I do for you?")


async def test_a_reload_changes_nothing(people: People):
    ada = await people.agent("ada")
    visitor = await people.pair(ada, "Marta")
    await ada.say("What can I do for you?")
    await visitor.reads(*SAID)
    await visitor.page.reload()
    await visitor.reads(*SAID)
    await visitor.say("Still me")
    await ada.reads("Marta: Hello", "You: What can I do for you?", "Marta: Still me")


async def test_another_page_goes_on_with_what_was_being_typed(people: People):
    ada = await people.agent("ada")
    visitor = await people.pair(ada, "Marta")
    await ada.say("What can I do for you?")
    await visitor.reads(*SAID)
    await visitor.box.fill("I am looking for")
    await visitor.page.get_by_role("link", name="Delivery and prices").click()
    await expect(visitor.page.get_by_role("heading", name="Delivery and prices")).to_be_visible()
    await visitor.reads(*SAID)
    await expect(visitor.box).to_have_value("I am looking for")
    await visitor.say("a blue pen")
    await expect(ada.bubbles.last).to_have_text("Marta: a blue pen")


async def test_the_place_in_line_survives_a_change_of_page(people: People):
    ada = await people.agent("ada")
    first, second = [await people.visitor(name) for name in ("Marta", "Jonas")]
    for visitor in (first, second):
        await visitor.say("Hello")
        await visitor.reads("You: Hello")
    await expect(second.place).to_contain_text("2nd in line")
    await second.page.get_by_role("link", name="About us").click()
    await expect(second.place).to_contain_text("2nd in line")
    await ada.accept("Marta")
    await ada.accept("Jonas")


async def test_what_comes_while_the_panel_is_closed_is_counted(people: People):
    ada = await people.agent("ada")
    visitor = await people.pair(ada, "Marta")
    await expect(visitor.hears("Ada joined")).to_be_visible()
    await visitor.launcher.click()
    await expect(visitor.panel).to_be_hidden()
    await ada.say("One", "Two")
    await expect(visitor.launcher).to_have_accessible_name("Chat with us, 2 unread")
    await expect(visitor.launcher).to_have_text("2")
    await expect(visitor.page).to_have_title(re.compile(r"\(2\)"))
    # On another page, where the panel stays closed, the number is still there.
    await visitor.page.get_by_role("link", name="About us").click()
    await expect(visitor.launcher).to_have_accessible_name("Chat with us, 2 unread")
    await expect(visitor.panel).to_be_hidden()
    await visitor.open()
    await visitor.reads("You: Hello", "Ada: One", "Ada: Two")
    await expect(visitor.launcher).to_have_accessible_name("Close the chat")
    await visitor.launcher.click()
    await expect(visitor.launcher).to_have_accessible_name("Chat with us")


async def test_two_tabs_are_one_visitor(people: People):
    ada = await people.agent("ada")
    visitor = await people.pair(ada, "Marta")
    other = Visitor(visitor.context, await visitor.context.new_page(), visitor.url)
    await other.arrive()
    await other.open()
    await other.reads("You: Hello")
    await other.say("From the second tab")
    await ada.say("From Ada")
    for tab in (visitor, other):
        await tab.reads("You: Hello", "You: From the second tab", "Ada: From Ada")


async def test_after_the_end_a_new_conversation(people: People):
    ada = await people.agent("ada")
    visitor = await people.pair(ada, "Marta")
    await ada.close()
    await expect(visitor.hears("Ada ended the conversation")).to_be_visible()
    await visitor.again.click()
    await expect(visitor.box).to_be_focused()
    await visitor.say("One more thing")
    await ada.accept("Marta")
    await ada.reads("Marta: One more thing")
