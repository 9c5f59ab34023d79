"""Who an agent is: logins, tokens and one-time tickets.

* A *token* is what a login gives: 256 random bits, good for 30 days, stored as a hash. It ends by logout, and with all
  others of its agent when the password changes or the account is disabled.
* A *ticket* is what a browser trades its cookie for: it opens one socket within 30 seconds, and is kept in memory only.

An unknown address, a wrong password, an account that is disabled or has no password: all get the same answer after the
same time.
"""

from __future__ import annotations

import base64
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from server.clock import Clock
from server.desk.passwords import Passwords
from server.desk.throttle import Pace, Throttle
from server.store import accounts as rows
from server.store.base import Store, StoreUnavailable, Transaction
from server.wire.codes import ErrorCode, Refused

T = TypeVar("T")

DAY_MS: Final = 86_400_000
TOKEN_MS: Final = 30 * DAY_MS
TICKET_SECONDS: Final = 30.0
MAX_TICKETS: Final = 10_000
ADDRESS_PACE: Final = Pace(free=30, max_seconds=600)  # an office behind one address has many agents
_PREFIX: Final = "ticket."
_MAX_EMAIL: Final = 255  # one more than any account has


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """A fresh login; `token` is told to its owner and to nobody else."""

    agent: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Whose credential it was. `token_hash` names the login, so that a logout finds the sockets opened with it."""

    agent: str
    token_hash: bytes


class Accounts:
    """The accounts of one installation. What is asked too often or cannot be done now raises `Refused`."""

    def __init__(
        self, store: Store, *, clock: Clock, random_bytes: Callable[[int], bytes], passwords: Passwords
    ) -> None:
        self._store = store
        self._clock = clock
        self._random_bytes = random_bytes
        self._passwords = passwords
        self._by_account = Throttle(clock)
        self._by_address = Throttle(clock, ADDRESS_PACE)
        # Ticket -> the hash of the token behind it and when it expires, the oldest first.
        self._tickets: OrderedDict[str, tuple[bytes, float]] = OrderedDict()

    async def login(self, email: str, password: str, address: str) -> Login:
        """Check a password typed at this network address.

        Raises:
            Refused: `unauthorised`, or `rate_limited` after too many attempts.
        """
        email = email.strip().lower()[:_MAX_EMAIL]
        self._count_attempt(email, address)
        account = await self._read(lambda tx: rows.by_email(tx, email))
        fits = await self._passwords.fits(password, account.password if account else None)
        if account is None or account.disabled or not fits:
            raise Refused(ErrorCode.UNAUTHORISED, "The e-mail address or the password is wrong.")
        self._by_account.succeeded(email)
        # Not all of the address: a guesser with one good account would begin anew with each of its logins.
        self._by_address.took_back(address)
        return await self._remember(account)

    async def log_in(self, agent: str) -> Login:
        """A login without a password, for whoever may do without: the command line, the demo's "Sit down as Ada"."""
        account = await self._read(lambda tx: rows.by_agent(tx, agent))
        if account is None or account.disabled:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.")
        return await self._remember(account)

    async def ticket(self, token: str) -> str:
        """Trade a token for a ticket; raises `Refused` when the token is not good."""
        token_hash = hash_of(token)
        if await self._agent_of(token_hash) is None:
            raise Refused(ErrorCode.UNAUTHORISED, "Please log in.")
        ticket = _PREFIX + self._secret()
        self._tickets[ticket] = (token_hash, self._clock.monotonic() + TICKET_SECONDS)
        if len(self._tickets) > MAX_TICKETS:
            self._tickets.popitem(last=False)
        return ticket

    async def redeem(self, credential: str) -> Admission | None:
        """Whose token or ticket it is; a ticket is used up by this. None when it is no good (any more)."""
        if credential.startswith(_PREFIX):
            token_hash, expires = self._tickets.pop(credential, (b"", 0.0))
            if expires <= self._clock.monotonic():
                return None
        else:
            token_hash = hash_of(credential)
        agent = await self._agent_of(token_hash)
        return None if agent is None else Admission(agent=agent, token_hash=token_hash)

    async def holder(self, token: str) -> Admission | None:
        """Whose token it is, if it is good at this moment. A ticket is none: it opens a socket and nothing else."""
        token_hash = hash_of(token)
        agent = await self._agent_of(token_hash)
        return None if agent is None else Admission(agent=agent, token_hash=token_hash)

    async def logout(self, token: str) -> Admission | None:
        """Make a token void; whose it was. The caller closes the sockets opened with it."""
        token_hash = hash_of(token)
        agent = await self._write(lambda tx: rows.revoke_token(tx, token_hash))
        return None if agent is None else Admission(agent=agent, token_hash=token_hash)

    async def set_password(self, agent: str, password: str) -> None:
        """Replace the password; all logins of the agent end. The caller closes the agent's sockets."""
        password_hash = await self._passwords.hash(password)
        self._insist(await self._write(lambda tx: rows.set_password(tx, agent, password_hash)))

    async def hash(self, password: str) -> str:
        """What is stored of a password; raises `Refused`."""
        return await self._passwords.hash(password)

    async def disable(self, agent: str) -> None:
        """Shut the account; all its logins end. The caller closes the agent's sockets."""
        self._insist(await self._write(lambda tx: rows.set_disabled(tx, agent, disabled=True)))

    async def enable(self, agent: str) -> None:
        """Open the account again; the agent logs in anew."""
        self._insist(await self._write(lambda tx: rows.set_disabled(tx, agent, disabled=False)))

    def _count_attempt(self, email: str, address: str) -> None:
        wait_ms = max(self._by_account.wait_ms(email), self._by_address.wait_ms(address))
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, "Too many attempts. Please wait a moment.", retry_after_ms=wait_ms)
        self._by_account.attempted(email)
        self._by_address.attempted(address)

    async def _remember(self, account: rows.AccountRow) -> Login:
        token = self._secret()
        now = self._clock.now()
        token_hash = hash_of(token)
        await self._write(lambda tx: rows.put_token(tx, token_hash, account, now=now, expires_at=now + TOKEN_MS))
        return Login(agent=account.agent, token=token)

    async def _agent_of(self, token_hash: bytes) -> str | None:
        now = self._clock.now()
        return await self._read(lambda tx: rows.token_agent(tx, token_hash, now=now))

    def _secret(self) -> str:
        return base64.urlsafe_b64encode(self._random_bytes(32)).decode().rstrip("=")

    @staticmethod
    def _insist(found: bool) -> None:  # noqa: FBT001 - the one thing it looks at
        if not found:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.")

    async def _read(self, transaction: Transaction[T]) -> T:
        try:
            return await self._store.read(transaction)
        except StoreUnavailable:
            raise _unavailable() from None

    async def _write(self, transaction: Transaction[T]) -> T:
        try:
            return await self._store.write(transaction)
        except StoreUnavailable:
            raise _unavailable() from None


def hash_of(token: str) -> bytes:
    """What is stored of a token."""
    # 256 random bits need no slow hash. A token from outside may hold anything, lone surrogates too.
    return hashlib.sha256(token.encode(errors="replace")).digest()


def _unavailable() -> Refused:
    return Refused(ErrorCode.UNAVAILABLE, "The database cannot be reached. Please try again.", retry_after_ms=1000)
