"""The composition root: the only file that names concrete classes. Starts the parts in order, ends them in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import random
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog
import uvloop
from aiohttp import web

from router import events
from server.bus.memory import MemoryBus
from server.clock import SystemClock, pause
from server.control import service as control
from server.control.operations import Operations, Sockets, StartEngine
from server.crowd.crowd import Crowd
from server.desk import directory
from server.desk.accounts import Accounts
from server.desk.agent_requests import AgentRequests
from server.desk.countries import Countries, UnusableCountries
from server.desk.desk import Desk, Rooms
from server.desk.engine import Engine, Told
from server.desk.fanout import Fanout
from server.desk.gauges import Gauges
from server.desk.hours_now import HoursClock
from server.desk.ids import Ids
from server.desk.intake import Intake
from server.desk.latest import LatestDecision
from server.desk.leaving import Leaving
from server.desk.messages import Messages
from server.desk.opening import Openings
from server.desk.origins import Origins
from server.desk.overview import Overview
from server.desk.passwords import Passwords
from server.desk.promises import Promises
from server.desk.pushes import Pushes
from server.desk.queues import Queues
from server.desk.visitor_requests import VisitorRequests
from server.http import listening
from server.http.application import application
from server.http.metrics import Metrics, of_gauges, read_token
from server.session.address import TrustedProxies
from server.session.connection import Connections
from server.session.hub import Hub
from server.session.protocol import Terms
from server.store import installation, workspaces
from server.store.base import Store, StoreError, Tx
from server.store.installation import Installation
from server.store.sqlite import SqliteStore
from server.store.sqlite.directory import DATABASE

log = structlog.get_logger(__name__)

# What clients may use beyond the published protocol, named as docs/protocol.md names it.
FEATURES = ("history.notes_after", "history.notes_before", "message.leave.department")


# Mean time between two of the visitors that a demo starts with.
ARRIVALS_S = 4.0

_NO_WORKSPACE = 'There is no workspace here yet. Run "frontdesk init" first, or choose another --data.'


class StartError(Exception):
    """Why the server does not start, in one sentence for the person who wanted to start it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where to listen, where to keep the data, what to believe.

    ``prepare`` is called with the server's address before it can be reached: it may create the workspace or change it.
    ``visitors``: so many simulated ones come as soon as it can be reached, one after another (the demo only).
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8080
    public: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    country_header: str = ""
    country_file: Path | None = None
    metrics_token_file: Path | None = None
    demo: bool = False
    visitors: int = 0
    prepare: Callable[[Operations, str], Awaitable[None]] | None = None
    announce: Callable[[str], None] = field(default=lambda _url: None)


def version() -> str:
    """Of the installed package."""
    return importlib.metadata.version("frontdesk")


def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT; raises `StartError`."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config))


async def serve(config: Config) -> None:
    """Start everything, wait for the end, stop everything."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with running(config) as server:
        config.announce(server.url)
        await stopping.wait()


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that serves."""

    url: str
    desk: Desk
    engine: Engine
    store: Store


@contextlib.asynccontextmanager
async def running(config: Config) -> AsyncIterator[Running]:
    """A server from the open database to the open port, and back.

    The port is taken first, so that a start in vain changes nothing.
    """
    if config.prepare is None:
        _insist_there(config.data)
    with _bound(config) as sockets:
        url = listening.url(config.host, sockets)
        async with _ground(config.data, any_origin=config.demo) as ground:
            founded = await ground.store.read(workspaces.find) is None and config.prepare is not None
            if founded and config.prepare is not None:
                await config.prepare(ground.operations(), url)
            parts = await _Parts.build(config, ground)
            async with _working(parts.engine, parts.queues, parts.hours):
                operations = ground.operations(parts.engine, parts.desk)
                if config.prepare is not None and not founded:
                    await config.prepare(operations, url)
                async with (
                    control.serving(config.data, operations),
                    _listening(config, parts, operations, sockets),
                    _showing(config, parts, url),
                ):
                    yield Running(url=url, desk=parts.desk, engine=parts.engine, store=ground.store)
                    log.info("stopping")
                    await parts.connections.drain()


@contextlib.asynccontextmanager
async def offline(data: Path, *, create: bool) -> AsyncIterator[Operations]:
    """An installation without a server: its operations, while nobody else may use the data directory.

    When settings change, the router runs, so that this has the same consequences as on a running server.

    Args:
        data: the data directory.
        create: whether it may be a new one.

    Raises:
        StartError: there is none, or it cannot be used.
    """
    if not create:
        _insist_there(data)
    async with _ground(data) as ground, contextlib.AsyncExitStack() as working:

        async def start_engine() -> Engine | None:
            if await ground.store.read(workspaces.find) is None:
                return None
            engine = Engine(
                store=ground.store,
                clock=ground.clock,
                presence=_Presence(),
                directory=await ground.store.read(_load),
                publish=_Told(),
                pause=pause,
            )
            await engine.start()
            await working.enter_async_context(_working(engine))
            return engine

        yield ground.operations(start_engine=start_engine)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What everything stands on, server or not."""

    store: SqliteStore
    clock: SystemClock
    ids: Ids
    passwords: Passwords
    accounts: Accounts
    any_origin: bool

    def operations(
        self,
        engine: Engine | None = None,
        sockets: Sockets | None = None,
        *,
        start_engine: StartEngine | None = None,
    ) -> Operations:
        return Operations(
            store=self.store,
            accounts=self.accounts,
            ids=self.ids,
            engine=engine,
            start_engine=start_engine,
            sockets=sockets,
            clock=self.clock,
            any_origin=self.any_origin,
        )


@contextlib.asynccontextmanager
async def _ground(data: Path, *, any_origin: bool = False) -> AsyncIterator[_Ground]:
    clock = SystemClock()
    try:
        opened = await SqliteStore.open(data, clock=clock)
    except StoreError as error:
        raise StartError(str(error)) from error
    async with opened as store:
        passwords = Passwords()
        try:
            yield _Ground(
                store=store,
                clock=clock,
                ids=Ids(secrets.token_bytes),
                passwords=passwords,
                accounts=Accounts(store, clock=clock, random_bytes=secrets.token_bytes, passwords=passwords),
                any_origin=any_origin,
            )
        finally:
            passwords.close()


@contextlib.asynccontextmanager
async def _working(engine: Engine, *others: Queues | HoursClock) -> AsyncIterator[None]:
    """The engine's task, and those beside it; at the end, what was asked of the engine is done first."""
    tasks = [asyncio.create_task(engine.run(), name="engine")]
    tasks += [asyncio.create_task(other.run(pause), name=type(other).__name__) for other in others]
    for task in tasks:
        task.add_done_callback(_died)
    try:
        yield
    finally:
        engine.stop()
        await asyncio.wait(tasks[:1], timeout=5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _died(task: asyncio.Task[None]) -> None:
    """A part that ends by itself takes the process with it: a supervisor starts a whole one."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("a part of the server died", part=task.get_name(), exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    engine: Engine
    queues: Queues
    hours: HoursClock
    desk: Desk
    accounts: Accounts
    connections: Connections
    proxies: TrustedProxies
    metrics: Metrics
    show: Show | None = None

    @classmethod
    async def build(cls, config: Config, ground: _Ground) -> _Parts:
        store, clock, ids = ground.store, ground.clock, ground.ids
        fresh = Installation(epoch=ids.new("e"), secret=ids.secret())
        installed = await store.write(lambda tx: installation.create(tx, fresh))
        found = await store.read(_load)
        hub = await _hub()
        told = _Told()
        presence = _Presence()
        engine = Engine(store=store, clock=clock, presence=presence, directory=found, publish=told, pause=pause)
        messages = Messages(store=store, hub=hub, clock=clock, tell=engine.tell)
        intake = Intake(lambda: engine.directory)
        openings = _openings(config, ground, hub, engine, installed)
        desk = _desk(config, ground, hub, engine, openings, messages, intake)
        presence.desk = desk
        gauges = Gauges(
            engine=engine,
            clock=clock,
            promises=Promises(store=store, clock=clock, directory=lambda: engine.directory),
            rule_failures=lambda: intake.failures,
        )
        queues = Queues(hub, engine=engine, clock=clock)
        overview = Overview(hub, asyncio.get_running_loop().call_later)
        pushes = Pushes(hub, places=engine.standing, serving=engine.serving, ringing=engine.ringing, overview=overview)
        engine.on_untold = desk.reopen_everybody
        show = _show(engine, told) if config.demo else None
        told.listeners = (pushes.told, lambda _told: queues.changed(), lambda what: _forget(what, desk, messages))
        told.listeners += (gauges.told,)
        await engine.start()
        proxies = TrustedProxies(config.trusted_proxies, country_header=config.country_header)
        return cls(
            engine=engine,
            queues=queues,
            hours=HoursClock(engine, clock),
            desk=desk,
            accounts=ground.accounts,
            connections=Connections(
                desk, terms=Terms(server=f"frontdesk/{version()}", features=FEATURES), proxies=proxies
            ),
            proxies=proxies,
            metrics=Metrics([of_gauges(gauges)], token=_metrics_token(config)),
            show=show,
        )


def _desk(  # noqa: PLR0913, PLR0917 - what a desk stands on
    config: Config,
    ground: _Ground,
    hub: Fanout,
    engine: Engine,
    openings: Openings,
    messages: Messages,
    intake: Intake,
) -> Desk:
    return Desk(
        Rooms(
            store=ground.store,
            hub=hub,
            engine=engine,
            accounts=ground.accounts,
            openings=openings,
            messages=messages,
            visitors=VisitorRequests(engine=engine, messages=messages, ids=ground.ids, intake=intake),
            leaving=Leaving(engine=engine, messages=messages, ids=ground.ids, intake=intake),
            agents=AgentRequests(engine=engine, messages=messages),
            origins=Origins(lambda: engine.directory, public=config.public, absent_ok=config.demo),
            now=ground.clock.now,
        )
    )


def _openings(config: Config, ground: _Ground, hub: Fanout, engine: Engine, installed: Installation) -> Openings:
    return Openings(
        store=ground.store,
        hub=hub,
        clock=ground.clock,
        ids=ground.ids,
        installation=installed,
        directory=lambda: engine.directory,
        directory_at=engine.directory_at,
        places=engine.standing,
        countries=_countries(config),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What only the demo has: visitors to send, and the last decision."""

    crowd: Crowd
    decisions: LatestDecision


def _show(engine: Engine, told: _Told) -> Show:
    def first_site() -> str | None:
        return next(iter(engine.directory.sites), None)

    # As long as Frontdesk runs, whoever comes and how they behave is drawn anew each time.
    chance = random.Random(secrets.randbits(64))  # noqa: S311 - who comes to a demo is no secret
    show = Show(crowd=Crowd(site=first_site, chance=chance, pause=pause), decisions=LatestDecision())
    told.also = (show.decisions.told,)
    return show


@contextlib.asynccontextmanager
async def _showing(config: Config, parts: _Parts, url: str) -> AsyncIterator[None]:
    """The demo's visitors, from the open port on."""
    if parts.show is None:
        yield
        return
    async with parts.show.crowd.working(url):
        parts.show.crowd.send(config.visitors, mean_gap_s=ARRIVALS_S)
        yield


async def _hub() -> Fanout:
    bus = MemoryBus()
    await bus.start()
    return Fanout(bus, Hub())


class _Told:
    """What is to be told of a commit; the listeners come once they are made."""

    listeners: tuple[Callable[[Told], None], ...] = ()
    also: tuple[Callable[[Told], None], ...] = ()

    def __call__(self, told: Told) -> None:
        for listener in (*self.listeners, *self.also):
            listener(told)


def _forget(told: Told, desk: Desk, messages: Messages) -> None:
    for conversation in told.batch.closings:
        desk.forget(conversation)
    for event in told.events:
        if isinstance(event, events.ConversationClosed | events.ConversationAssigned | events.ConversationReturned):
            messages.forget(event.conversation)


class _Presence:
    """The desk as the engine sees it; they know each other, so one of them comes first."""

    desk: Desk | None = None

    def agent_is_here(self, agent: str) -> bool:
        return self.desk is not None and self.desk.agent_is_here(agent)

    def visitor_is_here(self, visitor: str, site: str) -> bool:
        return self.desk is not None and self.desk.visitor_is_here(visitor, site)


def _countries(config: Config) -> Countries:
    try:
        return Countries(config.country_file)
    except UnusableCountries as error:
        raise StartError(f"{error}.") from error


def _metrics_token(config: Config) -> str:
    try:
        return "" if config.metrics_token_file is None else read_token(config.metrics_token_file)
    except (OSError, ValueError) as error:
        raise StartError(f"The token for metrics cannot be read: {error}.") from error


def _insist_there(data: Path) -> None:
    """Nothing is created where a mistyped --data leads."""
    if not (data / DATABASE).exists():
        raise StartError(_NO_WORKSPACE)


def _load(tx: Tx) -> directory.Directory:
    row = workspaces.find(tx)
    if row is None:
        raise StartError(_NO_WORKSPACE)
    return directory.load(tx, row)


@contextlib.contextmanager
def _bound(config: Config) -> Iterator[list[socket.socket]]:
    try:
        with listening.bound(config.host, config.port) as sockets:
            yield sockets
    except listening.CannotListen as error:
        raise StartError(str(error)) from error


@contextlib.asynccontextmanager
async def _listening(
    config: Config, parts: _Parts, operations: Operations, sockets: list[socket.socket]
) -> AsyncIterator[None]:
    """The open port."""
    app = application(
        desk=parts.desk,
        accounts=parts.accounts,
        connections=parts.connections,
        proxies=parts.proxies,
        operations=operations,
        metrics=parts.metrics,
        demo=config.demo,
        show=parts.show,
    )
    runner = web.AppRunner(app, access_log=None, handle_signals=False)
    await runner.setup()
    try:
        for one in sockets:
            try:
                await web.SockSite(runner, one, backlog=1024).start()
            except OSError as error:
                raise listening.CannotListen(config.host, config.port, error) from error
        yield
    finally:
        await runner.cleanup()
