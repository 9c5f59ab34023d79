"""A process that dies, a disk that fails: rows 20 to 29."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import apsw
import pytest

from server.store.sqlite.store import EXIT_FATAL
from server.wire.codes import CloseCode
from tests.blackbox.people import People
from tests.blackbox.process import refused_start
from tests.blackbox.wire import Agent, Visitor, fresh
from tests.faults.extent import FULL, SEED, promised_within, times
from tests.faults.serving import DATABASE, Serving
from tests.faults.talking import come_back, judge

ROOM = 96 * 1024  # bytes
TMPFS = "size=8m"
SYNC_S = 0.5


@pytest.fixture(scope="module")
def faulty() -> bool:
    return True


def sound(data: Path, copies: Path) -> bool:
    """Whether the database, as it lies there now, is one; looked at in a copy, so that nobody's log is touched."""
    shutil.rmtree(copies, ignore_errors=True)
    copies.mkdir()
    for file in data.glob(f"{DATABASE}*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, copies)
    with contextlib.closing(apsw.Connection(str(copies / DATABASE))) as copy:
        return copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def a_pair(people: People) -> tuple[Visitor, Agent]:
    ada = await people.agent("ada")
    return await people.pair("sales", ada), ada


@pytest.mark.row(20)
@pytest.mark.timeout(900)
async def test_row_20_killed_under_load_the_file_is_sound_and_the_start_is_swift(
    own_people: People, own_serving: Serving, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    page, ada = await a_pair(own_people)
    for number in range(times(2, 50)):
        for place in range(chance.randint(1, 60)):
            await page.post(page.conversation, f"{number} {place}")
            await ada.post(page.conversation, f"{number} {place}")
        own_serving.kill()
        assert sound(own_serving.data, tmp_path / "copy")
        with promised_within(3, "killed, it is ready again", waited_s=own_serving.waited_s):
            await asyncio.to_thread(own_serving.start)
        for client in (page, ada):
            await client.ended()
            await come_back(client)
            await client.settled()
    await judge(page.conversation, page=page, ada=ada)


@contextlib.contextmanager
def a_limit_for_files(serving: Serving) -> Iterator[None]:
    """No file of the server grows much beyond what its log has now; without any privilege."""
    assert serving.process is not None
    pid = serving.process.pid
    size = (serving.data / f"{DATABASE}-wal").stat().st_size + ROOM
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))


@contextlib.contextmanager
def a_full_disk(serving: Serving) -> Iterator[None]:
    """Something else has taken the room."""
    ballast = serving.data.parent / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    try:
        yield
    finally:
        ballast.unlink()


async def without_room(page: Visitor, ada: Agent, serving: Serving) -> str:
    """What may be expected while nothing can be written; everything is refused for now, nothing for good.

    Returns under which name the first message was sent.
    """
    refused = None
    prefix = fresh("no-room")
    for number in range(2_000):
        frame = {"conversation": page.conversation, "client_id": f"{prefix}-{number}", "text": "x" * 4_000}
        answer = await page.ask("message.send", **frame)
        if not answer["ok"]:
            refused = answer["error"]
            break
    assert refused is not None, "there was room"
    assert refused["code"] == "unavailable"
    assert await page.ended() == CloseCode.RESEND
    assert await asyncio.to_thread(serving.status_of, "/readyz") == 503
    assert await asyncio.to_thread(serving.status_of, "/healthz") == 200
    # What is there can be read, on old connections and new ones.
    await page.enter()
    top = page.transcript.last
    before = max(0, top - 3)
    read = await ada.history(page.conversation, after=before)
    assert [entry["seq"] for entry in read] == list(range(before + 1, top + 1))
    for _ in range(3):
        status = await ada.ask("status.set", status="busy")
        assert status["ok"] or status["error"]["code"] == "unavailable"
    return f"{prefix}-0"


async def room_again(page: Visitor, ada: Agent, serving: Serving, first: str) -> None:
    """Nothing needs to be restarted."""
    async with asyncio.timeout(30):
        while await asyncio.to_thread(serving.status_of, "/readyz") != 200:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    for client in (page, ada):
        if not client.connected:
            await come_back(client)
        await client.say(page.conversation, "there is room again")
    history = await judge_texts(page, ada)
    assert history[-2:] == ["there is room again"] * 2
    again = {"conversation": page.conversation, "client_id": first, "text": "x" * 4_000}
    assert (await page.ask("message.send", **again))["ok"]


async def judge_texts(page: Visitor, ada: Agent) -> list[str]:
    history = await page.whole_history(page.conversation)
    await ada.holds(page.conversation, len(history))
    await page.holds(page.conversation, len(history))
    assert [entry["seq"] for entry in history] == list(range(1, len(history) + 1))
    assert page.transcript.in_order() == history
    names = [entry["client_id"] for entry in history if entry.get("client_id")]
    assert len(names) == len(set(names))
    return [str(entry["text"]) for entry in history]


@pytest.mark.row(23)
@pytest.mark.timeout(180)
async def test_row_23_no_file_may_grow_nothing_is_lost_and_it_goes_on(own_people: People, own_serving: Serving) -> None:
    page, ada = await a_pair(own_people)
    for _ in range(times(2, 20)):
        with a_limit_for_files(own_serving):
            first = await without_room(page, ada, own_serving)
        await room_again(page, ada, own_serving, first)


@pytest.mark.row(23)
@pytest.mark.full
@pytest.mark.timeout(180)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
async def test_row_23_a_full_disk_loses_nothing_and_goes_on(tmp_path: Path, templates: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(  # noqa: ASYNC221 - nobody waits for it
        ["mount", "-t", "tmpfs", "-o", TMPFS, "none", str(small)], check=True
    )
    try:
        (tmp_path / "serving").mkdir()
        serving = Serving(tmp_path / "serving", templates)
        serving.data = small / "data"
        with serving:
            people = People(serving)
            page, ada = await a_pair(people)
            for _ in range(3):
                with a_full_disk(serving):
                    first = await without_room(page, ada, serving)
                await room_again(page, ada, serving, first)
            for client in (page, ada):
                await client.leave()
    finally:
        subprocess.run(["umount", str(small)], check=True)  # noqa: ASYNC221 - as above


@pytest.mark.row(24)
async def test_row_24_after_a_failed_sync_the_process_ends_and_the_next_one_has_everything(
    own_people: People, own_serving: Serving, tmp_path: Path
) -> None:
    page, ada = await a_pair(own_people)
    for number in range(times(2, 20)):
        await page.say(page.conversation, f"acknowledged {number}")
        own_serving.cause("sync-fails")
        posts = [await page.post(page.conversation, f"in vain {number} {place}") for place in range(5)]
        with promised_within(5, "the process ends"):
            assert await asyncio.to_thread(own_serving.wait) == EXIT_FATAL
        await page.ended()
        await ada.ended()
        assert [post.settled for post in posts] == [False] * 5
        own_serving.mend("sync-fails")
        assert sound(own_serving.data, tmp_path / "copy")
        await asyncio.to_thread(own_serving.start)
        await asyncio.gather(come_back(page), come_back(ada))
        await page.settled()
    await judge(page.conversation, page=page, ada=ada)


@pytest.mark.row(25)
async def test_row_25_a_slow_disk_makes_it_slow_and_nothing_else(own_people: People, own_serving: Serving) -> None:
    pages = [await own_people.visitor() for _ in range(10)]
    for page in pages:
        await page.start("support", "Hello")
    own_serving.cause("sync-slow", str(SYNC_S))
    waits: list[float] = []
    over = asyncio.Event()

    async def look() -> None:
        async with aiohttp.ClientSession() as http:
            while not over.is_set():
                began = time.monotonic()
                async with http.get(f"http://{own_serving.address}/healthz") as answer:
                    assert answer.status == 200
                waits.append(time.monotonic() - began)
                await asyncio.sleep(0.01)

    looking = asyncio.create_task(look())
    try:
        # Each page writes 50 at once: in a commit each, that would be more than four minutes.
        with promised_within(15, "500 messages with syncs of half a second"):
            for page in pages:
                for number in range(50):
                    await page.post(page.conversation, f"{number}")
            for page in pages:
                await page.settled(within_s=60)
    finally:
        over.set()
        await looking
    own_serving.mend("sync-slow")
    assert all(post.attempts == 1 for page in pages for post in page.posts)
    p95_s = sorted(waits)[int(len(waits) * 0.95)]
    print(f"health is answered within {p95_s * 1000:.0f} ms (p95)")
    assert not FULL or p95_s < 0.05
    for page in pages:
        await judge(page.conversation, page=page)


@pytest.mark.row(27)
async def test_row_27_without_its_writer_the_process_ends(own_people: People, own_serving: Serving) -> None:
    page, ada = await a_pair(own_people)
    await page.say(page.conversation, "acknowledged")
    own_serving.cause("writer-dies")
    with contextlib.suppress(Exception):
        await ada.set_status("busy")
    with promised_within(5, "the process ends"):
        assert await asyncio.to_thread(own_serving.wait) == EXIT_FATAL
    own_serving.mend("writer-dies")
    await asyncio.to_thread(own_serving.start)
    await asyncio.gather(come_back(page), come_back(ada))
    await page.say(page.conversation, "again")
    await judge(page.conversation, page=page, ada=ada)


@pytest.mark.row(28)
async def test_row_28_the_directory_of_a_stopped_process_is_taken_that_of_a_dead_one_is_free(
    own_people: People, own_serving: Serving
) -> None:
    page, _ = await a_pair(own_people)
    own_serving.signal(signal.SIGSTOP)
    command = own_serving.command()
    command[command.index("--port") + 1] = "0"
    second = await asyncio.to_thread(refused_start, command)
    own_serving.signal(signal.SIGCONT)
    assert second.returncode not in {0, -signal.SIGKILL}
    assert str(own_serving.data) in second.stderr
    assert "Traceback" not in second.stderr
    await page.say(page.conversation, "the first one is unharmed")
    own_serving.kill()
    await page.ended()
    await asyncio.to_thread(own_serving.start)
    await come_back(page)
    assert page.transcript.texts()[-1] == "the first one is unharmed"


@pytest.mark.row(29)
@pytest.mark.parametrize("version", ["3.51.2", "3.40.1", "3.7.0"])
def test_row_29_a_sqlite_that_could_spoil_its_log_is_refused(tmp_path: Path, templates: Path, version: str) -> None:
    serving = Serving(tmp_path, templates, faulty=True)
    serving.seed()
    serving.cause("sqlite", version)
    refused = refused_start(serving.command())
    assert refused.returncode not in {0, -signal.SIGKILL}
    assert f"SQLite {version} is too old" in refused.stderr
    assert "Traceback" not in refused.stderr
