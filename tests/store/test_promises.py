"""Promises in the database: made once, ended once, read by age."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.clock import SystemClock
from server.store import promises
from server.store.base import Tx
from server.store.rows import PromiseRow
from server.store.sqlite import SqliteStore

MADE = PromiseRow(
    conversation="c_1",
    line_entry=1,
    department="d_1",
    at=1_000_000,
    place=3,
    low_ms=120_000,
    high_ms=240_000,
    p50_ms=131_000,
    p80_ms=222_000,
)


@pytest.fixture
async def store(tmp_path):
    async with await SqliteStore.open(tmp_path / "data", clock=SystemClock()) as opened:
        await opened.write(found)
        yield opened


def found(tx: Tx) -> None:
    tx.many("INSERT INTO workspace (key, settings, v, counters) VALUES (?, '{}', 0, '')", [("demo",), ("other",)])


def all_of(tx: Tx) -> list[PromiseRow]:
    return promises.since(tx, 1, at=0, limit=100)


async def test_only_the_first_promise_of_a_line_entry_is_kept(store):
    def make(tx: Tx) -> None:
        promises.put(tx, 1, MADE)
        promises.put(tx, 1, replace(MADE, at=MADE.at + 5, high_ms=9))
        promises.put(tx, 1, replace(MADE, line_entry=2, at=MADE.at + 9))

    await store.write(make)
    assert await store.read(all_of) == [replace(MADE, line_entry=2, at=MADE.at + 9), MADE]


async def test_it_is_judged_from_the_moment_it_was_made(store):
    await store.write(lambda tx: promises.put(tx, 1, MADE))
    await store.write(lambda tx: promises.realise(tx, "c_1", at=MADE.at + 150_000))
    answered = replace(MADE, ended="assigned", ended_at=MADE.at + 150_000, realised_ms=150_000)
    assert await store.read(all_of) == [answered]


@pytest.mark.parametrize("ended", ["left", "closed", "moved"])
async def test_a_wait_that_ended_otherwise_realises_nothing(store, ended):
    await store.write(lambda tx: promises.put(tx, 1, MADE))
    await store.write(lambda tx: promises.end(tx, "c_1", ended=ended, at=MADE.at + 7))
    assert await store.read(all_of) == [replace(MADE, ended=ended, ended_at=MADE.at + 7)]


async def test_it_ends_once(store):
    def make(tx: Tx) -> None:
        promises.put(tx, 1, MADE)
        promises.end(tx, "c_1", ended="left", at=MADE.at + 7)
        promises.realise(tx, "c_1", at=MADE.at + 8)
        promises.end(tx, "c_1", ended="moved", at=MADE.at + 9)
        promises.realise(tx, "c_never", at=1)

    await store.write(make)
    assert await store.read(all_of) == [replace(MADE, ended="left", ended_at=MADE.at + 7)]


async def test_a_later_stay_in_line_ends_without_the_earlier_one(store):
    again = replace(MADE, line_entry=2, at=MADE.at + 500_000)

    def make(tx: Tx) -> None:
        promises.put(tx, 1, MADE)
        promises.realise(tx, "c_1", at=MADE.at + 100)
        promises.put(tx, 1, again)
        promises.realise(tx, "c_1", at=again.at + 200)

    await store.write(make)
    found = await store.read(lambda tx: promises.of_conversations(tx, ["c_1", "c_never"]))
    assert [each.realised_ms for each in found] == [100, 200]


async def test_by_age_the_newest_first_and_never_more_than_asked_for(store):
    rows = [replace(MADE, conversation=f"c_{n}", at=n) for n in range(10)]

    def make(tx: Tx) -> None:
        for each in rows:
            promises.put(tx, 1, each)
        promises.put(tx, 2, replace(MADE, conversation="c_foreign", at=9))

    await store.write(make)
    found = await store.read(lambda tx: promises.since(tx, 1, at=4, limit=3))
    assert [each.at for each in found] == [9, 8, 7]
    assert len(await store.read(lambda tx: promises.since(tx, 1, at=4, limit=100))) == 6


async def test_the_age_is_asked_of_an_index(store):
    def plan(tx: Tx) -> str:
        rows = tx.all(
            "EXPLAIN QUERY PLAN SELECT * FROM promise WHERE workspace = 1 AND at >= 5 ORDER BY at DESC LIMIT 9"
        )
        return " ".join(str(row[-1]) for row in rows)

    assert "USING INDEX promise_age" in await store.read(plan)
    assert "TEMP B-TREE" not in await store.read(plan)


async def test_what_was_learned_is_replaced(store):
    assert await store.read(lambda tx: promises.learned(tx, 1)) is None
    await store.write(lambda tx: promises.put_learned(tx, 1, "[1]", at=5))
    await store.write(lambda tx: promises.put_learned(tx, 1, "[2]", at=6))
    assert await store.read(lambda tx: promises.learned(tx, 1)) == "[2]"
    assert await store.read(lambda tx: promises.learned(tx, 2)) is None
