"""Answers of plain HTTP that are not pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import hdrs, web
from msgspec import UNSET, Struct, UnsetType

from server.wire.codes import ErrorCode, Refused

JSON: Final = "application/json"

STATUS: Final = {
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.UNAUTHORISED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_OWNER: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.CONFLICT: 409,
    ErrorCode.CLIENT_ID_CONFLICT: 409,
    ErrorCode.CLOSED: 409,
    ErrorCode.LINE_FULL: 409,
    ErrorCode.OUTSIDE_HOURS: 409,
    ErrorCode.GONE: 410,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL: 500,
    ErrorCode.UNAVAILABLE: 503,
}


class Problem(Struct, kw_only=True, frozen=True):
    """One thing wrong with settings.

    `path` leads to it from the top of the settings: `["department","support","ring_seconds"]`, with the key of a
    record where the file has its place (rules, and records without a usable key, are counted from 0). `record` names
    the record for people, `hint` says what may have been meant, or is empty.
    """

    path: tuple[str | int, ...]
    record: str
    message: str
    hint: str = ""


class Error(Struct, kw_only=True, frozen=True):
    """Why not: `code` is for programs, `message` for people. `field`: what in the body it is about."""

    code: ErrorCode
    message: str
    field: str | UnsetType = UNSET
    retry_after_ms: int | UnsetType = UNSET
    problems: tuple[Problem, ...] | UnsetType = UNSET


class ErrorAnswer(Struct, kw_only=True, frozen=True):
    """The body of every answer that is no success."""

    error: Error


class Answered(Refused):
    """Refused with a status of its own, headers, or a list of problems."""

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        message: str,
        *,
        field: str | None = None,
        problems: tuple[Problem, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code, message, field=field)
        self.status = status
        self.problems = problems
        self.headers = dict(headers or {})


class ToPerson(Answered):
    """Refused in a sentence, as whoever asked for this address looks at what is there."""


def yes(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """This object (or list) as JSON."""
    return web.Response(status=status, body=msgspec.json.encode(body), content_type=JSON, headers=headers)


def refusal(refused: Refused) -> web.Response:
    """``{"error":{"code","message",…}}`` with the status that fits the code."""
    if isinstance(refused, ToPerson):
        return web.Response(
            status=refused.status,
            text=f"{refused.message}\n",
            content_type="text/plain",
            charset="utf-8",
            headers=refused.headers,
        )
    answered = refused if isinstance(refused, Answered) else None
    error = Error(
        code=refused.code,
        message=refused.message,
        field=refused.field or UNSET,
        retry_after_ms=UNSET if refused.retry_after_ms is None else refused.retry_after_ms,
        problems=answered.problems if answered is not None and answered.problems else UNSET,
    )
    response = yes(ErrorAnswer(error=error), status=status_of(refused), headers=answered.headers if answered else None)
    if refused.retry_after_ms is not None:
        # Whole seconds, rounded up: who comes back earlier is only refused again.
        response.headers[hdrs.RETRY_AFTER] = str(-(-refused.retry_after_ms // 1000))
    return response


def status_of(refused: Refused) -> int:
    """The status of the answer to this."""
    return refused.status if isinstance(refused, Answered) else STATUS[refused.code]
