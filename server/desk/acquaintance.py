"""What is known of a visitor who comes: what they and their page say, and, by one read at each start, the store."""

from __future__ import annotations

from dataclasses import replace

from msgspec import UnsetType

from server.desk.identity import VisitorIdentity, Vouched
from server.desk.intake import NOBODY_YET, Asked, Earlier, History
from server.desk.masking import mask, masked_value
from server.store import conversations, visitors
from server.store.base import Tx
from server.store.rows import VisitorRow

_NEWEST = 50
NOBODYS_WORD = Vouched(subject="")


def history(tx: Tx, visitor: str) -> History:
    """Their visits and the newest of their conversations; nothing of somebody who was never here."""
    known = visitors.find(tx, visitor)
    if known is None:
        return NOBODY_YET
    earlier = conversations.earlier_of_visitor(tx, visitor, limit=_NEWEST)
    return History(
        visits=known.visits,
        erasing=visitors.erased(tx, visitor)[1],
        name=known.name,
        email=known.email,
        earlier=tuple(Earlier(department=row[0], agent=row[1], at=row[2]) for row in earlier),
    )


def asked_by(identity: VisitorIdentity, department: str | UnsetType, text: str, form: dict[str, str]) -> Asked:
    """What this visitor asks for; `department` as they chose it."""
    vouched = identity.vouched or NOBODYS_WORD
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
        verified=identity.vouched is not None,
        attributes=vouched.attributes,
    )


def as_vouched(identity: VisitorIdentity, form: dict[str, str]) -> dict[str, str]:
    """What a visitor typed; name and e-mail are those that their site vouches for, if it does."""
    vouched = identity.vouched or NOBODYS_WORD
    known = {"name": vouched.name, "email": vouched.email}
    return {**form, **{field: said for field, said in known.items() if said}}


def masked(vouched: Vouched) -> Vouched:
    """Without card numbers, which somebody typed at the site; the name by which the site knows them stays as it is."""
    return replace(
        vouched, name=mask(vouched.name), email=mask(vouched.email), attributes=masked_value(vouched.attributes)
    )


def row_of(identity: VisitorIdentity, form: dict[str, str], language: str) -> VisitorRow:
    """What is stored of a visitor whose conversation begins."""
    vouched = identity.vouched or NOBODYS_WORD
    return VisitorRow(
        id=identity.visitor,
        site=identity.site,
        name=form.get("name", "").strip(),
        email=form.get("email", "").strip(),
        language=language,
        timezone=identity.timezone,
        subject=vouched.subject or None,
        visits=1,
        attributes=vouched.attributes,
    )
