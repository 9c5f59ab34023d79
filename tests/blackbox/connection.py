"""One socket to the server: frames go out as they are written, replies find whoever asked."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable

import aiohttp
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from tests.blackbox.transcript import Frame
from tests.history.recorder import ClientRecorder

WITHIN_S = 10.0


class RefusedError(Exception):
    """The server answered a request with an error."""

    def __init__(self, error: Frame) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.error = error
        self.code: str = error["code"]


class LostError(Exception):
    """The connection ended while something was expected of it."""


def encoded(frame: Frame) -> str:
    return json.dumps(frame, ensure_ascii=False)


class Connection:
    """One socket. Replies find whoever asked; `hear` is given every frame, in the order of arrival."""

    def __init__(
        self,
        socket: ClientConnection,
        hear: Callable[[Frame], None],
        news: asyncio.Event,
        account: ClientRecorder | None = None,
    ) -> None:
        self.socket = socket
        self.hear = hear
        self.news = news
        self.account = account
        if account is not None:
            account.connected()
        self.asked: dict[str, asyncio.Future[Frame]] = {}
        self.ended = asyncio.Event()
        self.reader = asyncio.create_task(self._read())

    @property
    def close_code(self) -> int | None:
        return self.socket.close_code

    async def send(self, data: str | bytes) -> None:
        if self.account is not None:
            self.account.sent_as(data)
        try:
            await self.socket.send(data)
        except ConnectionClosed as ended:
            raise LostError(f"closed with {self.close_code}") from ended

    async def ask(self, frame: Frame) -> Frame:
        if self.ended.is_set():
            raise LostError(f"closed with {self.close_code}")
        reply: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self.asked[frame["id"]] = reply
        try:
            await self.send(encoded(frame))
            async with asyncio.timeout(WITHIN_S):
                return await reply
        except TimeoutError:
            raise AssertionError(f"no reply within {WITHIN_S} s to {frame}") from None
        finally:
            del self.asked[frame["id"]]

    async def end(self, *, abruptly: bool = False) -> None:
        if abruptly:
            self.socket.transport.abort()
        await self.socket.close()
        await self.reader

    async def _read(self) -> None:
        try:
            with contextlib.suppress(ConnectionClosed):
                async for data in self.socket:
                    self._take(json.loads(data))
        finally:
            self.ended.set()
            self.news.set()
            if self.account is not None:
                self.account.ended(self.close_code)
            for reply in self.asked.values():
                if not reply.done():
                    reply.set_exception(LostError(f"closed with {self.close_code}"))

    def _take(self, frame: Frame) -> None:
        if self.account is not None:
            self.account.heard(frame)
        self.hear(frame)
        asked = self.asked.get(frame.get("re") or "")
        if asked is not None and not asked.done():
            asked.set_result(frame)
        self.news.set()


async def login(address: str, email: str, password: str = "demo") -> tuple[int, str]:
    """Status and body of an agent's login, as they came."""
    body = {"email": email, "password": password}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"http://{address}/api/v1/login", json=body) as answer,
    ):
        return answer.status, await answer.text()
