"""Visitors' tokens: ``v1.<visitor>.<site>.<made at>.<signature>``, signed with the installation's secret.

Nothing is stored for a visitor who only looked: the signature alone says that the id is ours. An altered, foreign or
expired token is no error, it only is nobody's: the caller gives a fresh visitor.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

YEAR_MS = 365 * 86_400_000
_PARTS = 5


def make(secret: bytes, *, visitor: str, site: str, now: int) -> str:
    """A token for this visitor on this site, valid for a year."""
    body = f"v1.{visitor}.{site}.{now // 1000}"
    return f"{body}.{_signature(secret, body)}"


def visitor_of(secret: bytes, token: str, *, site: str, now: int) -> str | None:
    """The visitor the token was made for, or None when it is not valid for this site and time."""
    body, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_signature(secret, body).encode(), signature.encode()):
        return None
    parts = token.split(".")
    if len(parts) != _PARTS or parts[0] != "v1" or parts[2] != site:
        return None
    return parts[1] if int(parts[3]) * 1000 + YEAR_MS > now else None


def _signature(secret: bytes, body: str) -> str:
    digest = hmac.new(secret, body.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
