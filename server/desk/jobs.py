"""What waits for the engine, and in which order it is taken.

Three kinds: what is to be told again after a rebuild comes before everything else, a portion at a time; then what was
asked and told, in its order; and behind it what can wait, a few beside others or by themselves, so that whoever comes
while they are done does not wait for hundreds of them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable

from router import commands
from server.desk.job import Job, telling

BATCH = 64
AT_START = 500
PATIENT = 8  # of those that can wait, in one batch


class Jobs:
    """The engine's task takes them; whoever asks for something puts them, on the same loop."""

    def __init__(self) -> None:
        self._again: deque[commands.Command] = deque()
        self._waiting: deque[Job] = deque()
        self._patient: deque[Job] = deque()
        self._waker: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """What was asked and told, and has not been taken."""
        return len(self._waiting) + len(self._patient)

    def put(self, job: Job, *, patient: bool = False) -> None:
        """Behind what waits already. ``patient``: others may go first."""
        (self._patient if patient else self._waiting).append(job)
        if self._waker is not None and not self._waker.done():
            self._waker.set_result(None)

    def tell_again(self, told: Iterable[commands.Command]) -> None:
        """These come first, in place of whatever was to be told again until now."""
        self._again = deque(told)

    @property
    def is_empty(self) -> bool:
        """Nothing at all waits."""
        return not (self._again or self._waiting or self._patient)

    async def take(self, seconds: float | None, *, skips: Callable[[commands.Command], bool]) -> list[Job]:
        """The next batch, as soon as there is one; after so many seconds without, the time alone is one.

        ``skips``: of those that are told again, which are not.
        """
        if self._again:
            told = [self._again.popleft() for _ in range(min(AT_START, len(self._again)))]
            await asyncio.sleep(0)  # thousands may have to be told of, and others want to know whether we are ready
            return [telling(command) for command in told if not skips(command)]
        if not len(self) and not await self._has_come(seconds):
            return [telling(commands.Tick())]
        batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
        # One at least: they must not wait for ever.
        room = max(1, PATIENT - len(batch))
        return batch + [self._patient.popleft() for _ in range(min(room, len(self._patient)))]

    async def _has_come(self, seconds: float | None) -> bool:
        self._waker = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._waker
        except TimeoutError:
            return bool(len(self))
        finally:
            self._waker = None
        return True
