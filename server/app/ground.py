"""What everything stands on: the open data directory, with a server or without one."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from server.app.config import StartError
from server.clock import SystemClock
from server.control.operations import Operations, StartEngine
from server.control.sockets import Sockets
from server.desk import directory
from server.desk.accounts import Accounts
from server.desk.bot_access import BotAccess
from server.desk.bot_overview import BotOverview
from server.desk.engine import Engine
from server.desk.ids import Ids
from server.desk.passwords import Passwords
from server.store import workspaces
from server.store.base import StoreError, Tx
from server.store.sqlite import SqliteStore
from server.store.sqlite.directory import DATABASE

NO_WORKSPACE = 'There is no workspace here yet. Run "frontdesk init" first, or choose another --data.'


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What everything stands on, server or not."""

    store: SqliteStore
    clock: SystemClock
    ids: Ids
    passwords: Passwords
    accounts: Accounts
    bots: BotAccess
    any_origin: bool

    def operations(
        self,
        engine: Engine | None = None,
        sockets: Sockets | None = None,
        *,
        bot_overview: BotOverview | None = None,
        start_engine: StartEngine | None = None,
    ) -> Operations:
        return Operations(
            store=self.store,
            accounts=self.accounts,
            bot_access=self.bots,
            ids=self.ids,
            engine=engine,
            start_engine=start_engine,
            sockets=sockets,
            bot_overview=bot_overview,
            clock=self.clock,
            back_up=self.store.backup,
            leave_no_trace=self.store.leave_no_trace,
            any_origin=self.any_origin,
        )


@contextlib.asynccontextmanager
async def standing(data: Path, *, any_origin: bool = False) -> AsyncIterator[Ground]:
    clock = SystemClock()
    try:
        opened = await SqliteStore.open(data, clock=clock)
    except StoreError as error:
        raise StartError(str(error)) from error
    async with opened as store:
        passwords = Passwords()
        try:
            yield Ground(
                store=store,
                clock=clock,
                ids=Ids(secrets.token_bytes),
                passwords=passwords,
                accounts=Accounts(store, clock=clock, random_bytes=secrets.token_bytes, passwords=passwords),
                bots=BotAccess(store, clock=clock, random_bytes=secrets.token_bytes),
                any_origin=any_origin,
            )
        finally:
            passwords.close()


def insist_there(data: Path) -> None:
    """Nothing is created where a mistyped --data leads."""
    if not (data / DATABASE).exists():
        raise StartError(NO_WORKSPACE)


def load_directory(tx: Tx) -> directory.Directory:
    row = workspaces.find(tx)
    if row is None:
        raise StartError(NO_WORKSPACE)
    return directory.load(tx, row)
