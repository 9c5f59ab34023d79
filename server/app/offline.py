"""An installation without a server."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from server.app.ground import insist_there, load_directory, standing
from server.app.parts import Present, Telling
from server.app.tasks import working
from server.clock import pause
from server.control.operations import Operations
from server.desk.engine import Engine
from server.store import workspaces


@contextlib.asynccontextmanager
async def offline(data: Path, *, create: bool) -> AsyncIterator[Operations]:
    """An installation without a server: its operations, while nobody else may use the data directory.

    When settings change, the router runs, so that this has the same consequences as on a running server.

    Args:
        data: the data directory.
        create: whether it may be a new one.

    Raises:
        StartError: there is none, or it cannot be used.
    """
    if not create:
        insist_there(data)
    async with standing(data) as ground, contextlib.AsyncExitStack() as stack:

        async def start_engine() -> Engine | None:
            if await ground.store.read(workspaces.find) is None:
                return None
            engine = Engine(
                store=ground.store,
                clock=ground.clock,
                presence=Present(),
                directory=await ground.store.read(load_directory),
                publish=Telling(),
                pause=pause,
            )
            await engine.start()
            await stack.enter_async_context(working(engine))
            return engine

        yield ground.operations(start_engine=start_engine)
