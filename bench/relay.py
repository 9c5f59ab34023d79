"""`relay`: what a durable message costs, beside the least server that makes the same promise.

One message is one frame in, one acknowledgement after the commit, one delivery. Pairs of a visitor and an agent send in
turn from this process; the servers' CPU time is read from /proc around the measured stretch. With two cores, the server
has one and the load the other. Both servers' logs hold as many messages already.

* saturation: every sender has `WINDOW` messages under way;
* paced: a fixed rate over all pairs, at moments that know nothing of one another (`bench.arrivals`).

Runs of the two alternate, and the figures are medians, so that what else the machine does harms both alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench import servers
from bench.arrivals import arriving
from bench.servers import Server
from bench.sockets import Socket, frame

WINDOW = 4
STOOD_STILL = 20  # a 99th percentile of so many medians is the disk's, not the server's
TEXT = "The quick brown fox jumps over the lazy dog, twice a day."
_TICKS = os.sysconf("SC_CLK_TCK")
_TEXT = b'"text":"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One measured stretch, or the medians of some."""

    rate: float  # messages a second
    busy: float  # share of one core that the server had
    cpu_us: float  # of the server, per message
    p50_ms: float  # from sending to the other side's having it
    p99_ms: float

    def line(self, name: str) -> str:
        return (
            f"{name:<12} {self.rate:>9,.0f} msg/s {self.cpu_us:>7.1f} us CPU/msg "
            f"p50 {self.p50_ms:>7.2f} ms  p99 {self.p99_ms:>7.2f} ms  {self.busy:>4.0%} of a core"
        )


def median(of: Sequence[Figures]) -> Figures:
    return Figures(
        **{name: statistics.median(getattr(each, name) for each in of) for name in Figures.__dataclass_fields__}
    )


def stalls(name: str, of: Sequence[Figures]) -> str:
    """A line about stretches in which the disk stood still, whose 99th percentiles say nothing of the server's."""
    count = sum(each.p99_ms > STOOD_STILL * each.p50_ms for each in of)
    if not count:
        return ""
    return f"the disk stood still in {count} of {len(of)} stretches of {name}: what is said of p99 means little\n"


@dataclass(slots=True)
class Load:
    """Senders and what came of their messages."""

    sent: dict[bytes, tuple[float, Socket]] = field(default_factory=dict)
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
        begin = text.find(_TEXT) + len(_TEXT)
        name = text[begin : text.find(b" ", begin)]
        sent = self.sent.get(name)
        if sent is not None and sent[1] is not socket:  # the sender's own pages hear it, too
            del self.sent[name]
            self.delivered_ms.append((time.perf_counter() - sent[0]) * 1000)

    def clear(self) -> None:
        self.delivered_ms.clear()
        self.acknowledged = 0


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@functools.cache
def _cores() -> list[int]:
    """What this process might use before it was bound to one of them."""
    return sorted(os.sched_getaffinity(0))


def take_cores(pid: int) -> list[int]:
    """Give the server one core and this process another, where there are two; what is left for others of the load.

    Not by what the server may use: its process began as a child of this one, which has only one since the last call.
    """
    cores = _cores()
    if len(cores) < 2:
        return cores
    os.sched_setaffinity(0, {cores[0]})
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {cores[-1]})
    return cores[1:-1] or cores[:1]


async def measure(server: Server, *, pairs: int, seconds: float, rate: int | None) -> Figures:
    """Run the load against a started server."""
    load = Load()
    senders = await server.open_pairs(pairs, load.heard)
    numbers = itertools.count()

    def send(socket: Socket) -> None:
        number = str(next(numbers))
        load.sent[number.encode()] = (time.perf_counter(), socket)
        socket.send(frame(server.message(socket, number, f"{number} {TEXT}")))

    if rate is None:
        load.more = send
        for socket in senders:
            for _ in range(WINDOW):
                send(socket)
        figures = await _stretch(server, load, seconds)
    else:
        with pace(senders, send, rate):
            figures = await _stretch(server, load, seconds)
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
    return Figures(rate=done / took, busy=cpu / took, cpu_us=cpu / max(done, 1) * 1e6, p50_ms=cuts[49], p99_ms=cuts[98])


def pace(senders: list[Socket], send: Callable[[Socket], None], rate: int) -> contextlib.AbstractContextManager[None]:
    """Meanwhile send in turn at that rate, each at a moment of its own."""
    turn = itertools.cycle(senders)
    return arriving(rate, lambda: send(next(turn)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a figure may be, as a ratio to the baseline, and what it should be."""

    of: str
    what: str
    most: float
    aim: float

    def line(self, ours: Figures, least: Figures) -> str:
        found, beside = getattr(ours, self.of), getattr(least, self.of)
        ratio = found / max(beside, 1e-9)
        verdict = "reached" if ratio <= self.aim else "kept" if ratio <= self.most else "MISSED"
        return (
            f"{self.what:<26} {found:>8.2f} beside {beside:>8.2f}: {ratio:>5.2f} x "
            f"(budget {self.most:g} x, aim {self.aim:g} x: {verdict})"
        )


_SATURATION = (Budget(of="cpu_us", what="CPU per message, us", most=1.5, aim=1.2),)
_PACED = (
    Budget(of="cpu_us", what="CPU per message, us", most=0.8, aim=0.6),
    Budget(of="p99_ms", what="p99 end to end, ms", most=1.5, aim=1.2),
)


def run(*, pairs: int, seconds: float, rate: int, messages: int, rounds: int) -> None:
    """Print both servers' figures and their ratios."""
    print(
        f"relay: {pairs} pairs, {seconds:g} s a stretch, {rounds} of each, {messages:,} messages in the log, "
        f"on {os.cpu_count()} cores with a load of {os.getloadavg()[0]:.1f}"
    )
    for title, pace, budgets in (("saturation", None, _SATURATION), (f"{rate} msg/s", rate, _PACED)):
        print(f"\n{title}")
        found: dict[str, list[Figures]] = {}
        kinds: tuple[Any, ...] = (servers.Minimal, servers.Frontdesk)
        for kind in kinds * rounds:
            with kind.start(messages=messages) as server:
                take_cores(server.pid)
                found.setdefault(kind.name, []).append(
                    uvloop.run(measure(server, pairs=pairs, seconds=seconds, rate=pace))
                )
            print(found[kind.name][-1].line(kind.name), flush=True)
        least, ours = (median(found[kind.name]) for kind in kinds)
        for budget in budgets:
            print(budget.line(ours, least))
        print(*(stalls(kind.name, found[kind.name]) for kind in kinds), sep="", end="")
