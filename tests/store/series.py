"""What every store must hold of a series: made together, it is as if each were a transaction of its own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from server.store.base import Committed, Duplicate, Failed, Lane, Store, StoreUnavailable, Tx
from tests.store.contract import OpenStore, Refusal, insert, passing, settled, stones
from tests.support.gate import Gate
from tests.support.until import until


class Stones:
    """Stones in a row: the number of each is one more than that of the highest. 7 is refused, and so is its double."""

    table = "stone"

    def __init__(self) -> None:
        self.outcomes: list[Any] = []
        self.runs: list[int] = []
        self.looks = 0
        self.alone = 0
        self.faulty = False
        self.deaf = False
        self._top: int | None = None

    def one(self, tx: Tx, item: int) -> int:
        self.alone += 1
        if item == 7:
            raise Refusal(item)
        row = tx.one("SELECT MAX(n) FROM stone")
        top = (row[0] if row else None) or 0
        tx.run("INSERT INTO stone (n) VALUES (?)", (top + item,))
        return int(top + item)

    def many(self, tx: Tx, items: Sequence[int]) -> list[int | Failed]:
        self.runs.append(len(items))
        outcomes: list[int | Failed] = []
        rows = []
        for item in items:
            if item == 7:
                outcomes.append(Failed(Refusal(item)))
                continue
            if self._top is None:
                self.looks += 1
                row = tx.one("SELECT MAX(n) FROM stone")
                self._top = (row[0] if row else None) or 0
            self._top += item
            rows.append((self._top,))
            outcomes.append(self._top)
        tx.many("INSERT INTO stone (n) VALUES (?)", rows)
        if self.faulty:
            raise RuntimeError("faulty")
        return outcomes

    def changed(self, key: int) -> None:  # noqa: ARG002 - any row may be the highest
        if not self.deaf:
            self._top = None

    def forget(self) -> None:
        self._top = None

    def told(self, items: Sequence[int], outcomes: Sequence[int | Failed]) -> None:
        assert len(items) == len(outcomes)
        self.outcomes += [str(each.error) if isinstance(each, Failed) else each for each in outcomes]


class SeriesContract:
    async def test_members_are_made_in_order_and_told_in_order(self, store: Store):
        series = Stones()
        for item in (1, 1, 7, 2, 1):
            store.append(series, item)
        await settled(store)
        assert series.outcomes == [1, 2, "7", 4, 5]
        assert await store.read(stones) == [1, 2, 4, 5]

    async def test_those_that_wait_together_are_made_together(self, store: Store):
        gate, series = Gate(), Stones()
        store.submit(passing(gate), then=lambda _: None)
        await gate.reached()
        for _ in range(50):
            store.append(series, 1)
        gate.open()
        await settled(store)
        assert series.runs == [50]
        assert series.looks == 1
        assert series.alone == 0

    async def test_transactions_between_them_keep_their_place(self, store: Store):
        gate, series = Gate(), Stones()
        store.submit(passing(gate), then=lambda _: None)
        told: list[Any] = []
        store.append(series, 1)
        store.append(series, 1)
        store.submit(insert(10), then=told.append)
        store.append(series, 1)
        store.submit(lambda tx: tx.run("DELETE FROM stone WHERE n > 9"), then=told.append)
        store.append(series, 1)
        await gate.reached()
        gate.open()
        await settled(store)
        assert series.outcomes == [1, 2, 11, 3]
        assert told == [Committed(10), Committed(2)]
        assert await store.read(stones) == [1, 2, 3]

    async def test_what_is_remembered_lasts_until_another_changes_it(self, store: Store):
        series = Stones()
        for _ in range(3):
            store.append(series, 1)
            await settled(store)
        assert (series.looks, series.outcomes) == (1, [1, 2, 3])
        await store.write(insert(20))
        store.append(series, 1)
        await settled(store)
        assert (series.looks, series.outcomes[-1]) == (2, 21)
        await store.write(lambda tx: tx.run("DELETE FROM stone WHERE n > 3"))
        store.append(series, 1)
        await settled(store)
        assert series.outcomes[-1] == 4

    async def test_what_a_refused_transaction_changed_is_forgotten_too(self, store: Store):
        series = Stones()
        store.append(series, 1)
        await settled(store)

        def refuse(tx: Tx) -> None:
            tx.run("INSERT INTO stone (n) VALUES (30)")
            raise Refusal

        with pytest.raises(Refusal):
            await store.write(refuse)
        store.append(series, 1)
        await settled(store)
        assert series.outcomes == [1, 2]

    @pytest.mark.parametrize("before", [False, True])
    async def test_one_that_is_there_already_has_each_made_alone(self, store: Store, before: bool):
        series = Stones()
        store.append(series, 1)
        await settled(store)
        series._top = 0  # as if it had not been told
        gate = Gate()
        store.submit(passing(gate), then=lambda _: None)
        await gate.reached()
        if before:
            store.submit(insert(5), then=lambda _: None)
            series.deaf = True  # nor is it told of this
        for item in (1, 7, 2):
            store.append(series, item)
        gate.open()
        await settled(store)
        assert series.runs == [1, 3]
        assert series.alone == 3
        top = 5 if before else 1
        assert series.outcomes == [1, top + 1, "7", top + 3]
        assert await store.read(stones) == [1, *([5] if before else []), top + 1, top + 3]

    async def test_a_fault_of_many_costs_only_time(self, store: Store):
        series = Stones()
        series.faulty = True
        for item in (1, 7, 1):
            store.append(series, item)
        await settled(store)
        assert series.outcomes == [1, "7", 2]
        assert await store.read(stones) == [1, 2]
        assert store.healthy

    async def test_any_mixture_with_transactions_comes_out_as_one_after_another(self, store: Store):
        chance, series = random.Random(21), Stones()
        kinds: list[type] = []
        told: list[type] = []
        values: list[Any] = []
        there: set[int] = set()
        for _ in range(40):
            gate = Gate()
            store.submit(passing(gate), then=lambda _: None)
            for _ in range(chance.randrange(1, 12)):
                item = chance.choice((1, 2, 7))
                if chance.random() < 0.3:
                    n = chance.randrange(400)
                    kinds.append(Failed if n in there else Committed)
                    there.add(n)
                    store.submit(insert(n), then=lambda outcome: told.append(type(outcome)))
                    continue
                store.append(series, item)
                values.append("7" if item == 7 else max(there, default=0) + item)
                there |= {values[-1]} - {"7"}
            gate.open()
            await settled(store)
        assert (told, series.outcomes) == (kinds, values)
        assert await store.read(stones) == sorted(there)

    async def test_nothing_more_of_a_broken_lane_runs_in_a_series(self, store: Store):
        gate, series, lane = Gate(), Stones(), Lane()
        store.submit(passing(gate), then=lambda _: None)
        store.append(series, 1)
        store.append(series, 2, lane=lane)
        store.append(series, 1)
        await gate.reached()
        lane.broken = True
        gate.open()
        await settled(store)
        assert [series.outcomes[0], series.outcomes[2]] == [1, 2]
        assert series.runs == [2]
        assert await store.read(stones) == [1, 2]

    async def test_a_full_queue_refuses_a_member_and_breaks_its_lane(self, open_store: OpenStore):
        store = await open_store(queue=1)
        await store.write(lambda tx: tx.run("CREATE TABLE stone (n INTEGER PRIMARY KEY)"))
        gate, series, lane = Gate(), Stones(), Lane()
        store.submit(passing(gate), then=lambda _: None)
        await gate.reached()
        store.append(series, 1)
        with pytest.raises(StoreUnavailable):
            store.append(series, 2, lane=lane)
        assert lane.broken
        gate.open()
        await until(lambda: series.outcomes == [1])

    async def test_many_says_that_a_key_is_taken(self, store: Store):
        await store.write(insert(1))
        with pytest.raises(Duplicate):
            await store.write(lambda tx: tx.many("INSERT INTO stone (n) VALUES (?)", [(2,), (1,)]))
        assert await store.read(stones) == [1]
