"""The engine: one task that runs the router and commits what it decided, one transaction in flight.

What waits is taken as one batch: each job's command goes to the router, the events of all of them to one transaction
under the workspace's next version. Nobody is told anything before the commit. A commit that fails answers `unavailable`
and throws the router's memory away: it is rebuilt from the database, which is the truth.

Presence and "somebody wrote" change what the router decides, but need not survive: a batch of nothing else is not
committed. They are told again after a rebuild, by the hub's connections and from the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass

import structlog

from router import commands, events, model
from router.errors import CommandRejected
from router.router import Router
from server.clock import Clock
from server.desk import chronicle, commit, rebuild
from server.desk.changed_settings import told_anew
from server.desk.commit import Batch, Written
from server.desk.directory import Directory, router_settings
from server.desk.job import Done, Job, telling
from server.desk.open import OpenConversations
from server.desk.views import encode
from server.store import requests
from server.store.base import Store, StoreUnavailable, Tx
from server.store.requests import RequestRow
from server.wire.codes import ErrorCode, Refused

log = structlog.get_logger(__name__)

VOLATILE = (
    events.MessageWritten,
    events.VisitorConnected,
    events.VisitorDisconnected,
    events.OfferSeen,
    events.PauseEnded,
)
_BATCH = 64
_WAITING = 10_000
_BACK_OFF_S = (0.05, 0.2, 0.5, 1.0, 2.0)


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
        seed: int = 0,
    ) -> None:
        self._store = store
        self._clock = clock
        self._presence = presence
        self._publish = publish
        self._pause = pause
        self._seed = seed
        self._jobs: asyncio.Queue[Job] = asyncio.Queue(_WAITING)
        self._first: list[Job] = []
        self._stopping = False
        self._deaf: set[str] = set()
        self._v = 0
        self._router: Router | None = None
        self.directory = directory
        self.open = OpenConversations()
        self.ready = False
        self.alive = True
        self.on_alarm: Callable[[str], None] = lambda _what: None

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

    def serving(self) -> frozenset[str]:
        """The departments in which an eligible agent is present and available."""
        return frozenset(each for each in self.directory.departments if self.router.serving(model.DepartmentId(each)))

    def submit(self, job: Job) -> None:
        """Queue a job; raises `Refused` (unavailable) when too many wait."""
        try:
            self._jobs.put_nowait(job)
        except asyncio.QueueFull:
            raise Refused(ErrorCode.UNAVAILABLE, "Too much is waiting. Try again.", retry_after_ms=1000) from None

    def tell(self, command: commands.Command) -> None:
        """Queue a command nobody waits for."""
        self.submit(telling(command))

    async def start(self) -> None:
        """Rebuild from the database; the first batch withdraws what rang and starts graces anew."""
        await self._rebuild(commands.Restart())

    async def run(self) -> None:
        """Work until `stop`; whatever was submitted before it is done first."""
        try:
            while not (self._stopping and self._jobs.empty()):
                await self._work(await self._next())
        finally:
            self.alive = self.ready = False

    async def work_off(self) -> None:
        """Work until nothing waits and nothing is due, instead of `run`: for whoever decides when time passes."""
        while self._first or not self._jobs.empty() or self._seconds_to_deadline() == 0:
            await self._work(await self._next())

    def stop(self) -> None:
        """Let `run` end once all that waits is done."""
        self._stopping = True
        self.tell(commands.Tick())

    async def _next(self) -> list[Job]:
        """What waits, at most a batch; a due deadline counts as a job."""
        if self._first:
            batch, self._first = self._first, []
            return batch
        try:
            async with asyncio.timeout(self._seconds_to_deadline()):
                first = await self._jobs.get()
        except TimeoutError:
            return [telling(commands.Tick())]
        batch = [first]
        while len(batch) < _BATCH and not self._jobs.empty():
            batch.append(self._jobs.get_nowait())
        return batch

    def _seconds_to_deadline(self) -> float | None:
        due = self.router.next_deadline()
        return None if due is None else max(0, due - self._clock.now()) / 1000

    async def _work(self, batch: list[Job]) -> None:
        try:
            await self._look_up(batch)
        except StoreUnavailable:
            self._fail(batch)
            return
        now = self._clock.now()
        try:
            happened = self._handle(batch, now)
        except Exception as error:  # noqa: BLE001 - our bug, whatever it is: logged, and the rest goes on
            await self._stumble(batch, error)
            return
        await self._commit(batch, now, happened)

    async def _look_up(self, batch: list[Job]) -> None:
        """Which of the named requests have been done before, and what plans need to know."""
        asking = [job for job in batch if job.name is not None or job.look is not None]
        if asking:
            await self._store.read(lambda tx: _look_up(tx, asking))

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
                    happened.extend(self._follow(self.router.handle(job.step.command, now)))
            except CommandRejected as rejected:
                happened.extend(self._follow(rejected.events))
                job.refused = Refused(ErrorCode(rejected.code.value), rejected.message)
            except Refused as refused:
                job.refused = refused
        return tuple(happened)

    def _follow(self, happened: tuple[events.Event, ...]) -> tuple[events.Event, ...]:
        """Keep in step with the router what is looked up without asking it."""
        for event in happened:
            match event:
                case events.AgentDeaf():
                    self._deaf.add(event.agent)
                case events.AgentConnected() | events.AgentDisconnected():
                    self._deaf.discard(event.agent)
                case _:
                    pass
        return self.open.follow(happened)

    def _is_repeated(self, job: Job, seen: dict[tuple[str, str], Job]) -> bool:
        """Whether this request has an outcome already, or gets one in this very batch."""
        if job.name is None:
            return False
        if job.earlier is not None:
            job.refused = _conflict(job)
            return True
        first = seen.setdefault(job.name.key, job)
        if first is not job:
            # Rare: both in one batch. Retryable, and the retry finds the stored outcome.
            job.refused = Refused(ErrorCode.UNAVAILABLE, "The same request is being done. Try again.")
        return first is not job

    async def _commit(self, batch: list[Job], now: int, happened: tuple[events.Event, ...]) -> None:
        plan = self._batch(batch, now, happened)
        if plan is None:
            self._answer_uncommitted(batch, now)
            return
        try:
            written, values = await self._store.write(lambda tx: _transaction(tx, plan, batch))
        except StoreUnavailable:
            self._fail(batch)
            await self._rebuild(None)
            return
        except Exception as error:  # noqa: BLE001 - as above
            await self._stumble(batch, error)
            return
        self._v = written.v
        for job, value in zip(batch, values, strict=True):
            if job.earlier is None:
                job.value = value
        self._finish(batch, now, happened, plan, written)

    def _batch(self, batch: list[Job], now: int, happened: tuple[events.Event, ...]) -> Batch | None:
        """What is to be written, or None when there is nothing that must survive."""
        doing = [job for job in batch if job.step is not None and job.refused is None]
        lasting = any(not isinstance(event, VOLATILE) for event in happened)
        if not lasting and not any(job.step.before or job.step.after or job.name for job in doing if job.step):
            return None
        changes = self.router.take_changes()
        directory = self._directory_after(doing)
        anew = told_anew(self.directory, directory, (each.id for each in self.open.all()), self.router)
        agents = dict.fromkeys((*changes.agents, *anew.agents))
        conversations = dict.fromkeys((*changes.conversations, *anew.conversations))
        lines = commit.lines_changed(happened, self.open.department) | anew.departments
        return Batch(
            workspace=directory.workspace_id,
            v=self._v,
            counters=encode(self.router.counters()),
            events=happened,
            agents={each: self.router.agent(model.AgentId(each)) for each in agents},
            conversations={each: self.router.conversation(model.ConversationId(each)) for each in conversations},
            closings=commit.closings(happened),
            departments=lines & directory.departments.keys(),
            lines=tuple(self._lines(happened, directory)),
            requests=tuple(_request_row(job, now) for job in doing if job.name is not None),
        )

    def _lines(self, happened: tuple[events.Event, ...], after: Directory) -> Iterator[chronicle.Line]:
        """The entries these events add, worded by the settings that each of them happened under."""
        changed = next((n for n, event in enumerate(happened) if isinstance(event, events.Configured)), len(happened))
        yield from chronicle.lines(happened[:changed], self.directory, self._languages)
        yield from chronicle.lines(happened[changed:], after, self._languages)

    def _languages(self, conversation: str) -> tuple[str, ...]:
        return self.open.language(conversation), self.directory.workspace.language

    def _directory_after(self, doing: Iterable[Job]) -> Directory:
        """The directory this batch leaves behind: a new one when settings change in it."""
        found = self.directory
        for job in doing:
            if job.step is not None and job.step.directory is not None:
                found = job.step.directory
        return found

    def _answer_uncommitted(self, batch: list[Job], now: int) -> None:
        for job in batch:
            job.then(_end(job, v=self._v, at=now))

    def _finish(
        self, batch: list[Job], now: int, happened: tuple[events.Event, ...], plan: Batch, written: Written
    ) -> None:
        """Replies first, then what everyone is told."""
        before = self.directory
        for job in batch:
            if job.step is not None and job.refused is None and job.step.directory is not None:
                self.directory = job.step.directory
        ends = [(job, _end(job, v=written.v, at=now)) for job in batch]
        for job, end in ends:
            job.then(end)
        for job, end in ends:
            if job.told is not None and isinstance(end, Done) and job.earlier is None:
                job.told(end)
        self._publish(
            Told(at=now, events=happened, batch=plan, written=written, before=before, directory=self.directory)
        )
        self.open.settle()

    def _fail(self, batch: list[Job]) -> None:
        for job in batch:
            job.then(Refused(ErrorCode.UNAVAILABLE, "Nothing was changed. Try again.", retry_after_ms=500))

    async def _stumble(self, batch: list[Job], error: Exception) -> None:
        """Our own bug: start again from the database and do the jobs one by one; one that fails again is let go."""
        log.error("engine stumbled", jobs=len(batch), exc_info=error)
        await self._rebuild(None)
        if len(batch) > 1:
            for job in batch:
                job.step, job.refused, job.earlier = None, None, None
                await self._work([job])
            return
        job = batch[0]
        if job.tries == 0:
            job.tries, job.step, job.refused = 1, None, None
            await self._work([job])
            return
        self.on_alarm("routing")
        subject = _subject(job)
        if subject is not None:
            self.tell(commands.Quarantine(conversation=subject))
        job.then(Refused(ErrorCode.INTERNAL, "This could not be done. It has been logged."))

    async def _rebuild(self, first: commands.Command | None) -> None:
        """Read the router's memory anew, backing off until the database answers."""
        found = await self._read_back()
        self._v = found.v
        self._router = Router.rebuild(router_settings(self.directory), found.snapshot, seed=self._seed)
        self.open = OpenConversations.of(found.conversations)
        self._deaf = {agent.id for agent in found.snapshot.agents if agent.deaf}
        told = [*([first] if first is not None else []), *rebuild.tell_again(found, self._presence)]
        self._first = [telling(command) for command in told]
        self.ready = True

    async def _read_back(self) -> rebuild.Found:
        attempt = 0
        while True:
            try:
                return await self._store.read(lambda tx: rebuild.read(tx, self.directory))
            except StoreUnavailable:
                self.ready = False
                await self._pause(_BACK_OFF_S[min(attempt, len(_BACK_OFF_S) - 1)])
                attempt += 1


def _transaction(tx: Tx, plan: Batch, batch: list[Job]) -> tuple[Written, list[object]]:
    """The whole commit: rows that jobs create, the router's effects, what the answers need."""
    steps = [job.step if job.refused is None else None for job in batch]
    for step in steps:
        if step is not None and step.before is not None:
            step.before(tx)
    written = commit.write(tx, plan)
    return written, [None if step is None or step.after is None else step.after(tx, written.v) for step in steps]


def _look_up(tx: Tx, asking: list[Job]) -> None:
    """Find first outcomes and what their answers need, or else what the plans need."""
    found = requests.find_all(tx, [job.name.key for job in asking if job.name is not None])
    for job in asking:
        job.earlier = None if job.name is None else found.get(job.name.key)
        if job.earlier is None:
            job.seen = None if job.look is None else job.look(tx)
        elif job.recall is not None and _conflict(job) is None:
            job.value = job.recall(tx, job.earlier.outcome)


def _end(job: Job, *, v: int, at: int) -> Done | Refused:
    if job.refused is not None:
        return job.refused
    return Done(v=v, at=at if job.earlier is None else job.earlier.at, value=job.value)


def _conflict(job: Job) -> Refused | None:
    """A name used before for something else."""
    assert job.name is not None
    assert job.earlier is not None
    if (job.earlier.verb, job.earlier.digest) == (job.name.verb, job.name.digest):
        return None
    return Refused(ErrorCode.CLIENT_ID_CONFLICT, "This client_id was used for something else.", field="client_id")


def _request_row(job: Job, now: int) -> RequestRow:
    assert job.name is not None
    assert job.step is not None
    return RequestRow(
        sender=job.name.sender,
        client_id=job.name.client_id,
        verb=job.name.verb,
        digest=job.name.digest,
        outcome=job.step.subject,
        at=now,
        keep=job.name.keep,
    )


def _subject(job: Job) -> model.ConversationId | None:
    """The conversation whose handling failed."""
    command = None if job.step is None else job.step.command
    return getattr(command, "conversation", None)
