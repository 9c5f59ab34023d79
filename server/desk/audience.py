"""Who hears what: the names of the topics, in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server.session.ports import Peer
from server.store.entries import Target

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


def of_talk(conversation: str) -> str:
    """The one connection, of those of its bot, to which a conversation was given."""
    return f"talk:{conversation}"


def of_site(site: str) -> str:
    """All pages that show a site."""
    return f"site:{site}"


def of_place(conversation: str, place: Target) -> tuple[str, ...]:
    """Everybody who reads a conversation: its visitor, the agent who has it, the bot that has or had it."""
    topics: tuple[str, ...] = (of_visitor(place.visitor, place.site),)
    if place.owner is not None and place.owner != place.bot:
        topics += (of_agent(place.owner),)
    if place.bot is not None:
        topics += (of_talk(conversation),)
    return topics


class Subscriptions(Protocol):
    """Who of one node is subscribed to what."""

    def subscribe(self, peer: Peer, topic: str) -> None: ...

    def unsubscribe(self, peer: Peer, topic: str) -> None: ...

    def drop(self, peer: Peer) -> None:
        """Unsubscribe from everything."""

    def replace(self, old: Peer, new: Peer) -> None:
        """What one stand-in for a session is subscribed to is the other's from now on."""

    def publish(self, topic: str, frame: bytes) -> None: ...

    def publish_in_portions(self, topic: str, frame: bytes) -> None:
        """To many who do not wait for it: others' frames may overtake it, those of the same topic do not."""

    def publish_lossy(self, topic: str, key: str, frame: bytes) -> None: ...

    def peers(self, topic: str) -> tuple[Peer, ...]: ...


class Hub(Subscriptions, Protocol):
    """The same for all nodes, as the desk uses it. Who is dropped has nothing waiting for its turn any more."""

    def in_turn(self, peer: Peer, topic: str, call: Callable[[], None]) -> None:
        """Call it once everything that was published of this topic until now has been delivered to its subscribers."""

    def out_of_turn(self, peer: Peer, topic: str) -> None:
        """What waits for its turn there, for this peer, is void."""
