"""Connections that do not behave: rows 12 to 15."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from server.wire.codes import CloseCode
from tests.blackbox.people import People
from tests.blackbox.wire import Visitor
from tests.faults.extent import FULL, promised_within, times
from tests.faults.namespace import Faraway, cable
from tests.faults.proxy import DOWN, Cut, Proxy
from tests.faults.serving import Serving
from tests.faults.talking import come_back, console_through, judge, through

HEARTBEAT_MS = 1_500
TEXT = "x" * 7_900
PEAK_BYTES = 2 * 1024 * 1024


@pytest.fixture(scope="module")
def faulty() -> bool:
    return True


async def written_until(writer: Visitor, over: asyncio.Event) -> None:
    """Long texts, until the slow tab has been let go."""
    while not over.is_set():
        await writer.say(writer.conversation, TEXT)


@pytest.mark.row(12)
@pytest.mark.timeout(600)
async def test_row_12_slow_readers_are_cut_cost_the_others_nothing_and_lose_nothing(
    own_people: People, own_serving: Serving
) -> None:
    slow, swift = times(4, 200), times(8, 800)
    tasks = []
    # The kernel would keep megabytes for a reader that never reads.
    async with Proxy(own_serving.port, receive_buffer=4096) as narrow:
        pages = [await a_page(own_people) for _ in range(slow)]
        others = [await a_page(own_people) for _ in range(swift)]
        tabs = []
        for page in pages:
            tab = through(own_people, narrow, token=page.credentials["token"])
            await tab.enter()
            tabs.append(tab)
        over = asyncio.Event()
        tasks = [asyncio.create_task(written_until(page, over)) for page in pages]
        # As much is written while these tabs still read.
        before = await latencies_until(others, rounds=times(3, 10))
        memory = own_serving.resident_kib()
        for link in narrow.links:
            link.set(DOWN, bytes_per_s=1, piece=1)
        # By a full outbox, by a transport on which nothing moves, or by a ping that is not read.
        watching = asyncio.create_task(ended_by_the_server(own_serving, slow))
        measuring = asyncio.create_task(latencies_until(others, watching))
        with promised_within(35, f"{slow} slow readers are cut", waited_s=own_serving.waited_s):
            await watching
        meanwhile = await measuring
        # Once more without slow readers: the machine may have become busier since.
        after = await latencies_until(others, rounds=times(1, 10))
        over.set()
        await asyncio.gather(*tasks)
        grown = (own_serving.resident_kib() - memory) * 1024
        print(f"memory per slow reader: {grown / slow / 1024:.0f} KiB")
        assert grown < slow * PEAK_BYTES + 64 * 1024 * 1024
        for tab in tabs:
            await tab.leave(abruptly=True)
        narrow.mend()
        for page, tab in zip(pages, tabs, strict=True):
            await come_back(tab)
            await judge(page.conversation, page=page, tab=tab)
    quiet, loud, again = p99(before), p99(meanwhile), p99(after)
    print(
        f"p99 of the others: {quiet * 1000:.1f} ms before, {loud * 1000:.1f} ms meanwhile, {again * 1000:.1f} ms after"
    )
    assert not FULL or loud < max(2 * quiet, 2 * again, 0.25)


async def a_page(people: People) -> Visitor:
    page = await people.visitor()
    await page.start("support", "Hello")
    return page


async def latencies_until(
    pages: list[Visitor], over: asyncio.Task[None] | None = None, *, rounds: int = 1
) -> list[float]:
    """So many rounds, and on until it is over."""
    found = []
    while rounds > 0 or not (over is None or over.done()):
        rounds -= 1
        found += await latencies(pages)
    return found


async def latencies(pages: list[Visitor]) -> list[float]:
    """One message each; how long each took to be acknowledged."""

    async def one(page: Visitor) -> float:
        began = time.monotonic()
        await page.say(page.conversation, "short")
        return time.monotonic() - began

    return list(await asyncio.gather(*[one(page) for page in pages]))


def p99(values: list[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]


async def closed_with(serving: Serving, code: CloseCode, count: int) -> None:
    """The log says so of each connection."""
    wanted = f'"code": {int(code)}, "event": "connection closed"'
    while serving.log.read_text(encoding="utf-8").count(wanted) < count:  # noqa: ASYNC110 - another process's file
        await asyncio.sleep(0.05)


@pytest.mark.row(13)
@pytest.mark.parametrize(
    "heartbeat_ms", [HEARTBEAT_MS, pytest.param(25_000, marks=[pytest.mark.full, pytest.mark.timeout(180)])]
)
async def test_row_13_who_vanishes_without_a_word_is_missed(
    own_serving: Serving, own_people: People, own_proxy: Proxy, heartbeat_ms: int
) -> None:
    own_serving.kill()
    own_serving.cause("brisk", str(heartbeat_ms))
    await asyncio.to_thread(own_serving.start)
    ada = await console_through(own_people, own_proxy, "ada")
    await ada.enter()
    await ada.set_status("available")
    ben = await own_people.agent("ben")
    page = through(own_people, own_proxy)
    await page.enter()
    await page.start("sales", "Hello")
    await ada.rings(page.conversation)
    await ben.rings(page.conversation)
    own_proxy.cut(Cut.SILENCE)
    # A ping every heartbeat less the time for its answer, give or take a tenth; then that time.
    with promised_within(heartbeat_ms / 1000 * 1.4 + 2, "both are missed"):
        await ben.reach(lambda: not reachable(ben.events, "ada"), within_s=150)
        await closed_with(own_serving, CloseCode.HEARTBEAT_LOST, 2)
    own_proxy.mend()
    for client in (ada, page):
        await client.leave(abruptly=True)
        await come_back(client)
    assert ada.state["status"] == "available"
    await judge(page.conversation, page=page)


@pytest.mark.row(13)
@pytest.mark.full
@pytest.mark.timeout(180)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a network")
async def test_row_13_a_cable_that_is_pulled_out_is_noticed(tmp_path: Path, templates: Path) -> None:
    with cable() as between, Faraway(tmp_path, templates, between) as serving:
        people = People(serving)
        ada = await people.agent("ada")
        page = await people.visitor()
        await page.start("sales", "Hello")
        await ada.takes(page.conversation)
        await page.say(page.conversation, "before")
        between.pull()
        post = await page.post(page.conversation, "into the void")
        # A ping every 25 s less the time for its answer, give or take a tenth; then that time, or the kernel's own.
        with promised_within(40, "both are missed"):
            await ended_by_the_server(serving, 2)
        between.plug_in()
        for client in (ada, page):
            await client.leave(abruptly=True)
            await come_back(client)
        await page.settled(post)
        assert post.attempts == 2
        await judge(page.conversation, page=page, ada=ada)
        for client in (ada, page):
            await client.leave()


async def ended_by_the_server(serving: Serving, count: int) -> None:
    """So many connections are over, by the server's log."""
    wanted = '"event": "connection closed"'
    while serving.log.read_text(encoding="utf-8").count(wanted) < count:  # noqa: ASYNC110 - another process's file
        await asyncio.sleep(0.1)


def reachable(events: list[dict[str, object]], key: str) -> bool:
    """By the last word about the agents."""
    told = [event["agents"] for event in events if event.get("on") == "agents"]
    assert all(isinstance(agents, list) for agents in told)
    return not told or any(
        agent["key"] == key and agent["reachable"]
        for agent in told[-1]  # type: ignore[attr-defined]
    )


def open_connections(serving: Serving) -> int:
    """By the server's own log."""
    said = serving.log.read_text(encoding="utf-8")
    return said.count('"event": "connection opened"') - said.count('"event": "connection closed"')


@pytest.mark.row(14)
@pytest.mark.full
async def test_row_14_who_never_says_who_they_are_is_let_go(serving: Serving) -> None:
    before = open_connections(serving)
    async with contextlib.AsyncExitStack() as stack:
        address = f"ws://{serving.address}/ws/visitor"
        origin = f"http://{serving.address}"
        began = time.monotonic()
        idle = [
            await stack.enter_async_context(
                connect(address, origin=origin, compression=None, proxy=None, ping_interval=None)  # type: ignore[arg-type]
            )
            for _ in range(500)
        ]
        await asyncio.gather(*[socket.wait_closed() for socket in idle])
        took = time.monotonic() - began
    assert {socket.close_code for socket in idle} == {CloseCode.NOT_IDENTIFIED}
    assert took >= 9.5
    assert took < 20
    while open_connections(serving) > before:  # noqa: ASYNC110 - another process's file
        await asyncio.sleep(0.01)


HANDSHAKE = (
    "GET /ws/visitor HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
A_BINARY_FRAME = b"\x82\x81\0\0\0\0x"


@pytest.mark.row(15)
async def test_row_15_who_ignores_the_close_is_cut_off(serving: Serving) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    writer.write(HANDSHAKE.format(host=serving.address).encode() + A_BINARY_FRAME)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101")
    with promised_within(3, "a client that does not answer the close is cut off"):
        rest = await until_cut_off(reader)
    assert int(CloseCode.BAD_FRAME).to_bytes(2, "big") in rest
    writer.close()


async def until_cut_off(reader: asyncio.StreamReader) -> bytes:
    """All that comes before the end, be it a reset."""
    heard = b""
    with contextlib.suppress(ConnectionResetError):
        while data := await reader.read(4096):
            heard += data
    return heard
