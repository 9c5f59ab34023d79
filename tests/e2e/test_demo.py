"""The demo's page: visitors who are sent, and the last decision in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.blackbox.process import Server
from tests.e2e.accessibility import in_both_themes, overflow
from tests.e2e.people import People


async def test_ten_visitors_fill_the_line_and_the_console_drains_it(own_people: People):
    people = own_people
    ada = await people.agent("ada")
    shop = await people.visitor()
    await expect(shop.page.get_by_role("heading", name="Why Ada?")).to_be_visible()
    await shop.page.get_by_role("button", name="Send 10 visitors").click()
    await expect(shop.page.get_by_text("10 are on the way.")).to_be_visible()
    await expect(shop.page.get_by_text("10 here now.")).to_be_visible()

    decision = shop.page.get_by_role("region", name="The last decision")
    await expect(decision.get_by_role("heading", name="Why Ada?")).to_be_visible()
    await expect(decision).to_contain_text(
        "Ada was the only one who could take it. Ben not available, Cleo not available"
    )
    await expect(decision.get_by_role("row", name="Ben")).to_contain_text("Has not set themselves available.")

    await ada.page.bring_to_front()
    await expect(ada.list.get_by_text("in line").first).to_be_visible()
    for _ in range(3):
        said = await ada.rings.first.get_attribute("aria-label")
        assert said is not None
        await ada.accept(said.removesuffix(" is ringing"))
        await ada.say("Hello, I am looking into it.")
    # They answer, as people do, and go when they have what they came for.
    await expect(ada.log.locator(".theirs .bubble").nth(1)).to_be_visible()
    await ada.page.get_by_role("button", name="Why?", exact=True).first.click()
    why = ada.page.get_by_role("region", name="Why?")
    await expect(why).to_contain_text("Rang at Ada")
    await expect(why).to_contain_text("accepted")
    await ada.page.get_by_role("button", name="Close the reasons").click()
    await expect(why).to_have_count(0)


async def test_supervisors_ask_why_somebody_waits(own_people: People):
    people = own_people
    await people.agent("ada", "Busy")
    marta = await people.visitor("Marta")
    await marta.say("Hello")
    sue = await people.agent("sue", "")
    await sue.page.get_by_role("button", name="Why does Marta wait?").click()
    why = sue.page.get_by_role("dialog", name="Why?")
    await expect(why).to_contain_text("Nobody can take it now.")
    await why.get_by_text("Everybody who was looked at").click()
    await expect(why.get_by_role("row", name="Ada")).to_contain_text("Has not set themselves available.")
    assert await in_both_themes(sue.page) == []
    await sue.page.keyboard.press("Escape")
    await expect(why).to_have_count(0)


async def test_the_shop_is_for_everyone(own_people: People):
    people = own_people
    await people.agent("ada")
    shop = await people.visitor(reduced_motion="reduce", viewport={"width": 320, "height": 640})
    await shop.page.get_by_role("button", name="Send 10 visitors").click()
    await expect(shop.page.get_by_role("table", name="Everybody who was looked at")).to_be_visible()
    assert await in_both_themes(shop.page) == []
    assert await overflow(shop.page) == []


class Supervised(Server):
    supervised = True


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Server]:
    with Supervised(tmp_path) as server:
        yield server


async def test_the_server_is_killed_under_visitors_who_write_and_nothing_is_lost(supervised: Server, browser: Browser):
    people = People(browser, supervised)
    shop = await people.visitor(reduced_motion="reduce")
    kill = shop.page.get_by_role("region", name="Kill the server and watch")
    await kill.get_by_role("button", name="Kill the server and watch").click()
    said = kill.get_by_role("status")
    await expect(said).to_have_text("The server is dead. They write on: it is kept.")
    await expect(said).to_have_text("Nothing was lost, nothing came twice.", timeout=60_000)
    counts = dict(
        zip(await kill.locator("dt").all_text_contents(), await kill.locator("dd").all_text_contents(), strict=True)
    )
    assert (counts["Lost"], counts["Doubled"]) == ("0", "0")
    assert counts["Sent"] == counts["Acknowledged"] == counts["In the database"]
    assert int(counts["Sent"]) > 50
    assert counts["Away"].endswith(" s")
    assert await in_both_themes(shop.page) == []
    assert await overflow(shop.page) == []
    await people.close()
    assert people.faults == []
