"""Wait for what another thread will bring about, without guessing how long that takes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool]) -> None:
    """Let the others run until it holds; the test's own time limit ends a wait in vain."""
    while not holds():  # noqa: ASYNC110 - there is no event to wait for: the state itself is what is tested.
        await asyncio.sleep(0)
