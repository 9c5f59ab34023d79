"""The data directory, held by one process for as long as it lives."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from server.store.base import StoreError

DATABASE = "frontdesk.sqlite3"
LOCK = "lock"


class DataDirectory:
    """Holds an exclusive `flock` on `lock`; the kernel lets go of it when the process dies, however it dies."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock: int | None = lock

    @classmethod
    def take(cls, path: Path) -> DataDirectory:
        """Create the directory, readable by its owner only, and lock it; raises `StoreError`."""
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"The data directory {path} cannot be used: {error.strerror}.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            raise StoreError(_in_use(path, lock)) from None
        except OSError as error:
            os.close(lock)
            raise StoreError(f"The data directory {path} cannot be locked: {error.strerror}.") from error
        return cls(path, lock)

    @property
    def database(self) -> Path:
        return self.path / DATABASE

    def create_database(self) -> None:
        """Make sure the file is there, for its owner only: SQLite gives its side files the same permissions."""
        os.close(os.open(self.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))

    def release(self) -> None:
        """Let the next process in. Idempotent. The file stays: removing it could take away another's lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _in_use(path: Path, lock: int) -> str:
    holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
    os.close(lock)
    process = f" (process {holder})" if holder.isdigit() else ""
    return f"The data directory {path} is in use by another Frontdesk{process}. Stop it or choose another --data."
