"""What can go wrong for a bot, as exceptions that say what to do."""

from __future__ import annotations

from typing import Final

RETRYABLE: Final = frozenset({"unavailable", "rate_limited", "internal"})
LOST: Final = frozenset({"not_owner", "closed", "gone", "not_found", "client_id_conflict"})
"""Refusals that no program can foresee: somebody else has, or has answered, the conversation."""

_CLOSED: Final = {
    4500: "The server does not know this token. Make one with `frontdesk token create BOT`",
    4501: "The token was revoked, or the bot was removed. Make one with `frontdesk token create BOT`",
    4502: "The server speaks another version of the protocol than this client",
    4503: "The server refuses connections that come from a web page, and takes this for one",
    4504: "The bot has as many connections as it may have (connections_per_bot in workspace.toml)",
    4505: "The server refuses a frame of this program: it was far too large",
}


class BotError(Exception):
    """Whatever this package raises."""


class SetupError(BotError):
    """The address or the token cannot be right; nothing was asked of a server."""


class Denied(BotError):
    """The server does not let this bot in, and trying again would not change that.

    ``code``: the close code (4500-4999), the status of the refused upgrade, or 0.
    """

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class Ended(BotError):
    """The bot was closed while something was still being asked for."""


class Refused(BotError):
    """The server refused one request for good. ``code`` as on the wire; ``field``: what is wrong with it."""

    def __init__(self, code: str, message: str, *, field: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.field = field


def denied(code: int) -> Denied:
    """What a close code of 4500 to 4999 says to whoever runs the bot."""
    return Denied(f"{_CLOSED.get(code, 'The server wants this bot to stay away')} ({code}).", code=code)
