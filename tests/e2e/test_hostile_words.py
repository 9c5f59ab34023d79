"""Whatever visitors and agents write is text. A canary tells if any of it was ever run."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.admin import admin
from tests.e2e.agent import Agent
from tests.e2e.people import People
from tests.e2e.visitor import Visitor

RUN = "window.canary='dead';alert(1)"
CORPUS = [
    f"<script>{RUN}</script>",
    f'<img src=x onerror="{RUN}">',
    f"<svg/onload={RUN}>",
    f'<iframe srcdoc="<script>parent.{RUN}</script>">',
    f'<a href="javascript:{RUN}">press</a>',
    f"javascript:{RUN}",
    f"data:text/html,<script>{RUN}</script>",
    f'https://a.example/"onmouseover="{RUN}',
    f"https://a.example/<img src=x onerror={RUN}>",
    f"[press](javascript:{RUN})",
    f"</textarea></title></style><script>{RUN}</script>",
    f'{{{{constructor.constructor("{RUN}")()}}}} ${{{RUN}}} <%= {RUN} %>',
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror={RUN}&gt;">',
    "<base href=//evil.example/><meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><button>Sign in</button></form><style>*{display:none}</style>",
    "\u202egnp.exe\u2066 \u0000\u0007\ufeff end",
]
FOREIGN = "script, img, iframe, svg:not(.icon, [aria-hidden]), form[action], math, base, style, object, embed, meta"


async def unharmed(page: Page, root: str, foreign: str = FOREIGN) -> None:
    """No script ran, nothing that was written became an element, no link leads anywhere but to the web."""
    assert await page.evaluate("window.canary ?? 'alive'") == "alive"
    await expect(page.locator(root).locator(foreign)).to_have_count(0)
    await expect(page.locator(root).locator("[onerror], [onload], [onmouseover]")).to_have_count(0)
    hrefs = await page.locator(root).locator("a[href]").evaluate_all("all => all.map((one) => one.protocol)")
    assert set(hrefs) <= {"http:", "https:", "mailto:"}


def shown(text: str) -> str:
    """As a browser gives a text back: line breaks and spaces aside."""
    return re.sub(r"[\s\u0000\ufeff]+", " ", text).strip()


async def all_is_said(who: Agent | Visitor) -> None:
    texts = [shown(text.split(": ", 1)[1]) for text in await who.bubbles.all_text_contents()]
    for wanted in CORPUS:
        assert shown(wanted.replace("\u0000", "")) in [text.replace("\ufffd", "") for text in texts], json.dumps(texts)


async def test_messages_both_ways(people: People):
    ada = await people.agent("ada")
    visitor = await people.visitor("Marta")
    await visitor.say(*CORPUS)
    await expect(visitor.bubbles).to_have_count(len(CORPUS))
    await ada.accept("Marta")
    await expect(ada.bubbles).to_have_count(len(CORPUS))
    await all_is_said(ada)
    await unharmed(ada.page, ".desk")
    await ada.say(*CORPUS)
    await ada.note(CORPUS[1])
    await expect(visitor.bubbles).to_have_count(2 * len(CORPUS))
    await all_is_said(visitor)
    await unharmed(visitor.page, "frontdesk-panel")
    await unharmed(ada.page, ".desk")
    for who in (visitor, ada):
        await who.page.reload()
    await expect(visitor.bubbles.last).to_be_visible()
    await ada.look_at("Marta")
    await unharmed(visitor.page, "frontdesk-panel")
    await unharmed(ada.page, ".desk")


async def test_who_they_say_they_are_and_where(people: People):
    name, title, address, outcome, note = (CORPUS[number] for number in (1, 0, 2, 10, 3))
    ada = await people.agent("ada")
    visitor = await people.visitor()
    await visitor.arrive(f"?page={address}#{address}")
    await visitor.page.evaluate("(title) => { document.title = title; }", title)
    await visitor.open()
    await visitor.introduce(name, '"<img/src=x>"@example.org')
    await visitor.say("Hello")
    await expect(ada.ring(name)).to_be_visible()
    await unharmed(ada.page, ".desk")
    await ada.accept(name)
    await expect(ada.about.get_by_role("heading", level=2)).to_have_text(name)
    await expect(ada.about.get_by_role("link")).to_have_attribute("href", re.compile("^http://.*onload"))
    await expect(ada.hears("started from")).to_contain_text(title)
    await unharmed(ada.page, ".desk")
    await ada.transfer("Sales", note=note)
    await ada.accept(name)
    await expect(ada.notes).to_contain_text(note)
    await unharmed(ada.page, ".desk")
    await ada.close(outcome)
    await expect(visitor.again).to_be_visible()
    await unharmed(visitor.page, "frontdesk-panel")


async def test_what_admins_write_is_text_too(own_people: People):
    """Names of departments, agents, rules and tags, on the settings, in the console and in the chat."""
    root = await admin(own_people)
    put = """async ([path, body]) => (await fetch(`/api/v1/${path}`, {
        method: "PUT", body: JSON.stringify(body),
        headers: {"content-type": "application/json", "frontdesk-agent": "root"},
    })).status"""
    names = ("support", "ada", "rule", "sales")
    hostile = dict(zip(names, (CORPUS[number] for number in (1, 0, 2, 11)), strict=True))
    ada = {"email": "ada@demo.example", "member": [{"department": "support"}], "name": hostile["ada"]}
    rule = {"name": hostile["rule"], "when": "true", "tags": ["<img src=x onerror=alert(1)>"]}
    for path, body, status in (
        ("departments/support", {"name": hostile["support"]}, 200),
        ("departments/sales", {"name": hostile["sales"]}, 200),
        ("agents/ada", ada, 200),
        ("rules", [rule], 200),
    ):
        assert await root.page.evaluate(put, [path, body]) == status, path
    agent = await own_people.agent("ada")
    sent: dict[str, Any] = {"user_agent": CORPUS[0], "extra_http_headers": {"Referer": f"{own_people.url}?{CORPUS[1]}"}}
    visitor = await own_people.visitor("Marta", **sent)
    await visitor.say("Hello")
    await agent.accept("Marta")
    await agent.say("Hello to you")
    await expect(visitor.bubbles).to_have_count(2)
    await unharmed(visitor.page, "frontdesk-panel")
    await unharmed(agent.page, ".desk")
    for where in ("", "department/support", "people", "agent/ada", "rules", "workspace", "try", "promises"):
        await root.go(where)
        # The settings draw their own pictures; one that was written has something that runs.
        await unharmed(
            root.page, "body > *:not(script)", FOREIGN.replace("svg:not(.icon, [aria-hidden])", "svg[onload]")
        )
    assert own_people.faults == []
