"""Who comes to one server in one browser during a test, and goes home at its end."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.blackbox import people as wire
from tests.blackbox.process import Server
from tests.e2e.agent import Agent
from tests.e2e.visitor import Visitor

# What a browser says when a page does what it may not.
FORBIDDEN = ("Content Security Policy", "TrustedHTML", "TrustedScript", "Permissions policy")


class People:
    """Visitors have a browser each, agents share one."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.browser = browser
        self.server = server
        self.url = f"http://{server.address}/"
        self.contexts: list[BrowserContext] = []
        self.visitors: list[Visitor] = []
        self.agents: list[Agent] = []
        self.faults: list[str] = []
        self.office: BrowserContext | None = None
        self.looks: dict[str, Any] = {"locale": "en-GB", "timezone_id": "Europe/Copenhagen"}

    async def newcomer(self, **looks: Any) -> BrowserContext:
        """A browser that was never here; what goes wrong in its pages is a fault."""
        context = await self.browser.new_context(**(self.looks | looks))
        self.contexts.append(context)
        context.on("weberror", lambda failed: self.faults.append(str(failed.error)))
        context.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))
        context.on("console", lambda said: self._heard(said.text))
        return context

    async def visitor(self, name: str = "", url: str = "", **looks: Any) -> Visitor:
        """In the shop, or on the page named; with a name: the chat is open and knows it."""
        context = await self.newcomer(**looks)
        visitor = Visitor(context, await context.new_page(), url or self.url)
        self.visitors.append(visitor)
        await visitor.arrive()
        if name:
            await visitor.open()
            await visitor.introduce(name)
        return visitor

    async def agent(self, key: str, status: str = "Available", **looks: Any) -> Agent:
        """At the console, by the demo's own door."""
        if self.office is None:
            self.office = await self.newcomer(**looks)
        agent = self.seated(await self.office.new_page(), key)
        await agent.page.goto(f"{self.url}demo/sit?as={key}")
        await expect(agent.status).to_be_visible()
        if status:
            await agent.be(status)
        return agent

    def seated(self, page: Page, key: str) -> Agent:
        agent = Agent(page, key)
        self.agents.append(agent)
        return agent

    async def pair(self, agent: Agent, name: str, text: str = "Hello", **looks: Any) -> Visitor:
        """A new visitor in conversation with the agent, who looks at it."""
        visitor = await self.visitor(name, **looks)
        await visitor.say(text)
        await agent.accept(name)
        return visitor

    async def go_home(self) -> None:
        """Agents offline, conversations closed, so that the next test finds nobody; and no page did what it may not."""
        present = [visitor for visitor in self.visitors if not visitor.page.is_closed()]
        for visitor in present:
            await visitor.settled()
        tokens = [await visitor.token() for visitor in present]
        left = wire.People(self.server)
        for key in {agent.key for agent in self.agents}:
            await left.agent(key, "offline")
        for token in filter(None, tokens):
            await left.visitor(token=token)
        await left.go_home()
        await self.close()
        assert self.faults == []

    async def close(self) -> None:
        for context in self.contexts:
            await context.close()

    def _heard(self, text: str) -> None:
        if any(word in text for word in FORBIDDEN):
            self.faults.append(text)
