"""A connection before, between and after requests: what is not HTTP, what never ends, and what nobody takes."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import pytest
from aiohttp import web

from server.http import policy
from server.http.line import Line
from server.http.listening import bound
from server.http.lobby import Lobby, Room
from server.http.policy import PUBLIC, Doors, Policy
from server.http.site import Site
from server.wire.codes import ErrorCode
from tests.support.until import until

REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
POST = b"POST /body HTTP/1.1\r\nHost: here\r\n"
LONG = b"x" * 16 * 1024 * 1024
ANYBODY_WRITES = Policy("anybody writes", frozenset({"POST"}), lambda _request: None)


@dataclass
class House:
    port: int
    lobby: Lobby
    refused: list[ErrorCode] = field(default_factory=list)

    async def line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def until_there_are(self, count: int) -> None:
        while len(self.lobby) != count:  # noqa: ASYNC110 - the other side's own time
            await asyncio.sleep(0.005)


@asynccontextmanager
async def served(
    *, ask_within_s: float = 60, taken_within_s: float = 60, room: Room | None = None
) -> AsyncIterator[House]:
    house = House(0, Lobby(room))
    app, doors = web.Application(), Doors(note=house.refused.append)
    doors.add("GET", "/", _hello, policy=PUBLIC)
    doors.add("GET", "/long", _long, policy=PUBLIC)
    doors.add("GET", "/socket", _socket, policy=policy.SOCKET)
    doors.add("GET", "/hung-up", _hung_up, policy=policy.SOCKET)
    doors.add("POST", "/body", _body, policy=ANYBODY_WRITES)
    doors.install(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    line = partial(
        Line,
        lobby=house.lobby,
        address=lambda _peer: "somewhere",
        note=house.refused.append,
        ask_within_s=ask_within_s,
        taken_within_s=taken_within_s,
    )
    with bound("127.0.0.1", 0) as (sock,):
        try:
            await Site(runner, sock, line).start()
            house.port = sock.getsockname()[1]
            async with asyncio.timeout(30):
                yield house
        finally:
            await runner.cleanup()


async def _hello(_request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def _long(_request: web.Request) -> web.Response:
    return web.Response(body=LONG)


async def _body(request: web.Request) -> web.Response:
    return web.Response(text=f"{len(await request.read())}")


async def _socket(request: web.Request) -> web.StreamResponse:
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for _ in ws:
        pass
    return ws


async def _hung_up(_request: web.Request) -> web.StreamResponse:
    raise ConnectionResetError("as an upgrade does when there is nobody any more")


async def answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    writer.write(REQUEST)
    return (await reader.readuntil(b"hello")).startswith(b"HTTP/1.1 200")


async def rest(reader: asyncio.StreamReader) -> bytes:
    """All there is until the end, be it a reset."""
    heard = b""
    try:
        while data := await reader.read(65_536):
            heard += data
    except ConnectionResetError:
        pass
    return heard


async def closed(*lines: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
    for _, writer in lines:
        writer.transport.abort()
    await asyncio.gather(*[writer.wait_closed() for _, writer in lines], return_exceptions=True)


async def test_who_says_nothing_or_never_ends_saying_it_is_let_go_and_who_asked_stays():
    async with served(ask_within_s=0.2) as house:
        asking = await house.line()
        assert await answered(*asking)
        silent, dripping = await house.line(), await house.line()
        dripping[1].write(REQUEST[:-2])
        # Each of these ends after its time, which began after that of the first.
        assert await silent[0].read() == b""
        assert await dripping[0].read() == b""
        assert await answered(*asking)
        await closed(asking, silent, dripping)
        await house.until_there_are(0)


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a client that speaks TLS\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nA: \x00\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: here\r\n\r\n",
        POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        b"\r\n\r\n\r\n\0\0\0\0\r\n\r\n",
    ],
    ids=["tls", "header", "control", "long", "both", "length", "zeros"],
)
async def test_what_is_no_http_is_refused_in_words_counted_and_not_logged(
    said: bytes, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.DEBUG, "aiohttp"):
        async with served() as house:
            first, second = await house.line(), await house.line()
            # Also after a request that was good.
            assert await answered(*second)
            for reader, writer in (first, second):
                writer.write(said)
                answer = await rest(reader)
                head, _, body = answer.partition(b"\r\n\r\n")
                assert head.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400")), answer
                assert json.loads(body)["error"]["code"] == "bad_request"
                assert b"Content-Security-Policy: default-src 'none'" in head
            assert house.refused == [ErrorCode.BAD_REQUEST] * 2
            await closed(first, second)
    assert caplog.records == []


@pytest.mark.parametrize(
    "said",
    [
        POST + b"Transfer-Encoding: chunked\r\n\r\nno number\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nxx",
        POST + b"Content-Length: 10\r\n\r\nxx",
        POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx",
    ],
    ids=["chunk", "unfinished", "gone", "gzip"],
)
async def test_a_body_that_breaks_off_or_is_none_is_their_fault(said: bytes, caplog: pytest.LogCaptureFixture):
    async with served() as house:
        line = await house.line()
        line[1].write(said)
        line[1].write_eof()
        await rest(line[0])
        await closed(line)
        await house.until_there_are(0)
        assert set(house.refused) == {ErrorCode.BAD_REQUEST}
    assert caplog.records == []


async def test_who_hangs_up_before_the_upgrade_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture):
    async with served() as house:
        line = await house.line()
        line[1].write(REQUEST.replace(b"/ ", b"/hung-up ", 1))
        assert await rest(line[0]) == b""
        await closed(line)
    assert caplog.records == []


async def test_a_body_that_takes_too_long_is_refused_and_let_go(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(policy, "BODY_WITHIN_S", 0.2)
    async with served() as house:
        line = await house.line()
        line[1].write(POST + b"Content-Length: 10\r\n\r\nxx")
        answer = await rest(line[0])
        assert answer.startswith(b"HTTP/1.1 408")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "bad_request"
        assert house.refused == [ErrorCode.BAD_REQUEST]
        await house.until_there_are(0)
        await closed(line)


@pytest.mark.parametrize("how", ["ends", "is reset", "takes too long"])
async def test_half_a_body_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, how: str):
    """Nothing that only a look for rubbish at everything would find: anybody can send it as often as they like."""
    monkeypatch.setattr(policy, "BODY_WITHIN_S", 0.2 if how == "takes too long" else 60)
    gc.disable()
    gc.freeze()  # what was there before is not counted: it is millions of objects
    try:
        before = len(requests())
        async with served() as house:
            line = await house.line()
            line[1].write(POST + b"Content-Length: 10\r\n\r\nxx")
            await until(lambda: len(requests()) > before)
            if how == "ends":
                line[1].write_eof()
            elif how == "is reset":
                line[1].transport.abort()
            await house.until_there_are(0)
            await until(lambda: len(requests()) == before)
            assert house.refused == [ErrorCode.BAD_REQUEST]
            await closed(line)
    finally:
        gc.unfreeze()
        gc.enable()


def requests() -> list[object]:
    return [each for each in gc.get_objects() if isinstance(each, web.BaseRequest)]


async def test_an_answer_that_nobody_takes_is_given_up():
    asked = REQUEST.replace(b"/ ", b"/long ", 1)
    loop = asyncio.get_running_loop()
    async with served(taken_within_s=0.2) as house:
        with socket.socket() as narrow:
            narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            narrow.setblocking(False)
            await loop.sock_connect(narrow, ("127.0.0.1", house.port))
            await loop.sock_sendall(narrow, asked)
            await house.until_there_are(1)
            await house.until_there_are(0)
    async with served() as house:
        line = await house.line()
        line[1].write(asked)
        await line[0].readuntil(b"\r\n\r\n")
        assert await line[0].readexactly(len(LONG)) == LONG
        await closed(line)


async def test_the_longest_idle_makes_room_and_sockets_are_no_longer_counted():
    async with served(room=Room(per_address=2)) as house:
        sockets = []
        for number in range(3):
            upgraded = await house.line()
            upgraded[1].write(
                b"GET /socket HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            )
            assert (await upgraded[0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
            assert len(house.lobby) == 0, number
            sockets.append(upgraded)
        idle, asked = await house.line(), await house.line()
        assert await answered(*idle)
        assert await answered(*asked)
        third = await house.line()
        assert await answered(*third)
        assert await rest(idle[0]) == b""
        assert await answered(*asked)
        assert len(house.lobby) == 2
        await closed(*sockets, idle, asked, third)
