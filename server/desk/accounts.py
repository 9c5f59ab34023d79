"""Who an agent is: logins, tokens and one-time tickets.

* A *token* is what a login gives: 256 random bits, stored as a hash, good for 30 days and no longer than 7 days after
  its last use. It ends by logout, and with all others of its agent when the password changes, the account is disabled
  or somebody logs the agent out.
* A *ticket* is what a browser trades its cookie for: it opens one socket within 30 seconds, and is kept in memory only.

An unknown address, a wrong password, an account that is disabled or has no password: all get the same answer after the
same time.

Whatever is done here is recorded in the audit log, in the same commit; ``by`` is who did it.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from server.clock import Clock
from server.desk.ids import Ids
from server.desk.incidents import Incidents
from server.desk.network import How, as_kept, household
from server.desk.passwords import Passwords
from server.desk.reached import Reached
from server.desk.throttle import Pace, Throttle
from server.store import accounts as rows
from server.store import audit
from server.store.base import Store, Tx
from server.wire.codes import ErrorCode, Refused

DAY_MS: Final = 86_400_000
TOKEN_MS: Final = 30 * DAY_MS
IDLE_MS: Final = 7 * DAY_MS
TOUCH_MS: Final = 600_000  # that a token was used is written down this often
TICKET_SECONDS: Final = 30.0
MAX_TICKETS: Final = 10_000
ADDRESS_PACE: Final = Pace(free=30, max_seconds=600)  # an office behind one address has many agents
_PREFIX: Final = "ticket."
_MAX_EMAIL: Final = 255  # one more than any account has
_MAX_CLIENT: Final = 200


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
        self._database = Reached(store)
        self._clock = clock
        self._random_bytes = random_bytes
        self._passwords = passwords
        self._ids = Ids(random_bytes)
        self._incidents = Incidents(store, clock=clock)
        self._by_account = Throttle(clock)
        self._by_address = Throttle(clock, ADDRESS_PACE)
        # Ticket -> the hash of the token behind it and when it expires, the oldest first.
        self._tickets: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        # How much of an address is written down: the workspace says it, once there is one.
        self.addresses: Callable[[], How] = lambda: "short"

    async def login(
        self, email: str, password: str, address: str, *, limited_as: str | None = None, client: str = ""
    ) -> Login:
        """Check a password typed at this network address, in a program that calls itself ``client``.

        ``limited_as``: whom its attempts are counted for, if not for its household; empty for nobody in particular, as
        behind a proxy that was forgotten: one guesser would shut out everybody who comes through it.

        Raises:
            Refused: `unauthorised`, or `rate_limited` after too many attempts.
        """
        email = email.strip().lower()[:_MAX_EMAIL]
        place = household(address) if limited_as is None else limited_as
        self._count_attempt(email, place)
        account = await self._database.read(lambda tx: rows.by_email(tx, email))
        fits = await self._passwords.fits(password, account.password if account else None)
        if account is None or account.disabled or not fits:
            # Not what was typed: people type their password into the wrong field.
            known = "" if account is None else account.agent
            self._incidents.record("login.failed", target=known, detail=self._seen(address))
            raise Refused(ErrorCode.UNAUTHORISED, "The e-mail address or the password is wrong.")
        self._by_account.succeeded(email)
        # Not all of the address: a guesser with one good account would begin anew with each of its logins.
        self._by_address.took_back(place)
        kept = as_kept(address, self.addresses())
        return await self._remember(account, address=kept, client=client, by=account.agent)

    def _seen(self, address: str) -> dict[str, str]:
        kept = as_kept(address, self.addresses())
        return {"address": kept} if kept else {}

    async def log_in(self, agent: str, *, by: str = audit.OWNER) -> Login:
        """A login without a password, for whoever may do without: the command line, the demo's "Sit down as Ada"."""
        account = await self._database.read(lambda tx: rows.by_agent(tx, agent))
        if account is None or account.disabled:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.")
        return await self._remember(account, by=by)

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
        now = self._clock.now()

        def write(tx: Tx) -> str | None:
            agent = rows.revoke_token(tx, token_hash)
            if agent is not None:
                audit.append(tx, at=now, actor=agent, action="logout", target=agent)
            return agent

        agent = await self._database.write(write)
        return None if agent is None else Admission(agent=agent, token_hash=token_hash)

    async def logins(self, agent: str) -> list[tuple[bytes, rows.LoginRow]]:
        """Where this agent is logged in, the newest first, each with what its `Admission` calls ``token_hash``."""
        now = self._clock.now()
        return await self._database.read(lambda tx: rows.logins_of(tx, agent, now=now, idle_ms=IDLE_MS))

    async def end_login(self, agent: str, login: str) -> Admission:
        """End one of this agent's own logins. The caller closes its sockets. Raises `Refused` (not found)."""
        now = self._clock.now()

        def write(tx: Tx) -> bytes | None:
            token_hash = rows.revoke_login(tx, agent, login)
            if token_hash is not None:
                audit.append(tx, at=now, actor=agent, action="login.ended", target=agent, detail={"login": login})
            return token_hash

        found = await self._database.write(write)
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such login.")
        return Admission(agent=agent, token_hash=found)

    async def log_out(self, agent: str, *, by: str = audit.OWNER) -> None:
        """End all logins of an agent. The caller closes the agent's sockets."""
        await self._change("agent.logged_out", agent, by, lambda tx: rows.revoke_all(tx, agent))

    async def still_good(self, hashes: set[bytes]) -> set[bytes]:
        """Those of these logins that are good; as their sockets are open, they are in use."""
        now = self._clock.now()
        good = await self._database.read(lambda tx: rows.good_tokens(tx, hashes, now=now, idle_ms=IDLE_MS))
        with contextlib.suppress(Refused):
            await self._database.write(lambda tx: rows.touch(tx, good, now=now))
        return good

    async def set_password(self, agent: str, password: str, *, by: str = audit.OWNER) -> None:
        """Replace the password; all logins of the agent end. The caller closes the agent's sockets."""
        password_hash = await self._passwords.hash(password)
        await self._change("agent.password", agent, by, lambda tx: rows.set_password(tx, agent, password_hash))

    async def change_password(self, mine: Admission, current: str, password: str) -> list[Admission]:
        """Replace one's own password; all logins but this one end. The caller closes the sockets of those returned.

        Raises:
            Refused: `bad_request` with a field when the current password is another, `rate_limited` after too many
                tries; `unauthorised` when the login has ended meanwhile.
        """
        account = await self._database.read(lambda tx: rows.by_agent(tx, mine.agent))
        if account is None:
            raise Refused(ErrorCode.UNAUTHORISED, "Please log in.")
        if wait_ms := self._by_account.wait_ms(account.email):
            raise Refused(ErrorCode.RATE_LIMITED, "Too many attempts. Please wait a moment.", retry_after_ms=wait_ms)
        self._by_account.attempted(account.email)
        if not await self._passwords.fits(current, account.password):
            self._incidents.record("login.failed", target=mine.agent)
            raise Refused(ErrorCode.BAD_REQUEST, "The current password is another one.", field="current")
        self._by_account.succeeded(account.email)
        password_hash = await self._passwords.hash(password)
        now = self._clock.now()

        def write(tx: Tx) -> list[bytes] | None:
            found = rows.logins_of(tx, mine.agent, now=now, idle_ms=IDLE_MS)
            still = rows.by_agent(tx, mine.agent)
            hashes = [token_hash for token_hash, _login in found]
            # What was checked is void when somebody else set a password meanwhile.
            if still is None or still.revocation != account.revocation or mine.token_hash not in hashes:
                return None
            rows.set_password(tx, mine.agent, password_hash, keep=mine.token_hash)
            audit.append(tx, at=now, actor=mine.agent, action="agent.password", target=mine.agent)
            return [each for each in hashes if each != mine.token_hash]

        ended = await self._database.write(write)
        if ended is None:
            raise Refused(ErrorCode.UNAUTHORISED, "Please log in.")
        return [Admission(agent=mine.agent, token_hash=each) for each in ended]

    async def hash(self, password: str) -> str:
        """What is stored of a password; raises `Refused`."""
        return await self._passwords.hash(password)

    async def disable(self, agent: str, *, by: str = audit.OWNER) -> None:
        """Shut the account; all its logins end. The caller closes the agent's sockets."""
        await self._change("agent.disabled", agent, by, lambda tx: rows.set_disabled(tx, agent, disabled=True))

    async def enable(self, agent: str, *, by: str = audit.OWNER) -> None:
        """Open the account again; the agent logs in anew."""
        await self._change("agent.enabled", agent, by, lambda tx: rows.set_disabled(tx, agent, disabled=False))

    async def _change(self, action: str, agent: str, by: str, change: Callable[[Tx], bool]) -> None:
        """Something is done to an account that must be there."""
        now = self._clock.now()

        def write(tx: Tx) -> bool:
            found = change(tx)
            if found:
                audit.append(tx, at=now, actor=by, action=action, target=agent)
            return found

        if not await self._database.write(write):
            raise Refused(ErrorCode.NOT_FOUND, "There is no such agent.")

    def _count_attempt(self, email: str, place: str) -> None:
        wait_ms = max(self._by_account.wait_ms(email), self._by_address.wait_ms(place))
        if wait_ms:
            raise Refused(ErrorCode.RATE_LIMITED, "Too many attempts. Please wait a moment.", retry_after_ms=wait_ms)
        self._by_account.attempted(email)
        if place:
            self._by_address.attempted(place)

    async def _remember(self, account: rows.AccountRow, *, by: str, address: str = "", client: str = "") -> Login:
        token = self._secret()
        now = self._clock.now()
        made = rows.LoginRow(
            id=self._ids.new("l"),
            created_at=now,
            used_at=now,
            expires_at=now + TOKEN_MS,
            address=address,
            client=client[:_MAX_CLIENT],
        )
        detail: dict[str, Any] = {"login": made.id, **({"address": address} if address else {})}

        def write(tx: Tx) -> None:
            rows.put_token(tx, made, hash_of(token), account)
            audit.append(tx, at=now, actor=by, action="login", target=account.agent, detail=detail)

        await self._database.write(write)
        return Login(agent=account.agent, token=token)

    async def _agent_of(self, token_hash: bytes) -> str | None:
        now = self._clock.now()
        found = await self._database.read(lambda tx: rows.token_agent(tx, token_hash, now=now, idle_ms=IDLE_MS))
        if found is None:
            return None
        agent, used_at = found
        if now - used_at >= TOUCH_MS:
            await self._touch(token_hash, now)
        return agent

    async def _touch(self, token_hash: bytes, now: int) -> None:
        """That it is used need not be on disk for whoever uses it to go on: a full disk locks nobody out."""
        with contextlib.suppress(Refused):
            await self._database.write(lambda tx: rows.touch(tx, [token_hash], now=now))

    def _secret(self) -> str:
        return base64.urlsafe_b64encode(self._random_bytes(32)).decode().rstrip("=")


def hash_of(token: str) -> bytes:
    """What is stored of a token."""
    # 256 random bits need no slow hash. A token from outside may hold anything, lone surrogates too.
    return hashlib.sha256(token.encode(errors="replace")).digest()
