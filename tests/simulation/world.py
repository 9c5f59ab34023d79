"""A whole run out of one seed: who comes, what they do, what goes wrong, and whether all was well in the end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import gc
import hashlib
import logging
import random
import traceback
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import orjson
import structlog

from server.desk.ids import Ids
from server.desk.passwords import Passwords
from server.store import installation
from tests.desk.support.bench import CHEAP
from tests.desk.support.reading import Reading
from tests.history.checker import Checker
from tests.history.database import Database
from tests.history.record import Compared, Record
from tests.history.recorder import Recorder
from tests.history.report import report
from tests.simulation.client import Client
from tests.simulation.disk import Disk, SimulatedStore, Weather
from tests.simulation.founding import AGENTS, BOT, Founded, founded, logged_in
from tests.simulation.loop import OUTSIDE, Loop, Stuck
from tests.simulation.network import Cable, Line
from tests.simulation.people import Agent, Bot, Visitor
from tests.simulation.plan import Plan
from tests.simulation.process import Process, in_life

QUIET_S = 15.0
TRIES = 20
# What is logged when the disk fails, as it is to do here.
_OF_THE_DISK = frozenset({"an incident could not be recorded"})
STEPS = 400_000  # of a loop that goes round and round


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run."""

    seed: int
    plan: Plan
    faults: list[str]
    trace: list[str]
    digest: str
    messages: int
    commits: int
    steps: int
    failures: int


class World:
    """One run."""

    def __init__(
        self,
        seed: int,
        *,
        bots: int = 0,
        cancels_at: int = 0,
        traced: bool = False,
        spoil: Callable[[Process], None] | None = None,
        plan: Plan | None = None,
    ) -> None:
        self.seed = seed
        drawn = Plan.of(random.Random(f"{seed} plan"))
        self.plan = plan or dataclasses.replace(drawn, bots=bots, cancels_at=cancels_at)
        self.loop = Loop(random.Random(f"{seed} loop"), shuffles=self.plan.shuffles)
        self.faults: list[str] = []
        self.lines: list[str] = []
        self.records: list[Record] = []
        self.process: Process | None = None
        self.clients: list[Client] = []
        self._traced = traced
        self._spoil = spoil
        self._digest = hashlib.sha256()
        self._life = 0
        self._network = random.Random(f"{seed} network")
        self._servers = random.Random(f"{seed} servers")
        self._founded = self.found()
        self._disk = Disk(self._founded.content, random.Random(f"{seed} disk"), self.plan.weather)
        self._recorder = Recorder(self.records.append)
        self._passwords = Passwords(CHEAP)
        self.installation = self._founded.installation
        self._backup: bytes | None = None
        self._epochs = Ids(random.Random(f"{seed} epochs").randbytes)
        self.is_complete = True  # nobody has written whom the judge does not hear of
        self._mended = False
        self._serving: asyncio.Task[None] | None = None
        self._restoring: asyncio.Task[None] | None = None

    def found(self) -> Founded:
        """The installation in which it happens."""
        return founded(self.plan.method, self.plan.wrap_up, bots=self.plan.bots > 0)

    def make(self) -> Process:
        """A process of the server."""
        return Process(self.loop, self._disk, self._servers, installation=self.installation, passwords=self._passwords)

    def run(self) -> Outcome:
        with listening(self.complain):
            try:
                self.loop.run_until_complete(self._story())
            except Stuck:
                self.complain("nothing can happen any more, and the story is not at its end")
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the seed
                where = "".join(traceback.format_tb(error.__traceback__)[-2:])
                self.complain(f"the story ended with {error!r}\n{where}")
            self._judge()
            self._close()
        return Outcome(
            seed=self.seed,
            plan=self.plan,
            faults=self.faults,
            trace=self.lines,
            digest=self._digest.hexdigest(),
            messages=sum(type(each).__name__ == "Acked" for each in self.records),
            commits=self._disk.commits,
            steps=self.loop.steps,
            failures=self._disk.failures,
        )

    # What clients need.

    def connect(self, client: Client) -> Line | None:
        process = self.process
        if process is None or not process.up:
            return None
        line = Line(self.loop, self._network, self._cable(), client)
        in_life(self._life, process.take, line, client.endpoint)
        self.trace(client.name, f"connects {line.cable}")
        return line

    def trace(self, who: str, what: str, frame: Any = None) -> None:
        said = b"" if frame is None else orjson.dumps(frame)
        line = f"{self.loop.time():9.4f} {who:8} {what}"
        self._digest.update(line.encode() + said)
        if self._traced:
            self.lines.append(f"{line} {said.decode()}" if said else line)

    def complain(self, what: str) -> None:
        self.faults.append(what)
        self.trace("!", what)

    # The story.

    async def _story(self) -> None:
        self._invite()
        self._start()
        chance = random.Random(f"{self.seed} kills")
        kills = sorted(chance.uniform(1, self.plan.seconds) for _ in range(self.plan.kills))
        for at in kills:
            self.loop.call_at(at, self._kill)
        if self.plan.restores and kills:
            self.loop.call_at(chance.uniform(0, kills[0]), self._back_up)
        await self.loop.advance(self.plan.seconds)
        self._mend()
        await self.loop.advance(QUIET_S)
        await self._all_look()

    def _invite(self) -> None:
        plan = self.plan
        for name in AGENTS[: plan.agents]:
            self._add(Agent, name, {"token": self._founded.tokens[name]}, agents=AGENTS)
        for number in range(plan.bots):
            self._add(Bot, f"{BOT}{number or ''}", {"token": self._founded.tokens[BOT]})
        for name in ("vera", "vito", "vala")[: plan.visitors]:
            self._add(Visitor, name, {"site": "demo"})
        if plan.pages:
            self.loop.call_later(plan.seconds / 3, self._second_page)

    def _second_page(self) -> None:
        first = next(client for client in self.clients if client.name == "vera")
        if "token" in first.credentials:
            self._add(Visitor, "vera2", first.credentials)

    def _add(self, kind: Any, name: str, credentials: dict[str, Any], **more: Any) -> None:
        chance = random.Random(f"{self.seed} {name}")
        client = kind(self, name, credentials, self._recorder.client(name), chance, **more)
        self.clients.append(client)
        self.loop.call_later(chance.uniform(0, 0.5), client.come)
        self._act_later(client)

    def _act_later(self, client: Client) -> None:
        self.loop.call_later(client.chance.expovariate(1 / self.plan.pace), self._act, client)

    def _act(self, client: Client) -> None:
        if not client.acts:
            return
        if client.chance.random() < 0.03:
            client.go(politely=client.chance.random() < 0.5)
        elif client.identified or client.chance.random() < 0.1:
            client.act()
        self._act_later(client)

    def _cable(self) -> Cable:
        plan, chance = self.plan, self._network
        cable = Cable(latency=plan.latency)
        if self._mended:
            return cable
        if chance.random() < plan.cuts:
            if chance.random() < 0.5:
                cable.cut_after_bytes = int(chance.expovariate(1 / 6000))
            else:
                cable.cut_after_frames = int(chance.expovariate(1 / 8))
        if chance.random() < plan.silences:
            cable.silent_after = int(chance.expovariate(1 / 10))
        if chance.random() < plan.slowness:
            cable.bytes_a_second = chance.choice((200, 2_000, 20_000))
        if chance.random() < plan.cancels:
            cable.cancelled_after = 1 + int(chance.expovariate(1 / 12))
        if plan.cancels_at:
            cable.cancelled_after = plan.cancels_at
        return cable

    # The server.

    def _start(self) -> None:
        self._life += 1
        process = self.make()
        process.bus_is_late = self.plan.bus_is_late
        if self._spoil is not None:
            self._spoil(process)
        self.process = process
        self._recorder.server("started")
        self.trace("-", "the server starts")
        in_life(self._life, self._serve, process, self._life)

    def _serve(self, process: Process, life: int) -> None:
        self._serving = self.loop.create_task(process.run(), name="server")
        self._serving.add_done_callback(functools.partial(self._died, life), context=OUTSIDE)

    def _died(self, life: int, task: asyncio.Task[None]) -> None:
        """By itself: a database that does not answer at the start is tried again; nothing else may end it."""
        if life != self._life or task.cancelled():
            return
        process = self.process
        if process is not None and process.up:
            self.complain(f"the server died: {task.exception()!r}")
        self._kill()

    def _kill(self) -> None:
        self.loop.between(self._power_off)

    def _power_off(self) -> None:
        process, life = self.process, self._life
        if process is None:
            return
        self.process = None
        self._recorder.server("killed")
        self.trace("-", "the server is killed")
        process.inner.kill()
        for line in list(process.lines):
            line.die()
        self.loop.end(life)
        if self._backup is not None:
            self._restoring = self.loop.create_task(self._restore(self._backup), context=OUTSIDE)
            self._backup = None
        else:
            self._start_later()

    def _start_later(self) -> None:
        self.loop.call_later(self._servers.uniform(0.1, 2), self._start, context=OUTSIDE)

    def _back_up(self) -> None:
        self._backup = self._disk.connection.serialize("main")
        self.trace("-", "a backup is made")

    async def _restore(self, backup: bytes) -> None:
        """As `frontdesk restore`: another epoch, and everybody has to log in again."""
        self._disk.connection.deserialize("main", backup)
        store: Any = SimulatedStore(self._disk)
        epoch = self._epochs.new("e")
        self.trace("-", "a backup is restored")
        self._recorder.server("restored")
        weather, self._disk.weather = self._disk.weather, Weather()
        await store.write(lambda tx: installation.renew(tx, epoch, at=int(1000 * self.loop.time())))
        found = await store.read(installation.read)
        assert found is not None
        self.installation = found
        tokens = await logged_in(store, self.loop, self._servers)
        for client in self.clients:
            key = BOT if client.endpoint == "bot" else client.name
            if key in tokens:
                client.credentials = {"token": tokens[key]}
        store.kill()
        self._disk.weather = Weather() if self._mended else weather
        self._start_later()

    # The end.

    def _mend(self) -> None:
        """No misfortune from here on, and nobody does anything new; what is under way comes to its end."""
        self._mended = True
        self._disk.weather = Weather(slow=self.plan.weather.slow)
        self.trace("-", "all is mended")
        chance = random.Random(f"{self.seed} mend")
        for client in self.clients:
            client.acts = False
            if client.line is not None:
                client.line.mend()
                # Some come back while others are being answered.
                if chance.random() < 0.5:
                    client.line.cut()

    async def _all_look(self) -> None:
        """Whether each finds what it ought to: by a ping what it has missed, and by a fresh look what it holds."""
        for client in self.clients:
            client.ask("ping")
        await self.loop.advance(5)
        process = self.process
        if process is None or not process.up:
            self.complain("the server is not up in the end")
            return
        for client in self.clients:
            if not client.settled:
                self.complain(f"{client.name} is not at rest: {[request.frame for request in client.outbox]}")
        if process.bus_is_late:
            await self.loop.advance(1)
        for client in self.clients:
            if client.identified:
                await self._compare(process, client)
        self._recorder.quiet()
        await self._at_rest(process.check_router)
        await process.check_numbers()
        if forgotten := process.forgets_nobody():
            self.complain(f"subscribed though gone: {forgotten}")
        if process.alarms:
            self.complain(f"alarms: {process.alarms}")

    async def _at_rest(self, check: Callable[[], Awaitable[None]]) -> None:
        """The router may be a commit ahead of the database: only what stays wrong is wrong."""
        for _ in range(TRIES):
            with contextlib.suppress(AssertionError):
                await check()
                return
            await self.loop.advance(0.7)
        await check()

    async def _compare(self, process: Process, client: Client) -> None:
        """With nothing happening meanwhile: what falls due just then is waited for, and looked at again."""
        held = fresh = self._held(process, client)
        for _ in range(TRIES):
            heard, v = len(client.since), process.engine._v
            held = self._held(process, client)
            connection = next(each for each in process.connections if each.session == client.identified["session"])
            looking: Any = _Looking(connection, client.credentials)
            fresh = await process.look(looking)
            # The look may have seen a commit of which nobody was told yet, or whose frames are on their way.
            await self.loop.advance(0.7)
            if (heard, v) == (len(client.since), process.engine._v):
                break
        self.records.append(Compared(by=client.name, held=_canonical(held.state()), fresh=_canonical(fresh.state())))

    @staticmethod
    def _held(process: Process, client: Client) -> Reading:
        held = Reading(client.identified)
        for event in client.since:
            if event.get("v", held.v + 1) <= held.v:
                continue  # it was kept back while the snapshot was read
            if process.bus_is_late:
                held.newest = 0  # only what is said of one topic is in order then
            held.hear(event)
        return held

    def _judge(self) -> None:
        self.faults += self.loop.faults
        checker = Checker()
        for each in self.records:
            checker.take(each)
        violations = checker.close(Database(self._disk.connection), complete=self.is_complete)
        if violations:
            self.faults.append(report(self.records, violations, most=2))

    def _close(self) -> None:
        if self.process is not None:
            self.process.inner.kill()
        for life in range(self._life + 1):
            self.loop.end(life)
        self._passwords.close()
        self.loop.close()
        self._disk.connection.close()


class _Looking:
    """A client as `Checks.look` wants it."""

    def __init__(self, peer: Any, credentials: dict[str, Any]) -> None:
        self.peer = peer
        self.credentials = credentials


def _canonical(state: Any) -> str:
    return orjson.dumps(state, option=orjson.OPT_SORT_KEYS).decode()


@contextlib.contextmanager
def listening(complain: Callable[[str], None]) -> Iterator[None]:
    """What the server logs as an error is a fault of the run; the rest is of no interest."""

    def hear(_logger: object, method: str, event: MutableMapping[str, Any]) -> Any:
        if method in {"error", "critical", "exception"} and event.get("event") not in _OF_THE_DISK:
            complain(f"logged: {method} {event.get('event')} {event.get('exc_info')!r}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[hear],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**before)


def simulate(
    seed: int,
    *,
    bots: int = 0,
    cancels_at: int = 0,
    traced: bool = False,
    spoil: Callable[[Process], None] | None = None,
) -> Outcome:
    """One seed from its beginning to its judgement.

    `bots`: as many connections of a bot are there, too. `cancels_at`: until things are mended, each connection's task
    is cancelled when it waits for that time.
    """
    collects = gc.isenabled()
    gc.disable()  # a run is short, and makes little rubbish that is not freed at once
    try:
        return World(seed, bots=bots, cancels_at=cancels_at, traced=traced, spoil=spoil).run()
    finally:
        if collects:
            gc.enable()
