"""SIGTERM under load: everybody is told, let go one by one, and comes back to the next process with nothing lost."""

from __future__ import annotations

import asyncio
import http.client
import json
import signal
import time

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.blackbox.people import People
from tests.blackbox.process import Server
from tests.blackbox.test_kills import settle_in

IDLE = 60
DOCKER_WAITS_S = 10


async def test_nothing_acknowledged_is_lost_and_everybody_comes_back(own_server: Server, own_people: People) -> None:
    load = await settle_in(own_people)
    idle = [await own_people.visitor() for _ in range(IDLE)]
    load.up.set()
    work = [asyncio.create_task(load.stay(client)) for client in load.clients]
    talking = [asyncio.create_task(load.talk(*end)) for end in load.ends()]
    try:
        await load.pairs[0][0].reach(lambda: len(load.pairs[0][0].posts) > 20)
        load.up.clear()
        process = own_server.process
        assert process is not None
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        # Told first: the last of them is still connected for a while.
        drain = await idle[-1].until(lambda frame: frame["on"] == "drain")
        assert drain["reconnect_in_ms"] >= 1000
        status, ready = await asyncio.to_thread(ask_ready, own_server)
        assert (status, ready["accepting"], ready["store"]) == (503, False, True)
        with pytest.raises(InvalidStatus) as away:
            await connect(f"ws://{own_server.address}/ws/visitor", origin=None, proxy=None)
        assert away.value.response.status_code == 503
        assert int(away.value.response.headers["Retry-After"]) >= 2
        for client in [*idle, *load.clients]:
            assert await client.ended() == 4005
        assert await asyncio.to_thread(process.wait, DOCKER_WAITS_S) == 0
        assert time.monotonic() - began < DOCKER_WAITS_S
        assert '"critical"' not in own_server.tail()
        await asyncio.to_thread(own_server.start)
        load.up.set()
        for visitor in idle:
            assert (await visitor.enter())["reset"] is False
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
    assert load.returns == []
    for visitor, agent in load.pairs:
        await own_people.agree(visitor.conversation, visitor, agent)


@pytest.mark.parametrize(("first", "second"), [(signal.SIGTERM, signal.SIGINT)])
async def test_a_second_signal_ends_it_at_once(
    own_server: Server, own_people: People, first: signal.Signals, second: signal.Signals
) -> None:
    idle = [await own_people.visitor() for _ in range(IDLE)]
    process = own_server.process
    assert process is not None
    process.send_signal(first)
    await idle[-1].until(lambda frame: frame["on"] == "drain")
    process.send_signal(second)
    assert await asyncio.to_thread(process.wait, 1) == 128 + second
    for visitor in idle:
        await visitor.ended()
    await asyncio.to_thread(own_server.start)


def ask_ready(server: Server) -> tuple[int, dict[str, bool]]:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        line.request("GET", "/readyz")
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        line.close()
