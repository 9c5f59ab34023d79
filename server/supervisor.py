"""Runs a command as a child and starts it anew whenever it was killed; ends with it when it ends by itself.

The child is in a session of its own, so that a Ctrl+C reaches it once, through here. It holds one end of a line: when
this process is gone, however it went, the child reads the end of it and stops (`stop_with`). Over the same line it says
that it ends itself because somebody wished it (`die`): such an end is no crash, however often it comes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
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

    A child that is killed `MOST_STARTS` times within `WITHIN_S` seconds, without anybody's wish, is in a loop: it is
    not started any more.

    ``command(line, again)``: the command line, given the descriptor to hand to `stop_with` and `die`, and whether it
    has been running before.
    """
    here, there = socket.socketpair()
    here.settimeout(0)
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
    crashed: deque[float] = deque(maxlen=MOST_STARTS)  # when those began that were killed without a wish
    again = False
    with here, there:
        while True:
            began = clock.monotonic()
            line = command(there.fileno(), again)
            child = subprocess.Popen(line, pass_fds=(there.fileno(),), start_new_session=True)  # noqa: S603 - our own program
            status = child.wait()
            if status >= 0 or stopping:
                return status if status >= 0 else 128 - status
            again = True
            if _was_wished(here):
                log.warning("it was killed on purpose: it is started again", signal=-status)
                continue
            crashed.append(began)
            if len(crashed) == MOST_STARTS and clock.monotonic() - crashed[0] < WITHIN_S:
                log.critical("it was killed again and again: it is not started any more", times=MOST_STARTS)
                return 128 - status
            log.warning("it was killed: it is started again", signal=-status)


def die(line: int) -> None:
    """Kill this process, as somebody wishes; the one that started it is told that it is a wish."""
    with contextlib.suppress(OSError):
        os.write(line, b"!")
    os.kill(os.getpid(), signal.SIGKILL)


def _was_wished(line: socket.socket) -> bool:
    """Whether the child that is gone said so; what it said is used up."""
    try:
        return bool(line.recv(4096))
    except BlockingIOError:
        return False


def stop_with(line: int) -> None:
    """Stop this process, as SIGTERM does, when the one that started it is gone."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            os.read(line, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor watch", daemon=True).start()


def program(arguments: Sequence[str]) -> list[str]:
    """This very program with other arguments."""
    return [sys.executable, "-m", "server", *arguments]
