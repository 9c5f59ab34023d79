"""Answers of plain HTTP that are not pages."""

from __future__ import annotations

from typing import Final

from aiohttp import hdrs, web
from msgspec import Struct

from server.wire import codec
from server.wire.codes import ErrorCode, Refused

JSON: Final = "application/json"

_STATUS: Final = {
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


def yes(body: Struct) -> web.Response:
    """200 with this object."""
    return web.Response(body=codec.encode(body), content_type=JSON)


def refusal(refused: Refused) -> web.Response:
    """``{"error":{"code","message",…}}`` with the status that fits the code."""
    response = web.Response(status=_STATUS[refused.code], body=codec.error_body(refused), content_type=JSON)
    if refused.retry_after_ms is not None:
        # Whole seconds, rounded up: who comes back earlier is only refused again.
        response.headers[hdrs.RETRY_AFTER] = str(-(-refused.retry_after_ms // 1000))
    return response


def sentence(status: int, text: str) -> web.Response:
    """A plain sentence for a person."""
    return web.Response(status=status, text=text + "\n", content_type="text/plain", charset="utf-8")
