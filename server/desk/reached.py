"""The database, for those who have somebody waiting for an answer: that it cannot be reached is one, too."""

from __future__ import annotations

from typing import TypeVar

from server.store.base import Store, StoreUnavailable, Transaction
from server.wire.codes import ErrorCode, Refused

T = TypeVar("T")

_RETRY_MS = 1_000


class Reached:
    """Reads and writes a `Store`. Raises `Refused` (unavailable), in these words, where that is not available."""

    def __init__(self, store: Store, *, words: str = "The database cannot be reached. Please try again.") -> None:
        self._store = store
        self._words = words

    async def read(self, transaction: Transaction[T]) -> T:
        """As `Store.read`."""
        try:
            return await self._store.read(transaction)
        except StoreUnavailable:
            raise self._unavailable() from None

    async def write(self, transaction: Transaction[T]) -> T:
        """As `Store.write`."""
        try:
            return await self._store.write(transaction)
        except StoreUnavailable:
            raise self._unavailable() from None

    def _unavailable(self) -> Refused:
        return Refused(ErrorCode.UNAVAILABLE, self._words, retry_after_ms=_RETRY_MS)
