"""Who may show our pages inside their own: nobody the console and settings, and a site's chat only that site."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.async_api import Page

from tests.blackbox.process import Server
from tests.blackbox.workspace import agent, department, workspace
from tests.e2e.people import People
from tests.e2e.shop import Shop, open_shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Shop]:
    with open_shop() as shop:
        yield shop


@pytest.fixture(scope="module")
def workspace_file(shop: Shop) -> str:
    return workspace(["support"], department("support"), agent("ada", 3, {"support": 50}), origins=[shop.origin])


async def framed(people: People, where: Shop, address: str) -> str:
    """What a page of that site gets to see of ours in a frame: the title of what was loaded, or nothing."""
    context = await people.newcomer()
    page: Page = await context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    await page.goto(where.origin)
    await page.evaluate(
        """(address) => new Promise((done) => {
            const frame = document.createElement("iframe");
            frame.addEventListener("load", done);
            frame.src = address;
            document.body.append(frame);
        })""",
        address,
    )
    frame = page.frames[-1]
    if any("frame-ancestors" in text or "X-Frame-Options" in text for text in refused):
        # The browser said why; that is no fault of the page that was not shown.
        people.faults.clear()
        assert frame.url != address
        return ""
    await frame.wait_for_selector("frontdesk-panel")
    return await frame.title()


async def test_frames(people: People, server: Server, shop: Shop, elsewhere: Shop):
    ours = f"http://{server.address}"
    for page in ("/console", "/settings", "/console?as=ada"):
        for site in (shop, elsewhere):
            assert await framed(people, site, f"{ours}{page}") == "", page
    assert await framed(people, elsewhere, f"{ours}/chat/demo") == ""
    assert await framed(people, shop, f"{ours}/chat/demo") != ""
