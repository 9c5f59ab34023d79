"""Websites are as they are: strict, rude, from right to left. The widget works and leaves them alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, expect

from tests.blackbox.process import Server
from tests.blackbox.workspace import agent, department, workspace
from tests.e2e.people import People
from tests.e2e.shop import Shop, open_shop

RUDE = """
* { all: unset !important; color: red !important; font: 40px/3 cursive !important; letter-spacing: 9px !important;
    box-sizing: content-box !important; text-transform: uppercase !important; animation: none !important }
div, section, button, textarea, p, frontdesk-panel, frontdesk-launcher { display: none !important }
:root { --accent: red; --ink: red; --surface: red; --font: cursive; font-size: 40px !important }
body > * { position: static !important; opacity: .2 !important; transform: rotate(20deg) !important }
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture(scope="module")
def workspace_file(shop: Shop) -> str:
    return workspace(["support"], department("support"), agent("ada", 3, {"support": 50}), origins=[shop.origin])


@pytest.fixture(autouse=True)
def as_new(shop: Shop, server: Server) -> None:
    shop.widget = f"http://{server.address}/widget.js"
    shop.html = shop.style = shop.policy = ""


async def styles(element: Locator, *names: str) -> list[str]:
    wanted: list[str] = await element.evaluate(
        "(one, names) => names.map((name) => getComputedStyle(one)[name])", names
    )
    return wanted


async def test_a_page_that_allows_nothing_but_our_script_and_socket(people: People, shop: Shop, server: Server):
    ours = server.address
    shop.policy = (
        f"default-src 'none'; script-src http://{ours}/widget.js http://{ours}/panel.js; style-src 'self'; "
        f"connect-src ws://{ours}; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
    )
    ada = await people.agent("ada")
    visitor = await people.visitor("Marta", url=shop.origin)
    await visitor.say("From a strict page https://shop.example/1")
    await expect(ada.rings).to_contain_text("From a strict page")
    await ada.accept("Marta")
    await ada.say("Welcome")
    await visitor.reads("You: From a strict page https://shop.example/1", "Ada: Welcome")
    assert await styles(visitor.panel.locator(".panel"), "display") == ["flex"]
    await visitor.box.fill("\n".join(["many lines"] * 5))
    await visitor.page.reload()
    await visitor.reads("You: From a strict page https://shop.example/1", "Ada: Welcome")
    # Whatever the policy had stopped would be a fault of these people, looked at when they go home.
    await expect(visitor.bubbles.first.get_by_role("link")).to_have_attribute("href", "https://shop.example/1")


async def test_a_page_whose_style_means_everybody(people: People, shop: Shop):
    kind = await people.visitor("Marta", url=shop.origin)
    looks = (
        "fontSize",
        "fontFamily",
        "color",
        "backgroundColor",
        "letterSpacing",
        "textTransform",
        "display",
        "position",
    )
    parts = [kind.box, kind.panel.locator(".panel"), kind.panel.get_by_role("heading"), kind.launcher]
    plain = [await styles(part, *looks) for part in parts]
    places = [await part.bounding_box() for part in (kind.panel, kind.launcher)]

    shop.style = RUDE
    rude = await people.visitor("Rosa", url=shop.origin)
    parts = [rude.box, rude.panel.locator(".panel"), rude.panel.get_by_role("heading"), rude.launcher]
    assert [await styles(part, *looks) for part in parts] == plain
    assert [await part.bounding_box() for part in (rude.panel, rude.launcher)] == places
    await rude.say("Hello")
    await rude.reads("You: Hello")


async def test_the_page_keeps_its_own_looks_and_names(people: People, shop: Shop):
    visitor = await people.visitor(url=shop.origin)
    page = visitor.page
    shop.widget = "/nothing.js"
    plain = await visitor.context.new_page()
    await plain.goto(shop.origin)
    known = await plain.evaluate("Object.getOwnPropertyNames(window)")
    heading = page.get_by_role("heading", name="A shop", exact=True).first
    before = await styles(heading, "fontSize", "color", "margin")
    await visitor.open()
    assert await styles(heading, "fontSize", "color", "margin") == before
    assert set(await page.evaluate("Object.getOwnPropertyNames(window)")) - set(known) == {"Frontdesk"}
    assert await page.evaluate("[...document.querySelectorAll('body > *, head > *')].map((one) => one.tagName)") == [
        *("META", "META", "TITLE", "LINK", "SCRIPT"),
        *("MAIN", "FRONTDESK-LAUNCHER", "FRONTDESK-PANEL"),
    ]


async def test_a_page_from_right_to_left(people: People, shop: Shop):
    shop.html = ' dir="rtl"'
    visitor = await people.visitor("Marta", url=shop.origin)
    viewport = visitor.page.viewport_size
    assert viewport is not None
    for part in (visitor.panel, visitor.launcher):
        box = await part.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] < viewport["width"] / 2
    assert await styles(visitor.panel.locator(".panel"), "direction") == ["rtl"]


async def test_the_page_can_open_it_and_hear(people: People, shop: Shop):
    ada = await people.agent("ada")
    visitor = await people.visitor(url=shop.origin)
    await visitor.page.evaluate(
        """() => {
            window.heard = [];
            for (const name of ["open", "close", "unread", "message"]) {
                Frontdesk.on(name, (detail) => heard.push([name, detail?.text ?? detail ?? null]));
            }
            Frontdesk.open();
        }"""
    )
    await visitor.introduce("Marta")
    await visitor.say("Hello")
    await ada.accept("Marta")
    await ada.say("Good day")
    await visitor.reads("You: Hello", "Ada: Good day")
    await visitor.page.evaluate("Frontdesk.close()")
    await expect(visitor.panel).to_be_hidden()
    await ada.say("Still there?")
    await expect(visitor.launcher).to_have_text("1")
    heard = await visitor.page.evaluate("heard")
    for event in (["open", None], ["message", "Good day"], ["close", None], ["message", "Still there?"], ["unread", 1]):
        assert event in heard


async def test_a_page_that_is_not_ours_to_serve(people: People, server: Server):
    with open_shop() as stranger:
        stranger.widget = f"http://{server.address}/widget.js"
        visitor = await people.visitor(url=stranger.origin)
        await visitor.launcher.click()
        await expect(visitor.status).to_have_text("The chat is not set up for this page.")
