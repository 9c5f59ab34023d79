"""From the outbox to the transport.

A reader that keeps up costs no task: what was sent in one turn of the event loop goes out in one write at its end. Only
when the transport has more than `HIGH` unsent bytes does a task take over; it waits for room, and ends when the outbox
is empty. A connection on which nothing moves for `stall_seconds` is aborted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from server.session import framing
from server.session.outbox import Outbox

HIGH: Final = 64 * 1024  # unsent bytes in the transport above which the reader counts as slow
CHUNK: Final = 64 * 1024
MAX_EXEMPT: Final = 4 * 1024 * 1024

_log = structlog.get_logger("session")


class Turn:
    """The connections that have something to send at the end of this turn of the event loop.

    All of them together cost the loop one callback. A batch of messages has two for each, and each would be one.
    """

    __slots__ = ("_writers",)

    def __init__(self) -> None:
        self._writers: list[Writer] = []

    def add(self, writer: Writer, loop: asyncio.AbstractEventLoop) -> None:
        """Have it flushed, once."""
        if not self._writers:
            loop.call_soon(self._flush)
        self._writers.append(writer)

    def _flush(self) -> None:
        writers, self._writers = self._writers, []
        for writer in writers:
            try:
                writer.flush()
            except Exception:  # noqa: BLE001 - one connection's fault is its own
                _log.exception("a connection could not be written to")


class Writer:
    """The writing half of one connection. Everything but `stopped` returns at once and never raises."""

    __slots__ = (
        "_control",
        "_drain",
        "_ended",
        "_last",
        "_loop",
        "_scheduled",
        "_slow",
        "_stall_seconds",
        "_transport",
        "_turn",
        "outbox",
    )

    def __init__(
        self,
        transport: asyncio.Transport,
        drain: Callable[[], Awaitable[None]],
        *,
        stall_seconds: float,
        outbox: Outbox,
        turn: Turn | None = None,
    ) -> None:
        """`drain` returns when the transport has room, and raises `ConnectionError` when it is gone.

        Connections of one event loop share a `turn`.
        """
        self.outbox = outbox
        self._transport = transport
        self._drain = drain
        self._stall_seconds = stall_seconds
        self._loop = asyncio.get_running_loop()
        self._turn = turn or Turn()
        self._scheduled = False
        self._slow: asyncio.Task[None] | None = None
        self._control = b""
        self._last: bytes | None = None
        self._ended = False

    def send(self, frame: bytes) -> bool:
        """Queue a text frame; False when the reader is too slow for it."""
        if self._ended:
            return True
        if not self.outbox.put(frame) and not self._put_after_writing(frame):
            return False
        if not self._scheduled:
            self._scheduled = True
            self._turn.add(self, self._loop)
        return True

    def send_exempt(self, frame: bytes) -> bool:
        """Queue a text frame that may exceed the outbox's bounds, within reason."""
        if self._ended or self.outbox.size + len(frame) > MAX_EXEMPT:
            return self.send(frame)
        self.outbox.put_exempt(frame)
        self._schedule()
        return True

    def send_lossy(self, key: str, frame: bytes) -> None:
        """Queue a text frame that may be replaced or dropped."""
        if not self._ended:
            self.outbox.put_lossy(key, frame)
            self._schedule()

    def control(self, frame: bytes) -> None:
        """Write a ping or pong ahead of what is queued. A congested transport keeps only the last one for later."""
        if self._ended or self._transport.is_closing():
            return
        if self._slow is not None:
            self._control = frame
        else:
            self._transport.write(frame)

    def finish(self, frame: bytes) -> None:
        """Write what is queued and then `frame`; nothing is taken in after this."""
        if self._ended:
            return
        self._ended = True
        if self._slow is not None:
            self._last = frame
        elif not self._transport.is_closing():
            self._transport.write(framing.texts(self.outbox.take(MAX_EXEMPT)) + frame)

    async def stopped(self) -> None:
        """Give up what is still queued."""
        self._ended = True
        self.outbox.clear()
        if self._slow is not None:
            self._slow.cancel()
            await asyncio.wait([self._slow])

    def flush(self) -> None:
        """The end of the turn: write what is queued."""
        self._scheduled = False
        transport = self._transport
        if self._slow is not None or transport.is_closing():
            return
        if transport.get_write_buffer_size() <= HIGH:
            frames = self.outbox.take(CHUNK)
            if frames:
                transport.write(framing.texts(frames))
        if self.outbox.size:
            self._slow = self._loop.create_task(self._write_slowly(), name="slow reader")

    def _put_after_writing(self, frame: bytes) -> bool:
        """The bound is about the reader's pace, not about how much we say in one turn."""
        if self._slow is not None or self._congested or self._transport.is_closing():
            return False
        self._transport.write(framing.texts(self.outbox.take(MAX_EXEMPT)))
        return self.outbox.put(frame)

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._turn.add(self, self._loop)

    @property
    def _congested(self) -> bool:
        return self._transport.get_write_buffer_size() > HIGH

    async def _write_slowly(self) -> None:
        try:
            while (self.outbox or self._last) and await self._has_room():
                self._transport.write(self._next_bytes())
        except ConnectionError:
            self.outbox.clear()
        except asyncio.CancelledError:
            if not self._ended:  # nobody would write the rest, and whoever reads would wait for it
                self._transport.abort()
            raise
        finally:
            self._slow = None

    def _next_bytes(self) -> bytes:
        control, self._control = self._control, b""
        data = control + framing.texts(self.outbox.take(CHUNK))
        if self._last is not None and not self.outbox:
            data += self._last
            self._last = None
        return data

    async def _has_room(self) -> bool:
        """Wait for room as long as anything moves."""
        # One task for the whole wait: aiohttp's drain does not survive being cancelled and asked again.
        drained = asyncio.ensure_future(self._drain())
        unsent = self._transport.get_write_buffer_size()
        try:
            while not (await asyncio.wait([drained], timeout=self._stall_seconds))[0]:
                if self._transport.get_write_buffer_size() >= unsent:
                    self._transport.abort()
                    return False
                unsent = self._transport.get_write_buffer_size()
            drained.result()
        finally:
            drained.cancel()
        return not self._transport.is_closing()
