"""`connections`: what an idle visitor's connection takes of memory, beside a bare WebSocket server of aiohttp.

Visitors have opened the panel and identified; nobody says anything. The baseline accepts the same sockets and waits for
a frame. Both send pings. What counts is how much the server's resident memory has grown, by connection: first with a
thousand connections there already, so that what is needed only once is not counted.

``python -m bench.connections PORT`` is the baseline's server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import orjson
import uvloop
from aiohttp import web

from bench import servers
from bench.sockets import Socket, connect, frame
from server.app.bounding import make_room_for_files
from server.session.entrance import Most

BUDGET = 1.5
AIM = 1.2
_FIRST = 1000
_AT_ONCE = 50
_SPARE = 500
_SETTLE_SECONDS = 8.0
_HEARTBEAT_SECONDS = 25.0


async def serve(port: int) -> None:
    """The baseline."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False, heartbeat=_HEARTBEAT_SECONDS)
        await ws.prepare(request)
        async for message in ws:
            await ws.send_str(message.data)
        return ws

    app = web.Application()
    app.router.add_get("/ws/visitor", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    await asyncio.Event().wait()


class Bare:
    """The baseline in a process of its own."""

    name: ClassVar[str] = "bare aiohttp"

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port

    @classmethod
    @contextlib.contextmanager
    def start(cls) -> Iterator[Self]:
        port = servers.free_port()
        with servers.running([sys.executable, "-m", "bench.connections", str(port)], port) as pid:
            yield cls(pid, port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Of one server."""

    kib: float  # a connection
    cpu_percent: float  # of a core while nobody said anything
    opened_in_s: float


async def _open(port: int, count: int) -> list[Socket]:
    """So many visitors, each identified, or at least answered."""

    async def one() -> Socket:
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def heard(_socket: Socket, text: bytes) -> None:
            if not answered.done() and not text.startswith(b'{"on":"hello"'):
                answered.set_result(None)

        socket = await connect(f"ws://127.0.0.1:{port}/ws/visitor", heard)
        socket.send(frame(orjson.dumps({"do": "identify", "id": "1", "protocol": 1, "site": "demo"})))
        async with asyncio.timeout(60):
            await answered
        return socket

    sockets: list[Socket] = []
    while len(sockets) < count:
        some = min(_AT_ONCE, count - len(sockets))
        sockets += await asyncio.gather(*(one() for _ in range(some)))
    return sockets


def _resident_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure(server: Any, *, connections: int) -> Found:
    """Open them against a started server, and look."""
    first = await _open(server.port, _FIRST)
    await asyncio.sleep(_SETTLE_SECONDS)
    before, began = _resident_kib(server.pid), time.perf_counter()
    rest = await _open(server.port, connections - _FIRST)
    took = time.perf_counter() - began
    cpu = _cpu_seconds(server.pid)
    await asyncio.sleep(_SETTLE_SECONDS)
    idle = (_cpu_seconds(server.pid) - cpu) / _SETTLE_SECONDS
    grown = _resident_kib(server.pid) - before
    lost = sum(socket.lost.done() for socket in first + rest)
    if lost:
        raise RuntimeError(f"{lost} connections were lost")
    return Found(kib=grown / len(rest), cpu_percent=idle * 100, opened_in_s=took)


def run(*, connections: int, rounds: int) -> None:
    """Print both and their ratio."""
    room = make_room_for_files(Most(connections=connections)).connections - _SPARE
    possible = min(connections, room)
    few = "" if possible == connections else " (as many as Frontdesk takes in with the open files it may have)"
    print(f"connections: {possible:,} idle visitors{few}")
    found: dict[str, list[Found]] = {}
    for kind in (Bare, servers.Frontdesk) * rounds:
        with tempfile.TemporaryDirectory(), kind.start() as server:
            one = uvloop.run(measure(server, connections=possible))
        found.setdefault(kind.name, []).append(one)
        print(
            f"{kind.name:<12} {one.kib:>6.2f} KiB a connection  {one.cpu_percent:>5.1f} % of a core  "
            f"opened in {one.opened_in_s:,.0f} s",
            flush=True,
        )
    least, ours = (min(each.kib for each in found[name]) for name in (Bare.name, servers.Frontdesk.name))
    print(f"memory: {ours:.2f} KiB beside {least:.2f}: {ours / least:.2f} x (budget {BUDGET:g} x, aim {AIM:g} x)")


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
