"""Parts of the panel that come when they are needed, and what is left of it when they do not."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.people import People
from tests.e2e.test_before_the_first_click import Record
from tests.e2e.visitor import Visitor

FORMS = "**/panel.js?part=forms*"


async def alone(people: People) -> Visitor:
    """Nobody is here; the visitor has written."""
    visitor = await people.visitor()
    await visitor.open()
    await visitor.say("My order 17 is broken")
    await expect(visitor.place).to_contain_text("No one is here right now")
    return visitor


async def test_a_part_is_fetched_when_it_is_asked_for_and_once(people: People):
    visitor = await alone(people)
    record = Record(visitor.page)
    for _ in range(2):
        await visitor.panel.get_by_role("button", name="Leave a message for later").click()
        await expect(visitor.panel.get_by_label("Message", exact=True)).to_be_visible()
        await visitor.panel.get_by_role("button", name="Back", exact=True).click()
    assert record.of_frontdesk(people.url) == ["panel.js"]
    assert "part=forms" in record.asked[0]


async def test_a_part_that_does_not_come_is_said_and_can_be_asked_for_again(people: People):
    visitor = await alone(people)
    await visitor.page.route(FORMS, lambda route: route.abort())
    offer = visitor.panel.get_by_role("button", name="Leave a message for later")
    await offer.click()
    await expect(visitor.panel.get_by_role("alert")).to_have_text("We could not load this. Try again.")
    # Where one writes is still there.
    await visitor.say("Never mind, I write here")
    await visitor.reads("You: My order 17 is broken", "You: Never mind, I write here")
    await visitor.page.unroute(FORMS)
    await offer.click()
    await expect(visitor.panel.get_by_label("Message", exact=True)).to_be_visible()
    await expect(visitor.panel.get_by_text("We could not load this. Try again.")).to_have_count(0)


async def test_a_part_of_another_version_is_not_taken(people: People):
    visitor = await alone(people)
    await visitor.page.route(FORMS, lambda route: route.continue_(url=f"{people.url}panel.js?part=forms&v=yesterday"))
    await visitor.panel.get_by_role("button", name="Leave a message for later").click()
    await expect(visitor.panel.get_by_role("alert")).to_have_text("We could not load this. Try again.")
