"""Logs that are long already: data directories made once for each schema and kept, and a fresh copy for each run."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import apsw

from bench import minimal, past
from server.store.migrate import known_migrations
from server.store.sqlite.directory import DATABASE

AGENTS = 1000
_SAID = "The quick brown fox jumps over the lazy dog, twice a day."


def of_frontdesk(folder: Path, *, messages: int) -> Path:
    """A data directory with so many messages of closed conversations, and agents of one slot each."""

    def fill(made: Path) -> None:
        past.fill(made, messages=max(messages, 20), waiting=0, active=0, agents=AGENTS, slots=1)

    return _copy(f"frontdesk-{messages}", fill, folder / "data")


def of_minimal(folder: Path, *, messages: int) -> Path:
    """The same of the baseline: as many rows in its table."""

    def fill(made: Path) -> None:
        made.mkdir()
        connection = apsw.Connection(str(made / minimal.FILE))
        connection.execute(minimal.TABLE)
        with connection:
            rows = ((n // 20, _SAID) for n in range(messages))
            connection.executemany("INSERT INTO message (pair, text) VALUES (?, ?)", rows)
        connection.close()

    return _copy(f"minimal-{messages}", fill, folder / "data")


def _copy(name: str, fill: Callable[[Path], None], target: Path) -> Path:
    known = hashlib.sha256("".join(migration.sql for migration in known_migrations()).encode()).hexdigest()[:12]
    kept = Path(tempfile.gettempdir()) / f"frontdesk-bench-{os.getuid()}"
    kept.mkdir(mode=0o700, exist_ok=True)
    template = kept / f"{name}-{known}"
    if not template.exists():
        making = kept / f"{name}-{known}.{os.getpid()}"
        fill(making)
        making.rename(template)
    target.mkdir(mode=0o700)
    for file in (DATABASE, minimal.FILE):
        if (template / file).exists():
            shutil.copyfile(template / file, target / file)
    return target
