"""Erasing a visitor: nothing of the person stays, in no table and in no file; what is counted stays.

    begin: nobody is this visitor any more        -> their pages are told, their token is void
    wait for what was asked before that           -> what comes in later has seen it
    close what is open                            -> nothing more can be written into it
    empty log and record, portion by portion      -> no message waits
    finish, audit, rewrite the database's files   -> no old copy either

Cut off anywhere, `resume` goes on with it at the next start. Refused at the beginning or done to the end: there is no
way back in between.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from router import commands, model
from server.clock import Clock
from server.desk.engine import Engine
from server.desk.job import Done, Job, Step
from server.store import audit, conversations, privacy
from server.store.base import Store, Tx
from server.store.entries import Log
from server.store.privacy import Talk
from server.wire.codes import ErrorCode, Refused

LeaveNoTrace = Callable[[], Awaitable[None]]

_LOGS: tuple[Log, ...] = ("entry", "note")


class GetEngine(Protocol):
    """The running engine; when it is needed and none is running, one that is brought to life for this."""

    async def __call__(self, *, needed: bool) -> Engine | None: ...


class Pages(Protocol):
    """Who is connected, as an erasure concerns them. Each returns at once."""

    def close_visitor(self, visitor: str) -> None:
        """End the visitor's sockets for good."""

    def tell_erased(self, visitor: str, conversations: list[str], *, v: int) -> None:
        """Have the team forget what they were shown of these conversations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure came to."""

    visitor: str
    conversations: int
    entries: int
    notes: int


class Erasure:
    """Erases visitors, one at a time.

    Args:
        store: the database.
        clock: for when it was.
        engine: the running one, or one to close conversations with.
        pages: who is connected.
        leave_no_trace: has the files written anew.
    """

    def __init__(
        self, *, store: Store, clock: Clock, engine: GetEngine, pages: Pages, leave_no_trace: LeaveNoTrace
    ) -> None:
        self._store = store
        self._clock = clock
        self._engine = engine
        self._pages = pages
        self._leave_no_trace = leave_no_trace
        self._one_at_a_time = asyncio.Lock()

    async def erase(self, visitor: str, *, force: bool = False, by: str = audit.OWNER) -> Erased:
        """Erase everything of this visitor; again, it erases what came since.

        Args:
            visitor: the id.
            force: close what is open, too.
            by: who wants it, for the audit log.

        Raises:
            Refused: `not_found`, or `conflict` when a conversation is open; nothing was changed.
            StoreUnavailable: the database cannot be written; what was begun goes on at the next start.
            StoreError: it is erased, but old copies may be in the files until it is asked for again.
        """
        async with self._one_at_a_time:
            await self._insist_possible(visitor, force=force)
            erased = await self._erase(visitor, by=by)
            await self._leave_no_trace()
            return erased

    async def resume(self) -> int:
        """Finish what a crash has cut off; how many it were."""
        async with self._one_at_a_time:
            unfinished = await self._store.read(privacy.erasing)
            for visitor in unfinished:
                await self._erase(visitor, by=audit.SYSTEM)
            if unfinished:
                await self._leave_no_trace()
            return len(unfinished)

    async def _insist_possible(self, visitor: str, *, force: bool) -> None:
        def look(tx: Tx) -> list[Talk] | None:
            return None if privacy.find(tx, visitor) is None else privacy.talks(tx, visitor)

        talks = await self._store.read(look)
        if talks is None:
            raise Refused(ErrorCode.NOT_FOUND, f"There is no visitor {visitor}.")
        still = [talk.id for talk in talks if talk.state != "closed"]
        if still and not force:
            raise Refused(
                ErrorCode.CONFLICT,
                f"The visitor has an open conversation ({', '.join(still)}). Close it first, or erase with --force "
                "(?force=1), which closes it.",
            )

    async def _erase(self, visitor: str, *, by: str) -> Erased:
        at = self._clock.now()
        await self._store.write(lambda tx: privacy.begin(tx, visitor, at=at))
        self._pages.close_visitor(visitor)
        await self._close_open(visitor)
        talks = await self._store.read(lambda tx: privacy.talks(tx, visitor))
        counts: dict[Log, int] = {"entry": 0, "note": 0}
        for talk in talks:
            for log in _LOGS:
                counts[log] += await self._empty(talk.n, log)
            await self._write_about(talk)
        erased = Erased(visitor=visitor, conversations=len(talks), entries=counts["entry"], notes=counts["note"])
        await self._store.write(lambda tx: self._finish(tx, erased, by=by))
        v = await self._tell(visitor)
        self._pages.tell_erased(visitor, [talk.id for talk in talks], v=v)
        return erased

    async def _close_open(self, visitor: str) -> None:
        """What is open, and what was on its way when the erasure began."""
        engine = await self._router(visitor)
        if engine is None:
            return
        await _do(engine, Step(command=None))
        for each in engine.open.all():
            if each.visitor == visitor:
                with contextlib.suppress(Refused):  # it has ended meanwhile
                    await _do(engine, Step(command=commands.CloseByVisitor(conversation=model.ConversationId(each.id))))

    async def _router(self, visitor: str) -> Engine | None:
        """Without a server, the router is needed only if it knows of this visitor."""
        known = await self._store.read(lambda tx: conversations.routed_of_visitor(tx, visitor))
        return await self._engine(needed=bool(known))

    async def _empty(self, n: int, log: Log) -> int:
        """Empty one log in portions; how many entries."""
        count = after = 0
        while (found := await self._empty_some(n, log, after)) is not None:
            count += found[0]
            after = found[1]
        return count

    async def _empty_some(self, n: int, log: Log, after: int) -> tuple[int, int] | None:
        return await self._store.write(lambda tx: privacy.erase_log(tx, n, log, after=after))

    async def _write_about(self, talk: Talk) -> None:
        await self._store.write(lambda tx: privacy.erase_conversation(tx, talk))

    def _finish(self, tx: Tx, erased: Erased, *, by: str) -> None:
        privacy.finish(tx, erased.visitor)
        counts = {"conversations": erased.conversations, "entries": erased.entries, "notes": erased.notes}
        audit.append(tx, at=self._clock.now(), actor=by, action="visitor.erased", target=erased.visitor, detail=counts)

    async def _tell(self, visitor: str) -> int:
        """Whoever still has a conversation of theirs, after its end, sees it as it is now; the version of that."""
        engine = await self._router(visitor)
        if engine is None:
            return 0
        return (await _do(engine, Step(command=None, after=lambda _tx, _v: None, visitor=visitor))).v


async def _do(engine: Engine, step: Step) -> Done:
    """Behind everything that was asked of the engine before."""
    ended: asyncio.Future[Done | Refused] = asyncio.get_running_loop().create_future()

    def then(end: Done | Refused) -> None:
        if not ended.done():  # whoever asked may have gone
            ended.set_result(end)

    engine.submit(Job(plan=lambda _now, _seen: step, then=then))
    end = await ended
    if isinstance(end, Refused):
        raise end
    return end
