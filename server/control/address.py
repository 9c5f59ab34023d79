"""Where the control socket is: in the data directory, for its owner only."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

NAME = "control.sock"
_LONGEST = 100  # bytes; the kernel takes 108, with a zero at the end


@contextlib.contextmanager
def short_path(data: Path) -> Iterator[str]:
    """A path of the socket that is short enough for the kernel, good inside the `with`."""
    path = os.fspath(data / NAME)
    if len(os.fsencode(path)) <= _LONGEST:
        yield path
        return
    folder = os.open(data, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{NAME}"
    finally:
        os.close(folder)
