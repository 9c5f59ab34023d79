"""The visitor's way in: whom to ask, who is asking, where one stands, who comes."""

from __future__ import annotations

import re

from playwright.async_api import expect

from tests.e2e.people import People


async def test_the_place_in_line_until_somebody_comes(people: People):
    ada = await people.agent("ada")
    first = await people.visitor("Marta")
    await first.say("May I change my order?")
    await expect(first.place).to_contain_text("You are next")
    await expect(first.panel.get_by_text("It is ringing at the team now.")).to_be_visible()
    second = await people.visitor("Jonas")
    await second.say("Is the lamp in stock?")
    await expect(second.place).to_contain_text("2nd in line")

    await ada.accept("Marta")
    await expect(first.place).to_have_count(0)
    await expect(first.panel.get_by_role("heading", name="Ada")).to_be_visible()
    await expect(first.panel.get_by_text("Support · here now")).to_be_visible()
    await expect(second.place).to_contain_text("You are next")
    await ada.accept("Jonas")
    await expect(second.hears("Ada joined")).to_have_text(re.compile(r"^Ada joined( · you waited \d+:\d\d)?$"))


async def test_nobody_there_is_said(people: People):
    visitor = await people.visitor("Marta")
    await visitor.say("Hello?")
    await expect(visitor.place).to_contain_text("No one is here right now")
    await expect(visitor.panel.get_by_text("Leave your message. It is kept")).to_be_visible()
    ada = await people.agent("ada")
    await ada.accept("Marta")
    await visitor.reads("You: Hello?")
    await expect(visitor.place).to_have_count(0)


async def test_the_department_chosen_is_the_one_that_rings(people: People):
    ada = await people.agent("ada")
    visitor = await people.visitor("Marta")
    assert await visitor.panel.get_by_role("radio").count() == 2
    await expect(visitor.panel.get_by_role("radio", name="Support")).to_be_checked()
    await visitor.panel.get_by_role("radio", name="Sales").check()
    await visitor.say("Ten notebooks, please")
    await expect(ada.ring("Marta")).to_contain_text("Sales")
    await ada.accept("Marta")
    await expect(visitor.panel.get_by_text("Sales · here now")).to_be_visible()


async def test_name_and_e_mail_reach_the_agent_unverified(people: People):
    ada = await people.agent("ada")
    visitor = await people.visitor()
    await visitor.open()
    await visitor.introduce("Marta Lind", "marta@example.org")
    await visitor.say("Hello")
    await ada.accept("Marta Lind")
    await expect(ada.about.get_by_role("heading", name="Marta Lind")).to_be_visible()
    await expect(ada.about).to_contain_text("marta@example.org not verified")
    await expect(ada.about).to_contain_text("Paperwren, a small shop for desks")


async def test_each_sees_the_other_typing(people: People):
    ada = await people.agent("ada")
    visitor = await people.pair(ada, "Marta")
    await visitor.box.press_sequentially("One mo")
    await expect(ada.hears("Marta is typing")).to_be_visible()
    await visitor.box.press("Enter")
    await expect(ada.hears("Marta is typing")).to_have_count(0)
    await ada.box.press_sequentially("Of cou")
    await expect(visitor.panel.get_by_text("Ada is typing")).to_be_visible()
    await ada.box.press("Enter")
    await visitor.reads("You: Hello", "You: One mo", "Ada: Of cou")
    await expect(visitor.panel.get_by_text("Ada is typing")).to_have_count(0)


async def test_whether_who_answers_is_here(people: People):
    ada = await people.agent("ada")
    visitor = await people.pair(ada, "Marta")
    here = visitor.panel.get_by_text("Support · here now")
    await expect(here).to_be_visible()
    await visitor.page.reload()
    await expect(here).to_be_visible()
    await ada.page.goto("about:blank")
    await expect(here).to_have_count(0)
    await expect(visitor.panel.get_by_text("Support", exact=True)).to_be_visible()
    await ada.page.go_back()
    await expect(here).to_be_visible()


async def test_what_was_read_is_said_to_be_read(people: People):
    ada = await people.agent("ada")
    visitor = await people.pair(ada, "Marta")
    await expect(visitor.panel.get_by_text("Read", exact=True)).to_be_visible()
    await ada.say("Good morning")
    await expect(ada.log.get_by_text("Read")).to_be_visible()
