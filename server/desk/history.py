"""Reading the log: pages of entries and notes, and what a client missed while it was away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UnsetType

from server.desk import views
from server.store import entries
from server.store.base import Tx
from server.store.entries import Log
from server.store.rows import ConversationRow, EntryRow
from server.wire import parts
from server.wire.codec import encode
from server.wire.requests import History, Resume

FIRST_PAGE = 50
MISSED_ENTRIES = 500
MISSED_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries and notes, each oldest first."""

    entries: list[parts.Entry]
    notes: list[parts.Entry]


def page(tx: Tx, row: ConversationRow, request: History, *, with_notes: bool) -> Page:
    """The page a ``history`` request asks for."""
    found = _range(tx, row, "entry", request.after, request.before, request.limit)
    noted = _range(tx, row, "note", request.notes_after, request.notes_before, request.limit) if with_notes else []
    return Page(
        entries=_fitting(found, newest_first=isinstance(request.after, UnsetType)),
        notes=_fitting(noted, newest_first=isinstance(request.notes_after, UnsetType)),
    )


def _fitting(rows: list[EntryRow], *, newest_first: bool) -> list[parts.Entry]:
    """As many as one frame should hold, from the end that was asked for; the client asks again for the rest."""
    fitting: list[parts.Entry] = []
    room = MISSED_BYTES
    for row in reversed(rows) if newest_first else rows:
        shown = views.entry(row)
        room -= len(encode(shown))
        if room < 0 and fitting:
            break
        fitting.append(shown)
    return fitting[::-1] if newest_first else fitting


def newest(tx: Tx, row: ConversationRow, *, with_notes: bool) -> Page:
    """The last entries and notes, as an agent who takes a conversation sees them first."""
    found = entries.last(tx, row.id, row.n, limit=FIRST_PAGE)
    noted = entries.last(tx, row.id, row.n, limit=FIRST_PAGE, log="note") if with_notes else []
    return Page(entries=[views.entry(each) for each in found], notes=[views.entry(each) for each in noted])


def _range(
    tx: Tx, row: ConversationRow, log: Log, after: int | UnsetType, before: int | UnsetType, limit: int
) -> list[EntryRow]:
    if not isinstance(after, UnsetType):
        found = entries.after(tx, row.id, row.n, after, limit=limit, log=log)
        return found if isinstance(before, UnsetType) else [each for each in found if each.seq < before]
    if not isinstance(before, UnsetType):
        return entries.before(tx, row.id, row.n, before, limit=limit, log=log)
    return entries.last(tx, row.id, row.n, limit=limit, log=log)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """What a resume brings: ``more`` names conversations with further pages; ``reset``: forget what you had."""

    entries: list[parts.Entry]
    notes: list[parts.Entry]
    more: list[str]
    dropped: list[str]
    reset: bool


def missed(
    tx: Tx,
    known: Mapping[str, ConversationRow],
    resume: Resume | UnsetType,
    *,
    epoch: str,
    with_notes: bool,
) -> Missed:
    """What happened since the client's positions in the conversations it may know (``known``).

    One without a position comes with its last entries. A foreign epoch or a position above the top resets all of them.
    """
    positions = {} if isinstance(resume, UnsetType) else dict(resume.positions)
    reset = _is_foreign(resume, epoch, positions, known, with_notes=with_notes)
    if reset:
        positions = {}
    budget = _Budget()
    brought: dict[Log, list[parts.Entry]] = {"entry": [], "note": []}
    for conversation, row in known.items():
        logs: tuple[Log, ...] = ("entry", "note") if with_notes else ("entry",)
        for log in logs:
            brought[log] += budget.take(row.id, _since(tx, row, log, positions.get(conversation)))
    return Missed(
        entries=brought["entry"],
        notes=brought["note"],
        more=list(budget.more),
        dropped=[conversation for conversation in positions if conversation not in known],
        reset=reset,
    )


def _is_foreign(
    resume: Resume | UnsetType,
    epoch: str,
    positions: Mapping[str, parts.Position],
    known: Mapping[str, ConversationRow],
    *,
    with_notes: bool,
) -> bool:
    if isinstance(resume, UnsetType):
        return False
    above = any(
        position.entries > known[conversation].entries or (with_notes and position.notes > known[conversation].notes)
        for conversation, position in positions.items()
        if conversation in known
    )
    return resume.epoch != epoch or above


def _since(tx: Tx, row: ConversationRow, log: Log, position: parts.Position | None) -> list[EntryRow]:
    if position is None:
        return entries.last(tx, row.id, row.n, limit=FIRST_PAGE, log=log)
    read = position.entries if log == "entry" else position.notes
    return entries.after(tx, row.id, row.n, read, limit=MISSED_ENTRIES + 1, log=log)


class _Budget:
    """How much one reply may bring."""

    def __init__(self) -> None:
        self._entries = MISSED_ENTRIES
        self._bytes = MISSED_BYTES
        self.more: dict[str, None] = {}

    def take(self, conversation: str, rows: list[EntryRow]) -> list[parts.Entry]:
        """As many as fit, oldest first; the rest is only announced."""
        taken: list[parts.Entry] = []
        for row in rows:
            shown = views.entry(row)
            self._entries -= 1
            self._bytes -= len(encode(shown))
            if self._entries < 0 or self._bytes < 0:
                self.more[conversation] = None
                break
            taken.append(shown)
        return taken
