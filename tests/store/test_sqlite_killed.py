"""Row 20 in miniature: `kill -9` in mid-load, and every acknowledged row is there."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.clock import SystemClock
from server.store.sqlite import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20

LOAD = """
import asyncio, os, pathlib, sys
from server.clock import SystemClock
from server.store.base import Committed
from server.store.sqlite import SqliteStore

def append(n):
    def transaction(tx):
        tx.run("INSERT INTO stone (n, text) VALUES (?, ?)", (n, "x" * 300))
        return n
    return transaction

def told(outcome):
    assert isinstance(outcome, Committed), outcome
    os.write(1, f"{outcome.value}\\n".encode())

async def main(path):
    store = await SqliteStore.open(path, clock=SystemClock())
    await store.write(lambda tx: tx.run("CREATE TABLE IF NOT EXISTS stone (n INTEGER PRIMARY KEY, text TEXT)"))
    n, = await store.read(lambda tx: tx.one("SELECT coalesce(max(n), 0) FROM stone"))
    while True:
        for _ in range(5):
            n += 1
            store.submit(append(n), then=told)
        if store.statistics().queued > 100:
            await store.write(lambda tx: None)
        await asyncio.sleep(0)

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


def load_until_killed(data, lines):
    """Run the load, kill it after so many acknowledgements; the last number acknowledged."""
    command = [sys.executable, "-c", LOAD, str(data)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        acked = [process.stdout.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        acked += process.stdout.readlines()
        words = process.stderr.read()
    assert process.returncode == -signal.SIGKILL, words
    numbers = [int(line) for line in acked if line.endswith("\n")]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return numbers[-1]


@pytest.mark.slow
async def test_nothing_acknowledged_is_lost(tmp_path):
    chance = random.Random(20)
    for _ in range(KILLS):
        acked = load_until_killed(tmp_path / "data", chance.randrange(1, 1500))
        async with await SqliteStore.open(tmp_path / "data", clock=SystemClock()) as store:
            found = [n for (n,) in await store.read(lambda tx: tx.all("SELECT n FROM stone ORDER BY n"))]
            assert await store.read(lambda tx: tx.all("PRAGMA integrity_check")) == [("ok",)]
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= acked
