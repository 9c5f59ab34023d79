"""An agent at the console.

Consoles of one browser are tabs of one window: a tab in the background draws about once a second, so whoever acts is
brought to the front first, as a person would.
"""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect


class Agent:
    """What an agent does and sees; `reads` as a visitor's."""

    def __init__(self, page: Page, key: str) -> None:
        self.page = page
        self.key = key
        self.list = page.get_by_role("navigation", name="Conversations")
        self.rings = page.locator(".ringing-card")
        self.box = page.get_by_role("main").get_by_role("textbox")
        self.log = page.get_by_role("log")
        self.bubbles = self.log.locator(".bubble:not(.note-text)")
        self.notes = self.log.locator(".note-text")
        self.status = page.get_by_role("button", name="Status:")
        self.banners = page.locator(".banners")
        self.about = page.get_by_role("complementary", name="Visitor")

    def ring(self, name: str) -> Locator:
        return self.page.get_by_role("article", name=f"{name} is ringing")

    def row(self, name: str) -> Locator:
        return self.list.locator(".row", has_text=name)

    def hears(self, text: str) -> Locator:
        return self.log.locator(".event", has_text=text)

    async def be(self, status: str) -> None:
        """Chooses a status by its name, e.g. "Available"."""
        await self.page.bring_to_front()
        await self.status.click()
        await self.page.get_by_role("menuitemradio", name=status).click()
        await expect(self.status).to_have_accessible_name(f"Status: {status}")

    async def accept(self, name: str) -> None:
        await self.page.bring_to_front()
        await self.ring(name).get_by_role("button", name="Accept").click()
        await self.sees(name)

    async def decline(self, name: str) -> None:
        await self.page.bring_to_front()
        await self.ring(name).get_by_role("button", name="Decline").click()
        await expect(self.ring(name)).to_have_count(0)

    async def look_at(self, name: str) -> None:
        await self.page.bring_to_front()
        await self.row(name).click()
        await self.sees(name)

    async def sees(self, name: str) -> None:
        await expect(self.page.get_by_role("main", name=f"Conversation with {name}")).to_be_visible()

    async def say(self, *texts: str) -> None:
        await self.page.bring_to_front()
        for text in texts:
            await self.box.fill(text)
            await self.box.press("Enter")

    async def note(self, text: str) -> None:
        await self.box.press("Alt+n")
        await expect(self.box).to_have_accessible_name("A note, only for the team")
        await self.say(text)

    async def reads(self, *texts: str) -> None:
        await expect(self.bubbles).to_have_text(list(texts))

    async def transfer(self, to: str, note: str = "") -> None:
        await self.page.bring_to_front()
        await self.page.get_by_role("button", name="Transfer", exact=True).click()
        form = self.page.get_by_role("form", name="Transfer")
        await form.get_by_role("radio", name=to).check()
        await form.get_by_label("Note for them").fill(note)
        await form.get_by_role("button", name=to).click()

    async def close(self, outcome: str = "") -> None:
        await self.page.bring_to_front()
        await self.page.get_by_role("button", name="Close", exact=True).click()
        form = self.page.get_by_role("form", name="Close the conversation")
        await form.get_by_label("Outcome").fill(outcome)
        await form.get_by_role("button", name="Close the conversation").click()
        await expect(form).to_have_count(0)

    async def log_out(self) -> None:
        await self.page.bring_to_front()
        await self.page.get_by_role("button", name="log out").click()
        await self.page.get_by_role("menuitem", name="Log out").click()
