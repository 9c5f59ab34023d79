"""What visitors may ask of whoever keeps their words: what there is of them, all of it, and that it be erased."""

from __future__ import annotations

import asyncio
from typing import Protocol

from server.clock import Clock, pause
from server.control.failure import Failure
from server.desk import directory, visitor_export
from server.desk.directory import Directory
from server.desk.erasure import Erasure, GetEngine, Pages
from server.desk.retention import Retention
from server.store import audit, privacy, workspaces
from server.store.base import Store, Tx
from server.wire.codes import ErrorCode, Refused
from server.wire.stored import ErasedAnswer, RemovedAnswer, VisitorExport, VisitorsFound

MOST_FOUND = 100


class LeaveNoTrace(Protocol):
    """Has what was changed or deleted vanish from the files of the database, too."""

    async def __call__(self, *, rewrite: bool = True) -> None: ...


async def leave_it(*, rewrite: bool = True) -> None:
    """Where the store keeps no files."""


class Privacy:
    """Finds, exports and erases visitors; removes what is old.

    Args:
        store: the database.
        clock: for when it was.
        engine: the running one, or one that is brought to life because it is needed.
        pages: who is connected.
        leave_no_trace: the store's.
    """

    def __init__(
        self, *, store: Store, clock: Clock, engine: GetEngine, pages: Pages, leave_no_trace: LeaveNoTrace
    ) -> None:
        self._store = store
        self._clock = clock
        self._engine = engine
        self.erasure = Erasure(store=store, clock=clock, engine=engine, pages=pages, leave_no_trace=leave_no_trace)
        self.retention = Retention(
            store=store,
            clock=clock,
            directory=self.settings,
            pause=pause,
            leave_no_trace=lambda: leave_no_trace(rewrite=False),
            erasure=self.erasure,
        )

    async def settings(self) -> Directory:
        """The settings of the moment; raises `Failure` when there is no workspace."""
        engine = await self._engine(needed=False)
        return await self._store.read(_directory) if engine is None else engine.directory

    async def find(self, email: str, *, by: str = audit.OWNER) -> VisitorsFound:
        """Everybody who gave this address. Anybody can give any address: who it really is, it does not say.

        Recorded with whom it found, and without the address: the audit log is never shortened.
        """
        now, at = await self.settings(), self._clock.now()
        found = await self._store.read(
            lambda tx: privacy.find_by_email(tx, now.workspace_id, email.strip(), limit=MOST_FOUND)
        )
        visitors = [visitor_export.person(each) for each in found]
        detail = {"found": [each.id for each in visitors]}
        await self._store.write(lambda tx: audit.append(tx, at=at, actor=by, action="visitor.looked_up", detail=detail))
        return VisitorsFound(visitors=visitors)

    async def export(self, visitor: str, *, by: str = audit.OWNER) -> VisitorExport:
        """All that is stored of a visitor. Raises `Refused`, `not_found`."""
        now, at = await self.settings(), self._clock.now()
        found = await self._store.read(lambda tx: visitor_export.of(tx, visitor, now, at=at))
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such visitor.")
        await self._store.write(lambda tx: audit.append(tx, at=at, actor=by, action="visitor.exported", target=visitor))
        return found

    async def erase(self, visitor: str, *, force: bool = False, by: str = audit.OWNER) -> ErasedAnswer:
        """Erase a visitor; goes on to its end also when whoever asked has gone. Raises as `Erasure.erase`."""
        erased = await asyncio.shield(
            asyncio.create_task(self.erasure.erase(visitor, force=force, by=by), name=f"erasing {visitor}")
        )
        return ErasedAnswer(
            visitor=visitor, conversations=erased.conversations, entries=erased.entries, notes=erased.notes
        )

    async def remove_old(self, *, dry_run: bool = False, by: str = audit.OWNER) -> RemovedAnswer:
        """Remove what is older than it is kept, or say how much that is."""
        removed = await (self.retention.would_remove() if dry_run else self.retention.remove(by=by))
        return RemovedAnswer(
            days=removed.days, conversations=removed.conversations, visitors=removed.visitors, dry_run=dry_run
        )


def _directory(tx: Tx) -> Directory:
    row = workspaces.find(tx)
    if row is None:
        raise Failure('There is no workspace here yet. Run "frontdesk init" first, or choose another --data.')
    return directory.load(tx, row)
