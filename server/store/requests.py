"""First outcomes of requests that named themselves: a resend is answered from here and does nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from server.store.base import Tx

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """``digest`` names the content; ``outcome`` is JSON; ``keep``: for ever, else for 24 hours."""

    sender: str
    client_id: str
    verb: str
    digest: bytes
    outcome: str
    at: int
    keep: bool


def find_all(tx: Tx, names: Iterable[tuple[str, str]]) -> dict[tuple[str, str], RequestRow]:
    """The stored outcomes of those (sender, client_id) that have one."""
    found = {}
    for sender, client_id in names:
        row = tx.one(
            "SELECT verb, digest, outcome, at, keep FROM request WHERE sender = ? AND client_id = ?",
            (sender, client_id),
        )
        if row is not None:
            found[sender, client_id] = RequestRow(
                sender=sender,
                client_id=client_id,
                verb=row[0],
                digest=bytes(row[1]),
                outcome=row[2],
                at=row[3],
                keep=bool(row[4]),
            )
    return found


def put(tx: Tx, rows: Iterable[RequestRow]) -> None:
    """Store first outcomes."""
    tx.many(
        "INSERT INTO request (sender, client_id, verb, digest, outcome, at, keep) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(row.sender, row.client_id, row.verb, row.digest, row.outcome, row.at, int(row.keep)) for row in rows],
    )


def expire(tx: Tx, *, now: int) -> int:
    """Forget what was kept for 24 hours only; how many."""
    return tx.run("DELETE FROM request WHERE keep = 0 AND at < ?", (now - DAY_MS,))
