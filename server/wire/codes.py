"""Error codes and close codes: each carries the client's decision (try again, or not)."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class ErrorCode(StrEnum):
    """Why a request was refused. `retryable` says whether the same frame may be sent again."""

    UNAVAILABLE = "unavailable"
    RATE_LIMITED = "rate_limited"
    INTERNAL = "internal"
    BAD_REQUEST = "bad_request"
    UNAUTHORISED = "unauthorised"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    GONE = "gone"
    CONFLICT = "conflict"
    CLIENT_ID_CONFLICT = "client_id_conflict"
    NOT_OWNER = "not_owner"
    CLOSED = "closed"
    TOO_LARGE = "too_large"
    LINE_FULL = "line_full"
    OUTSIDE_HOURS = "outside_hours"

    @property
    def retryable(self) -> bool:
        """Nothing was written, or the outcome is unknown: send the same again."""
        return self in (ErrorCode.UNAVAILABLE, ErrorCode.RATE_LIMITED, ErrorCode.INTERNAL)


class CloseCode(IntEnum):
    """Why a socket was closed: 4000-4499 reconnect with jittered back-off, 4500-4999 do not."""

    RESEND = 4000
    NOT_IDENTIFIED = 4001
    SLOW_READER = 4003
    HEARTBEAT_LOST = 4004
    RESTARTING = 4005
    FLOODING = 4008
    BAD_CREDENTIALS = 4500
    REVOKED = 4501
    PROTOCOL_VERSION = 4502
    ORIGIN = 4503
    TOO_MANY_CONNECTIONS = 4504
    BAD_FRAME = 4505

    @property
    def reconnect(self) -> bool:
        """Whether a client should come back by itself."""
        return self < 4500


class Refused(Exception):
    """A request the server will not do, for a reason the client may know.

    Raised anywhere below the session, turned into an `ErrorReply` there. ``message`` must hold no internals.
    """

    def __init__(
        self, code: ErrorCode, message: str, *, field: str | None = None, retry_after_ms: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.retry_after_ms = retry_after_ms
