"""`frontdesk` with a disk, a clock and handlers that fail when told to: `python faulty.py CONTROL serve --data …`.

The real command, in a process of its own. CONTROL is a folder; a file in it causes the fault of its name, from the
moment it is there to the moment it is gone:

- `sync-fails`       each sync of the log answers EIO (`sync-slow`: takes so many seconds);
- `disk-full`        each write to the log finds no room;
- `writer-dies`      the next transaction that is no message takes the writer's thread with it;
- `handler-raises`   a request that carries the file's text raises;
- `entries-lost`     so many of a hundred entries are not published to anybody;
- `clock`            the machine's clock is off by so many seconds.

Read once, at the start: `brisk` (heartbeats so many milliseconds apart, answers to pings due in a third of that) and
`sqlite` (SQLite says that it is of this version).
"""

from __future__ import annotations

import functools
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw

from server.bus.memory import MemoryBus
from server.cli import main
from server.clock import SystemClock
from server.desk.desk import Desk
from server.session.protocol import Terms
from server.session.timing import Timing
from server.store.sqlite import SqliteStore

REAL_DISK = apsw.vfs_names()[0]  # the default one, before there is another


class Control:
    """The folder of faults."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str) -> str | None:
        """What is asked of this fault; nothing if it is not there."""
        try:
            return (self._folder / name).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None


class FaultyDisk(apsw.VFS):
    """SQLite's way to the disk, for every connection of this process."""

    def __init__(self, control: Control) -> None:
        self.control = control
        super().__init__("faulty", REAL_DISK, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's.
        return _File(self.control, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, control: Control, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or ""
        self._log = path.endswith("-wal")
        self._control = control
        super().__init__(REAL_DISK, name, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        if self._log and self._control("disk-full") is not None:
            raise apsw.exception_for(apsw.SQLITE_FULL)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self._log:
            if self._control("sync-fails") is not None:
                raise apsw.exception_for(apsw.SQLITE_IOERR_FSYNC)
            if (seconds := self._control("sync-slow")) is not None:
                time.sleep(float(seconds))
        super().xSync(flags)


def put_in(where: Any, name: str, what: object) -> None:
    """In place of what the server has there."""
    assert hasattr(where, name)
    setattr(where, name, what)


def put_in_for(what: type, stand_in: object) -> None:
    """Wherever a module of the server has imported it."""
    for module in [module for name, module in sys.modules.items() if name.startswith("server.")]:
        if getattr(module, what.__name__, None) is what:
            setattr(module, what.__name__, stand_in)


def kill_the_writer_on_demand(control: Control) -> None:
    submit = SqliteStore.submit

    def submitted(store: SqliteStore, transaction: Callable[..., Any], **more: Any) -> None:
        def deadly(tx: Any) -> Any:
            if control("writer-dies") is not None:
                raise SystemExit(3)
            return transaction(tx)

        submit(store, deadly, **more)

    put_in(SqliteStore, "submit", submitted)


def raise_on_demand(control: Control) -> None:
    perform = Desk.perform

    def performed(desk: Desk, peer: Any, request: Any) -> Any:
        marked = control("handler-raises")
        if marked and marked in repr(request):
            raise RuntimeError("raised by the test")
        return perform(desk, peer, request)

    put_in(Desk, "perform", performed)


def lose_entries_on_demand(control: Control) -> None:
    publish = MemoryBus.publish
    chance = random.Random(6)

    def published(bus: MemoryBus, topic: str, payload: bytes) -> None:
        share = control("entries-lost") if b'"on":"entry"' in payload else None
        if share is None or chance.random() * 100 >= float(share):
            publish(bus, topic, payload)

    put_in(MemoryBus, "publish", published)


def shift_the_clock_on_demand(control: Control) -> None:
    def wall_ns() -> int:
        return time.time_ns() + int(float(control("clock") or 0) * 1_000_000_000)

    put_in_for(SystemClock, functools.partial(SystemClock, wall_ns=wall_ns))


def be_brisk(heartbeat_ms: int) -> None:
    put_in_for(Terms, functools.partial(Terms, heartbeat_ms=heartbeat_ms))
    put_in_for(Timing, functools.partial(Timing, pong_seconds=heartbeat_ms / 3000))


def run(folder: str, *arguments: str) -> None:
    control = Control(Path(folder))
    if (version := control("sqlite")) is not None:
        apsw.sqlite_lib_version = lambda: version
    if (heartbeat := control("brisk")) is not None:
        be_brisk(int(heartbeat))
    disk = FaultyDisk(control)  # for as long as it is referred to
    kill_the_writer_on_demand(control)
    raise_on_demand(control)
    lose_entries_on_demand(control)
    shift_the_clock_on_demand(control)
    sys.argv = ["frontdesk", *arguments]
    try:
        main()
    finally:
        disk.unregister()


if __name__ == "__main__":
    run(*sys.argv[1:])
