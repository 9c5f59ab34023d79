"""A page that embeds Frontdesk pays nothing for visitors who do not ask: one file, a button, and silence."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page, Request, WebSocket, expect

from tests.e2e.people import People


class Record:
    """What a page asked for."""

    def __init__(self, page: Page) -> None:
        self.asked: list[str] = []
        self.sockets: list[str] = []
        page.on("request", self._asked)
        page.on("websocket", self._opened)

    def _asked(self, request: Request) -> None:
        self.asked.append(request.url)

    def of_frontdesk(self, url: str) -> list[str]:
        """What the widget asked for: the rest is the shop's own page, style, script, icon and what the demo shows."""
        ours = [asked.removeprefix(url).partition("?")[0] for asked in self.asked]
        return [path for path in ours if path and path != "demo/show" and not path.startswith("assets/")]

    def _opened(self, socket: WebSocket) -> None:
        self.sockets.append(socket.url)


async def kept(page: Page) -> dict[str, Any]:
    """Everything a page may leave in a browser."""
    stored: dict[str, Any] = await page.evaluate(
        """async () => ({
            local: Object.keys(localStorage), session: Object.keys(sessionStorage), cookie: document.cookie,
            databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
            workers: (await navigator.serviceWorker.getRegistrations()).length,
        })"""
    )
    return stored | {"cookies": await page.context.cookies()}


NOTHING = {"local": [], "session": [], "cookie": "", "databases": 0, "caches": 0, "workers": 0, "cookies": []}


async def test_nothing_is_kept_opened_or_fetched(people: People):
    context = await people.newcomer()
    page = await context.new_page()
    record = Record(page)
    await page.goto(people.url)
    await expect(page.locator("frontdesk-launcher").get_by_role("button")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    assert record.of_frontdesk(people.url) == ["widget.js"]
    assert record.sockets == []
    assert await kept(page) == NOTHING
    await expect(page.locator("frontdesk-panel")).to_have_count(0)


async def test_opening_connects_and_only_the_first_message_is_remembered(people: People):
    visitor = await people.visitor()
    record = Record(visitor.page)
    await visitor.open()
    assert record.of_frontdesk(people.url) == ["panel.js"]
    assert [url.rpartition("/ws/")[2] for url in record.sockets] == ["visitor"]
    opened = await kept(visitor.page)
    assert (opened["local"], opened["cookies"]) == ([], [])

    await visitor.say("Hello")
    await visitor.reads("You: Hello")
    await expect(visitor.panel.get_by_text("Sent")).to_be_visible()
    written = await kept(visitor.page)
    assert "frontdesk:demo" in written["local"]
    assert written["cookies"] == []


async def test_a_page_change_without_a_conversation_is_silent_too(people: People):
    visitor = await people.visitor()
    await visitor.open()
    record = Record(visitor.page)
    await visitor.page.get_by_role("link", name="About us").click()
    await expect(visitor.page.get_by_role("heading", name="About us")).to_be_visible()
    await visitor.page.wait_for_load_state("networkidle")
    assert record.sockets == []
    await expect(visitor.panel).to_have_count(0)
