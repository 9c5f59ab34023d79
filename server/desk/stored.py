"""What the database holds of a few conversations, to be held against what their writers believe."""

from __future__ import annotations

from collections.abc import Sequence

from server.store import conversations, entries
from server.store.base import Store, Tx

_PAGE = 500


class Stored:
    """Reads it. Only the demo asks."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def messages(self, named: Sequence[str]) -> list[str]:
        """The client ids of all messages in these conversations, each as often as it is there."""
        return await self._store.read(lambda tx: [each for one in named for each in _client_ids(tx, one)])


def _client_ids(tx: Tx, conversation: str) -> list[str]:
    row = conversations.find(tx, conversation)
    found: list[str] = []
    last = 0
    while row is not None and (page := entries.after(tx, row.id, row.n, last, limit=_PAGE)):
        found += [each.client_id for each in page if each.kind == "message" and each.client_id is not None]
        last = page[-1].seq
    return found
