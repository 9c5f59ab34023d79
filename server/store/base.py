"""The seam to the database: transactions are plain functions of a small `Tx`.

Contract, held by every implementation (`tests/store/contract.py`):

* `Store.submit` queues a transaction; transactions run one after another, in the order of submission, each all or
  nothing. A transaction that raises takes back its own statements only, never its neighbours'.
* `then` is called on the event loop, in the order of commits, only after the commit is on disk (`Committed`), or when
  nothing of the transaction was kept (`Failed`). Between the last commit and a crash nothing acknowledged can vanish.
* A `Lane` is one connection's order: once a write of a lane has failed for want of the database, every later write of
  that lane fails too, without running, so that no later message overtakes an earlier one. An exception raised by the
  transaction itself (a refusal) is an outcome and breaks no lane.
* A `Series` is a kind of write of which there are thousands: those that stand next to one another in the queue are made
  together. To everybody else they are transactions as any other, one after another, each all or nothing, in the order
  of submission among all writes; only their cost differs.
* `Store.read` sees one consistent state, at least as new as every commit already told of.
* SQL is what SQLite and PostgreSQL both understand; parameters are ``?``. Times are whole milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Item = TypeVar("Item")
Item_contra = TypeVar("Item_contra", contravariant=True)
V = TypeVar("V")

Row = tuple[Any, ...]
Params = Sequence[Any]


class StoreUnavailable(Exception):
    """The database could not do it, or it is unknown whether it did: the same transaction may be tried again."""


class Duplicate(Exception):
    """A row would break a unique key."""


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
        """Execute once per row; raises `Duplicate` when one would break a unique key."""


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


class Series(Protocol[Item_contra, V]):
    """A kind of write that is made in numbers: what it does to one, and to many at a lower price.

    `one` says what is right; `many` has to come to the same. It may keep what it has read between two calls, as long as
    it forgets when it is told to: all changes of rows come through the one who calls it. `one`, `many`, `changed` and
    `forget` are called on the writer's thread, `told` on the event loop.
    """

    table: str  # whose rows `many` remembers

    def one(self, tx: Tx, item: Item_contra) -> V:
        """What a transaction of its own would do; raises what is to be told as `Failed`."""

    def many(self, tx: Tx, items: Sequence[Item_contra]) -> Sequence[V | Failed]:
        """The outcomes of `one` for each, in order.

        When it raises, whatever it did is taken back and each item is made by `one`; `Duplicate` is the ordinary way to
        say so.
        """

    def changed(self, key: int) -> None:
        """Another's transaction has inserted, changed or deleted the row of `table` with this integer key."""

    def forget(self) -> None:
        """Nothing remembered holds any more: a transaction was taken back."""

    def told(self, items: Sequence[Item_contra], outcomes: Sequence[V | Failed]) -> None:
        """These are on disk, or failed: as `then` of `Store.submit`, for some at once, in order."""


class Store(Protocol):
    """The database of one installation."""

    def submit(
        self, transaction: Transaction[T], *, then: Callable[[Committed[T] | Failed], None], lane: Lane | None = None
    ) -> None:
        """Queue a write; raises `StoreUnavailable` at once when the queue is full or the store is closed."""

    def append(self, series: Series[Item, V], item: Item, *, lane: Lane | None = None) -> None:
        """Queue a write of a series; raises as `submit` does."""

    async def write(self, transaction: Transaction[T], *, lane: Lane | None = None) -> T:
        """`submit` and wait; raises what the transaction raised, or `StoreUnavailable`."""

    async def read(self, transaction: Transaction[T]) -> T:
        """Run on a reader in one read transaction."""

    @property
    def healthy(self) -> bool:
        """False while the last write failed for want of the database (disk full, I/O error)."""

    async def close(self) -> None:
        """Finish what is queued, then close. Idempotent."""
