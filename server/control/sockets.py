"""The connections, as what an owner does concerns them."""

from __future__ import annotations

from typing import Protocol

from server.desk.erasure import Pages


class Sockets(Pages, Protocol):
    """The connections, as a change of who they belong to concerns them. Each returns at once."""

    def close_agent(self, agent: str) -> None:
        """End an agent's sockets for good: what they were opened with is void."""

    def reopen_agents(self, agents: frozenset[str]) -> None:
        """Have these agents connect again: a connection knows from its beginning who it belongs to."""

    def close_bot(self, bot: str, *, token_hash: bytes | None = None) -> None:
        """End a bot's sockets for good: all of them, or those of one token."""


class NoSockets:
    """Nobody is connected."""

    def close_visitor(self, visitor: str) -> None:
        """There are none."""

    def tell_erased(self, visitor: str, conversations: list[str], *, v: int) -> None:
        """There is nobody."""

    def close_agent(self, agent: str) -> None:
        """There are none."""

    def reopen_agents(self, agents: frozenset[str]) -> None:
        """There are none."""

    def close_bot(self, bot: str, *, token_hash: bytes | None = None) -> None:
        """There are none."""
