"""The tasks a server runs, and their end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeAlias

import structlog

from server.clock import pause
from server.desk.engine import Engine

log = structlog.get_logger(__name__)


Pause: TypeAlias = Callable[[float], Awaitable[None]]


class Task(Protocol):
    """A part that runs beside the engine until it is cancelled."""

    async def run(self, pause: Pause, /) -> None: ...


@contextlib.asynccontextmanager
async def working(engine: Engine, *others: Task) -> AsyncIterator[None]:
    """The engine's task, and those beside it; at the end, what was asked of the engine is done first."""
    tasks = [asyncio.create_task(engine.run(), name="engine")]
    tasks += [asyncio.create_task(other.run(pause), name=type(other).__name__) for other in others]
    for task in tasks:
        task.add_done_callback(_died)
    try:
        yield
    finally:
        engine.stop()
        await asyncio.wait(tasks[:1], timeout=5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _died(task: asyncio.Task[None]) -> None:
    """A part that ends by itself takes the process with it: a supervisor starts a whole one."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("a part of the server died", part=task.get_name(), exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
