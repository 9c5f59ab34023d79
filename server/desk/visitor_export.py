"""Everything that is stored of one visitor, read in one transaction: the answer to "what do you have of me?"."""

from __future__ import annotations

import orjson

from server.desk import views
from server.desk.directory import Directory
from server.store import conversations, entries, privacy, promises
from server.store.base import Tx
from server.store.entries import Log
from server.store.privacy import Known, Talk
from server.store.rows import ConversationRow
from server.wire import parts, stored
from server.wire.times import rfc3339

FORMAT = "frontdesk visitor 1"
_EVERYTHING = 2**31 - 1


def of(tx: Tx, visitor: str, directory: Directory, *, at: int) -> stored.VisitorExport | None:
    """All of it, None when there is no such visitor."""
    known = privacy.find(tx, visitor)
    if known is None:
        return None
    return stored.VisitorExport(
        format=FORMAT,
        exported_at=rfc3339(at),
        visitor=person(known),
        conversations=[_conversation(tx, talk, directory) for talk in privacy.talks(tx, visitor)],
        requests=[stored.StoredRequest(do=verb, at=rfc3339(when)) for verb, when in privacy.requests(tx, visitor)],
    )


def person(known: Known) -> stored.StoredVisitor:
    """The person as they are stored."""
    visitor = known.visitor
    return stored.StoredVisitor(
        id=visitor.id,
        site=visitor.site,
        name=visitor.name,
        email=visitor.email,
        language=visitor.language,
        timezone=visitor.timezone,
        subject=visitor.subject,
        attributes=orjson.loads(known.attributes),
        visits=visitor.visits,
        conversations=known.conversations,
        created_at=rfc3339(known.created_at),
        seen_at=rfc3339(known.seen_at),
        erased_at=_time(known.erased_at),
    )


def _conversation(tx: Tx, talk: Talk, directory: Directory) -> stored.StoredConversation:
    row = conversations.find(tx, talk.id)
    assert row is not None
    rating = privacy.rating(tx, row.n)
    return stored.StoredConversation(
        id=row.id,
        site=row.site,
        department=directory.department_named(row.department),
        agent=directory.agent_named(views.agent_of(row)),
        state=row.state,
        left=row.left,
        language=row.language,
        started_at=rfc3339(row.started_at),
        closed_at=_time(row.closed_at),
        page=row.page,
        form=row.form,
        tags=row.tags,
        outcome=row.outcome,
        score=rating.score,
        comment=rating.comment,
        entries=_log(tx, row, "entry"),
        notes=_log(tx, row, "note"),
        offers=_offers(tx, row),
        promises=_promises(tx, row),
        events=[
            stored.StoredEvent(kind=event.kind, at=rfc3339(event.at), body=orjson.loads(event.body))
            for event in privacy.events(tx, row.id)
        ],
    )


def _log(tx: Tx, row: ConversationRow, log: Log) -> list[parts.Entry]:
    return [views.entry(each) for each in entries.after(tx, row.id, row.n, 0, limit=_EVERYTHING, log=log)]


def _offers(tx: Tx, row: ConversationRow) -> list[stored.StoredOffer]:
    return [
        stored.StoredOffer(
            agent=each.agent,
            state=each.state,
            made_at=rfc3339(each.made_at),
            ended_at=_time(each.ended_at),
            reason=each.reason,
        )
        for each in privacy.asked(tx, row.id)
    ]


def _promises(tx: Tx, row: ConversationRow) -> list[stored.StoredPromise]:
    return [
        stored.StoredPromise(
            department=each.department,
            at=rfc3339(each.at),
            place=each.place,
            low_ms=each.low_ms,
            high_ms=each.high_ms,
            ended=each.ended,
            realised_ms=each.realised_ms,
        )
        for each in promises.of_conversations(tx, [row.id])
    ]


def _time(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)
