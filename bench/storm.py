"""`storm`: thousands of clients come back at once to a server that was killed and started again.

Every client was identified before and resumes with its token, as pages do, but all in the same moment and without the
jitter that spreads them in life. Beside them a visitor talks: how long until their message is acknowledged. The
baseline is a bare aiohttp server that accepts as many sockets and answers one frame on each. Server time is CPU time.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import uvloop
from aiohttp import web

from bench import past
from bench.relay import cpu_seconds
from bench.servers import free_port
from bench.sockets import Socket, connect, frame

CLIENTS = 5000
_SHOP = "https://shop.example"
_OF_AN_ADDRESS = 50
_AT_ONCE = 200  # while they come the first time
_TALKS_EVERY_S = 0.02


@dataclass(slots=True)
class Page:
    """One visitor's page across its connections."""

    url: str
    address: str
    token: str = ""
    epoch: str = ""
    socket: Socket | None = None
    answers: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)

    async def enter(self) -> None:
        """Connect and identify, as often as it takes."""
        self.answers = asyncio.Queue()
        while self.socket is None:
            try:
                self.socket = await connect(self.url, self._heard, _SHOP, from_=self.address)
            except OSError:
                await asyncio.sleep(0.02)
        known = {"token": self.token, "resume": {"epoch": self.epoch, "positions": {}}} if self.token else {}
        answer = await self.ask(do="identify", id="1", protocol=1, site="demo", **known)
        self.token, self.epoch = answer["me"]["token"], answer["epoch"]

    async def ask(self, **fields: Any) -> dict[str, Any]:
        assert self.socket is not None
        self.socket.send(frame(orjson.dumps(fields)))
        while True:
            answer = await self.answers.get()
            if answer.get("re") == fields["id"]:
                if not answer["ok"]:
                    raise RuntimeError(f"{fields['do']} was refused: {answer}")
                return answer

    async def lost(self) -> None:
        assert self.socket is not None
        await self.socket.lost
        self.socket = None

    def _heard(self, _socket: Socket, text: bytes) -> None:
        if text.startswith(b'{"re"'):
            self.answers.put_nowait(orjson.loads(text))


def run(*, clients: int) -> None:
    """Print the figures beside the baseline."""
    uvloop.run(_run(clients))


async def _run(clients: int) -> None:
    print(f"storm: {clients:,} clients at once; load {os.getloadavg()[0]:.1f}")
    bare_s, bare_cpu_s = await _bare(clients)
    print(f"{'bare aiohttp':<14} all answered after {bare_s:>6.2f} s   server {bare_cpu_s:>6.2f} s CPU")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        await asyncio.to_thread(past.fill, data, messages=20_000, waiting=0, active=0, agents=20, slots=10)
        port = free_port()
        command = [str(Path(sys.executable).with_name("frontdesk")), "serve", "--port", str(port), "--data", str(data)]
        pages = [Page(f"ws://127.0.0.1:{port}/ws/visitor", _address(n)) for n in range(clients)]
        talker = Page(f"ws://127.0.0.1:{port}/ws/visitor", _address(clients))
        with _serving(command, port) as first:
            await _in_portions(pages, lambda page: page.enter())
            await talker.enter()
            talk = await talker.ask(do="conversation.start", id="2", client_id="storm", text="Hello")
            first.send_signal(signal.SIGKILL)
            for page in [*pages, talker]:
                await page.lost()
        with _serving(command, port) as second:
            cpu, at = cpu_seconds(second.pid), time.perf_counter()
            talking = asyncio.create_task(_talk(talker, talk["conversation"]["id"]))
            await asyncio.gather(*(page.enter() for page in pages))
            took, cpu = time.perf_counter() - at, cpu_seconds(second.pid) - cpu
            talking.cancel()
            acknowledged_ms = await talking
    cuts = statistics.quantiles(acknowledged_ms, n=100)
    print(f"{'frontdesk':<14} all identified after {took:>4.2f} s   server {cpu:>6.2f} s CPU")
    print(
        f"ratio: time {took / bare_s:.1f}, CPU {cpu / bare_cpu_s:.1f}   {cpu / clients * 1e6:,.0f} us CPU a client   "
        f"a message meanwhile: {len(acknowledged_ms)} acknowledged, p50 {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms"
    )


async def _talk(talker: Page, conversation: str) -> list[float]:
    """Come back like everybody and write one message after another, until cancelled; how long each took, in ms."""
    took: list[float] = []
    with contextlib.suppress(asyncio.CancelledError):
        await talker.enter()
        while True:
            began = time.perf_counter()
            name = f"m{len(took)}"
            await talker.ask(do="message.send", id=name, conversation=conversation, client_id=name, text="Still there?")
            took.append((time.perf_counter() - began) * 1000)
            await asyncio.sleep(_TALKS_EVERY_S)
    return took if len(took) > 1 else [0.0, 0.0]


async def _bare(clients: int) -> tuple[float, float]:
    """Seconds until all were answered, and the server's CPU time."""
    port = free_port()
    with _serving([sys.executable, "-m", "bench.storm", str(port)], port) as server:
        cpu, at = cpu_seconds(server.pid), time.perf_counter()

        async def once(n: int) -> Socket:
            answered = asyncio.Event()
            socket = await connect(
                f"ws://127.0.0.1:{port}/ws", lambda _socket, _text: answered.set(), from_=_address(n)
            )
            socket.send(frame(b'{"do":"identify","id":"1"}'))
            await answered.wait()
            return socket

        sockets = await asyncio.gather(*(once(n) for n in range(clients)))
        found = time.perf_counter() - at, cpu_seconds(server.pid) - cpu
        for socket in sockets:
            socket.close()
        return found


def _address(n: int) -> str:
    """Visitors come from many addresses, all of them this machine's own."""
    number = n // _OF_AN_ADDRESS
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


async def _in_portions(pages: list[Page], do: Callable[[Page], Awaitable[None]]) -> None:
    for start in range(0, len(pages), _AT_ONCE):
        await asyncio.gather(*(do(page) for page in pages[start : start + _AT_ONCE]))


@contextlib.contextmanager
def _serving(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            while not _answers(port):
                if server.poll() is not None:
                    raise RuntimeError(f"the server ended with {server.returncode}")
                time.sleep(0.005)
            yield server
        finally:
            server.send_signal(signal.SIGKILL)


def _answers(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.suppress(OSError), contextlib.closing(line):
        line.request("GET", "/readyz")
        return line.getresponse().status == http.HTTPStatus.OK
    return False


async def _serve_bare(port: int) -> None:
    async def handle(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        async for message in ws:
            await ws.send_str(message.data)
        return ws

    async def ready(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_get("/ws", handle)
    app.router.add_get("/readyz", ready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve_bare(int(sys.argv[1])))
