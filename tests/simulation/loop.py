"""An event loop of which everything is decided by a seed: time stands still while anything can be done and then jumps
to the next timer, and which of the tasks that could go on goes first is drawn.

Callbacks keep their order among themselves, as asyncio promises; only a task's next step may come before its turn.
Whatever runs belongs to a *life*, by its context: that of a process, which can be ended in mid-air (`end`), or the
world's own.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import random
from asyncio import base_events, events
from collections import deque
from collections.abc import Callable
from typing import Any

LIFE: contextvars.ContextVar[int] = contextvars.ContextVar("life", default=0)
OUTSIDE = contextvars.Context()  # of what belongs to no process, whoever sets it off
_AHEAD = 8  # so many that could go on are looked at
_ROUNDS = 200  # for the tasks of an ended life to come to their end


class Stuck(Exception):
    """Nothing can ever happen again, though somebody waits."""


class Loop(base_events.BaseEventLoop):
    """Use as a loop; `advance` runs what is due for so many seconds."""

    _ready: deque[events.Handle]
    _scheduled: list[events.TimerHandle]

    def __init__(self, chance: random.Random, *, shuffles: bool) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.steps = 0
        self.follow: Callable[[Any], Any] = lambda coroutine: coroutine  # what a task of a process is made of
        self._chance = chance
        self._shuffles = shuffles
        self._now = 0.0
        self._ended: set[int] = set()
        self._urgent: deque[Callable[[], None]] = deque()
        self._lives: dict[int, dict[asyncio.Task[Any], None]] = {}
        self.set_exception_handler(self._failed)
        self.set_task_factory(self._new_task)

    def time(self) -> float:
        return self._now

    def between(self, call: Callable[[], None]) -> None:
        """As soon as nothing runs: before any other callback, and inside of none."""
        self._urgent.append(call)

    def tasks(self, life: int) -> list[asyncio.Task[Any]]:
        """Those of this life that go on."""
        return [task for task in self._lives.get(life, ()) if not task.done()]

    async def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(seconds)

    def end(self, life: int) -> None:
        """Nothing of this life happens any more. Only `between` may call it."""
        tasks = self._lives.pop(life, {})
        rounds = 0
        while alive := [task for task in tasks if not task.done()]:
            rounds += 1
            if rounds > _ROUNDS:
                self.faults.append(f"tasks outlive their process: {[task.get_name() for task in alive]}")
                break
            for task in alive:
                task.cancel()
            self._run_only(life, tasks)
        self._ended.add(life)
        for task in tasks:
            if task.done() and not task.cancelled():
                task.exception()  # what fails while the power goes has failed with it

    def _run_only(self, life: int, tasks: dict[asyncio.Task[Any], None]) -> None:
        """What is ready of this life, and what becomes ready by it; timers of it never fire."""
        tasks.update(self._lives.pop(life, {}))
        while mine := [handle for handle in self._ready if _life_of(handle) == life]:
            others = [handle for handle in self._ready if _life_of(handle) != life]
            self._ready.clear()
            self._ready.extend(others)
            for handle in mine:
                if not handle.cancelled():
                    handle._run()
            tasks.update(self._lives.pop(life, {}))

    def _run_once(self) -> None:
        while self._urgent:
            self._urgent.popleft()()
        self._take_due()
        if not self._ready:
            if not self._scheduled:
                raise Stuck
            self._now = max(self._now, self._scheduled[0].when())
            self._take_due()
        handle = self._draw()
        if handle.cancelled() or (life := _life_of(handle)) in self._ended:
            return
        self.steps += 1
        handle._run()
        del life

    def _take_due(self) -> None:
        while self._scheduled and self._scheduled[0].when() <= self._now:
            self._ready.append(heapq.heappop(self._scheduled))

    def _draw(self) -> events.Handle:
        if not self._shuffles or len(self._ready) < 2 or self._chance.random() < 0.5:
            return self._ready.popleft()
        steps = [at for at in range(min(_AHEAD, len(self._ready))) if _is_step(self._ready[at])]
        if not steps:
            return self._ready.popleft()
        at = self._chance.choice(steps)
        handle = self._ready[at]
        del self._ready[at]
        return handle

    def _new_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **more: Any) -> asyncio.Task[Any]:
        context = more.get("context")
        life = LIFE.get() if context is None else context.get(LIFE, 0)
        followed = self.follow(coroutine) if life else coroutine
        task: asyncio.Task[Any] = asyncio.Task(followed, loop=loop, **more)
        tasks = self._lives.setdefault(life, {})
        tasks[task] = None
        if len(tasks) > 500:
            self._lives[life] = {each: None for each in tasks if not each.done()}
        return task

    def _failed(self, _loop: object, context: dict[str, Any]) -> None:
        self.faults.append(f"{context.get('message')}: {context.get('exception')!r}")

    def run_in_executor(self, executor: object, work: Callable[..., Any], *given: Any) -> asyncio.Future[Any]:  # type: ignore[override] # noqa: ARG002
        """There are no threads: it is done in a turn of its own, also when nobody waits for it any more."""
        ended = self.create_future()
        self.call_soon(_do, ended, work, given)
        return ended

    # What a loop must have, and this one has no use for.

    def _write_to_self(self) -> None:
        """There are no threads to be woken by."""

    def _process_events(self, event_list: object) -> None:
        """There is no selector."""

    def _timer_handle_cancelled(self, handle: events.TimerHandle) -> None:
        """A cancelled timer stays until its time."""


def _do(ended: asyncio.Future[Any], work: Callable[..., Any], given: tuple[Any, ...]) -> None:
    try:
        found = work(*given)
    except Exception as error:  # noqa: BLE001 - whose it is, is for whoever waits
        if not ended.done():
            ended.set_exception(error)
    else:
        if not ended.done():
            ended.set_result(found)


def _life_of(handle: events.Handle) -> int:
    context: contextvars.Context = handle._context  # type: ignore[attr-defined] # as asyncio has it
    return context.get(LIFE, 0)


def _is_step(handle: events.Handle) -> bool:
    callback: Any = handle._callback  # type: ignore[attr-defined]
    return isinstance(getattr(callback, "__self__", None), asyncio.Task)
