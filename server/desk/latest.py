"""The last thing the router decided, in words for the demo's page."""

from __future__ import annotations

from msgspec import Struct

from router import events
from server.desk import views
from server.desk.engine import Told
from server.wire import parts
from server.wire.times import rfc3339

CANDIDATES_SHOWN = 12


class Latest(Struct, kw_only=True, frozen=True):
    """One decision: when, about whom, and why."""

    at: parts.Time
    visitor: str
    department: parts.Named
    why: parts.Why


class LatestDecision:
    """Listens to commits; holds one decision and nothing else."""

    def __init__(self) -> None:
        self.value: Latest | None = None

    def told(self, told: Told) -> None:
        """Remember the last decision of this commit, if there is one."""
        for event in reversed(told.events):
            if isinstance(event, events.OfferMade):
                self.value = _latest(told, event)
                return


def _latest(told: Told, event: events.OfferMade) -> Latest | None:
    row = told.written.conversations.get(event.offer.conversation)
    department = None if row is None else told.directory.department_named(row.department)
    if row is None or department is None:
        return None
    return Latest(
        at=rfc3339(event.at),
        visitor=told.written.visitors[row.visitor].name,
        department=department,
        why=views.why(event.decision, told.directory, shown=CANDIDATES_SHOWN),
    )
