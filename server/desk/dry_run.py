"""What a visitor's start would come to at this moment, touching nothing.

It is the same code as a real start (`Intake.resolve`, `Router.preview`, the estimate on entry), asked with a visitor
who does not exist. The rules that fail here are not counted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

import msgspec

from router import commands, model
from router.errors import CommandRejected
from router.estimate import Wait
from router.snapshot import Snapshot
from server.desk import reason_words, reasons, views
from server.desk.countries import by_timezone
from server.desk.directory import Directory
from server.desk.human_words import asks_for_human
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

    @property
    def bot(self) -> model.BotId | None: ...


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Where it would go: to `bot`, if any; among `people`, who may refuse it."""

    bot: str | None = None
    people: Preview | None = None
    refused: Refused | None = None


class DryRun:
    """Asks, and words the answer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def route(self, body: RouteBody, *, now: int) -> RouteAnswer:
        """Raises `Refused`: there is no such site, or no such department on it."""
        directory = self._engine.directory
        asked = _asked(body, directory)
        resolved = Intake(lambda: directory).resolve(asked, NOBODY_YET, now=now)
        command = resolved.command(conversation=f"c_{_NOBODY}", visitor=f"v_{_NOBODY}", bot=resolved.bot)
        # A bot answers outside hours, too.
        if resolved.refusal is not None and resolved.bot is None:
            return _answer(asked, resolved, directory, refused=resolved.refusal)
        # To copy a router with thousands in line takes its time, and nobody else is to wait for it.
        found = await asyncio.to_thread(self._previews, command, now)
        if found.bot is not None:
            return _answer(asked, resolved, directory, preview=found.people, bot=found.bot, refused=found.refused)
        if found.people is None or resolved.refusal is not None:
            return _answer(asked, resolved, directory, refused=resolved.refusal or found.refused)
        queue = self._queue(found.people, command, now)
        return _answer(asked, resolved, directory, preview=found.people, queue=queue)

    def _previews(self, command: commands.StartConversation, now: int) -> _Found:
        """Whether a bot would have it, and what becomes of it among people."""
        router = self._engine.router
        snapshot = router.snapshot()
        try:
            preview = router.previewing(snapshot, command, now)
            if preview.bot is None:
                return _Found(people=preview)
        except CommandRejected as rejected:
            return _Found(refused=_refused(rejected))
        try:
            people = router.previewing(snapshot, msgspec.structs.replace(command, bot=None), now)
        except CommandRejected as rejected:
            return _Found(bot=preview.bot, refused=_refused(rejected))
        return _Found(bot=preview.bot, people=people)

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


def _answer(  # noqa: PLR0913 - what an answer is made of
    asked: Asked,
    resolved: Resolved,
    directory: Directory,
    *,
    preview: Preview | None = None,
    queue: parts.Queue | None = None,
    bot: str | None = None,
    refused: Refused | None = None,
) -> RouteAnswer:
    """`refused`: by the people, which nobody is told whom `bot` answers."""
    why = None if preview is None else views.why(preview.decision, directory)
    people = refused.message if refused is not None else "" if why is None else reason_words.says_choice(why)
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
        bot=directory.bot_named(bot),
        refused=None if refused is None or bot is not None else _not_now(refused, resolved),
        queue=queue,
        says=_says(people, asked, resolved, directory, bot=bot),
        why=why,
        excluded=[] if why is None else reason_words.excluded(why),
    )


def _says(people: str, asked: Asked, resolved: Resolved, directory: Directory, *, bot: str | None) -> str:
    """What becomes of it among `people`, and of the bot that was meant to have it first."""
    meant = directory.bots.get(resolved.bot or "")
    if meant is None:
        return people
    name = meant.settings.name
    if bot is None:
        return f"The bot {name} is not connected, or has all the conversations it may have. {people}"
    if resolved.refusal is not None:
        return f"The bot {name} answers, and keeps it: {resolved.refusal.message}"
    languages = (resolved.language, directory.workspace.language)
    if asks_for_human(asked.text, meant.settings.human_words, languages):
        return f"The bot {name} hands it over at once, as the words ask for a person: {people}"
    return f"The bot {name} answers first. If it handed over now: {people}"


def _refused(rejected: CommandRejected) -> Refused:
    return Refused(ErrorCode(rejected.code.value), rejected.message)


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
