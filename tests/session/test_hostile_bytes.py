"""Bytes that no WebSocket library sends: the connection ends with a code, and everybody else lives."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest

from tests.session.scripted_desk import House, house

HANDSHAKE = (
    b"GET /ws/visitor HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
MASK = b"\0\0\0\0"


class Raw:
    """A socket after the handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def frame(self) -> tuple[int, bytes]:
        """The next frame: its opcode and payload."""
        async with asyncio.timeout(5):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            return first & 15, await self.reader.readexactly(size)

    async def code(self) -> int:
        """The code of the close frame that comes."""
        while True:
            opcode, payload = await self.frame()
            if opcode == 8:
                return int.from_bytes(payload[:2])


@pytest.fixture
async def server() -> AsyncIterator[House]:
    async with house() as made:
        yield made


@pytest.fixture
async def dial(server: House) -> AsyncIterator[Callable[[bytes], Awaitable[Raw]]]:
    """Opens a socket and sends some bytes."""
    opened: list[asyncio.StreamWriter] = []

    async def dial(sent: bytes) -> Raw:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        opened.append(writer)
        writer.write(sent)
        return Raw(reader, writer)

    yield dial
    for writer in opened:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.fixture
def connect(dial: Callable[[bytes], Awaitable[Raw]]) -> Callable[..., Awaitable[Raw]]:
    """Opens a WebSocket and hears hello."""

    async def connect(more: bytes = b"") -> Raw:
        raw = await dial(HANDSHAKE + b"\r\n" + more)
        head = await raw.reader.readuntil(b"\r\n\r\n")
        assert b"101 Switching Protocols" in head
        assert b"Sec-WebSocket-Extensions" not in head
        opcode, hello = await raw.frame()
        assert (1, "hello") == (opcode, json.loads(hello)["on"])
        return raw

    return connect


def text(payload: bytes) -> bytes:
    return bytes([0x81, 0x80 | len(payload)]) + MASK + payload


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"\xf1\x80" + MASK, 1002),  # reserved bits
        (b"\xc1\x80" + MASK, 1002),  # compressed, which was not agreed
        (b"\x83\x80" + MASK, 1002),  # an opcode that does not exist
        (b"\x09\x80" + MASK, 1002),  # a ping in parts
        (b"\x89\xfe\x00\x7e" + MASK, 1002),  # a ping too long
        (b"\x80\x80" + MASK, 1002),  # the rest of nothing
        (b"\x01\x81" + MASK + b"x" + text(b"{}"), 1002),  # a text inside a text
        (b"\x88\x82" + MASK + b"\x03\xed", 1002),  # a close code nobody may send
        (b"\x88\x81" + MASK + b"\x03", 1002),  # half a close code
        (b"\x81\xff" + b"\xff" * 8 + MASK, 4505),  # 2^64 - 1 bytes to come
        (b"\x81\xff" + (1 << 40).to_bytes(8) + MASK, 4505),
        (b"\x81\xff" + (300_000).to_bytes(8) + MASK + b"x" * 1000, 4505),  # too large, and never finished
        (b"\x82\xff" + (1 << 30).to_bytes(8) + MASK, 4505),
        ((b"\x01\xfe\xff\xff" + MASK + b"x" * 65_535) + (b"\x00\xfe\xff\xff" + MASK + b"x" * 65_535) * 5, 4505),
    ],
)
async def test_what_is_no_frame_ends_the_connection_with_a_code(server, connect, sent, code):
    bystander = await server.identified()
    raw = await connect()
    raw.writer.write(sent)
    assert code == await raw.code()
    assert (await bystander.ask(do="ping", id="p"))["ok"] is True


async def test_a_frame_dripped_byte_by_byte_is_one_frame(connect):
    raw = await connect()
    for byte in text(b'{"do":"ping","id":"p"}'):
        raw.writer.write(bytes([byte]))
        await raw.writer.drain()
        await asyncio.sleep(0)
    opcode, answer = await raw.frame()
    assert 1 == opcode
    assert b'"unauthorised"' in answer


async def test_a_frame_in_parts_is_one_frame(connect):
    raw = await connect()
    raw.writer.write(b"\x01\x84" + MASK + b'{"do' + b"\x89\x80" + MASK + b"\x80\x8a" + MASK + b'":"ping"}x')
    opcodes = {(await raw.frame())[0] for _ in range(2)}
    assert {1, 10} == opcodes


async def test_frames_in_one_piece_with_the_handshake_are_read(connect):
    raw = await connect(text(b'{"do":"ping","id":"early"}'))
    assert b'"re":"early"' in (await raw.frame())[1]


async def test_a_thousand_pings_are_answered_or_left_out_but_kept_nowhere(connect):
    raw = await connect()
    for _ in range(1_000):
        raw.writer.write(b"\x89\x81" + MASK + b"x")
    assert (10, b"x") == await raw.frame()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /ws/visitor HTTP/1.1\r\nHost: x\r\n\r\n",
        HANDSHAKE.replace(b"Version: 13", b"Version: 12") + b"\r\n",
        HANDSHAKE.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"short") + b"\r\n",
        HANDSHAKE.replace(b"AAAAAAAAAAAAAAAAAAAAAA==", b"\xff\xfe") + b"\r\n",
        HANDSHAKE.replace(b"Upgrade: websocket", b"Upgrade: h2c") + b"\r\n",
    ],
)
async def test_a_bad_handshake_is_refused(server, dial, head):
    raw = await dial(head)
    assert b" 400 " in await raw.reader.readline()
    assert 0 == len(server.connections)
