"""Broken frames, races for an offer, and what grows with time: rows 64, 71 and 74."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from server.wire.codes import CloseCode
from tests.blackbox.people import People
from tests.blackbox.wire import Agent, Visitor
from tests.blackbox.workspace import agent, department, workspace
from tests.faults.extent import FULL, SEED, times
from tests.faults.million import workspace_of
from tests.faults.serving import Serving
from tests.faults.soak import SAMPLES, Sample, Soak, grown, left, plan_of
from tests.faults.talking import judge

HANDSHAKE = (
    "GET /ws/visitor HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASK = b"\0\0\0\0"
BROKEN = (
    (b"\xf1\x80" + MASK, 1002),  # reserved bits
    (b"\xc1\xfe\xff\xff" + MASK + b"\xff" * 65_535, 1002),  # said to be compressed, which was not agreed
    (b"\x89\xfe\x00\x7e" + MASK + b"x" * 126, 1002),  # a control frame too long
    (b"\x81\xff" + (2**63 - 1).to_bytes(8) + MASK, CloseCode.BAD_FRAME),
)
# Begun, and never ended: these are held until their time to identify is over.
UNFINISHED = (
    b"\x81\xff" + (260_000).to_bytes(8) + MASK + b"x" * 259_000,
    b"\x01\x81" + MASK + b"x" + (b"\x00\x81" + MASK + b"x") * 20_000,
    b"\x81\xff" + (260_000).to_bytes(8),
    b"\x81",
)
PER_SOCKET = 2 * 1024 * 1024
WORKSPACE = workspace(
    ["all", "one", "brief"],
    department("all", method="ring_all"),
    department("one", method="average_utilization", miss_delay=0, reject_delay=0, miss_limit=1000),
    department("brief", method="priority", ring_seconds=1, miss_delay=0, miss_limit=1000),
    *[agent(key, 3, {"all": 50, "one": 50}) for key in ("ada", "ben")],
    agent("cleo", 3, {"brief": 50}),
)


@pytest.fixture(scope="module")
def workspace_file() -> str:
    return WORKSPACE


async def a_socket(serving: Serving) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", serving.port)
    writer.write(HANDSHAKE.format(host=serving.address).encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    return reader, writer


async def told_code(reader: asyncio.StreamReader) -> int:
    """Of the close frame, which is the last that is said."""
    while True:
        first, size = await reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await reader.readexactly(2))
        payload = await reader.readexactly(size)
        if first == 0x88:
            return int.from_bytes(payload[:2])


@pytest.mark.row(64)
async def test_row_64_broken_frames_are_named_cost_little_and_hurt_nobody(
    own_people: People, own_serving: Serving
) -> None:
    page = await own_people.visitor()
    await page.start("all", "Hello")
    count = times(5, 50)
    before = own_serving.resident_kib() * 1024
    held = [await a_socket(own_serving) for _ in range(count * len(UNFINISHED))]
    for number, (_, writer) in enumerate(held):
        writer.write(UNFINISHED[number % len(UNFINISHED)])
        await writer.drain()
    for data, code in BROKEN * count:
        reader, writer = await a_socket(own_serving)
        writer.write(data)
        assert await told_code(reader) == code
        writer.transport.abort()
    assert await page.say(page.conversation, "undisturbed") == page.transcript.last
    each = (own_serving.resident_kib() * 1024 - before) / len(held)
    print(f"memory for each of {len(held)} sockets: {each / 1024:.0f} KiB")
    assert each < PER_SOCKET
    for _, writer in held:
        writer.transport.abort()
    await asyncio.gather(*[writer.wait_closed() for _, writer in held], return_exceptions=True)
    await judge(page.conversation, page=page)


async def at_once(*asked: Awaitable[dict[str, Any]]) -> list[str]:
    """What each was answered: `ok`, or the code."""
    return ["ok" if answer["ok"] else answer["error"]["code"] for answer in await asyncio.gather(*asked)]


async def left_alone(page: Visitor, *agents: Agent) -> None:
    """The conversation is over, and holds nobody's slot."""
    await page.end_conversation()
    await page.sees_the_close(page.conversation)
    for one in agents:
        await one.uses(0)


async def owned_by(page: Visitor, key: str) -> None:
    await page.reach(lambda: (page.conversations[page.conversation]["agent"] or {}).get("key") == key)


def accept(console: Agent, offer: dict[str, Any]) -> Awaitable[dict[str, Any]]:
    return console.ask("offer.accept", offer=offer["offer"])


@pytest.mark.row(71)
async def test_row_71_accepting_while_the_visitor_leaves_has_one_outcome(people: People) -> None:
    ada, ben = await people.team("ada", "ben")
    page = await people.visitor()
    for _ in range(times(5, 100)):
        offer = await ada.rings(await page.start("all"))
        close = page.ask("conversation.close", conversation=page.conversation)
        accepted, closed = await at_once(accept(ada, offer), close)
        assert (accepted in {"ok", "gone"}, closed) == (True, "ok")
        await page.sees_the_close(page.conversation)
        await asyncio.gather(ada.uses(0), ben.uses(0))


@pytest.mark.row(71)
async def test_row_71_of_two_who_accept_one_has_it(people: People) -> None:
    ada, ben = await people.team("ada", "ben")
    page = await people.visitor()
    for _ in range(times(5, 100)):
        await page.start("all")
        offers = [await one.rings(page.conversation) for one in (ada, ben)]
        said = await at_once(accept(ada, offers[0]), accept(ben, offers[1]))
        assert sorted(said) == ["gone", "ok"]
        await owned_by(page, ("ada", "ben")[said.index("ok")])
        await left_alone(page, ada, ben)


@pytest.mark.row(71)
async def test_row_71_accepting_while_it_is_declined_or_passed_on_has_one_outcome(people: People) -> None:
    ada, ben = await people.team("ada", "ben")
    tab = await people.agent("ben", "")
    page = await people.visitor()
    for number in range(times(6, 100)):
        await ada.set_status("available")
        await ben.set_status("busy")
        await ada.takes(await page.start("one"))
        await ben.set_status("available")
        to = {"agent": "ben"}
        await ada.request("conversation.transfer", conversation=page.conversation, to=to)
        offer = await ben.rings(page.conversation)
        if number % 2:
            said = await at_once(accept(ben, offer), tab.ask("offer.decline", offer=offer["offer"]))
            assert sorted(said) == ["gone", "ok"]
            await owned_by(page, "ben" if said[0] == "ok" else "ada")
        else:
            # Whose it is, is transferred elsewhere while ben accepts.
            await ada.set_status("busy")
            again = ada.ask("conversation.transfer", conversation=page.conversation, to={"department": "brief"})
            accepted, moved = await at_once(accept(ben, offer), again)
            assert (accepted == "ok") is (moved != "ok"), (accepted, moved)
            assert {accepted, moved} <= {"ok", "gone", "not_owner", "conflict"}
            if accepted == "ok":
                await owned_by(page, "ben")
        await left_alone(page, ada, ben)


@pytest.mark.row(71)
async def test_row_71_accepting_as_it_expires_has_one_outcome(people: People) -> None:
    cleo = await people.agent("cleo")
    page = await people.visitor()
    chance = random.Random(SEED)
    outcomes = set()
    for _ in range(times(2, 30)):
        await cleo.set_status("available")
        offer = await cleo.rings(await page.start("brief"))
        expires_s = datetime.fromisoformat(offer["expires_at"]).timestamp()
        await asyncio.sleep(max(0.0, expires_s - time.time() + chance.uniform(-0.02, 0.02)))
        (said,) = await at_once(accept(cleo, offer))
        outcomes.add(said)
        assert said in {"ok", "gone"}
        if said == "ok":
            await owned_by(page, "cleo")
        else:
            # It rings again, or waits: it is nobody's until somebody accepts.
            assert page.conversations[page.conversation]["agent"] is None
        await left_alone(page, cleo)
    print(f"outcomes: {outcomes}")


@pytest.mark.row(74)
@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_row_74_nothing_grows_while_people_come_and_go(tmp_path: Path, templates: Path) -> None:
    plan = plan_of(SEED, agents=times(4, 25))
    with Serving(tmp_path, templates, workspace_of(plan)) as serving:
        fresh = Sample.of(serving)
        soak = Soak(plan, serving)
        *samples, empty = await soak.soak(times(2, 120), count=times(3, SAMPLES))
    print(f"{soak.tally.conversations} conversations; {empty.line()}")
    assert soak.tally.conversations > times(20, 2_000)
    assert left(empty, fresh) == []
    # Within seconds nothing has come to rest.
    assert not FULL or grown(samples) == []
