"""Closed conversations are removed when they are older than the workspace keeps them.

In portions, each a small transaction of its own with a rest behind it, so that nobody's message waits. What is open, or
still with the router because an agent wraps up, is never touched. A conversation goes with its log, its events, offers
and the requests about it; then the visitors who have none left and were not seen for as long. Ids are never given
again. A page that comes back to a removed conversation is told that it is no longer theirs (`dropped`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import structlog

from server.clock import Clock
from server.desk.directory import Directory
from server.store import audit, privacy
from server.store.base import Store, StoreError, StoreUnavailable, Transaction
from server.store.privacy import Talk
from server.wire.codes import Refused

log = structlog.get_logger(__name__)

EVERY_S = 3600.0
REST_S = 0.005
"""Behind each portion: the writer is everyone else's in between."""

_DAY_MS = 86_400_000
_AT_ONCE = 100

Pause = Callable[[float], Awaitable[object]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What was removed, or would be. ``days``: how long it is kept; with 0 nothing is."""

    days: int
    conversations: int = 0
    visitors: int = 0


class Finisher(Protocol):
    """Erasures, as far as they are asked here."""

    async def resume(self) -> int: ...


class Retention:
    """Removes what is old.

    Args:
        store: the database.
        clock: says what is old.
        directory: the settings of the moment.
        pause: rests so many seconds.
        leave_no_trace: empties the database's log of old states.
        erasure: what it has not finished is finished here, as it is the same work.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        directory: Callable[[], Awaitable[Directory]],
        pause: Pause,
        leave_no_trace: Callable[[], Awaitable[None]],
        erasure: Finisher,
    ) -> None:
        self._store = store
        self._clock = clock
        self._directory = directory
        self._pause = pause
        self._leave_no_trace = leave_no_trace
        self._erasure = erasure
        self._one_at_a_time = asyncio.Lock()

    async def run(self, pause: Pause) -> None:
        """At once, and every hour."""
        while True:
            try:
                await self._erasure.resume()
                await self.remove()
            except (StoreUnavailable, StoreError, Refused) as error:
                log.warning("what is old could not be removed", error=str(error))
            await pause(EVERY_S)

    async def would_remove(self) -> Removed:
        """What `remove` would come to now."""
        days, workspace, before = await self._kept()
        if not days:
            return Removed(days=0)
        found = await self._store.read(lambda tx: privacy.count_old(tx, workspace, before=before))
        return Removed(days=days, conversations=found[0], visitors=found[1])

    async def remove(self, *, by: str = audit.SYSTEM) -> Removed:
        """Remove all that is old; ``by``: for the audit log. Raises `StoreUnavailable` and `StoreError`."""
        async with self._one_at_a_time:
            days, workspace, before = await self._kept()
            removed = Removed(days=days)
            if not days:
                return removed
            while talks := await self._old(workspace, before):
                gone = [await self._remove(talk) for talk in talks]
                removed = replace(removed, conversations=removed.conversations + sum(gone))
                if not any(gone):
                    break  # somebody is at work on all of them: another time
            while count := await self._portion(lambda tx: privacy.remove_visitors(tx, workspace, before=before)):
                removed = replace(removed, visitors=removed.visitors + count)
            if removed.conversations or removed.visitors:
                await self._record(removed, by=by)
                await self._leave_no_trace()
            return removed

    async def _kept(self) -> tuple[int, int, int]:
        """For how many days, of which workspace, and from when on."""
        directory = await self._directory()
        days = directory.workspace.retention_days
        return days, directory.workspace_id, self._clock.now() - days * _DAY_MS

    async def _old(self, workspace: int, before: int) -> list[Talk]:
        return await self._store.read(lambda tx: privacy.old(tx, workspace, before=before, limit=_AT_ONCE))

    async def _remove(self, talk: Talk) -> bool:
        await self._portion(lambda tx: privacy.forget_requests(tx, talk))
        await self._all_of(lambda tx: privacy.remove_log(tx, talk.n, "entry"))
        await self._all_of(lambda tx: privacy.remove_log(tx, talk.n, "note"))
        await self._all_of(lambda tx: privacy.remove_events(tx, talk.id))
        return await self._portion(lambda tx: privacy.remove_conversation(tx, talk))

    async def _all_of(self, portion: Transaction[int]) -> None:
        while await self._portion(portion) == privacy.PORTION:
            pass

    async def _portion(self, transaction: Transaction[T]) -> T:
        found = await self._store.write(transaction)
        await self._pause(REST_S)
        return found

    async def _record(self, removed: Removed, *, by: str) -> None:
        counts = {"days": removed.days, "conversations": removed.conversations, "visitors": removed.visitors}
        at = self._clock.now()
        await self._store.write(lambda tx: audit.append(tx, at=at, actor=by, action="retention.removed", detail=counts))
        log.info("what was old is removed", **counts)
