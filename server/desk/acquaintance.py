"""What is known of a visitor who comes: what they and their page say, and, by one read at each start, the store."""

from __future__ import annotations

from msgspec import UnsetType

from server.desk.identity import VisitorIdentity
from server.desk.intake import NOBODY_YET, Asked, Earlier, History
from server.store import conversations, visitors
from server.store.base import Tx

_NEWEST = 50


def history(tx: Tx, visitor: str) -> History:
    """Their visits and the newest of their conversations; nothing of somebody who was never here."""
    known = visitors.find(tx, visitor)
    if known is None:
        return NOBODY_YET
    earlier = conversations.earlier_of_visitor(tx, visitor, limit=_NEWEST)
    return History(
        visits=known.visits,
        name=known.name,
        email=known.email,
        earlier=tuple(Earlier(department=row[0], agent=row[1], at=row[2]) for row in earlier),
    )


def asked_by(identity: VisitorIdentity, department: str | UnsetType, text: str, form: dict[str, str]) -> Asked:
    """What this visitor asks for; `department` as they chose it."""
    return Asked(
        site=identity.site,
        department=None if isinstance(department, UnsetType) else department,
        page=identity.page,
        language=identity.language,
        timezone=identity.timezone,
        country=identity.country,
        name=form.get("name", "").strip(),
        email=form.get("email", "").strip(),
        text=text,
        form=form,
    )
