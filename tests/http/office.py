"""The whole server inside this process, with the demo's people, and programs that ask its API."""

from __future__ import annotations

import io
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, DummyCookieJar

from server.app import Config, Running, running
from server.clock import SystemClock
from server.control.operations import Operations
from server.desk.accounts import Accounts
from server.desk.passwords import Passwords
from server.settings.demo import demo
from server.settings.workspace import WorkspaceFile
from tests.support.people import CHEAP

API = "/api/v1"


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is decoded JSON, or None where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def tag(self) -> str:
        return self.headers["ETag"]

    @property
    def code(self) -> tuple[int, str]:
        return self.status, self.body["error"]["code"]


@dataclass
class Office:
    """A running server, its people's accounts, and the tokens of those who asked something."""

    server: Running
    accounts: Accounts
    http: ClientSession
    tokens: dict[str, str]

    @property
    def url(self) -> str:
        return self.server.url.rstrip("/")

    def id(self, key: str) -> str:
        found = self.server.engine.directory.agent(key)
        assert found is not None
        return found.id

    async def token(self, key: str) -> str:
        """Of this agent: one login for all that they ask."""
        if key not in self.tokens:
            self.tokens[key] = (await self.accounts.log_in(self.id(key))).token
        return self.tokens[key]

    async def ask(
        self, method: str, path: str, body: Any = None, *, who: str | None = "root", **headers: str
    ) -> Answer:
        """As this agent; `body`: an object, bytes as they are, or None for nothing."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if who is not None:
            named["Authorization"] = f"Bearer {await self.token(who)}"
        what: dict[str, Any] = {} if body is None else {"json": body}
        if isinstance(body, bytes):
            what = {"data": io.BytesIO(body)}
        async with self.http.request(method, self.url + API + path, headers=named, **what) as answer:
            is_json = answer.content_type == "application/json" and method != "HEAD"
            return Answer(answer.status, answer.headers.copy(), await answer.json() if is_json else None)

    async def get(self, path: str, **more: Any) -> Any:
        """What is there; it must be."""
        answer = await self.ask("GET", path, **more)
        assert answer.status == 200, answer
        return answer.body


@asynccontextmanager
async def office(folder: Path, workspace: WorkspaceFile | None = None) -> AsyncIterator[Office]:
    """The demo's workspace, or this one."""

    async def prepare(operations: Operations, url: str) -> None:
        if await operations.current() is None:
            await operations.found(workspace or demo(origins=[url.rstrip("/")]))

    passwords = Passwords(CHEAP)
    try:
        async with (
            running(Config(data=folder / "data", port=0, prepare=prepare)) as server,
            ClientSession(cookie_jar=DummyCookieJar()) as http,
        ):
            accounts = Accounts(
                server.store, clock=SystemClock(), random_bytes=secrets.token_bytes, passwords=passwords
            )
            yield Office(server, accounts, http, {})
    finally:
        passwords.close()
