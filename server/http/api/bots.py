"""Bots, for admins: how each does, its tokens, the frames of its connections, and trying it out.

What a bot is configured to be is a record of the settings like others: `settings.py`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from aiohttp import web
from msgspec import Meta, Struct

from server.control.bots import MAX_DAYS as MAX_DAYS_TOLD
from server.control.bots import BotDay, BotTokenMade, BotTokenSeen
from server.control.operations import Operations
from server.desk.bot_access import MAX_DAYS, MAX_LABEL
from server.desk.bot_overview import BotNow
from server.desk.bot_watch import BotLine
from server.desk.policy import Policy
from server.http import answers
from server.http.api.operation import PREFIX, Call, Operation, Parameter
from server.settings.workspace import Bot, Key
from server.wire.codes import ErrorCode, Refused
from server.wire.parts import Time
from server.wire.times import rfc3339

_KEY: Final = Parameter(name="key", where="path", says="The bot's key.")
_TOKEN: Final = Parameter(name="id", where="path", says="The token's id.")
_SESSION: Final = Parameter(name="session", where="query", says="Of this connection alone; of all if left out.")
_DAYS: Final = Parameter(name="days", where="query", says=f"So many, 7 if left out, {MAX_DAYS_TOLD} at most.", kind=int)
_WEEK: Final = 7


class BotConnection(Struct, kw_only=True, frozen=True):
    """One connection. `name`: what the program calls itself; `lag_ms`: of the last heartbeat, if it was measured."""

    session: str
    since: Time
    address: str
    name: str
    lag_ms: int | None
    last_frame_at: Time | None


class BotError(Struct, kw_only=True, frozen=True):
    """The last error reply or close code that a bot got."""

    code: str
    at: Time


class BotSeen(Struct, kw_only=True, frozen=True):
    """A bot: what it is now, and what it came to since the server started; try-outs count nowhere.

    `conversations` it has; in `waiting` of them a visitor waits for its answer, the first since `oldest_unanswered_at`.
    Answer times are of the last 1,000. `handed_over` by reason: the bot's own `handoff`, the visitor `asked`,
    `unanswered`, `bot_gone`, `bot_removed`; `failed`: those that came to nothing. `deflected`: ended by the visitor or
    the bot after it wrote, and never with people.
    """

    id: str
    key: str
    name: str
    settings: Bot
    connections: tuple[BotConnection, ...]
    conversations: int
    waiting: int
    oldest_unanswered_at: Time | None
    last_error: BotError | None
    answered: int
    answer_p50_ms: int | None
    answer_p95_ms: int | None
    started: int
    handed_over: dict[str, int]
    failed: dict[str, int]
    deflected: int
    tokens: tuple[BotTokenSeen, ...]


class TokenBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What a new token is called, and for how many days it is good; null: until it is revoked."""

    label: Annotated[str, Meta(max_length=MAX_LABEL)] = ""
    days: Annotated[int, Meta(ge=1, le=MAX_DAYS)] | None = None


class TrialBody(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """On which site the bot is tried out."""

    site: Key


class Trial(Struct, kw_only=True, frozen=True):
    """A ticket for one `identify` of a visitor's page, good for five minutes, and the page that uses it."""

    ticket: str
    url: str


class FrameSeen(Struct, kw_only=True, frozen=True):
    """One frame, from the bot (`in`) or to it; of a long one the first 2 KiB of its `bytes`. Tokens are masked."""

    at: Time
    dir: Literal["in", "out"]
    frame: str
    bytes: int


class BotLog(Struct, kw_only=True, frozen=True):
    """The last 200 frames of one connection; of one that `ended`, for an hour more."""

    session: str
    name: str
    since: Time
    ended: Time | None
    frames: tuple[FrameSeen, ...]


class BotsApi:
    """The handlers."""

    def __init__(self, operations: Operations) -> None:
        self._bots = operations.bots

    def operations(self) -> list[Operation]:
        """All of them."""
        return [self._all(), *self._watched(), *self._tokens(), self._trial()]

    def _all(self) -> Operation:
        return Operation(
            name="listBots",
            method="GET",
            path=f"{PREFIX}/bots",
            who=Policy.ADMIN,
            says="Every bot: its settings, connections and tokens, how fast it answers, and what it came to.",
            run=self.bots,
            topic="bots",
            answer=tuple[BotSeen, ...],
        )

    def _watched(self) -> list[Operation]:
        return [
            Operation(
                name="botFrames",
                method="GET",
                path=f"{PREFIX}/bots/{{key}}/frames",
                who=Policy.ADMIN,
                says="The last frames of a bot's connections, as they were sent. That they were read is recorded.",
                run=self.frames,
                topic="bots",
                answer=tuple[BotLog, ...],
                parameters=(_KEY, _SESSION),
                refuses=(ErrorCode.NOT_FOUND,),
            ),
            Operation(
                name="botDays",
                method="GET",
                path=f"{PREFIX}/bots/{{key}}/days",
                who=Policy.ADMIN,
                says="What a bot's conversations came to day by day, the oldest first, by the workspace's clock.",
                run=self.days,
                topic="bots",
                answer=tuple[BotDay, ...],
                parameters=(_KEY, _DAYS),
                refuses=(ErrorCode.NOT_FOUND,),
            ),
        ]

    def _tokens(self) -> list[Operation]:
        return [
            Operation(
                name="createBotToken",
                method="POST",
                path=f"{PREFIX}/bots/{{key}}/tokens",
                who=Policy.ADMIN,
                says="A new token for a bot to dial in with. It is told this once.",
                run=self.create_token,
                topic="bots",
                body=TokenBody,
                answer=BotTokenMade,
                answers=((201, "Made."),),
                parameters=(_KEY,),
                refuses=(ErrorCode.NOT_FOUND, ErrorCode.CONFLICT),
            ),
            Operation(
                name="revokeBotToken",
                method="DELETE",
                path=f"{PREFIX}/bots/{{key}}/tokens/{{id}}",
                who=Policy.ADMIN,
                says="End a bot's token and close the connections that came with it.",
                run=self.revoke_token,
                topic="bots",
                answers=((204, "Ended."),),
                parameters=(_KEY, _TOKEN),
                refuses=(ErrorCode.NOT_FOUND,),
            ),
        ]

    def _trial(self) -> Operation:
        return Operation(
            name="tryBot",
            method="POST",
            path=f"{PREFIX}/bots/{{key}}/trial",
            who=Policy.ADMIN,
            says="Try a bot out: a ticket for a page whose conversation it gets, in earnest for nobody.",
            run=self.try_out,
            topic="bots",
            body=TrialBody,
            answer=Trial,
            parameters=(_KEY,),
            refuses=(ErrorCode.NOT_FOUND,),
        )

    async def bots(self, _call: Call) -> web.Response:
        tokens: dict[str, list[BotTokenSeen]] = {}
        for each in (await self._bots.tokens()).tokens:
            tokens.setdefault(each.bot, []).append(each)
        return answers.yes([_bot(each, tokens.get(each.bot.settings.key, [])) for each in self._bots.now()])

    async def frames(self, call: Call) -> web.Response:
        session = call.request.query.get("session")
        lines = await self._bots.logs(call.path("key"), by=call.agent.agent)
        return answers.yes([_log(line) for line in lines if session in (None, line.session)])

    async def days(self, call: Call) -> web.Response:
        said = call.request.query.get("days", str(_WEEK))
        if not (said.isascii() and said.isdigit() and len(said) <= len(str(MAX_DAYS_TOLD)) and int(said) > 0):
            raise Refused(ErrorCode.BAD_REQUEST, f"days is a number from 1 to {MAX_DAYS_TOLD}.", field="days")
        return answers.yes(await self._bots.days(call.path("key"), int(said)))

    async def create_token(self, call: Call) -> web.Response:
        body: TokenBody = call.body
        made = await self._bots.new_token(call.path("key"), label=body.label, days=body.days, by=call.agent.agent)
        return answers.yes(made, status=201)

    async def revoke_token(self, call: Call) -> web.Response:
        await self._bots.revoke_token(call.path("id"), key=call.path("key"), by=call.agent.agent)
        return web.Response(status=204)

    async def try_out(self, call: Call) -> web.Response:
        body: TrialBody = call.body
        ticket = self._bots.trial(call.path("key"), body.site)
        return answers.yes(Trial(ticket=ticket, url=f"/chat/{body.site}#trial={ticket}"))


def _bot(now: BotNow, tokens: list[BotTokenSeen]) -> BotSeen:
    figures = now.figures
    error = figures.last_error
    return BotSeen(
        id=now.bot.id,
        key=now.bot.settings.key,
        name=now.bot.settings.name,
        settings=now.bot.settings,
        connections=tuple(_connection(line) for line in now.lines),
        conversations=now.conversations,
        waiting=now.waiting,
        oldest_unanswered_at=_time(now.oldest_at),
        last_error=None if error is None else BotError(code=error.code, at=rfc3339(error.at)),
        answered=figures.answered,
        answer_p50_ms=figures.p50_ms,
        answer_p95_ms=figures.p95_ms,
        started=figures.started,
        handed_over=figures.handed_over,
        failed=figures.failed,
        deflected=figures.deflected,
        tokens=tuple(tokens),
    )


def _connection(line: BotLine) -> BotConnection:
    return BotConnection(
        session=line.session,
        since=rfc3339(line.since),
        address=line.address,
        name=line.worker,
        lag_ms=line.lag_ms,
        last_frame_at=_time(line.last_at),
    )


def _log(line: BotLine) -> BotLog:
    return BotLog(
        session=line.session,
        name=line.worker,
        since=rfc3339(line.since),
        ended=_time(line.gone_at),
        frames=tuple(
            FrameSeen(at=rfc3339(each.at), dir=each.direction, frame=each.text, bytes=each.size)
            for each in line.frames()
        ),
    )


def _time(at: int | None) -> Time | None:
    return None if at is None else rfc3339(at)
