"""A bot's connection: as any other, but what goes over it can be looked at by those who run the bot.

The log begins once the connection has identified itself, so that no token is ever in it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final, Protocol

from server.session.connection import Connection
from server.wire.codes import Refused

OURS: Final = 4000  # close codes from here on say what was wrong, or what is to come


class Log(Protocol):
    """Where frames are noted; an identity may have one as its ``line``."""

    def heard(self, frame: bytes) -> None: ...

    def said(self, frame: bytes) -> None: ...

    def lag(self, milliseconds: int) -> None: ...

    def refused(self, code: str) -> None: ...


class RecordedConnection(Connection):
    """Notes what it hears and says."""

    __slots__ = ("_pinged_at",)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self._pinged_at: float | None = None

    @property
    def _log(self) -> Log | None:
        return getattr(self.identity, "line", None)

    def send(self, frame: bytes) -> None:
        if (log := self._log) is not None:
            log.said(frame)
        super().send(frame)

    def send_lossy(self, key: str, frame: bytes) -> None:
        if (log := self._log) is not None:
            log.said(frame)
        super().send_lossy(key, frame)

    def _finish(self, code: int | None, reason: str = "") -> None:
        if code is not None and code >= OURS and self.close_code is None and (log := self._log) is not None:
            log.refused(str(int(code)))
        super()._finish(code, reason)

    def _take(self, frame: bytes) -> Awaitable[None] | None:
        if (log := self._log) is not None:
            log.heard(frame)
        return super()._take(frame)

    def _refuse(self, re: Any, refused: Refused) -> None:
        if (log := self._log) is not None:
            log.refused(refused.code.value)
        super()._refuse(re, refused)

    def _ping(self) -> None:
        self._pinged_at = self._loop.time()
        super()._ping()

    def _ponged(self) -> None:
        if self._pinged_at is not None and (log := self._log) is not None:
            log.lag(round(1000 * (self._loop.time() - self._pinged_at)))
        self._pinged_at = None
