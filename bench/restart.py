"""`restart`: how soon a server that was killed works again, beside the bare reading of the same rows.

A log of 1,000,000 messages is there, 10,000 conversations are open, half of them with agents. `rebuild` is what the
engine does before it takes the first request: read the rows in a read transaction, decode them, rebuild the router.
`ready` is from the start of the process to `/readyz`; `answered` to the first conversation begun over a socket. The
baseline reads the columns of the same rows with a bare cursor; its ratio is in CPU time of one process.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import http.client
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import apsw
import orjson

from bench import past
from bench.relay import cpu_seconds
from bench.servers import free_port
from bench.sockets import Socket, connect, frame
from router.router import Router
from server.app.ground import load_directory, standing
from server.app.parts import Present, Telling
from server.clock import pause
from server.desk import rebuild
from server.desk.directory import router_settings
from server.desk.engine import Engine
from server.store.sqlite.directory import DATABASE

_REBUILD_BUDGET_MS = 1000
_READY_BUDGET_MS = 3000
_TIMES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """CPU time of this process, and the clock on the wall."""

    cpu_ms: float
    wall_ms: float


class Watch:
    """Measures what runs inside its `with`."""

    def __enter__(self) -> Self:
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.spent = Spent(
            cpu_ms=(time.process_time() - self._cpu) * 1000, wall_ms=(time.perf_counter() - self._wall) * 1000
        )


def run(*, messages: int, opened: int) -> None:
    """Print the figures beside the baseline."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        began = time.perf_counter()
        agents = max(1, opened // 20)
        past.fill(data, messages=messages, waiting=opened - opened // 2, active=opened // 2, agents=agents, slots=10)
        size = (data / DATABASE).stat().st_size / 1e6
        print(
            f"restart: {messages:,} messages in the log ({size:,.0f} MB), {opened:,} conversations open, "
            f"{agents:,} agents; made in {time.perf_counter() - began:.0f} s; load {os.getloadavg()[0]:.1f}"
        )
        bare = _median([_bare(data) for _ in range(_TIMES)])
        found = [asyncio.run(_rebuild(data)) for _ in range(_TIMES)]
        ours = _median([each for each, _ in found])
        print(f"{'bare reading':<16} {bare.cpu_ms:>8.0f} ms CPU {bare.wall_ms:>8.0f} ms")
        print(
            f"{'rebuild':<16} {ours.cpu_ms:>8.0f} ms CPU {ours.wall_ms:>8.0f} ms   "
            f"ratio {ours.cpu_ms / bare.cpu_ms:.1f}   budget {_REBUILD_BUDGET_MS} ms"
        )
        print("  of it: " + ", ".join(f"{name} {ms:.0f} ms CPU" for name, ms in found[-1][1].items()))
        for title in ("after kill -9", "once more"):
            ready_ms, answered_ms, cpu_ms = _start(data)
            print(
                f"{title:<16} ready after {ready_ms:,.0f} ms (budget {_READY_BUDGET_MS} ms), first conversation begun "
                f"after {answered_ms:,.0f} ms, {cpu_ms:,.0f} ms CPU until then"
            )


def _median(found: list[Spent]) -> Spent:
    return Spent(
        cpu_ms=statistics.median(each.cpu_ms for each in found),
        wall_ms=statistics.median(each.wall_ms for each in found),
    )


_ROWS = (
    (
        "SELECT n, id, site, visitor, department, state, owner, entered_at, assign_no, version, entries, notes, "
        "started_at, closed_at, language, page, form, tags, outcome, decision, routing FROM conversation "
        "WHERE routing IS NOT NULL ORDER BY n"
    ),
    "SELECT agent, record FROM agent_state",
    (
        "SELECT c.id, (SELECT role || ' ' || at FROM entry WHERE conversation = c.n AND kind = 'message' "
        "ORDER BY seq DESC LIMIT 1) FROM conversation c WHERE routing IS NOT NULL"
    ),
)


def _bare(data: Path) -> Spent:
    connection = apsw.Connection(str(data / DATABASE), apsw.SQLITE_OPEN_READONLY)
    try:
        with Watch() as watch:
            for sql in _ROWS:
                connection.execute(sql).fetchall()
    finally:
        connection.close()
    return watch.spent


async def _rebuild(data: Path) -> tuple[Spent, dict[str, float]]:
    """Of the engine, and of its two halves asked alone."""
    async with standing(data) as ground:
        directory = await ground.store.read(load_directory)
        engine = Engine(
            store=ground.store,
            clock=ground.clock,
            presence=Present(),
            directory=directory,
            publish=Telling(),
            pause=pause,
        )
        # As the server does it: what is built at the start stays, and is not swept meanwhile.
        gc.collect()
        gc.disable()
        with Watch() as whole:
            await engine.start()
        gc.enable()
        with Watch() as reading:
            found = await ground.store.read(lambda tx: rebuild.read(tx, directory))
        with Watch() as routing:
            Router.rebuild(router_settings(directory), found.snapshot, seed=0)
        return whole.spent, {"reading and decoding": reading.spent.cpu_ms, "the router": routing.spent.cpu_ms}


def _start(data: Path) -> tuple[float, float, float]:
    """Milliseconds until it is ready, until a conversation was begun, and its CPU time so far; then it is killed."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("frontdesk")), "serve", "--port", str(port), "--data", str(data)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while not _ready(port):
                if server.poll() is not None:
                    raise RuntimeError(f"the server ended with {server.returncode}")
                time.sleep(0.005)
            ready_ms = (time.perf_counter() - began) * 1000
            asyncio.run(_begin(port))
            answered_ms = (time.perf_counter() - began) * 1000
            return ready_ms, answered_ms, cpu_seconds(server.pid) * 1000
        finally:
            server.send_signal(signal.SIGKILL)


def _ready(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.suppress(OSError), contextlib.closing(line):
        line.request("GET", "/readyz")
        return line.getresponse().status == http.HTTPStatus.OK
    return False


async def _begin(port: int) -> None:
    answers: asyncio.Queue[bytes] = asyncio.Queue()
    socket = await connect(f"ws://127.0.0.1:{port}/ws/visitor", lambda _socket, text: answers.put_nowait(text), _SHOP)
    await _ask(socket, answers, do="identify", id="1", protocol=1, site="demo")
    await _ask(socket, answers, do="conversation.start", id="2", client_id="bench", text="Hello")
    socket.close()


_SHOP = "https://shop.example"


async def _ask(socket: Socket, answers: asyncio.Queue[bytes], **fields: object) -> None:
    socket.send(frame(orjson.dumps(fields)))
    while True:
        answer = orjson.loads(await answers.get())
        if answer.get("re") == fields["id"]:
            if not answer["ok"]:
                raise RuntimeError(f"{fields} was refused: {answer}")
            return
