"""What can be done about bots: their tokens, trying one out, and seeing how they do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, Protocol

import msgspec
from msgspec import Struct

from server.clock import Clock
from server.control.failure import Failure
from server.control.sockets import Sockets
from server.desk.bot_access import BotAccess, BotAdmission, NewToken
from server.desk.bot_overview import BotNow, BotOverview
from server.desk.bot_watch import BotLine
from server.desk.directory import Directory
from server.settings.dump import literal
from server.settings.form import nearest
from server.settings.problem import SettingsError
from server.settings.workspace import Bot, WorkspaceFile, bot_key
from server.store import audit, bot_days, workspaces
from server.store.base import Store, Tx
from server.store.bot_days import BotDayRow
from server.store.bot_tokens import BotTokenRow
from server.wire.codes import ErrorCode, Refused
from server.wire.parts import Time
from server.wire.times import rfc3339

MAX_DAYS: Final = 31
READ_MS: Final = 3_600_000


class BotTokenSeen(Struct, kw_only=True, frozen=True):
    """One token of a bot, without what it is. `good`: neither revoked nor expired."""

    id: str
    bot: str
    label: str
    good: bool
    made_at: Time
    used_at: Time | None
    expires_at: Time | None
    revoked_at: Time | None


class BotTokenMade(Struct, kw_only=True, frozen=True):
    """A new token. It is told this once. `bot_made`: there was no bot of this key before."""

    token: str
    id: str
    bot: str
    label: str
    expires_at: Time | None
    bot_made: bool


class BotTokens(Struct, kw_only=True, frozen=True):
    """The tokens of one bot, or of all."""

    tokens: tuple[BotTokenSeen, ...]


class BotDay(Struct, kw_only=True, frozen=True):
    """Of the conversations a bot had that ended that day: how many, and how many of them were deflected."""

    day: date
    ended: int
    deflected: int


class Settings(Protocol):
    """The one way in which settings change."""

    async def current(self) -> WorkspaceFile | None: ...

    async def add_bot(self, bot: Bot, *, by: str) -> bool:
        """Whether it was not there before."""


class Live(Protocol):
    """The engine of a running server."""

    @property
    def directory(self) -> Directory: ...


class Bots:
    """The operations. ``running``: the engine, or raises `Failure` where there is no server."""

    def __init__(  # noqa: PLR0913 - the seams it stands between
        self,
        *,
        store: Store,
        access: BotAccess,
        overview: BotOverview | None,
        sockets: Sockets,
        settings: Settings,
        clock: Clock,
        running: Callable[[], Live],
    ) -> None:
        self._store = store
        self._access = access
        self._overview = overview
        self._sockets = sockets
        self._settings = settings
        self._clock = clock
        self._running = running
        self._read_at: dict[tuple[str, str], int] = {}

    # Tokens.

    async def create_token(
        self, key: str, *, label: str = "", days: int | None = None, by: str = audit.OWNER
    ) -> BotTokenMade:
        """A token for the bot of this key (`faq` or `bot:faq`), which is made with its defaults if there is none.

        Raises `Failure` for a key that cannot be one or without a workspace, and `Refused`.
        """
        key = bot_key(key)
        if await self._settings.current() is None:
            raise Failure('There is no workspace here yet. Run "frontdesk init" first, or choose another --data.')
        try:
            made = await self._settings.add_bot(Bot(key=key), by=by)
        except SettingsError as error:
            raise Failure(f"{error}.") from error
        new = await self.new_token(key, label=label, days=days, by=by)
        return msgspec.structs.replace(new, bot_made=made)

    async def new_token(
        self, key: str, *, label: str = "", days: int | None = None, by: str = audit.OWNER
    ) -> BotTokenMade:
        """A token for the bot of this key, which must be there; raises `Refused`."""
        workspace, known = await self._known()
        made = await self._access.create(workspace, _found(known, key), label=label, days=days, by=by)
        return _made(made, key)

    async def tokens(self, key: str | None = None) -> BotTokens:
        """Every token of the bot of this key, or of all bots; raises `Refused` for an unknown one."""
        _, known = await self._known()
        chosen = known if key is None else {bot_key(key): _found(known, bot_key(key))}
        now = self._clock.now()
        found = [(name, row) for name, bot in chosen.items() for row in await self._access.tokens(bot)]
        return BotTokens(tokens=tuple(_seen(row, name, now) for name, row in found))

    async def revoke_token(self, token: str, *, key: str | None = None, by: str = audit.OWNER) -> BotAdmission:
        """End the token of this id (`key`: only if it is one of that bot) and the sockets that were opened with it.

        Raises `Refused`.
        """
        bot = None
        if key is not None:
            _, known = await self._known()
            bot = _found(known, key)
        ended = await self._access.revoke(token, bot=bot, by=by)
        self._sockets.close_bot(ended.bot, token_hash=ended.token_hash)
        return ended

    def removed(self, gone: Iterable[str], *, left: Collection[str]) -> None:
        """These bots (ids) are configured no more: their sockets end, and only what is known of those left is kept."""
        for bot in gone:
            self._sockets.close_bot(bot)
        if self._overview is not None:
            self._overview.watch.configured(left)

    # Trying one out.

    def trial(self, key: str, site: str) -> str:
        """A ticket with which a page of this site is a visitor of this bot; raises `Refused`."""
        directory = self._running().directory
        found = directory.bot(key)
        if found is None:
            raise _no_bot()
        if site not in directory.sites:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such site.", field="site")
        return self._access.trial(found.id, site)

    # How they do.

    def now(self) -> list[BotNow]:
        """Every bot; raises `Failure` without a server."""
        return self._seen().bots()

    async def logs(self, key: str, *, by: str) -> list[BotLine]:
        """The connections of a bot whose frames are known, the oldest first; raises `Refused`, `Failure`.

        In them stands what visitors wrote: that somebody reads it is recorded, once an hour.
        """
        found = self._running().directory.bot(key)
        if found is None:
            raise _no_bot()
        bot, now = found.id, self._clock.now()
        if now - self._read_at.get((by, bot), -READ_MS) >= READ_MS:
            self._read_at[by, bot] = now
            await self._store.write(lambda tx: audit.append(tx, at=now, actor=by, action="bot.frames_read", target=bot))
        return self._seen().watch.logs(bot)

    async def days(self, key: str, days: int) -> list[BotDay]:
        """What its conversations came to on each of the last so many days (at most `MAX_DAYS`), the oldest first.

        Days are those of the workspace's clock. Raises `Refused`, `Failure`.
        """
        directory = self._running().directory
        found = directory.bot(key)
        if found is None:
            raise _no_bot()
        bot, zone = found.id, directory.zone
        today = datetime.fromtimestamp(self._clock.now() / 1000, zone).date()
        first = today - timedelta(days=max(1, min(days, MAX_DAYS)) - 1)
        dates = [first + timedelta(days=n) for n in range((today - first).days + 2)]
        edges = [round(datetime.combine(each, time(), zone).timestamp() * 1000) for each in dates]

        def look(tx: Tx) -> list[BotDayRow]:
            return [bot_days.count(tx, bot, since=a, until=b) for a, b in pairwise(edges)]

        rows = await self._store.read(look)
        return [
            BotDay(day=day, ended=row.ended, deflected=row.deflected) for day, row in zip(dates, rows, strict=False)
        ]

    def _seen(self) -> BotOverview:
        if self._overview is None:
            raise Failure("This asks how things stand now, so it needs a running server.")
        return self._overview

    async def _known(self) -> tuple[int, dict[str, str]]:
        """The workspace, and its bots: ids by key."""

        def find(tx: Tx) -> tuple[int, dict[str, str]]:
            row = workspaces.find(tx)
            if row is None:
                return 0, {}
            rows = workspaces.settings(tx, row.id)
            return row.id, {each.key: each.id for each in rows if each.kind == "bot"}

        return await self._store.read(find)


def _found(known: dict[str, str], key: str) -> str:
    if key not in known:
        said = f"There is no bot {literal(key)}{nearest(key, known) or '.'}"
        raise Refused(ErrorCode.NOT_FOUND, said)
    return known[key]


def _no_bot() -> Refused:
    return Refused(ErrorCode.NOT_FOUND, "There is no such bot.")


def _made(new: NewToken, key: str) -> BotTokenMade:
    row = new.row
    return BotTokenMade(
        token=new.token, id=row.id, bot=key, label=row.label, expires_at=_time(row.expires_at), bot_made=False
    )


def _seen(row: BotTokenRow, key: str, now: int) -> BotTokenSeen:
    return BotTokenSeen(
        id=row.id,
        bot=key,
        label=row.label,
        good=row.revoked_at is None and (row.expires_at is None or row.expires_at > now),
        made_at=rfc3339(row.created_at),
        used_at=_time(row.used_at),
        expires_at=_time(row.expires_at),
        revoked_at=_time(row.revoked_at),
    )


def _time(at: int | None) -> Time | None:
    return None if at is None else rfc3339(at)
