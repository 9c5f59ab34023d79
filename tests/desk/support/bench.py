"""The whole desk on a bench: a real database, a clock that stands still, connections without sockets.

Nothing happens by itself: `settle` has the engine do what waits and what is due, and the team's overview told.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from server.bus.memory import MemoryBus
from server.clock import SystemClock
from server.desk import administration, directory
from server.desk.accounts import Accounts
from server.desk.agent_requests import AgentRequests
from server.desk.bot_access import BotAccess
from server.desk.bot_watch import BotWatch
from server.desk.countries import Countries
from server.desk.desk import Desk, Rooms
from server.desk.engine import Engine, Told
from server.desk.fanout import Fanout
from server.desk.handing_over import HandingOver
from server.desk.hours_now import HoursClock
from server.desk.ids import Ids
from server.desk.incidents import Incidents
from server.desk.intake import Intake
from server.desk.job import Done, Job, Step
from server.desk.leaving import Leaving
from server.desk.messages import CHANGES_OF_HANDS, Messages
from server.desk.opening import Openings
from server.desk.origins import Origins
from server.desk.overview import Overview
from server.desk.passwords import Cost, Passwords
from server.desk.pushes import Pushes
from server.desk.queues import Queues
from server.desk.supervision import Supervision
from server.desk.visitor_requests import VisitorRequests
from server.desk.waits import MakeEstimates, Waits
from server.desk.workers import Workers
from server.session.hub import Hub, Soon
from server.settings.demo import demo
from server.settings.workspace import WorkspaceFile
from server.store import installation, workspaces
from server.store.base import Tx
from server.store.installation import Installation
from server.store.sqlite import SqliteStore
from server.wire.codes import CloseCode, Refused
from tests.desk.support.checks import Checks
from tests.desk.support.client import ORIGIN, Client, Pending
from tests.desk.support.faulty_store import FaultyStore
from tests.desk.support.peer import Frame, ScriptedPeer
from tests.support.clock import FakeClock

CHEAP = Cost(memory_kib=8, passes=1)


def settings(*, workspace: dict[str, Any] | None = None, **departments: dict[str, Any]) -> WorkspaceFile:
    """The demo workspace, with these settings changed: ``settings(support={"wrap_up": 30})``."""
    file = demo(origins=[ORIGIN])
    return replace(
        file,
        workspace=replace(file.workspace, **(workspace or {})),
        departments=tuple(replace(each, **departments.get(each.key, {})) for each in file.departments),
    )


class DeskBench(Checks):
    """One desk over one database; `restart` puts a new one over the same."""

    def __init__(
        self,
        store: SqliteStore,
        clock: FakeClock,
        passwords: Passwords,
        seed: int,
        estimates: MakeEstimates | None = None,
    ) -> None:
        self.real_store = store
        self.store = FaultyStore(store)
        self.clock = clock
        self.random = random.Random(seed)
        self.ids = Ids(self.random.randbytes)
        self.accounts = Accounts(store, clock=clock, random_bytes=self.random.randbytes, passwords=passwords)
        self.bots = BotAccess(store, clock=clock, random_bytes=self.random.randbytes)
        self.calls: list[tuple[float, Callable[[], None]]] = []
        self.pauses: list[float] = []
        self.alarms: list[str] = []
        self.under_way: list[Pending] = []
        self.clients: list[Client] = []
        self.commits: list[Told] = []
        self.estimates: MakeEstimates | None = estimates
        self.soon: Soon | None = None  # what may wait a turn is told one by one; without it, at once
        self._later: list[Callable[[], None]] = []
        self._sessions = 0
        self.engine: Engine
        self.desk: Desk

    # Building.

    async def found(self, file: WorkspaceFile) -> None:
        """Write the settings, and start."""
        await self.store.write(lambda tx: administration.write(tx, administration.revise(tx, file, self.ids)))
        fresh = Installation(epoch=self.ids.new("e"), secret=self.ids.secret())
        self.installation = await self.store.write(lambda tx: installation.create(tx, fresh))
        await self.start()

    async def start(self) -> None:
        """As the composition root does it."""
        bus = MemoryBus()
        await bus.start()
        self.local = Hub(self.soon, portion=1)
        self.hub = Fanout(bus, self.local)
        self._later.clear()
        self.calls.clear()
        found = await self.store.read(_load)
        engine = Engine(
            store=self.store,
            clock=self.clock,
            presence=self,
            directory=found,
            publish=self._publish,
            pause=self._pause,
            waits=None if self.estimates is None else Waits(self.estimates),
        )
        engine.on_alarm = self.alarms.append
        self.engine = engine
        self.messages = Messages(store=self.store, hub=self.hub, clock=self.clock, tell=engine.tell)
        self.intake = Intake(lambda: engine.directory)
        self.workers = Workers(
            self.hub,
            directory=lambda: engine.directory,
            opened=lambda: engine.open,
            submit=engine.submit,
            later=self.later,
        )
        self.bot_watch = BotWatch(self.clock)
        self.openings = Openings(
            store=self.store,
            hub=self.hub,
            clock=self.clock,
            ids=self.ids,
            installation=self.installation,
            directory=lambda: engine.directory,
            directory_at=engine.directory_at,
            places=engine.standing,
            countries=Countries(),
            workers=self.workers,
            bots_here=lambda: engine.bots_here,
        )
        self.desk = self._desk(engine)
        self.queues = Queues(self.hub, engine=engine, clock=self.clock)
        self.hours = HoursClock(engine, self.clock)
        self.pushes = self._pushes(engine)
        self.clients.clear()
        engine.on_untold = lambda _conversations: self.desk.reopen_everybody()
        await engine.start()

    def _pushes(self, engine: Engine) -> Pushes:
        overview = Overview(self.hub, lambda _seconds, call: self._later.append(call), engine.submit)
        engine.lines_to_read = overview.to_read
        return Pushes(
            self.hub,
            places=engine.standing,
            serving=engine.serving,
            ringing=engine.ringing,
            watchers=self.messages.watchers,
            workers=self.workers,
            bots_here=lambda: engine.bots_here,
            overview=overview,
        )

    def _desk(self, engine: Engine) -> Desk:
        agents = AgentRequests(engine=engine, messages=self.messages)
        return Desk(
            Rooms(
                store=self.store,
                hub=self.hub,
                engine=engine,
                accounts=self.accounts,
                openings=self.openings,
                messages=self.messages,
                visitors=VisitorRequests(engine=engine, messages=self.messages, ids=self.ids, intake=self.intake),
                leaving=Leaving(engine=engine, messages=self.messages, ids=self.ids, intake=self.intake),
                agents=agents,
                supervision=Supervision(
                    store=self.store,
                    clock=self.clock,
                    ids=self.ids,
                    engine=engine,
                    agents=agents,
                    messages=self.messages,
                ),
                incidents=Incidents(self.store, clock=self.clock),
                origins=Origins(lambda: engine.directory),
                bots=self.bots,
                bot_watch=self.bot_watch,
                workers=self.workers,
                handing_over=HandingOver(engine=engine, messages=self.messages),
                clock=self.clock,
                later=self.later,
            )
        )

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Once so much time has passed."""
        self.calls.append((self.clock.monotonic() + seconds, call))

    async def restart(self) -> None:
        """The process dies and another one takes over: nobody is connected any more."""
        await self.start()

    def _publish(self, told: Told) -> None:
        self.commits.append(told)
        self.pushes.told(told)
        for conversation in told.batch.closings:
            self.desk.forget(conversation)
        for event in told.events:
            if isinstance(event, CHANGES_OF_HANDS):
                self.messages.forget(event.conversation)
                self.desk.streams.forget(event.conversation)
        self.bot_watch.happened(told.events)

    def bot_is_here(self, bot: str) -> bool:
        return self.desk.bot_is_here(bot)

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    # Presence, as the engine asks for it.

    def agent_is_here(self, agent: str) -> bool:
        return self.desk.agent_is_here(agent)

    def visitor_is_here(self, visitor: str, site: str) -> bool:
        return self.desk.visitor_is_here(visitor, site)

    # People.

    async def agent(self, key: str, *, status: str | None = None, **more: Any) -> Client:
        """An agent's console, identified; with a status if one is named."""
        login = await self.accounts.log_in(self.engine.directory.agent_ids[key])
        client = self._client("agent", {"token": login.token})
        assert (await client.identify(**more))["ok"], client.identified
        await self.settle()
        if status is not None:
            assert (await client.ask("status.set", status=status))["ok"]
        return client

    async def bot(self, key: str = "faq", **more: Any) -> Client:
        """One of a bot's connections, identified."""
        made = await self.bots.create(self.engine.directory.workspace_id, self.engine.directory.bot_ids[key])
        client = self._client("bot", {"token": made.token})
        assert (await client.identify(**more))["ok"], client.identified
        await self.settle()
        return client

    async def visitor(self, token: str | None = None, **more: Any) -> Client:
        """A visitor's page, identified."""
        credentials = {"site": "demo"} if token is None else {"site": "demo", "token": token}
        client = self._client("visitor", credentials)
        assert (await client.identify(**more))["ok"], client.identified
        await self.settle()
        return client

    async def again(self, client: Client, **more: Any) -> Client:
        """A second connection of the same person."""
        twin = self._client(client.peer.endpoint, dict(client.credentials))
        assert (await twin.identify(**more))["ok"], twin.identified
        await self.settle()
        return twin

    def stranger(self, endpoint: Any, credentials: Frame) -> Client:
        """A connection that has not identified."""
        return self._client(endpoint, credentials)

    def _client(self, endpoint: Any, credentials: Frame) -> Client:
        self._sessions += 1
        client = Client(self, ScriptedPeer(endpoint, f"s_{self._sessions}"), credentials)
        self.clients.append(client)
        return client

    async def leave(self, client: Client) -> None:
        """As a connection ends: after everything under way, the desk hears of it."""
        self.clients.remove(client)
        client.peer.close(CloseCode.HEARTBEAT_LOST, "lost")
        await self.desk.left(client.peer)
        await self.settle()

    # Time.

    async def settle(self) -> None:
        """Until nothing is under way and nothing is due."""
        await self.engine.work_off()
        while self.under_way:
            pending = self.under_way.pop(0)
            ended = asyncio.ensure_future(pending.ended())
            while not ended.done():
                await self.engine.work_off()
                await asyncio.sleep(0)
            await ended
        await self.engine.work_off()
        for _ in range(3):  # what was told has its rest; what then asks for a commit has it, and a rest behind it
            while self._later:
                self._later.pop(0)()
            await self.engine.work_off()
        now = self.clock.monotonic()
        due = [call for at, call in self.calls if at <= now]
        self.calls = [(at, call) for at, call in self.calls if at > now]
        for call in due:
            call()

    async def wait(self, seconds: float) -> None:
        """Time passes, and what becomes due on the way is done when it is."""
        end = self.clock.now() + round(seconds * 1000)
        while True:
            due = self.engine.router.next_deadline()
            if due is None or due > end:
                break
            self.clock.advance(max(0, due - self.clock.now()) / 1000)
            await self.settle()
        self.clock.advance((end - self.clock.now()) / 1000)
        await self.settle()

    async def jump(self, seconds: float) -> None:
        """Time has passed while nobody looked."""
        self.clock.advance(seconds)
        await self.settle()

    async def configure(self, file: WorkspaceFile) -> None:
        """New settings on the live desk."""
        ends: list[Done | Refused] = []

        def plan(_now: int, revision: administration.Revision) -> Step:
            return administration.step(revision, self.engine.directory)

        self.engine.submit(Job(look=lambda tx: administration.revise(tx, file, self.ids), plan=plan, then=ends.append))
        await self.settle()
        assert isinstance(ends[0], Done), ends

    # Stories.

    async def start_conversation(self, visitor: Client, text: str | None = "Hello", **more: Any) -> str:
        fields = dict(more) if text is None else {"text": text, **more}
        fields.setdefault("client_id", f"start-{self.random.random()}")
        reply = await visitor.ask("conversation.start", **fields)
        assert reply["ok"], reply
        return str(reply["conversation"]["id"])

    async def accept(self, agent: Client) -> str:
        """Confirm and take the one offer that rings."""
        offer = agent.offer
        await agent.ask("offer.seen", offer=offer["offer"])
        reply = await agent.ask("offer.accept", offer=offer["offer"])
        assert reply["ok"], reply
        return str(offer["conversation"]["id"])


def _load(tx: Tx) -> directory.Directory:
    row = workspaces.find(tx)
    assert row is not None
    return directory.load(tx, row)


async def open_store(folder: Path) -> SqliteStore:
    """A real database that does not wait for the disk: what a cut of the power does is for the store's own tests."""
    store = await SqliteStore.open(folder / "data", clock=SystemClock())
    store._parts.connection.execute("PRAGMA synchronous = OFF")
    return store


@asynccontextmanager
async def bench(
    folder: Path,
    file: WorkspaceFile | None = None,
    *,
    seed: int = 1,
    estimates: MakeEstimates | None = None,
) -> AsyncIterator[DeskBench]:
    """A desk in this folder; what was due at its start is done. ``estimates``: in place of the real ones."""
    clock, passwords = FakeClock(), Passwords(CHEAP)
    store = await open_store(folder)
    try:
        made = DeskBench(store, clock, passwords, seed, estimates)
        await made.found(file or settings())
        await made.settle()
        yield made
    finally:
        passwords.close()
        await store.close()
