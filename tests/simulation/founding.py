"""The installation of a simulated run, as it is before anything happens."""

from __future__ import annotations

import dataclasses
import functools
import random
from typing import Any

import apsw
import msgspec

from server.desk import administration
from server.desk.accounts import Accounts
from server.desk.bot_access import BotAccess
from server.desk.ids import Ids
from server.desk.passwords import Passwords
from server.settings.workspace import Bot as BotSettings
from server.settings.workspace import WorkspaceFile
from server.store import installation
from server.store.installation import Installation
from server.store.migrate import known_migrations, migrate
from tests.desk.support.bench import CHEAP, settings
from tests.simulation.disk import Disk, SimulatedStore, Weather
from tests.simulation.loop import Loop
from tests.simulation.process import BEGINS, SimulatedClock

AGENTS = ("ada", "ben")
BOT = "faq"


@dataclasses.dataclass(frozen=True, slots=True)
class Founded:
    """An installation as it is before anything happens."""

    content: bytes
    installation: Installation
    tokens: dict[str, str]


@functools.lru_cache(maxsize=32)
def founded(method: str, wrap_up: int, *, bots: bool) -> Founded:
    """The demo's workspace, with everybody logged in; the same for every seed. `bots`: one answers first in support."""
    loop = Loop(random.Random(0), shuffles=False)
    try:
        first = {"first": f"bot:{BOT}"} if bots else {}
        file = settings(support={"method": method, "wrap_up": wrap_up, **first})
        if bots:
            file = msgspec.structs.replace(file, bots=(BotSettings(key=BOT, reply_seconds=4, grace_seconds=3),))
        return loop.run_until_complete(found(loop, file))
    finally:
        loop.close()


async def found(loop: Loop, file: WorkspaceFile, who: tuple[str, ...] = AGENTS) -> Founded:
    """`who`: the agents who are logged in."""
    connection = apsw.Connection(":memory:")
    migrate(connection, known_migrations(), now=BEGINS)
    chance = random.Random("founded")
    disk = Disk(connection.serialize("main"), chance, Weather())
    store: Any = SimulatedStore(disk)
    ids = Ids(chance.randbytes)
    await store.write(lambda tx: administration.write(tx, administration.revise(tx, file, ids)))
    installed = await store.write(
        lambda tx: installation.create(tx, Installation(epoch=ids.new("e"), secret=ids.secret()))
    )
    tokens = await logged_in(store, loop, chance, who)
    return Founded(disk.connection.serialize("main"), installed, tokens)


async def logged_in(store: Any, loop: Loop, chance: random.Random, who: tuple[str, ...] = AGENTS) -> dict[str, str]:
    """A token for each of these agents, and one for the bot if there is one; by key."""
    passwords = Passwords(CHEAP)
    accounts = Accounts(store, clock=SimulatedClock(loop), random_bytes=chance.randbytes, passwords=passwords)
    rows = await store.read(lambda tx: tx.all("SELECT key, id FROM setting WHERE kind = 'agent'"))
    ids = {key: id for key, id in rows if key in who}
    tokens = {key: (await accounts.log_in(ids[key])).token for key in who}
    bots = await store.read(lambda tx: tx.all("SELECT id FROM setting WHERE kind = 'bot'"))
    access = BotAccess(store, clock=SimulatedClock(loop), random_bytes=chance.randbytes)
    for (bot,) in bots:
        tokens[BOT] = (await access.create(1, bot)).token
    return tokens
