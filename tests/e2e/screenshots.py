"""The pictures of docs/screenshots: one busy quarter of an hour at the demo's shop, and its settings, in both themes.

Run by `make screenshots`, as `python -m tests.e2e.screenshots [FOLDER]`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.async_api import Page, expect

import bots
from tests.blackbox.process import Server
from tests.e2e.admin import Admin, admin
from tests.e2e.agent import Agent
from tests.e2e.bot import answering
from tests.e2e.chromium import chromium
from tests.e2e.people import People
from tests.e2e.visitor import Visitor

FOLDER = Path(__file__).parents[2] / "docs/screenshots"
WITHIN_MS = 30_000
ZONES = (
    "Europe/Copenhagen",
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Auckland",
    "Asia/Tokyo",
    "Asia/Kolkata",
)


def where_it_is_day() -> str:
    return min(ZONES, key=lambda zone: abs(datetime.now(ZoneInfo(zone)).hour - 13))


class Camera:
    """Takes each picture twice: by day and by night."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def take(self, name: str, page: Page) -> None:
        await page.bring_to_front()
        await page.mouse.move(1, 1)
        await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        await page.screenshot(path=self.folder / f"{name}-dark.png", caret="hide")
        await page.emulate_media(color_scheme="light", reduced_motion="reduce")
        await page.screenshot(path=self.folder / f"{name}.png", caret="hide")


async def somebody_talks_to(agent: Agent, people: People, *names: str) -> None:
    for name in names:
        await people.pair(agent, name)


async def in_line(people: People, camera: Camera, ada: Agent) -> tuple[Visitor, Visitor]:
    """Jonas rings at Ada, Marta is second."""
    jonas = await people.visitor(url=f"{people.url}?page=pricing")
    await camera.take("widget-closed", (await people.visitor()).page)
    await jonas.open()
    await jonas.introduce("Jonas Ojala", "jonas@example.org")
    await jonas.say("Hello, I cannot pay for the reading lamp.")
    await expect(ada.ring("Jonas Ojala")).to_be_visible()

    marta = await people.visitor("Marta Lind")
    await marta.say("Hi, my order says delivered, but nothing came.", "It is number 20417.")
    await expect(marta.place).to_contain_text("2nd in line")
    await expect(marta.panel.get_by_text("Sent").last).to_be_visible()
    await camera.take("widget-waiting", marta.page)
    return jonas, marta


async def at_the_console(people: People, camera: Camera, ada: Agent, jonas: Visitor, marta: Visitor) -> None:
    await ada.accept("Jonas Ojala")
    await ada.say("Hi Jonas, sorry about that. Which card do you use?")
    await jonas.say("Visa, it worked last year")
    await ada.note("Same bank as the two cases yesterday")
    await expect(ada.notes).to_be_visible()
    await jonas.say("It still says “card declined”")
    await expect(ada.bubbles).to_have_count(4)
    await expect(ada.ring("Marta Lind")).to_be_visible()
    await camera.take("console-offer", ada.page)

    await ada.accept("Marta Lind")
    eleni = await people.visitor("Eleni P.")
    await eleni.say("Do you deliver to Crete?")
    await ada.accept("Eleni P.")
    await ada.say("We do, it takes five days. Shall I reserve the notebooks?")
    await ada.look_at("Marta Lind")
    await ada.say("Hi Marta! I can see your parcel. One moment.")
    await marta.reads(
        "You: Hi, my order says delivered, but nothing came.",
        "You: It is number 20417.",
        "Ada: Hi Marta! I can see your parcel. One moment.",
    )
    await marta.say("Thank you")
    await ada.say("It is with your neighbour at number 9, she signed for it.")
    await marta.say("Found it, wonderful!")
    await expect(marta.bubbles).to_have_count(6)


async def three_conversations(people: People, camera: Camera, ada: Agent, jonas: Visitor, marta: Visitor) -> None:
    await ada.look_at("Jonas Ojala")
    await marta.say("Could you change the address for next time?", "I have moved to number 11")
    waiting = await people.visitor("Sara R.")
    await waiting.say("Is the mug dishwasher safe?")
    await expect(ada.row("Marta Lind").locator(".count")).to_have_text("2 unread")
    await expect(ada.page.get_by_text("Support: 1 waiting")).to_be_visible()
    await ada.say("Could you open the app of your bank? It wants your approval.")
    await expect(ada.log.get_by_text("Read ·")).to_be_visible()
    await jonas.say("Oh, there it is")
    await jonas.box.press_sequentially("One mo")
    await expect(ada.hears("Jonas is typing")).to_be_visible()
    await camera.take("console-three-conversations", ada.page)


async def talking(server: Server, camera: Camera, ada: Agent, marta: Visitor) -> None:
    await ada.look_at("Marta Lind")
    await expect(marta.panel.get_by_text("Read").last).to_be_visible()
    await ada.box.press_sequentially("Of cou")
    await expect(marta.panel.get_by_text("Ada is typing")).to_be_visible()
    await camera.take("widget-talking", marta.page)

    server.kill()
    await expect(marta.status).to_contain_text("Reconnecting")
    await marta.say("Thank you for everything")
    await expect(marta.panel.get_by_text("Waiting to send")).to_be_visible()
    await camera.take("widget-reconnecting", marta.page)


SHOP = """
[workspace]
key = "demo"
name = "Paperwren"
timezone = "Europe/Copenhagen"
default_department = "support"

[[site]]
key = "demo"
name = "Paperwren, the shop"
origins = ["https://paperwren.example"]
departments = ["support", "sales"]

[[department]]
key = "support"
name = "Support"
hours = ["mon-sun 00:00-24:00"]
overflow = ["sales"]
max_line = 40

  [[department.widen]]
  after = 60
  drop_preferred = true

  [[department.widen]]
  after = 180
  lower_levels = 2
  add_departments = ["sales"]

  [[department.message]]
  when = "queued"
  text.en = "You are number {place} in line. {wait}"
  text.da = "Du er nummer {place} i køen. {wait}"

  [[department.message]]
  when = "every"
  seconds = 90
  text.en = "Thank you for waiting. You are number {place} now. {wait}"

[[department]]
key = "sales"
name = "Sales"
method = "ring_all"

[[agent]]
key = "ada"
name = "Ada"
email = "ada@demo.example"
skills = { danish = 8, billing = 5 }
  [[agent.member]]
  department = "support"
  priority = 10
  [[agent.member]]
  department = "sales"

[[agent]]
key = "ben"
name = "Ben"
email = "ben@demo.example"
max_slots = 4
skills = { billing = 7 }
  [[agent.member]]
  department = "support"

[[agent]]
key = "cleo"
name = "Cleo"
email = "cleo@demo.example"
skills = { danish = 4 }
  [[agent.member]]
  department = "support"
  [[agent.member]]
  department = "sales"

[[agent]]
key = "root"
name = "Root"
email = "root@demo.example"
role = "admin"

[[rule]]
name = "price questions"
when = 'page.path.startsWith("/pricing")'
department = "sales"
tags = ["pricing"]

[[rule]]
name = "refunds"
when = 'text.contains("refund") || text.contains("charged twice")'
department = "support"
require = { billing = 5 }
head_start = 60
tags = ["money"]

[[rule]]
name = "in Danish"
when = 'visitor.language.startsWith("da")'
prefer = { danish = 3 }
language = "da"
"""


async def the_settings(people: People, camera: Camera) -> None:
    """What an admin sees: everything at a glance, one department, what would happen to a visitor."""
    for key in ("ada", "ben"):
        await people.agent(key)
    await people.agent("cleo", "Busy")
    root = await admin(people)
    await camera.take("settings-overview", root.page)
    await root.go("department/support")
    await camera.take("settings-department", root.page)
    await _to(root, "Wait messages")
    await camera.take("settings-wait-messages", root.page)
    await root.go("rules")
    await root.page.get_by_role("button", name="Change refunds").click()
    await camera.take("settings-rules", root.page)
    await root.go("try")
    await root.page.get_by_label("What they write first").fill("I was charged twice for delivery.")
    await root.page.get_by_role("button", name="Ask", exact=True).click()
    await expect(root.page.get_by_role("region", name="What would happen")).to_be_visible()
    await root.page.set_viewport_size({"width": 1280, "height": 1040})
    await camera.take("settings-try-it", root.page)


async def _to(root: Admin, section: str) -> None:
    await root.section(section).evaluate("(found) => found.scrollIntoView({block: 'start'})")


async def ten_visitors(people: People, camera: Camera) -> None:
    """The demo's page while ten visitors are there, and the reasons in the console."""
    ada, ben = await people.agent("ada"), await people.agent("ben")
    shop = await people.visitor()
    await shop.page.get_by_role("button", name="Send 10 visitors").click()
    for agent in (ada, ben):
        said = await agent.rings.first.get_attribute("aria-label")
        assert said is not None
        await agent.accept(said.removesuffix(" is ringing"))
        await agent.say("Hello, I am looking into it.")
    await expect(shop.page.get_by_role("table", name="Everybody who was looked at")).to_be_visible()
    await camera.take("demo-ten-visitors", shop.page)
    await ada.page.bring_to_front()
    await ada.page.get_by_role("button", name="Why?", exact=True).first.click()
    await ada.page.get_by_role("region", name="Why?").get_by_text("Everybody who was looked at").first.click()
    await camera.take("console-why", ada.page)


WITH_A_BOT = """
[workspace]
key = "demo"
name = "Paperwren"
default_department = "support"

[[site]]
key = "demo"
name = "Paperwren, the shop"
origins = ["https://paperwren.example"]
departments = ["support"]

[[department]]
key = "support"
name = "Support"
first = "bot:faq"

[[bot]]
key = "faq"
name = "Helper"
"""


async def a_bot_first(people: People, camera: Camera) -> None:
    """Questions answered by a bot: what it shows, what it is about to say, and what the visitor thought of it."""
    enough = asyncio.Event()

    async def answer(message: bots.Message) -> None:
        if message.text.startswith("Can I"):
            links = [bots.Link(text="Print a label", url="https://paperwren.example/returns")]
            card = bots.Card(title="Sending something back", text="30 days, unused, free of charge.", links=links)
            await message.reply("Of course. Did this help?", cards=[card], replies=["Yes, thank you", "No, it did not"])
            return
        async with message.stream() as out:
            await out.write("Glad to hear that. By the way: the money is back within a week of our getting it, and")
            await enough.wait()
            await out.write(" we write to you.")

    async with answering(people.server, "faq", answer):
        eva = await people.visitor("Eva Blom")
        await eva.say("Can I send the lamp back? It is too bright for me.")
        await expect(eva.log.get_by_role("article")).to_be_visible()
        await camera.take("widget-bot", eva.page)
        await eva.panel.get_by_role("button", name="Yes, thank you").click()
        await expect(eva.log.locator(".growing")).to_be_visible()
        await camera.take("widget-bot-writing", eva.page)
        enough.set()
        await expect(eva.log.locator(".growing")).to_have_count(0)
        await eva.end()
        await eva.panel.get_by_role("group", name="How was it?").get_by_text("Good").click()
        await camera.take("widget-rating", eva.page)


class Supervised(Server):
    """As the demo is when people start it: killed, it is started again."""

    supervised = True


async def a_killed_server(people: People, camera: Camera) -> None:
    """The demo's page while the server is dead, and when everything was counted."""
    shop = await people.visitor()
    kill = shop.page.get_by_role("region", name="Kill the server and watch")
    await kill.get_by_role("button").click()
    await expect(kill.get_by_role("status")).to_contain_text("The server is dead.")
    await kill.scroll_into_view_if_needed()
    await camera.take("demo-server-killed", shop.page)
    await expect(kill.get_by_role("status")).to_contain_text("Nothing was lost")
    await camera.take("demo-nothing-lost", shop.page)


async def settings_and_visitors(camera: Camera) -> None:
    scenes = (
        (SHOP, the_settings, Server),
        (WITH_A_BOT, a_bot_first, Server),
        ("", ten_visitors, Server),
        ("", a_killed_server, Supervised),
    )
    for workspace, show, kind in scenes:
        with tempfile.TemporaryDirectory() as data, kind(Path(data), workspace) as server:
            async with chromium() as browser:
                people = People(browser, server)
                people.looks |= {"viewport": {"width": 1280, "height": 800}, "timezone_id": where_it_is_day()}
                await show(people, camera)
                await people.close()


async def main(folder: Path) -> None:
    camera = Camera(folder)
    expect.set_options(timeout=WITHIN_MS)
    with tempfile.TemporaryDirectory() as data, Server(Path(data)) as server:
        async with chromium() as browser:
            people = People(browser, server)
            people.looks |= {"viewport": {"width": 1280, "height": 800}, "timezone_id": where_it_is_day()}
            ben = await people.agent("ben")
            await somebody_talks_to(ben, people, "Nora", "Tomasz", "Ines")
            ada = await people.agent("ada")
            jonas, marta = await in_line(people, camera, ada)
            await at_the_console(people, camera, ada, jonas, marta)
            await three_conversations(people, camera, ada, jonas, marta)
            await talking(server, camera, ada, marta)
            await people.close()
    await settings_and_visitors(camera)


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(folder))
    for path in sorted(folder.glob("*.png")):
        print(f"{path.name:<40} {path.stat().st_size // 1000:>4} KB")
