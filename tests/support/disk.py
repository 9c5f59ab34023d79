"""A disk that fails when told to, and remembers what it was asked, so that a test can cut the power at any moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Self

import apsw

_NUMBERS = count()


@dataclass
class Fault:
    """From the `at`-th matching call on, raise `code`, so many `times` (None: until mended)."""

    operation: str  # read, write, sync, truncate
    suffix: str  # how the file's name ends: ".sqlite3", "-wal"
    code: int
    at: int = 1
    times: int | None = None
    calls: int = 0
    raised: int = 0

    def meets(self, operation: str, name: str) -> None:
        if operation != self.operation or not name.endswith(self.suffix):
            return
        self.calls += 1
        if self.calls >= self.at and (self.times is None or self.raised < self.times):
            self.raised += 1
            raise apsw.exception_for(self.code)


@dataclass(frozen=True)
class Step:
    """One thing that happened to a file."""

    operation: str  # write, truncate, sync, delete
    name: str
    offset: int = 0
    data: bytes = b""


@dataclass
class _Platter:
    """A file as it would be found after the power came back: what was synced, and what was not yet."""

    safe: bytearray = field(default_factory=bytearray)
    unsafe: list[Step] = field(default_factory=list)

    def settle(self) -> None:
        for step in self.unsafe:
            self.apply(step)
        self.unsafe.clear()

    def apply(self, step: Step) -> None:
        if step.operation == "truncate":
            del self.safe[step.offset :]
            return
        end = step.offset + len(step.data)
        self.safe.extend(bytes(max(0, end - len(self.safe))))
        self.safe[step.offset : end] = step.data


class Disk(apsw.VFS):
    """Passes on to the real one. Use as a context; `Options(vfs=disk.name)` puts a store on it."""

    def __init__(self) -> None:
        self.name = f"test-disk-{next(_NUMBERS)}"
        self.steps: list[Step] = []
        self._faults: list[Fault] = []
        super().__init__(self.name, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unregister()

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's.
        return _File(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.steps.append(Step("delete", Path(filename).name))
        super().xDelete(filename, syncdir)

    def fail(self, operation: str, suffix: str, code: int, *, at: int = 1, times: int | None = None) -> Fault:
        """Have such calls fail; returns the fault, which counts."""
        fault = Fault(operation, suffix, code, at, times)
        self._faults.append(fault)
        return fault

    def mend(self) -> None:
        """No more faults."""
        self._faults = []

    def meets(self, operation: str, name: str) -> None:
        for fault in list(self._faults):
            fault.meets(operation, name)

    def after_power_loss(self, steps: int, keep: Callable[[], bool]) -> dict[str, bytes]:
        """The files as found when the power went after so many steps; `keep` decides on each unsynced step."""
        platters: dict[str, _Platter] = {}
        for step in self.steps[:steps]:
            if step.operation == "delete":
                platters.pop(step.name, None)
                continue
            platter = platters.setdefault(step.name, _Platter())
            if step.operation == "sync":
                platter.settle()
            else:
                platter.unsafe.append(step)
        for platter in platters.values():
            platter.unsafe = [step for step in platter.unsafe if keep()]
            platter.settle()
        return {name: bytes(platter.safe) for name, platter in platters.items()}


class _File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        path = name.filename() if isinstance(name, apsw.URIFilename) else name or "temporary"
        self._name = Path(path).name
        super().__init__("", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._disk.meets("read", self._name)
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802
        self._disk.meets("write", self._name)
        self._disk.steps.append(Step("write", self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.meets("truncate", self._name)
        self._disk.steps.append(Step("truncate", self._name, newsize))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.meets("sync", self._name)
        self._disk.steps.append(Step("sync", self._name))
        super().xSync(flags)
