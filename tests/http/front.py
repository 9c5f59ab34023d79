"""The whole application on a port, with a real database of accounts, a desk of a few lines, and a client."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar, web

from server.control.operations import Operations
from server.desk.accounts import Admission
from server.desk.bot_access import BotAccess
from server.desk.ids import Ids
from server.http.application import application
from server.http.built import Built
from server.session.address import TrustedProxies
from server.session.bounds import Bounds
from server.session.connections import Connections
from server.session.protocol import Terms
from server.wire.codes import ErrorCode
from server.wire.replies import AgentMe
from tests.session.scripted_desk import ScriptedDesk
from tests.support.people import PASSWORD, People, people


@dataclass
class FrontDesk:
    """What plain HTTP needs of the desk."""

    agents: dict[str, str] = field(default_factory=lambda: {"a_ada": "ada", "a_ben": "ben"})
    sites: dict[str, Sequence[str]] = field(default_factory=lambda: {"demo": ("https://shop.example",)})
    ready: dict[str, bool] = field(default_factory=lambda: {"store": True, "engine": True})
    living: bool = True
    gone: list[Admission] = field(default_factory=list)

    def agent_me(self, agent: str) -> AgentMe | None:
        ids = {**{key: name for name, key in self.agents.items()}, **{name: name for name in self.agents}}
        if agent not in ids:
            return None
        key = self.agents[ids[agent]]
        return AgentMe(id=ids[agent], key=key, name=key.title(), role="agent")

    def site_origins(self, site: str) -> Sequence[str] | None:
        return self.sites.get(site)

    def turned_away(self, agent: str, operation: str, code: ErrorCode, target: str | None) -> None:
        pass

    def logged_out(self, admission: Admission) -> None:
        self.gone.append(admission)

    def alive(self) -> bool:
        return self.living

    def readiness(self) -> Mapping[str, bool]:
        return self.ready


@dataclass
class Front:
    """A server and a browser that keeps no cookies by itself."""

    desk: FrontDesk
    people: People
    http: ClientSession
    url: str
    built: Path
    app: web.Application
    bounds: Bounds

    async def get(self, path: str, **headers: str) -> tuple[int, Mapping[str, str], bytes]:
        options: dict[str, Any] = {"headers": headers, "allow_redirects": False}
        async with self.http.get(self.url + path, **options) as answer:
            return answer.status, answer.headers.copy(), await answer.read()

    async def post(self, path: str, body: Any, **headers: str) -> tuple[int, Mapping[str, str], Any]:
        """`body`: an object, or bytes as they are."""
        what = {"data": body} if isinstance(body, bytes) else {"json": body}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.post(self.url + path, headers=named, **what) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, answer.headers.copy(), await answer.json() if is_json else await answer.read()

    async def log_in(self, name: str = "ada", **headers: str) -> tuple[dict[str, Any], str]:
        """The answer, and the cookie as a browser sends it."""
        body = {"email": f"{name}@demo.example", "password": PASSWORD}
        status, answered, answer = await self.post("/api/v1/login", body, **headers)
        assert status == 200, answer
        return answer, answered["Set-Cookie"].partition(";")[0]


@asynccontextmanager
async def front(folder: Path, *, demo: bool = False, proxies: Sequence[str] = ()) -> AsyncIterator[Front]:
    trusted, desk, built, bounds = TrustedProxies(proxies), FrontDesk(), folder / "built", Bounds.make(time.monotonic)
    async with people(folder) as who:
        app = application(
            desk=desk,
            accounts=who.accounts,
            connections=Connections(ScriptedDesk(), terms=Terms(server="frontdesk/test"), bounds=bounds),
            proxies=trusted,
            bounds=bounds,
            operations=Operations(
                store=who.store,
                accounts=who.accounts,
                bot_access=BotAccess(who.store, clock=who.clock, random_bytes=secrets.token_bytes),
                ids=Ids(secrets.token_bytes),
            ),
            built=Built(built),
            demo=demo,
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            async with ClientSession(cookie_jar=DummyCookieJar(), auto_decompress=False) as http:
                yield Front(desk, who, http, f"http://127.0.0.1:{runner.addresses[0][1]}", built, app, bounds)
        finally:
            await runner.cleanup()


__all__ = ["PASSWORD", "Front", "FrontDesk", "front"]
