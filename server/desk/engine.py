"""The engine: one task that runs the router and commits what it decided, one transaction in flight.

What waits is taken as one batch: each job's command goes to the router, the events of all of them to one transaction
under the workspace's next version. Nobody is told anything before the commit. A commit that fails answers `unavailable`
and throws the router's memory away: it is rebuilt from the database, which is the truth.

Presence and "somebody wrote" change what the router decides, but need not survive: a batch of nothing else is not
committed. They are told again after a rebuild, by the hub's connections and from the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from router import commands, events, model
from router.errors import CommandRejected
from router.router import Router
from server.clock import Clock
from server.desk import planning, rebuild
from server.desk.blame import Blame
from server.desk.commit import Batch, Written
from server.desk.directory import Directory, router_settings
from server.desk.job import Done, Job, Step, changing_nothing, ignore, telling
from server.desk.jobs import Jobs
from server.desk.open import OpenConversations
from server.desk.outcome import conflict, doing, end_of, look_up, subject_of, transaction
from server.desk.planning import Memory
from server.desk.unwritten import Unwritten
from server.desk.views import Standing
from server.desk.waits import Waits
from server.histogram import MICROSECONDS, Histogram
from server.store.base import Committed, Failed, Store, StoreUnavailable
from server.wire.codes import ErrorCode, Refused

log = structlog.get_logger(__name__)
T = TypeVar("T")

_WAITING = 10_000
_BACK_OFF_S = (0.05, 0.2, 0.5, 1.0, 2.0)
_GIVEN_UP_MS = 60_000
_SWEEP_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A commit, as the pushes need it: what happened, what was written, the router's records of that moment, and the
    settings until then and from then on.
    """

    at: int
    events: tuple[events.Event, ...]
    batch: Batch
    written: Written
    before: Directory
    directory: Directory


class Engine:
    """Runs one workspace's router. Only its own task touches the router."""

    def __init__(  # noqa: PLR0913 - the seams it stands between
        self,
        *,
        store: Store,
        clock: Clock,
        presence: rebuild.Presence,
        directory: Directory,
        publish: Callable[[Told], None],
        pause: Callable[[float], Awaitable[None]],
        waits: Waits | None = None,
        seed: int = 0,
    ) -> None:
        self._store = store
        self._clock = clock
        self._presence = presence
        self._publish = publish
        self._pause = pause
        self._seed = seed
        self._jobs = Jobs()
        self._restarting = False
        self._stopping = False
        self._deaf: set[str] = set()
        self.bots_here: frozenset[str] = frozenset()  # those that have a connection
        self._bots_told: frozenset[str] = frozenset()  # the same as of the last commit
        self._unwritten = Unwritten()
        self._given_up: dict[commands.Command, int] = {}
        self._blame = Blame()
        self._swept_at = 0
        self._v = 0
        self._router: Router | None = None
        self.directory = directory
        self._coming: tuple[int, Directory] | None = None
        self.waits = waits or Waits()
        self.open = OpenConversations()
        self.router_seconds = Histogram(MICROSECONDS)  # for each batch
        self.ready = False
        self.alive = True
        self.on_alarm: Callable[[str], None] = lambda what: log.critical("alarm", part=what)
        self.lines_to_read: Callable[[], frozenset[str] | None] = frozenset
        self.on_untold: Callable[[Iterable[str]], None] = lambda _conversations: None

    @property
    def router(self) -> Router:
        """For reading between commits (places, presence); it may be ahead of what is committed."""
        assert self._router is not None, "the engine has not started"
        return self._router

    def now(self) -> int:
        """The router's time: that of the batch being handled."""
        return self.router.now

    def is_deaf(self, agent: str) -> bool:
        """Whether a ring went unconfirmed and nothing was heard of this agent since."""
        return agent in self._deaf

    def ringing(self, conversation: str) -> tuple[str, ...]:
        """The agents at whom a conversation rings."""
        return self.router.ringing(model.ConversationId(conversation))

    def standing(self, conversation: str) -> Standing | None:
        """Where a conversation stands in line, as its visitor is told; None for one that does not wait there."""
        found = self.open.get(conversation)
        place = self.router.queue(model.ConversationId(conversation))
        if place is None or (found is not None and found.left):
            return None
        wait = self.waits.shown(conversation) if place.serving else None
        return Standing(place=place.place, serving=place.serving, wait=wait)

    def directory_at(self, v: int) -> Directory:
        """The settings as of a commit that is on disk, also when nobody was told of it yet. From any thread."""
        coming = self._coming
        return coming[1] if coming is not None and v >= coming[0] else self.directory

    def serving(self) -> frozenset[str]:
        """The departments in which an eligible agent is present and available."""
        return frozenset(each for each in self.directory.departments if self.router.serving(model.DepartmentId(each)))

    def submit(self, job: Job) -> None:
        """Queue a job; raises `Refused` (unavailable) when too many wait."""
        if len(self._jobs) >= _WAITING:
            raise Refused(ErrorCode.UNAVAILABLE, "Too much is waiting. Try again.", retry_after_ms=1000)
        self._jobs.put(job)

    def tell(
        self,
        command: commands.Command,
        *,
        then: Callable[[Done | Refused], None] = ignore,
        patient: bool = False,
    ) -> None:
        """Queue a command nobody waits for. Never refused: who comes, goes and writes is bounded elsewhere.

        ``patient``: it is done beside others, and whoever asks for something goes first.
        """
        self._jobs.put(telling(command, then), patient=patient)

    def tell_in_turn(self, make: Callable[[], commands.Command | None]) -> None:
        """The same with what there is to say once it is its turn, after everything that was asked before."""
        self._jobs.put(Job(plan=lambda _now, _seen: Step(command=make()), then=ignore))

    async def start(self) -> None:
        """Rebuild from the database; the first batch withdraws what rang and starts graces anew."""
        self._restarting = True
        await self._rebuild()

    async def run(self) -> None:
        """Work until `stop`; whatever was submitted before it is done first."""
        try:
            while not (self._stopping and len(self._jobs) == 0):
                await self._work(await self._next())
        finally:
            self.alive = self.ready = False

    async def work_off(self) -> None:
        """Work until nothing waits and nothing is due, instead of `run`: for whoever decides when time passes."""
        while not self._jobs.is_empty or self._seconds_to_deadline() == 0:
            await self._work(await self._next())

    def stop(self) -> None:
        """Let `run` end once all that waits is done."""
        self._stopping = True
        self.tell(commands.Tick())

    async def _next(self) -> list[Job]:
        """What waits, at most a batch; a due deadline counts as a job."""
        return await self._jobs.take(self._seconds_to_deadline(), skips=self._given_up.__contains__)

    def _seconds_to_deadline(self) -> float | None:
        due = self.router.next_deadline()
        return None if due is None else max(0, due - self._clock.now()) / 1000

    async def _work(self, batch: list[Job]) -> None:
        try:
            await self._look_up(batch)
        except StoreUnavailable:
            self._fail(batch)
            return
        except Exception as error:  # noqa: BLE001 - as below
            await self._stumble(batch, error)
            return
        now = self._clock.now()
        began = self._clock.monotonic()
        try:
            happened = self._handle(batch, now)
        except Exception as error:  # noqa: BLE001 - our bug, whatever it is: logged, and the rest goes on
            await self._stumble(batch, error)
            return
        self.router_seconds.observe(self._clock.monotonic() - began)
        await self._commit(batch, now, happened)

    async def _look_up(self, batch: list[Job]) -> None:
        """Which of the named requests have been done before, and what plans need to know."""
        asking = [job for job in batch if job.name is not None or job.look is not None]
        if asking:
            await self._store.read(lambda tx: look_up(tx, asking))

    def _handle(self, batch: list[Job], now: int) -> tuple[events.Event, ...]:
        """Ask the router, job by job; what it rejects is that job's end, not the batch's."""
        happened: list[events.Event] = []
        seen: dict[tuple[str, str], Job] = {}
        for job in batch:
            if self._is_repeated(job, seen):
                continue
            try:
                job.step = job.plan(now, job.seen)
                if job.step.command is not None:
                    said = self._ask(job.step.command, now)
                    happened.extend(said)
                    if job.step.heard is not None:
                        job.step = job.step.heard(said)
                if job.step.also is not None:
                    happened.extend(self._ask_also(job.step.also, now))
            except CommandRejected as rejected:
                happened.extend(self._follow(rejected.events))
                job.refused = Refused(ErrorCode(rejected.code.value), rejected.message)
            except Refused as refused:
                job.refused = refused
        return tuple(happened)

    def _ask(self, command: commands.Command, now: int) -> tuple[events.Event, ...]:
        """One command; and when it puts a visitor in line, what they are told of the wait is promised with it."""
        wait = self.waits.on_entry(command, now)
        happened = self._follow(self.router.handle(command, now))
        started = next((event for event in happened if isinstance(event, events.ConversationStarted)), None)
        if wait is None or started is None or started.asked is not None:  # it was of the line that was asked for
            return happened
        place = self.router.queue(started.conversation)
        if place is None or not place.serving:
            return happened
        promise = self.waits.entered(started.conversation, wait, now)
        return happened + self._follow(self.router.handle(promise, now))

    def _ask_also(self, command: commands.Command, now: int) -> tuple[events.Event, ...]:
        """What goes with it, if it is still to be done: the request does not fail with it."""
        try:
            return self._ask(command, now)
        except CommandRejected as rejected:
            return self._follow(rejected.events)

    def _follow(self, happened: tuple[events.Event, ...]) -> tuple[events.Event, ...]:
        """Keep in step with the router what is looked up without asking it."""
        for event in happened:
            match event:
                case events.AgentDeaf():
                    self._deaf.add(event.agent)
                case events.AgentConnected() | events.AgentDisconnected():
                    self._deaf.discard(event.agent)
                case events.BotConnected():
                    self.bots_here |= {event.bot}
                case events.BotDisconnected() | events.BotGone():
                    self.bots_here -= {event.bot}
                case _:
                    pass
        self._unwritten.follow(happened)
        self.waits.follow(happened)
        return self.open.follow(happened)

    def _is_repeated(self, job: Job, seen: dict[tuple[str, str], Job]) -> bool:
        """Whether this request has an outcome already, or gets one in this very batch."""
        if job.name is None:
            return False
        if job.earlier is not None:
            job.refused = conflict(job)
            return True
        first = seen.setdefault(job.name.key, job)
        if first is not job:
            job.twin = first
        return first is not job

    async def _commit(self, batch: list[Job], now: int, happened: tuple[events.Event, ...]) -> None:
        try:
            plan = self._plan(batch, happened)
        except Exception as bug:  # noqa: BLE001 - as above
            await self._stumble(batch, bug)
            return
        if plan is None:
            self._answer_uncommitted(batch, now)
            await asyncio.sleep(0)  # nothing was waited for: thousands of these in a row would hold up everybody else
            return
        directory = planning.directory_after(self.directory, doing(batch))
        self._coming = (plan.v + 1, directory)
        error = await self._write(batch, now, plan)
        self._coming = None
        match error:
            case None:
                pass
            case StoreUnavailable():
                self._fail(batch)
                await self._rebuild()
            case _:
                await self._stumble(batch, error)

    async def _write(self, batch: list[Job], now: int, plan: Batch) -> Exception | None:
        """Write, and tell of it in the turn of the commit: nobody hears of a later one first."""
        ended: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        sweeps = now - self._swept_at >= _SWEEP_MS

        def then(outcome: Committed[tuple[Written, list[object]]] | Failed) -> None:
            try:
                if isinstance(outcome, Committed):
                    self._swept_at = now if sweeps else self._swept_at
                    self._finish(batch, now, plan, *outcome.value)
            finally:
                if not ended.done():
                    ended.set_result(outcome.error if isinstance(outcome, Failed) else None)

        try:
            self._store.submit(lambda tx: transaction(tx, plan, batch, now, sweeps=sweeps), then=then)
        except StoreUnavailable as error:
            return error
        return await ended

    def _plan(self, batch: list[Job], happened: tuple[events.Event, ...]) -> Batch | None:
        memory = Memory(
            v=self._v,
            directory=self.directory,
            open=self.open,
            waits=self.waits,
            quiet=lambda: self._unwritten.quiet,
            to_read=self.lines_to_read,
        )
        return planning.plan(memory, self.router, doing(batch), happened)

    def _answer_uncommitted(self, batch: list[Job], now: int) -> None:
        for job in batch:
            self._safely(job.then, end_of(job, v=self._v, at=now))
        self.open.settle()

    def _finish(self, batch: list[Job], now: int, plan: Batch, written: Written, values: list[object]) -> None:
        """Replies first, then what everyone is told."""
        self._v = written.v
        self._unwritten.settle()
        self._blame.settle()
        if any(isinstance(event, events.Restarted) for event in plan.events):
            self._restarting = False
        for job, value in zip(batch, values, strict=True):
            if job.earlier is None:
                job.value = value
        before = self.directory
        for job in batch:
            if job.step is not None and job.refused is None and job.step.directory is not None:
                self.directory = job.step.directory
        ends = [(job, end_of(job, v=written.v, at=now)) for job in batch]
        for job, end in ends:
            self._safely(job.then, end)
        for job, end in ends:
            if job.told is not None and isinstance(end, Done) and job.earlier is None and job.twin is None:
                self._safely(job.told, end)
        self._bots_told = self.bots_here
        told = Told(at=now, events=plan.events, batch=plan, written=written, before=before, directory=self.directory)
        if not self._safely(self._publish, told):
            self.on_untold(written.conversations)
        self.open.settle()

    def _safely(self, tell: Callable[[T], None], what: T) -> bool:
        """Tell of something that is done; False when that failed, which undoes nothing."""
        try:
            tell(what)
        except Exception:
            log.exception("telling failed")
            self.on_alarm("telling")
            return False
        return True

    def _fail(self, batch: list[Job]) -> None:
        refused = Refused(ErrorCode.UNAVAILABLE, "Nothing was changed. Try again.", retry_after_ms=500)
        for job in batch:
            self._safely(job.then, refused)

    async def _stumble(self, batch: list[Job], error: Exception) -> None:
        """Our own bug: start again from the database and do the jobs one by one; one that fails again is let go."""
        log.error("engine stumbled", jobs=len(batch), exc_info=error)
        subjects = [subject_of(job) for job in batch]
        quarantining = any(job.step is not None and isinstance(job.step.command, commands.Quarantine) for job in batch)
        await self._rebuild()
        blamed = None if quarantining else self._blame.whom(error)
        if blamed is not None:
            self.on_alarm("routing")
            await self._work([telling(commands.Quarantine(conversation=blamed))])
        if len(batch) > 1 or blamed is not None:
            for job in batch:
                job.step, job.refused, job.earlier, job.twin = None, None, None, None
                await self._work([job])
            return
        job = batch[0]
        if job.tries == 0:
            job.tries, job.step, job.refused = 1, None, None
            await self._work([job])
            return
        await self._let_go(job, subjects[0])

    async def _let_go(self, job: Job, subject: str | None) -> None:
        """It failed again: its conversation stays out of routing for a while, the rest goes on."""
        self.on_alarm("routing")
        self._safely(job.then, Refused(ErrorCode.INTERNAL, "This could not be done. It has been logged."))
        command = None if job.step is None else job.step.command
        match command:
            case None | commands.Quarantine():
                pass
            case commands.Restart():
                self._restarting = False
            case commands.Tick():
                await self._pause(_BACK_OFF_S[-1])  # what is due stays due
            case _:
                now = self._clock.now()
                self._given_up = {each: until for each, until in self._given_up.items() if until > now}
                self._given_up[command] = now + _GIVEN_UP_MS
        if subject is not None and not isinstance(command, commands.Quarantine):
            self.tell(commands.Quarantine(conversation=model.ConversationId(subject)))

    async def _rebuild(self) -> None:
        """Read the router's memory anew, backing off until the database answers."""
        found = await self._read_back()
        untold = self._router is not None and found.v != self._v
        self._v = found.v
        if untold:
            self.directory = found.directory
        snapshot = found.snapshot
        if not self._restarting:
            snapshot = rebuild.as_it_is(found, self._presence, self._unwritten.seen, now=self._clock.now())
        self._router = Router.rebuild(router_settings(self.directory), snapshot, seed=self._seed)
        self.waits.rebuilt(self._router, found.learned, snapshot.conversations, now=self._clock.now())
        self._unwritten.forget()
        self.open = OpenConversations.of(found.conversations)
        self._deaf = {agent.id for agent in found.snapshot.agents if agent.deaf}
        self.bots_here = frozenset(each for each in found.directory.bots if self._presence.bot_is_here(each))
        first: list[commands.Command] = [commands.Restart()] if self._restarting else []
        self._jobs.tell_again([*first, *rebuild.tell_again(found, self._presence)])
        if self.bots_here != self._bots_told:
            self._jobs.put(changing_nothing())  # their coming and going is no event any more: a commit has to tell it
        self.ready = True
        if untold:
            self.on_untold(())

    async def _read_back(self) -> rebuild.Found:
        attempt = 0
        while True:
            try:
                return await self._store.read(lambda tx: rebuild.read(tx, self.directory))
            except StoreUnavailable:
                self.ready = False
                await self._pause(_BACK_OFF_S[min(attempt, len(_BACK_OFF_S) - 1)])
                attempt += 1
