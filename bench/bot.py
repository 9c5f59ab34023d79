"""`bot`: what a conversation with a bot costs, beside the relay of the same run.

A visitor's message goes to the bot, whose answer goes back: two durable messages. One connection of the bot has all
conversations. The rate is that of all messages, so half of them are visitors' and half answers, and the load of both
servers is the same. The bot here is the least there is, in the load's process: it answers at once. With `client` it is
`bots.examples.echo`, a process of its own on the load's core, whose processor time is printed as well.

* to the other side: from sending a visitor's message to the bot's having it, as for the relay;
* answered: from sending it to the visitor's having the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Self

import orjson
import uvloop

from bench import logs, past
from bench.relay import TEXT, Figures, cpu_seconds, measure, median, pace, take_cores
from bench.servers import Frontdesk, Opening, free_port, running
from bench.sockets import Socket, connect, frame
from server.session.limits import NAMES

BOT = "echo"
_VISITORS = b'"role":"visitor"'
# Every limit is looked at, and none is reached.
_LIMITS = "[limits]\n" + "".join(f"{name} = [1000000, 10000000]\n" for name in NAMES)


class WithBot(Frontdesk):
    """`frontdesk demo` whose one department has a bot before its people."""

    name: ClassVar[str] = "bot"
    data: Path

    @classmethod
    @contextlib.contextmanager
    def start(cls, *, messages: int = 0) -> Iterator[Self]:
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            file = Path(folder) / "workspace.toml"
            text = past.workspace(logs.AGENTS, slots=1).replace("method =", f'first = "bot:{BOT}"\nmethod =', 1)
            file.write_text(text + _LIMITS, encoding="utf-8")
            data = logs.of_frontdesk(Path(folder), messages=messages)
            command = [str(Path(sys.executable).with_name("frontdesk")), "demo", "--no-supervisor"]
            command += ["--port", str(port), "--data", str(data), "--workspace", str(file)]
            with running(command, port) as pid:
                server = cls(pid, port)
                server.data = data
                yield server

    def token_of_bot(self) -> str:
        command = [str(Path(sys.executable).with_name("frontdesk")), "token", "create", BOT, "--data", str(self.data)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    @contextlib.contextmanager
    def client(self) -> Iterator[int]:
        """The echo of the examples as a process; its id, once the server knows it."""
        url = f"http://127.0.0.1:{self.port}"
        environment = {**os.environ, "FRONTDESK_URL": url, "FRONTDESK_TOKEN": self.token_of_bot()}
        command = [sys.executable, "-m", "bots.examples.echo"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as child:
            assert child.stderr is not None
            try:
                while "knows this bot" not in child.stderr.readline():
                    pass
                yield child.pid
            finally:
                child.kill()

    async def open_conversations(self, count: int, load: Load, *, with_bot: bool) -> list[Socket]:
        """So many visitors who have the bot, and unless it is here already, the bot on one connection."""
        opening = Opening(load.heard)
        if with_bot:
            token = await asyncio.to_thread(self.token_of_bot)
            load.bot = await connect(f"ws://127.0.0.1:{self.port}/ws/bot", opening.heard)
            await opening.ask(load.bot, do="identify", protocol=1, token=token)
        visitors = []
        for n in range(count):
            visitor = await connect(f"ws://127.0.0.1:{self.port}/ws/visitor", opening.heard)
            await opening.ask(visitor, do="identify", protocol=1, site="demo")
            started = await opening.ask(visitor, do="conversation.start", client_id=f"start-{n}", text="Hello")
            conversation = started["conversation"]
            if conversation["state"] != "bot":
                raise RuntimeError(f"the bot did not get it: {conversation}")
            self._conversation[visitor] = conversation["id"]
            visitors.append(visitor)
        opening.done = True
        return visitors


@dataclass(slots=True)
class Load:
    """What is under way, and what came of it."""

    bot: Socket | None = None
    sent: dict[bytes, float] = field(default_factory=dict)
    delivered_ms: list[float] = field(default_factory=list)
    answered_ms: list[float] = field(default_factory=list)
    acknowledged: int = 0
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def heard(self, socket: Socket, text: bytes) -> None:
        """Any frame that comes back."""
        if text.startswith(b'{"re"'):
            self.acknowledged += 1
        elif text.startswith(b'{"on":"entry"'):
            from_visitor = _VISITORS in text
            if socket is self.bot and from_visitor:
                self._answer(socket, text)
            elif socket is not self.bot and not from_visitor:
                self._has_answer(text)

    def _answer(self, bot: Socket, text: bytes) -> None:
        entry = orjson.loads(text)
        sent = self.sent.get(_number(text))
        if sent is not None:
            self.delivered_ms.append((time.perf_counter() - sent) * 1000)
        fields = {"conversation": entry["conversation"], "client_id": f"re-{entry['seq']}-0", "text": entry["text"]}
        bot.send(frame(orjson.dumps({"do": "message.send", "id": str(next(self._numbers)), **fields})))

    def _has_answer(self, text: bytes) -> None:
        sent = self.sent.pop(_number(text), None)
        if sent is not None:
            self.answered_ms.append((time.perf_counter() - sent) * 1000)

    def clear(self) -> None:
        self.delivered_ms.clear()
        self.answered_ms.clear()
        self.acknowledged = 0


def _number(text: bytes) -> bytes:
    """What the message is known by: its last word, which an echo keeps."""
    begin = text.find(b'"text":"') + len(b'"text":"')
    return text[begin : text.find(b'"', begin)].rpartition(b" ")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """From a visitor's sending a message to their having the answer; processor time of the client for one."""

    p50_ms: float
    p99_ms: float
    client_us: float


async def converse(
    server: WithBot, *, conversations: int, seconds: float, rate: int, client: int | None = None
) -> tuple[Figures, Answers]:
    """Run the load against a started server; `rate` is that of visitors' messages and answers together.

    `client`: the process that answers instead of this one.
    """
    load = Load()
    visitors = await server.open_conversations(conversations, load, with_bot=client is None)
    numbers = itertools.count()

    def send(socket: Socket) -> None:
        number = str(next(numbers))
        load.sent[number.encode()] = time.perf_counter()
        socket.send(frame(server.message(socket, number, f"{TEXT} {number}")))

    with pace(visitors, send, rate // 2):
        await asyncio.sleep(min(2.0, seconds / 3))  # until it runs evenly
        load.clear()
        cpu, at = cpu_seconds(server.pid), time.perf_counter()
        own = 0.0 if client is None else cpu_seconds(client)
        await asyncio.sleep(seconds)
        took, cpu = time.perf_counter() - at, cpu_seconds(server.pid) - cpu
        own = 0.0 if client is None else cpu_seconds(client) - own
    if load.bot is not None and load.bot.lost.done():
        raise RuntimeError("the bot was cut off")
    # What the client writes is acknowledged where we do not hear it.
    answered = len(load.answered_ms)
    done = load.acknowledged if client is None else load.acknowledged + answered
    there, back = (_percentiles(each) for each in (load.delivered_ms, load.answered_ms))
    for socket in (*visitors, load.bot):
        if socket is not None:
            socket.close()
    figures = Figures(
        rate=done / took, busy=cpu / took, cpu_us=cpu / max(done, 1) * 1e6, p50_ms=there[0], p99_ms=there[1]
    )
    return figures, Answers(p50_ms=back[0], p99_ms=back[1], client_us=own / max(answered, 1) * 1e6)


def _percentiles(times_ms: list[float]) -> tuple[float, float]:
    if len(times_ms) < 2:
        return 0.0, 0.0
    cuts = statistics.quantiles(times_ms, n=100)
    return cuts[49], cuts[98]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured. `client`: once more with the Python client."""

    conversations: int
    seconds: float
    rate: int
    messages: int
    rounds: int
    client: bool


def run(plan: Plan) -> None:
    """Print the figures of the same run, and their ratio."""
    print(
        f"bot: {plan.conversations:,} conversations on one connection, {plan.rate:,} messages a second, "
        f"{plan.seconds:g} s a stretch, {plan.messages:,} messages in the log, on {os.cpu_count()} cores "
        f"with a load of {os.getloadavg()[0]:.1f}\n"
    )
    relayed: list[Figures] = []
    conversed: list[Figures] = []
    for _ in range(plan.rounds):
        with Frontdesk.start(messages=plan.messages) as server:
            take_cores(server.pid)
            load = measure(server, pairs=plan.conversations, seconds=plan.seconds, rate=plan.rate)
            relayed.append(uvloop.run(load))
        print(relayed[-1].line("relay"), flush=True)
        conversed.append(_one(plan, client=False))
        if plan.client:
            _one(plan, client=True)
    least, ours = median(relayed), median(conversed)
    cpu, wait = ours.cpu_us / least.cpu_us, ours.p99_ms / least.p99_ms
    print(f"\nCPU per message: {ours.cpu_us:.1f} us beside {least.cpu_us:.1f} of the relay: {cpu:.2f} x")
    print(f"p99 to the other side: {ours.p99_ms:.2f} ms beside {least.p99_ms:.2f}: {wait:.2f} x")


def _one(plan: Plan, *, client: bool) -> Figures:
    """One run with a bot, printed."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(WithBot.start(messages=plan.messages))
        take_cores(server.pid)
        pid = stack.enter_context(server.client()) if client else None
        load = converse(server, conversations=plan.conversations, seconds=plan.seconds, rate=plan.rate, client=pid)
        found, answers = uvloop.run(load)
    if client:
        line = f"{'client':<12} {found.rate:>9,.0f} msg/s {found.cpu_us:>7.1f} us CPU/msg of the server"
        line += f", {answers.client_us:.0f} us of the client for an answer"
    else:
        line = found.line("bot")
    print(f"{line}\n{'':<12} answered p50 {answers.p50_ms:.2f} ms  p99 {answers.p99_ms:.2f} ms", flush=True)
    return found
