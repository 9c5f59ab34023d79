"""Nothing needs a mouse."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.blackbox.workspace import agent, department, workspace
from tests.e2e.people import People


@pytest.fixture(scope="module")
def workspace_file() -> str:
    support = department("support", reject_delay=0, miss_delay=0)
    return workspace(["support"], support, agent("ada", 3, {"support": 50}), agent("ben", 3, {"support": 50}))


async def test_the_widget_by_keys(people: People):
    ada = await people.agent("ada")
    visitor = await people.visitor()
    keys = visitor.page.keyboard
    await expect(visitor.launcher).to_be_visible()
    # The launcher is the last thing on the page that can be reached.
    await keys.press("Shift+Tab")
    await expect(visitor.launcher).to_be_focused()
    await keys.press("Enter")
    await expect(visitor.box).to_be_focused()
    await keys.type("Hello")
    await keys.press("Shift+Enter")
    await keys.type("by keys")
    await keys.press("Enter")
    await visitor.reads("You: Hello by keys")
    await expect(visitor.box).to_be_focused()
    await expect(visitor.box).to_have_value("")
    await expect(ada.rings).to_contain_text("Hello by keys")

    await keys.press("Escape")
    await expect(visitor.panel).to_be_hidden()
    await expect(visitor.launcher).to_be_focused()
    await keys.press("Space")
    await expect(visitor.box).to_be_focused()

    end = visitor.panel.get_by_role("button", name="End", exact=True)
    while not await end.evaluate("button => button === button.getRootNode().activeElement"):
        await keys.press("Shift+Tab")
    await keys.press("Enter")
    await keys.press("Tab")
    await keys.press("Tab")
    await expect(visitor.panel.get_by_role("button", name="End it")).to_be_focused()
    await keys.press("Enter")
    await expect(visitor.again).to_be_focused()
    await keys.press("Enter")
    await expect(visitor.box).to_be_focused()


async def test_the_console_by_keys(people: People):
    ada = await people.agent("ada")
    ben = await people.agent("ben", status="")
    keys = ada.page.keyboard
    await ada.page.bring_to_front()
    marta, jonas = [await people.visitor(name) for name in ("Marta", "Jonas")]

    await marta.say("Hello from Marta")
    await expect(ada.ring("Marta")).to_be_visible()
    await keys.press("Enter")
    await ada.sees("Marta")
    await expect(ada.box).to_be_focused()
    await keys.type("Hello Marta")
    await keys.press("Enter")
    await marta.reads("You: Hello from Marta", "Ada: Hello Marta")

    # While one writes, D is a letter and Enter sends; with Alt it accepts.
    await jonas.say("Hello from Jonas")
    await expect(ada.ring("Jonas")).to_be_visible()
    await keys.type("d")
    await expect(ada.box).to_have_value("d")
    await keys.press("Alt+Enter")
    await ada.sees("Jonas")
    await jonas.reads("You: Hello from Jonas")
    await keys.press("Alt+ArrowDown")
    await ada.sees("Marta")
    await expect(ada.box).to_have_value("d")
    await keys.press("Escape")
    await keys.press("k")
    await ada.sees("Jonas")
    await keys.press("/")
    await expect(ada.box).to_be_focused()

    await keys.press("Escape")
    await keys.press("?")
    await expect(ada.page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
    await keys.press("Escape")
    await expect(ada.page.get_by_role("dialog", name="Shortcuts")).to_be_hidden()
    await expect(ben.rings).to_have_count(0)


async def test_d_declines(people: People):
    ada = await people.agent("ada")
    marta = await people.visitor("Marta")
    await marta.say("Hello")
    await expect(ada.ring("Marta")).to_be_visible()
    ben = await people.agent("ben")
    await ada.page.bring_to_front()
    await ada.page.keyboard.press("d")
    await expect(ada.rings).to_have_count(0)
    await expect(ben.ring("Marta")).to_be_visible()


async def test_the_status_by_keys(people: People):
    ada = await people.agent("ada", status="")
    keys = ada.page.keyboard
    await ada.status.focus()
    await keys.press("ArrowDown")
    await keys.press("b")
    await expect(ada.page.get_by_role("menuitemradio", name="Busy")).to_be_focused()
    await keys.press("Enter")
    await expect(ada.status).to_have_accessible_name("Status: Busy")
    await expect(ada.status).to_be_focused()
    await keys.press("Enter")
    await keys.press("Escape")
    await expect(ada.status).to_be_focused()
