"""The team after a bot: what it said first of all, its words marked, giving back, looking on at what it has."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect

import bots
from tests.blackbox.workspace import agent, department, table, workspace
from tests.e2e.accessibility import in_both_themes, overflow
from tests.e2e.bot import answering
from tests.e2e.people import People

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return workspace(
        ["support"],
        department("support", first="bot:faq", reject_delay=0),
        table("[[bot]]", key="faq", name="FAQ", reply_seconds=60, grace_seconds=60),
        agent("ada", 3, {"support": 50}),
        agent("sue", 3, {"support": 50}, role="supervisor"),
    )


async def clerk(message: bots.Message) -> None:
    """Shows what there is, and calls a person with a summary."""
    if "refund" not in message.text:
        cards = [
            bots.Card(
                title=HOSTILE,
                text="See https://shop.example/help",
                links=[bots.Link(text="Help", url="https://shop.example/help")],
            )
        ]
        await message.reply(f"You said: {message.text}", replies=["Yes", HOSTILE], cards=cards)
        return
    await message.handoff(summary=f"Wants a refund {HOSTILE}", reason="asked for it")


async def test_the_summary_comes_first_and_the_bots_words_are_marked(people: People):
    ada = await people.agent("ada", **STILL)
    async with answering(people.server, "faq", clerk):
        marta = await people.visitor("Marta", **STILL)
        await marta.say("Where is my parcel?")
        await expect(marta.bubbles).to_have_count(2)
        await expect(ada.rings).to_have_count(0)
        await marta.say("I want a refund")
        ring = ada.ring("Marta")
        await expect(ring).to_contain_text(f"Before you, a bot: Wants a refund {HOSTILE}")
        assert await in_both_themes(ada.page) == []
        await ada.accept("Marta")
        strip = ada.page.locator(".handed-over")
        await expect(strip).to_contain_text("FAQ handed over")
        await expect(strip.locator(".handed-summary")).to_have_text(f"Wants a refund {HOSTILE}")
        await expect(ada.log.locator(".automated .who")).to_contain_text("FAQautomated")
        await expect(ada.log.locator(".bot-card b")).to_have_text(HOSTILE)
        await expect(ada.log.locator(".offered .reply")).to_have_text(["Yes", HOSTILE])
        await expect(ada.log.get_by_role("link", name="Help", exact=True)).to_have_attribute(
            "rel", "noopener noreferrer"
        )
        await expect(ada.page.locator("img")).to_have_count(0)
        assert await in_both_themes(ada.page) == []
        await ada.say("Hello Marta")
        await expect(strip.locator(".handed-summary")).to_be_hidden()

        await ada.page.set_viewport_size({"width": 320, "height": 640})
        assert await overflow(ada.page) == []
        await ada.page.set_viewport_size({"width": 1280, "height": 800})
        await ada.page.get_by_role("button", name="Transfer", exact=True).click()
        form = ada.page.get_by_role("form", name="Transfer")
        await form.get_by_role("group", name="Give back").get_by_role("radio", name="FAQ").check()
        assert await in_both_themes(ada.page) == []
        await form.get_by_role("button", name="Give back to FAQ").click()
        await expect(ada.page.get_by_text("This conversation is no longer yours.")).to_be_visible()
        await marta.say("Hello again")
        await expect(marta.bubbles.last).to_contain_text("You said: Hello again")


async def test_what_it_says_when_it_was_taken_from_it_comes_whenever_it_comes(people: People):
    ada = await people.agent("ada", **STILL)
    lost: asyncio.Queue[bots.HandedOver] = asyncio.Queue()
    summary = ada.page.locator(".handed-over .handed-summary")
    async with answering(people.server, "faq", clerk, taken=lost.put):
        marta = await people.visitor("Marta", **STILL)
        await marta.say("Where is my parcel?")
        await expect(marta.bubbles).to_have_count(2)
        await marta.panel.get_by_role("button", name="Talk to a human").click()
        taken = await lost.get()
        await expect(ada.ring("Marta")).to_be_visible()
        await expect(ada.ring("Marta").locator(".offer-note")).to_have_count(0)
        # Between two rings: it is there with the next.
        await ada.be("Busy")
        await expect(ada.rings).to_have_count(0)
        assert await taken.summarise(f"Waits for a parcel {HOSTILE}")
        await ada.be("Available")
        await expect(ada.ring("Marta")).to_contain_text(f"Before you, a bot: Waits for a parcel {HOSTILE}")
        await ada.accept("Marta")
        await expect(summary).to_have_text(f"Waits for a parcel {HOSTILE}")

        # The agent is there already.
        jonas = await people.visitor("Jonas", **STILL)
        await jonas.say("Where is my invoice?")
        await expect(jonas.bubbles).to_have_count(2)
        await jonas.panel.get_by_role("button", name="Talk to a human").click()
        taken = await lost.get()
        await ada.accept("Jonas")
        strip = ada.page.locator(".handed-over")
        await expect(strip).to_contain_text("It says nothing about the talk")
        assert await taken.summarise("Wants an invoice")
        await expect(summary).to_have_text("Wants an invoice")
        await expect(summary).to_be_visible()
        await expect(strip).not_to_contain_text("It says nothing")
        assert await in_both_themes(ada.page) == []
        await expect(jonas.panel.get_by_text("Wants an invoice")).to_have_count(0)


async def test_a_supervisor_looks_on_at_what_a_bot_has_and_takes_it(people: People):
    sue = await people.agent("sue", "Busy", **STILL)
    async with answering(people.server, "faq", clerk):
        jonas = await people.visitor("Jonas", **STILL)
        await jonas.say("Where is my parcel?")
        await expect(jonas.bubbles).to_have_count(2)
        await sue.page.bring_to_front()
        await sue.list.get_by_role("button", name="Look on Jonas with FAQ").click()
        strip = sue.page.locator(".strip.watched")
        await expect(strip).to_contain_text("FAQ answers")
        await jonas.say("And when?")
        await expect(sue.bubbles.last).to_contain_text("You said: And when?")
        assert await in_both_themes(sue.page) == []
        await strip.get_by_role("button", name="Take over").click()
        await sue.sees("Jonas")
        await sue.say("Sue here")
        await expect(jonas.bubbles.last).to_have_text("Sue: Sue here")
