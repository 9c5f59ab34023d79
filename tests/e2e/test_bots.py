"""A bot answers first: it is named as one, its words grow, what it shows is nodes, and people are a button away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

import bots
from bots.examples.faq import DID_IT_HELP, NOT_HELPED
from tests.blackbox.workspace import agent, department, table, workspace
from tests.bots.program import Program, Programs
from tests.e2e.accessibility import in_both_themes, overflow
from tests.e2e.admin import admin
from tests.e2e.bot import answering
from tests.e2e.people import People
from tests.e2e.visitor import Visitor

STILL: dict[str, Any] = {"reduced_motion": "reduce"}
NARROW: dict[str, Any] = {"viewport": {"width": 320, "height": 640}}
HOSTILE = "<img src=x onerror=alert(1)>"
ASK = "When will my parcel arrive?"


@pytest.fixture(scope="module")
def workspace_file() -> str:
    """One bot has people behind it, the other is alone."""
    return workspace(
        ["support", "night"],
        department("support", first="bot:faq", reject_delay=0),
        department("night", first="bot:writer"),
        table("[[bot]]", key="faq", name="FAQ bot", reply_seconds=60),
        table("[[bot]]", key="writer", name="Night bot", reply_seconds=60, grace_seconds=60),
        agent("ada", 3, {"support": 50}),
        agent("root", 1, {}, role="admin"),
    )


@pytest_asyncio.fixture(loop_scope="session")
async def programs(people: People, tmp_path: Path) -> AsyncIterator[Programs]:
    programs = Programs(people.server, tmp_path)
    yield programs
    running: list[Program] = programs.running
    await asyncio.gather(*(program.kill() for program in running))


def writer(people: People, answer: Callable[[bots.Message], Awaitable[None]]) -> AbstractAsyncContextManager[bots.Bot]:
    """The night bot, answering every message like this."""
    return answering(people.server, "writer", answer)


async def at_night(people: People, text: str = "Hello", **looks: Any) -> Visitor:
    """A visitor of the department where there is only the bot."""
    visitor = await people.visitor("Marta", **looks)
    await visitor.panel.get_by_text("Night", exact=True).click()
    await visitor.say(text)
    return visitor


def human(visitor: Visitor) -> Locator:
    return visitor.panel.get_by_role("button", name="Talk to a human")


def suggested(visitor: Visitor) -> Locator:
    return visitor.panel.get_by_role("group", name="Suggested answers")


async def announced(visitor: Visitor) -> Callable[[], Awaitable[list[str]]]:
    """What a screen reader is told from now on."""
    await visitor.page.evaluate(
        """() => {
            const live = document.querySelector("frontdesk-panel").shadowRoot.querySelector("[aria-live=polite]");
            window.told = [];
            new MutationObserver(() => window.told.push(live.textContent))
                .observe(live, {childList: true, characterData: true, subtree: true});
        }"""
    )

    async def told() -> list[str]:
        said: list[str] = await visitor.page.evaluate("window.told")
        return said

    return told


async def test_the_faq_bot_and_then_a_person_who_knows_what_it_was_about(people: People, programs: Programs):
    ada = await people.agent("ada")
    await programs.example("faq", bot="faq")
    visitor = await people.visitor("Marta", **STILL)
    await visitor.say(ASK)
    await expect(visitor.panel.get_by_role("heading", name="FAQ bot")).to_be_visible()
    await expect(visitor.panel.get_by_text("automated · Support")).to_be_visible()
    await expect(visitor.bubbles.last).to_contain_text(DID_IT_HELP)
    await expect(visitor.panel.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer")
    await suggested(visitor).get_by_role("button", name=NOT_HELPED).click()
    await expect(visitor.box).to_be_focused()
    await expect(suggested(visitor)).to_have_count(0)
    # As somebody is here, it is their turn at once; the summary is there with the ring.
    await expect(ada.ring("Marta")).to_contain_text("Why: the answer did not help.")
    await expect(human(visitor)).to_have_count(0)
    await ada.accept("Marta")
    await expect(ada.page.get_by_text("Asked: When will my parcel arrive?").first).to_be_visible()
    await ada.say("Hello Marta")
    await expect(visitor.panel.get_by_role("heading", name="Ada")).to_be_visible()
    await expect(visitor.bubbles.last).to_have_text("Ada: Hello Marta")
    await visitor.end()
    await expect(visitor.panel.get_by_role("group", name="How was it?")).to_be_visible()


async def test_the_button_calls_a_person(people: People, programs: Programs):
    ada = await people.agent("ada")
    await programs.example("faq", bot="faq")
    visitor = await people.visitor("Jonas", **STILL)
    await visitor.say("How can I pay?")
    await expect(visitor.bubbles).to_have_count(2)
    await human(visitor).press("Enter")
    # Nobody asked the bot: what it says of the talk comes to the card that rings already.
    await expect(ada.ring("Jonas")).to_contain_text("Before you, a bot: Why: asked for a person.")
    await expect(ada.ring("Jonas")).to_contain_text("Asked: How can I pay?")
    await expect(visitor.place).to_be_visible()
    await expect(visitor.box).to_be_focused()
    await ada.accept("Jonas")
    strip = ada.page.locator(".handed-over")
    await expect(strip).to_contain_text("FAQ bot handed over: the visitor asked for a person")
    await expect(strip.locator(".handed-summary")).to_contain_text("Asked: How can I pay?")
    await expect(strip.locator(".handed-summary")).to_contain_text("Was told: ")
    await expect(visitor.bubbles).to_have_count(2)
    await ada.say("Hello Jonas")
    await expect(visitor.bubbles.last).to_have_text("Ada: Hello Jonas")


async def test_with_nobody_there_the_bot_goes_on_and_that_is_said(people: People):
    async def echo(message: bots.Message) -> None:
        await message.reply(f"You said: {message.text}")

    async with writer(people, echo):
        visitor = await at_night(people, **STILL)
        await visitor.reads("You: Hello", "Night bot: You said: Hello")
        told = await announced(visitor)
        await human(visitor).click()
        await expect(visitor.hears("Nobody else is here right now. Night bot stays with you.")).to_be_visible()
        await expect(human(visitor)).to_be_visible()
        await visitor.say("Then you")
        await expect(visitor.bubbles.last).to_have_text("Night bot: You said: Then you")
        assert await told() == [
            "Nobody else is here right now. Night bot stays with you.",
            "Night bot: You said: Then you",
        ]


async def test_words_that_grow(people: People):
    shown = asyncio.Event()

    async def slowly(message: bots.Message) -> None:
        await message.thinking("Looking it up")
        await until(shown)
        async with message.stream(replies=["Thanks"]) as out:
            for piece in ("Parcels take", " two to four", " working days."):
                await out.write(piece)
                await until(shown)

    async with writer(people, slowly):
        visitor = await at_night(people)
        await expect(visitor.log.get_by_text("Night bot: Looking it up")).to_be_visible()
        told = await announced(visitor)
        shown.set()
        growing = visitor.bubbles.nth(1)
        await expect(growing).to_have_text("Night bot: Parcels take")
        await expect(visitor.log.get_by_text("Looking it up")).to_have_count(0)
        await growing.evaluate("(bubble) => (bubble.mark = true)")
        shown.set()
        await expect(growing).to_have_text("Night bot: Parcels take two to four")
        await expect(visitor.log.locator(".growing")).to_have_count(1)
        assert await told() == []
        shown.set()
        await expect(growing).to_have_text("Night bot: Parcels take two to four working days.")
        shown.set()
        await expect(suggested(visitor)).to_be_visible()
        await expect(visitor.log.locator(".growing")).to_have_count(0)
        await expect(visitor.bubbles).to_have_count(2)
        # The very node that grew; and only the whole of it is told.
        assert await growing.evaluate("(bubble) => bubble.mark")
        assert await told() == ["Night bot: Parcels take two to four working days.\nThanks"]


async def until(event: asyncio.Event) -> None:
    await event.wait()
    event.clear()


async def test_words_that_are_cut_and_a_page_that_comes_back_in_between(people: People):
    shown = asyncio.Event()

    async def slowly(message: bots.Message) -> None:
        async with message.stream() as out:
            await out.write("Half a")
            await until(shown)
            await out.write(" sentence")
            await until(shown)

    async with writer(people, slowly):
        visitor = await at_night(people)
        await expect(visitor.bubbles.nth(1)).to_have_text("Night bot: Half a")
        await visitor.page.reload()
        await expect(visitor.bubbles.first).to_have_text("You: Hello")
        shown.set()
        # Whole, though the beginning was told to a page that is gone.
        await expect(visitor.bubbles.nth(1)).to_have_text("Night bot: Half a sentence")
    await expect(visitor.bubbles).to_have_count(1)


async def test_what_a_bot_shows_becomes_nodes_and_web_addresses(people: People):
    async def show(message: bots.Message) -> None:
        links = [bots.Link(text=f"Look {HOSTILE}", url="https://shop.example/returns?a=1&b=<2>")]
        card = bots.Card(title=HOSTILE, text=f"{HOSTILE} https://shop.example/x", links=links, replies=[HOSTILE])
        await message.reply("Here", cards=[card, bots.Card(title="Second")], replies=["Fine", "Not fine"])

    async with writer(people, show):
        visitor = await at_night(people, **STILL)
        cards = visitor.log.get_by_role("article")
        await expect(cards).to_have_count(2)
        await expect(cards.first).to_contain_text(HOSTILE)
        await expect(visitor.panel.locator("img")).to_have_count(0)
        link = cards.first.get_by_role("link", name="Look")
        await expect(link).to_have_attribute("target", "_blank")
        await expect(link).to_have_attribute("rel", "noopener noreferrer")
        await expect(link).to_contain_text("shop.example")
        # Said as it is written, and then no more to be pressed; the cards stay.
        await cards.first.get_by_role("button", name=HOSTILE).click()
        await expect(visitor.bubbles.nth(2)).to_have_text(f"You: {HOSTILE}")
        await expect(cards).to_have_count(4)
        await expect(suggested(visitor)).to_have_count(2)


async def test_everybody_can_use_it(people: People):
    shown = asyncio.Event()

    async def everything(message: bots.Message) -> None:
        links = [bots.Link(text="Start a return", url="https://a-rather-long-name-of-a-host.shop.example/returns")]
        card = bots.Card(title="Returns", text="Within 30 days. " * 5, links=links, replies=["Print a label"])
        await message.reply("Here", cards=[card], replies=["Fine", "Something else that is rather long " * 2])
        await message.thinking("Looking up more")
        await until(shown)
        async with message.stream() as out:
            await out.write("A long word: " + "Donaudampfschifffahrtselektrizitaet" * 3)
            await until(shown)

    async with writer(people, everything):
        visitor = await at_night(people, **(NARROW | STILL))
        await expect(visitor.log.get_by_text("Looking up more")).to_be_visible()
        await expect(visitor.log.get_by_role("article")).to_be_visible()
        assert await in_both_themes(visitor.page) == []
        assert await overflow(visitor.page) == []
        for button in await suggested(visitor).get_by_role("button").all():
            box = await button.bounding_box()
            assert box is not None
            assert box["height"] >= 44
        await visitor.panel.evaluate("(panel) => (panel.dir = 'rtl')")
        assert await in_both_themes(visitor.page) == []
        assert await overflow(visitor.page) == []
        shown.set()
        await expect(visitor.log.locator(".growing")).to_be_visible()
        assert await in_both_themes(visitor.page) == []
        assert await overflow(visitor.page) == []
        shown.set()
        await expect(visitor.log.locator(".growing")).to_have_count(0)


async def test_without_the_part_for_cards_the_words_stand(people: People):
    async def show(message: bots.Message) -> None:
        await message.reply("Here", cards=[bots.Card(title="A card")], replies=["Fine"])

    async with writer(people, show):
        visitor = await people.visitor("Marta")
        await visitor.page.route("**/panel.js?part=cards*", lambda route: route.abort())
        await visitor.panel.get_by_text("Night", exact=True).click()
        await visitor.say("Hello")
        await visitor.reads("You: Hello", "Night bot: Here")
        again = visitor.log.get_by_role("button", name="We could not load this. Try again.")
        await expect(again).to_be_visible()
        await visitor.page.unroute("**/panel.js?part=cards*")
        await again.click()
        await expect(visitor.log.get_by_role("article")).to_have_text("A card")
        await expect(suggested(visitor)).to_be_visible()


async def test_a_trial_from_the_settings_page_goes_to_nobody_and_leaves_nothing(people: People):
    async def echo(message: bots.Message) -> None:
        await message.reply(f"You said: {message.text}")

    async with writer(people, echo):
        root = await admin(people, "bot/writer", **STILL)
        await root.page.get_by_role("button", name="Open a chat").click()
        frame = root.page.frame_locator("iframe.try-bot")
        panel = frame.locator("frontdesk-panel")
        await expect(panel.get_by_text("Trial: nobody but the bot sees this")).to_be_visible()
        await expect(panel.get_by_text("How can we help you?")).to_be_visible()
        assert await in_both_themes(root.page) == []
        await root.page.locator("iframe.try-bot").scroll_into_view_if_needed()
        await panel.get_by_role("textbox", name="Write a message").fill("Is this a test?")
        await panel.get_by_role("button", name="Send").click()
        bubbles = panel.locator(".bubble")
        await expect(bubbles).to_have_text(["You: Is this a test?", "Night bot: You said: Is this a test?"])
        await panel.get_by_role("button", name="Talk to a human").click()
        await expect(panel.locator(".event", has_text="Here a person would take over.")).to_be_visible()
        kept: list[str] = await root.page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert [key for key in kept if key.startswith("frontdesk:demo")] == []

        await panel.get_by_role("button", name="End", exact=True).click()
        await panel.get_by_role("button", name="End it").click()
        await expect(panel.get_by_text("This trial is over. Start another one from the settings.")).to_be_visible()
        await expect(panel.get_by_role("button", name="Start a new conversation")).to_have_count(0)
        await expect(panel.get_by_text("How was it?")).to_have_count(0)


async def test_a_ticket_is_good_for_one_page(people: People):
    async def nothing(_message: bots.Message) -> None:
        """Says nothing."""

    async with writer(people, nothing):
        root = await admin(people, "bot/writer", **STILL)
        await root.page.get_by_role("button", name="Open a chat").click()
        address = await root.page.locator("iframe.try-bot").get_attribute("src")
        assert address is not None
        await expect(root.page.frame_locator("iframe.try-bot").get_by_text("How can we help you?")).to_be_visible()
        context = await people.newcomer()
        late = await context.new_page()
        await late.goto(people.url.rstrip("/") + address)
        await expect(late.get_by_text("This trial is over. Start another one from the settings.")).to_be_visible()
        # Nothing that is written there reaches anybody.
        await late.get_by_role("textbox", name="Write a message").fill("Hello?")
        await late.get_by_role("button", name="Send").click()
        await expect(late.locator("frontdesk-panel").get_by_text("Waiting to send")).to_be_visible()
