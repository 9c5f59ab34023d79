"""Who a visitor is who comes: by the token their browser kept, or by what their site vouches for.

Nothing is written for somebody who only looks. A token of theirs that has had its turn (see `visitor_tokens`) is no
refusal: they are somebody fresh, and that it came is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from msgspec import UnsetType

from server.clock import Clock
from server.desk import site_identity, visitor_tokens
from server.desk.identity import Vouched
from server.desk.ids import Ids
from server.desk.incidents import Incidents
from server.desk.visitor_tokens import SIGNED, Token, Turn
from server.store import site_secrets, visitors
from server.store.base import Store, StoreUnavailable, Tx
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import IdentifyVisitor

_ERASED_WITHIN_MS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """``known``: there may be something stored of them. ``lost``: they came with a token that is not this visitor's."""

    visitor: str
    token: str
    known: bool
    lost: bool
    vouched: Vouched | None = None


class Recognition:
    """Recognises visitors."""

    def __init__(self, store: Store, *, clock: Clock, ids: Ids, secret: bytes, workspace: Callable[[], int]) -> None:
        """``secret``: the installation's; ``workspace``: the database's number of it."""
        self._store = store
        self._clock = clock
        self._ids = ids
        self._secret = secret
        self._workspace = workspace
        self._incidents = Incidents(store, clock=clock)

    async def recognise(self, request: IdentifyVisitor) -> Recognised:
        """Raises `Refused` (an identity that is no good) and `StoreUnavailable`."""
        now = self._clock.now()
        said = "" if isinstance(request.token, UnsetType) else request.token
        token = visitor_tokens.read(self._secret, said, site=request.site, now=now) if said else None
        if not isinstance(request.identity, UnsetType):
            return await self._signed(request.site, request.identity, token, came=bool(said), now=now)
        turn = None if token is None or token.number == SIGNED else await self._turn(token, now)
        if token is None or turn is None:
            visitor = self._ids.new("v")
            return Recognised(visitor=visitor, token=self._make(visitor, request.site, 0), known=False, lost=bool(said))
        number = turn.next if turn.number >= 0 else token.number
        return Recognised(
            visitor=token.visitor, token=self._make(token.visitor, request.site, number), known=True, lost=False
        )

    async def _signed(self, site: str, identity: str, token: Token | None, *, came: bool, now: int) -> Recognised:
        secrets = await self._store.read(lambda tx: site_secrets.good(tx, self._workspace(), site, now=now))
        if not secrets:
            raise Refused(ErrorCode.UNAUTHORISED, "This site does not sign its visitors' identities.", field="identity")
        vouched = site_identity.vouched(identity, secrets, site=site, now=now)
        visitor = visitor_tokens.visitor_of_subject(self._secret, site=site, subject=vouched.subject)
        if await self._store.read(lambda tx: visitors.erased(tx, visitor)[1]):
            raise Refused(ErrorCode.UNAVAILABLE, "You are being erased. Try again.", retry_after_ms=_ERASED_WITHIN_MS)
        same = token is not None and token.visitor == visitor
        return Recognised(
            visitor=visitor,
            token=self._make(visitor, site, SIGNED),
            known=True,
            lost=came and not same,
            vouched=vouched,
        )

    async def _turn(self, token: Token, now: int) -> Turn | None:
        """The visitor's turn after this token has come, on disk; None when the token is over.

        For a visitor of whom nothing is stored there is nothing to protect: their tokens have no turns.
        """
        before, erased = await self._store.read(
            lambda tx: (_stored(tx, token.visitor), visitors.erased(tx, token.visitor)[0])
        )
        if erased:
            return None
        if before is None:
            return _NO_TURNS
        after = before.presented(token.number, now=now)
        if after is None:
            self._incidents.record("visitor.old_token", actor=token.visitor, target=token.visitor)
            return None
        if after == before:
            return before
        try:
            return await self._store.write(lambda tx: _take(tx, token, now))
        except StoreUnavailable:
            # They can read, but not write: the token that came stays the one to come with.
            return _NO_TURNS

    def _make(self, visitor: str, site: str, number: int) -> str:
        return visitor_tokens.make(self._secret, visitor=visitor, site=site, now=self._clock.now(), number=number)


_NO_TURNS = Turn(number=-1)
"""Answered with the number that came."""


def _stored(tx: Tx, visitor: str) -> Turn | None:
    found = visitors.turn(tx, visitor)
    return None if found is None else Turn(*found)


def _take(tx: Tx, token: Token, now: int) -> Turn | None:
    """Looked at once more: another tab may have come meanwhile."""
    before = _stored(tx, token.visitor)
    after = None if before is None else before.presented(token.number, now=now)
    if after is not None and after != before:
        visitors.take_turn(tx, token.visitor, after.number, after.ending)
    return after
