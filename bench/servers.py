"""The servers under measurement, each in its own process on its own data, with the opening that its protocol wants."""

from __future__ import annotations

import asyncio
import contextlib
import http.cookiejar
import json
import signal
import socket as sockets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import orjson

from bench import logs, past
from bench.sockets import Socket, connect, frame

# Every limit is looked at, and none is reached.
_LIMITS = "[limits]\n" + "".join(
    f"{name} = [1000000, 10000000]\n"
    for name in (
        "messages_per_visitor",
        "messages_per_agent",
        "messages_per_address",
        "messages_per_site",
        "starts_per_visitor",
        "starts_per_address",
        "signals_per_person",
        "reads_per_connection",
        "requests_per_address",
    )
)

Heard = Callable[[Socket, bytes], None]


class Server(Protocol):
    """A started server."""

    name: ClassVar[str]
    pid: int

    async def open_pairs(self, pairs: int, heard: Heard) -> list[Socket]:
        """Connect both sides of each pair; all of them may send."""

    @classmethod
    def start(cls, *, messages: int = 0) -> contextlib.AbstractContextManager[Self]:
        """Start one with so many messages in its log; it is killed at the end."""

    def message(self, socket: Socket, name: str, text: str) -> bytes:
        """The frame that sends `text` from this socket."""


def free_port() -> int:
    with contextlib.closing(sockets.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[int]:
    """A running process that listens; terminated at the end."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        try:
            for _ in range(1200):
                with contextlib.suppress(OSError), sockets.create_connection(("127.0.0.1", port), 0.1):
                    break
                time.sleep(0.05)
            yield child.pid
        finally:
            child.send_signal(signal.SIGKILL)


class Minimal:
    """`bench.minimal`."""

    name: ClassVar[str] = "minimal"

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self._port = port

    @classmethod
    @contextlib.contextmanager
    def start(cls, *, messages: int = 0) -> Iterator[Self]:
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            data = logs.of_minimal(Path(folder), messages=messages)
            with running([sys.executable, "-m", "bench.minimal", str(port), str(data)], port) as pid:
                yield cls(pid, port)

    async def open_pairs(self, pairs: int, heard: Heard) -> list[Socket]:
        found = []
        for n in range(pairs):
            for side in (0, 1):
                socket = await connect(f"ws://127.0.0.1:{self._port}/ws", heard)
                socket.send(frame(orjson.dumps({"do": "pair", "n": n, "side": side})))
                found.append(socket)
        return found

    def message(self, socket: Socket, name: str, text: str) -> bytes:  # noqa: ARG002 - the protocol's
        return orjson.dumps({"do": "message.send", "id": name, "conversation": "c", "client_id": name, "text": text})


class Frontdesk:
    """`frontdesk demo` with one agent of one slot for each pair."""

    name: ClassVar[str] = "frontdesk"

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port
        self._conversation: dict[Socket, str] = {}

    @classmethod
    @contextlib.contextmanager
    def start(cls, *, messages: int = 0) -> Iterator[Self]:
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            file = Path(folder) / "workspace.toml"
            file.write_text(past.workspace(logs.AGENTS, slots=1) + _LIMITS, encoding="utf-8")
            data = logs.of_frontdesk(Path(folder), messages=messages)
            command = [str(Path(sys.executable).with_name("frontdesk")), "demo", "--no-supervisor"]
            command += ["--port", str(port)]
            command += ["--data", str(data), "--workspace", str(file)]
            with running(command, port) as pid:
                yield cls(pid, port)

    async def open_pairs(self, pairs: int, heard: Heard) -> list[Socket]:
        opening = Opening(heard)
        agents = [await self._sit_down(n, opening) for n in range(pairs)]
        await asyncio.gather(*(opening.ask(agent, do="status.set", status="available") for agent in agents))
        found: list[Socket] = []
        for n in range(pairs):
            visitor = await connect(f"ws://127.0.0.1:{self.port}/ws/visitor", opening.heard)
            await opening.ask(visitor, do="identify", protocol=1, site="demo")
            offer = opening.next_offer()
            started = await opening.ask(visitor, do="conversation.start", client_id=f"start-{n}", text="Hello")
            agent, offered = await offer
            await opening.ask(agent, do="offer.accept", offer=offered)
            self._conversation[visitor] = self._conversation[agent] = started["conversation"]["id"]
            found += [visitor, agent]
        opening.done = True
        return found

    async def _sit_down(self, n: int, opening: Opening) -> Socket:
        token = await asyncio.to_thread(self.token, f"agent{n}")
        agent = await connect(f"ws://127.0.0.1:{self.port}/ws/agent", opening.heard)
        await opening.ask(agent, do="identify", protocol=1, token=token)
        return agent

    def token(self, key: str) -> str:
        """Sit down by the demo's own door, which asks for no password: hashing is not what is measured here."""
        jar = http.cookiejar.CookieJar()
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        address = f"http://127.0.0.1:{self.port}"
        opener.open(f"{address}/demo/sit?as={key}").close()
        body = json.dumps({"agent": key}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{address}/api/v1/ticket", body, headers)  # noqa: S310 - our own server
        with opener.open(request) as answer:
            return str(json.load(answer)["token"])

    def message(self, socket: Socket, name: str, text: str) -> bytes:
        conversation = self._conversation[socket]
        return orjson.dumps(
            {"do": "message.send", "id": name, "conversation": conversation, "client_id": name, "text": text}
        )


class Opening:
    """Asks and answers while the pairs are being made; afterwards everything goes to the load."""

    def __init__(self, heard: Heard) -> None:
        self._then = heard
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._offer: asyncio.Future[tuple[Socket, str]] | None = None
        self.done = False

    async def ask(self, socket: Socket, **fields: Any) -> dict[str, Any]:
        name = f"r{len(self._asked)}"
        self._asked[name] = asyncio.get_running_loop().create_future()
        socket.send(frame(orjson.dumps({"id": name, **fields})))
        async with asyncio.timeout(60):
            answer = await self._asked[name]
        if not answer["ok"]:
            raise RuntimeError(f"{fields} was refused: {answer}")
        return answer

    def next_offer(self) -> asyncio.Future[tuple[Socket, str]]:
        self._offer = asyncio.get_running_loop().create_future()
        return self._offer

    def heard(self, socket: Socket, text: bytes) -> None:
        if self.done:
            self._then(socket, text)
            return
        if text.startswith(b'{"on":"offer",') and self._offer is not None and not self._offer.done():
            self._offer.set_result((socket, orjson.loads(text)["offer"]))
        elif text.startswith(b'{"re"'):
            answer = orjson.loads(text)
            self._asked[answer["re"]].set_result(answer)
