"""Runs a command as a child and starts it anew whenever it was killed; ends with it when it ends by itself.

The child is in a session of its own, so that a Ctrl+C reaches it once, through here. It holds one end of a pipe: when
this process is gone, however it went, the child reads the end of it and stops (`stop_with`).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from types import FrameType

import structlog

from server.clock import Clock

log = structlog.get_logger(__name__)

MOST_STARTS = 10
WITHIN_S = 60.0


def supervise(command: Callable[[int, bool], Sequence[str]], *, clock: Clock) -> int:
    """Run it until it ends by itself or this process is told to stop; the status to end with.

    ``command(pipe, again)``: the command line, given the descriptor to hand to `stop_with`, and whether it has been
    running before.
    """
    ours, theirs = os.pipe()
    child: subprocess.Popen[bytes] | None = None
    stopping = False

    def pass_on(number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, pass_on)
    starts: deque[float] = deque(maxlen=MOST_STARTS)
    while True:
        starts.append(clock.monotonic())
        line = command(ours, len(starts) > 1)
        child = subprocess.Popen(line, pass_fds=(ours,), start_new_session=True)  # noqa: S603 - our own program
        status = child.wait()
        if status >= 0 or stopping:
            os.close(theirs)
            return status if status >= 0 else 128 - status
        if len(starts) == MOST_STARTS and clock.monotonic() - starts[0] < WITHIN_S:
            log.critical("it was killed again and again: it is not started any more", times=MOST_STARTS)
            return 128 - status
        log.warning("it was killed: it is started again", signal=-status)


def stop_with(pipe: int) -> None:
    """Stop this process, as SIGTERM does, when the one that started it is gone."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            os.read(pipe, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor watch", daemon=True).start()


def program(arguments: Sequence[str]) -> list[str]:
    """This very program with other arguments."""
    return [sys.executable, "-m", "server", *arguments]
