"""From settings and options to the bounds that sessions and plain HTTP keep."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from dataclasses import replace

from msgspec.structs import asdict

from server.clock import Clock
from server.desk.engine import Told
from server.http.lobby import Lobby, Room
from server.session.bounds import Bounds
from server.session.buckets import Rate
from server.session.entrance import Most
from server.session.limits import NAMES, Rates
from server.settings.workspace import Limits

# Files besides connections: the database with its readers, the log, the control socket.
_OTHER_FILES = 200


def make_bounds(clock: Clock, most: Most, limits: Limits) -> Bounds:
    """The bounds of this process, with its limits as they are set now."""
    return Bounds.make(clock.monotonic, rates=rates(limits), most=most, later=asyncio.get_running_loop().call_later)


def make_lobby(most: Most, bounds: Bounds) -> Lobby:
    """Where connections stand that are no WebSockets; as many of one address as may be unidentified."""
    room = Room(connections=most.plain, per_address=most.unidentified_per_address)
    return Lobby(room, bounds.limits.stopped)


def rates(limits: Limits) -> Rates:
    """The rates among the limits."""
    said = asdict(limits)
    return Rates(**{name: Rate(said[name].at_once, said[name].per_minute) for name in NAMES})


class Following:
    """Limits that are changed hold at once."""

    def __init__(self, bounds: Bounds, limits: Limits, *, text_chars: Callable[[int], None]) -> None:
        """`text_chars` is told how long a text may be from now on."""
        self._bounds = bounds
        self._limits = limits
        self._text_chars = text_chars
        text_chars(limits.text_chars)

    def told(self, told: Told) -> None:
        """A commit; most have nothing to do with settings."""
        limits = told.directory.limits
        if limits is self._limits:
            return
        if limits != self._limits:
            self._bounds.limits.change(rates(limits))
            self._text_chars(limits.text_chars)
        self._limits = limits


def make_room_for_files(most: Most) -> Most:
    """Have the system let this process open as many files as it may, and take in no more connections than that leaves.

    A server that has run out of files cannot even say that it is full. How many it comes to is told by `/metrics`.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard == resource.RLIM_INFINITY:
        return most
    room = hard - _OTHER_FILES
    plain = max(1, min(most.plain, room // 4))
    room = max(1, room - plain)
    return replace(most, plain=plain, connections=min(most.connections or room, room))
