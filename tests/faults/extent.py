"""How far the faults are taken: the quick form of `make test`, or the full one of `make faults`.

In the full form counts are larger and promised times are held; in the quick form only what must never happen is.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator

FULL = os.environ.get("FRONTDESK_FAULTS") == "full"
SEED = int(os.environ.get("FRONTDESK_SEED", "1"))


def times(quick: int, full: int) -> int:
    """So many of it."""
    return full if FULL else quick


@contextlib.contextmanager
def promised_within(seconds: float, what: str, *, waited_s: Callable[[], float] = lambda: 0.0) -> Iterator[None]:
    """The block takes no longer than promised; held in the full form only, as a machine that is busy proves nothing.

    ``waited_s``: for how long, up to now, whoever promised has waited for a processor that others had. That time is not
    theirs and is taken off: the promise is about a machine that does nothing else.
    """
    began, waited_before = time.monotonic(), waited_s()
    yield
    took, waited = time.monotonic() - began, waited_s() - waited_before
    print(f"{what}: {took:.2f} s, of which {waited:.2f} s waiting for a processor (promised: {seconds:g} s)")
    own = took - max(0.0, waited)
    assert not FULL or own <= seconds, f"{what} took {own:.2f} s of its own; promised were {seconds:g} s"
