"""A socket without a network: frames one way, bytes the other, each in their order, late, slow or cut at any byte.

The server's side has the face of its `Socket` that `Connection` uses, and of a transport, with `drain`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import random
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from typing import Any, Protocol

from aiohttp import WSCloseCode, WSMessage, WSMsgType

from tests.simulation.loop import OUTSIDE, Loop

LOW = 16 * 1024
HIGH = 64 * 1024
SIP_S = 0.1  # how often a slow reader reads


@dataclasses.dataclass(slots=True)
class Cable:
    """What one connection will meet with. Bytes and frames are counted from its beginning."""

    latency: float = 0.005
    cut_after_bytes: int | None = None  # of what the server sends
    cut_after_frames: int | None = None  # of what the client sends: the next one is lost with the line
    silent_after: int | None = None  # frames of the client, after which nothing moves any more, either way
    bytes_a_second: float | None = None  # a reader who is slow
    cancelled_after: int | None = None  # so many times its task has waited


class Listener(Protocol):
    """The client's end."""

    def hears(self, data: bytes) -> None: ...

    def is_lost(self) -> None: ...


class Line:
    """One connection. The client calls `send` and `hang_up`; the rest is the server's."""

    def __init__(self, loop: Loop, chance: random.Random, cable: Cable, listener: Listener) -> None:
        self.cable = cable
        self.open = True
        self._loop = loop
        self._chance = chance
        self._listener = listener
        self._under_way: deque[WSMessage] = deque()
        self._inbox: deque[WSMessage] = deque()
        self._reader: asyncio.Future[None] | None = None
        self._straight: Callable[[bytes], bool] | None = None
        self._unsent = bytearray()
        self._delivered = 0
        self._sent = 0
        self._arrives_at = 0.0
        self._pumping = False
        self._closing = False
        self._roomy: list[asyncio.Future[None]] = []

    # The client's end.

    def send(self, kind: WSMsgType, data: Any) -> None:
        """A whole frame; on a line that is cut it is lost."""
        cable = self.cable
        if not self.open or self._is_silent:
            return
        self._sent += 1
        if cable.cut_after_frames is not None and self._sent > cable.cut_after_frames:
            self.cut()
            return
        self._arrives_at = max(self._arrives_at, self._loop.time() + self._late())
        # Timers of one moment go off in any order: who comes is whose turn it is.
        self._under_way.append(WSMessage(kind, data, None))
        self._loop.call_at(self._arrives_at, self._arrive, context=OUTSIDE)

    def hang_up(self, code: int | None) -> None:
        """The client closes: with a close frame if it has a code, else by going away."""
        if code is not None:
            self.send(WSMsgType.CLOSE, code)
        else:
            self.cut()

    def cut(self) -> None:
        """The line is gone for both, at once; what was under way is lost."""
        if not self.open:
            return
        self.open = False
        self._unsent.clear()
        self._put(WSMessage(WSMsgType.CLOSED, None, None))
        for waiter in self._roomy:
            if not waiter.done():
                waiter.set_exception(ConnectionResetError("cut"))
        self._roomy.clear()
        self._loop.call_later(self._late(), self._listener.is_lost, context=OUTSIDE)

    def die(self) -> None:
        """The server's process is gone: of what it had written some may still arrive."""
        if self.open and self._unsent and not self._is_silent:
            self._listener.hears(bytes(self._unsent[: self._chance.randrange(len(self._unsent) + 1)]))
        self.open = False
        self._unsent.clear()
        self._loop.call_later(self._late(), self._listener.is_lost, context=OUTSIDE)

    def mend(self) -> None:
        """From here on it is a good cable; one that has fallen silent is cut at last."""
        silent = self._is_silent
        self.cable = Cable(latency=self.cable.latency)
        if silent:
            self.cut()
        else:
            self._pump_later()

    @property
    def _is_silent(self) -> bool:
        return self.cable.silent_after is not None and self._sent >= self.cable.silent_after

    def _late(self) -> float:
        return self._chance.uniform(0, self.cable.latency)

    def _arrive(self) -> None:
        message = self._under_way.popleft()
        if self.open and (self._inbox or message.type is not WSMsgType.TEXT or not self._goes_straight(message.data)):
            self._put(message)

    def _put(self, message: WSMessage) -> None:
        self._inbox.append(message)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _goes_straight(self, frame: bytes) -> bool:
        return self._straight is not None and self._inside.run(self._straight, frame)

    # The server's end, as its `Socket` has it.

    def take_straight(self, straight: Callable[[bytes], bool]) -> None:
        self._straight = straight
        self._inside = copy_context()  # what it sets off belongs to the process it was taken in

    def put(self, work: Awaitable[None]) -> None:
        self._put(WSMessage(WSMsgType.TEXT, work, None))

    async def receive(self) -> WSMessage:
        while not self._inbox:
            if not self.open:
                return WSMessage(WSMsgType.CLOSED, None, None)
            self._reader = self._loop.create_future()
            try:
                await self._reader
            finally:
                self._reader = None
        return self._inbox.popleft()

    async def drain(self) -> None:
        if not self.open:
            raise ConnectionResetError("cut")
        if len(self._unsent) <= HIGH:
            return
        room = self._loop.create_future()
        self._roomy.append(room)
        await room

    def write(self, data: bytes) -> None:
        if self.open and not self._closing:
            self._unsent += data
            self._pump_later()

    def get_write_buffer_size(self) -> int:
        return len(self._unsent)

    def is_closing(self) -> bool:
        return self._closing or not self.open

    def close(self) -> None:
        self._closing = True
        self._pump_later()

    def abort(self) -> None:
        self.cut()

    def _pump_later(self) -> None:
        if not self._pumping and self.open:
            self._pumping = True
            self._loop.call_later(self._late(), self._pump, context=OUTSIDE)

    def _pump(self) -> None:
        self._pumping = False
        if not self.open or self._is_silent:
            return
        cable = self.cable
        size = len(self._unsent)
        if cable.bytes_a_second is not None:
            size = min(size, int(cable.bytes_a_second * SIP_S))
        if cable.cut_after_bytes is not None:
            size = min(size, cable.cut_after_bytes - self._delivered)
        data = bytes(self._unsent[:size])
        del self._unsent[:size]
        self._delivered += size
        if data:
            self._listener.hears(data)
        if cable.cut_after_bytes is not None and self._delivered >= cable.cut_after_bytes:
            self.cut()
            return
        self._make_room()
        if self._unsent:
            self._pumping = True
            slow = cable.bytes_a_second is not None
            self._loop.call_later(SIP_S if slow else cable.latency, self._pump, context=OUTSIDE)
        elif self._closing:
            self.cut()

    def _make_room(self) -> None:
        if len(self._unsent) <= LOW:
            for waiter in self._roomy:
                if not waiter.done():
                    waiter.set_result(None)
            self._roomy.clear()


class Frames:
    """The client's reader: whole frames out of bytes as they come."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def take(self, data: bytes) -> list[tuple[int, bytes]]:
        """(opcode, payload) of each frame that is whole now."""
        self._bytes += data
        found = []
        while (frame := self._next()) is not None:
            found.append(frame)
        return found

    def _next(self) -> tuple[int, bytes] | None:
        held = self._bytes
        if len(held) < 2:
            return None
        size, begin = held[1], 2
        if size == 126:
            size, begin = int.from_bytes(held[2:4]), 4
        elif size == 127:
            size, begin = int.from_bytes(held[2:10]), 10
        if len(held) < begin + size:
            return None
        frame = (held[0] & 0x0F, bytes(held[begin : begin + size]))
        del held[: begin + size]
        return frame


TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
GOING_AWAY = int(WSCloseCode.GOING_AWAY)
