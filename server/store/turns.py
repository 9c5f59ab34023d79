"""What happened to one conversation on its way: its offers and the entries that say who came and went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from server.store.base import Row, Tx

_SHOWN = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferTurn:
    """An offer with its end; ``decision`` is the router's JSON."""

    id: str
    agent: str
    soft: bool
    auto: bool
    state: str
    made_at: int
    ended_at: int | None
    transfer_from: str | None
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTurn:
    """Somebody joined, left or handed on, or it was closed."""

    kind: str
    sender: str
    at: int
    text: str
    body: dict[str, Any]


def offers(tx: Tx, conversation: str) -> list[OfferTurn]:
    """The last offers of a conversation, in the order they were made."""
    rows = tx.all(
        "SELECT id, agent, soft, auto, state, made_at, ended_at, transfer_from, decision FROM offer "
        "WHERE conversation = ? ORDER BY made_at DESC, id DESC LIMIT ?",
        (conversation, _SHOWN),
    )
    return [_offer(row) for row in reversed(rows)]


def entries(tx: Tx, n: int) -> list[EntryTurn]:
    """The last of these entries, in their order; ``n`` is the conversation's inner key."""
    rows = tx.all(
        "SELECT kind, sender, at, text, body FROM entry WHERE conversation = ? "
        "AND kind IN ('joined', 'left', 'transferred', 'closed') ORDER BY seq DESC LIMIT ?",
        (n, _SHOWN),
    )
    return [_entry(row) for row in reversed(rows)]


def _offer(row: Row) -> OfferTurn:
    return OfferTurn(
        id=row[0],
        agent=row[1],
        soft=bool(row[2]),
        auto=bool(row[3]),
        state=row[4],
        made_at=row[5],
        ended_at=row[6],
        transfer_from=row[7],
        decision=row[8],
    )


def _entry(row: Row) -> EntryTurn:
    body = {} if row[4] is None else orjson.loads(row[4])
    return EntryTurn(kind=row[0], sender=row[1], at=row[2], text=row[3], body=body)
