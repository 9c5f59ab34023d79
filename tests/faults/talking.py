"""What the tests of faults do again and again: come through a cable, come back, hold everything against the history."""

from __future__ import annotations

import asyncio
import contextlib
import itertools

from websockets.exceptions import WebSocketException

from tests.blackbox.connection import LostError
from tests.blackbox.people import People
from tests.blackbox.wire import Agent, Client, Visitor
from tests.faults.proxy import Proxy

BACK_WITHIN_S = 60.0


def through(people: People, proxy: Proxy, **credentials: object) -> Visitor:
    """A page whose way to the server is the proxy; it has not connected yet."""
    visitor = Visitor(proxy.address, **credentials)  # type: ignore[arg-type]
    people.visitors.append(visitor)
    visitor.account = people.recorder.client(f"visitor {len(people.visitors)}")
    return visitor


async def console_through(people: People, proxy: Proxy, key: str) -> Agent:
    """A console whose way to the server is the proxy; it has not connected yet."""
    agent = Agent(proxy.address, await people.token(key))
    people.agents.append(agent)
    agent.account = people.recorder.client(f"{key} {len(people.agents)}")
    return agent


async def come_back(client: Client) -> int:
    """Tries until it is back, as a page does; how often it tried."""
    async with asyncio.timeout(BACK_WITHIN_S):
        for attempt in itertools.count(1):
            with contextlib.suppress(LostError, OSError, WebSocketException):
                await client.enter()
                return attempt
            await asyncio.sleep(0.02)
    raise AssertionError("it counts for ever")


async def judge(conversation: str, **clients: Client) -> list[dict[str, object]]:
    """Everybody holds the same to the end, and nothing was refused.

    What was said and told on the way is judged against the database when the people of a test go home.
    """
    one = next(iter(clients.values()))
    history = await one.whole_history(conversation)
    for name, client in clients.items():
        await client.holds(conversation, len(history))
        held = client.transcripts[conversation].in_order()
        assert held == history[len(history) - len(held) :], name
    assert [post for client in clients.values() for post in client.posts if post.refused] == []
    return history
