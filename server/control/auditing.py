"""The audit log as it is shown to those who may see it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from server.control.failure import Failure
from server.store.audit import AuditRow, Verdict
from server.wire.parts import Time
from server.wire.times import rfc3339


class AuditLine(Struct, kw_only=True, frozen=True):
    """One thing that was done. `actor`: an agent's or visitor's id, `owner` (the command line), `system`, or nothing.

    `hash` is of the row and of the one before it.
    """

    number: int
    at: Time
    actor: str
    action: str
    target: str
    detail: dict[str, Any]
    hash: str


class AuditPage(Struct, kw_only=True, frozen=True):
    """Rows in the order of their numbers; for more, ask for those after the last one."""

    rows: tuple[AuditLine, ...]


def page(rows: Iterable[AuditRow]) -> AuditPage:
    """Rows of the database as others see them."""
    return AuditPage(
        rows=tuple(
            AuditLine(
                number=row.number,
                at=rfc3339(row.at),
                actor=row.actor,
                action=row.action,
                target=row.target,
                detail=dict(row.detail),
                hash=row.hash,
            )
            for row in rows
        )
    )


def sentence(verdict: Verdict) -> str:
    """How the log stands; raises `Failure` naming the first row that is wrong."""
    if verdict.wrong is not None:
        raise Failure(f"The audit log was changed: row {verdict.wrong}: {verdict.why}.")
    if not verdict.rows:
        return "The audit log is empty."
    return f"The audit log is whole: {verdict.rows} rows, the last with hash {verdict.hash}."
