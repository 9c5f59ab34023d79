from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys

import apsw
import pytest

from server.clock import SystemClock
from server.store.base import Lane, StoreError, StoreUnavailable
from server.store.sqlite import Options, SqliteStore, checkpoint, writer
from server.store.sqlite.connection import check_version, connect_reader, connect_writer
from tests.store.contract import StoreContract, insert, passing, stones
from tests.store.series import SeriesContract
from tests.support.clock import FakeClock
from tests.support.gate import Gate


@pytest.fixture
async def open_store(tmp_path):
    opened: list[SqliteStore] = []

    async def open_one(**options):
        path = tmp_path / f"data-{len(opened)}"
        opened.append(await SqliteStore.open(path, clock=SystemClock(), options=Options(**options)))
        return opened[-1]

    yield open_one
    for each in opened:
        await each.close()


class TestContract(StoreContract):
    pass


class TestSeries(SeriesContract):
    pass


async def open_at(path, **arguments):
    return await SqliteStore.open(path, **{"clock": FakeClock(), **arguments})


async def test_the_data_is_for_its_owner_only(tmp_path):
    data = tmp_path / "deep" / "data"
    async with await open_at(data) as opened:
        await opened.write(lambda tx: tx.run("CREATE TABLE stone (n INTEGER PRIMARY KEY)"))
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in data.iterdir()} == {0o600}


async def test_every_commit_is_synced_and_nobody_checkpoints_by_himself(tmp_path):
    for connect in (connect_writer, connect_reader):
        connection = connect(tmp_path / "file.sqlite3")
        found = {
            name: connection.pragma(name)
            for name in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema", "wal_autocheckpoint")
        }
        assert found == {
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
            "trusted_schema": 0,
            "wal_autocheckpoint": 0,
        }
        connection.close()


async def test_a_second_one_in_this_process_is_refused(tmp_path):
    async with await open_at(tmp_path):
        with pytest.raises(StoreError) as refused:
            await open_at(tmp_path)
    assert str(refused.value) == (
        f"The data directory {tmp_path} is in use by another Frontdesk (process {os.getpid()}). "
        "Stop it or choose another --data."
    )
    async with await open_at(tmp_path):
        pass


OPEN_IT = """
import asyncio, pathlib, sys
from server.clock import SystemClock
from server.store.sqlite import SqliteStore
try:
    asyncio.run(SqliteStore.open(pathlib.Path(sys.argv[1]), clock=SystemClock()))
except Exception as error:
    print(type(error).__name__, error)
"""


async def test_a_second_process_is_refused(tmp_path):
    async with await open_at(tmp_path):
        command = [sys.executable, "-c", OPEN_IT, str(tmp_path)]
        second = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert second.stdout.startswith(
        f"StoreError The data directory {tmp_path} is in use by another Frontdesk (process "
    )


@pytest.mark.parametrize("version", ["3.40.1", "3.51.2", "3.9.99"])
def test_an_old_sqlite_is_refused(version):
    with pytest.raises(StoreError, match=rf"SQLite {version} is too old: Frontdesk needs 3\.51\.3 or newer"):
        check_version(version)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "3.100.0", "4.0.0"])
def test_a_sound_sqlite_is_taken(version):
    check_version(version)


async def test_a_directory_that_is_none_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used: Not a directory"):
        await open_at(tmp_path / "file" / "data")
    with pytest.raises(StoreError, match="cannot be used: File exists"):
        await open_at(tmp_path / "file")


async def test_a_file_that_is_no_database_is_refused_and_the_lock_let_go(tmp_path):
    (tmp_path / "frontdesk.sqlite3").write_bytes(b"These are not the pages you are looking for. " * 100)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"frontdesk\.sqlite3 cannot be opened: "):
            await open_at(tmp_path)


async def test_what_was_written_is_there_after_a_restart(tmp_path):
    async with await open_at(tmp_path) as opened:
        await opened.write(lambda tx: tx.run("CREATE TABLE stone (n INTEGER PRIMARY KEY)"))
        await opened.write(insert(1))
    assert (tmp_path / "frontdesk.sqlite3-wal").stat().st_size == 0
    async with await open_at(tmp_path) as opened:
        assert await opened.read(stones) == [1]


async def test_who_gives_up_opening_leaves_the_directory_free(tmp_path, monkeypatch):
    gate = Gate()
    real = connect_writer

    def slow(*arguments):
        gate.pass_through()
        return real(*arguments)

    monkeypatch.setattr("server.store.sqlite.store.connect_writer", slow)
    opening = asyncio.ensure_future(open_at(tmp_path))
    await gate.reached()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    gate.open()
    while True:
        try:
            opened = await open_at(tmp_path)
        except StoreError:
            continue
        await opened.close()
        break


async def test_those_who_wait_together_share_a_commit(store):
    gate = Gate()
    store.submit(passing(gate), then=lambda _: None)
    await gate.reached()
    before = store.statistics()
    writes = asyncio.gather(*(store.write(insert(n)) for n in range(600)))
    await asyncio.sleep(0)
    assert store.statistics().queued == 600
    gate.open()
    await writes
    after = store.statistics()
    assert after.transactions - before.transactions == 601
    assert after.commits - before.commits == 1 + 3  # 256, 256, 88
    assert after.queued == after.failures == 0


async def test_who_ends_the_transaction_himself_loses_it_for_all(store):
    gate = Gate()
    store.submit(passing(gate), then=lambda _: None)
    lane = Lane()
    writes = [
        asyncio.ensure_future(each)
        for each in (
            store.write(insert(1), lane=lane),
            store.write(lambda tx: tx.run("ROLLBACK")),
            store.write(insert(3)),
        )
    ]
    await asyncio.sleep(0)
    gate.open()
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(each) for each in outcomes] == [StoreUnavailable] * 3
    assert lane.broken
    assert await store.write(insert(4)) == 4
    assert await store.read(stones) == [4]
    assert store.healthy


async def test_a_busy_database_is_read_again(store):
    attempts = []

    def busy_at_first(tx):
        attempts.append(1)
        if len(attempts) < 5:
            raise apsw.BusyError("locked")
        return stones(tx)

    def always_busy(_):
        raise apsw.BusyError("locked")

    assert await store.read(busy_at_first) == []
    with pytest.raises(StoreUnavailable):
        await store.read(always_busy)


async def heard(store):
    """Whoever has rung for the loop was heard: its next sleep is one."""
    while store._gathering.rest._rung:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0)


async def test_an_answer_ends_the_sleep_of_the_loop(open_store):
    store = await open_store()
    rest = store._gathering.rest
    reading = asyncio.ensure_future(store.read(lambda tx: tx.one("SELECT 1")))
    await asyncio.sleep(0)
    assert rest.sleep(30)  # rung for, or it has rung before
    assert await reading == (1,)
    await heard(store)


async def test_who_gives_up_reading_leaves_the_loop_its_sleep(open_store):
    store = await open_store(readers=1)
    gate = Gate()
    first = asyncio.ensure_future(store.read(passing(gate)))
    second = asyncio.ensure_future(store.read(lambda tx: tx.one("SELECT 1")))
    await gate.reached()
    second.cancel()
    await asyncio.wait([second])
    gate.open()
    await first
    await store.read(lambda tx: tx.one("SELECT 1"))
    await heard(store)


async def test_a_read_without_end_is_ended(tmp_path):
    clock = FakeClock()
    endless = "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t"

    def forget_the_time(tx):
        clock.advance(31)
        return tx.one(endless)

    async with await open_at(tmp_path, clock=clock) as opened:
        with pytest.raises(StoreUnavailable, match="interrupted"):
            await opened.read(forget_the_time)
        assert await opened.read(lambda tx: tx.one("SELECT 1")) == (1,)


async def test_waiting_reads_are_bounded(tmp_path):
    async with await open_at(tmp_path, options=Options(queue=3)) as opened:
        gate = Gate()
        readings = [asyncio.ensure_future(opened.read(passing(gate))) for _ in range(3)]
        await gate.reached()
        with pytest.raises(StoreUnavailable):
            await opened.read(lambda _: None)
        gate.open()
        await asyncio.gather(*readings)
        assert await opened.read(lambda _: 1) == 1


def fill(tx):
    tx.run("INSERT INTO heap (body) VALUES (zeroblob(400000))")


@pytest.fixture
def alone(monkeypatch):
    """The writer has no helper."""
    monkeypatch.setattr(writer, "Checkpointer", lambda connection, *_: checkpoint.Checkpointer(connection))


@pytest.mark.usefixtures("alone")
async def test_the_log_is_emptied_as_it_grows(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PASSIVE_PAGES", 1000)
    async with await open_at(tmp_path) as opened:
        await opened.write(lambda tx: tx.run("CREATE TABLE heap (body BLOB)"))
        for _ in range(50):
            await opened.write(fill)
        assert opened.statistics().wal_pages < 1200
        assert (tmp_path / "frontdesk.sqlite3-wal").stat().st_size < 1200 * 4120


async def test_a_long_log_is_emptied_beside_the_writer(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PASSIVE_PAGES", 1000)
    gate = Gate()
    async with await open_at(tmp_path) as opened:
        beside = opened._parts.beside
        copied = beside.copy_back
        held = beside._thread.submit(gate.pass_through)  # what is begun does not end before the gate is open
        begun = []

        def copy_back():
            begun.append(opened.statistics().wal_pages)
            return copied()

        monkeypatch.setattr(beside, "copy_back", copy_back)
        await opened.write(lambda tx: tx.run("CREATE TABLE heap (body BLOB)"))
        while opened.statistics().wal_pages < 2500:  # the writer goes on meanwhile
            await opened.write(fill)
        assert len(begun) == 1
        gate.open()
        held.result()
        beside._thread.submit(int).result()  # one after the other: it has been done
        await opened.write(fill)
        await opened.write(fill)
        assert opened.statistics().wal_pages < 1000
        found = await opened.read(lambda tx: tx.one("SELECT count(*), sum(length(body)) FROM heap"))
        assert found == (found[0], 400_000 * found[0])


class Counting:
    """A connection that counts its checkpoints."""

    def __init__(self, connection):
        self.connection = connection
        self.checkpoints = []

    def __getattr__(self, name):
        return getattr(self.connection, name)

    def wal_checkpoint(self, mode):
        self.checkpoints.append(mode)
        return self.connection.wal_checkpoint(mode=mode)


@pytest.mark.usefixtures("alone")
async def test_a_reader_in_an_old_state_does_not_cost_a_checkpoint_at_every_commit(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PASSIVE_PAGES", 1000)
    gate = Gate()

    def linger(tx):
        tx.all("SELECT * FROM heap")
        gate.pass_through()

    async with await open_at(tmp_path) as opened:
        await opened.write(lambda tx: tx.run("CREATE TABLE heap (body BLOB)"))
        lingering = asyncio.ensure_future(opened.read(linger))
        await gate.reached()
        counting = opened._writer.checkpointer._connection = Counting(opened._parts.connection)
        while opened.statistics().wal_pages < 4500:
            await opened.write(fill)
        assert counting.checkpoints == [apsw.SQLITE_CHECKPOINT_PASSIVE] * 4
        gate.open()
        await lingering
        while opened.statistics().wal_pages > 1000:
            await opened.write(fill)


def test_a_log_grown_long_is_cut_when_nothing_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PASSIVE_PAGES", 1000)
    monkeypatch.setattr(checkpoint, "TRUNCATE_PAGES", 1500)
    log = tmp_path / "file.sqlite3-wal"
    writer, reader = connect_writer(tmp_path / "file.sqlite3"), connect_reader(tmp_path / "file.sqlite3")
    checkpointer = checkpoint.Checkpointer(writer)
    writer.execute("CREATE TABLE heap (body BLOB)")
    writer.execute("INSERT INTO heap VALUES (zeroblob(8000000))")
    reader.execute("BEGIN").execute("SELECT 1 FROM heap").fetchall()
    checkpointer.after_commit(idle=True)
    assert log.stat().st_size > 8_000_000  # A reader is in the way, and nobody waits for it.
    reader.execute("COMMIT")
    checkpointer.after_commit(idle=True)
    assert log.stat().st_size > 8_000_000  # Not due again before it has grown.
    writer.execute("INSERT INTO heap VALUES (zeroblob(8000000))")
    checkpointer.after_commit(idle=False)
    assert log.stat().st_size > 8_000_000
    writer.execute("INSERT INTO heap VALUES (zeroblob(8000000))")
    checkpointer.after_commit(idle=True)
    assert log.stat().st_size == checkpointer.pages == 0
    reader.close()
    writer.close()


async def test_a_backup_is_a_sound_copy_made_while_writing(tmp_path, store):
    writing = asyncio.gather(*(store.write(insert(n)) for n in range(2000)))
    await store.backup(tmp_path / "copy.sqlite3")
    await writing
    copy = apsw.Connection(str(tmp_path / "copy.sqlite3"))
    found = [n for (n,) in copy.execute("SELECT n FROM stone ORDER BY n")]
    assert found == list(range(len(found)))
    copy.close()
    await store.backup(tmp_path / "copy.sqlite3")
    copy = apsw.Connection(str(tmp_path / "copy.sqlite3"))
    assert copy.execute("SELECT count(*) FROM stone").fetchone() == (2000,)
    copy.close()
    assert stat.S_IMODE((tmp_path / "copy.sqlite3").stat().st_mode) == 0o600
    assert not list(tmp_path.glob("*.partial"))
    assert not list(tmp_path.glob(".*.partial"))


async def test_a_backup_that_fails_leaves_nothing_and_spoils_nothing(tmp_path, store, monkeypatch):
    target = tmp_path / "copy.sqlite3"
    target.write_text("the last good one")
    monkeypatch.setattr("server.store.sqlite.backup._check", lambda *_: (_ for _ in ()).throw(StoreError("damaged")))
    with pytest.raises(StoreError, match="damaged"):
        await store.backup(target)
    assert target.read_text() == "the last good one"
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"copy.sqlite3"}
    with pytest.raises(StoreError, match="could not be written"):
        await store.backup(tmp_path / "nowhere" / "copy.sqlite3")
