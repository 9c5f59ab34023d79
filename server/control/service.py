"""The control socket of a running server: one JSON object a line in, one out, in order.

Whoever can open it may do everything, so it is made for the owner of the data directory only. Its messages are our own
command's; still, no line is longer than a bound, no connection idles for ever, and nobody is shown a traceback.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import structlog

from server.control import requests as ask
from server.control.address import NAME, short_path
from server.control.operations import Operations
from server.control.perform import perform
from server.control.requests import MAX_LINE, Answer

log = structlog.get_logger(__name__)

MAX_CONNECTIONS = 16
IDLE_S = 60.0

_TOO_LONG = f"What was asked is too long: at most {MAX_LINE // 1024} KiB. Stop the server to do it without one."


@contextlib.asynccontextmanager
async def serving(data: Path, operations: Operations) -> AsyncIterator[None]:
    """Answer on the socket in this data directory, of which we are the only user: what is left of another goes."""
    (data / NAME).unlink(missing_ok=True)
    service = _Service(operations)
    server = await asyncio.start_unix_server(service.connected, sock=_bound(data), limit=MAX_LINE)
    try:
        yield
    finally:
        server.close()
        (data / NAME).unlink(missing_ok=True)
        await service.close()


def _bound(data: Path) -> socket.socket:
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # It must never be open to others, not even between its making and a change of its mode.
    before = os.umask(0o177)
    try:
        with short_path(data) as path:
            one.bind(path)
    except BaseException:
        one.close()
        raise
    finally:
        os.umask(before)
    return one


class _Service:
    """The connections, each with its task."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._tasks: set[asyncio.Task[None]] = set()

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="control connection")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End all connections."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, TimeoutError):
                await self._converse(reader, writer)
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) > MAX_CONNECTIONS:
            await _send(writer, Answer(ok=False, error="Too many ask at once. Please try again."))
            return
        while True:
            try:
                line = await asyncio.wait_for(reader.readline(), IDLE_S)
            except ValueError:
                await _send(writer, Answer(ok=False, error=_TOO_LONG))
                return
            if not line.endswith(b"\n"):
                return  # the other end has left, midway or not
            await _send(writer, await self._answer(line))

    async def _answer(self, line: bytes) -> Answer:
        try:
            request = ask.decode_request(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return Answer(ok=False, error=f"This cannot be asked: {error}")
        answer = await perform(self._operations, request)
        log.info("asked by the command line", request=type(request).__name__, ok=answer.ok)
        return answer


async def _send(writer: asyncio.StreamWriter, answer: Answer) -> None:
    writer.write(ask.encode(answer) + b"\n")
    await asyncio.wait_for(writer.drain(), IDLE_S)
