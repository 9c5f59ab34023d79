"""What visitors were promised and what became of it: written with the commits, judged on request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from router import events
from server.clock import Clock
from server.desk import coverage
from server.desk.coverage import Figures
from server.desk.directory import Directory
from server.store import promises
from server.store.base import Store, Tx
from server.store.rows import PromiseRow

WINDOWS_S: Final = {"1h": 3_600, "24h": 86_400, "7d": 604_800}
# The newest so many of a window are judged: what a busy day brings, in some ten milliseconds.
MOST = 20_000
_FRESH_MS = 15_000


def keep(tx: Tx, workspace: int, happened: Iterable[events.Event]) -> None:
    """Write what these events did to promises, in their order."""
    for event in happened:
        match event:
            case events.WaitPromised():
                promises.put(tx, workspace, _row(event))
            case events.ConversationAssigned():
                promises.realise(tx, event.conversation, at=event.at)
            case events.ConversationMoved():
                promises.end(tx, event.conversation, ended="moved", at=event.at)
            case events.ConversationClosed():
                ended: promises.Ending = "closed" if event.by == "agent" else "left"
                promises.end(tx, event.conversation, ended=ended, at=event.at)
            case _:
                pass


def keep_learned(tx: Tx, workspace: int, learned: str, *, at: int) -> None:
    """Write what the estimate has learned."""
    promises.put_learned(tx, workspace, learned, at=at)


def _row(event: events.WaitPromised) -> PromiseRow:
    said = event.promise
    return PromiseRow(
        conversation=event.conversation,
        line_entry=event.line_entry,
        department=event.department,
        at=said.at,
        place=event.place,
        low_ms=said.low_ms,
        high_ms=said.high_ms,
        p50_ms=said.p50_ms,
        p80_ms=said.p80_ms,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentFigures:
    """How one department kept its promises; one that is configured no more has an empty key and name."""

    id: str
    key: str
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How promises were kept that were made within `window_s` before `at`. ``whole``: false when only the newest
    `MOST` of them were judged.
    """

    at: int
    window_s: int
    whole: bool
    all: Figures
    departments: tuple[DepartmentFigures, ...]


class Promises:
    """Reports, each worth `_FRESH_MS`: whoever asks more often gets the same one."""

    def __init__(self, *, store: Store, clock: Clock, directory: Callable[[], Directory]) -> None:
        self._store = store
        self._clock = clock
        self._directory = directory
        self._reports: dict[int, Report] = {}
        self._turn = asyncio.Lock()

    async def report(self, window_s: int) -> Report:
        """How promises were kept. Raises `StoreUnavailable`; ValueError for a window that is none of `WINDOWS_S`."""
        if window_s not in WINDOWS_S.values():
            raise ValueError(window_s)
        async with self._turn:
            now = self._clock.now()
            found = self._reports.get(window_s)
            if found is None or now - found.at >= _FRESH_MS:
                directory = self._directory()
                found = await self._store.read(lambda tx: _report(tx, directory, now, window_s))
                self._reports[window_s] = found
            return found


def _report(tx: Tx, directory: Directory, now: int, window_s: int) -> Report:
    """On the reader's thread, where it holds up nobody."""
    rows = promises.since(tx, directory.workspace_id, at=now - window_s * 1000, limit=MOST + 1)
    judged = rows[:MOST]
    by_department = coverage.by_department(judged, now=now)
    names = {department: directory.department_named(department) for department in by_department}
    return Report(
        at=now,
        window_s=window_s,
        whole=len(rows) == len(judged),
        all=coverage.judge(judged, now=now),
        departments=tuple(
            DepartmentFigures(id=name.id, key=name.key, name=name.name, figures=by_department[department])
            for department, name in sorted(names.items(), key=lambda each: (each[1].key, each[0]))
        ),
    )
