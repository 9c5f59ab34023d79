"""The simulated store holds the contract of all stores, and fails as it is told to."""

from __future__ import annotations

import inspect
import random
from collections.abc import AsyncIterator
from typing import Any

import apsw
import pytest

from server.store.base import Committed, Failed, Lane, Store, StoreUnavailable, Tx
from tests.simulation.disk import Disk, SimulatedStore, Weather
from tests.store.contract import StoreContract, insert, stones

# What is held in the middle of a transaction needs a thread to hold: here a transaction is one moment of the loop.
HELD = {
    name for name, test in inspect.getmembers(StoreContract, inspect.isfunction) if "Gate(" in inspect.getsource(test)
}


def disk(**weather: float) -> Disk:
    empty = apsw.Connection(":memory:")
    empty.execute("CREATE TABLE stone (n INTEGER PRIMARY KEY)")
    return Disk(empty.serialize("main"), random.Random(1), Weather(**weather))


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    made = SimulatedStore(disk())
    yield made
    await made.close()


class TestContract(StoreContract):
    """All of it that needs no thread."""


for _name in HELD:
    setattr(TestContract, _name, None)


def test_most_of_the_contract_is_held():
    tests = {name for name in dir(StoreContract) if name.startswith("test_")}
    assert len(tests - HELD) >= 12


async def outcomes(store: SimulatedStore, *, lane: Lane | None = None, count: int = 3) -> list[Any]:
    told: list[Any] = []
    for n in range(count):
        store.submit(insert(n), then=told.append, lane=lane)
    await store.close()
    return told


async def test_a_batch_that_fails_leaves_nothing_and_breaks_its_lanes():
    lane = Lane()
    store = SimulatedStore(disk(fails=1.0))
    told = await outcomes(store, lane=lane)
    assert [type(each.error) for each in told] == [StoreUnavailable] * 3
    assert lane.broken
    assert store.disk.connection.execute("SELECT n FROM stone").fetchall() == []


async def test_a_lie_leaves_everything_and_says_nothing_of_it():
    lane = Lane()
    store = SimulatedStore(disk(lies=1.0))
    told = await outcomes(store, lane=lane)
    assert [type(each) for each in told] == [Failed] * 3
    assert lane.broken
    assert store.disk.connection.execute("SELECT n FROM stone").fetchall() == [(0,), (1,), (2,)]


async def test_a_read_may_fail():
    store = SimulatedStore(disk(read_fails=1.0))
    with pytest.raises(StoreUnavailable):
        await store.read(stones)


async def test_of_a_dead_process_nothing_more_is_committed_or_told():
    under = disk()
    store = SimulatedStore(under)
    told: list[Any] = []
    store.submit(insert(1), then=told.append)
    store.kill()
    store.submit(insert(2), then=told.append)
    after = SimulatedStore(under)
    assert await after.write(insert(3)) == 3
    assert await after.read(stones) == [3]
    assert told == []


async def test_what_was_committed_outlives_the_process():
    under = disk()
    first = SimulatedStore(under)
    assert await first.write(insert(1)) == 1
    first.kill()
    assert await SimulatedStore(under).read(stones) == [1]


async def test_outcomes_follow_the_commit():
    """At some moment it is committed and nobody was told: there a process may die."""
    under = disk()
    store = SimulatedStore(under)
    told: list[Any] = []
    store.submit(insert(1), then=told.append)
    store._commit()
    assert under.connection.execute("SELECT n FROM stone").fetchall() == [(1,)]
    assert told == []
    await store.close()
    assert told[0] == Committed(1)


async def test_reads_cannot_write():
    def write(tx: Tx) -> int:
        return tx.run("INSERT INTO stone (n) VALUES (1)")

    store = SimulatedStore(disk())
    with pytest.raises(apsw.ReadOnlyError):
        await store.read(write)
    assert await store.write(insert(1)) == 1
