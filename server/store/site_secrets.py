"""Secrets that sites sign their visitors' identities with. At most two are good: the current one and the one before."""

from __future__ import annotations

from server.store.base import Tx


def good(tx: Tx, workspace: int, site: str, *, now: int) -> list[str]:
    """The secrets that are good at this moment, the newest first."""
    rows = tx.all(
        "SELECT secret FROM site_secret WHERE workspace = ? AND site = ? AND (until IS NULL OR until > ?) "
        "ORDER BY number DESC",
        (workspace, site, now),
    )
    return [bytes(row[0]).decode() for row in rows]


def put(tx: Tx, workspace: int, site: str, secret: str, *, at: int, old_until: int) -> None:
    """A new current secret; the one before is good until that moment, and older ones are forgotten."""
    last = tx.one("SELECT MAX(number) FROM site_secret WHERE workspace = ? AND site = ?", (workspace, site))
    number = 1 if last is None or last[0] is None else last[0] + 1
    tx.run("DELETE FROM site_secret WHERE workspace = ? AND site = ? AND until IS NOT NULL", (workspace, site))
    tx.run("UPDATE site_secret SET until = ? WHERE workspace = ? AND site = ?", (old_until, workspace, site))
    tx.run(
        "INSERT INTO site_secret (workspace, site, number, secret, made_at, until) VALUES (?, ?, ?, ?, ?, NULL)",
        (workspace, site, number, secret.encode(), at),
    )


def forget(tx: Tx, workspace: int, site: str) -> bool:
    """No secret is good any more; whether there was one."""
    return tx.run("DELETE FROM site_secret WHERE workspace = ? AND site = ?", (workspace, site)) > 0


def end_old(tx: Tx, workspace: int, site: str) -> None:
    """Only the current secret is good."""
    tx.run("DELETE FROM site_secret WHERE workspace = ? AND site = ? AND until IS NOT NULL", (workspace, site))
