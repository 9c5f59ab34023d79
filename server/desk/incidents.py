"""What happens without a commit of its own, for the audit log: failed logins, reaches for what is another's, old
tokens, supervisors who read.

Whoever tries can try often, and the log is kept for ever. So one kind of incident of one source is recorded at once,
and again after `QUIET_S` at the earliest, with how many there were meanwhile; and of one kind no more than
`MAX_A_MINUTE`, of strangers and of the team apart, so that nobody hides behind another's noise. What supervisors read
has no such bound. Recording takes no time of whoever is refused, and one that cannot be stored is logged.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import structlog

from server.clock import Clock
from server.store import audit
from server.store.base import Committed, Failed, Store, StoreUnavailable
from server.wire.codes import ErrorCode

QUIET_S: Final = 60.0
MAX_A_MINUTE: Final = 120
_SOURCES: Final = 10_000
_ID: Final = re.compile(r"[a-z]_[a-z2-7]{1,40}")

_log = structlog.get_logger("incidents")


class Incidents:
    """Records them, within bounds."""

    def __init__(self, store: Store, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        # (kind, source) -> (when it was recorded, how many since), the oldest first.
        self._last: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._minute = 0.0
        # By kind and who is behind it: the first letter of an id says whether that is a visitor.
        self._in_minute: Counter[tuple[str, str]] = Counter()

    def record(
        self, action: str, *, actor: str = "", target: str = "", detail: Mapping[str, Any] | None = None
    ) -> None:
        """It happened; the source is ``actor``, or else ``target``. Never raises."""
        source = actor or target
        room_for = (action, source[:1])
        self._record(action, actor=actor, target=target, detail=detail or {}, source=source, room_for=room_for)

    def _record(
        self,
        action: str,
        *,
        actor: str,
        target: str,
        detail: Mapping[str, Any],
        source: str,
        room_for: tuple[str, str] | None,
    ) -> None:
        now = self._clock.monotonic()
        key = (action, source)
        at, skipped = self._last.get(key, (now - QUIET_S, 0))
        if now - at < QUIET_S or not (room_for is None or self._has_room(room_for, now)):
            self._last[key] = (at, skipped + 1)
            self._bound()
            return
        self._last.pop(key, None)
        self._last[key] = (now, 0)
        self._bound()
        self._store_it(actor, action, target, {**detail, **({"unrecorded": skipped} if skipped else {})})

    def read(self, actor: str, conversation: str) -> None:
        """A supervisor read what is not theirs to answer; page after page of one conversation is recorded once."""
        source = f"{actor} {conversation}"
        self._record("conversation.read", actor=actor, target=conversation, detail={}, source=source, room_for=None)

    def refused(self, actor: str, asked: str, code: ErrorCode, *, target: str | None) -> None:
        """Somebody was refused: recorded where they may not do it, or named something that is not there for them.

        Whether there is such a thing at all, nobody looks up: the log would tell who reads it what the answer must not.
        """
        if code is ErrorCode.FORBIDDEN or (code is ErrorCode.NOT_FOUND and target is not None):
            named = target if target is not None and _ID.fullmatch(target) else ""
            self.record("access.refused", actor=actor, target=named, detail={"asked": asked, "code": code.value})

    def _has_room(self, kind: tuple[str, str], now: float) -> bool:
        if now - self._minute >= QUIET_S:
            self._minute = now
            self._in_minute.clear()
        self._in_minute[kind] += 1
        return self._in_minute[kind] <= MAX_A_MINUTE

    def _bound(self) -> None:
        if len(self._last) > _SOURCES:
            self._last.popitem(last=False)

    def _store_it(self, actor: str, action: str, target: str, detail: dict[str, Any]) -> None:
        at = self._clock.now()
        _log.warning(action, actor=actor, target=target, **detail)
        try:
            self._store.submit(
                lambda tx: audit.append(tx, at=at, actor=actor, action=action, target=target, detail=detail),
                then=_stored,
            )
        except StoreUnavailable:
            _log.error("an incident could not be recorded", action=action)


def _stored(how: Committed[None] | Failed) -> None:
    if isinstance(how, Failed):
        _log.error("an incident could not be recorded", error=str(how.error))
