"""An open port, at which whoever connects has to say what they want before long.

A connection that never sends a whole request costs a file as any other, and nobody has been asked anything yet who
could refuse it: aiohttp would keep it for an hour. A proxy in front does not need this, and does not notice it.
"""

from __future__ import annotations

import asyncio
import socket
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

ASK_WITHIN_S: Final = 10.0  # from the connection to the end of the first request's headers


class Site(web.SockSite):
    """As aiohttp's, with a deadline for the first request of each connection."""

    def __init__(self, runner: web.AppRunner, sock: socket.socket, *, ask_within_s: float = ASK_WITHIN_S) -> None:
        super().__init__(runner, sock, backlog=1024)
        self._listener = sock
        self._ask_within_s = ask_within_s

    async def start(self) -> None:
        await web.BaseSite.start(self)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(partial(self._greet, loop), sock=self._listener, backlog=self._backlog)

    def _greet(self, loop: asyncio.AbstractEventLoop) -> asyncio.Protocol:
        server = self._runner.server
        assert server is not None, "the runner has been set up"
        handler: RequestHandler = server()
        loop.call_later(self._ask_within_s, _let_go_of_the_silent, handler)
        return handler


def _let_go_of_the_silent(handler: RequestHandler) -> None:
    if handler._request_count == 0 and handler.transport is not None:  # noqa: SLF001 - it says so nowhere else
        handler.force_close()
