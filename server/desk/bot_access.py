"""How bots come in: their tokens, and the tickets with which somebody at the settings page tries one out.

* A *token* is made by an admin for one bot: 256 random bits after `fdb_`, so that it is told from other words wherever
  it turns up. It is stored as a hash, shown once, and good until it is revoked, expires, or its bot is removed.
* A *ticket* for a try-out makes one page a visitor of that bot. It is good for five minutes and once, and from then on
  for that page's visitor, who comes back with it after a lost connection. It is kept in memory only: after a restart a
  page comes back to the try-out that it had begun.

What is done here is recorded in the audit log, in the same commit, without the token; ``by`` is who did it.
"""

from __future__ import annotations

import base64
import contextlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from server.clock import Clock
from server.desk.accounts import TOUCH_MS, hash_of
from server.desk.ids import Ids
from server.desk.reached import Reached
from server.store import audit, bot_tokens, conversations
from server.store.base import Store, Tx
from server.store.bot_tokens import BotTokenRow
from server.wire.codes import ErrorCode, Refused

PREFIX: Final = "fdb_"
DAY_MS: Final = 86_400_000
MAX_DAYS: Final = 3_650
MAX_LABEL: Final = 100
MAX_TOKENS: Final = 100  # good ones of one bot
TRIAL_SECONDS: Final = 300.0
MAX_TRIALS: Final = 1_000
_TRIAL: Final = "trial."


@dataclass(frozen=True, slots=True, kw_only=True)
class BotAdmission:
    """Whose token it was: ``token`` is its id (t_…), ``token_hash`` finds the sockets that were opened with it."""

    bot: str
    token: str
    token_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A fresh token; ``token`` is told to whoever asked for it and to nobody else."""

    row: BotTokenRow
    token: str


@dataclass(slots=True, kw_only=True)
class _Trial:
    """``expires``: by when it must be used; ``visitor``: who used it."""

    bot: str
    site: str
    expires: float
    visitor: str | None = None


class BotAccess:
    """The tokens of one installation. What cannot be done raises `Refused`."""

    def __init__(self, store: Store, *, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        self._database = Reached(store)
        self._clock = clock
        self._random_bytes = random_bytes
        self._ids = Ids(random_bytes)
        # Revoked since the start, by hash: who has just come in with one is not to stay.
        self._ended: set[bytes] = set()
        self._trials: OrderedDict[str, _Trial] = OrderedDict()  # by ticket, the oldest first

    # Tokens.

    async def create(
        self, workspace: int, bot: str, *, label: str = "", days: int | None = None, by: str = audit.OWNER
    ) -> NewToken:
        """A token for this bot (id), good for so many days; None: until it is revoked.

        Raises `Refused`: the label or the number of days makes no sense, or the bot has too many tokens already.
        """
        if len(label) > MAX_LABEL:
            raise Refused(ErrorCode.BAD_REQUEST, f"A label has at most {MAX_LABEL} characters.", field="label")
        if days is not None and not 1 <= days <= MAX_DAYS:
            raise Refused(ErrorCode.BAD_REQUEST, f"A token is good for 1 to {MAX_DAYS} days.", field="days")
        token = PREFIX + _text(self._random_bytes(32))
        now = self._clock.now()
        made = BotTokenRow(
            id=self._ids.new("t"),
            bot=bot,
            label=label,
            created_at=now,
            used_at=None,
            expires_at=None if days is None else now + days * DAY_MS,
            revoked_at=None,
        )

        def write(tx: Tx) -> bool:
            if bot_tokens.count_good(tx, bot, now=now) >= MAX_TOKENS:
                return False
            bot_tokens.put(tx, workspace, made, hash_of(token))
            detail = {"token": made.id, "label": label, **({} if days is None else {"days": days})}
            audit.append(tx, at=now, actor=by, action="bot.token_made", target=bot, detail=detail)
            return True

        if not await self._database.write(write):
            said = f"A bot has at most {MAX_TOKENS} tokens at a time. Revoke one of them first."
            raise Refused(ErrorCode.CONFLICT, said)
        return NewToken(row=made, token=token)

    async def tokens(self, bot: str) -> list[BotTokenRow]:
        """All tokens of this bot (id), the oldest first, with those that were revoked or have expired."""
        return await self._database.read(lambda tx: bot_tokens.of_bot(tx, bot))

    async def revoke(self, token: str, *, bot: str | None = None, by: str = audit.OWNER) -> BotAdmission:
        """End the token of this id (``bot``: if it is one of that bot). The caller closes its sockets.

        Raises `Refused` (not found): there is none, or it was revoked before.
        """
        now = self._clock.now()

        def write(tx: Tx) -> BotAdmission | None:
            if bot is not None and all(row.id != token for row in bot_tokens.of_bot(tx, bot)):
                return None
            found = bot_tokens.revoke(tx, token, at=now)
            if found is None:
                return None
            audit.append(tx, at=now, actor=by, action="bot.token_revoked", target=found[0], detail={"token": token})
            return BotAdmission(bot=found[0], token=token, token_hash=found[1])

        admission = await self._database.write(write)
        if admission is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such token, or it was revoked before.")
        self._ended.add(admission.token_hash)
        return admission

    def has_ended(self, token_hash: bytes) -> bool:
        """Whether this token was revoked since the server started: perhaps while somebody came in with it."""
        return token_hash in self._ended

    async def redeem(self, token: str) -> BotAdmission | None:
        """Whose token it is; None when it is no good (any more)."""
        token_hash = hash_of(token)
        now = self._clock.now()
        found = await self._database.read(lambda tx: bot_tokens.good(tx, token_hash, now=now))
        if found is None:
            return None
        if found.used_at is None or now - found.used_at >= TOUCH_MS:
            await self._touch({token_hash}, now)
        return BotAdmission(bot=found.bot, token=found.id, token_hash=token_hash)

    async def still_good(self, hashes: set[bytes]) -> set[bytes]:
        """Those of these tokens that are good; as their sockets are open, they are in use."""
        now = self._clock.now()
        good = await self._database.read(lambda tx: bot_tokens.good_ones(tx, hashes, now=now))
        await self._touch(good, now)
        return good

    async def _touch(self, hashes: set[bytes], now: int) -> None:
        """That it is used need not be on disk for whoever uses it to go on."""
        with contextlib.suppress(Refused):
            await self._database.write(lambda tx: bot_tokens.touch(tx, hashes, now=now))

    # Trying one out.

    def trial(self, bot: str, site: str) -> str:
        """A ticket for one page of this site, whose conversation this bot gets."""
        ticket = _TRIAL + _text(self._random_bytes(32))
        self._trials[ticket] = _Trial(bot=bot, site=site, expires=self._clock.monotonic() + TRIAL_SECONDS)
        if len(self._trials) > MAX_TRIALS:
            self._trials.popitem(last=False)
        return ticket

    async def redeem_trial(self, ticket: str, site: str, visitor: str) -> str | None:
        """The bot that this visitor tries out on this site; nobody else does with this ticket from now on.

        None when it is no good (any more), and this visitor has begun no try-out that they come back to.
        """
        found = self._trials.get(ticket)
        if found is not None and found.site == site:
            if found.visitor is None and found.expires > self._clock.monotonic():
                found.visitor = visitor
            if found.visitor == visitor:
                return found.bot
        begun = await self._database.read(lambda tx: conversations.last_of_visitor(tx, visitor, site))
        return begun.bot if begun is not None and begun.trial else None


def _text(random: bytes) -> str:
    return base64.urlsafe_b64encode(random).decode().rstrip("=")
