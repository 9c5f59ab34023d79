"""The load's own WebSocket client: the least code that speaks the protocol, as the load is to cost less than a server.

Frames are masked with a zero key (allowed by RFC 6455 §5.3: any 32-bit value), which leaves the text as it is.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

_TEXT = 0x81
_FIN_TEXT = 0x81
_SMALL = 126
_LARGE = 127


def frame(text: bytes) -> bytes:
    """One masked text frame."""
    size = len(text)
    if size < _SMALL:
        head = bytes((_FIN_TEXT, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((_FIN_TEXT, 0x80 | _SMALL)) + size.to_bytes(2, "big")
    else:
        head = bytes((_FIN_TEXT, 0x80 | _LARGE)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + text


class Socket(asyncio.Protocol):
    """One connection; `heard` is called with the text of each frame."""

    def __init__(self, url: str, heard: Callable[[Socket, bytes], None], origin: str = "") -> None:
        self._url = urlsplit(url)
        self._origin = f"Origin: {origin}\r\n" if origin else ""
        self._heard = heard
        self._buffer = bytearray()
        self._upgraded = False
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are none of asyncio's classes, but do all that theirs do.
        self._transport = transport = cast("asyncio.Transport", transport)
        key = base64.b64encode(bytes(16)).decode()
        transport.write(
            f"GET {self._url.path} HTTP/1.1\r\nHost: {self._url.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\n{self._origin}Sec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("refused"))

    def send(self, ready: bytes) -> None:
        """Send what `frame` made."""
        assert self._transport is not None
        self._transport.write(ready)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded and not self._upgrade():
            return
        self._frames()

    def _upgrade(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        if not self._buffer.startswith(b"HTTP/1.1 101"):
            self.opened.set_exception(ConnectionError(bytes(self._buffer[:80]).decode(errors="replace")))
            return False
        del self._buffer[: end + 4]
        self._upgraded = True
        self.opened.set_result(None)
        return True

    def _frames(self) -> None:
        buffer = self._buffer
        at = 0
        while len(buffer) - at >= 2:
            size, head = buffer[at + 1] & 0x7F, 2
            if size == _SMALL:
                size, head = int.from_bytes(buffer[at + 2 : at + 4], "big"), 4
            elif size == _LARGE:
                size, head = int.from_bytes(buffer[at + 2 : at + 10], "big"), 10
            if len(buffer) - at < head + size:
                break
            text = bytes(buffer[at + head : at + head + size])
            if buffer[at] == _TEXT:
                self._heard(self, text)
            elif buffer[at] == 0x89:  # a ping wants its pong
                self.send(bytes((0x8A, 0x80 | size)) + b"\0\0\0\0" + text)
            at += head + size
        del buffer[:at]


async def connect(url: str, heard: Callable[[Socket, bytes], None], origin: str = "", *, from_: str = "") -> Socket:
    """An open connection; `origin` as a browser's page would say it, `from_` another of our own addresses."""
    loop = asyncio.get_running_loop()
    parts = urlsplit(url)
    ours = (from_, 0) if from_ else None
    _, socket = await loop.create_connection(
        lambda: Socket(url, heard, origin), parts.hostname or "", parts.port or 80, local_addr=ours
    )
    await socket.opened
    return socket
