"""What happened to one conversation on its way, as the router's events say it."""

from __future__ import annotations

from collections.abc import Sequence

from server.store.base import Tx
from server.store.rows import EventRow

# A ring at everybody is an event for each of them, with a table of all: some megabytes at the very most.
MOST = 500


def turns(tx: Tx, conversation: str, kinds: Sequence[str]) -> list[EventRow]:
    """The last events of these kinds, in the order in which they happened."""
    places = ", ".join("?" for _ in kinds)
    rows = tx.all(
        f"SELECT kind, body, at FROM event WHERE conversation = ? AND kind IN ({places}) "
        "ORDER BY v DESC, n DESC LIMIT ?",
        (conversation, *kinds, MOST),
    )
    return [EventRow(kind=row[0], body=row[1], at=row[2], conversation=conversation) for row in reversed(rows)]
