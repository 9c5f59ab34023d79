"""Whoever connects has to say what they want before long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from server.http.listening import bound
from server.http.site import Site

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


@asynccontextmanager
async def served(*, ask_within_s: float) -> AsyncIterator[int]:
    app = web.Application()
    app.router.add_get("/", _hello)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    with bound("127.0.0.1", 0) as (sock,):
        try:
            await Site(runner, sock, ask_within_s=ask_within_s).start()
            yield sock.getsockname()[1]
        finally:
            await runner.cleanup()


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    writer.write(REQUEST)
    return (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")


async def test_who_says_nothing_or_never_ends_saying_it_is_let_go_and_who_asked_stays():
    async with asyncio.timeout(30), served(ask_within_s=0.2) as port:
        asking = await asyncio.open_connection("127.0.0.1", port)
        assert await answered(*asking)
        silent = await asyncio.open_connection("127.0.0.1", port)
        dripping = await asyncio.open_connection("127.0.0.1", port)
        dripping[1].write(REQUEST[:-2])
        # Each of these ends after its time, which began after that of the first.
        assert await silent[0].read() == b""
        assert await dripping[0].read() == b""
        assert await answered(*asking)
        for _, writer in (asking, silent, dripping):
            writer.close()
            await writer.wait_closed()
