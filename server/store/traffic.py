"""What happened, read back in pages: the events of conversations, and what class each of them was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import orjson

from server.store.base import Tx

Place = tuple[int, int]
"""Where an event stands: the version of its commit, and its number inside it."""

BEGINNING: Place = (-1, -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One event; ``body`` is its JSON."""

    place: Place
    kind: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassRow:
    """What a conversation was like, without a word that was said."""

    language: str
    tags: tuple[str, ...]


def events_after(
    tx: Tx, workspace: int, place: Place, *, since: int, kinds: Sequence[str], limit: int
) -> list[Happened]:
    """The next events of these kinds that happened at ``since`` or later, in their order."""
    marks = ", ".join("?" * len(kinds))
    rows = tx.all(
        f"SELECT v, n, kind, body FROM event WHERE workspace = ? AND (v, n) > (?, ?) AND at >= ? "
        f"AND kind IN ({marks}) ORDER BY v, n LIMIT ?",
        (workspace, *place, since, *kinds, limit),
    )
    return [Happened(place=(row[0], row[1]), kind=row[2], body=row[3]) for row in rows]


def classes(tx: Tx, conversations: Iterable[str]) -> dict[str, ClassRow]:
    """By conversation; those that are no more are left out."""
    found = {}
    for conversation in conversations:
        row = tx.one("SELECT language, tags FROM conversation WHERE id = ?", (conversation,))
        if row is not None:
            found[conversation] = ClassRow(language=row[0], tags=tuple(orjson.loads(row[1] or "[]")))
    return found
