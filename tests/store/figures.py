"""Print what a write costs: `python -m tests.store.figures [directory]`. Figures, not verdicts: nothing is asserted.

One row is one message: a counter raised, an entry inserted. CPU is of the whole process, the event loop included.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from server.clock import SystemClock
from server.store.base import Committed, Failed, Tx
from server.store.sqlite import SqliteStore

CONVERSATIONS = 1000
SECONDS = 3.0
RATES = (100, 500, 1000, 2000, 4000, 8000)
WRITERS = (1, 2, 8, 64, 1000)

Then = Callable[[Committed[int] | Failed], None]


def lay_ground(tx: Tx) -> None:
    tx.run("CREATE TABLE thread (n INTEGER PRIMARY KEY, top INTEGER NOT NULL)")
    tx.run(
        "CREATE TABLE line (thread INTEGER, seq INTEGER, sender TEXT, name TEXT, text TEXT, PRIMARY KEY (thread, seq)) "
        "WITHOUT ROWID"
    )
    tx.run("CREATE UNIQUE INDEX line_once ON line (thread, sender, name)")
    tx.many("INSERT INTO thread VALUES (?, 0)", [(n,) for n in range(CONVERSATIONS)])


def append(number: int) -> Callable[[Tx], int]:
    def transaction(tx: Tx) -> int:
        thread = number % CONVERSATIONS
        row = tx.one("SELECT top FROM thread WHERE n = ?", (thread,))
        assert row is not None
        seq: int = row[0] + 1
        tx.run("UPDATE thread SET top = ? WHERE n = ?", (seq, thread))
        tx.run(
            "INSERT INTO line VALUES (?, ?, 'v_1', ?, ?)",
            (thread, seq, f"c-{number}", "A message of some length. " * 3),
        )
        return seq

    return transaction


class Run:
    """Counts answers and their delays, and the process's CPU."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.sent = 0
        self.delays: list[float] = []
        self.began = time.perf_counter()
        self.cpu = time.process_time()
        self.before = store.statistics()

    def send(self, then: Callable[[], None] | None = None) -> None:
        at = time.perf_counter()
        self.sent += 1

        def told(_: Committed[int] | Failed) -> None:
            self.delays.append(time.perf_counter() - at)
            if then is not None:
                then()

        self.store.submit(append(self.sent + self.before.transactions), then=told)

    def print(self, name: str) -> None:
        seconds, cpu = time.perf_counter() - self.began, time.process_time() - self.cpu
        after = self.store.statistics()
        rows, commits = after.transactions - self.before.transactions, after.commits - self.before.commits
        delays = sorted(self.delays)
        p50, p99 = (1000 * delays[int(len(delays) * share)] for share in (0.5, 0.99))
        print(
            f"{name:28} {rows / seconds:8.0f} rows/s  {rows / commits:6.1f} rows/commit",
            f" {1e6 * cpu / rows:6.1f} us CPU/row  p50 {p50:6.2f} ms  p99 {p99:6.2f} ms",
        )


async def closed(store: SqliteStore, writers: int) -> None:
    """So many writers, each waiting for its answer before it writes again."""
    run = Run(store)
    until = run.began + SECONDS
    running = writers
    ended = asyncio.Event()

    def again() -> None:
        nonlocal running
        if time.perf_counter() < until:
            run.send(again)
            return
        running -= 1
        if running == 0:
            ended.set()

    for _ in range(writers):
        run.send(again)
    await ended.wait()
    run.print(f"{writers} writers, each in turn")


PACER = """
import os, sys, time
rate, seconds, began, sent = int(sys.argv[1]), float(sys.argv[2]), time.perf_counter(), 0
while sent < rate * seconds:
    time.sleep(max(0, began + sent / rate - time.perf_counter()))
    os.write(1, b".")
    sent += 1
"""


async def paced(store: SqliteStore, rate: int) -> None:
    """So many a second, answered or not, evenly spread by another process, as from a socket."""
    command = (sys.executable, "-c", PACER, str(rate), str(SECONDS))
    pacer = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert pacer.stdout is not None
    run = Run(store)
    while calls := await pacer.stdout.read(65536):
        for _ in calls:
            run.send()
    await store.write(lambda _: None)
    run.print(f"{rate} a second")
    await pacer.wait()


async def main(directory: Path) -> None:
    async with await SqliteStore.open(directory / "data", clock=SystemClock()) as store:
        await store.write(lay_ground)
        for rate in RATES:
            await paced(store, rate)
        for writers in WRITERS:
            await closed(store, writers)


if __name__ == "__main__":
    import uvloop

    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        uvloop.run(main(Path(name)))
