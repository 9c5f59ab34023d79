"""Nonsense at a real server, by strangers, a visitor and an agent, while two others go on with their conversation.

What must hold: the process lives, every message of the two is acknowledged and arrives, nobody is answered `internal`,
what has an id that can be read is answered or the connection ends, and the log has no error.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.blackbox.people import People
from tests.blackbox.wire import Agent, Visitor, fresh
from tests.fuzz import nonsense
from tests.fuzz.nonsense import Frame

_BURST = 40  # pieces of nonsense on one connection
_ANSWERED_WITHIN_S = 10.0


@dataclass(slots=True, kw_only=True)
class Tally:
    """What was done, and what was wrong with the answers."""

    sent: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    took_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def take(self, who: str, reply: Frame) -> None:
        code = "ok" if reply.get("ok") else str(reply.get("error", {}).get("code"))
        self.codes[code] += 1
        if code == "internal":
            self.faults.append(f"{who} was answered {reply}")


async def fuzz(people: People, *, seed: int, rounds: int = 0, seconds: float = 0.0) -> Tally:
    """So many rounds, or so long; a round is a burst by each of the four."""
    tally = Tally()
    chance = random.Random(seed)
    ada = await people.agent("ada")
    marta = await people.pair("support", ada)
    ben = await people.agent("ben")
    existing = [marta.conversation, ada.me["id"], ben.me["id"], "c_nothing"]
    talking = asyncio.create_task(_talk(marta, ada, tally))
    address, token = people.server.address, await people.token("ben")
    good = nonsense.requests()

    def nearly() -> list[bytes]:
        return [nonsense.nearly_right(chance, good, existing) for _ in range(_BURST)]

    began = time.monotonic()
    count = 0
    try:
        while count < rounds or time.monotonic() - began < seconds:
            count += 1
            await asyncio.gather(
                _stranger(address, chance.choice(("/ws/visitor", "/ws/agent")), nearly(), tally),
                _raw(address, nonsense.bytes_on_a_wire(chance, address, good), tally),
                _inside(address, "visitor", {"site": "demo"}, nearly(), tally),
                _inside(address, "agent", {"token": token}, nearly(), tally),
            )
            if talking.done():
                break
    finally:
        talking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await talking
    await _check_neighbours(marta, ada, tally)
    await people.go_home()
    return tally


async def _talk(visitor: Visitor, agent: Agent, tally: Tally) -> None:
    """One says something, the other hears it, for as long as it goes on."""
    while True:
        for speaker, hearer in ((visitor, agent), (agent, visitor)):
            began = time.monotonic()
            seq = await speaker.say(visitor.conversation, fresh("still here"))
            await hearer.holds(visitor.conversation, seq)
            tally.took_s.append(time.monotonic() - began)


async def _check_neighbours(visitor: Visitor, agent: Agent, tally: Tally) -> None:
    seq = await visitor.say(visitor.conversation, "and still")
    await agent.holds(visitor.conversation, seq)
    both = [client.transcripts[visitor.conversation].in_order() for client in (visitor, agent)]
    if [entry["text"] for entry in both[0]] != [entry["text"] for entry in both[1]]:
        tally.faults.append("the two neighbours have read different conversations")


async def _stranger(address: str, path: str, frames: list[bytes], tally: Tally) -> None:
    """Somebody who never identifies."""
    with contextlib.suppress(WebSocketException, OSError):
        async with connect(f"ws://{address}{path}", compression=None, ping_interval=None, proxy=None) as socket:
            await socket.recv()
            await _burst(socket, "a stranger", frames, tally)


async def _raw(address: str, data: bytes, tally: Tally) -> None:
    """Bytes on a TCP connection."""
    host, port = address.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    with contextlib.suppress(OSError, TimeoutError):
        writer.write(data)
        tally.sent["on a wire"] += 1
        await writer.drain()
        async with asyncio.timeout(0.2):
            while await reader.read(65_536):
                pass
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _inside(address: str, role: str, credentials: Frame, frames: list[bytes], tally: Tally) -> None:
    """Somebody who has identified, and asks for what belongs to others."""
    url = f"ws://{address}/ws/{role}"
    with contextlib.suppress(ConnectionClosed):
        async with connect(url, compression=None, ping_interval=None, proxy=None) as socket:
            await socket.recv()
            await socket.send(json.dumps({"do": "identify", "id": "i", "protocol": 1, **credentials}))
            await socket.recv()
            await _burst(socket, f"the {role}", frames, tally)


async def _burst(socket: ClientConnection, who: str, frames: list[bytes], tally: Tally) -> None:
    """Say all of it, then hear what it brought; a ping at the end is answered last, if the connection lives."""
    last = fresh("last")
    for frame in frames:
        await socket.send(frame, text=True)
        tally.sent[who] += 1
    await socket.send(json.dumps({"do": "ping", "id": last}))
    wanted = {ident for frame in frames if (ident := _id(frame)) is not None}
    try:
        async with asyncio.timeout(_ANSWERED_WITHIN_S):
            while True:
                heard: Frame = json.loads(await socket.recv())
                if "re" not in heard:
                    continue
                wanted.discard(heard["re"])
                tally.take(who, heard)
                if heard["re"] == last:
                    break
    except TimeoutError:
        tally.faults.append(f"{who} had no answer to a ping within {_ANSWERED_WITHIN_S} s")
    else:
        unanswered = [frame[:300] for frame in frames if _id(frame) in wanted]
        if unanswered:
            tally.faults.append(f"{who} had no answer to {unanswered[:3]}")


def _id(frame: bytes) -> str | None:
    """The id a reader would find in it and must answer."""
    try:
        found: Any = json.loads(frame, parse_constant=_no_number)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        # Half a surrogate pair, which Python lets through, is no text.
        return None
    ident = found.get("id") if isinstance(found, dict) else None
    return ident if isinstance(ident, str) and ident.startswith("f") else None


def _no_number(said: str) -> None:
    raise ValueError(f"{said} is not JSON")
