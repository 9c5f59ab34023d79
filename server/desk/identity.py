"""Who is at the other end of an identified connection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from server.desk.bot_watch import BotLine
from server.store.base import Lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Vouched:
    """What a site has signed of its visitor: who they are there, and more that it knows."""

    subject: str
    name: str = ""
    email: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class VisitorIdentity:
    """A visitor's page. ``token`` is what the browser keeps; ``lane`` the order of this connection's writes.

    ``language`` is the page's own word for it; ``country`` two letters, or nothing. ``trial``: the bot that is tried
    out here, if it is not a visitor but somebody at the settings page.
    """

    visitor: str
    site: str
    token: str
    name: str
    language: str
    timezone: str
    page: dict[str, str]
    known: bool
    country: str = ""
    vouched: Vouched | None = None
    trial: str | None = None
    lane: Lane = field(default_factory=Lane)

    @property
    def person(self) -> str:
        """Who is limited in what they ask."""
        return self.visitor

    @property
    def of_site(self) -> str | None:
        """Of all its visitors together, a site is limited, too."""
        return self.site

    @property
    def is_bot(self) -> bool:
        return False


@dataclass(slots=True, kw_only=True)
class BotIdentity:
    """One of a bot's connections. ``token_hash`` names the token it came with, so that its end finds its sockets.

    ``worker``: what the program on the other side calls itself, or nothing. ``line``: where its frames are noted.
    """

    bot: str
    key: str
    name: str
    token_hash: bytes
    worker: str = ""
    line: BotLine | None = None
    lane: Lane = field(default_factory=Lane)

    @property
    def person(self) -> str:
        """Who is limited in what they ask."""
        return self.bot

    @property
    def of_site(self) -> str | None:
        """Bots belong to none."""
        return None

    @property
    def is_bot(self) -> bool:
        return True


@dataclass(slots=True, kw_only=True)
class AgentIdentity:
    """An agent's console. ``token_hash`` names the login it came from, so that a logout finds its sockets."""

    agent: str
    key: str
    name: str
    role: Literal["agent", "supervisor", "admin"]
    token_hash: bytes
    lane: Lane = field(default_factory=Lane)

    @property
    def person(self) -> str:
        """Who is limited in what they ask."""
        return self.agent

    @property
    def of_site(self) -> str | None:
        """Agents belong to none."""
        return None

    @property
    def is_bot(self) -> bool:
        return False

    @property
    def supervises(self) -> bool:
        """Supervisors and admins see and steer others' conversations."""
        return self.role in ("supervisor", "admin")
