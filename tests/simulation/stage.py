"""A small world without misfortune, in which one scene is played, and one task of the server cancelled in it.

The scene says how it comes to the moment (`given`) and what is asked then (`when`). What the server's tasks wait for
during `when` is counted; one of these waits is cut. Then everybody does what they would: who was cut off comes back and
sends again what was not answered, a process whose engine has ended is followed by another one. In the end nothing may
be half done.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import gc
import random
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import msgspec

from server.settings.workspace import Bot as BotSettings
from server.settings.workspace import WorkspaceFile
from server.wire.codes import CloseCode
from tests.blackbox.transcript import Frame
from tests.desk.support.bench import settings
from tests.simulation.client import Client, Request
from tests.simulation.disk import Weather
from tests.simulation.founding import BOT, Founded, found
from tests.simulation.house import House
from tests.simulation.loop import Loop
from tests.simulation.network import Cable
from tests.simulation.people import Agent, Bot, Visitor
from tests.simulation.plan import Plan
from tests.simulation.process import Process, in_life
from tests.simulation.stepping import Cut, Place, Stepping, Wait
from tests.simulation.world import World

T = TypeVar("T")
S = TypeVar("S", bound="Seated")
PEOPLE = ("ada", "ben", "sue", "root")
# Of the process and not of a request: where one of these has ended, the process ends.
PARTS = frozenset({"server", "engine", "queues", "logins", "hours", "retention"})
# Where they have nothing to do.
IDLE = frozenset(
    {
        "Connection._read",
        "Jobs._has_come",
        "Engine._commit",
        "Queues.run",
        "LoginWatch.run",
        "HoursClock.run",
        "Retention.run",
    }
)
TO_ITS_END = ("asked ", "erasing ")  # nobody gives these up but the end of the process
STEP_S = 0.02
LONG_S = 30.0

QUIET = Plan(
    visitors=0,
    pages=0,
    agents=0,
    seconds=0.0,
    pace=1.0,
    shuffles=False,
    kills=0,
    weather=Weather(quick=0.001, slow=0.001),
    cuts=0.0,
    silences=0.0,
    slowness=0.0,
    cancels=0.0,
    bus_is_late=0.0,
    latency=0.001,
    method="average_utilization",
    wrap_up=0,
    restores=False,
)


@dataclasses.dataclass(frozen=True, slots=True)
class Played:
    """What became of a scene."""

    faults: list[str]
    waits: list[Wait]
    cut: tuple[Place, ...] | None  # where, if it came to that


class Even(random.Random):
    """Nothing is left to chance: whatever is drawn is in the middle."""

    def random(self) -> float:
        return 0.5


class Stage(World):
    """One playing of one scene."""

    def __init__(self, scene: Scene, cut: Cut | None, *, traced: bool = False) -> None:
        self.scene = scene
        super().__init__(0, plan=QUIET, traced=traced)
        self.stepping = Stepping(self.loop, cut, self._cancelled)
        self.loop.follow = self.stepping.follow
        self.answers: dict[tuple[str, str], list[Frame]] = {}
        self._network = Even()
        self.is_judged = True  # what clients were told is to be there in the end
        self._expected: set[str] = set()
        self.vera: SeatedVisitor
        self.ada: SeatedAgent
        self.ben: SeatedAgent
        self.sue: SeatedAgent
        self.second: SeatedAgent
        self.fay: SeatedBot
        self.secret: Any = None
        self.id = ""

    def found(self) -> Founded:
        return founded(self.scene.wrap_up, bots=self.scene.bots)

    def make(self) -> Process:
        return self.scene.process(
            self.loop, self._disk, self._servers, installation=self.installation, passwords=self._passwords
        )

    def play(self) -> Played:
        faults = self.run().faults
        return Played(faults, self.stepping.waits, self.stepping.done)

    # The story.

    async def _story(self) -> None:
        self._start()
        await self.until(lambda: self.process is not None and self.process.up)
        await self.scene.given(self)
        await self.rest()
        self.stepping.arm()
        await self.scene.when(self)
        await self.rest()
        self.stepping.armed = False
        self._mended = True
        await self.rest()
        await self.scene.then(self)
        self._look_at_answers()
        await self.agrees()
        await self._all_look()
        self._look_for_leftovers()

    def _look_for_leftovers(self) -> None:
        """No task that nobody waits for, nobody who waits for nothing, no place that is taken by nobody."""
        process = self.process
        assert process is not None
        here = {connection.session for connection in process.connections}
        left = [task.get_name() for task in self.loop.tasks(self._life) if task.get_name() not in PARTS | here]
        if left:
            self.complain(f"tasks that are left over: {left}")
        for connection in process.connections:
            calls = connection._calls
            if calls.in_flight or calls._waiting or calls._tasks:
                self.complain(f"{connection.session} waits for nothing: {calls.in_flight} {calls._waiting}")
        counted = process.house._bounds.entrance
        if (counted.open, counted.unidentified) != (len(here), 0):
            self.complain(f"{counted.open} are counted, {counted.unidentified} of them strangers, and {here} are here")

    def _judge(self) -> None:
        if self.is_judged:
            super()._judge()
        else:
            self.faults += self.loop.faults

    def _look_at_answers(self) -> None:
        """Whatever was asked by one name was answered once, however often it was asked."""
        for (name, client_id), answers in self.answers.items():
            outcomes = {(each.get("at"), each.get("seq")) for each in answers}
            if len(outcomes) > 1:
                self.complain(f"{name} is answered {len(outcomes)} times to {client_id}: {answers}")

    def _cancelled(self, task: str) -> None:
        self.trace("-", f"the task {task} is cancelled")
        if task in PARTS or task.startswith(TO_ITS_END):
            # The process ends, as it does when the first signal comes: not at once.
            self.loop.call_later(0.01, self._kill)

    # What a scene is told with.

    def visitor(self, name: str = "vera", **more: Any) -> SeatedVisitor:
        return self._seat(SeatedVisitor, name, {"site": "demo", **more})

    def agent(self, name: str = "ada", token: str = "") -> SeatedAgent:
        return self._seat(SeatedAgent, name, {"token": token or self.token(name)}, agents=PEOPLE)

    def token(self, name: str) -> str:
        """Of this agent's login."""
        return self._founded.tokens[name]

    def bot(self, name: str = BOT) -> SeatedBot:
        return self._seat(SeatedBot, name, {"token": self._founded.tokens[BOT]})

    def _seat(self, kind: type[S], name: str, credentials: dict[str, Any], **more: Any) -> S:
        client = kind(self, name, credentials, self._recorder.client(name), Even(), **more)
        client.acts = False
        self.clients.append(client)
        client.come()
        return client

    async def until(self, done: Callable[[], object], seconds: float = LONG_S) -> None:
        """Until it is so; it is a fault if that takes too long."""
        end = self.loop.time() + seconds
        while not done():
            if self.loop.time() > end:
                waiting = [each.name for each in self.clients if not each.settled]
                raise TimeoutError(f"it never came to that; {waiting} wait for answers")
            await self.loop.advance(STEP_S)

    async def rest(self) -> None:
        """Until nobody waits for an answer, and a while after that."""
        await self.loop.advance(0.1)
        await self.until(self._rests)
        await self.loop.advance(0.3)

    def _rests(self) -> bool:
        if self.process is None or not self.process.up:
            return False
        return all(
            each.line is not None and each.identified and each.settled and not each.asked
            for each in self.clients
            if each.wants_to_be_here
        )

    def leaves(self, client: Client) -> None:
        """For good."""
        client.wants_to_be_here = False
        self.clients.remove(client)
        client.go(politely=True)

    def passes(self, client: Client) -> None:
        """Is here, and will be sent away for good."""
        client.wants_to_be_here = False
        self.clients.remove(client)
        for code in (CloseCode.REVOKED, CloseCode.BAD_CREDENTIALS):
            self.expects(f"{client.name} is closed for good with {int(code)}")

    async def inside(self, work: Coroutine[Any, Any, T], *, name: str = "inside") -> T | None:
        """Have the server do this; None if it was cancelled at it."""
        task = self.begin(work, name=name)
        while not task.done():
            await self.loop.advance(STEP_S)
        return None if task.cancelled() else task.result()

    def begin(self, work: Coroutine[Any, Any, T], *, name: str = "inside") -> asyncio.Task[T]:
        """Have the server do this beside others."""
        task: asyncio.Task[T] = in_life(self._life, self.loop.create_task, work)
        task.set_name(name)
        return task

    async def told(self, work: Coroutine[Any, Any, T | None]) -> T:
        """The same where nothing goes wrong yet."""
        found = await self.inside(work)
        assert found is not None
        return found

    async def asks(self, operation: str, query: str = "", *, who: str = "root", body: bytes = b"", **path: str) -> int:
        """Something of the API: again, when there is no answer. The status of the answer."""
        while True:
            await self.until(lambda: self.process is not None and self.process.up)
            process = self.process
            assert isinstance(process, House)
            token = self.token(who) if who else ""
            status = await self.inside(process.ask(operation, token, body, query, **path), name="rest")
            if status is not None and status > 0:
                return status
            await self.loop.advance(5)
            await self.until(lambda: self.process is not None and self.process.up)
            await self.agrees()

    async def agrees(self) -> None:
        """What is open to whom is what the database says."""
        process = self.process
        if isinstance(process, House):
            for wrong in await process.disagrees():
                self.complain(wrong)

    async def in_bad_weather(self, seconds: float) -> None:
        """The disk neither reads nor writes for a while."""
        await self.loop.advance(0.0015)  # what was asked is there
        good, self._disk.weather = self._disk.weather, dataclasses.replace(QUIET.weather, fails=1.0, read_fails=1.0)
        await self.loop.advance(seconds)
        self._disk.weather = good

    def restart(self) -> None:
        """As if the machine had lost its power."""
        self._kill()

    def expects(self, fault: str) -> None:
        """What is a fault elsewhere is what the scene is about: its beginning."""
        self._expected.add(fault)

    def complain(self, what: str) -> None:
        if not what.startswith(tuple(self._expected)):
            super().complain(what)

    @property
    def c(self) -> str:
        """Vera's conversation."""
        return self.vera.conversation

    @staticmethod
    def offer(agent: SeatedAgent) -> str:
        """The one that rings."""
        (found,) = agent.offers
        return found

    def _cable(self) -> Cable:
        return Cable(latency=self.plan.latency)


class Seated(Client):
    """Does what the scene says and nothing else, and keeps the answers to what it asked by name."""

    def hear_answer(self, request: Request, reply: Frame) -> None:
        super().hear_answer(request, reply)
        stage: Any = self.world
        stage.answers.setdefault((self.name, request.frame["client_id"]), []).append(reply)


class SeatedVisitor(Seated, Visitor):
    pass


class SeatedAgent(Seated, Agent):
    pass


class SeatedBot(Seated, Bot):
    def want_whole(self, stream: str, **fields: Any) -> None:
        """A stream's end with all of its text: sent again like any message, whose name is the stream's."""
        self.want("stream", client_id=stream, final=True, **fields)

    def tells_judge(self, frame: Frame) -> Frame:
        return {**frame, "do": "message.send"} if frame["do"] == "stream" else frame

    def on_the_wire(self, frame: Frame) -> Frame:
        if frame["do"] != "stream" or "client_id" not in frame:
            return frame
        return {("stream_id" if name == "client_id" else name): value for name, value in frame.items()}


Part = Callable[[Stage], Awaitable[None]]


async def nothing(_stage: Stage) -> None:
    """Nothing more."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What is asked, and how it comes to that. `then` looks at what must have come of it."""

    name: str
    given: Part
    when: Part
    then: Part = nothing
    wrap_up: int = 0
    bots: bool = False
    parts: bool = False
    process: type[Process] = Process

    def cuts_off(self, wait: Wait) -> bool:
        """Whether a part of the process is cut there, or somebody who is idle."""
        if self.parts:
            return True
        return self.process is Process and (not is_idle(wait) or wait.task not in PARTS)


@functools.lru_cache(maxsize=8)
def founded(wrap_up: int, *, bots: bool) -> Founded:
    """The demo's workspace, with everybody logged in."""
    loop = Loop(random.Random(0), shuffles=False)
    try:
        return loop.run_until_complete(found(loop, file_of(wrap_up, bots=bots), PEOPLE))
    finally:
        loop.close()


def file_of(wrap_up: int, *, bots: bool) -> WorkspaceFile:
    first = {"first": f"bot:{BOT}"} if bots else {}
    file = settings(support={"method": "average_utilization", "wrap_up": wrap_up, **first})
    if bots:
        file = msgspec.structs.replace(file, bots=(BotSettings(key=BOT, reply_seconds=30, grace_seconds=3),))
    return file


def play(scene: Scene, cut: Cut | None = None) -> Played:
    """One scene, with one cut."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return Stage(scene, cut).play()
    finally:
        if collects:
            gc.enable()


def cuts(scene: Scene, waits: list[Wait]) -> list[Cut]:
    """Those to be made: each wait for something, early and late; of the process's own parts, and of those who have
    nothing to do, each place once.
    """
    seen: set[Wait] = set()
    found: list[Cut] = []
    for first, last in one_by_one(waits):
        wait = waits[first]
        part = wait.task in PARTS
        if part or is_idle(wait) or is_asking_who(wait):
            if wait in seen or not scene.cuts_off(wait):
                continue
            seen.add(wait)
        found.append(Cut(first, "early"))
        # With a part ends the process, and what the disk has been asked for is done whenever that is.
        if waits[last].ends and not is_idle(wait) and not part:
            found.append(Cut(last, "late"))
    return found


def one_by_one(waits: list[Wait]) -> list[tuple[int, int]]:
    """The first and the last of those that are one wait to the server, as the simulated disk waits twice in a read."""
    begun: dict[str, list[int]] = {}
    found: list[list[int]] = []
    for at, wait in enumerate(waits):
        before = begun.get(wait.task)
        if before is not None and waits[before[-1]].places == wait.places and waits[before[-1]].ends:
            before[-1] = at
        else:
            begun[wait.task] = [at, at]
            found.append(begun[wait.task])
    return [(first, last) for first, last in found]


def is_asking_who(wait: Wait) -> bool:
    """Whether it is the API's question who asks, which is the same every time."""
    return any(place.function == "Entry._caller" for place in wait.places)


def is_idle(wait: Wait) -> bool:
    """Whether it waits for something to do."""
    return not wait.places or wait.places[-1].function in IDLE
