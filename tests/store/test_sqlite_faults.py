"""What a failing disk may cost: latency, refusals, the process; never an acknowledged write."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from functools import partial
from itertools import count, pairwise
from pathlib import Path

import apsw
import pytest

from server.store.base import Committed, Failed, Lane, StoreUnavailable
from server.store.migrate import known_migrations, migrate
from server.store.sqlite import Options, SqliteStore, checkpoint, writer
from server.store.sqlite.connection import connect_writer
from server.store.sqlite.store import EXIT_FATAL
from tests.store.contract import insert, passing, settled, stones
from tests.store.series import Stones
from tests.support.clock import FakeClock
from tests.support.disk import Disk
from tests.support.gate import Gate
from tests.support.until import until

ROOT = Path(__file__).resolve().parents[2]

Outcome = Committed[int] | Failed

FULL = apsw.SQLITE_FULL
BAD_WRITE = apsw.SQLITE_IOERR_WRITE
BAD_SYNC = apsw.SQLITE_IOERR_FSYNC


@pytest.fixture
def disk():
    with Disk() as one:
        yield one


@pytest.fixture
def fatal():
    return []


@pytest.fixture
async def store(tmp_path, disk, fatal, monkeypatch):
    monkeypatch.setattr(writer, "PROBE_SECONDS", 0.001)
    opened = await open_on(disk, tmp_path, fatal)
    await opened.write(lambda tx: tx.run("CREATE TABLE stone (n INTEGER PRIMARY KEY)"))
    yield opened
    await opened.close()


async def open_on(disk, path, fatal):
    options = Options(vfs=disk.name)
    return await SqliteStore.open(path / "data", clock=FakeClock(), options=options, on_fatal=fatal.append)


def errors_of(told):
    return [type(outcome.error) for outcome in told if isinstance(outcome, Failed)]


def told_of(told, number):
    return len(told) >= number


def stones_on_disk(path):
    """As the next process will find them."""
    connection = connect_writer(path / "data" / "frontdesk.sqlite3")
    try:
        assert connection.pragma("integrity_check") == "ok"
        return [n for (n,) in connection.execute("SELECT n FROM stone ORDER BY n")]
    finally:
        connection.close()


@pytest.mark.parametrize("code", [FULL, BAD_WRITE])
@pytest.mark.parametrize("at", range(1, 12))
async def test_a_failed_write_costs_a_lane_and_no_more(store, disk, fatal, tmp_path, code, at):
    """Row 23: a retryable refusal, not ready, reads go on, and all is well when there is room again."""
    lane = Lane()
    disk.fail("write", "-wal", code, at=at)
    told: list[Outcome] = []
    for n in range(8):
        store.submit(insert(n), then=told.append, lane=lane)
        await asyncio.sleep(0)
    await until(lambda: len(told) == 8)

    acked = [outcome.value for outcome in told if isinstance(outcome, Committed)]
    assert acked == list(range(len(acked)))
    assert errors_of(told) == [StoreUnavailable] * (8 - len(acked))
    assert store.healthy is (len(acked) == 8)
    assert await store.read(stones) == acked

    disk.mend()
    await until(lambda: store.healthy)
    if len(acked) < 8:
        with pytest.raises(StoreUnavailable):
            await store.write(insert(100), lane=lane)
    await store.write(insert(101), lane=Lane())
    await store.close()
    assert stones_on_disk(tmp_path) == [*acked, 101]
    assert fatal == []


async def test_while_the_disk_is_full_every_probe_finds_out(store, disk):
    fault = disk.fail("write", "-wal", FULL)
    with pytest.raises(StoreUnavailable):
        await store.write(insert(1))
    await until(lambda: fault.raised >= 5)
    assert not store.healthy


async def test_a_commit_that_writes_nothing_does_not_prove_the_disk_well(store, disk, monkeypatch):
    monkeypatch.setattr(writer, "PROBE_SECONDS", 1000)
    disk.fail("write", "-wal", FULL)
    with pytest.raises(StoreUnavailable):
        await store.write(insert(1))
    assert await store.write(stones) == []
    assert not store.healthy
    disk.mend()
    await store.write(insert(1))
    assert store.healthy


async def test_the_whole_batch_is_told_and_its_lanes_break(store, disk):
    gate = Gate()
    store.submit(passing(gate), then=lambda _: None)
    await gate.reached()
    fault = disk.fail("write", "-wal", FULL, times=1)
    lanes = [Lane(), Lane()]
    writes = [
        asyncio.ensure_future(store.write(transaction, lane=lane))
        for transaction, lane in ((insert(1), lanes[0]), (insert(2), lanes[1]), (lambda _: 1 / 0, None))
    ]
    await asyncio.sleep(0)
    failures = store.statistics().failures
    gate.open()
    outcomes = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(each) for each in outcomes] == [StoreUnavailable] * 3
    assert [lane.broken for lane in lanes] == [True, True]
    assert fault.raised == 1
    assert store.statistics().failures == failures + 3


async def test_a_lost_batch_leaves_nothing_remembered_of_a_series(store, disk):
    series = Stones()
    store.append(series, 1)
    await settled(store)
    disk.fail("write", "-wal", FULL, times=1)
    store.append(series, 5)
    await until(lambda: len(series.outcomes) == 2)
    lane = Lane()
    store.append(series, 1, lane=lane)
    await settled(store)
    assert series.outcomes == [1, "The database failed: ", 2]
    assert series.looks == 2
    assert not lane.broken
    assert await store.read(stones) == [1, 2]


async def test_later_writes_of_a_failed_lane_do_not_run_though_the_disk_is_well_again(store, disk):
    gate = Gate()
    store.submit(passing(gate), then=lambda _: None)
    await gate.reached()
    disk.fail("write", "-wal", FULL, times=1)
    lane = Lane()
    told: list[Outcome] = []

    for n in range(600):
        store.submit(insert(n), then=told.append, lane=lane if n % 2 else None)
    gate.open()
    await settled(store)
    kept = [outcome.value for outcome in told if isinstance(outcome, Committed)]
    assert kept == [n for n in range(256, 600) if n % 2 == 0]
    assert await store.read(stones) == kept


async def test_a_failure_the_transaction_swallows_still_fails_it(store, disk):
    """SQLite may have rolled back by then; what the transaction did afterwards is worth nothing."""

    def careless(tx):
        insert(1)(tx)
        disk.fail("write", "", FULL)
        try:
            tx.run("PRAGMA cache_size = 1")
            tx.run("PRAGMA cache_spill = 1")
            tx.many("INSERT INTO stone (n) VALUES (?)", [(n,) for n in range(10, 200_000)])
        except apsw.FullError:
            disk.mend()
        else:
            pytest.fail("the disk should have been full")
        return "all is well"

    with pytest.raises(StoreUnavailable):
        await store.write(careless)
    assert await store.read(stones) == []


async def test_reads_fail_as_unavailable(store, disk):
    await store.write(lambda tx: tx.run("CREATE TABLE heap AS SELECT zeroblob(400000) AS body"))
    disk.fail("read", "", apsw.SQLITE_IOERR_READ)
    with pytest.raises(StoreUnavailable):
        await store.read(lambda tx: tx.all("SELECT body FROM heap"))
    disk.mend()
    assert await store.read(lambda tx: tx.one("SELECT length(body) FROM heap")) == (400_000,)


@pytest.mark.parametrize("at", range(1, 6))
async def test_a_failed_sync_ends_the_process(store, disk, fatal, tmp_path, at):
    """Row 24: what was acknowledged is there for the next one, and this one touches nothing more."""
    disk.fail("sync", "-wal", BAD_SYNC, at=at, times=1)
    told: list[Outcome] = []
    for n in range(5):
        try:
            store.submit(insert(n), then=told.append)
        except StoreUnavailable as error:
            told.append(Failed(error))
        await until(partial(told_of, told, n + 1))
    acked = [outcome.value for outcome in told if isinstance(outcome, Committed)]
    assert acked == list(range(at - 1))
    assert [error.extendedresult for error in fatal] == [BAD_SYNC]
    assert not store.healthy
    steps = len(disk.steps)
    with pytest.raises(StoreUnavailable):
        await store.write(insert(100))
    await store.close()
    assert len(disk.steps) == steps
    # The one whose sync failed may be there or not: nobody was told either.
    assert stones_on_disk(tmp_path) in (acked, [*acked, at - 1])


FAIL_A_SYNC = """
import asyncio, pathlib, sys
import apsw
from server.clock import SystemClock
from server.store.sqlite import Options, SqliteStore
from tests.support.disk import Disk

async def main():
    disk = Disk()
    store = await SqliteStore.open(pathlib.Path(sys.argv[1]), clock=SystemClock(), options=Options(vfs=disk.name))
    await store.write(lambda tx: tx.run("CREATE TABLE stone (n INTEGER PRIMARY KEY)"))
    await store.write(lambda tx: tx.run("INSERT INTO stone VALUES (1)"))
    disk.fail("sync", "-wal", apsw.SQLITE_IOERR_FSYNC)
    await store.write(lambda tx: tx.run("INSERT INTO stone VALUES (2)"))

asyncio.run(main())
"""


async def test_if_nobody_else_ends_the_process_the_store_does(tmp_path):
    command = [sys.executable, "-c", FAIL_A_SYNC, str(tmp_path / "data")]
    ended = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == EXIT_FATAL, ended.stderr
    assert "the process must end" in ended.stdout
    async with await SqliteStore.open(tmp_path / "data", clock=FakeClock()) as opened:
        assert set(await opened.read(stones)) >= {1}


async def test_what_waits_behind_a_failed_sync_is_told(store, disk, fatal):
    gate = Gate()
    store.submit(passing(gate), then=lambda _: None)
    await gate.reached()
    disk.fail("sync", "-wal", BAD_SYNC)
    told: list[Outcome] = []
    for n in range(1000):
        store.submit(insert(n), then=told.append)
    gate.open()
    await store.close()
    assert errors_of(told) == [StoreUnavailable] * 1000
    assert len(fatal) == 1


@pytest.fixture(params=["by the writer", "beside the writer"])
def copying(request, monkeypatch):
    """Who copies the log back, at every chance."""
    monkeypatch.setattr(checkpoint, "PASSIVE_PAGES", 1)
    alone_if(monkeypatch, request.param == "by the writer")
    return request.param


def alone_if(monkeypatch, alone):
    """Whether the writer has no helper."""
    if alone:
        monkeypatch.setattr(writer, "Checkpointer", lambda connection, *_: checkpoint.Checkpointer(connection))


async def nothing_is_copied(store):
    """What the helper has begun with the fixture's commit has ended."""
    checkpointer = store._writer.checkpointer
    if checkpointer._helper is not None:
        await until(lambda: checkpointer._helping is not None and checkpointer._helping.done())


async def test_a_failed_sync_of_a_checkpoint_ends_the_process_too(copying, store, disk, fatal, tmp_path):
    """Later the database file could be synced without the pages thrown away, and the log be overwritten."""

    def arm(tx):
        store._writer.checkpointer._due = 0
        disk.fail("sync", ".sqlite3", BAD_SYNC, times=1)
        return insert(1)(tx)

    await nothing_is_copied(store)
    await store.write(arm)
    assert (store._writer.checkpointer._helper is None) == (copying == "by the writer")
    await until(lambda: not store.healthy)  # no further commit is needed for that
    await store.close()
    assert len(fatal) == 1
    assert stones_on_disk(tmp_path) == [1]


async def test_a_failed_sync_beside_a_writer_that_ends_is_heard_all_the_same(store, disk, fatal, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "PASSIVE_PAGES", 1)
    monkeypatch.setattr(store._writer.checkpointer, "_nudge", lambda: None)  # too late for it

    def arm(tx):
        store._writer.checkpointer._due = 0
        disk.fail("sync", ".sqlite3", BAD_SYNC, times=1)
        return insert(1)(tx)

    await store.write(arm)
    await store.close()
    assert len(fatal) == 1
    assert (tmp_path / "data" / "frontdesk.sqlite3-wal").stat().st_size > 0
    assert stones_on_disk(tmp_path) == [1]


async def test_a_checkpoint_without_room_waits_for_better_days(copying, store, disk, fatal, tmp_path, monkeypatch):
    checkpointer, heard = store._writer.checkpointer, []
    after_commit = checkpointer.after_commit

    def listening(*, idle):
        try:
            after_commit(idle=idle)
        except apsw.FullError as error:
            heard.append(error)
            raise

    def append_and_be_due(n, tx):
        checkpointer._due = 0
        insert(n)(tx)

    async def heard_more_than(times):
        await until(lambda: len(heard) > times)

    await nothing_is_copied(store)
    monkeypatch.setattr(checkpointer, "after_commit", listening)
    fault = disk.fail("write", ".sqlite3", FULL)
    for n in range(5):
        await store.write(partial(append_and_be_due, n))
        await heard_more_than(n)  # after each, and without a further commit
    assert (checkpointer._helper is None) == (copying == "by the writer")
    before = fault.raised
    await store.close()
    assert fault.raised > before  # and at the end
    assert fatal == []
    assert stones_on_disk(tmp_path) == [0, 1, 2, 3, 4]


async def test_a_damaged_file_ends_the_process(store, fatal):
    def stumble(_):
        raise apsw.exception_for(apsw.SQLITE_CORRUPT)

    def stumble_in_a_statement(tx):
        tx.failure = apsw.CorruptError("malformed")

    with pytest.raises(apsw.CorruptError):
        await store.write(stumble)  # Not the database said so.
    assert fatal == []
    with pytest.raises(StoreUnavailable):
        await store.write(stumble_in_a_statement)
    assert [type(error) for error in fatal] == [apsw.CorruptError]


async def test_a_writer_that_dies_is_not_missed_in_silence(store, fatal):
    """Row 27."""

    def die(_):
        raise SystemExit(3)

    told: list[Outcome] = []
    store.submit(insert(1), then=told.append)
    store.submit(die, then=told.append)
    await until(lambda: len(told) == 2)
    assert isinstance(told[1], Failed)
    assert [type(error) for error in fatal] == [SystemExit]
    assert not store.healthy
    with pytest.raises(StoreUnavailable):
        await store.write(insert(2))


@pytest.mark.slow
@pytest.mark.parametrize("alone", [True, False], ids=["by the writer", "beside the writer"])
async def test_the_power_may_go_at_any_moment(tmp_path, disk, fatal, monkeypatch, alone):
    """Row 21: after every single step of the disk, with what was not synced kept, lost, or kept in part."""
    monkeypatch.setattr(checkpoint, "PASSIVE_PAGES", 12)
    alone_if(monkeypatch, alone)
    store = await open_on(disk, tmp_path, fatal)
    await store.write(lambda tx: tx.run("CREATE TABLE stone (n INTEGER PRIMARY KEY)"))
    acked = [(0, 0)]  # steps, stones

    tell = store._writer._tell

    def tell_and_note(jobs, outcomes):
        acked.append((len(disk.steps), acked[-1][1] + len(jobs)))
        tell(jobs, outcomes)

    store._writer._tell = tell_and_note
    for size in (1, 1, 3, 1, 7, 1, 1, 2, 5, 1, 1, 4):
        first = acked[-1][1]
        await asyncio.gather(*(store.write(insert(first + i)) for i in range(size)))
    await store.close()
    assert [steps for steps, _ in acked] == sorted(steps for steps, _ in acked)

    chance = random.Random(21)
    begin = next(i for i, step in enumerate(disk.steps) if step.operation == "sync")
    number = count()
    for steps in range(begin, len(disk.steps) + 1):
        promised = max(stones for at, stones in acked if at <= steps)
        for keep in (lambda: False, lambda: True, lambda: chance.random() < 0.5):
            found = recovered(tmp_path / f"image-{next(number)}", disk.after_power_loss(steps, keep))
            assert found == list(range(len(found)))
            assert len(found) >= promised


def recovered(path, files):
    """The stones after a start on those files, the schema brought up to date."""
    path.mkdir()
    for name, content in files.items():
        (path / name).write_bytes(content)
    connection = connect_writer(path / "frontdesk.sqlite3")
    try:
        migrate(connection, known_migrations(), now=0)
        assert connection.pragma("integrity_check") == "ok"
        assert connection.execute("SELECT count(*) FROM schema_migration").fetchone() == (len(known_migrations()),)
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'stone'").fetchone():
            return []
        return [n for (n,) in connection.execute("SELECT n FROM stone ORDER BY n")]
    finally:
        connection.close()


async def test_a_torn_log_opens_at_the_last_whole_commit(tmp_path, disk, fatal):
    """Row 22: cut at any length, and with any byte of the last commit turned."""
    store = await open_on(disk, tmp_path, fatal)
    await store.write(lambda tx: tx.run("CREATE TABLE stone (n INTEGER PRIMARY KEY)"))
    ends = []
    for n in range(6):
        await store.write(insert(n))
        ends.append((tmp_path / "data" / "frontdesk.sqlite3-wal").stat().st_size)
    files = {name: (tmp_path / "data" / name).read_bytes() for name in ("frontdesk.sqlite3", "frontdesk.sqlite3-wal")}
    await store.close()
    log = files["frontdesk.sqlite3-wal"]
    assert len(ends) == len(set(ends))
    number = count()
    for whole, (end, following) in enumerate(pairwise(ends), start=1):
        for length in range(end, following, 97):
            files["frontdesk.sqlite3-wal"] = log[:length]
            assert recovered(tmp_path / f"cut-{next(number)}", files) == list(range(whole))
    for place in range(ends[-2], ends[-1], 97):
        files["frontdesk.sqlite3-wal"] = log[:place] + bytes([log[place] ^ 0x55]) + log[place + 1 :]
        assert recovered(tmp_path / f"turned-{next(number)}", files) == list(range(5))
