"""What was changed or deleted is in no file of the database once a trace of it is not to be left."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.clock import SystemClock
from server.store.base import StoreError, Tx
from server.store.sqlite import SqliteStore
from server.store.sqlite import store as stores
from tests.support.gate import Gate

CANARY = "kestrel"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    async with await SqliteStore.open(tmp_path / "data", clock=SystemClock()) as opened:
        await opened.write(
            lambda tx: tx.run(
                "CREATE TABLE said (talk INTEGER, seq INTEGER, text TEXT, PRIMARY KEY (talk, seq)) WITHOUT ROWID"
            )
        )
        yield opened


def in_files(store: SqliteStore) -> list[str]:
    folder = store._parts.directory.path
    return [file.name for file in sorted(folder.iterdir()) if file.is_file() and CANARY.encode() in file.read_bytes()]


async def speak(store: SqliteStore, count: int) -> None:
    """Rows of all lengths into many places, so that pages are divided again and again."""
    chance = random.Random(0)
    seqs: dict[int, int] = {}

    def some(tx: Tx) -> None:
        for _ in range(count // 10):
            talk = chance.randrange(30)
            seqs[talk] = seqs.get(talk, 0) + 1
            words = (CANARY if talk == 7 else "other") + " "
            tx.run("INSERT INTO said VALUES (?, ?, ?)", (talk, seqs[talk], words * chance.choice((1, 3, 20, 80, 900))))

    for _ in range(10):
        await store.write(some)


async def test_erased_text_is_in_no_file(store: SqliteStore):
    await speak(store, 1500)
    await store.write(lambda tx: tx.run("UPDATE said SET text = '' WHERE talk = 7"))
    await store.leave_no_trace(rewrite=False)
    assert in_files(store) == ["frontdesk.sqlite3"]  # in the gaps of pages that were divided
    await store.leave_no_trace()
    assert in_files(store) == []
    assert (store._parts.directory.path / "frontdesk.sqlite3-wal").stat().st_size == 0
    kept = await store.read(lambda tx: tx.one("SELECT COUNT(*), SUM(text = '') FROM said"))
    assert kept is not None
    assert kept[0] == 1500


async def test_deleted_rows_are_overwritten_also_without_that(store: SqliteStore):
    await store.write(lambda tx: tx.run("INSERT INTO said VALUES (1, 1, ?)", (f"{CANARY} " * 2000,)))
    await store.leave_no_trace(rewrite=False)
    assert in_files(store) == ["frontdesk.sqlite3"]
    await store.write(lambda tx: tx.run("DELETE FROM said"))
    await store.leave_no_trace(rewrite=False)
    assert in_files(store) == []


async def test_a_reader_in_an_old_state_is_waited_for(store: SqliteStore):
    await speak(store, 100)
    gate = Gate()

    def slowly(tx: Tx) -> int:
        tx.one("SELECT 1 FROM said")
        gate.pass_through()
        return len(tx.all("SELECT text FROM said WHERE text LIKE ?", (f"%{CANARY}%",)))

    reading = asyncio.ensure_future(store.read(slowly))
    await gate.reached()
    await store.write(lambda tx: tx.run("UPDATE said SET text = ''"))
    leaving = asyncio.ensure_future(store.leave_no_trace())
    # Nobody else waits for that reader.
    for number in range(20):
        await store.write(lambda tx, n=number: tx.run("INSERT INTO said VALUES (99, ?, 'x')", (n,)))  # type: ignore[misc]
    assert not leaving.done()
    gate.open()
    assert await reading > 0
    await leaving
    assert in_files(store) == []


async def test_who_waits_too_long_is_told(store: SqliteStore, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stores, "READERS_LEAVE_WITHIN_S", 0.0)
    await speak(store, 100)
    gate = Gate()

    def slowly(tx: Tx) -> None:
        tx.one("SELECT 1 FROM said")
        gate.pass_through()

    reading = asyncio.ensure_future(store.read(slowly))
    await gate.reached()
    await store.write(lambda tx: tx.run("UPDATE said SET text = ''"))
    with pytest.raises(StoreError, match="in an old state"):
        await store.leave_no_trace()
    gate.open()
    await reading
    await store.leave_no_trace()
    assert in_files(store) == []


async def test_closing_gives_up_what_was_asked(store: SqliteStore):
    asked = store._writer.chores.rewrite()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        asked.result(timeout=5)


async def test_messages_go_on_around_it(store: SqliteStore):
    async def write(number: int) -> int:
        return await store.write(lambda tx: tx.run("INSERT INTO said VALUES (50, ?, 'x')", (number,)))

    writing = [asyncio.ensure_future(write(number)) for number in range(200)]
    await asyncio.gather(store.leave_no_trace(), *writing, store.leave_no_trace())
    found = await store.read(lambda tx: tx.one("SELECT COUNT(*) FROM said WHERE talk = 50"))
    assert found == (200,)
