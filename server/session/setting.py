"""What a connection is given: what all of them share, and who is at the other end."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.session.bounds import Bounds
from server.session.ports import Desk
from server.session.protocol import Terms
from server.session.timing import Timing
from server.session.writing import Turn
from server.wire.requests import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What all connections share."""

    desk: Desk
    terms: Terms
    timing: Timing
    bounds: Bounds
    hello: bytes
    turn: Turn = field(default_factory=Turn)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who is at the other end, before anything was said. `limited_as`: see `TrustedProxies.limited_as`."""

    endpoint: Endpoint
    address: str
    origin: str | None
    limited_as: str = ""
    host: str = ""
    country: str = ""
