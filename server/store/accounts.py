"""Accounts of agents and the tokens of their logins. A token is stored as its SHA-256 hash only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRow:
    """One login as its owner may see it: ``address`` is shortened, ``client`` what the program called itself."""

    id: str
    created_at: int
    used_at: int
    expires_at: int
    address: str
    client: str


_ACCOUNT = "agent, email, password, disabled, revocation"
_LOGIN = "id, created_at, used_at, expires_at, address, client"
_GOOD = (
    "token JOIN account ON account.agent = token.agent "
    "WHERE token.expires_at > ? AND token.used_at > ? AND token.revocation = account.revocation "
    "AND account.disabled = 0"
)


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


def set_password(tx: Tx, agent: str, password: str | None, *, keep: bytes = b"") -> bool:
    """Replace the hash; every token made before is void, but for this one. False when there is no such account."""
    changed = tx.run("UPDATE account SET password = ?, revocation = revocation + 1 WHERE agent = ?", (password, agent))
    tx.run(
        "UPDATE token SET revocation = (SELECT revocation FROM account WHERE agent = ?) WHERE agent = ? AND hash = ?",
        (agent, agent, keep),
    )
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


def put_token(tx: Tx, login: LoginRow, token_hash: bytes, account: AccountRow) -> None:
    """Remember a token of this account as it was when the password was checked; expired ones are forgotten."""
    tx.run("DELETE FROM token WHERE agent = ? AND expires_at <= ?", (account.agent, login.created_at))
    tx.run(
        f"INSERT INTO token (hash, agent, revocation, {_LOGIN}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            token_hash,
            account.agent,
            account.revocation,
            login.id,
            login.created_at,
            login.used_at,
            login.expires_at,
            login.address,
            login.client,
        ),
    )


def token_agent(tx: Tx, token_hash: bytes, *, now: int, idle_ms: int) -> tuple[str, int] | None:
    """Whose token it is and when it was last used, if it is good: neither expired nor idle nor void, not shut out."""
    row = tx.one(
        f"SELECT account.agent, token.used_at FROM {_GOOD} AND token.hash = ?", (now, now - idle_ms, token_hash)
    )
    return None if row is None else (str(row[0]), int(row[1]))


def good_tokens(tx: Tx, hashes: Iterable[bytes], *, now: int, idle_ms: int) -> set[bytes]:
    """Those of these tokens that are good at this moment."""
    return {each for each in hashes if token_agent(tx, each, now=now, idle_ms=idle_ms) is not None}


def touch(tx: Tx, hashes: Iterable[bytes], *, now: int) -> None:
    """These tokens are in use."""
    tx.many("UPDATE token SET used_at = MAX(used_at, ?) WHERE hash = ?", [(now, each) for each in hashes])


def logins_of(tx: Tx, agent: str, *, now: int, idle_ms: int) -> list[tuple[bytes, LoginRow]]:
    """The good logins of an agent with the hashes of their tokens, the newest first."""
    rows = tx.all(
        f"SELECT token.hash, {_LOGIN} FROM {_GOOD} AND token.agent = ? ORDER BY token.created_at DESC, token.id",
        (now, now - idle_ms, agent),
    )
    return [
        (
            bytes(row[0]),
            LoginRow(id=row[1], created_at=row[2], used_at=row[3], expires_at=row[4], address=row[5], client=row[6]),
        )
        for row in rows
    ]


def revoke_token(tx: Tx, token_hash: bytes) -> str | None:
    """Forget one token; whose it was, good or not."""
    row = tx.one("SELECT agent FROM token WHERE hash = ?", (token_hash,))
    tx.run("DELETE FROM token WHERE hash = ?", (token_hash,))
    return None if row is None else str(row[0])


def revoke_login(tx: Tx, agent: str, login: str) -> bytes | None:
    """Forget one login of this agent; the hash of its token, None when they have none of that id."""
    row = tx.one("SELECT hash FROM token WHERE agent = ? AND id = ?", (agent, login))
    tx.run("DELETE FROM token WHERE agent = ? AND id = ?", (agent, login))
    return None if row is None else bytes(row[0])


def revoke_all(tx: Tx, agent: str) -> bool:
    """Every login of the agent is void. False when there is no such account."""
    changed = tx.run("UPDATE account SET revocation = revocation + 1 WHERE agent = ?", (agent,))
    _sweep(tx, agent)
    return changed == 1


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
