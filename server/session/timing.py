"""How long a connection may take for what, and the kernel's share of keeping to it."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a connection may take for what. What clients are told of it is in `Terms`."""

    pong_seconds: float = 10.0  # without a sign of life after a ping
    stall_seconds: float = 10.0  # without a byte leaving for a reader who has fallen behind
    farewell_seconds: float = 2.0  # from the close frame to the end of the transport
    leave_seconds: float = 10.0  # for requests under way before the desk hears `left` all the same
    user_timeout_ms: int = 20_000  # the kernel's: unacknowledged data
    drain_seconds: float = 4.0  # over which closing is spread at a restart, at most
    drain_within_seconds: float = 7.0  # all of it, to the end of the last transport
    answer_seconds: float = 1.0  # for what is under way on a connection that is closed for a restart
    drain_pace_seconds: float = 0.02  # from one connection to the next
    jitter: float = 0.1  # of the heartbeat, as a share


def bound_unacknowledged(transport: asyncio.Transport, milliseconds: int) -> None:
    """A cut cable ends the connection after this time, not after the kernel's quarter of an hour."""
    sock = transport.get_extra_info("socket")
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None and sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        with suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, milliseconds)
