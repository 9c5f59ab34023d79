"""`relay`: what a durable message costs, beside the least server that makes the same promise.

One message is one frame in, one acknowledgement after the commit, one delivery. Pairs of a visitor and an agent send in
turn from a separate process; the servers' CPU time is read from /proc around the measured stretch.

* saturation: every sender has `WINDOW` messages under way;
* paced: a fixed rate over all pairs.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from bench import servers
from bench.servers import Server
from bench.sockets import Socket, frame

WINDOW = 4
TEXT = "The quick brown fox jumps over the lazy dog, twice a day."
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One measured stretch."""

    messages: int
    seconds: float
    cpu_us: float  # of the server, per message
    p50_ms: float  # from sending to the other side's having it
    p99_ms: float

    def line(self, name: str) -> str:
        return (
            f"{name:<12} {self.messages / self.seconds:>9,.0f} msg/s {self.cpu_us:>7.1f} us CPU/msg "
            f"p50 {self.p50_ms:>7.2f} ms  p99 {self.p99_ms:>7.2f} ms"
        )


@dataclass(slots=True)
class Load:
    """Senders and what came of their messages."""

    sent: dict[str, float] = field(default_factory=dict)
    delivered_ms: list[float] = field(default_factory=list)
    acknowledged: int = 0
    more: Callable[[Socket], None] | None = None

    def heard(self, socket: Socket, text: bytes) -> None:
        """Any frame that comes back."""
        if text.startswith(b'{"re"'):
            self.acknowledged += 1
            if self.more is not None:
                self.more(socket)
            return
        if not text.startswith(b'{"on":"entry"'):
            return
        name = orjson.loads(text)["text"].partition(" ")[0]
        at = self.sent.pop(name, None)
        if at is not None:
            self.delivered_ms.append((time.perf_counter() - at) * 1000)

    def clear(self) -> None:
        self.delivered_ms.clear()
        self.acknowledged = 0


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


async def measure(server: Server, *, pairs: int, seconds: float, rate: int | None) -> Figures:
    """Run the load against a started server."""
    load = Load()
    senders = await server.open_pairs(pairs, load.heard)
    numbers = itertools.count()

    def send(socket: Socket) -> None:
        number = str(next(numbers))
        load.sent[number] = time.perf_counter()
        socket.send(frame(server.message(socket, number, f"{number} {TEXT}")))

    if rate is None:
        load.more = send
        for socket in senders:
            for _ in range(WINDOW):
                send(socket)
        figures = await _stretch(server, load, seconds)
    else:
        pacing = asyncio.create_task(_pace(senders, send, rate))
        figures = await _stretch(server, load, seconds)
        pacing.cancel()
    load.more = None
    for socket in senders:
        socket.close()
    return figures


async def _stretch(server: Server, load: Load, seconds: float) -> Figures:
    await asyncio.sleep(min(2.0, seconds / 3))  # until it runs evenly
    load.clear()
    cpu, at = cpu_seconds(server.pid), time.perf_counter()
    await asyncio.sleep(seconds)
    took, cpu = time.perf_counter() - at, cpu_seconds(server.pid) - cpu
    done = load.acknowledged
    cuts = statistics.quantiles(load.delivered_ms, n=100) if len(load.delivered_ms) > 1 else [0.0] * 99
    return Figures(messages=done, seconds=took, cpu_us=cpu / max(done, 1) * 1e6, p50_ms=cuts[49], p99_ms=cuts[98])


async def _pace(senders: list[Socket], send: Callable[[Socket], None], rate: int) -> None:
    turn = itertools.cycle(senders)
    start, sent = time.perf_counter(), 0
    while True:
        await asyncio.sleep(0.001)
        due = int((time.perf_counter() - start) * rate)
        while sent < due:
            send(next(turn))
            sent += 1


async def run(*, pairs: int, seconds: float, rate: int) -> None:
    """Print both servers' figures and their ratio."""
    print(f"relay: {pairs} pairs, {seconds:g} s a stretch, on {os.cpu_count()} cores")
    for title, pace in (("saturation", None), (f"{rate} msg/s", rate)):
        print(f"\n{title}")
        found = {}
        for kind in (servers.Minimal, servers.Frontdesk):
            with kind.start() as server:
                found[kind.name] = await measure(server, pairs=pairs, seconds=seconds, rate=pace)
            print(found[kind.name].line(kind.name))
        ours, least = found["frontdesk"], found["minimal"]
        print(
            f"ratio: CPU per message {ours.cpu_us / least.cpu_us:.2f}, p99 {ours.p99_ms / max(least.p99_ms, 1e-9):.2f}"
        )
