"""What a batch is made of, performed inside the transaction that the writer has begun.

A transaction of its own runs in a savepoint, so that one which raises takes back only what it did; a lone one needs
none. Members of one series that stand next to one another are performed in one go. That needs no savepoint when nothing
stands before them: to take them back, the writer's transaction is begun anew.

While others run, SQLite tells which rows they change (its update hook), and each series hears of those of its table:
that is what makes it sound to remember them from one batch to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

import apsw
import structlog

from server.store.base import Committed, Duplicate, Failed, Lane, Series, StoreUnavailable
from server.store.sqlite.connection import SqliteTx, perform
from server.store.sqlite.queue import Job, Member

log = structlog.get_logger(__name__)

# What `then` is called with, or of a member of a series what `told` is.
Outcome: TypeAlias = Any

_series_of = attrgetter("series")


class Members:
    """Performs the members of batches on the writing connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.taken_apart = 0  # runs of a series that had to be made one by one
        self._connection = connection
        self._series: dict[Series[Any, Any], None] = {}
        self._watching = False
        self._untouched = False

    def perform(self, jobs: Sequence[Job | Member]) -> list[Outcome]:
        """One outcome for each, in a transaction that was just begun. Raises when the whole batch is lost."""
        self._untouched = True
        alone = running(jobs) == 1
        outcomes: list[Outcome] = []
        for series, group in runs(jobs):
            if series is None:
                outcomes.extend(self._single(job, alone=alone) for job in group)
            else:
                outcomes.extend(self._joined(series, list(group)))
        return outcomes

    def forget(self) -> None:
        """The batch was taken back."""
        for series in self._series:
            series.forget()

    def _single(self, job: Job, *, alone: bool) -> Outcome:
        if not _runs(job.lane):
            return unavailable(None)
        return self._one(job, alone=alone)

    def _joined(self, series: Series[Any, Any], members: list[Member]) -> Iterable[Outcome]:
        self._series[series] = None
        able = members if running(members) == len(members) else [member for member in members if _runs(member.lane)]
        if not able:
            return [unavailable(None) for _ in members]
        values = self._many(series, [member.item for member in able])
        if values is None:
            values = [self._one_of(series, member) for member in able]
        if able is members:
            return values
        found = iter(values)
        return [next(found) if _runs(member.lane) else unavailable(None) for member in members]

    def _many(self, series: Series[Any, Any], items: list[Any]) -> Sequence[Outcome] | None:
        """The outcomes of all; None when they are to be made one by one."""
        first = self._untouched
        self._untouched = False
        if not first:
            self._connection.execute("SAVEPOINT run")
        self._watch(on=False)
        tx = SqliteTx(self._connection)
        values: Sequence[Outcome] = ()
        failure: Exception | None = None
        try:
            values = series.many(tx, items)
        except Exception as error:  # noqa: BLE001 - whatever it is, one by one will tell whose it is.
            failure = error
        finally:
            tx.end()
        self._insist_sound(tx)
        if failure is None:
            if not first:
                self._connection.execute("RELEASE run")
            return values
        self._take_back(series, failure, first=first)
        return None

    def _take_back(self, series: Series[Any, Any], failure: Exception, *, first: bool) -> None:
        self.taken_apart += 1
        series.forget()
        if not isinstance(failure, Duplicate):
            log.error("Writes made together failed, and are made one by one.", error=repr(failure))
        if first:
            self._connection.execute("ROLLBACK")
            self._connection.execute("BEGIN IMMEDIATE")
        else:
            self._connection.execute("ROLLBACK TO run")
            self._connection.execute("RELEASE run")

    def _one_of(self, series: Series[Any, Any], member: Member) -> Outcome:
        item = member.item
        outcome = self._one(Job(lambda tx: series.one(tx, item), _ignore, member.lane), alone=False)
        return outcome.value if isinstance(outcome, Committed) else outcome

    def _one(self, job: Job, *, alone: bool) -> Outcome:
        self._untouched = False
        self._watch(on=bool(self._series))
        if not alone:
            self._connection.execute("SAVEPOINT member")
        outcome = self._perform(job)
        if not alone:
            if isinstance(outcome, Failed):
                self._connection.execute("ROLLBACK TO member")
            self._connection.execute("RELEASE member")
        return outcome

    def _perform(self, job: Job) -> Outcome:
        tx = SqliteTx(self._connection)
        outcome: Outcome
        try:
            outcome = Committed(perform(job.transaction, tx))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this member's outcome.
            outcome = Failed(error)
        finally:
            tx.end()
        self._insist_sound(tx)
        return outcome

    def _insist_sound(self, tx: SqliteTx) -> None:
        if tx.failure is not None:
            raise tx.failure
        if not self._connection.in_transaction:
            raise RuntimeError("A transaction function has ended the transaction itself.")

    def _watch(self, *, on: bool) -> None:
        if on is not self._watching:
            self._watching = on
            self._connection.set_update_hook(self._changed if on else None)

    def _changed(self, _kind: int, _database: str, table: str, key: int) -> None:
        for series in self._series:
            if series.table == table:
                series.changed(key)


def runs(jobs: Sequence[Job | Member]) -> Iterator[tuple[Series[Any, Any] | None, Iterator[Any]]]:
    """Neighbours of one series together: those of none are `Job`, the others `Member`."""
    return groupby(jobs, _series_of)


def running(jobs: Sequence[Job | Member]) -> int:
    """How many of them are not behind a failed write of their lane."""
    count = 0
    for job in jobs:
        lane = job.lane
        if lane is None or not lane.broken:
            count += 1
    return count


def unavailable(error: BaseException | None) -> Failed:
    """The outcome of what the database failed; without an error: of what comes after that in its lane."""
    found = StoreUnavailable("An earlier write failed." if error is None else f"The database failed: {error}")
    found.__cause__ = error
    return Failed(found)


def _runs(lane: Lane | None) -> bool:
    return lane is None or not lane.broken


def _ignore(_outcome: Outcome) -> None:
    """Somebody else tells."""
