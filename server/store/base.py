"""The seam to the database: transactions are plain functions of a small `Tx`.

Contract, held by every implementation (`tests/store/contract.py`):

* `Store.submit` queues a transaction; transactions run one after another, in the order of submission, each all or
  nothing. A transaction that raises takes back its own statements only, never its neighbours'.
* `then` is called on the event loop, in the order of commits, only after the commit is on disk (`Committed`), or when
  nothing of the transaction was kept (`Failed`). Between the last commit and a crash nothing acknowledged can vanish.
* A `Lane` is one connection's order: once a write of a lane has failed for want of the database, every later write of
  that lane fails too, without running, so that no later message overtakes an earlier one. An exception raised by the
  transaction itself (a refusal) is an outcome and breaks no lane.
* `Store.read` sees one consistent state, at least as new as every commit already told of.
* SQL is what SQLite and PostgreSQL both understand; parameters are ``?``. Times are whole milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Row = tuple[Any, ...]
Params = Sequence[Any]


class StoreUnavailable(Exception):
    """The database could not do it, or it is unknown whether it did: the same transaction may be tried again."""


class StoreError(Exception):
    """The store cannot be opened, or a copy not be made. The message is for the person who asked for it."""


class Tx(Protocol):
    """One transaction. Only valid inside the function it was handed to, on that function's thread."""

    def all(self, sql: str, params: Params = ()) -> list[Row]:
        """Every row."""

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None."""

    def run(self, sql: str, params: Params = ()) -> int:
        """Execute; the number of rows changed."""

    def many(self, sql: str, rows: Iterable[Params]) -> None:
        """Execute once per row."""


Transaction = Callable[[Tx], T_co]


@dataclass(frozen=True, slots=True)
class Committed(Generic[T_co]):
    """It is on disk; `value` is what the transaction returned."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing was kept. `error` is what the transaction raised, or `StoreUnavailable`."""

    error: Exception


class Lane:
    """The order of one connection's writes; broken by the first write that the database failed."""

    __slots__ = ("broken",)

    def __init__(self) -> None:
        self.broken = False


class Store(Protocol):
    """The database of one installation."""

    def submit(
        self, transaction: Transaction[T], *, then: Callable[[Committed[T] | Failed], None], lane: Lane | None = None
    ) -> None:
        """Queue a write; raises `StoreUnavailable` at once when the queue is full or the store is closed."""

    async def write(self, transaction: Transaction[T], *, lane: Lane | None = None) -> T:
        """`submit` and wait; raises what the transaction raised, or `StoreUnavailable`."""

    async def read(self, transaction: Transaction[T]) -> T:
        """Run on a reader in one read transaction."""

    @property
    def healthy(self) -> bool:
        """False while the last write failed for want of the database (disk full, I/O error)."""

    async def close(self) -> None:
        """Finish what is queued, then close. Idempotent."""
