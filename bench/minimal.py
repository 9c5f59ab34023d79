"""The baseline of `relay`: aiohttp and uvloop, no validation, no rights, no routing; acknowledged and delivered after a
commit to SQLite (WAL, synchronous=FULL, one writer thread, group commit).

``python -m bench.minimal PORT DIR``. A socket says ``{"do":"pair","n":7,"side":0}`` once, then sends messages.
"""

from __future__ import annotations

import asyncio
import queue
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import orjson
import uvloop
from aiohttp import web

FILE = "baseline.sqlite3"
TABLE = "CREATE TABLE IF NOT EXISTS message (n INTEGER PRIMARY KEY, pair INTEGER, text TEXT)"


class Log:
    """One writer thread; `append` calls back on the loop after the commit."""

    def __init__(self, path: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self._path = path
        self._queue: queue.SimpleQueue[tuple[int, str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def append(self, pair: int, text: str, then: Any) -> None:
        self._queue.put((pair, text, then))

    def _run(self) -> None:
        connection = apsw.Connection(str(self._path))
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(TABLE)
        while True:
            batch = [self._queue.get()]
            while len(batch) < 256:
                try:
                    batch.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            with connection:
                connection.executemany("INSERT INTO message (pair, text) VALUES (?, ?)", [each[:2] for each in batch])
            self._loop.call_soon_threadsafe(_tell, batch)


def _tell(batch: list[tuple[int, str, Any]]) -> None:
    for _, _, then in batch:
        then()


async def serve(port: int, path: Path) -> None:
    log = Log(path / FILE)
    sides: dict[tuple[int, int], web.WebSocketResponse] = {}
    sending: set[asyncio.Task[None]] = set()

    def send(ws: web.WebSocketResponse, said: dict[str, Any]) -> None:
        task = asyncio.get_running_loop().create_task(ws.send_str(orjson.dumps(said).decode()))
        sending.add(task)
        task.add_done_callback(sending.discard)

    def committed(ws: web.WebSocketResponse, place: tuple[int, int], said: dict[str, Any]) -> None:
        send(ws, {"re": said["id"], "ok": True})
        other = sides.get((place[0], 1 - place[1]))
        if other is not None:
            send(other, {"on": "entry", "text": said["text"]})

    async def handle(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        place = (0, 0)
        async for message in ws:
            said = orjson.loads(message.data)
            if said["do"] == "pair":
                place = (said["n"], said["side"])
                sides[place] = ws
            else:
                log.append(place[0], said["text"], partial(committed, ws, place, said))
        return ws

    app = web.Application()
    app.router.add_get("/ws", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.install()
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
