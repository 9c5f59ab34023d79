"""An hour of coming and going: does anything grow that should not?

    python -m tests.faults soak --minutes 60

Fifty visitors a second come, have a short conversation with an agent and go. Meanwhile the server is asked what it
holds: open files, memory, tasks of the loop, connections, the write-ahead log, bytes of the database for each message.
The first third is for warming up; between the second and the last nothing may have grown. In the end everybody goes,
and of the connections nothing may be left.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from urllib.request import urlopen

import uvloop

from tests.faults.million import Million, Plan, workspace_of
from tests.faults.serving import DATABASE, Serving
from tests.faults.talkers import TalkingVisitor
from tests.history.recorder import Recorder

PER_SECOND = 50
MOST_AT_ONCE = 200  # what a busy machine does not serve in time is no growth: then fewer come
SAMPLES = 60
GONE_WITHIN_S = 60.0
_MIB = 1 << 20
_SAMPLE = re.compile(r"^(\w+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the server held at one moment."""

    files: float
    resident: float
    tasks: float
    connections: float
    wal: float
    database: float
    messages: float

    @classmethod
    def of(cls, serving: Serving) -> Sample:
        """By its own metrics, and by the file."""
        with urlopen(f"http://{serving.address}/metrics") as answer:  # a test's own server
            said: str = answer.read().decode()
        found: dict[str, float] = {}
        for name, value in _SAMPLE.findall(said):
            found[name] = found.get(name, 0.0) + float(value)
        return cls(
            files=found["process_open_fds"],
            resident=found["process_resident_memory_bytes"],
            tasks=found["frontdesk_loop_tasks"],
            connections=found["frontdesk_connections"],
            wal=found["frontdesk_wal_bytes"],
            database=(serving.data / DATABASE).stat().st_size,
            messages=found["frontdesk_messages_total"],
        )

    def line(self) -> str:
        return (
            f"{self.files:.0f} files, {self.resident / _MIB:.1f} MiB resident, {self.tasks:.0f} tasks, "
            f"{self.connections:.0f} sockets, log {self.wal / _MIB:.1f} MiB, database {self.database / _MIB:.1f} MiB "
            f"of {self.messages:,.0f} messages"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """How much more the last third may have than the second: a share of it, and something on top."""

    what: str
    of: Callable[[Sample], float]
    share: float
    more: float


BOUNDS = (
    Bound(what="open files", of=lambda sample: sample.files, share=0.2, more=20),
    Bound(what="tasks", of=lambda sample: sample.tasks, share=0.2, more=40),
    Bound(what="sockets", of=lambda sample: sample.connections, share=0.2, more=20),
    Bound(what="memory", of=lambda sample: sample.resident, share=0.05, more=16 * _MIB),
    # 16 MiB, and as much again each time that a reader in an old state keeps it from starting over; cut at 64.
    Bound(what="the log", of=lambda sample: sample.wal, share=0.0, more=48 * _MIB),
    Bound(
        what="the database for each message",
        of=lambda sample: sample.database / max(1.0, sample.messages),
        share=0.1,
        more=16,
    ),
)


def grown(samples: Sequence[Sample]) -> list[str]:
    """What grew between the second third and the last, in words."""
    third = len(samples) // 3
    if third == 0:
        return ["there were too few samples"]
    found = []
    for bound in BOUNDS:
        before = median(bound.of(sample) for sample in samples[third : 2 * third])
        after = median(bound.of(sample) for sample in samples[-third:])
        if after > before * (1 + bound.share) + bound.more:
            found.append(f"{bound.what} grew from {before:,.0f} to {after:,.0f}")
    return found


class Soak(Million):
    """Visitors at a pace, no faults, nothing recorded."""

    def __init__(self, plan: Plan, serving: Serving) -> None:
        super().__init__(plan, serving, Recorder(lambda _record: None))

    async def soak(
        self, seconds: float, *, count: int = SAMPLES, say: Callable[[str], None] = lambda _line: None
    ) -> list[Sample]:
        """For so long, looked at so often; then everybody goes. The last sample is of the empty house."""
        samples = []
        fresh = await asyncio.to_thread(Sample.of, self.serving)
        self.up.set()
        async with asyncio.TaskGroup() as group:
            await self._agents(group)
            arriving = group.create_task(self._arrivals(group))
            for number in range(count):
                await asyncio.sleep(seconds / count)
                samples.append(await asyncio.to_thread(Sample.of, self.serving))
                if number % max(1, count // 6) == 0:
                    say(samples[-1].line())
            arriving.cancel()
            for talker in self._everybody():
                talker.done = True
                talker.hang_up()
        samples.append(await self._empty(fresh))
        say(samples[-1].line())
        return samples

    def _port(self, number: int) -> int:  # noqa: ARG002 - as its base; nobody comes over a bad cable
        return self.serving.port

    async def _empty(self, fresh: Sample) -> Sample:
        """When nothing is left of anybody: the last task of a socket ends a moment after it. Or else what is left."""
        until = time.monotonic() + GONE_WITHIN_S
        while True:
            sample = await asyncio.to_thread(Sample.of, self.serving)
            if not left(sample, fresh) or time.monotonic() > until:
                return sample
            await asyncio.sleep(0.2)

    async def _arrivals(self, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in itertools.count(1):
            one = TalkingVisitor(f"visitor {number}", lambda: self._port(0), self.recorder, self.plan.quota)
            self.visitors[one] = group.create_task(one.live(self.up))
            self.visitors[one].add_done_callback(lambda _task, one=one: self._went(one))  # type: ignore[misc]
            await asyncio.sleep(max(0.0, began + number / PER_SECOND - loop.time()))
            while len(self.visitors) >= MOST_AT_ONCE:
                await asyncio.sleep(0.02)
                began += 0.02

    def _went(self, one: TalkingVisitor) -> None:
        self._note(one)
        del self.visitors[one]


def plan_of(seed: int, agents: int = 25) -> Plan:
    """Short conversations, and agents enough for all of them."""
    return Plan(messages=0, seed=seed, agents=agents, slots=10, quota=3)


def left(empty: Sample, fresh: Sample) -> list[str]:
    """What those who went have left behind. `fresh`: before anybody came."""
    found = []
    if empty.connections:
        found.append(f"{empty.connections:.0f} sockets are left")
    if empty.files > fresh.files + 20:
        found.append(f"{empty.files:.0f} files are open, before anybody came {fresh.files:.0f}")
    if empty.tasks > fresh.tasks + 20:
        found.append(f"{empty.tasks:.0f} tasks are left, before anybody came {fresh.tasks:.0f}")
    return found


def run(minutes: float, seed: int) -> int:
    """Prints what was seen; 1 if something grew."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 8192)), hard))
    plan = plan_of(seed)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frontdesk-soak-")))
        serving = stack.enter_context(Serving(folder, folder, workspace_of(plan)))
        runner = stack.enter_context(asyncio.Runner(loop_factory=uvloop.new_event_loop))
        fresh = Sample.of(serving)
        print(f"{minutes:g} minutes of {PER_SECOND} visitors a second\n{fresh.line()}", flush=True)
        soak = Soak(plan, serving)
        *samples, empty = runner.run(soak.soak(minutes * 60, say=lambda line: print(line, flush=True)))
        print(f"{soak.tally.conversations:,} conversations, {soak.tally.acknowledged:,} messages of visitors")
        found = [*grown(samples), *left(empty, fresh)]
    print("\n".join(found) if found else "Nothing grew.")
    return int(bool(found))
