"""The installation: the epoch of its history and the key of its visitors' tokens."""

from __future__ import annotations

from dataclasses import dataclass

from server.store.base import Tx


@dataclass(frozen=True, slots=True)
class Installation:
    """``epoch`` changes when history is not the one that clients have read; ``secret`` signs visitors' tokens."""

    epoch: str
    secret: bytes


def read(tx: Tx) -> Installation | None:
    """The installation, or None in an empty database."""
    row = tx.one("SELECT epoch, secret FROM installation WHERE id = 1")
    return None if row is None else Installation(row[0], bytes(row[1]))


def create(tx: Tx, installation: Installation) -> Installation:
    """Keep the first one: returns what the database holds afterwards."""
    tx.run(
        "INSERT INTO installation (id, epoch, secret) VALUES (1, ?, ?) ON CONFLICT (id) DO NOTHING",
        (installation.epoch, installation.secret),
    )
    found = read(tx)
    return installation if found is None else found


def renew(tx: Tx, epoch: str, *, at: int) -> str:
    """Another history than the one clients have read begins here; returns the epoch it had until now, or nothing.

    Nothing that was given out meanwhile is known here, and what was taken back meanwhile would be good again: every
    login ends, and every token of a bot is revoked.
    """
    found = read(tx)
    tx.run("UPDATE installation SET epoch = ? WHERE id = 1", (epoch,))
    tx.run("UPDATE account SET revocation = revocation + 1")
    tx.run("DELETE FROM token")
    tx.run("UPDATE bot_token SET revoked_at = ? WHERE revoked_at IS NULL", (at,))
    return "" if found is None else found.epoch
