"""An open port, whose connections are `Line`s: counted, and with little time to say what they want.

A connection that never sends a whole request costs a file as any other, and nobody has been asked anything yet who
could refuse it: aiohttp would keep it for an hour. A proxy in front does not need this, and does not notice it.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Protocol

from aiohttp import web

from server.http.line import Line


class MakesLines(Protocol):
    """A `Line` for each connection."""

    def __call__(self, server: web.Server, *, loop: asyncio.AbstractEventLoop) -> Line: ...


class Site(web.SockSite):
    """As aiohttp's, with lines of our own."""

    def __init__(self, runner: web.AppRunner, sock: socket.socket, line: MakesLines) -> None:
        super().__init__(runner, sock, backlog=1024)
        self._listener = sock
        self._line = line

    async def start(self) -> None:
        await web.BaseSite.start(self)
        loop = asyncio.get_running_loop()
        server = self._runner.server
        assert server is not None, "the runner has been set up"
        self._server = await loop.create_server(
            lambda: self._line(server, loop=loop), sock=self._listener, backlog=self._backlog
        )
