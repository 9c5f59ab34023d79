"""Accounts of agents and the tokens of their logins. A token is stored as its SHA-256 hash only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.store.base import Row, Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """One row of ``account``; ``password`` is an Argon2id hash, None for somebody who cannot log in."""

    agent: str
    email: str
    password: str | None
    disabled: bool
    revocation: int


_ACCOUNT = "agent, email, password, disabled, revocation"


def put(tx: Tx, *, agent: str, workspace: int, email: str) -> None:
    """Create the account of an agent, or give it this e-mail address (lower case); nothing else changes."""
    tx.run(
        "INSERT INTO account (agent, workspace, email) VALUES (?, ?, ?) "
        "ON CONFLICT (agent) DO UPDATE SET email = excluded.email",
        (agent, workspace, email),
    )


def keep_only(tx: Tx, workspace: int, agents: Sequence[str]) -> None:
    """Forget the accounts of agents who are no more configured, and free every address for `put` to give anew."""
    kept = set(agents)
    gone = [row for row in tx.all("SELECT agent FROM account WHERE workspace = ?", (workspace,)) if row[0] not in kept]
    tx.many("DELETE FROM token WHERE agent = ?", gone)
    tx.many("DELETE FROM account WHERE agent = ?", gone)
    tx.run("UPDATE account SET email = agent WHERE workspace = ?", (workspace,))


def by_email(tx: Tx, email: str) -> AccountRow | None:
    """The account of that address, in lower case."""
    return _account(tx.one(f"SELECT {_ACCOUNT} FROM account WHERE email = ?", (email,)))


def by_agent(tx: Tx, agent: str) -> AccountRow | None:
    """The account of that agent."""
    return _account(tx.one(f"SELECT {_ACCOUNT} FROM account WHERE agent = ?", (agent,)))


def all_of(tx: Tx, workspace: int) -> list[AccountRow]:
    """Every account of the workspace."""
    rows = tx.all(f"SELECT {_ACCOUNT} FROM account WHERE workspace = ? ORDER BY agent", (workspace,))
    return [account for row in rows if (account := _account(row)) is not None]


def give_first_password(tx: Tx, workspace: int, password: str) -> int:
    """The hash for everybody who has no password yet; how many that were."""
    return tx.run("UPDATE account SET password = ? WHERE workspace = ? AND password IS NULL", (password, workspace))


def set_password(tx: Tx, agent: str, password: str | None) -> bool:
    """Replace the hash; every token made before is void. False when there is no such account."""
    changed = tx.run("UPDATE account SET password = ?, revocation = revocation + 1 WHERE agent = ?", (password, agent))
    _sweep(tx, agent)
    return changed == 1


def set_disabled(tx: Tx, agent: str, *, disabled: bool) -> bool:
    """Shut or open the account; shutting it makes every token void. False when there is no such account."""
    changed = tx.run(
        "UPDATE account SET disabled = ?, revocation = revocation + ? WHERE agent = ?",
        (int(disabled), int(disabled), agent),
    )
    _sweep(tx, agent)
    return changed == 1


def put_token(tx: Tx, token_hash: bytes, account: AccountRow, *, now: int, expires_at: int) -> None:
    """Remember a token of this account as it was when the password was checked; expired ones are forgotten."""
    tx.run("DELETE FROM token WHERE agent = ? AND expires_at <= ?", (account.agent, now))
    tx.run(
        "INSERT INTO token (hash, agent, revocation, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        (token_hash, account.agent, account.revocation, now, expires_at),
    )


def token_agent(tx: Tx, token_hash: bytes, *, now: int) -> str | None:
    """Whose token it is, if it is good: not expired, not void, the account not disabled."""
    row = tx.one(
        "SELECT account.agent FROM token JOIN account ON account.agent = token.agent "
        "WHERE token.hash = ? AND token.expires_at > ? AND token.revocation = account.revocation "
        "AND account.disabled = 0",
        (token_hash, now),
    )
    return None if row is None else str(row[0])


def revoke_token(tx: Tx, token_hash: bytes) -> str | None:
    """Forget one token; whose it was, good or not."""
    row = tx.one("SELECT agent FROM token WHERE hash = ?", (token_hash,))
    tx.run("DELETE FROM token WHERE hash = ?", (token_hash,))
    return None if row is None else str(row[0])


def _sweep(tx: Tx, agent: str) -> None:
    """Forget what has become void."""
    tx.run(
        "DELETE FROM token WHERE agent = ? AND revocation < (SELECT revocation FROM account WHERE agent = ?)",
        (agent, agent),
    )


def _account(row: Row | None) -> AccountRow | None:
    if row is None:
        return None
    agent, email, password, disabled, revocation = row
    return AccountRow(agent=agent, email=email, password=password, disabled=bool(disabled), revocation=revocation)
