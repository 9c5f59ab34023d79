"""An admin at the settings."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.e2e.people import People


class Admin:
    """What an admin does and sees."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.nav = page.get_by_role("navigation", name="Settings")
        self.title = page.get_by_role("heading", level=1)

    async def go(self, where: str = "") -> None:
        """To one of the pages, by what stands behind the `#/` of its address."""
        await self.page.goto(f"{self.url}settings?as=root#/{where}")
        await expect(self.title).to_be_visible()

    def section(self, title: str) -> Locator:
        return self.page.get_by_role("form", name=title, exact=True)

    async def save(self, section: Locator) -> None:
        await self.page.bring_to_front()
        await section.get_by_role("button", name="Save", exact=True).click()
        await expect(section.get_by_text("Saved. It holds from now on.")).to_be_visible()


async def admin(people: People, where: str = "", **looks: object) -> Admin:
    """Root, by the demo's own door, in the browser of the team."""
    if people.office is None:
        people.office = await people.newcomer(**looks)
    page = await people.office.new_page()
    found = Admin(page, people.url)
    await page.goto(f"{people.url}demo/sit?as=root&to=settings")
    await expect(found.title).to_be_visible()
    await found.go(where)
    return found
