"""One connection over which HTTP is spoken, until it becomes a WebSocket or ends.

As aiohttp's own, and in addition: it has its place in the lobby; what is no HTTP at all is refused in the words of
every other refusal, counted, and not logged with a traceback, as anybody can send it as often as they like; and an
answer that nobody takes is not kept for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from server.http import answers
from server.http.lobby import Lobby
from server.http.policy import ALWAYS
from server.wire.codes import ErrorCode, Refused

ASK_WITHIN_S: Final = 10.0  # from the connection to the end of the first request's headers
KEPT_ALIVE_S: Final = 150.0  # between two requests: longer than proxies keep a connection for the next one
TAKEN_WITHIN_S: Final = 150.0  # an answer, from its first byte to its last

Note = Callable[[ErrorCode], None]


class Line(RequestHandler):
    """One connection. `address` is by what it is limited; `note` hears of every refusal."""

    __slots__ = ("_address", "_ask_within_s", "_lobby", "_note", "_taken_within_s")

    def __init__(  # noqa: PLR0913 - two of them are for tests
        self,
        server: web.Server,
        *,
        loop: asyncio.AbstractEventLoop,
        lobby: Lobby,
        address: Callable[[str | None], str],
        note: Note,
        ask_within_s: float = ASK_WITHIN_S,
        taken_within_s: float = TAKEN_WITHIN_S,
    ) -> None:
        settings: dict[str, Any] = {"keepalive_timeout": KEPT_ALIVE_S, "access_log": None}
        super().__init__(server, loop=loop, **settings)
        self._lobby = lobby
        self._address = address
        self._note = note
        self._ask_within_s = ask_within_s
        self._taken_within_s = taken_within_s

    @property
    def idle(self) -> bool:
        """Whether it is waiting to be asked something."""
        return self._waiter is not None

    def cut_off(self) -> None:
        """End it now, whatever is still to be sent."""
        transport = self.transport
        self.force_close()
        if isinstance(transport, asyncio.Transport):
            transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        peer = self.peername
        if not self._lobby.comes(self, self._address(str(peer[0]) if peer else None)):
            self.cut_off()
            return
        self._loop.call_later(self._ask_within_s, self._let_go_if_silent)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._lobby.leaves(self)
        super().connection_lost(exc)

    def set_parser(self, parser: Any, data_received_cb: Callable[[], None] | None = None) -> None:
        """It has become a WebSocket."""
        self._lobby.leaves(self)
        super().set_parser(parser, data_received_cb)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        too_long = self._loop.call_later(self._taken_within_s, self.cut_off)
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            too_long.cancel()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What aiohttp could not read is the other side's fault, as is hanging up; all else is ours, and logged."""
        if isinstance(exc, ConnectionError):
            raise exc
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return super().handle_error(request, status, exc, message)
        self._note(ErrorCode.BAD_REQUEST)
        if request.writer.output_size > 0:
            raise ConnectionError("an answer is on its way already")
        response = answers.refusal(Refused(ErrorCode.BAD_REQUEST, "This is not HTTP as it is understood here."))
        response.headers.update(ALWAYS)
        response.force_close()
        return response

    def _let_go_if_silent(self) -> None:
        if self._request_count == 0 and self.transport is not None:
            self.force_close()
