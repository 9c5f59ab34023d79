"""Where they stand in line, told to waiting visitors when it changes, at most every two seconds.

One sweep asks the estimate once for everyone, tells what changed, has the router promise what was told for the first
time, and look at the places where a department has something to say about them. While somebody waits it goes on, as
waits shrink without anything happening. However many wait, sweeping takes a bounded share of the time: a long sweep is
followed by a longer rest, and after each slice of it others come first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from router import commands
from server.clock import Clock
from server.desk import audience, views
from server.desk.audience import Hub
from server.desk.engine import Engine
from server.desk.job import Done
from server.desk.open import OpenConversation
from server.desk.views import Standing
from server.wire import events as wire
from server.wire.codec import encode
from server.wire.codes import Refused

SWEEP_S = 2.0
# First promises one sweep asks the engine to keep; the others are asked by the next ones. Its queue is for everybody.
_PROMISES = 500
_SLICE = 500  # looked at before others come first
_DESKS = 50  # of agents, read anew before others come first
_TOLD = 32  # and of these, so many told: each is written to
# At most a twentieth of the time is spent on sweeping.
_REST = 19


class Queues:
    """Remembers what each waiting visitor was told last."""

    def __init__(self, hub: Hub, *, engine: Engine, clock: Clock) -> None:
        self._hub = hub
        self._engine = engine
        self._clock = clock
        self._told: dict[str, Standing] = {}
        self._asked = 0  # of the engine, and not yet done: a database that does not answer is not asked more and more
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Some line or somebody's presence is another one now."""
        self._changed.set()

    async def run(self, pause: Callable[[float], Awaitable[object]]) -> None:
        """Sweep when something changed or somebody waits; ``pause`` waits out the interval."""
        while True:
            if not self._told:
                await self._changed.wait()
            self._changed.clear()
            taken = 0.0
            slices = self._slices()
            while True:
                began = self._clock.monotonic()
                ended = next(slices, None) is None
                taken += self._clock.monotonic() - began
                if ended:
                    break
                await asyncio.sleep(0)
            await pause(max(SWEEP_S, taken * _REST))

    def sweep(self) -> None:
        """All of it at once."""
        for _ in self._slices():
            pass

    def _slices(self) -> Iterator[bool]:
        """Tell everyone whose place or prospect changed, a slice at a time."""
        engine = self._engine
        while engine.waits.prepare(_DESKS):
            yield True
        promises = list(engine.waits.look(self._clock.now(), self._is_left))
        asking: list[commands.Command] = [*promises[:_PROMISES]]
        engine.waits.forget_all_but(engine.open.is_open)
        yield True
        now: dict[str, Standing] = {}
        departments: set[str] = set()
        looked = told = 0
        for conversation in engine.open.all():
            if looked == _SLICE or told == _TOLD:
                looked = told = 0
                yield True
            looked += 1
            standing = engine.standing(conversation.id)
            if standing is not None:
                now[conversation.id] = standing
                departments.add(conversation.department)
                told += self._tell(conversation, standing)
        self._told = now
        if any(self._tells_places(department) for department in departments):
            asking.append(commands.SweepPlaces())
        self._ask(asking)

    def _ask(self, asking: list[commands.Command]) -> None:
        if self._asked == 0:
            for command in asking:
                self._asked += 1
                self._engine.tell(command, then=self._done, patient=True)

    def _done(self, _end: Done | Refused) -> None:
        self._asked -= 1

    def _tell(self, conversation: OpenConversation, standing: Standing) -> bool:
        """False: they know."""
        if self._told.get(conversation.id) == standing:
            return False
        shown = views.queue(standing)
        assert shown is not None
        frame = encode(wire.QueueEvent(conversation=conversation.id, queue=shown))
        topic = audience.of_visitor(conversation.visitor, conversation.site)
        self._hub.publish_lossy(topic, f"queue:{conversation.id}", frame)
        return True

    def _is_left(self, conversation: str) -> bool:
        found = self._engine.open.get(conversation)
        return found is not None and found.left

    def _tells_places(self, department: str) -> bool:
        found = self._engine.directory.departments.get(department)
        return found is not None and any(message.when == "place" for message in found.settings.messages)
