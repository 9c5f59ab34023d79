"""A connection that has ended is freed at once, without a look for rubbish at everything there is."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator

import pytest
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from server.session.connection import Connection, Frames, Socket
from server.session.ports import Peer
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import MessageSend
from tests.session.scripted_desk import Client, House, house
from tests.support.until import until

End = Callable[[House, Client], Awaitable[object]]


async def says_goodbye(_one: House, client: Client) -> None:
    await client.ws.close()


async def vanishes(_one: House, client: Client) -> None:
    connection = client.ws._response.connection
    assert connection is not None
    assert isinstance(connection.transport, asyncio.Transport)
    connection.transport.abort()


async def speaks_binary(_one: House, client: Client) -> None:
    await client.ws.send_bytes(b"no text")
    await client.closed()


async def speaks_nonsense(_one: House, client: Client) -> None:
    await client.ws.send_str("{")
    assert (await client.hear())["ok"] is False
    await client.ws.close()


async def says_too_much(_one: House, client: Client) -> None:
    await client.ws.send_str("x" * 1_000_000)
    await client.closed()


def refuse(_peer: Peer, _request: object) -> None:
    raise Refused(ErrorCode.FORBIDDEN, "Not that.")


async def has_asked_for_what_is_refused(one: House, client: Client) -> None:
    one.desk.scripts[MessageSend] = refuse
    assert (await client.ask(do="message.send", id="m", conversation="c_1", client_id="k", text="Hello"))["ok"] is False
    await client.ws.close()


async def is_seen_off(one: House, _client: Client) -> None:
    await one.connections.drain()


@pytest.fixture
def no_looks() -> Iterator[None]:
    """What goes in circles stays where it is, and what was there before is not counted: it is millions of objects."""
    gc.disable()
    gc.freeze()
    yield
    gc.unfreeze()
    gc.enable()


def left_behind() -> list[object]:
    ours = (Connection, Socket, Frames, BaseRequest, RequestHandler)
    return [each for each in gc.get_objects() if isinstance(each, ours)]


@pytest.mark.usefixtures("no_looks")
@pytest.mark.parametrize(
    "end",
    [
        says_goodbye,
        vanishes,
        speaks_binary,
        speaks_nonsense,
        says_too_much,
        has_asked_for_what_is_refused,
        is_seen_off,
    ],
)
async def test_nothing_is_left_behind_by_one_who(end: End):
    before = left_behind()
    async with house() as one:
        client = await one.identified()
        assert len(left_behind()) > len(before)
        await end(one, client)
        await one.desk.until(lambda: bool(one.desk.lefts))
        one.desk.peers.clear()
        one.desk.lefts.clear()
        await until(lambda: len(left_behind()) == len(before))


@pytest.mark.usefixtures("no_looks")
async def test_nothing_is_left_behind_by_one_who_never_said_who_it_is():
    before = left_behind()
    async with house() as one:
        client = await one.connect()
        await client.ws.close()
        await until(lambda: len(left_behind()) == len(before))
