"""Bots at the settings: made, let in, put first, tried out, looked into, shut out."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

import bots
from tests.e2e.accessibility import in_both_themes, overflow
from tests.e2e.admin import Admin, admin
from tests.e2e.bot import answering
from tests.e2e.people import People


async def echo(message: bots.Message) -> None:
    await message.reply(f"You said: {message.text}")


async def made(root: Admin) -> str:
    """A bot, and a token for it; the settings show the bot."""
    page = root.page
    await expect(page.get_by_text("No bots yet")).to_be_visible()
    await page.get_by_label("Name").fill("Echo")
    await page.get_by_role("button", name="Add the bot").click()
    await expect(root.title).to_have_text("Echo")
    await expect(page.get_by_role("button", name="Open a chat")).to_be_disabled()
    tokens = region(root, "Tokens")
    await tokens.get_by_label("What is it for?").fill("a laptop")
    await tokens.get_by_role("button", name="Make a token").click()
    secret = await tokens.get_by_label("The new token").input_value()
    assert secret.startswith("fdb_")
    assert await in_both_themes(page) == []
    await tokens.get_by_role("button", name="Done").click()
    await expect(tokens.get_by_role("row", name="a laptop")).to_contain_text("never")
    return secret


def region(root: Admin, name: str) -> Locator:
    return root.page.get_by_role("region", name=name, exact=True)


async def test_from_nothing_to_a_bot_that_answers(own_people: People):
    people = own_people
    root = await admin(people, "bots", reduced_motion="reduce")
    secret = await made(root)
    await expect(root.page.get_by_text("Key echo · answers first nowhere yet")).to_be_visible()
    await root.go("department/support")
    rest = root.section("Name, bots and silence")
    await rest.get_by_label("Who answers first").select_option(label="Echo, a bot")
    await root.save(rest)
    async with answering(people.server, "echo", echo, secret=secret):
        await root.go("bot/echo")
        await expect(root.page.get_by_text("Key echo · answers first in Support")).to_be_visible()
        await expect(region(root, "Connections")).to_contain_text("worker 1")
        marta = await people.visitor("Marta")
        await marta.say("Hello")
        await marta.reads("You: Hello", "Echo: You said: Hello")
        await root.page.bring_to_front()
        await expect(region(root, "How it does")).to_contain_text("Started with it1 conversation")


async def test_tried_out_looked_into_and_shut_out(own_people: People):
    people = own_people
    root = await admin(people, "bots", reduced_motion="reduce")
    page = root.page
    secret = await made(root)
    async with answering(people.server, "echo", echo, secret=secret):
        trial = region(root, "Try it")
        await trial.get_by_role("button", name="Open a chat").click()
        chat = page.frame_locator("iframe")
        box = chat.get_by_role("textbox", name="Write a message")
        await box.fill("Just trying")
        await box.press("Enter")
        await expect(chat.locator(".bubble").last).to_have_text("Echo: You said: Just trying")
        await trial.get_by_role("button", name="End it").click()

        frames = region(root, "Frames")
        await frames.get_by_role("button", name="Show the frames").click()
        await frames.get_by_label("Show frames with").fill("message.send trying")
        await expect(frames.locator(".frame-list li")).to_have_count(1)
        await expect(frames.locator(".frame-list li")).to_contain_text("← in")
        await expect(region(root, "How it does")).to_contain_text("Started with it0 conversations")
        assert secret not in await page.content()
        assert await in_both_themes(page) == []
        await page.set_viewport_size({"width": 320, "height": 640})
        assert [one for one in await overflow(page) if "wide-frame" not in one] == []
        await page.set_viewport_size({"width": 1280, "height": 800})

        tokens = region(root, "Tokens")
        await tokens.get_by_role("button", name="Revoke a laptop …").click()
        await tokens.get_by_role("button", name="Revoke a laptop now").click()
        await expect(region(root, "Connections")).to_contain_text("Not connected")
        await expect(tokens.get_by_text("No tokens")).to_be_visible()


async def test_what_is_wrong_stands_where_it_is_and_a_bot_that_is_first_stays(own_people: People):
    root = await admin(own_people, "bots", reduced_motion="reduce")
    page = root.page
    await page.get_by_label("Name").fill("FAQ")
    await page.get_by_role("button", name="Add the bot").click()
    await expect(root.title).to_have_text("FAQ")
    patience = root.section("Name and patience")
    await patience.get_by_label("It has to answer within").fill("-1")
    await patience.get_by_role("button", name="Save", exact=True).click()
    await expect(patience.get_by_label("It has to answer within")).to_have_attribute("aria-invalid", "true")
    await patience.get_by_label("It has to answer within").fill("45")
    await root.save(patience)
    words = root.section("Asking for a person")
    await words.get_by_label("Another language").fill("da")
    await words.get_by_role("button", name="Add a language").click()
    await words.get_by_label("Danish (da)").fill("menneske\nen rigtig person")
    await root.save(words)
    assert await in_both_themes(page) == []
    await root.go("department/support")
    rest = root.section("Name, bots and silence")
    await rest.get_by_label("Who answers first").select_option(label="FAQ, a bot")
    await root.save(rest)
    await root.go("bot/faq")
    await page.get_by_role("button", name="Remove FAQ …").click()
    await page.get_by_role("button", name="Remove FAQ", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("so it cannot be removed")


@pytest.mark.parametrize("key", ["ada", "sue"])
async def test_bots_are_for_admins(people: People, key: str):
    office = people.office = await people.newcomer()
    page = await office.new_page()
    await page.goto(f"{people.url}demo/sit?as={key}&to=settings")
    await expect(page.get_by_role("heading", name="Settings are for admins")).to_be_visible()
    status = await page.evaluate(
        "(who) => fetch('/api/v1/bots', {headers: {'frontdesk-agent': who}}).then((answer) => answer.status)", key
    )
    assert status == 403
