"""Visitors' tokens: ``v2.<visitor>.<site>.<made at>.<number>.<signature>``, signed with the installation's secret.

Nothing is stored for a visitor who only looked: the signature alone says that the id is ours. An altered, foreign or
expired token is no error, it only is nobody's: the caller gives a fresh visitor.

Once there is something to protect, a conversation, tokens take turns. Each resume is answered with the next one, and
the first use of that one ends the one before, `GRACE_MS` later:

* A reply that never came costs nothing: the browser still has a token whose successor nobody has used.
* Two tabs of one browser that resume at the same time are both given the next number; whichever token is kept, is good.
* A tab that has not yet seen what another one stored has `GRACE_MS` to come with the old one, and is given the next.
* Whoever took a copy is out `GRACE_MS` after the browser's next two visits, and what they then try is seen.

`Turn` is the state of this, one for each visitor: `presented` is all of it. The number of a token of a visitor for whom
the site vouches is `SIGNED`: such a token shows nothing by itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

YEAR_MS: Final = 365 * 86_400_000
GRACE_MS: Final = 60_000
MOST_ENDING: Final = 100  # at a time, of one visitor: who resumes faster than any browser has fewer to fall back on
SIGNED: Final = -1
_PARTS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What a good token says; ``number`` is its turn, or `SIGNED`."""

    visitor: str
    number: int


@dataclass(frozen=True, slots=True)
class Turn:
    """``number``: the highest that was used. ``ending``: lower ones that are good until a time (milliseconds)."""

    number: int = 0
    ending: tuple[tuple[int, int], ...] = ()

    @property
    def next(self) -> int:
        """The number of the token to give."""
        return self.number + 1

    def presented(self, number: int, *, now: int) -> Turn | None:
        """How it stands once a token of this number has come; None when that one is over."""
        if number == self.number:
            return self
        if number > self.number:
            going = tuple((old, until) for old, until in self.ending if until > now)
            return Turn(number, (*going, (self.number, now + GRACE_MS))[-MOST_ENDING:])
        return self if any(old == number and now < until for old, until in self.ending) else None


def make(secret: bytes, *, visitor: str, site: str, now: int, number: int = 0) -> str:
    """A token for this visitor on this site, valid for a year."""
    body = f"v2.{visitor}.{site}.{now // 1000}.{number}"
    return f"{body}.{_signature(secret, body)}"


def read(secret: bytes, token: str, *, site: str, now: int) -> Token | None:
    """What the token says, or None when it is not valid for this site and time."""
    body, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_signature(secret, body).encode(), signature.encode(errors="replace")):
        return None
    parts = token.split(".")
    if len(parts) != _PARTS or parts[0] != "v2" or parts[2] != site:
        return None
    return Token(visitor=parts[1], number=int(parts[4])) if int(parts[3]) * 1000 + YEAR_MS > now else None


def visitor_of_subject(secret: bytes, *, site: str, subject: str) -> str:
    """The id of the visitor whom a site calls this: always the same, so that nothing need be stored to know them."""
    digest = hmac.new(secret, f"subject\0{site}\0{subject}".encode(), hashlib.sha256).digest()
    return f"v_{base64.b32encode(digest).decode().lower()[:20]}"


def _signature(secret: bytes, body: str) -> str:
    digest = hmac.new(secret, body.encode(errors="replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
