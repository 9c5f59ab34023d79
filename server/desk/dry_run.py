"""What a visitor's start would come to at this moment, touching nothing.

It is the same code as a real start (`Intake.resolve`, `Router.preview`, the estimate on entry), asked with a visitor
who does not exist. The rules that fail here are not counted.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from router import commands, model
from router.errors import CommandRejected
from router.estimate import Wait
from router.snapshot import Snapshot
from server.desk import reason_words, reasons, views
from server.desk.countries import by_timezone
from server.desk.directory import Directory
from server.desk.intake import NOBODY_YET, Asked, Intake, Resolved
from server.wire import parts
from server.wire.codes import ErrorCode, Refused
from server.wire.reasons import NotNow, ReservationTold, RouteAnswer, RouteBody, RuleTold
from server.wire.times import rfc3339

_NOBODY = "dry-run"


class Preview(Protocol):
    """What the router says a start would lead to."""

    @property
    def decision(self) -> model.Decision: ...

    @property
    def department(self) -> model.DepartmentId: ...

    @property
    def queue(self) -> model.Queue | None: ...


class Router(Protocol):
    """The running one, as far as it is asked here."""

    def snapshot(self) -> Snapshot:
        """As it is now."""

    def previewing(self, snapshot: Snapshot, command: commands.StartConversation, now: int, /) -> Preview:
        """What it would have done then, from any thread. Raises `CommandRejected`."""


class Waits(Protocol):
    """The estimate, as far as it is asked here."""

    def on_entry(self, command: commands.StartConversation, now: int, /) -> Wait | None:
        """What whoever starts this can expect; nothing is told by this."""


class Engine(Protocol):
    """Where these are to be found."""

    @property
    def router(self) -> Router: ...

    @property
    def directory(self) -> Directory: ...

    @property
    def waits(self) -> Waits: ...


class DryRun:
    """Asks, and words the answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def route(self, body: RouteBody, *, now: int) -> RouteAnswer:
        """Raises `Refused`: there is no such site, or no such department on it."""
        directory = self._engine.directory
        asked = _asked(body, directory)
        resolved = Intake(lambda: directory).resolve(asked, NOBODY_YET, now=now)
        command = resolved.command(conversation=f"c_{_NOBODY}", visitor=f"v_{_NOBODY}")
        if resolved.refusal is not None:
            return _answer(asked, resolved, directory, refused=resolved.refusal)
        try:
            # To copy a router with thousands in line takes its time, and nobody else is to wait for it.
            router = self._engine.router
            preview = await asyncio.to_thread(router.previewing, router.snapshot(), command, now)
        except CommandRejected as rejected:
            refused = Refused(ErrorCode(rejected.code.value), rejected.message)
            return _answer(asked, resolved, directory, refused=refused)
        queue = self._queue(preview, command, now)
        return _answer(asked, resolved, directory, preview=preview, queue=queue)

    def _queue(self, preview: Preview, command: commands.StartConversation, now: int) -> parts.Queue | None:
        place = preview.queue
        if place is None:
            return None
        entered = msgspec.structs.replace(command, department=preview.department)
        wait = self._engine.waits.on_entry(entered, now) if place.serving else None
        return parts.Queue(
            place=place.place,
            ahead=place.place - 1,
            wait=None if wait is None else parts.Wait(low_s=wait.low_ms // 1000, high_s=-(-wait.high_ms // 1000)),
            serving=place.serving,
        )


def _asked(body: RouteBody, directory: Directory) -> Asked:
    site = body.site or next(iter(directory.sites), "")
    return Asked(
        site=site,
        department=body.department,
        page={"url": body.page.url, "title": body.page.title, "referrer": body.page.referrer},
        language=body.language,
        timezone=body.timezone,
        country=body.country or by_timezone(body.timezone),
        name=body.name,
        email=body.email,
        text=body.text,
        form=body.form,
    )


def _answer(
    asked: Asked,
    resolved: Resolved,
    directory: Directory,
    *,
    preview: Preview | None = None,
    queue: parts.Queue | None = None,
    refused: Refused | None = None,
) -> RouteAnswer:
    why = None if preview is None else views.why(preview.decision, directory)
    return RouteAnswer(
        site=asked.site,
        asked=directory.department_named(resolved.asked),
        routed=directory.department_named(resolved.routed),
        department=directory.department_named(resolved.department if preview is None else preview.department),
        rules=_rules(resolved, directory),
        needs=reasons.needs(resolved.needs),
        head_start_s=resolved.head_start_ms // 1000,
        reservation=_reservation(resolved, directory),
        language=resolved.language or directory.workspace.language,
        first=resolved.first,
        tags=list(resolved.tags),
        refused=None if refused is None else _not_now(refused, resolved),
        queue=queue,
        says=refused.message if refused is not None else "" if why is None else reason_words.says_choice(why),
        why=why,
        excluded=[] if why is None else reason_words.excluded(why),
    )


def _rules(resolved: Resolved, directory: Directory) -> list[RuleTold]:
    """All of them, in the order in which they are tried."""
    failed = {failure.rule: failure.reason for failure in resolved.resolution.failed}
    told: list[RuleTold] = []
    for rule in directory.rules.rules:
        if rule.name in failed:
            told.append(RuleTold(rule=rule.name, outcome="failed", reason=failed[rule.name]))
        else:
            matched = rule.name in resolved.resolution.matched
            told.append(RuleTold(rule=rule.name, outcome="matched" if matched else "not_matched"))
    return told


def _reservation(resolved: Resolved, directory: Directory) -> ReservationTold | None:
    if not resolved.reserve_for:
        return None
    named = [directory.agent_named(agent) for agent in resolved.reserve_for]
    return ReservationTold(agents=[each for each in named if each is not None], seconds=resolved.reserve_ms // 1000)


def _not_now(refused: Refused, resolved: Resolved) -> NotNow:
    opens = None if resolved.opens_at is None else rfc3339(resolved.opens_at)
    return NotNow(code=refused.code.value, message=refused.message, opens_at=opens)
