"""All connections of this process: who may open one, and how they are brought to an end."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from math import ceil
from typing import Final

import structlog
from aiohttp import hdrs, web

from server.clock import SystemClock
from server.session.address import TrustedProxies
from server.session.bounds import Bounds
from server.session.connection import Connection, Socket
from server.session.draining import see_off
from server.session.entrance import Most
from server.session.ports import Desk
from server.session.protocol import OVERSIZE, Terms
from server.session.recorded import RecordedConnection
from server.session.setting import Caller, Setting
from server.session.timing import Timing, bound_unacknowledged
from server.wire import codec
from server.wire.codes import CloseCode, ErrorCode, Refused
from server.wire.requests import Endpoint

MAX_CONNECTIONS: Final = 50_000
_OUR_CODES: Final = frozenset(map(int, CloseCode))
_STATUS: Final = {
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
}

_log = structlog.get_logger("session")


def _new_session() -> str:
    return "s_" + secrets.token_urlsafe(12)


class Connections:
    """All connections of this process: who may open one, and how they are brought to an end."""

    def __init__(  # noqa: PLR0913 - each of them has a default
        self,
        desk: Desk,
        *,
        terms: Terms,
        timing: Timing | None = None,
        proxies: TrustedProxies | None = None,
        max_connections: int = MAX_CONNECTIONS,
        bounds: Bounds | None = None,
        chance: random.Random | None = None,
        new_session: Callable[[], str] = _new_session,
    ) -> None:
        self._bounds = bounds or Bounds.make(SystemClock().monotonic, most=Most(connections=max_connections))
        self._setting = Setting(
            desk=desk, terms=terms, timing=timing or Timing(), bounds=self._bounds, hello=terms.hello()
        )
        self._proxies = proxies or TrustedProxies()
        self._chance = chance or random.Random()  # noqa: S311 - spreads load, guards nothing
        self._new_session = new_session
        self._open: dict[Connection, None] = {}
        self._empty = asyncio.Event()
        self.draining = False
        self._closed: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._open))

    def statistics(self) -> dict[str, int]:
        """Open connections by endpoint, and how many ended with which of our codes (0: another, or none)."""
        by_endpoint = Counter(f"open_{connection.endpoint}" for connection in self._open)
        return {**by_endpoint, **{f"closed_{code}": count for code, count in sorted(self._closed.items())}}

    def handler(self, endpoint: Endpoint) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """The request handler of one WebSocket endpoint."""

        async def upgrade(request: web.Request) -> web.StreamResponse:
            limited_as = self._proxies.limited_as(request.remote, request.headers)
            try:
                self._insist(request, endpoint, limited_as)
                return await self._accept(request, endpoint, limited_as)
            except Refused as refused:
                example = request.headers.get(hdrs.ORIGIN, "")[:200] if refused.code is ErrorCode.FORBIDDEN else ""
                self._bounds.refusals.note("upgrade", refused.code, example=example)
                return _refusal(refused)

        return upgrade

    async def drain(self) -> None:
        """Turn new connections away, tell the open ones to come back later, and close them one by one over a while."""
        self.draining = True
        await see_off(tuple(self), timing=self._setting.timing, chance=self._chance, gone=self._gone)

    async def _gone(self) -> None:
        while self._open:
            self._empty.clear()
            await self._empty.wait()

    def text_chars(self, text_chars: int) -> None:
        """Tell the connections from now on that a text may have so many characters."""
        terms = replace(self._setting.terms, text_chars=text_chars)
        self._setting = replace(self._setting, terms=terms, hello=terms.hello())

    def _insist(self, request: web.Request, endpoint: Endpoint, limited_as: str) -> None:
        """Raise `Refused` for an upgrade that may not go on."""
        origin = request.headers.get(hdrs.ORIGIN)
        if not self._setting.desk.accepts_origin(endpoint, origin, request.host):
            raise Refused(ErrorCode.FORBIDDEN, "This origin may not connect.")
        if self.draining:
            retry_ms = 1000 * self._chance.randint(2, 10)
            raise Refused(ErrorCode.UNAVAILABLE, "The server restarts.", retry_after_ms=retry_ms)
        self._bounds.entrance.insist(limited_as)

    async def _accept(self, request: web.Request, endpoint: Endpoint, limited_as: str) -> web.StreamResponse:
        limit = OVERSIZE * self._setting.terms.frame_bytes
        ws = Socket(compress=False, decode_text=False, autoping=False, autoclose=False, max_msg_size=limit)
        ws.headers[hdrs.SERVER] = "frontdesk"
        try:
            stream = await ws.prepare(request)
        except (web.HTTPException, ValueError):  # aiohttp lets a key that is not ASCII through to base64
            raise Refused(ErrorCode.BAD_REQUEST, "This address speaks WebSocket only.") from None
        transport = request.transport
        if transport is None:
            return ws
        bound_unacknowledged(transport, self._setting.timing.user_timeout_ms)
        caller = Caller(
            endpoint=endpoint,
            address=self._proxies.client_of(request.remote, request.headers),
            limited_as=limited_as,
            origin=request.headers.get(hdrs.ORIGIN),
            host=request.host,
            country=self._proxies.country(request.remote, request.headers),
        )
        make = RecordedConnection if endpoint == "bot" else Connection
        await self._run(
            make(
                self._setting,
                caller,
                ws=ws,
                transport=transport,
                drain=stream.drain,
                session=self._new_session(),
                jitter=self._chance.uniform(-1, 1),
            )
        )
        return ws

    async def _run(self, connection: Connection) -> None:
        self._open[connection] = None
        self._bounds.entrance.came(connection.limited_as)
        _log.info("connection opened", session=connection.session, endpoint=connection.endpoint)
        try:
            await connection.run()
        finally:
            del self._open[connection]
            self._bounds.entrance.left(connection.limited_as, identified=connection.identified)
            self._empty.set()
            code = connection.close_code
            # A client may send any number: those are not worth a row each.
            self._closed[code if code in _OUR_CODES else 0] += 1
            _log.info("connection closed", session=connection.session, code=code)


def _refusal(refused: Refused) -> web.Response:
    response = web.Response(
        status=_STATUS[refused.code], body=codec.error_body(refused), content_type="application/json"
    )
    if refused.retry_after_ms is not None:
        response.headers[hdrs.RETRY_AFTER] = str(ceil(refused.retry_after_ms / 1000))
    return response
