"""How a server starts, its parts in order, and how it ends, in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from functools import partial

import structlog
import uvloop
from aiohttp import web

from server.app.bounding import make_room_for_files
from server.app.config import Config, StartError
from server.app.ground import insist_there, standing
from server.app.parts import Parts, showing
from server.app.tasks import working
from server.control import service as control
from server.control.operations import Operations
from server.desk.bot_watch import BotWatch
from server.desk.desk import Desk
from server.desk.engine import Engine
from server.http import listening
from server.http.application import application, note_refusal
from server.http.line import Line
from server.http.site import Site
from server.store import workspaces
from server.store.base import Store

log = structlog.get_logger(__name__)

# Objects, and collections of the younger, after which rubbish is looked for. A look holds everybody up for as long as
# there are objects to look at: at 2,000 young ones and at 10,000 of the next age it takes 1 to 5 ms. At all of them it
# is a second for some million, so that is done after a million new ones, and only when a fourth of all is new. There
# is hardly anything to be found: what ends, ends without leaving circles (`tests/session/test_left_behind.py`).
_RUBBISH = (2_000, 5, 100)
# Python's lock, which the writer gives up and wants back at each of its statements. At Python's own 5 ms a batch of the
# router's that meets a busy moment of the loop takes 10 to 20 ms.
_LOCK_HANDED_OVER_S = 0.001
STOP_WITHIN_S = 9.5  # Docker kills after 10
EXIT_TOO_LATE = 75  # EX_TEMPFAIL
_ANSWERED_WITHIN_S = 1.0  # requests of plain HTTP under way


def run(config: Config) -> None:
    """Serve until SIGTERM or SIGINT; raises `StartError`."""
    config = replace(config, most=make_room_for_files(config.most))
    sys.setswitchinterval(_LOCK_HANDED_OVER_S)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(config))


async def serve(config: Config) -> None:
    """Start everything, wait for the end, stop everything.

    A second signal ends the process where it stands, and so does an end that takes too long: nothing that was
    acknowledged can be lost by that.
    """
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, number, stopping)
    # What is read at the start stays as long as the server does: to look through it for rubbish, now or later, is vain.
    gc.disable()
    async with running(config) as server:
        gc.freeze()
        gc.set_threshold(*_RUBBISH)
        gc.enable()
        config.announce(server.url)
        await stopping.wait()


def _stop(number: int, stopping: asyncio.Event) -> None:
    if stopping.is_set():
        log.warning("told a second time to stop: it ends at once")
        os._exit(128 + number)
    stopping.set()
    late = threading.Timer(STOP_WITHIN_S, _too_late)
    late.daemon = True
    late.start()


def _too_late() -> None:
    """On a thread of its own: whatever holds the loop up cannot hold this up."""
    log.critical("stopping took too long: it ends at once", after_s=STOP_WITHIN_S)
    os._exit(EXIT_TOO_LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that serves."""

    url: str
    desk: Desk
    engine: Engine
    store: Store
    bot_watch: BotWatch


@contextlib.asynccontextmanager
async def running(config: Config) -> AsyncIterator[Running]:
    """A server from the open database to the open port, and back.

    The port is taken first, so that a start in vain changes nothing.
    """
    if config.prepare is None:
        insist_there(config.data)
    with _bound(config) as sockets:
        url = listening.url(config.host, sockets)
        async with standing(config.data, any_origin=config.demo) as ground:
            founded = await ground.store.read(workspaces.find) is None and config.prepare is not None
            if founded and config.prepare is not None:
                await config.prepare(ground.operations(), url)
            parts = await Parts.build(config, ground)
            operations = ground.operations(parts.engine, parts.desk, bot_overview=parts.bot_overview)
            retention = operations.privacy.retention
            async with working(
                parts.engine, parts.queues, parts.hours, parts.logins, retention, failures=parts.failures
            ):
                if config.prepare is not None and not founded:
                    await config.prepare(operations, url)
                async with (
                    parts.watch.kept(),
                    control.serving(config.data, operations),
                    _listening(config, parts, operations, sockets),
                    showing(config, parts, url),
                ):
                    yield Running(
                        url=url, desk=parts.desk, engine=parts.engine, store=ground.store, bot_watch=parts.bot_watch
                    )
                    log.info("stopping")
                    await parts.connections.drain()


@contextlib.contextmanager
def _bound(config: Config) -> Iterator[list[socket.socket]]:
    try:
        with listening.bound(config.host, config.port) as sockets:
            yield sockets
    except listening.CannotListen as error:
        raise StartError(str(error)) from error


@contextlib.asynccontextmanager
async def _listening(
    config: Config, parts: Parts, operations: Operations, sockets: list[socket.socket]
) -> AsyncIterator[None]:
    """The open port."""
    app = application(
        desk=parts.desk,
        accounts=parts.accounts,
        connections=parts.connections,
        proxies=parts.proxies,
        bounds=parts.bounds,
        operations=operations,
        metrics=parts.metrics,
        demo=config.demo,
        show=parts.show,
    )
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=_ANSWERED_WITHIN_S,
    )
    await runner.setup()
    line = partial(
        Line, lobby=parts.lobby, address=parts.proxies.line_limited_as, note=partial(note_refusal, parts.bounds)
    )
    try:
        for one in sockets:
            try:
                await Site(runner, one, line).start()
            except OSError as error:
                raise listening.CannotListen(config.host, config.port, error) from error
        yield
    finally:
        await runner.cleanup()
