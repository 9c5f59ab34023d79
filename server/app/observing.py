"""What watches over a server, and what it is measured by."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Self

from server.app.config import Config, StartError, version
from server.clock import Clock
from server.desk.bot_overview import BotOverview
from server.desk.engine import Engine
from server.desk.gauges import Gauges
from server.desk.messages import Messages
from server.desk.opening import Openings
from server.desk.untold import Untold
from server.http import measured
from server.http.lobby import Lobby
from server.http.metrics import Metrics, Source, of_gauges, read_token
from server.session.bounds import Bounds
from server.session.connections import Connections
from server.store.sqlite import SqliteStore
from server.store.sqlite.connection import sqlite_version
from server.watchdog import Pulse, Watchdog


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The loop's pulse, and who looks after it."""

    pulse: Pulse
    watchdog: Watchdog

    @classmethod
    def make(cls, clock: Clock) -> Self:
        """For the loop that runs now."""
        pulse = Pulse(clock, asyncio.get_running_loop().call_later)
        return cls(pulse=pulse, watchdog=Watchdog(pulse, clock))

    @contextlib.asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """While the server serves."""
        self.pulse.start()
        self.watchdog.start()
        try:
            yield
        finally:
            self.pulse.stop()
            self.watchdog.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The parts that have something to tell."""

    store: SqliteStore
    engine: Engine
    gauges: Gauges
    messages: Messages
    openings: Openings
    connections: Connections
    bounds: Bounds
    lobby: Lobby
    watch: Watch
    failures: Counter[str]
    untold: Untold
    bots: BotOverview

    def sources(self) -> Sequence[Source]:
        """All there is to see."""
        return (
            of_gauges(self.gauges),
            measured.of_connections(self.connections, self.bounds),
            measured.of_lobby(self.lobby),
            measured.of_bounds(self.bounds),
            measured.of_conversations(self.gauges, self.messages.counts, self.openings.counts),
            measured.of_bots(self.bots),
            measured.of_store(self.store),
            measured.of_router(self.engine.router_seconds),
            measured.of_loop(self.watch.pulse, self.watch.watchdog),
            measured.of_parts(self.failures, lambda: self.untold.failures),
            measured.of_process(version(), sqlite_version()),
        )


def metrics(config: Config, what: Measured) -> Metrics:
    """The page of them; raises `StartError`."""
    try:
        token = "" if config.metrics_token_file is None else read_token(config.metrics_token_file)
    except (OSError, ValueError) as error:
        raise StartError(f"The token for metrics cannot be read: {error}.") from error
    return Metrics(what.sources(), token=token)
