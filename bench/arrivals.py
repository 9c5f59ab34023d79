"""Messages at a given rate, at moments that know nothing of one another: as people write.

What is due in one millisecond must not arrive as one, or whoever commits has a batch that nobody made: with arrivals
in steps of a millisecond, two or three at a time, the baseline of `relay` needs half as many commits and a quarter
less processor time than with the same messages one by one. An event loop's timers count whole milliseconds, so the
moments come from a thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator

SEED = 20


def gaps(rate: float, *, seed: int = SEED) -> Iterator[float]:
    """Seconds from one arrival to the next of a Poisson process with `rate` arrivals a second; the same in each run."""
    dice = random.Random(seed)  # noqa: S311 - not for secrets
    while True:
        yield dice.expovariate(rate)


@contextlib.contextmanager
def arriving(rate: float, then: Callable[[], None]) -> Iterator[None]:
    """Meanwhile call `then` on the running loop at each arrival. What comes late is made up for."""
    loop = asyncio.get_running_loop()
    over = threading.Event()

    def arrived() -> None:
        if not over.is_set():
            then()

    def ring() -> None:
        due = time.perf_counter()
        for gap in gaps(rate):
            due += gap
            if over.wait(max(0.0, due - time.perf_counter())):
                return
            loop.call_soon_threadsafe(arrived)

    thread = threading.Thread(target=ring, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
