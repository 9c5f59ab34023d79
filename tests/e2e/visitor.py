"""A visitor: a browser of their own, a page of the shop, and the chat in its corner."""

from __future__ import annotations

from playwright.async_api import BrowserContext, Locator, Page, expect


class Visitor:
    """What a visitor does and sees. `reads` are all messages on the screen, each with the name of who wrote it."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.panel = page.locator("frontdesk-panel")
        self.launcher = page.locator("frontdesk-launcher").get_by_role("button")
        self.box = self.panel.get_by_role("textbox", name="Write a message")
        self.log = self.panel.get_by_role("log")
        self.status = self.panel.locator(".status")
        self.place = self.panel.locator(".place")
        self.bubbles = self.log.locator(".bubble")
        self.again = self.panel.get_by_role("button", name="Start a new conversation")

    def hears(self, text: str) -> Locator:
        """A line of the log that nobody wrote: who joined, who left, notices."""
        return self.log.locator(".event", has_text=text)

    async def arrive(self, path: str = "") -> None:
        await self.page.goto(self.url + path)

    async def open(self) -> None:
        """Opens the chat; the conversation's own words are there once it is connected."""
        await self.launcher.click()
        await expect(self.panel).to_be_visible()
        await expect(self.panel.get_by_role("heading", name="Chat", exact=True)).to_have_count(0)

    async def introduce(self, name: str, email: str = "") -> None:
        await self.panel.get_by_text("Add your name and e-mail").click()
        await self.panel.get_by_label("Name", exact=True).fill(name)
        if email:
            await self.panel.get_by_label("E-mail", exact=True).fill(email)

    async def say(self, *texts: str) -> None:
        for text in texts:
            await self.box.fill(text)
            await self.box.press("Enter")

    async def reads(self, *texts: str) -> None:
        await expect(self.bubbles).to_have_text(list(texts))

    async def end(self) -> None:
        await self.panel.get_by_role("button", name="End", exact=True).click()
        await self.panel.get_by_role("button", name="End it").click()
        await expect(self.again).to_be_visible()

    async def settled(self) -> None:
        """Nothing is on its way: what was said last is shown at once, and known to the server only later."""
        await expect(self.log.locator(".sending")).to_have_count(0)

    async def token(self) -> str:
        """By which the server knows this visitor; empty before the first message."""
        token: str = await self.page.evaluate("JSON.parse(localStorage.getItem('frontdesk:demo') ?? '{}').token ?? ''")
        return token
