"""New ids: a prefix that says what it names, and 100 random bits. They mean nothing else, least of all a place."""

from __future__ import annotations

import base64
from collections.abc import Callable

RandomBytes = Callable[[int], bytes]
"""``secrets.token_bytes`` in the server, a seeded one in tests."""

_BYTES = 13


class Ids:
    """Makes ids from the randomness it was given."""

    def __init__(self, random_bytes: RandomBytes) -> None:
        self._random_bytes = random_bytes

    def new(self, prefix: str) -> str:
        """A fresh id such as ``c_k3x…``; ``prefix`` without the underscore."""
        body = base64.b32encode(self._random_bytes(_BYTES)).decode().rstrip("=").lower()
        return f"{prefix}_{body[:20]}"

    def secret(self) -> bytes:
        """256 random bits."""
        return self._random_bytes(32)
