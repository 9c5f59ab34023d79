"""kill -9 under load, again and again: nothing acknowledged is lost, nothing is doubled, nobody sees another order.

FRONTDESK_KILLS sets how often the server is killed, FRONTDESK_SEED the moments.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import random
from collections.abc import Iterator

import pytest
from websockets.exceptions import WebSocketException

from tests.blackbox.connection import LostError
from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.wire import Agent, Client, Visitor
from tests.history.recorder import Recorder

KILLS = int(os.environ.get("FRONTDESK_KILLS", "20"))
SEED = int(os.environ.get("FRONTDESK_SEED", "1"))
SHORTEST_S, LONGEST_S = 0.05, 1.2
IN_FLIGHT = 8
CONVERSATIONS = 6


@dataclasses.dataclass
class Load:
    """Who talks to whom, and the signals everybody goes by."""

    pairs: list[tuple[Visitor, Agent]]
    agents: list[Agent]
    up: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    over: asyncio.Event = dataclasses.field(default_factory=asyncio.Event)
    returns: list[str] = dataclasses.field(default_factory=list)

    @property
    def clients(self) -> list[Client]:
        return [*self.agents, *(visitor for visitor, _ in self.pairs)]

    def ends(self) -> Iterator[tuple[Client, str, str]]:
        for number, (visitor, agent) in enumerate(self.pairs):
            yield visitor, visitor.conversation, f"visitor {number}"
            yield agent, visitor.conversation, f"agent {number}"

    async def talk(self, client: Client, conversation: str, name: str) -> None:
        """Writes as fast as it is acknowledged, across all connections."""
        number = 0
        while not self.over.is_set():
            if client.connected and len(client.unsettled(conversation)) < IN_FLIGHT:
                await client.post(conversation, f"{name}: {number}")
                number += 1
            else:
                client.news.clear()
                await client.news.wait()

    async def stay(self, client: Client) -> None:
        """Comes back as soon as the server is up again, as often as it takes."""
        while True:
            await client.line.ended.wait()
            await self.up.wait()
            with contextlib.suppress(LostError, OSError, WebSocketException):
                reply = await client.enter()
                self.returns += [f"{client.path}: {reply[name]}" for name in ("reset", "dropped") if reply[name]]

    async def everybody_is_back(self) -> None:
        for client in self.clients:
            while not client.flowing or not client.connected:
                client.news.clear()
                await client.news.wait()


async def settle_in(people: People) -> Load:
    agents = await people.team("ada", "ben", "cleo")
    pairs = []
    for number in range(CONVERSATIONS):
        agent = agents[number % len(agents)]
        visitor = await people.visitor()
        conversation = await visitor.start("sales", f"opening {number}")
        await agent.takes(conversation)
        await visitor.active()
        pairs.append((visitor, agent))
    return Load(pairs, agents)


async def kill_again_and_again(server: Server, load: Load, recorder: Recorder) -> None:
    moments = random.Random(SEED)
    load.up.set()
    for _ in range(KILLS):
        # Measured from the moment the server is ready: many are still on their way back when it dies again.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(moments.uniform(SHORTEST_S, LONGEST_S)):
                await load.over.wait()
        load.up.clear()
        recorder.server("killed")
        server.kill()
        await asyncio.to_thread(server.start)
        load.up.set()


@pytest.mark.slow
@pytest.mark.timeout(60 + 8 * KILLS)
async def test_kills_under_load_lose_and_double_nothing(own_server: Server, own_people: People) -> None:
    load = await settle_in(own_people)
    work = [asyncio.create_task(load.stay(client)) for client in load.clients]
    talking = [asyncio.create_task(load.talk(*end)) for end in load.ends()]
    try:
        await kill_again_and_again(own_server, load, own_people.recorder)
        async with asyncio.timeout(30):
            await load.everybody_is_back()
        load.over.set()
        for client in load.clients:
            client.news.set()
        await asyncio.gather(*talking)
        for client in load.clients:
            await client.settled(within_s=30)
    finally:
        for task in [*work, *talking]:
            task.cancel()
        ends = await asyncio.gather(*work, *talking, return_exceptions=True)
        assert [end for end in ends if isinstance(end, Exception)] == []

    posts = [post for client in load.clients for post in client.posts]
    again = sum(post.attempts > 1 for post in posts)
    print(f"{KILLS} kills, {len(posts)} messages, {again} of them sent more than once")
    assert again > KILLS, "the kills hardly met anything in flight"
    assert load.returns == []
    for visitor, agent in load.pairs:
        conversation = visitor.conversation
        assert await own_people.agree(conversation, visitor, agent) == await agent.whole_history(conversation)
        written = [sum(post.conversation == conversation for post in client.posts) for client in (visitor, agent)]
        assert min(written) > KILLS, "there was hardly any load"
        assert agent.conversations[conversation]["agent"]["key"] == agent.me["key"]
    own_people.recorder.quiet()
    own_people.judge(database=True)
    # The pairs are the same as before the first kill: nobody was moved, no slot was given twice.
    for agent in load.agents:
        assert agent.state["slots"] == {"used": CONVERSATIONS // len(load.agents), "max": 3}
