"""Notices that the event loop does not turn: how late it is, always; and where it stands, when it is very late.

On the loop, `Pulse` beats ten times a second and measures by how much each beat is late. Beside it, a thread looks
whether the last beat was long ago. If so, it logs the stack of the loop's thread, once for each stall, and how long the
stall was when it is over. The thread sees a loop that is blocked by our own code; when the whole process stood still (a
suspended machine), the loop and the thread wake up together, and that is a stall, too: if the loop is first, it leaves
word of it, but where it stood nobody has seen.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from typing import Final, TypeAlias

import structlog

from server.clock import Clock
from server.histogram import MILLISECONDS, Histogram

BEAT_S: Final = 0.1
STALLED_S: Final = 1.0
_LOOKS: Final = 4  # in the time after which the loop is said to stand

Later: TypeAlias = Callable[[float, Callable[[], None]], object]

_log = structlog.get_logger("watchdog")


class Pulse:
    """Beats on the loop of the thread it is started on."""

    def __init__(self, clock: Clock, later: Later) -> None:
        """`later` calls after so many seconds (a loop's `call_later`)."""
        self.lag_seconds = Histogram(MILLISECONDS)
        self.beaten_at = clock.monotonic()
        self.latest: tuple[float, float] = (0.0, 0.0)  # of the beats, the last one late by a second: from when, to when
        self.thread = threading.get_ident()
        self._clock = clock
        self._later = later
        self._stopped = False

    def start(self) -> None:
        """From now on."""
        self.beaten_at = self._clock.monotonic()
        self._later(BEAT_S, self._beat)

    def stop(self) -> None:
        """Not after the next beat."""
        self._stopped = True

    def _beat(self) -> None:
        now = self._clock.monotonic()
        late_s = now - self.beaten_at - BEAT_S
        self.lag_seconds.observe(max(0.0, late_s))
        if late_s > STALLED_S:
            self.latest = (self.beaten_at, now)
        self.beaten_at = now
        if not self._stopped:
            self._later(BEAT_S, self._beat)


class Watchdog:
    """Looks after a pulse, from a thread of its own."""

    def __init__(self, pulse: Pulse, clock: Clock, *, stalled_s: float = STALLED_S) -> None:
        self.stalls = 0
        self._pulse = pulse
        self._clock = clock
        self._stalled_s = stalled_s
        self._since: float | None = None  # of the stall that lasts
        self._told = 0.0  # the last stall that was, by its beginning
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="frontdesk-watchdog", daemon=True)

    def start(self) -> None:
        """From now on."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()

    def look(self) -> None:
        """Say so if the loop stands, or turns again."""
        stood_from, stood_to = self._pulse.latest  # before the beat, which may come in between
        beaten_at = self._pulse.beaten_at
        if self._since is None and stood_from > self._told:
            self._told = stood_from
            self.stalls += 1
            _log.error("the loop stood, unseen", stood_seconds=round(stood_to - stood_from, 3))
        if self._since is not None and beaten_at > self._since:
            _log.warning("the loop turns again", stood_seconds=round(beaten_at - self._since, 3))
            self._since = None
        if self._since is None and self._clock.monotonic() - beaten_at > self._stalled_s + BEAT_S:
            self._since = self._told = beaten_at
            self.stalls += 1
            _log.error("the loop stands", seconds=self._stalled_s, stack=self._stack())

    def _watch(self) -> None:
        while not self._ended.wait(self._stalled_s / _LOOKS):
            self.look()

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._pulse.thread)  # noqa: SLF001 - the only way to see another thread's
        return "" if frame is None else "".join(traceback.format_stack(frame))
