"""What every store must hold, whatever it is made of: `server.store.base` in sentences.

A test module of an implementation derives `StoreContract` and provides the fixture `open_store`; `store`, in
conftest.py, is one with a table to write to.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable
from typing import Any, Protocol

import pytest

from server.store.base import Committed, Failed, Lane, Store, StoreUnavailable, Tx
from tests.support.gate import Gate
from tests.support.until import until


class OpenStore(Protocol):
    async def __call__(self, *, queue: int = ...) -> Store:
        """A fresh store, closed by the fixture."""


class Refusal(Exception):
    pass


def insert(n: int) -> Callable[[Tx], int]:
    def transaction(tx: Tx) -> int:
        tx.run("INSERT INTO stone (n) VALUES (?)", (n,))
        return n

    return transaction


def insert_then_refuse(n: int) -> Callable[[Tx], int]:
    def transaction(tx: Tx) -> int:
        tx.run("INSERT INTO stone (n) VALUES (?)", (n,))
        raise Refusal(n)

    return transaction


def stones(tx: Tx) -> list[int]:
    return [n for (n,) in tx.all("SELECT n FROM stone ORDER BY n")]


def passing(gate: Gate) -> Callable[[Tx], None]:
    return lambda _: gate.pass_through()


async def settled(store: Store) -> None:
    """All that was submitted before has been told."""
    await store.write(lambda _: None)


class StoreContract:
    async def test_a_transaction_reads_and_writes(self, store: Store):
        def transaction(tx: Tx) -> None:
            assert tx.run("INSERT INTO stone (n) VALUES (?), (?)", (1, 2)) == 2
            tx.many("INSERT INTO stone (n) VALUES (?)", [(3,), (4,)])
            assert tx.run("DELETE FROM stone WHERE n > ?", [9]) == 0
            assert tx.all("SELECT n, n + 1 FROM stone WHERE n < 3 ORDER BY n") == [(1, 2), (2, 3)]
            assert tx.one("SELECT n FROM stone ORDER BY n DESC") == (4,)
            assert tx.one("SELECT n FROM stone WHERE n > 9") is None
            assert tx.all("SELECT n FROM stone WHERE n > 9") == []

        await store.write(transaction)
        assert await store.read(stones) == [1, 2, 3, 4]

    async def test_outcomes_are_told_in_the_order_of_submission(self, store: Store):
        told: list[Committed[int] | Failed] = []
        for n in range(500):
            store.submit(insert_then_refuse(n) if n % 7 == 3 else insert(n), then=told.append)
        await settled(store)
        values = [each.value if isinstance(each, Committed) else str(each.error) for each in told]
        assert values == [str(n) if n % 7 == 3 else n for n in range(500)]

    async def test_each_transaction_sees_what_the_ones_before_it_wrote(self, store: Store):
        def append(tx: Tx) -> int:
            row = tx.one("SELECT count(*) FROM stone")
            assert row is not None
            return insert(row[0])(tx)

        assert await asyncio.gather(*(store.write(append) for _ in range(300))) == list(range(300))

    async def test_outcomes_are_told_on_the_event_loop(self, store: Store):
        threads: list[int] = []
        store.submit(insert(1), then=lambda _: threads.append(threading.get_ident()))
        store.submit(insert_then_refuse(2), then=lambda _: threads.append(threading.get_ident()))
        await settled(store)
        assert threads == [threading.get_ident()] * 2

    async def test_a_listener_that_raises_does_not_deafen_the_others(self, store: Store):
        told: list[Any] = []
        gate = Gate()

        def fail(_: object) -> None:
            raise Refusal

        store.submit(passing(gate), then=fail)
        store.submit(insert(1), then=told.append)
        store.submit(insert(2), then=fail)
        store.submit(insert(3), then=told.append)
        gate.open()
        await settled(store)
        assert told == [Committed(1), Committed(3)]

    async def test_one_that_raises_takes_back_its_own_and_no_more(self, store: Store):
        gate = Gate()
        store.submit(passing(gate), then=lambda _: None)  # Gathers the next three in one batch, where there is one.
        three = [store.write(insert(1)), store.write(insert_then_refuse(2)), store.write(insert(3))]
        gathered = asyncio.gather(*three, return_exceptions=True)
        await gate.reached()
        gate.open()
        first, second, third = await gathered
        assert (first, third) == (1, 3)
        assert isinstance(second, Refusal)
        assert await store.read(stones) == [1, 3]

    async def test_a_lone_one_that_raises_leaves_nothing(self, store: Store):
        with pytest.raises(Refusal):
            await store.write(insert_then_refuse(1))
        assert await store.read(stones) == []

    async def test_a_refused_statement_is_the_transactions_own_fault(self, store: Store):
        await store.write(insert(1))
        outcomes = await asyncio.gather(
            store.write(insert(1)),
            store.write(insert(2)),
            store.write(lambda tx: tx.run("UPSET")),
            return_exceptions=True,
        )
        assert outcomes[1] == 2
        for outcome in (outcomes[0], outcomes[2]):
            assert isinstance(outcome, Exception)
            assert not isinstance(outcome, StoreUnavailable)
        assert store.healthy

    async def test_a_transaction_may_refuse_a_statement_and_go_on(self, store: Store):
        def transaction(tx: Tx) -> int:
            try:
                return insert(1)(tx)
            except Exception:  # noqa: BLE001 - each implementation has its own.
                return insert(2)(tx)

        await store.write(insert(1))
        assert await store.write(transaction) == 2

    async def test_any_mixture_comes_out_as_one_after_another(self, store: Store):
        chance = random.Random(20)
        expected: set[int] = set()
        for _ in range(40):
            gate = Gate()
            store.submit(passing(gate), then=lambda _: None)
            writes, values = [], []
            for _ in range(chance.randrange(1, 12)):
                n, refuses = chance.randrange(60), chance.random() < 0.4
                good = n not in expected and not refuses
                expected |= {n} if good else set()
                values.append(n if good else None)
                writes.append(asyncio.ensure_future(store.write(insert_then_refuse(n) if refuses else insert(n))))
            await asyncio.sleep(0)
            gate.open()
            outcomes = await asyncio.gather(*writes, return_exceptions=True)
            assert [None if isinstance(each, Exception) else each for each in outcomes] == values
        assert await store.read(stones) == sorted(expected)

    async def test_what_was_told_is_read(self, store: Store):
        found: list[asyncio.Task[list[int]]] = []
        for n in range(50):
            store.submit(insert(n), then=lambda _: found.append(asyncio.ensure_future(store.read(stones))))
        await settled(store)
        for n, reading in enumerate(found):
            assert n in await reading

    async def test_nobody_reads_what_is_not_committed(self, store: Store):
        gate = Gate()

        def transaction(tx: Tx) -> None:
            insert(1)(tx)
            gate.pass_through()

        writing = asyncio.ensure_future(store.write(transaction))
        await gate.reached()
        assert await store.read(stones) == []
        assert not writing.done()
        gate.open()
        await writing
        assert await store.read(stones) == [1]

    async def test_a_read_sees_one_state(self, store: Store):
        gate = Gate()

        def look_twice(tx: Tx) -> tuple[list[int], list[int]]:
            first = stones(tx)
            gate.pass_through()
            return first, stones(tx)

        reading = asyncio.ensure_future(store.read(look_twice))
        await gate.reached()
        await store.write(insert(1))
        gate.open()
        assert await reading == ([], [])

    async def test_a_read_raises_what_its_transaction_raised(self, store: Store):
        def refuse(_: Tx) -> None:
            raise Refusal

        with pytest.raises(Refusal):
            await store.read(refuse)
        assert await store.read(stones) == []

    async def test_a_read_cannot_write(self, store: Store):
        with pytest.raises(Exception) as refused:  # noqa: PT011 - each implementation has its own.
            await store.read(insert(1))
        assert not isinstance(refused.value, StoreUnavailable)
        assert await store.read(stones) == []

    async def test_stop_iteration_is_an_outcome_too(self, store: Store):
        with pytest.raises(RuntimeError):
            await store.write(lambda _: next(iter(())))
        with pytest.raises(RuntimeError):
            await store.read(lambda _: next(iter(())))

    async def test_a_tx_does_not_outlive_its_transaction(self, store: Store):
        for kept in (await store.write(lambda tx: tx), await store.read(lambda tx: tx)):
            for use in (kept.all, kept.one, kept.run):
                with pytest.raises(RuntimeError, match="over"):
                    use("SELECT 1")
            with pytest.raises(RuntimeError, match="over"):
                kept.many("SELECT ?", [(1,)])

    async def test_a_writer_who_goes_away_does_not_stop_his_write(self, store: Store):
        gate = Gate()

        def transaction(tx: Tx) -> None:
            insert(1)(tx)
            gate.pass_through()
            insert(2)(tx)

        running, queued = (asyncio.ensure_future(store.write(each)) for each in (transaction, insert(3)))
        await gate.reached()
        running.cancel()
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        gate.open()
        await settled(store)
        assert await store.read(stones) == [1, 2, 3]

    async def test_a_reader_who_goes_away_harms_nobody(self, store: Store):
        gate = Gate()
        readings = [asyncio.ensure_future(store.read(passing(gate))) for _ in range(20)]
        await gate.reached()
        for reading in readings:
            reading.cancel()
        await asyncio.wait(readings)
        gate.open()
        assert await store.read(stones) == []

    async def test_a_full_queue_refuses_at_once_and_recovers(self, open_store: OpenStore):
        store = await open_store(queue=3)
        gate = Gate()
        store.submit(passing(gate), then=lambda _: None)
        await gate.reached()
        told: list[Any] = []
        lane, patient = Lane(), Lane()
        store.submit(lambda _: 1, then=told.append, lane=patient)
        store.submit(lambda _: 2, then=told.append)
        store.submit(lambda _: 3, then=told.append)
        with pytest.raises(StoreUnavailable):
            store.submit(lambda _: 4, then=told.append, lane=lane)
        assert told == []
        gate.open()
        await until(lambda: len(told) == 3)
        assert told == [Committed(1), Committed(2), Committed(3)]
        assert await store.write(lambda _: 5, lane=patient) == 5
        with pytest.raises(StoreUnavailable):  # It would overtake the fourth.
            await store.write(lambda _: 6, lane=lane)

    async def test_nothing_more_of_a_broken_lane_runs(self, store: Store):
        gate = Gate()
        lane = Lane()
        store.submit(passing(gate), then=lambda _: None)
        told: list[Any] = []
        store.submit(insert(1), then=told.append, lane=lane)
        store.submit(insert(2), then=told.append)
        await gate.reached()
        lane.broken = True
        gate.open()
        await settled(store)
        assert [type(each) for each in told] == [Failed, Committed]
        assert isinstance(told[0].error, StoreUnavailable)
        assert await store.read(stones) == [2]

    async def test_a_refusal_breaks_no_lane(self, store: Store):
        lane = Lane()
        with pytest.raises(Refusal):
            await store.write(insert_then_refuse(1), lane=lane)
        assert await store.write(insert(2), lane=lane) == 2

    async def test_close_finishes_what_was_queued(self, store: Store):
        told: list[Any] = []
        gate = Gate()
        store.submit(passing(gate), then=lambda _: None)
        for n in range(1000):
            store.submit(insert(n), then=told.append)
        reading = asyncio.ensure_future(store.read(lambda _: "read"))
        await gate.reached()
        closing = asyncio.gather(store.close(), store.close())
        await asyncio.sleep(0)
        gate.open()
        await closing
        assert told == [Committed(n) for n in range(1000)]
        assert await reading == "read"

    async def test_a_closed_store_refuses(self, store: Store):
        lane = Lane()
        await store.close()
        await store.close()
        with pytest.raises(StoreUnavailable):
            store.submit(insert(1), then=lambda _: None, lane=lane)
        with pytest.raises(StoreUnavailable):
            await store.write(insert(1))
        with pytest.raises(StoreUnavailable):
            await store.read(stones)
