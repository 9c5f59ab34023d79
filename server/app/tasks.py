"""The tasks a server runs, what becomes of one that fails, and their end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeAlias

import structlog

from server.clock import pause
from server.desk.engine import Engine

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
_ENGINE_ENDS_WITHIN_S = 3.0


class PartDied(Exception):
    """Why the server has ended by itself."""


Pause: TypeAlias = Callable[[float], Awaitable[None]]


class Task(Protocol):
    """A part that runs beside the engine until it is cancelled."""

    async def run(self, pause: Pause, /) -> None: ...


@contextlib.asynccontextmanager
async def working(engine: Engine, *others: Task, failures: Counter[str] | None = None) -> AsyncIterator[None]:
    """The engine's task, and those beside it; at the end, what was asked of the engine is done first.

    ``failures``: counts here, by its name, how often a task beside the engine failed and began again.
    """
    counted = Counter[str]() if failures is None else failures
    tasks = [asyncio.create_task(engine.run(), name="engine")]
    tasks += [asyncio.create_task(kept_up(each, counted, pause), name=type(each).__name__) for each in others]
    for task in tasks:
        task.add_done_callback(_died)
    try:
        yield
    finally:
        engine.stop()
        await asyncio.wait(tasks[:1], timeout=_ENGINE_ENDS_WITHIN_S)
        for task in tasks:
            task.cancel()
        for end in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(end, Exception):
                raise PartDied from end  # not an end with status 0: whoever watches over the process starts it anew


async def kept_up(task: Task, failures: Counter[str], pause: Pause) -> None:
    """Run it again whenever it fails, after pauses that double up to a minute.

    What it does, places and opening hours, nobody's message depends on: the server goes on without it meanwhile.
    """
    name = type(task).__name__
    pause_s = FIRST_PAUSE_S

    async def heard(seconds: float) -> None:
        nonlocal pause_s
        pause_s = FIRST_PAUSE_S  # it got as far as its own next pause
        await pause(seconds)

    while True:
        try:
            await task.run(heard)
        except Exception:
            failures[name] += 1
            log.exception("a part of the server failed and begins again", part=name, pause_s=pause_s)
        else:
            return
        await pause(pause_s)
        pause_s = min(LONGEST_PAUSE_S, pause_s * 2)


def _died(task: asyncio.Task[None]) -> None:
    """A part that ends by itself takes the process with it: a supervisor starts a whole one."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("a part of the server died", part=task.get_name(), exc_info=task.exception())
        signal.raise_signal(signal.SIGTERM)
