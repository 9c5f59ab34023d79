"""The tokens that bots dial in with. A token is stored as its SHA-256 hash only; one that was revoked stays listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from server.store.base import Row, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class BotTokenRow:
    """One token without what it is. ``used_at`` None: never; ``expires_at`` None: it does not end by itself."""

    id: str
    bot: str
    label: str
    created_at: int
    used_at: int | None
    expires_at: int | None
    revoked_at: int | None


_COLUMNS = "id, bot, label, created_at, used_at, expires_at, revoked_at"
_GOOD = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)"


def put(tx: Tx, workspace: int, token: BotTokenRow, token_hash: bytes) -> None:
    """Remember a new token."""
    tx.run(
        f"INSERT INTO bot_token (hash, workspace, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            token_hash,
            workspace,
            token.id,
            token.bot,
            token.label,
            token.created_at,
            token.used_at,
            token.expires_at,
            token.revoked_at,
        ),
    )


def good(tx: Tx, token_hash: bytes, *, now: int) -> BotTokenRow | None:
    """The token of this hash, if it is neither revoked nor expired."""
    row = tx.one(f"SELECT {_COLUMNS} FROM bot_token WHERE hash = ? AND {_GOOD}", (token_hash, now))
    return None if row is None else _token(row)


def good_ones(tx: Tx, hashes: Iterable[bytes], *, now: int) -> set[bytes]:
    """Those of these tokens that are good at this moment."""
    return {each for each in hashes if good(tx, each, now=now) is not None}


def of_bot(tx: Tx, bot: str) -> list[BotTokenRow]:
    """Every token of the bot, also those that are good no more, the oldest first."""
    rows = tx.all(f"SELECT {_COLUMNS} FROM bot_token WHERE bot = ? ORDER BY created_at, id", (bot,))
    return [_token(row) for row in rows]


def count_good(tx: Tx, bot: str, *, now: int) -> int:
    """How many good ones the bot has."""
    row = tx.one(f"SELECT COUNT(*) FROM bot_token WHERE bot = ? AND {_GOOD}", (bot, now))
    return 0 if row is None else int(row[0])


def revoke(tx: Tx, token: str, *, at: int) -> tuple[str, bytes] | None:
    """It is good no more; whose it was and its hash. None when there is none of this id that was not revoked."""
    row = tx.one("SELECT bot, hash FROM bot_token WHERE id = ? AND revoked_at IS NULL", (token,))
    if row is None:
        return None
    tx.run("UPDATE bot_token SET revoked_at = ? WHERE id = ?", (at, token))
    return str(row[0]), bytes(row[1])


def touch(tx: Tx, hashes: Iterable[bytes], *, now: int) -> None:
    """These are in use."""
    tx.many(
        "UPDATE bot_token SET used_at = MAX(COALESCE(used_at, 0), ?) WHERE hash = ?", [(now, one) for one in hashes]
    )


def keep_only(tx: Tx, workspace: int, bots: Sequence[str]) -> None:
    """Forget the tokens of bots that are no more configured."""
    kept = set(bots)
    rows = tx.all("SELECT DISTINCT bot FROM bot_token WHERE workspace = ?", (workspace,))
    tx.many("DELETE FROM bot_token WHERE bot = ?", [row for row in rows if row[0] not in kept])


def _token(row: Row) -> BotTokenRow:
    return BotTokenRow(
        id=row[0],
        bot=row[1],
        label=row[2],
        created_at=row[3],
        used_at=row[4],
        expires_at=row[5],
        revoked_at=row[6],
    )
