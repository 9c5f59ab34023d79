"""How far the faults are taken: the quick form of `make test`, or the full one of `make faults`.

In the full form counts are larger and promised times are held; in the quick form only what must never happen is.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

FULL = os.environ.get("FRONTDESK_FAULTS") == "full"
SEED = int(os.environ.get("FRONTDESK_SEED", "1"))


def times(quick: int, full: int) -> int:
    """So many of it."""
    return full if FULL else quick


@contextlib.contextmanager
def promised_within(seconds: float, what: str) -> Iterator[None]:
    """The block takes no longer than promised; held in the full form only, as a machine that is busy proves nothing."""
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    print(f"{what}: {took:.2f} s (promised: {seconds:g} s)")
    assert not FULL or took <= seconds, f"{what} took {took:.2f} s; promised were {seconds:g} s"
