"""The proof: messages without end under kills, stops and cuts, recorded by everybody and judged in the end.

    python -m tests.faults million --messages 1000000

One process serves, this one is everybody else. When so many messages are acknowledged, the faults end, everybody comes
back and asks for what is missing, and the history is held against the database: nothing acknowledged is lost, nothing
is doubled, everybody saw one order (tests/history).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import uvloop

from tests.blackbox.wire import login
from tests.blackbox.workspace import agent, department, workspace
from tests.faults.proxy import Cut, Proxy
from tests.faults.serving import DATABASE, Serving
from tests.faults.talkers import Talker, TalkingAgent, TalkingVisitor
from tests.history import record
from tests.history.recorder import Recorder

BUFFER = 1 << 20
BACK_WITHIN_S = 120.0
THROUGH_PROXY = 10  # one in so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything. `pace`: messages between two faults, about."""

    messages: int
    seed: int = 1
    visitors: int = 200
    agents: int = 25
    slots: int = 10
    quota: int = 250
    pace: int = 8_000


@dataclass(slots=True)
class Tally:
    """What was done and seen."""

    faults: Counter[str] = field(default_factory=Counter)
    ready_s: list[float] = field(default_factory=list)
    acknowledged: int = 0
    conversations: int = 0
    returns: int = 0
    final: Counter[str] = field(default_factory=Counter)
    turned_away: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    def line(self) -> str:
        return (
            f"{self.acknowledged:,} messages acknowledged in {self.seconds:,.0f} s "
            f"({self.acknowledged / max(self.seconds, 0.001):,.0f} a second), {self.conversations:,} conversations, "
            f"{self.returns:,} connections; "
            + ", ".join(f"{count} {what}" for what, count in sorted(self.faults.items()))
            + (f"; ready again after {sum(self.ready_s) / len(self.ready_s):.1f} s" if self.ready_s else "")
        )


def workspace_of(plan: Plan) -> str:
    return workspace(
        ["support"],
        department("support", method="average_utilization", reject_delay=0, miss_delay=0, miss_limit=1000),
        *[agent(f"agent{n}", plan.slots, {"support": 50}) for n in range(plan.agents)],
        # What becomes of someone who is away does not depend on how long a start takes here.
        grace_seconds=120,
    )


class Million:
    """One run."""

    def __init__(self, plan: Plan, serving: Serving, recorder: Recorder) -> None:
        self.plan = plan
        self.serving = serving
        self.recorder = recorder
        self.tally = Tally()
        self.chance = random.Random(plan.seed)
        self.up = asyncio.Event()
        self.proxy: Proxy | None = None
        self.agents: list[TalkingAgent] = []
        self.visitors: dict[TalkingVisitor, asyncio.Task[None]] = {}
        self.names = itertools.count(1)
        self.over = False

    async def run(self) -> None:
        async with Proxy(self.serving.port) as self.proxy, asyncio.TaskGroup() as group:
            self.recorder.server("started")
            await self._agents(group)
            self.up.set()
            telling = group.create_task(self._progress())
            visiting = [group.create_task(self._visitors(group)) for _ in range(self.plan.visitors)]
            await self._faults()
            self.over = True
            await self._settle()
            for talker in self._everybody():
                talker.done = True
                talker.hang_up()
            for task in (telling, *visiting):
                task.cancel()
        self._count()

    def _everybody(self) -> list[Talker]:
        return [*self.agents, *self.visitors]

    def _port(self, number: int) -> int:
        assert self.proxy is not None
        return self.proxy.port if number % THROUGH_PROXY == 0 else self.serving.port

    async def _agents(self, group: asyncio.TaskGroup) -> None:
        for n in range(self.plan.agents):
            status, body = await login(self.serving.address, f"agent{n}@demo.example")
            assert status == 200, body
            token = json.loads(body)["token"]
            one = TalkingAgent(f"agent {n}", lambda n=n: self._port(n), self.recorder, self.plan.quota, token)  # type: ignore[misc]
            self.agents.append(one)
            group.create_task(one.live(self.up))

    async def _visitors(self, group: asyncio.TaskGroup) -> None:
        """One after another, as long as there are messages to write."""
        while not self.over:
            number = next(self.names)
            one = TalkingVisitor(f"visitor {number}", lambda n=number: self._port(n), self.recorder, self.plan.quota)  # type: ignore[misc]
            living = group.create_task(one.live(self.up))
            self.visitors[one] = living
            await living
            self._note(one)
            del self.visitors[one]

    def _note(self, one: Talker) -> None:
        self.tally.acknowledged += one.acknowledged
        self.tally.returns += one.returns
        self.tally.final.update(one.final)
        self.tally.turned_away.update(one.turned_away)
        self.tally.conversations += isinstance(one, TalkingVisitor)

    def _count(self) -> None:
        for one in self._everybody():
            self._note(one)

    def acknowledged(self) -> int:
        return self.tally.acknowledged + sum(one.acknowledged for one in self._everybody())

    # Faults.

    async def _faults(self) -> None:
        """Until enough is acknowledged; the time in which the server is down counts."""
        following = self.plan.pace / 2
        while (acknowledged := self.acknowledged()) < self.plan.messages:
            if acknowledged < following:
                await asyncio.sleep(0.02)
                continue
            following = acknowledged + self.plan.pace * self.chance.uniform(0.4, 1.6)
            await self._fault()
        self.tally.seconds = time.monotonic() - self.tally.began

    async def _fault(self) -> None:
        assert self.proxy is not None
        chance = self.chance.random()
        if chance < 0.5:
            await self._kill()
        elif chance < 0.6:
            await self._stop()
        elif chance < 0.7:
            await self._terminate()
        else:
            how = self.chance.choice(list(Cut))
            self.recorder.server("fault", f"cut: {how.value}")
            self.tally.faults[f"cuts ({how.value})"] += 1
            self.proxy.cut(how)

    async def _kill(self) -> None:
        self.tally.faults["kill -9"] += 1
        self.up.clear()
        self.serving.kill()
        self.recorder.server("killed")
        if self.chance.random() < 0.25:
            await self._kill_while_it_starts()
        await self._start()

    async def _kill_while_it_starts(self) -> None:
        self.tally.faults["kill -9 at the start"] += 1
        with self.serving.log.open("ab") as log:
            starting = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
                self.serving.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.up.set()  # Some try in vain, some get in and are cut off.
        await asyncio.sleep(self.chance.uniform(0.3, 1.5))
        self.up.clear()
        starting.kill()
        await asyncio.to_thread(starting.wait)

    async def _stop(self) -> None:
        self.tally.faults["SIGSTOP"] += 1
        self.recorder.server("fault", "stopped for a while")
        self.serving.signal(signal.SIGSTOP)
        await asyncio.sleep(self.chance.uniform(0.1, 2.0))
        self.serving.signal(signal.SIGCONT)

    async def _terminate(self) -> None:
        self.tally.faults["SIGTERM"] += 1
        self.serving.signal(signal.SIGTERM)
        status = await asyncio.to_thread(self.serving.wait)
        assert status == 0, self.serving.tail()
        self.up.clear()
        self.recorder.server("stopped")
        await self._start()

    async def _start(self) -> None:
        began = time.monotonic()
        await asyncio.to_thread(self.serving.start)
        self.tally.ready_s.append(time.monotonic() - began)
        self.recorder.server("started")
        self.up.set()

    # The end.

    async def _settle(self) -> None:
        """No fault any more: everybody is back, has everything acknowledged, and asks what they lack."""
        for one in self._everybody():
            one.quota = 0
        for visitor in self.visitors:
            visitor.closing = True
        try:
            async with asyncio.timeout(BACK_WITHIN_S):
                for one in self._everybody():
                    await one.reaches(lambda one=one: one.done or (one.flowing and not one.owed()))  # type: ignore[misc]
                # What rings is still being accepted: quiet is when a whole round has brought nobody anything.
                while await self._somebody_heard_something():
                    pass
        except TimeoutError:
            owed = "\n".join(f"{one.name}: {one.owed() or 'nothing'}" for one in self._everybody())
            raise AssertionError(f"no quiet within {BACK_WITHIN_S:.0f} s; what each still waits for:\n{owed}") from None
        self.recorder.quiet()

    async def _somebody_heard_something(self) -> bool:
        before = self._entries()
        for one in self._everybody():
            one.ask({"do": "ping"})
            for conversation, held in one.held.items():
                one.ask({"do": "history", "conversation": conversation, "after": held})
        for one in self._everybody():
            await one.reaches(lambda one=one: one.done or not one.awaited)  # type: ignore[misc]
        # As long as a bad cable takes at most.
        await asyncio.sleep(0.5)
        return self._entries() != before

    def _entries(self) -> int:
        return sum(sum(one.held.values()) for one in self._everybody())

    async def _progress(self) -> None:
        began, last = time.monotonic(), 0
        while not self.over:
            await asyncio.sleep(10)
            now = self.acknowledged()
            print(
                f"  {time.monotonic() - began:6.0f} s  {now:9,} acknowledged, {(now - last) / 10:6,.0f} a second, "
                f"{sum(self.tally.faults.values())} faults",
                flush=True,
            )
            last = now


@contextlib.contextmanager
def recording(path: Path) -> Iterator[Recorder]:
    """Into a file; whoever kills this process loses the last few records, which the judge does not mind."""
    file: BinaryIO
    with path.open("wb", buffering=BUFFER) as file:

        def take(made: record.Record) -> None:
            file.write(record.encoded(made) + b"\n")

        yield Recorder(take)


async def _talk(plan: Plan, serving: Serving, recorder: Recorder) -> Tally:
    million = Million(plan, serving, recorder)
    await million.run()
    return million.tally


def judged(history: Path, database: Path) -> tuple[int, str]:
    """The verdict of the history's own judge, in a process of its own."""
    command = [sys.executable, "-m", "tests.history", str(history), "--database", str(database)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def run(plan: Plan, folder: Path | None = None) -> int:
    """The whole proof; prints what happened, and returns 1 if anything is wrong. Then the folder is kept."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    where = Path(tempfile.mkdtemp(prefix="frontdesk-million-", dir=folder))
    print(f"{plan.messages:,} messages, {plan.visitors} visitors at a time, {plan.agents} agents, seed {plan.seed}")
    serving = Serving(where, where, workspace_of(plan))
    history = where / "history.jsonl"
    with serving, recording(history) as recorder, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tally = runner.run(_talk(plan, serving, recorder))
        serving.signal(signal.SIGTERM)
        status = serving.wait()
    print(tally.line(), flush=True)
    for what, counted in (("refused for good", tally.final), ("gave up a connection", tally.turned_away)):
        if counted:
            print(f"{what}: " + ", ".join(f"{count} times {why}" for why, count in counted.most_common(8)))
    began = time.monotonic()
    code, said = judged(history, serving.data / DATABASE)
    print(said.strip())
    print(f"judged in {time.monotonic() - began:,.0f} s; the history has {history.stat().st_size / 2**20:,.0f} MiB")
    if status != 0:
        print(f"the server ended with {status} when it was asked to")
        code = 1
    if code == 0:
        shutil.rmtree(where)
    else:
        print(f"everything is kept in {where}")
    return code
