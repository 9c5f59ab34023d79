"""A store between the desk and the real one: fails when told to, holds back when told to, counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Literal, TypeVar

from server.store.base import Committed, Failed, Item, Lane, Series, Store, StoreUnavailable, Transaction, Tx, V

T = TypeVar("T")
Outcome = Committed[Any] | Failed


class FaultyStore:
    """Holds `server.store.base.Store`."""

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        # For each write from now on: is only its answer lost? "engine": if it is one of the engine's.
        self._writes_to_fail: list[bool | Literal["engine"]] = []
        self._held: list[Callable[[], None]] | None = None
        self._reads_to_fail = 0
        self._read_gates: list[tuple[asyncio.Event, asyncio.Event]] = []
        self.writes = 0

    # What a test says.

    def fail_writes(self, count: int = 1, *, committed: bool | Literal["engine"] = False) -> None:
        """The next writes are told to have failed; ``committed``: though they were kept, as when an answer is lost."""
        self._writes_to_fail.extend([committed] * count)

    def fail_reads(self, count: int = 1) -> None:
        self._reads_to_fail += count

    def mend(self) -> None:
        """No more faults."""
        self._writes_to_fail.clear()

    def hold_writes(self) -> None:
        """Keep writes back until `release`: then they come in one go."""
        self._held = []

    @property
    def held(self) -> int:
        """How many wait for `release`."""
        return len(self._held or [])

    def release(self) -> None:
        held, self._held = self._held or [], None
        for submit in held:
            submit()

    def hold_next_read(self) -> tuple[asyncio.Event, asyncio.Event]:
        """The next read sees what is there now, and ends when the second event is set; the first: it has read."""
        gate = (asyncio.Event(), asyncio.Event())
        self._read_gates.append(gate)
        return gate

    # The store.

    def submit(
        self, transaction: Transaction[T], *, then: Callable[[Committed[T] | Failed], None], lane: Lane | None = None
    ) -> None:
        self.writes += 1
        if self._held is not None:
            self._held.append(lambda: self._submit(transaction, then, lane))
        else:
            self._submit(transaction, then, lane)

    def _submit(
        self, transaction: Transaction[T], then: Callable[[Committed[T] | Failed], None], lane: Lane | None
    ) -> None:
        if not self._writes_to_fail:
            self._inner.submit(transaction, then=then, lane=lane)
            return

        fault = self._writes_to_fail.pop(0)
        committed = lane is None if fault == "engine" else fault

        def failing(tx: Tx) -> T:
            value = transaction(tx)
            if lane is not None:
                lane.broken = True
            if not committed:
                raise StoreUnavailable("told to")
            return value

        def told(outcome: Committed[T] | Failed) -> None:
            if isinstance(outcome, Failed) and not isinstance(outcome.error, StoreUnavailable):
                then(outcome)
                return
            then(Failed(StoreUnavailable("told to")))

        self._inner.submit(failing, then=told, lane=lane)

    def append(self, series: Series[Item, V], item: Item, *, lane: Lane | None = None) -> None:
        self.writes += 1
        if self._held is not None:
            self._held.append(lambda: self._append(series, item, lane))
        else:
            self._append(series, item, lane)

    def _append(self, series: Series[Item, V], item: Item, lane: Lane | None) -> None:
        if not self._writes_to_fail:
            self._inner.append(series, item, lane=lane)
            return
        self._submit(lambda tx: series.one(tx, item), lambda outcome: series.told([item], [_value(outcome)]), lane)

    async def write(self, transaction: Transaction[T], *, lane: Lane | None = None) -> T:
        told: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def then(outcome: Committed[T] | Failed) -> None:
            if isinstance(outcome, Committed):
                told.set_result(outcome.value)
            else:
                told.set_exception(outcome.error)

        self.submit(transaction, then=then, lane=lane)
        return await told

    async def read(self, transaction: Transaction[T]) -> T:
        if self._reads_to_fail:
            self._reads_to_fail -= 1
            raise StoreUnavailable("told to")
        if not self._read_gates:
            return await self._inner.read(transaction)
        has_read, go_on = self._read_gates.pop(0)
        found = await self._inner.read(transaction)
        has_read.set()
        await go_on.wait()
        return found

    @property
    def healthy(self) -> bool:
        return self._inner.healthy

    async def close(self) -> None:
        await self._inner.close()


def _value(outcome: Committed[V] | Failed) -> V | Failed:
    return outcome.value if isinstance(outcome, Committed) else outcome


_: type[Store] = FaultyStore
