"""A conversation with its log, as somebody is given it who knew nothing of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.desk import history, views
from server.store import conversations, entries, visitors
from server.store.base import Tx
from server.store.rows import ConversationRow, VisitorRow
from server.wire.codec import encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A conversation as it stands, with the newest of its log as frames: as many as a page of history has."""

    row: ConversationRow
    visitor: VisitorRow
    log: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """How many bytes its log has."""
        return sum(map(len, self.log))


def bring(tx: Tx, conversation: str) -> Brought | None:
    """All of it; None when there is no such conversation (any more)."""
    row = conversations.find(tx, conversation)
    person = None if row is None else visitors.find(tx, row.visitor)
    if row is None or person is None:
        return None
    return Brought(row=row, visitor=person, log=_newest(tx, row))


def bring_some(tx: Tx, wanted: Iterable[str], *, most: int) -> dict[str, Brought | None]:
    """The first of these, until there are so many bytes; at least one."""
    found: dict[str, Brought | None] = {}
    for conversation in wanted:
        if most <= 0:
            break
        found[conversation] = brought = bring(tx, conversation)
        most -= 0 if brought is None else brought.size
    return found


def _newest(tx: Tx, row: ConversationRow) -> tuple[bytes, ...]:
    frames: list[bytes] = []
    room = history.MISSED_BYTES
    for entry in reversed(entries.last(tx, row.id, row.n, limit=history.FIRST_PAGE)):
        frame = encode(views.entry_event(entry))
        room -= len(frame)
        if room < 0 and frames:
            break
        frames.append(frame)
    return tuple(reversed(frames))
