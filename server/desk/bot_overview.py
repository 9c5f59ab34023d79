"""How the bots do now: what the router has of them, beside what is watched of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from router import model
from router.snapshot import ConversationRecord
from server.desk.bot_watch import BotFigures, BotLine, BotWatch
from server.desk.directory import Bot, Directory


class Records(Protocol):
    """The router, as far as it is asked here."""

    def conversations_of(self, bot: model.BotId) -> Collection[model.ConversationId]: ...

    def conversation(self, conversation: model.ConversationId) -> ConversationRecord | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BotNow:
    """One bot. ``conversations`` it has, ``waiting`` of them for an answer, the first since ``oldest_at``.

    ``unanswered_s``: how long that is, 0 when nobody waits.
    A try-out is none of them. ``lines``: its connections. ``figures``: since the server started.
    """

    bot: Bot
    lines: tuple[BotLine, ...]
    conversations: int
    waiting: int
    oldest_at: int | None
    unanswered_s: float
    figures: BotFigures


class BotOverview:
    """Reads of what is known already."""

    def __init__(self, watch: BotWatch, *, directory: Callable[[], Directory], router: Callable[[], Records]) -> None:
        self.watch = watch
        self._directory = directory
        self._router = router

    def bots(self) -> list[BotNow]:
        """Every bot that is configured, in the order of the settings."""
        return [self._now(bot) for bot in self._directory().bots.values()]

    def _now(self, bot: Bot) -> BotNow:
        router = self._router()
        asked: list[int] = []
        count = 0
        for conversation in router.conversations_of(model.BotId(bot.id)):
            record = router.conversation(conversation)
            if record is None or record.trial:
                continue
            count += 1
            if record.bot_asked_at is not None:
                asked.append(record.bot_asked_at)
        return BotNow(
            bot=bot,
            lines=tuple(self.watch.lines(bot.id)),
            conversations=count,
            waiting=len(asked),
            oldest_at=min(asked, default=None),
            unanswered_s=max((self.watch.now() - at) / 1000 for at in asked) if asked else 0.0,
            figures=self.watch.figures(bot.id),
        )
