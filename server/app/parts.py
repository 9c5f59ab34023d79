"""What a server is made of: the only file that names every concrete class."""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

from router import commands, model
from server.app.bounding import Following, make_bounds, make_lobby
from server.app.config import FEATURES, Config, StartError, version
from server.app.ground import Ground, load_directory
from server.app.observing import Measured, Watch, metrics
from server.bus.memory import MemoryBus
from server.clock import SystemClock, pause
from server.crowd.crowd import Crowd
from server.desk.accounts import Accounts
from server.desk.agent_requests import AgentRequests
from server.desk.bot_overview import BotOverview
from server.desk.bot_watch import BotWatch
from server.desk.countries import Countries, UnusableCountries
from server.desk.desk import Desk, Rooms
from server.desk.engine import Engine, Told
from server.desk.fanout import Fanout
from server.desk.gauges import Gauges
from server.desk.handing_over import HandingOver
from server.desk.hours_now import HoursClock
from server.desk.incidents import Incidents
from server.desk.intake import Intake
from server.desk.latest import LatestDecision
from server.desk.leaving import Leaving
from server.desk.login_watch import LoginWatch
from server.desk.messages import CHANGES_OF_HANDS, Messages
from server.desk.opening import Openings
from server.desk.origins import Origins
from server.desk.overview import Overview
from server.desk.promises import Promises
from server.desk.pushes import Pushes
from server.desk.queues import Queues
from server.desk.stored import Stored
from server.desk.supervision import Supervision
from server.desk.untold import Untold
from server.desk.visitor_requests import VisitorRequests
from server.desk.workers import Workers
from server.http.lobby import Lobby
from server.http.metrics import Metrics
from server.session.address import TrustedProxies
from server.session.bounds import Bounds
from server.session.connections import Connections
from server.session.hub import PAUSE_S, Hub
from server.session.protocol import Terms
from server.store import installation
from server.store.base import Store
from server.store.installation import Installation

# Mean time between two of the visitors that a demo starts with.
ARRIVALS_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    engine: Engine
    queues: Queues
    hours: HoursClock
    logins: LoginWatch
    desk: Desk
    accounts: Accounts
    connections: Connections
    proxies: TrustedProxies
    bounds: Bounds
    lobby: Lobby
    metrics: Metrics
    watch: Watch
    bot_watch: BotWatch
    bot_overview: BotOverview
    failures: Counter[str]
    show: Show | None = None

    @classmethod
    async def build(cls, config: Config, ground: Ground) -> Parts:
        store, clock, ids = ground.store, ground.clock, ground.ids
        fresh = Installation(epoch=ids.new("e"), secret=ids.secret())
        installed = await store.write(lambda tx: installation.create(tx, fresh))
        found = await store.read(load_directory)
        hub = await _hub()
        told = Telling()
        presence = Present()
        engine = Engine(store=store, clock=clock, presence=presence, directory=found, publish=told, pause=pause)
        messages = _messages(ground, hub, engine)
        intake = Intake(lambda: engine.directory)
        workers = _workers(hub, engine)
        bot_watch = BotWatch(clock)
        openings = _openings(config, ground, hub, engine, installed, workers)
        desk = _desk(config, ground, hub, engine, openings, messages, intake, workers, bot_watch)
        presence.desk = desk
        gauges = _gauges(ground, engine, intake)
        queues = Queues(hub, engine=engine, clock=clock)
        pushes = _pushes(hub, engine, messages, workers)
        untold = _untold(engine, desk, clock)
        engine.on_untold = untold.failed
        failures = Counter[str]()
        show = _show(config, store, engine, told) if config.demo else None
        told.listeners = (
            pushes.told,
            lambda _told: queues.changed(),
            lambda what: _forget(what, desk, messages),
            lambda what: bot_watch.happened(what.events),
        )
        proxies = TrustedProxies(config.trusted_proxies, country_header=config.country_header)
        watch = Watch.make(clock)
        bounds = make_bounds(clock, config.most, found.limits)
        lobby = make_lobby(config.most, bounds)
        terms = Terms(server=f"frontdesk/{version()}", features=FEATURES)
        connections = Connections(desk, terms=terms, proxies=proxies, bounds=bounds)
        told.listeners += (gauges.told, Following(bounds, found.limits, text_chars=connections.text_chars).told)
        bots = BotOverview(bot_watch, directory=lambda: engine.directory, router=lambda: engine.router)
        measured = _measured(
            ground, engine, gauges, messages, openings, connections, bounds, lobby, watch, failures, untold, bots
        )
        await engine.start()
        return cls(
            engine=engine,
            queues=queues,
            hours=HoursClock(engine, clock),
            logins=LoginWatch(hub, ground.accounts, ground.bots, watch=bot_watch),
            desk=desk,
            accounts=ground.accounts,
            connections=connections,
            proxies=proxies,
            bounds=bounds,
            lobby=lobby,
            metrics=metrics(config, measured),
            watch=watch,
            bot_watch=bot_watch,
            bot_overview=bots,
            failures=failures,
            show=show,
        )


def _measured(  # noqa: PLR0913, PLR0917 - what has something to tell
    ground: Ground,
    engine: Engine,
    gauges: Gauges,
    messages: Messages,
    openings: Openings,
    connections: Connections,
    bounds: Bounds,
    lobby: Lobby,
    watch: Watch,
    failures: Counter[str],
    untold: Untold,
    bots: BotOverview,
) -> Measured:
    return Measured(
        store=ground.store,
        engine=engine,
        gauges=gauges,
        messages=messages,
        openings=openings,
        connections=connections,
        bounds=bounds,
        lobby=lobby,
        watch=watch,
        failures=failures,
        untold=untold,
        bots=bots,
    )


def _desk(  # noqa: PLR0913, PLR0917 - what a desk stands on
    config: Config,
    ground: Ground,
    hub: Fanout,
    engine: Engine,
    openings: Openings,
    messages: Messages,
    intake: Intake,
    workers: Workers,
    bot_watch: BotWatch,
) -> Desk:
    agents = AgentRequests(engine=engine, messages=messages)
    ground.accounts.addresses = lambda: engine.directory.workspace.addresses
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
            agents=agents,
            supervision=Supervision(
                store=ground.store, clock=ground.clock, ids=ground.ids, engine=engine, agents=agents, messages=messages
            ),
            incidents=Incidents(ground.store, clock=ground.clock),
            origins=Origins(lambda: engine.directory, public=config.public, absent_ok=config.demo),
            bots=ground.bots,
            bot_watch=bot_watch,
            workers=workers,
            handing_over=HandingOver(engine=engine, messages=messages),
            clock=ground.clock,
            later=asyncio.get_running_loop().call_later,
        )
    )


def _messages(ground: Ground, hub: Fanout, engine: Engine) -> Messages:
    return Messages(
        store=ground.store,
        hub=hub,
        clock=ground.clock,
        tell=engine.tell,
        text_chars=lambda: engine.directory.limits.text_chars,
        later=asyncio.get_running_loop().call_later,
    )


def _workers(hub: Fanout, engine: Engine) -> Workers:
    return Workers(
        hub,
        directory=lambda: engine.directory,
        opened=lambda: engine.open,
        submit=engine.submit,
        later=asyncio.get_running_loop().call_later,
    )


def _gauges(ground: Ground, engine: Engine, intake: Intake) -> Gauges:
    return Gauges(
        engine=engine,
        clock=ground.clock,
        promises=Promises(store=ground.store, clock=ground.clock, directory=lambda: engine.directory),
        rule_failures=lambda: intake.failures,
    )


def _pushes(hub: Fanout, engine: Engine, messages: Messages, workers: Workers) -> Pushes:
    overview = Overview(hub, asyncio.get_running_loop().call_later, engine.submit)
    engine.lines_to_read = overview.to_read
    return Pushes(
        hub,
        places=engine.standing,
        serving=engine.serving,
        ringing=engine.ringing,
        overview=overview,
        watchers=messages.watchers,
        workers=workers,
        bots_here=lambda: engine.bots_here,
    )


def _openings(
    config: Config, ground: Ground, hub: Fanout, engine: Engine, installed: Installation, workers: Workers
) -> Openings:
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
        workers=workers,
        bots_here=lambda: engine.bots_here,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """What only the demo has: visitors to send, the last decision, and what is stored after a kill."""

    crowd: Crowd
    decisions: LatestDecision
    stored: Stored | None = None
    kill: Callable[[], None] | None = None


def _show(config: Config, store: Store, engine: Engine, told: Telling) -> Show:
    def first_site() -> str | None:
        return next(iter(engine.directory.sites), None)

    # As long as Frontdesk runs, whoever comes and how they behave is drawn anew each time.
    chance = random.Random(secrets.randbits(64))  # noqa: S311 - who comes to a demo is no secret
    show = Show(
        crowd=Crowd(site=first_site, chance=chance, pause=pause),
        decisions=LatestDecision(),
        stored=Stored(store) if config.kill else None,
        kill=config.kill,
    )
    told.also = (show.decisions.told,)
    return show


@contextlib.asynccontextmanager
async def showing(config: Config, parts: Parts, url: str) -> AsyncIterator[None]:
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
    return Fanout(bus, Hub(partial(asyncio.get_running_loop().call_later, PAUSE_S)))


def _untold(engine: Engine, desk: Desk, clock: SystemClock) -> Untold:
    def quarantine(conversation: str) -> None:
        engine.on_alarm("telling")
        engine.tell(commands.Quarantine(conversation=model.ConversationId(conversation)))

    later = asyncio.get_running_loop().call_later
    return Untold(reopen=desk.reopen_everybody, quarantine=quarantine, later=later, monotonic=clock.monotonic)


class Telling:
    """What is to be told of a commit; the listeners come once they are made."""

    listeners: tuple[Callable[[Told], None], ...] = ()
    also: tuple[Callable[[Told], None], ...] = ()

    def __call__(self, told: Told) -> None:
        """Each of them, whatever becomes of the others; raises what the first one that failed has raised."""
        failed: Exception | None = None
        for listener in (*self.listeners, *self.also):
            try:
                listener(told)
            except Exception as error:  # noqa: BLE001 - raised below
                failed = failed or error
        if failed is not None:
            raise failed


def _forget(told: Told, desk: Desk, messages: Messages) -> None:
    for conversation in told.batch.closings:
        desk.forget(conversation)
    for event in told.events:
        if isinstance(event, CHANGES_OF_HANDS):
            messages.forget(event.conversation)
            desk.streams.forget(event.conversation)


class Present:
    """The desk as the engine sees it; they know each other, so one of them comes first."""

    desk: Desk | None = None

    def agent_is_here(self, agent: str) -> bool:
        return self.desk is not None and self.desk.agent_is_here(agent)

    def visitor_is_here(self, visitor: str, site: str) -> bool:
        return self.desk is not None and self.desk.visitor_is_here(visitor, site)

    def bot_is_here(self, bot: str) -> bool:
        return self.desk is not None and self.desk.bot_is_here(bot)


def _countries(config: Config) -> Countries:
    try:
        return Countries(config.country_file)
    except UnusableCountries as error:
        raise StartError(f"{error}.") from error
