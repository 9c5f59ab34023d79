"""What a session wants done by whoever holds the socket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bots.errors import BotError, Refused
from bots.events import Event


@dataclass(frozen=True, slots=True)
class Send:
    """A text frame."""

    text: str


@dataclass(frozen=True, slots=True)
class Drop:
    """Let go of the socket; `Session.lost` is to follow."""

    why: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The server knows the bot: after each opening."""


@dataclass(frozen=True, slots=True)
class Forget:
    """What was delivered and not begun is void: another history holds."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """Something happened."""

    event: Event


@dataclass(frozen=True, slots=True)
class Settle:
    """The last word on a request."""

    ticket: int
    outcome: dict[str, Any] | Refused


@dataclass(frozen=True, slots=True)
class End:
    """There will be no other connection."""

    error: BotError


Action = Send | Drop | Ready | Forget | Deliver | Settle | End
