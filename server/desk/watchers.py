"""Supervisors who look on: which connection watches which conversation. Of this process only, until it ends.

They hear what the conversation's agent hears: entries, notes, the conversation, who types, reads and is here. Nobody is
told that they do; the audit log is.
"""

from __future__ import annotations

from typing import Final

from server.session.ports import Peer
from server.wire.codes import ErrorCode, Refused

MOST: Final = 50  # of one connection


class Watchers:
    """False while nobody watches anything, so that a busy desk need not ask."""

    def __init__(self) -> None:
        self._peers: dict[str, dict[Peer, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._peers)

    def __contains__(self, conversation: str) -> bool:
        return conversation in self._peers

    def add(self, conversation: str, peer: Peer) -> None:
        """From the next frame on. Raises `Refused`, `conflict`: this connection watches enough."""
        if sum(peer in peers for peers in self._peers.values()) >= MOST:
            raise Refused(ErrorCode.CONFLICT, f"You watch {MOST} conversations; end one of them first.")
        self._peers.setdefault(conversation, {})[peer] = None

    def remove(self, conversation: str, peer: Peer) -> None:
        """No further frame of this one."""
        peers = self._peers.get(conversation, {})
        peers.pop(peer, None)
        if not peers:
            self._peers.pop(conversation, None)

    def drop(self, peer: Peer) -> None:
        """The connection is gone."""
        for conversation in [each for each, peers in self._peers.items() if peer in peers]:
            self.remove(conversation, peer)

    def forget(self, conversation: str) -> None:
        """It was closed, and that was told."""
        self._peers.pop(conversation, None)

    def tell(self, conversation: str, frame: bytes) -> None:
        """A frame about this conversation."""
        for peer in tuple(self._peers.get(conversation, ())):
            peer.send(frame)

    def tell_lossy(self, conversation: str, key: str, frame: bytes) -> None:
        """One that may be lost: who types, reads, is here."""
        for peer in tuple(self._peers.get(conversation, ())):
            peer.send_lossy(key, frame)
