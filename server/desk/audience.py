"""Who hears what: the names of the topics, in one place."""

from __future__ import annotations

from typing import Protocol

from server.session.ports import Peer

AGENTS = "agents"


def of_agent(agent: str) -> str:
    """All consoles of one agent."""
    return f"agent:{agent}"


def of_visitor(visitor: str, site: str) -> str:
    """All pages of one visitor on one site."""
    return f"visitor:{visitor}:{site}"


def of_bot(bot: str) -> str:
    """All connections of one bot."""
    return f"bot:{bot}"


def of_site(site: str) -> str:
    """All pages that show a site."""
    return f"site:{site}"


class Hub(Protocol):
    """Who is subscribed to what, as the desk uses it."""

    def subscribe(self, peer: Peer, topic: str) -> None: ...

    def drop(self, peer: Peer) -> None: ...

    def publish(self, topic: str, frame: bytes) -> None: ...

    def publish_lossy(self, topic: str, key: str, frame: bytes) -> None: ...

    def peers(self, topic: str) -> tuple[Peer, ...]: ...
