"""Who a visitor is, as their site says: a JWT that the site's own server has signed with the secret it shares with us.

One algorithm, HS256, and no other: what a token says about how it wants to be checked is not asked. ``aud`` is the key
of the site, so that one site's token is nothing on another; ``exp`` is required and at most `MAX_LIFE_S` ahead, so that
a token that got away is soon worth nothing. Whatever is wrong with it, the answer is the same sentence: somebody who
tries out forgeries learns nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Final

import msgspec
from jwt import PyJWS
from jwt.exceptions import PyJWTError
from msgspec import Meta, Struct

from server.desk.identity import Vouched
from server.wire.codes import ErrorCode, Refused

ALGORITHM: Final = "HS256"
MAX_LIFE_S: Final = 86_400
MAX_ATTRIBUTES: Final = 4096  # of JSON
SKEW_S: Final = 60  # between the site's clock and ours, where a token is too young

Number = Annotated[float, Meta(ge=0, le=2**40)]


class Claims(Struct, kw_only=True, frozen=True):
    """What we look at; the others are the site's business. `attributes` reach the rules and the agents."""

    sub: Annotated[str, Meta(min_length=1, max_length=255)]
    aud: str
    exp: Number
    nbf: Number = 0
    name: Annotated[str, Meta(max_length=200)] = ""
    email: Annotated[str, Meta(max_length=254)] = ""
    attributes: Annotated[dict[Annotated[str, Meta(max_length=64)], Any], Meta(max_length=50)] = {}


_decode = msgspec.json.Decoder(Claims).decode
_jws = PyJWS(algorithms=[ALGORITHM])


def vouched(token: str, secrets: Iterable[str], *, site: str, now: int) -> Vouched:
    """What the site says of the visitor, signed with one of its secrets. Raises `Refused`."""
    payload = next((found for secret in secrets if (found := _signed(token, secret)) is not None), None)
    claims = None if payload is None else _claims(payload)
    seconds = now / 1000
    if (
        claims is None
        or claims.aud != site
        or not seconds < claims.exp <= seconds + MAX_LIFE_S
        or claims.nbf > seconds + SKEW_S
        or len(msgspec.json.encode(claims.attributes)) > MAX_ATTRIBUTES
    ):
        raise refused()
    return Vouched(
        subject=claims.sub, name=claims.name.strip(), email=claims.email.strip(), attributes=claims.attributes
    )


def refused() -> Refused:
    """The one answer to every identity that is no good."""
    return Refused(ErrorCode.UNAUTHORISED, "The identity is not valid here, or no longer.", field="identity")


def _signed(token: str, secret: str) -> bytes | None:
    """What was signed with this secret, or None."""
    try:
        return bytes(_jws.decode(token.encode(), secret.encode(), algorithms=[ALGORITHM]))
    except (PyJWTError, ValueError):
        return None


def _claims(payload: bytes) -> Claims | None:
    try:
        return _decode(payload)
    except (msgspec.DecodeError, RecursionError):
        return None
