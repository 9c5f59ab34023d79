"""A process with what stands beside its connections: the API, and the tasks that look after logins, hours and age."""

from __future__ import annotations

import asyncio
from unittest import mock

from aiohttp import StreamReader
from aiohttp.test_utils import make_mocked_request

from server.control.operations import Operations
from server.desk import audience
from server.desk.bot_overview import BotOverview
from server.desk.engine import Told
from server.desk.gauges import Gauges
from server.desk.login_watch import LoginWatch
from server.desk.promises import Promises
from server.http.api.entry import Entry
from server.http.api.rest import Rest
from server.http.cookies import AgentCookies
from server.session.address import TrustedProxies
from server.wire.codes import Refused
from tests.desk.support.bench import _load
from tests.simulation.process import Process

# Of a request nothing is looked at but what it says. To make this anew for each is dearer than the request.
_FACE = mock.Mock(peername=None, sockname=None, ssl_context=None)


class House(Process):
    """Asked by `ask`, as its own pages and programs do."""

    async def start(self) -> None:
        await super().start()
        bots = BotOverview(self.bot_watch, directory=lambda: self.engine.directory, router=lambda: self.engine.router)
        self.operations = Operations(
            store=self.store,
            accounts=self.accounts,
            bot_access=self.bots,
            ids=self.ids,
            engine=self.engine,
            sockets=self.desk,
            bot_overview=bots,
            clock=self.clock,
            any_origin=True,
        )
        self.promises = Promises(store=self.store, clock=self.clock, directory=lambda: self.engine.directory)
        self.gauges = Gauges(engine=self.engine, clock=self.clock, promises=self.promises, rule_failures=dict)
        self.logins = LoginWatch(self.hub, self.accounts, self.bots, watch=self.bot_watch)
        self._proxies = TrustedProxies()
        self._rest = Rest(desk=self.desk, accounts=self.accounts, proxies=self._proxies, operations=self.operations)
        self._entry = Entry(desk=self.desk, accounts=self.accounts, cookies=AgentCookies(self._proxies))

    def _publish(self, told: Told) -> None:
        super()._publish(told)
        self.queues.changed()

    def beside(self, group: asyncio.TaskGroup) -> None:
        group.create_task(self.logins.run(asyncio.sleep), name="logins")
        group.create_task(self.hours.run(asyncio.sleep), name="hours")
        group.create_task(self.operations.privacy.retention.run(asyncio.sleep), name="retention")

    async def ask(self, name: str, token: str, body: bytes = b"", query: str = "", **path: str) -> int:
        """One request of the API by its name; the status of the answer."""
        operation = next(each for each in self._rest.operations if each.name == name)
        where = operation.path
        for key, value in path.items():
            where = where.replace(f"{{{key}}}", value)
        payload = StreamReader(mock.Mock(), 2**16, loop=asyncio.get_running_loop())
        payload.feed_data(body)
        payload.feed_eof()
        request = make_mocked_request(
            operation.method,
            f"{where}{query}",
            {"Host": "desk.example", "Authorization": f"Bearer {token}"} if token else {"Host": "desk.example"},
            match_info=path,
            payload=payload,
            app=_FACE,
            protocol=_FACE,
            transport=_FACE,
            writer=_FACE,
            loop=asyncio.get_running_loop(),
        )
        try:
            response = await self._entry._handler(operation)(request)
        except Refused as refused:
            return -1 if refused.code.retryable else 400
        return response.status

    async def disagrees(self) -> list[str]:
        """What this process believes and the database does not: settings, and who may be here."""
        directory, wrong = self.engine.directory, []
        stored = await self.store.read(_load)
        for kind in ("agents", "departments", "sites", "bots"):
            known, found = getattr(directory, kind), getattr(stored, kind)
            if {id: _settings(each) for id, each in known.items()} != {
                id: _settings(each) for id, each in found.items()
            }:
                wrong.append(f"the {kind} of the engine are not those of the database")
        agents = {each.identity.token_hash: each.identity for each in self.local.peers(audience.AGENTS)}
        good = await self.accounts.still_good(set(agents))
        for token_hash, identity in agents.items():
            agent = stored.agents.get(identity.agent)
            if token_hash not in good or agent is None:
                wrong.append(f"{identity.key} is here without a login")
            elif (agent.settings.name, agent.settings.role) != (identity.name, identity.role):
                wrong.append(f"{identity.key} is here as {identity.name}, and is {agent.settings.name}")
        for bot in self.bot_watch.connections():
            hashes = {each.identity.token_hash for each in self.local.peers(audience.of_bot(bot))}
            if bot not in stored.bots or await self.bots.still_good(hashes) != hashes:
                wrong.append(f"the bot {bot} is here without a token")
        return wrong + self.holds_up()

    def holds_up(self) -> list[str]:
        """What is held by nobody: locks, places among those who wait for a password to be checked."""
        privacy = self.operations.privacy
        locks = {
            "settings": self.operations._settling,
            "erasure": privacy.erasure._one_at_a_time,
            "retention": privacy.retention._one_at_a_time,
            "promises": self.promises._turn,
        }
        held = [f"the lock of {name} is held" for name, lock in locks.items() if lock.locked()]
        waiting = self.accounts._passwords._waiting
        return [*held, f"{waiting} passwords are being checked"] if waiting else held


def _settings(of: object) -> object:
    return getattr(of, "settings", of)
