"""Accounts on a real database: what the tests of logins begin with."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from server.clock import SystemClock
from server.desk.accounts import Accounts
from server.desk.passwords import Cost, Passwords
from server.store import accounts as rows
from server.store import workspaces
from server.store.base import Tx
from server.store.sqlite import SqliteStore
from tests.support.clock import FakeClock

CHEAP = Cost(memory_kib=8, passes=1)
PASSWORD = "correct horse"


@dataclass(frozen=True)
class People:
    """Ada and Ben, who can log in with `PASSWORD`; Cleo, who has none."""

    accounts: Accounts
    store: SqliteStore
    clock: FakeClock
    passwords: Passwords


def _put(tx: Tx, *, name: str, workspace: int) -> None:
    rows.put(tx, agent=f"a_{name}", workspace=workspace, email=f"{name}@demo.example")


@asynccontextmanager
async def people(folder: Path) -> AsyncIterator[People]:
    clock, passwords, numbers = FakeClock(), Passwords(CHEAP), itertools.count(1)
    store = await SqliteStore.open(folder / "data", clock=SystemClock())
    accounts = Accounts(
        store,
        clock=clock,
        random_bytes=lambda size: next(numbers).to_bytes(size, "little"),
        passwords=passwords,
    )
    try:
        workspace = await store.write(lambda tx: workspaces.put(tx, key="demo", settings="{}"))
        for name in ("ada", "ben", "cleo"):
            await store.write(partial(_put, name=name, workspace=workspace))
        for name in ("ada", "ben"):
            await accounts.set_password(f"a_{name}", PASSWORD)
        yield People(accounts, store, clock, passwords)
    finally:
        passwords.close()
        await store.close()
