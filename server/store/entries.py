"""The log: entries and notes of conversations, numbered 1, 2, 3… without gaps, each named message stored once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from server.store.base import Row, Tx
from server.store.rows import EntryRow

Log = Literal["entry", "note"]
_COUNTER: dict[Log, str] = {"entry": "entries", "note": "notes"}
# The number of the last one. The counter in the row of the conversation may lag behind `append_numbered`; it keeps the
# place of what was deleted since.
TOP: dict[Log, str] = {
    log: f"COALESCE((SELECT MAX(seq) FROM {log} WHERE {log}.conversation = conversation.n AND seq > {counter}), "
    f"{counter})"
    for log, counter in _COUNTER.items()
}
# Why a bot's conversation went to people without the bot's having been asked for a summary.
_TAKEN = ("asked", "unanswered", "bot_gone")
_COLUMNS = "seq, kind, role, sender, name, client_id, text, body, at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be appended."""

    kind: str
    role: str
    sender: str
    name: str
    text: str
    at: int
    client_id: str | None = None
    body: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The conversation as an append finds it. ``bot``: the one that has or had it; it has it if it is the owner."""

    n: int
    state: str
    owner: str | None
    visitor: str
    site: str
    top: int
    bot: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A message of the same name is there already; ``same``: with the same text, replies and cards."""

    seq: int
    at: int
    same: bool


def target(tx: Tx, conversation: str, log: Log = "entry") -> Target | None:
    """Where an append would go, or None when there is no such conversation."""
    row = tx.one(
        f"SELECT n, state, owner, visitor, site, {TOP[log]}, bot FROM conversation WHERE id = ?", (conversation,)
    )
    if row is None:
        return None
    return Target(n=row[0], state=row[1], owner=row[2], visitor=row[3], site=row[4], top=row[5], bot=row[6])


def earlier(  # noqa: PLR0913 - the parts of one message
    tx: Tx, n: int, *, sender: str, client_id: str, text: str, body: dict[str, Any] | None = None, log: Log = "entry"
) -> Earlier | None:
    """The first message of this sender under this name, if there is one."""
    row = tx.one(
        f"SELECT seq, at, text, body FROM {log} WHERE conversation = ? AND sender = ? AND client_id = ?",
        (n, sender, client_id),
    )
    if row is None:
        return None
    stored = None if row[3] is None else orjson.loads(row[3])
    return Earlier(seq=row[0], at=row[1], same=(row[2], stored) == (text, body))


def taken_from_bot(tx: Tx, conversation: str, bot: str) -> int | None:
    """The number of the entry by which this bot lost the conversation to people, without a word about it ever since.

    None: it never had it, handed it over itself, has said it (`name_of_summary`), the conversation was closed, or has
    been passed on by people.
    """
    row = tx.one(
        "SELECT entry.seq, entry.kind, entry.sender, json_extract(entry.body, '$.reason'), conversation.n "
        "FROM conversation JOIN entry ON entry.conversation = conversation.n WHERE conversation.id = ? "
        "AND conversation.bot = ? AND entry.kind IN ('left', 'transferred', 'closed') ORDER BY entry.seq DESC LIMIT 1",
        (conversation, bot),
    )
    if row is None or (row[1], row[2]) != ("left", bot) or row[3] not in _TAKEN:
        return None
    name = name_of_summary(row[0])
    said = earlier(tx, row[4], sender=bot, client_id=name, text="", log="note")
    return int(row[0]) if said is None else None


def name_of_summary(seq: int) -> str:
    """How the note is named that a bot writes about what it lost by the entry of this number."""
    return f"summary-{seq}"


def append(tx: Tx, place: Target, draft: Draft, log: Log = "entry") -> int:
    """Append one; its number. The counter and the row change in the same transaction, so numbers have no gaps."""
    seq = place.top + 1
    tx.run(f"UPDATE conversation SET {_COUNTER[log]} = ? WHERE n = ?", (seq, place.n))
    tx.run(
        f"INSERT INTO {log} (conversation, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            place.n,
            seq,
            draft.kind,
            draft.role,
            draft.sender,
            draft.name,
            draft.client_id,
            draft.text,
            None if draft.body is None else orjson.dumps(draft.body).decode(),
            draft.at,
        ),
    )
    return seq


# conversation, seq, role, sender, name, client_id, text, at
Numbering = tuple[int, int, str, str, str, str, str, int]


def append_numbered(tx: Tx, rows: Sequence[Numbering]) -> None:
    """Append messages under numbers that are known to be the next ones.

    The conversation's counter is not written: `target` and whoever else asks for the last number looks at the log.

    Raises:
        Duplicate: one of them is there already, or its number is taken.
    """
    if rows:
        tx.many(
            "INSERT INTO entry (conversation, seq, kind, role, sender, name, client_id, text, at) "
            "VALUES (?, ?, 'message', ?, ?, ?, ?, ?, ?)",
            rows,
        )


def entry_of(conversation: str, seq: int, draft: Draft) -> EntryRow:
    """The row that `append` stored."""
    return EntryRow(
        conversation=conversation,
        seq=seq,
        kind=draft.kind,
        role=draft.role,
        sender=draft.sender,
        name=draft.name,
        client_id=draft.client_id,
        text=draft.text,
        body=draft.body,
        at=draft.at,
    )


def _row(conversation: str, row: Row) -> EntryRow:
    return EntryRow(
        conversation=conversation,
        seq=row[0],
        kind=row[1],
        role=row[2],
        sender=row[3],
        name=row[4],
        client_id=row[5],
        text=row[6],
        body=None if row[7] is None else orjson.loads(row[7]),
        at=row[8],
    )


def after(tx: Tx, conversation: str, n: int, seq: int, *, limit: int, log: Log = "entry") -> list[EntryRow]:
    """Those numbered above ``seq``, oldest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM {log} WHERE conversation = ? AND seq > ? ORDER BY seq LIMIT ?",
        (n, seq, limit),
    )
    return [_row(conversation, row) for row in rows]


def before(tx: Tx, conversation: str, n: int, seq: int, *, limit: int, log: Log = "entry") -> list[EntryRow]:
    """The last ones numbered below ``seq``, oldest first."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM {log} WHERE conversation = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        (n, seq, limit),
    )
    return [_row(conversation, row) for row in reversed(rows)]


def last(tx: Tx, conversation: str, n: int, *, limit: int, log: Log = "entry") -> list[EntryRow]:
    """The newest ones, oldest first."""
    return before(tx, conversation, n, 2**62, limit=limit, log=log)


def tops(tx: Tx, conversations: Sequence[str]) -> dict[str, tuple[int, int]]:
    """The numbers of the last entry and note of each."""
    found = {}
    for conversation in conversations:
        row = tx.one(f"SELECT {TOP['entry']}, {TOP['note']} FROM conversation WHERE id = ?", (conversation,))
        if row is not None:
            found[conversation] = (int(row[0]), int(row[1]))
    return found


def last_writer(tx: Tx, n: int) -> tuple[str, int] | None:
    """The role of whoever wrote the last message, and when."""
    row = tx.one(
        "SELECT role, at FROM entry WHERE conversation = ? AND kind = 'message' ORDER BY seq DESC LIMIT 1", (n,)
    )
    return None if row is None else (str(row[0]), int(row[1]))
