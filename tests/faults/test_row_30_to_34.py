"""Long readers, locks, copies and migrations: rows 30 to 34."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from server.store.sqlite.checkpoint import PAGE_BYTES, PASSIVE_PAGES
from tests.blackbox.people import People
from tests.blackbox.process import COMMAND
from tests.blackbox.wire import Agent, Visitor
from tests.faults.extent import SEED, times
from tests.faults.serving import DATABASE, Serving
from tests.faults.talking import come_back, judge

TEXT = "x" * 3_900
EMPTIED_EVERY = PASSIVE_PAGES * PAGE_BYTES


@contextlib.contextmanager
def a_long_reader(serving: Serving) -> Iterator[apsw.Connection]:
    """Another program reads from one state of the database for as long as this lasts."""
    with contextlib.closing(apsw.Connection(str(serving.data / DATABASE), apsw.SQLITE_OPEN_READWRITE)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entry").fetchall()
        yield reader
        reader.execute("ROLLBACK")


async def a_pair(people: People) -> tuple[Visitor, Agent]:
    ada = await people.agent("ada")
    return await people.pair("sales", ada), ada


async def write(page: Visitor, mebibytes: float) -> None:
    for number in range(int(mebibytes * 2**20 / len(TEXT))):
        await page.post(page.conversation, TEXT)
        if number % 50 == 49:
            await page.settled()
    await page.settled()


def log_size(serving: Serving) -> int:
    return (serving.data / f"{DATABASE}-wal").stat().st_size


@pytest.mark.row(30)
@pytest.mark.timeout(300)
async def test_row_30_while_somebody_reads_for_long_the_log_grows_and_then_is_used_anew(
    own_people: People, own_serving: Serving
) -> None:
    page, ada = await a_pair(own_people)
    size = times(8, 40)
    with a_long_reader(own_serving) as reader:
        before = reader.execute("SELECT count(*) FROM entry").get
        await write(page, size)
        grown = log_size(own_serving)
        assert grown > size * 2**20, "the reader did not hold anything up"
        assert reader.execute("SELECT count(*) FROM entry").get == before
    # The next try to empty it succeeds, and what is written from then on finds room in the log that there is.
    await write(page, 1.5 * size)
    assert log_size(own_serving) < grown + EMPTIED_EVERY * 1.2
    assert page.connected
    assert max(post.attempts for post in page.posts) == 1
    await judge(page.conversation, page=page, ada=ada)


@pytest.mark.row(31)
async def test_row_31_a_database_locked_for_a_while_is_a_wait_and_no_error(
    own_people: People, own_serving: Serving
) -> None:
    page, ada = await a_pair(own_people)
    for number in range(times(2, 20)):
        with contextlib.closing(apsw.Connection(str(own_serving.data / DATABASE), apsw.SQLITE_OPEN_READWRITE)) as other:
            other.execute("BEGIN IMMEDIATE")
            post = await page.post(page.conversation, f"while it is locked {number}")
            # Reading goes on.
            assert await ada.history(page.conversation)
            assert not post.settled
            other.execute("ROLLBACK")
        await page.settled(post)
        assert post.attempts == 1
    await judge(page.conversation, page=page, ada=ada)


@pytest.mark.row(31)
@pytest.mark.full
@pytest.mark.timeout(120)
async def test_row_31_four_busy_readers_beside_it_are_no_error_either(own_people: People, own_serving: Serving) -> None:
    page, ada = await a_pair(own_people)
    over = threading.Event()

    def read() -> None:
        with contextlib.closing(apsw.Connection(str(own_serving.data / DATABASE), apsw.SQLITE_OPEN_READWRITE)) as one:
            one.set_busy_timeout(5000)
            while not over.is_set():
                one.execute("SELECT count(*), max(seq) FROM entry").fetchall()
                one.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    readers = [asyncio.create_task(asyncio.to_thread(read)) for _ in range(4)]
    try:
        await write(page, 20)
        for _ in range(200):
            await ada.history(page.conversation, limit=200)
    finally:
        over.set()
        await asyncio.gather(*readers)
    assert page.connected
    assert max(post.attempts for post in page.posts) == 1
    await judge(page.conversation, page=page, ada=ada)


async def run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-2)
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


@pytest.mark.row(32)
@pytest.mark.full
@pytest.mark.timeout(300)
async def test_row_32_backups_under_load_are_sound_and_nobody_waits_for_them(
    own_people: People, own_serving: Serving, tmp_path: Path
) -> None:
    page, ada = await a_pair(own_people)
    await write(page, 20)
    waits: dict[bool, list[float]] = {False: [], True: []}
    acknowledged = 0

    async def speak(*, copying: bool) -> None:
        nonlocal acknowledged
        began = time.monotonic()
        acknowledged = await page.say(page.conversation, "how long?")
        waits[copying].append(time.monotonic() - began)

    for number in range(10):
        for _ in range(100):
            await speak(copying=False)
        promised = acknowledged
        target = tmp_path / f"{number}.sqlite3"
        copying = asyncio.create_task(run(COMMAND, "backup", str(target), "--data", str(own_serving.data)))
        while not copying.done():
            await speak(copying=True)
        await copying
        with contextlib.closing(apsw.Connection(str(target), apsw.SQLITE_OPEN_READONLY)) as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            seqs = [seq for (seq,) in copy.execute("SELECT seq FROM entry ORDER BY seq")]
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) >= promised
    quiet, loud = (sorted(waits[key])[int(len(waits[key]) * 0.99)] for key in (False, True))
    print(f"p99 of a message: {quiet * 1000:.1f} ms, while copying {loud * 1000:.1f} ms")
    # The copying process needs a processor of its own.
    assert loud < max(3 * quiet, 0.1)
    await judge(page.conversation, page=page, ada=ada)


@pytest.mark.row(33)
@pytest.mark.full
@pytest.mark.timeout(300)
async def test_row_33_after_a_restore_nobody_takes_the_new_history_for_the_old(
    own_people: People, own_serving: Serving, tmp_path: Path
) -> None:
    data = str(own_serving.data)
    for number in range(5):
        page = await own_people.visitor()
        await page.start("support", "Hello")
        await page.say(page.conversation, "in the backup")
        target = str(tmp_path / f"{number}.sqlite3")
        await run(COMMAND, "backup", target, "--data", data)
        lost = await page.say(page.conversation, "after the backup")
        epoch = page.epoch
        post = await page.post(page.conversation, "on its way")
        own_serving.kill()
        await page.ended()
        unsettled = not post.settled
        await run(COMMAND, "restore", target, "--data", data, "--replace")
        own_people.recorder.server("restored")
        await asyncio.to_thread(own_serving.start)
        await come_back(page)
        assert page.epoch != epoch
        assert page.resets == 1
        await page.settled()
        if unsettled:
            assert "on its way" in page.transcript.texts()
        # The number is used again, for something else, which nobody takes for what they had.
        assert await page.say(page.conversation, "another history") <= lost + 2
        assert "after the backup" not in page.transcript.texts()
        assert page.contradictions() == []
        history = await page.whole_history(page.conversation)
        assert page.transcript.in_order() == history


@pytest.mark.row(34)
@pytest.mark.full
@pytest.mark.timeout(600)
async def test_row_34_killed_at_any_moment_of_its_first_start_the_next_one_completes(
    tmp_path: Path, templates: Path
) -> None:
    chance = random.Random(SEED)
    half = 0
    for number in range(40):
        folder = tmp_path / str(number)
        folder.mkdir()
        serving = Serving(folder, templates)
        command = [COMMAND, "demo", "--no-supervisor", "--port", str(serving.port), "--data", str(serving.data)]
        with serving.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        # From the moment there is a file on.
        while not (serving.data / DATABASE).exists() and process.poll() is None:  # noqa: ASYNC110 - another process's file
            await asyncio.sleep(0.001)
        await asyncio.sleep(chance.uniform(0, 0.08))
        assert process.poll() is None, f"it ended by itself with {process.returncode}:\n{serving.tail()}"
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        half += _is_half(serving.data / DATABASE)
        with serving.log.open("ab") as log:
            again = subprocess.Popen(  # noqa: ASYNC220 - it returns at once
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            await asyncio.to_thread(serving._await_ready, again)
        finally:
            again.kill()
            again.wait()
    assert half > 2, "every kill came too late"


def _is_half(database: Path) -> bool:
    with contextlib.closing(apsw.Connection(str(database))) as connection:
        schema = connection.pragma("user_version")
        founded = schema and connection.execute("SELECT count(*) FROM account WHERE password IS NOT NULL").fetchone()
    return not founded or founded[0] < 5
