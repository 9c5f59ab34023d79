"""Who comes to one server during a test: opened by name, sent home at the end so that the next test finds it empty."""

from __future__ import annotations

import asyncio
import contextlib
import json

from tests.blackbox.connection import LostError, RefusedError
from tests.blackbox.process import Server
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Agent, Client, Visitor, login
from tests.history.checker import check
from tests.history.database import opened
from tests.history.record import Record
from tests.history.recorder import Recorder
from tests.history.report import report


class People:
    """Visitors and agents of one test."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.visitors: list[Visitor] = []
        self.agents: list[Agent] = []
        self.history: list[Record] = []
        self.recorder = Recorder(self.history.append)

    async def visitor(self, site: str = "demo", **credentials: object) -> Visitor:
        """A page that has identified itself; a `token` makes it a known visitor's."""
        visitor = Visitor(self.server.address, site, **credentials)
        self.visitors.append(visitor)
        visitor.account = self.recorder.client(f"visitor {len(self.visitors)}")
        await visitor.enter()
        return visitor

    async def agent(self, key: str, status: str = "available") -> Agent:
        """A console of the agent; an empty status leaves the status as it is."""
        agent = Agent(self.server.address, await self.token(key))
        self.agents.append(agent)
        agent.account = self.recorder.client(f"{key} {len(self.agents)}")
        await agent.enter()
        if status:
            await agent.set_status(status)
        return agent

    async def team(self, *keys: str) -> list[Agent]:
        return [await self.agent(key) for key in keys]

    async def token(self, key: str) -> str:
        """One login for each agent and server: tokens last."""
        if key not in self.server.tokens:
            status, body = await login(self.server.address, f"{key}@demo.example")
            assert status == 200, body
            self.server.tokens[key] = json.loads(body)["token"]
        return self.server.tokens[key]

    async def pair(self, department: str, agent: Agent, text: str = "Hello") -> Visitor:
        """A new visitor in conversation with the agent."""
        visitor = await self.visitor()
        await agent.takes(await visitor.start(department, text))
        await visitor.active()
        return visitor

    async def go_home(self) -> None:
        """Agents offline, conversations closed, wrap-ups ended, sockets closed; and nobody was told two things."""
        with contextlib.suppress(OSError, LostError):
            for agent in self.agents:
                await self._back(agent)
                await agent.set_status("offline")
            for visitor in self.visitors:
                if visitor.conversation:
                    await self._back(visitor)
                    await visitor.end_conversation()
            for agent in self.agents:
                await self._end_wrap_ups(agent)
        people: list[Client] = [*self.agents, *self.visitors]
        await asyncio.gather(*[client.leave() for client in people])
        found = [fault for client in people for fault in client.contradictions()]
        assert found == [], found
        self.judge()

    async def agree(self, conversation: str, *clients: Client) -> list[Frame]:
        """Everybody holds the conversation to its end and nothing was refused; then all is held against the database.

        Returns the conversation as the server has it.
        """
        history = await clients[0].whole_history(conversation)
        for client in clients:
            await client.holds(conversation, len(history))
            held = client.transcripts[conversation].in_order()
            assert held == history[len(history) - len(held) :]
        assert [post for client in clients for post in client.posts if post.refused] == []
        self.judge(database=True, complete=False)
        return history

    def judge(self, *, database: bool = False, complete: bool | None = None) -> None:
        """What they went through, held against the invariants, and against the `database`.

        `complete`: nobody else wrote; as a matter of course when there is a database to look at.
        """
        path = self.server.data / "frontdesk.sqlite3"
        with opened(path) if database else contextlib.nullcontext() as end:
            violations = check(self.history, end, complete=database if complete is None else complete)
        assert not violations, report(self.history, violations)

    @staticmethod
    async def _back(client: Client) -> None:
        if not client.connected:
            await client.enter()

    @staticmethod
    async def _end_wrap_ups(agent: Agent) -> None:
        for hold in (await agent.set_status("offline"))["holds"]:
            if hold["kind"] == "wrap_up":
                with contextlib.suppress(RefusedError):
                    await agent.request("wrap_up.end", conversation=hold["conversation"])


async def whoever_rings(agents: list[Agent], conversation: str) -> tuple[Agent, Frame]:
    """The agent the conversation is offered to, whoever it is."""
    waiting = {asyncio.create_task(agent.rings(conversation)): agent for agent in agents}
    done, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    task = done.pop()
    return waiting[task], task.result()


async def all_have_heard(*clients: Client) -> None:
    """Each has everything the server had sent it before now."""
    await asyncio.gather(*[client.all_heard() for client in clients])
