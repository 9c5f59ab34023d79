"""`offer`: from a slot's coming free to the offer on its agent's socket, with everybody at work.

500 agents of one slot each are connected. Half of them talk, in pairs whose messages make the background and come from
a process of their own; the others close their conversations one after another while visitors wait, and each has the
next one offered. What is measured begins when the close is sent and ends when the offer is heard: two frames, a commit
and the choice. The baseline is the bare round trip of a ping on such a socket, in the same seconds. Beside both stands
how late this process itself was: what it hears late it would blame on the server.
"""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import os
import statistics
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any

import orjson
import uvloop

from bench import servers
from bench.relay import Load, cpu_seconds, pace, take_cores
from bench.sockets import Socket, connect, frame

AGENTS = 500
_TALKING = 250
_LINE = 200
_BEAT_S = 0.005
_BUDGET_MS = 10.0
_AIM_MS = 5.0


@dataclass(slots=True)
class Desk:
    """The agents and visitors of this process, and what each of their sockets is waiting for."""

    port: int
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    asked: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    freed: dict[Socket, float] = field(default_factory=dict)
    has: dict[Socket, str] = field(default_factory=dict)
    visitor_of: dict[str, Socket] = field(default_factory=dict)
    ready: asyncio.Queue[Socket] = field(default_factory=asyncio.Queue)
    offers_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)

    async def beat(self) -> None:
        """Note how late this process is, again and again."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_BEAT_S)
            self.late_ms.append((time.perf_counter() - began - _BEAT_S) * 1000)

    async def ask(self, socket: Socket, **fields: Any) -> dict[str, Any]:
        name = f"o{next(self.numbers)}"
        self.asked[name] = asyncio.get_running_loop().create_future()
        socket.send(frame(orjson.dumps({"id": name, **fields})))
        async with asyncio.timeout(60):
            answer = await self.asked[name]
        if not answer["ok"]:
            raise RuntimeError(f"{fields} was refused: {answer}")
        return answer

    def tell(self, socket: Socket, **fields: Any) -> None:
        socket.send(frame(orjson.dumps({"id": f"t{next(self.numbers)}", **fields})))

    def heard_agent(self, socket: Socket, text: bytes) -> None:
        if text.startswith(b'{"re"'):
            self._answered(socket, text)
        elif text.startswith(b'{"on":"offer",'):
            began = self.freed.pop(socket, None)
            if began is not None:
                self.offers_ms.append((time.perf_counter() - began) * 1000)
            self.tell(socket, do="offer.accept", offer=orjson.loads(text)["offer"])

    def heard_visitor(self, socket: Socket, text: bytes) -> None:
        if text.startswith(b'{"re"'):
            self._answered(socket, text)
        elif text.startswith(b'{"on":"entry"') and b'"kind":"closed"' in text:
            self.start(socket)

    def start(self, visitor: Socket) -> None:
        """Stand in line, again."""
        self.tell(visitor, do="conversation.start", client_id=f"s{next(self.numbers)}", text="Hello")

    def _answered(self, socket: Socket, text: bytes) -> None:
        answer = orjson.loads(text)
        future = self.asked.pop(answer["re"] or "", None)
        if future is not None:
            future.set_result(answer)
        elif answer["ok"] and "entries" in answer:  # taken: to be closed when its turn comes
            self.has[socket] = answer["conversation"]["id"]
            self.ready.put_nowait(socket)

    def close_one(self, socket: Socket) -> None:
        self.freed[socket] = time.perf_counter()
        self.tell(socket, do="conversation.close", conversation=self.has.pop(socket))


def run(*, seconds: float, rate: int, closes: float, messages: int) -> None:
    """Print the figures. ``closes``: slots that come free a second; ``messages``: in the log already."""
    print(f"offer: {AGENTS} agents, {rate:,} msg/s beside it, {seconds:g} s; load {os.getloadavg()[0]:.1f}")
    with servers.Frontdesk.start(messages=messages) as server:
        left = take_cores(server.pid)
        ours, theirs = multiprocessing.Pipe()
        beside = multiprocessing.get_context("spawn").Process(
            target=_beside, args=(theirs, server.pid, server.port, rate, left), daemon=True
        )
        beside.start()
        try:
            uvloop.run(_run(server, ours, seconds=seconds, closes=closes))
        finally:
            beside.terminate()
            beside.join()


async def _run(server: servers.Frontdesk, beside: Connection, *, seconds: float, closes: float) -> None:
    await asyncio.to_thread(beside.recv)
    desk = Desk(port=server.port)
    agents = await _open(server, desk)
    beside.send("go")
    await asyncio.sleep(2)
    desk.offers_ms.clear()
    beating = asyncio.create_task(desk.beat())
    cpu, at = cpu_seconds(server.pid), time.perf_counter()
    bare_ms = await _cycle(desk, agents, seconds=seconds, closes=closes)
    took, cpu = time.perf_counter() - at, cpu_seconds(server.pid) - cpu
    beating.cancel()
    beside.send("end")
    delivered = await asyncio.to_thread(beside.recv)
    bare, found = _line("ping", bare_ms), _line("offer", desk.offers_ms)
    _line("here", desk.late_ms)
    print(
        f"ratio p50 {found[49] / bare[49]:.1f}, p99 {found[98] / bare[98]:.1f}   "
        f"budget p99 {_BUDGET_MS:g} ms, aim {_AIM_MS:g} ms"
    )
    print(f"beside it {delivered / took:,.0f} msg/s were delivered; the server used {cpu / took:.0%} of a core")


async def _open(server: servers.Frontdesk, desk: Desk) -> list[Socket]:
    """The agents who are not talking, each with a conversation, and a line behind them."""
    agents: list[Socket] = []
    for n in range(_TALKING, AGENTS):
        token = await asyncio.to_thread(server.token, f"agent{n}")
        agent = await connect(f"ws://127.0.0.1:{desk.port}/ws/agent", desk.heard_agent)
        await desk.ask(agent, do="identify", protocol=1, token=token)
        await desk.ask(agent, do="status.set", status="available")
        agents.append(agent)
    for _ in range(len(agents) + _LINE):
        visitor = await connect(f"ws://127.0.0.1:{desk.port}/ws/visitor", desk.heard_visitor)
        await desk.ask(visitor, do="identify", protocol=1, site="demo")
        desk.start(visitor)
    async with asyncio.timeout(60):
        for agent in [await desk.ready.get() for _ in agents]:
            desk.ready.put_nowait(agent)
    return agents


async def _cycle(desk: Desk, agents: list[Socket], *, seconds: float, closes: float) -> list[float]:
    """Close in turn at that pace, and ping beside it; the round trips of the pings."""
    bare_ms: list[float] = []
    began = time.perf_counter()
    turn = itertools.cycle(agents)
    while time.perf_counter() - began < seconds:
        desk.close_one(await desk.ready.get())
        await asyncio.sleep(0.5 / closes)
        asked = time.perf_counter()
        await desk.ask(next(turn), do="ping")
        bare_ms.append((time.perf_counter() - asked) * 1000)
        await asyncio.sleep(max(0.0, 0.5 / closes - (time.perf_counter() - asked)))
    return bare_ms


def _line(name: str, found: list[float]) -> list[float]:
    """Print it; its percentiles."""
    cuts = statistics.quantiles(found, n=100) if len(found) > 1 else [0.0] * 99
    print(f"{name:<8} {len(found):>6,} times   p50 {cuts[49]:>6.2f} ms   p99 {cuts[98]:>6.2f} ms")
    return cuts


def _beside(pipe: Connection, pid: int, port: int, rate: int, cores: list[int]) -> None:
    """The process of the pairs that talk."""
    os.sched_setaffinity(0, cores)
    uvloop.run(_talk(pipe, servers.Frontdesk(pid, port), rate))


async def _talk(pipe: Connection, server: servers.Frontdesk, rate: int) -> None:
    load = Load()
    senders = await server.open_pairs(_TALKING, load.heard)
    pipe.send("open")
    await asyncio.to_thread(pipe.recv)
    numbers = itertools.count()

    def send(socket: Socket) -> None:
        number = str(next(numbers))
        load.sent[number.encode()] = (time.perf_counter(), socket)
        socket.send(frame(server.message(socket, number, f"{number} Hello")))

    with pace(senders, send, rate):
        await asyncio.sleep(2)
        load.clear()
        await asyncio.to_thread(pipe.recv)
    pipe.send(len(load.delivered_ms))
