"""A cable that can be cut: a TCP proxy that delays, drips, swallows, holds back or ends what it carries.

Each direction of each link has its own `Way`. What is set on a proxy holds for the links there are and for those to
come. `UP` is from the client to the server.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import enum
import fcntl
import socket
import struct
from typing import Final, Literal, Self

Direction = Literal["up", "down"]
UP: Final[Direction] = "up"
DOWN: Final[Direction] = "down"

CHUNK: Final = 16 * 1024
_OUTSTANDING: Final = 0x5411  # TIOCOUTQ: bytes the other side has not acknowledged
_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER: on, without waiting


class Cut(enum.Enum):
    """How a link ends."""

    RESET = "reset"
    CLOSE = "close"
    SILENCE = "silence"  # nothing is carried any more, and neither side is told


@dataclasses.dataclass
class Way:
    """One direction: what becomes of the bytes."""

    delay_s: float = 0.0
    piece: int = CHUNK  # bytes in one write
    bytes_per_s: float | None = None
    held: bool = False  # nothing is read: the sender's buffers fill
    swallowed: bool = False  # read, and thrown away
    cut_after: int | None = None  # bytes from now on
    cut_how: Cut = Cut.RESET
    carried: int = 0


class Link:
    """One connection through the proxy."""

    def __init__(self, ways: dict[Direction, Way], client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.ways = {direction: dataclasses.replace(way, carried=0) for direction, way in ways.items()}
        self.changed = asyncio.Event()
        self.over = asyncio.Event()
        self._sides = (client, server)

    def set(self, direction: Direction, **what: object) -> None:
        self.ways[direction] = dataclasses.replace(self.ways[direction], **what)  # type: ignore[arg-type]
        self.changed.set()

    def cut(self, how: Cut = Cut.RESET) -> None:
        if how is Cut.SILENCE:
            for direction in (UP, DOWN):
                self.set(direction, swallowed=True)
            return
        self.over.set()
        self.changed.set()
        for side in self._sides:
            if how is Cut.RESET:
                # A side that has gone by itself has no socket any more.
                with contextlib.suppress(OSError, AttributeError):
                    side.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                side.transport.abort()
            else:
                side.close()

    async def carry(self, direction: Direction, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        # uvloop has an error of its own for a transport that is closed.
        with contextlib.suppress(OSError, RuntimeError):
            while not self.over.is_set():
                if self.ways[direction].held:
                    self.changed.clear()
                    await self.changed.wait()
                    continue
                data = await source.read(CHUNK)
                if not data:
                    break
                await self._pass_on(direction, data, target)
        # One side has ended: so has the link, unless it is to look alive.
        if not self.ways[direction].swallowed:
            self.cut(Cut.CLOSE)

    async def _pass_on(self, direction: Direction, data: bytes, target: asyncio.StreamWriter) -> None:
        while data and not self.over.is_set():
            way = self.ways[direction]
            if way.held:
                self.changed.clear()
                await self.changed.wait()
                continue
            if way.swallowed:
                return
            size = min(way.piece, len(data), way.piece if way.cut_after is None else way.cut_after)
            pause_s = way.delay_s + (size / way.bytes_per_s if way.bytes_per_s else 0)
            if pause_s:
                await asyncio.sleep(pause_s)
            target.write(data[:size])
            await target.drain()
            data = data[size:]
            way.carried += size
            if way.cut_after is not None:
                way.cut_after -= size
                if way.cut_after <= 0:
                    await self._cut_here(target, way.cut_how)

    async def _cut_here(self, target: asyncio.StreamWriter, how: Cut) -> None:
        # What was carried so far is in the other side's hands: a reset right behind it would take it back.
        while how is not Cut.SILENCE and _unacknowledged(target):  # noqa: ASYNC110 - the kernel has no event for it
            await asyncio.sleep(0.001)
        self.cut(how)


def _unacknowledged(writer: asyncio.StreamWriter) -> bool:
    if writer.transport.get_write_buffer_size():
        return True
    try:
        answer = fcntl.ioctl(writer.get_extra_info("socket").fileno(), _OUTSTANDING, b"\0\0\0\0")
    except (AttributeError, OSError, ValueError):
        return False
    return bool(struct.unpack("i", answer)[0])


class Proxy:
    """Listens on a loopback port and carries to another. Use as an asynchronous context."""

    def __init__(self, port: int, *, receive_buffer: int | None = None) -> None:
        """`receive_buffer`: bytes that the kernel keeps of what the server sent, for readers that are to be slow."""
        self.target = port
        self.port = 0
        self.ways: dict[Direction, Way] = {UP: Way(), DOWN: Way()}
        self.links: list[Link] = []
        self.accepted = 0
        self._receive_buffer = receive_buffer
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=CHUNK, backlog=4096)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def set(self, direction: Direction, **what: object) -> None:
        """Change a direction of all links, and of those to come: the names of `Way`."""
        self.ways[direction] = dataclasses.replace(self.ways[direction], **what)  # type: ignore[arg-type]
        for link in self.links:
            link.set(direction, **what)

    def mend(self) -> None:
        """Links to come are good cables again."""
        self.ways = {UP: Way(), DOWN: Way()}

    def cut(self, how: Cut = Cut.RESET) -> None:
        """End all links."""
        for link in tuple(self.links):
            link.cut(how)

    def _accept(self, client_reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.get_running_loop().create_task(self._carry_both(client_reader, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_both(self, client_reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            server_reader, server = await asyncio.open_connection(sock=await self._dial(), limit=CHUNK)
        except OSError:
            client.transport.abort()
            return
        link = Link(self.ways, client, server)
        self.links.append(link)
        try:
            await asyncio.gather(
                link.carry(UP, client_reader, server),
                link.carry(DOWN, server_reader, client),
            )
        finally:
            self.links.remove(link)
            link.over.set()
            for side in (client, server):
                side.transport.abort()

    async def _dial(self) -> socket.socket:
        dialled = socket.socket()
        try:
            dialled.setblocking(False)
            if self._receive_buffer is not None:
                dialled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
            await asyncio.get_running_loop().sock_connect(dialled, ("127.0.0.1", self.target))
        except BaseException:
            dialled.close()
            raise
        return dialled
