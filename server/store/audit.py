"""The audit log: who did what to whom, and when. Rows are only ever added, each naming the hash of the one before.

* Call `append` in the transaction of what it records: both are kept or neither.
* ``actor`` is an agent's or visitor's id, `OWNER` (the command line), `SYSTEM`, or "" for nobody known.
* ``action`` is a word and what happened to it, such as ``login.failed``; ``target`` the id or key of its object.
* ``detail`` never holds what was written, a password, a token or a whole network address.

The database refuses to change or remove a row. Whoever can write to the file can still do it, and `verify` then names
the first row that does not fit. A log that was cut at its end is shorter, not broken: `verify` answers the number and
hash of the last row, to be kept elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from server.store.base import Row, Tx

OWNER: Final = "owner"
SYSTEM: Final = "system"

_PAGE: Final = 1000
_COLUMNS: Final = "number, at, actor, action, target, detail, previous, hash"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One thing that was done; ``at`` in milliseconds since 1970 UTC."""

    number: int
    at: int
    actor: str
    action: str
    target: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    hash: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How the log stands: ``rows`` were looked at, the last of them has ``hash``; ``wrong`` is the first bad number."""

    rows: int
    hash: str
    wrong: int | None = None
    why: str = ""


def append(
    tx: Tx, *, at: int, actor: str, action: str, target: str = "", detail: Mapping[str, Any] | None = None
) -> None:
    """Add one row; ``detail`` must be JSON."""
    last = tx.one("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
    number, previous = (1, b"") if last is None else (last[0] + 1, bytes(last[1]))
    text = json.dumps(detail or {}, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    row = (number, at, actor, action, target, text, previous)
    tx.run(f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, _hash(row)))


def since(tx: Tx, *, at: int = 0, after: int = 0, limit: int = 1000) -> list[AuditRow]:
    """Rows of that moment and later with a number above ``after``, in their order, at most ``limit``."""
    rows = tx.all(
        f"SELECT {_COLUMNS} FROM audit WHERE number > ? AND at >= ? ORDER BY number LIMIT ?", (after, at, limit)
    )
    return [_row(row) for row in rows]


def verify(tx: Tx) -> Verdict:
    """Look at the whole log, row by row."""
    number, previous = 0, b""
    while rows := tx.all(f"SELECT {_COLUMNS} FROM audit WHERE number > ? ORDER BY number LIMIT {_PAGE}", (number,)):
        for row in rows:
            why = _fault(row, number + 1, previous)
            if why:
                return Verdict(rows=number, hash=previous.hex(), wrong=row[0], why=why)
            number, previous = row[0], bytes(row[7])
    return Verdict(rows=number, hash=previous.hex())


def _fault(row: Row, number: int, previous: bytes) -> str:
    if row[0] != number:
        return f"row {number} is missing before it"
    if bytes(row[6]) != previous:
        return "it does not follow the row before it"
    return "" if _hash(row[:7]) == bytes(row[7]) else "it is not what was written"


def _hash(row: Row) -> bytes:
    """Of everything before the hash, as JSON without spaces: no two rows have the same text."""
    number, at, actor, action, target, detail, previous = row
    said = [number, at, actor, action, target, detail, bytes(previous).hex()]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()).digest()


def _row(row: Row) -> AuditRow:
    number, at, actor, action, target, detail, _, found = row
    return AuditRow(
        number=number,
        at=at,
        actor=actor,
        action=action,
        target=target,
        detail=json.loads(detail),
        hash=bytes(found).hex(),
    )
